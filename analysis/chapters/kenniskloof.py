"""Exhibits of the chapter on the gap in civic knowledge between tracks."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.kenniskloof_names import COVARIATES, the
from analysis.answers.lines import NOT_AN_EFFECT
from analysis.chapters.cells import Cells, Points
from analysis.chapters.drawn import drawable, no_points, noted
from analysis.datakind import DataKind
from analysis.design.gap import TRACKS, GapDesign, gap_design
from analysis.estimate.terms import TOTAL
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit
from analysis.figures.absent import absent
from analysis.figures.cycles import means_by_cycle
from analysis.figures.distribution import quantile_gap
from analysis.results import Released, Series, interval_name
from analysis.workspace import Workspace

SECTION = "kenniskloof"
PLANTED = "Gekozen in de tweeling"
NOT_CHOSEN = "niet vooraf bepaald"
_COUNTED = "Bij een niveau staat hoeveel leerlingen dat niveau hebben. "
_TRUTHS = {"gap_complete": "gap"}  # estimates that ask for the same truth as another


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """Table, figures and split of the gap; the countries where their means were published too."""
    design = gap_design(workspace)
    drawn: list[Exhibit] = [
        gap_table(released, design),
        quantile_figure(released, design),
        decomposition_table(released, design),
    ]
    if any(f"{SECTION}.gap_{one.cycle}" in released for one in design.earlier):
        drawn.append(trend_table(released, design))
    if f"{SECTION}.landen" in released:
        drawn.append(country_figure(released))
    return drawn


def gap_table(released: Released, design: GapDesign) -> TableExhibit:
    """All estimates, and beside them what the twin was made with where the rows are of one."""
    rows = {name: released.row(f"{SECTION}.{name}") for name in _shown(design)}
    planted = {name: released.find(f"{SECTION}.truth_{_TRUTHS.get(name, name)}") for name in rows}
    cells = Cells(tuple(rows.values()))
    columns = {
        "Uitkomst": [dutch.capital(row.label) for row in rows.values()],
        "Schatting": [cells.value(row) for row in rows.values()],
    }
    if cells.any_known:
        columns[cells.interval_heading] = [cells.interval(row) for row in rows.values()]
        columns["Leerlingen"] = [cells.count(row) for row in rows.values()]
    if any(planted.values()):
        columns[PLANTED] = [
            NOT_CHOSEN if truth is None else cells.value(truth, unit=False) for truth in planted.values()
        ]
    return TableExhibit(
        id=released.exhibit("tbl", SECTION),
        cells=pd.DataFrame(columns),
        caption=f"Burgerschapskennis naar schoolsoort. {_COUNTED if cells.any_known else ''}{NOT_AN_EFFECT} "
        f"{_left_out(released)}{_left_out_at_equal_background(released, design)}"
        f"{cells.remark}".strip(),
        kind=DataKind.combine(row.kind for row in rows.values()),
        source="; ".join(dict.fromkeys(row.source for row in rows.values())),
        align="lrlrr"[: len(columns)],
        widths=[40, 26, 26, 17, 19][: len(columns)],
    )


def decomposition_table(released: Released, design: GapDesign) -> TableExhibit:
    """The split of the gap at the slopes of either track, side by side."""
    series = released.points(f"{SECTION}.decompositie")
    lines = [("gap", TOTAL, "Verschil"), ("explained", TOTAL, "Gaat samen met achtergrond")]
    lines += [("explained", name, f"– waarvan met {COVARIATES[name]}") for name in design.adjusted_for]
    lines += [("unexplained", TOTAL, "Gaat daar niet mee samen")]
    points = Points(series, ("reference", "component", "term"))
    columns = {"Onderdeel": [label for *_, label in lines]}
    for reference in (design.subtrahend, design.minuend):
        columns[f"Gewogen als op {the(reference)} (punten)"] = [
            points.with_interval((reference, component, term)) for component, term, _ in lines
        ]
    if "truth" in series.points.columns:
        columns[PLANTED] = [
            points.number((design.subtrahend, component, term), "truth") for component, term, _ in lines
        ]
    return TableExhibit(
        id=released.exhibit("tbl", f"{SECTION}-decompositie"),
        cells=pd.DataFrame(columns),
        caption=f"Het verschil {_pair(design)} verdeeld (Oaxaca, Blinder en Kitagawa), in punten met "
        f"{interval_name(series.level)}{_pupils(series)}. De kolommen wegen de achtergrond zoals die op de "
        "ene of de andere schoolsoort met kennis samengaat; geen van beide is de juiste. Ook dit is een "
        f"beschrijving: samengaan is geen oorzaak. {points.remark}".strip(),
        kind=series.kind,
        source=series.source,
        align="lrrr"[: len(columns)],
        widths=[34, 32, 32, 18][: len(columns)],
    )


def trend_table(released: Released, design: GapDesign) -> TableExhibit:
    """Means by track and the gap of earlier cycles, and their change to the last."""
    last = max(design.countries.cycles)
    parts = [(f"mean_{track}", f"mean_change_{track}", f"Gemiddelde op {the(track)}") for track in TRACKS]
    parts.append(("gap", "gap_change", f"Verschil {_pair(design)}"))
    lines = [
        (f"{label}, {one.cycle}", *(released.row(f"{SECTION}.{name}_{one.cycle}") for name in names))
        for one in design.earlier
        for *names, label in parts
    ]
    rows = [row for _, *pair in lines for row in pair]
    cells = Cells(tuple(rows))
    return TableExhibit(
        id=released.exhibit("tbl", f"{SECTION}-trend"),
        cells=pd.DataFrame(
            {
                "Uitkomst en meting": [label for label, *_ in lines],
                "Toen (punten)": [cells.with_interval(then) for _, then, _ in lines],
                f"Verandering tot {last} (punten)": [
                    cells.with_interval(change, sign=True) for *_, change in lines
                ],
            }
        ),
        caption=(
            f"Burgerschapskennis naar schoolsoort in eerdere metingen, en hoe zij tot {last} veranderde"
            f"{f', met {cells.interval_heading}' if cells.any_known else ''}. "
            "Waar de koppelfout tussen twee metingen onbekend is, heeft de verandering van een gemiddelde "
            "geen interval. Het verschil tussen schoolsoorten van één meting heeft geen koppelfout. "
            f"{NOT_AN_EFFECT} {cells.remark}"
        ).strip(),
        kind=DataKind.combine(row.kind for row in rows),
        source="; ".join(dict.fromkeys(row.source for row in rows)),
        align="lrr",
    )


def quantile_figure(released: Released, design: GapDesign) -> FigureExhibit:
    """The gap at each quantile beside the gap in means."""
    series = released.points(f"{SECTION}.kwantielen")
    id = released.exhibit("fig", f"{SECTION}-kwantielen")
    label = f"verschil {_pair(design)} in burgerschapskennis"
    drawn = drawable(series)
    if drawn.empty:
        return absent(
            id=id,
            caption=f"{dutch.capital(label)} naar percentiel.",
            why=no_points(series),
            kind=series.kind,
            source=series.source,
        )
    figure = quantile_gap(
        drawn[["quantile", "estimate", "low", "high"]],
        id=id,
        outcome_label=label,
        unit=series.unit,
        kind=series.kind,
        source=series.source,
        mean=released.row(f"{SECTION}.gap").value,
        decimals=series.decimals,
        level=series.level,
    )
    return noted(figure, series, drawn)


def country_figure(released: Released) -> FigureExhibit:
    """Means of the Netherlands and other systems by cycle, as far as they are known."""
    series = released.points(f"{SECTION}.landen")
    return means_by_cycle(
        series.points,
        id=released.exhibit("fig", f"{SECTION}-landen"),
        outcome_label="gemiddelde burgerschapskennis",
        unit=series.unit,
        kind=series.kind,
        source=series.source,
        level=series.level,
        caption="Burgerschapskennis in Nederland en vier andere landen en gebieden, per meting van ICCS",
    )


def _shown(design: GapDesign) -> list[str]:
    """Names of the rows in the table, in its order."""
    tracks = (design.subtrahend, design.minuend)
    return [
        *(f"mean_{track}" for track in TRACKS),
        *("gap", "gap_sd", "gap_complete", "gap_adjusted"),
        *(f"interaction_{name}" for name in design.adjusted_for),
        *(design.level_result(level, track) for track in tracks for level in design.level_names),
    ]


def _left_out(released: Released) -> str:
    """Pupils of no single track, and why they do not count: "" or a sentence."""
    row = released.row(f"{SECTION}.n_left_out")
    if not row.value:
        return ""
    return f"{dutch.number(row.value)} leerlingen tellen nergens mee: {row.note}. "


def _left_out_at_equal_background(released: Released, design: GapDesign) -> str:
    """The rule for unknown background and what it costs: "" or a sentence."""
    row = released.row(f"{SECTION}.n_incomplete")
    if not row.value:
        return ""
    same = dutch.join([COVARIATES[name] for name in design.adjusted_for])
    shares = [released.row(f"{SECTION}.incomplete_{track}") for track in (design.subtrahend, design.minuend)]
    told = [
        f"{track} {dutch.number(share.value)}%"
        for track, share in zip((design.subtrahend, design.minuend), shares, strict=True)
        if share.value is not None
    ]
    return (
        "Waar leerlingen met een gelijke achtergrond worden vergeleken, tellen alleen leerlingen mee van wie "
        f"{same} bekend zijn; {dutch.number(row.value)} leerlingen vallen daar weg"
        f"{f' ({dutch.join(told)})' if told else ''}. "
    )


def _pair(design: GapDesign) -> str:
    return f"{design.minuend} − {design.subtrahend}"


def _pupils(series: Series) -> str:
    """``; 1.668 leerlingen met bekende achtergrond``, where there are points."""
    known = series.shown()
    if known.empty:
        return ""
    return f"; {dutch.number(int(known['n'].iloc[0]))} leerlingen met bekende achtergrond"
