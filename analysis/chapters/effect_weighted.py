"""What the second opinion rests on: the weights of the provinces, and each imitated province by itself."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.effect_names import IMITATED, WEIGHTED, WEIGHTED_METHODS
from analysis.chapters.cells import NOT_APPLICABLE, NOT_GIVEN, Points, given
from analysis.design.questions import Question
from analysis.exhibits import Exhibit, TableExhibit
from analysis.results import Released, Series

_FIRST = "Provincie zonder start"
_SERIES = ("gewichten", "gewichten_metingen", "nabootsing", "gewichten_nabootsing")


def weighted_remark(released: Released, question: Question) -> str:
    """What the table of estimates adds: why one is lacking, or that it leaves provinces out."""
    told, main = [], released.row(f"{question.prefix}.effect")
    for name in (WEIGHTED, IMITATED):
        row = released.find(f"{question.prefix}.effect_{name}")
        if row is None or (row.reason and row.reason == main.reason):
            continue
        if row.value is None:
            told.append(f"{dutch.capital(WEIGHTED_METHODS[name])}: {row.unknown}.")
        elif name == IMITATED and row.note:  # which, and why, says the table of imitated provinces
            told.append(
                f"{dutch.capital(WEIGHTED_METHODS[name])}: niet elke provincie met een start telt mee."
            )
    return " ".join(told)


def weighted_tables(released: Released, question: Question) -> list[Exhibit]:
    """``tbl-<question>-gewichten`` and ``tbl-<question>-nabootsing``; nothing where they were not asked."""
    ids = {name: f"{question.prefix}.{name}" for name in _SERIES}
    if not all(id in released for id in ids.values()):
        return []
    found = {name: released.points(id) for name, id in ids.items()}
    return [_weights(released, question, found), _imitated(released, question, found["nabootsing"])]


def _weights(released: Released, question: Question, found: dict[str, Series]) -> TableExhibit:
    """A row for each province without a start, a column for each comparison it is in."""
    provinces, imitations = found["gewichten"], found["gewichten_nabootsing"]
    weighted, imitated = dutch.capital(WEIGHTED_METHODS[WEIGHTED]), dutch.capital(WEIGHTED_METHODS[IMITATED])
    columns = {f"{weighted} ({start})": weights for start, weights in _by(provinces, "start")}
    if len(columns) == 1:
        columns = {weighted: next(iter(columns.values()))}
    columns |= dict(_by(imitations, "imitated"))
    told = [
        f"{name}: {one.unknown}."
        for name, one in ((weighted, provinces), (imitated, imitations))
        if one.unknown
    ]
    cells = pd.DataFrame({_FIRST: [provinces.unknown]})
    if columns:
        table = pd.DataFrame(columns).map(lambda weight: dutch.number(weight, 2))
        cells = table.rename_axis(_FIRST).reset_index()
    caption = (
        f"{question.exposure.label}, waarmee is vergeleken: het gewicht van elke provincie zonder start, "
        "eerst bij de gewogen "
        "vergelijking en dan in elke nagebootste provincie. Een gewicht onder nul vult aan wat de andere "
        f"niet kunnen nadoen. {' '.join([_measurements(found['gewichten_metingen']), *told])}"
    )
    return TableExhibit(
        id=released.exhibit("tbl", f"{question.id}-gewichten"),
        cells=cells,
        caption=caption.strip(),
        kind=provinces.kind,
        source=provinces.source,
        align="l" + "r" * (cells.shape[1] - 1),
        widths=[14] * cells.shape[1],
    )


def _by(series: Series, column: str) -> list[tuple[str, pd.Series]]:
    """Weights by province, for each value of `column`."""
    if series.unknown:
        return []
    groups = series.points.groupby(column, sort=False)
    return [(str(value), rows.set_index("label")["weight"]) for value, rows in groups]


def _measurements(series: Series) -> str:
    """The measurements before the start that count, by their weight."""
    if series.unknown:
        return ""
    told = []
    for start, rows in series.points.groupby("start", sort=False):
        some = rows[rows["weight"] >= 0.005]
        weights = dutch.join(
            f"{one.measurement} ({dutch.number(one.weight, 2)})" for one in some.itertuples()
        )
        told.append(f"vóór de start die in {start} voor het eerst is gemeten: {weights}")
    return f"Gewicht van de metingen {'; '.join(told)}."


def _imitated(released: Released, question: Question, series: Series) -> TableExhibit:
    """Each province with a start beside its imitation."""
    outcome = question.outcome
    columns = [
        "Provincie",
        f"Verschil ({outcome.unit})",
        f"Afwijking vooraf ({outcome.unit})",
        "Rang onder schijnprovincies (p)",
    ]
    if series.unknown:
        lines = [("Alle", series.unknown, NOT_APPLICABLE, NOT_APPLICABLE)]
    else:
        points = Points(series, ("region",))
        lines = []
        for one in series.points.itertuples():
            known = pd.notna(one.estimate)
            lines.append(
                (
                    one.label,
                    dutch.number(one.estimate, outcome.decimals, sign=True)
                    if known
                    else f"niet vast te stellen: {one.refused}"
                    if one.refused
                    else points.number(one.region),
                    given(one.rmspe_before, outcome.decimals),
                    f"{dutch.p_value(one.p_value)} (kleinst mogelijk {dutch.number(one.smallest_p, 3)})"
                    if known and pd.notna(one.p_value)
                    else NOT_GIVEN,
                )
            )
    return TableExhibit(
        id=released.exhibit("tbl", f"{question.id}-nabootsing"),
        cells=pd.DataFrame(lines, columns=columns),
        caption=(
            f"{question.exposure.label}: elke provincie met een start naast haar nabootsing uit provincies "
            "zonder start. De afwijking "
            "vooraf is het gemiddelde verschil (wortel uit het gemiddelde kwadraat) vóór de start. De "
            "schijntoets bootst ook elke provincie zonder start na, en telt bij hoeveel het verschil na de "
            "start, gedeeld door dat ervoor, minstens zo groot is."
        ),
        kind=series.kind,
        source=series.source,
        align="lrrr",
        widths=(22, 34, 18, 26),
    )
