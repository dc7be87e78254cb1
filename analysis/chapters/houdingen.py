"""Exhibits of the chapter on attitudes over the years: does the gap between tracks widen or close?"""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.lines import NOT_AN_EFFECT
from analysis.chapters.cells import Cells
from analysis.chapters.drawn import drawable, no_points, noted
from analysis.datakind import DataKind
from analysis.design.adks import AdksDesign, AdksOutcome, adks_design
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit
from analysis.figures import words
from analysis.figures.absent import absent
from analysis.figures.growth import growth
from analysis.results import Released, Result
from analysis.workspace import Workspace

SECTION = "houdingen"
PLANTED = "Gekozen: {}"


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """The lines by track, the gap by wave, and all attitudes side by side."""
    design = adks_design(workspace)
    return [
        growth_figure(released, design),
        gap_figure(released, design),
        attitude_table(released, design),
    ]


def attitude_table(released: Released, design: AdksDesign) -> TableExhibit:
    """One line an outcome: the gap at the start, its change a year in two ways, and what follows."""
    found = [(outcome, _rows(released, outcome)) for outcome in design.outcome]
    every = [row for _, rows in found for row in rows.values() if row is not None]
    cells = Cells(every)
    lines = [_line(cells, outcome, rows) for outcome, rows in found]
    first = found[0][1]["gap_start"]
    columns = pd.DataFrame(lines)
    planted = columns.shape[1] > len(_WIDTHS)
    return TableExhibit(
        id=released.exhibit("tbl", SECTION),
        cells=columns,
        caption=f"Verschil tussen {design.minuend} en {design.subtrahend} bij de eerste meting en de "
        f"verandering daarvan per jaar, met {cells.interval_heading}, {first.weighting}, met {first.test}. "
        f"{NOT_AN_EFFECT} {flow(released)}{cells.remark}".strip(),
        kind=DataKind.combine(row.kind for row in every),
        source="; ".join(dict.fromkeys(row.source for row in every)),
        align="lrrrrlr" + "rr" * planted,
        widths=[*_WIDTHS, *([13, 14] * planted)],
    )


def flow(released: Released) -> str:
    """Who finished, who dropped out and who changed track: "" or sentences, as far as shown."""
    told = []
    for name, sentence in (
        ("n_finished", "{} gingen van school toen hun schoolsoort eindigde; dat is geen uitval."),
        ("n_dropped_out", "{} vielen eerder uit."),
        ("n_changed_track", "{} veranderden van schoolsoort en tellen mee waar zij begonnen."),
    ):
        row = released.row(f"{SECTION}.{name}")
        if row.value:
            told.append(sentence.format(f"{dutch.number(row.value)} leerlingen"))
    left = released.row(f"{SECTION}.n_left_out")
    if left.value:
        told.append(f"Niet meegeteld: {dutch.number(left.value)} regels ({left.note}).")
    return "".join(f"{sentence} " for sentence in told)


_WIDTHS = (30, 19, 19, 19, 14, 16, 14)


def _rows(released: Released, outcome: AdksOutcome) -> dict[str, Result | None]:
    names = ("gap_start", "gap_change", "gap_change_fixed", "mundlak_p")
    rows = {name: released.row(f"{SECTION}.{outcome.name}_{name}") for name in names}
    for name in ("truth_gap_start", "truth_gap_change"):
        rows[name] = released.find(f"{SECTION}.{outcome.name}_{name}")
    return rows


def _line(cells: Cells, outcome: AdksOutcome, rows: dict[str, Result | None]) -> dict[str, str]:
    start, change = rows["gap_start"], rows["gap_change"]
    line = {
        "Uitkomst": f"{dutch.capital(outcome.label)} ({outcome.unit})",
        "Verschil bij eerste meting": cells.with_interval(start),
        "Verandering per jaar": cells.with_interval(change, sign=True),
        "Idem, binnen leerlingen": cells.with_interval(rows["gap_change_fixed"], sign=True),
        "Mundlak, p": cells.p(rows["mundlak_p"]),
        "Het verschil": verdict(start, change),
        "Leerlingen": cells.count(start),
    }
    for name, what in (("truth_gap_start", "verschil"), ("truth_gap_change", "verandering")):
        if rows[name] is not None:
            signed = name == "truth_gap_change"
            line[PLANTED.format(what)] = cells.value(rows[name], unit=False, sign=signed)
    return line


def verdict(start: Result, change: Result) -> str:
    """Whether the gap widens, closes, or cannot be told, by the interval of its change.

    A gap below zero widens as it falls further.
    """
    if start.value is None:
        return start.unknown_word
    if change.low is None:
        return change.unknown_word if change.value is None else dutch.UNKNOWN
    if change.low <= 0 <= change.high:
        return "niet aangetoond dat het verandert"
    return "wordt groter" if (change.low > 0) == (start.value > 0) else "wordt kleiner"


def growth_figure(released: Released, design: AdksDesign) -> FigureExhibit:
    """Mean by wave and track."""
    outcome = _main(released, design, "groei")
    caption = (
        f"{outcome.label} per meting en schoolsoort, {{}}; een verschil tussen schoolsoorten is niet het "
        "effect van een schoolsoort"
    )
    return _figure(released, design, "groei", outcome.label, caption)


def gap_figure(released: Released, design: AdksDesign) -> FigureExhibit:
    """The gap by wave."""
    outcome = _main(released, design, "kloof")
    caption = (
        f"verschil tussen {design.minuend} en {design.subtrahend} in {outcome.label} per meting, {{}}; dat "
        "is niet het effect van een schoolsoort"
    )
    return _figure(released, design, "kloof", f"verschil in {outcome.label}", caption)


def _main(released: Released, design: AdksDesign, name: str) -> AdksOutcome:
    return design.named(released.points(f"{SECTION}.{name}").outcome)


def _figure(released: Released, design: AdksDesign, name: str, label: str, caption: str) -> FigureExhibit:
    series = released.points(f"{SECTION}.{name}")
    shared = {
        "id": released.exhibit("fig", f"{SECTION}-{name}"),
        "caption": words.sentence(caption.format(series.weighting)),
        "kind": series.kind,
        "source": series.source,
    }
    drawn = drawable(series)
    if drawn.empty:
        return absent(why=no_points(series), **shared)
    columns = ["group", "wave", "estimate", "low", "high", *(["truth"] if "truth" in drawn else [])]
    figure = growth(
        drawn[columns],
        outcome_label=label,
        unit=series.unit,
        decimals=series.decimals,
        level=series.level,
        **shared,
    )
    return noted(figure, series, drawn)
