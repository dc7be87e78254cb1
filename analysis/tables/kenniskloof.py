"""Tables of the chapter on the gap in civic knowledge."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.gap import TRACKS
from analysis.estimate.survey import with_interval
from analysis.exhibits import TableExhibit
from analysis.results import Result
from analysis.tables.kenniskloof_rows import COVARIATES, NOT_AN_EFFECT, NOT_SHOWN, GapChapter


def gap_table(chapter: GapChapter, rows: tuple[Result, ...]) -> TableExhibit:
    """All estimates, and beside them what the twin was made with when the rows are synthetic."""
    found = {row.id.removeprefix("kenniskloof."): row for row in rows}
    truths = {
        "gap": "truth_gap",
        "gap_sd": "truth_gap_sd",
        "gap_complete": "truth_gap",
        "gap_adjusted": "truth_gap_adjusted",
        **{f"mean_{track}": f"truth_mean_{track}" for track in TRACKS},
    }
    shown = [name for name in found if not name.startswith(("truth", "n", "explained", "unexplained"))]
    shown.sort(key=lambda name: not name.startswith("mean_"))
    synthetic = chapter.panel.kind is DataKind.SYNTHETIC
    cells = []
    for name in shown:
        row = found[name]
        hidden = row.note == NOT_SHOWN or (row.n is not None and row.n < chapter.minimum_n)
        shown_cells = [_with_unit(row), row.interval_text, dutch.number(row.n)]
        line = [dutch.capital(row.label), *(["niet getoond"] * 3 if hidden else shown_cells)]
        if synthetic:
            planted = found.get(truths.get(name, ""))
            if name.startswith("interaction"):
                line.append(_value(0.0, row))
            else:
                line.append("niet vooraf bepaald" if planted is None else _value(planted.value, row))
        cells.append(line)
    columns = ["Uitkomst", "Schatting", f"{dutch.number(100 * chapter.level)}%-interval", "Leerlingen"]
    return TableExhibit(
        id="tbl-kenniskloof",
        cells=pd.DataFrame(cells, columns=[*columns, "In de tweeling gestopt"] if synthetic else columns),
        caption=f"Burgerschapskennis naar schoolsoort. {NOT_AN_EFFECT}",
        kind=chapter.panel.kind,
        source=chapter.panel.source,
        align="lrlrr" if synthetic else "lrlr",
        widths=[44, 26, 26, 14, 18] if synthetic else [44, 26, 26, 14],
    )


def decomposition_table(chapter: GapChapter, decomposition: pd.DataFrame) -> TableExhibit:
    """The split of the gap at the slopes of either track, side by side."""
    design = chapter.design
    table = with_interval(decomposition, chapter.level).set_index(["reference", "component", "term"])
    lines = [("gap", "total", "Verschil"), ("explained", "total", "Gaat samen met achtergrond")]
    lines += [("explained", name, f"– waarvan met {COVARIATES[name]}") for name in design.adjusted_for]
    lines += [("unexplained", "total", "Gaat daar niet mee samen")]
    references = (design.subtrahend, design.minuend)
    cells = pd.DataFrame({"Onderdeel": [label for *_, label in lines]})
    for reference in references:
        found = [table.loc[(reference, component, term)] for component, term, _ in lines]
        cells[f"Gewogen als op het {reference} (punten)"] = [
            f"{dutch.number(row['estimate'], 0)} ({dutch.interval(row['low'], row['high'], 0)})"
            for row in found
        ]
    if chapter.truth is not None:
        planted = {("gap", "total"): chapter.truth.gap, ("unexplained", "total"): chapter.truth.gap_adjusted}
        planted[("explained", "total")] = chapter.truth.gap - chapter.truth.gap_adjusted
        planted |= {("explained", name): value for name, value in chapter.truth.explained.items()}
        cells["In de tweeling gestopt"] = [
            dutch.number(planted[(component, term)], 0) for component, term, _ in lines
        ]
    n = dutch.number(int(decomposition["n"].iloc[0]))
    return TableExhibit(
        id="tbl-kenniskloof-decompositie",
        cells=cells,
        caption=f"Het verschil {chapter.pair} verdeeld (Oaxaca, Blinder en Kitagawa), in punten met "
        f"{dutch.number(100 * chapter.level)}%-interval; {n} leerlingen met bekende achtergrond. De kolommen "
        "wegen de achtergrond zoals die op de ene of de andere schoolsoort met kennis samengaat; geen van "
        "beide is de juiste. Ook dit is een beschrijving: samengaan is geen oorzaak.",
        kind=chapter.panel.kind,
        source=chapter.panel.source,
        align="l" + "r" * (cells.shape[1] - 1),
        widths=[34, 32, 32, 18][: cells.shape[1]],
    )


def _with_unit(row: Result) -> str:
    return _value(row.value, row) + ("" if row.unit in ("", "%") or row.value is None else f" {row.unit}")


def _value(value: float | None, row: Result) -> str:
    text = dutch.number(value, row.decimals)
    return f"{text}%" if row.unit == "%" and value is not None else text
