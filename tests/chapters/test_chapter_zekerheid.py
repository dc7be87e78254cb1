"""Tables and figures on how sure an answer is, from released rows."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.chapters.zekerheid import CHECKED, SEEN, exhibits
from analysis.datakind import DataKind
from analysis.results import Released, Result, Series
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace

HERE = Workspace.current()
START = "zekerheid.prodemos_kennis"
SHARED = {"kind": DataKind.REAL, "source": "uitkomst_democratiekennis", "n": 400, "decimals": 2}


def row(name, value, unit="punten", **given):
    return Result(f"{START}.{name}", name, value, unit, **(SHARED | given))


def line(name, points, measures=("estimate", "low", "high"), unit="punten"):
    return Series(f"{START}.{name}", name, unit, DataKind.REAL, "uitkomst_democratiekennis", points, measures)


def without(**columns):
    table = {"label": ["alle provincies", "zonder Utrecht"], "estimate": [1.0, 1.2], "low": [0.5, 0.4],
             "high": [1.5, 2.0], "n": [400, 400]}  # fmt: skip
    return line("zonder", pd.DataFrame(table | columns))


def curve(**columns):
    table = {
        "estimator": ["groepen en metingen, nog niet begonnen", "vaste effecten"], "sample": "even zwaar",
        "anticipation": "geen", "before": "alle", "without": "alle", "spillover": "niet meegenomen",
        "policy": "niet meegenomen", "main": [True, False], "estimate": [1.0, 1.2], "low": [0.5, 0.4],
        "high": [1.5, 2.0], "n": [400, 400],
    }  # fmt: skip
    return line("curve", pd.DataFrame(table | columns))


def power():
    table = pd.DataFrame({"effect": [0.0, 1.0, 2.0], "power": [0.05, 0.5, 0.9], "power_se": 0.01, "n": 400})
    return line("vermogen", table, ("power", "power_se"), "")


ROWS = (
    row("main", 1.0, low=0.5, high=1.5, p_value=0.012, smallest_p=0.001),
    row("estimator_never", 1.1, low=0.4, high=1.7, p_value=0.02),
    row("placebo_2", NotEstimable("er liggen te weinig metingen vóór de start")),
    row("noise_sd", 0.42), row("detectable", NotEstimable("ook een effect van 3 punten haalt geen 80%")),
    row("power", 61.0, "%", decimals=0), row("gamma", 1.85, "", decimals=2),
    row("breakdown_b", None, note="Geen enkele afwijking maakt het nul."),
)  # fmt: skip


def released(rows=ROWS, series=None):
    return Released(rows, series or (without(), curve(), power()))


def drawn(some):
    return {exhibit.id: exhibit for exhibit in exhibits(some, HERE)}


def test_nothing_without_results():
    assert exhibits(Released(), HERE) == []


def test_a_question_without_an_answer_keeps_its_places_in_the_text():
    """The text includes these exhibits by name: where there is no answer they say so and no more."""
    why = NotEstimable("alle plaatsen zijn tegelijk begonnen")
    gone = tuple(line(name, why) for name in ("zonder", "curve", "vermogen"))
    found = drawn(released((row("main", why), *ROWS[1:]), gone))
    table = found["tbl-zekerheid-prodemos-kennis"]
    assert table.cells.to_numpy().tolist() == [
        ["Hoofdschatting", "niet vast te stellen", "niet van toepassing", "niet van toepassing"]
    ]
    assert set(found["tbl-zekerheid"].cells.iloc[:, 1]) == {"niet vast te stellen"}
    figures = [one for name, one in found.items() if name.startswith("fig-")]
    assert len(figures) == 3
    assert all(one.alt == f"Geen figuur. Niet vast te stellen: {why.reason}." for one in figures)


def test_checks_stand_in_a_fixed_order_with_interval_and_p():
    table = drawn(released())["tbl-zekerheid-prodemos-kennis"]
    assert list(table.cells.columns) == ["Controle", "Schatting (punten)", "95%-interval", "p-waarde"]
    assert table.cells.to_numpy().tolist() == [
        ["Hoofdschatting", "+1,00", "van 0,50 tot 1,50", "0,012"],
        ["Alleen vergeleken met wie niet begint", "+1,10", "van 0,40 tot 1,70", "0,020"],
        ["Start twee metingen te vroeg verondersteld", "niet vast te stellen", "niet van toepassing",
         "niet van toepassing"],
    ]  # fmt: skip
    order = list(CHECKED.values())
    assert sorted(table.cells["Controle"], key=order.index) == table.cells["Controle"].tolist()
    assert table.caption.startswith("ProDemos, kennis over de democratie: de schatting onder andere keuzes")


def test_what_could_have_been_seen_has_a_column_a_question():
    table = drawn(released())["tbl-zekerheid"]
    assert list(table.cells.columns) == ["Wat", "ProDemos, kennis over de democratie"]
    assert dict(zip(table.cells["Wat"], table.cells.iloc[:, 1], strict=True)) == {
        SEEN["noise_sd"]: "0,42 punten",
        SEEN["detectable"]: "niet vast te stellen",
        SEEN["smallest"]: "1,0 punten",
        SEEN["power"]: "61%",
        SEEN["type_m"]: "niet berekend",
        SEEN["type_s"]: "niet berekend",
        SEEN["breakdown_b"]: "geen enkele afwijking maakt het nul",
        SEEN["gamma"]: "1,85",
    }


@pytest.mark.parametrize(
    ("series", "id"),
    [
        (without(low=None, high=None), "fig-zekerheid-prodemos-kennis-provincies"),
        (curve(low=None, high=None), "fig-zekerheid-prodemos-kennis-curve"),
        (curve(estimator="vaste effecten"), "fig-zekerheid-prodemos-kennis-curve"),
    ],
)
def test_a_figure_without_anything_to_draw_says_so(series, id):
    series = series.with_points(series.points.astype({"low": float, "high": float}))
    others = [one for one in (without(), curve(), power()) if one.id != series.id]
    found = drawn(released(series=(series, *others)))
    assert found[id].alt.startswith("Geen figuur. Niet vast te stellen: ")
    assert len(found) == 5


def test_reasons_stand_in_the_place_of_each_figure():
    why = NotEstimable("niet elke provincie is bij elke meting gemeten")
    gone = tuple(
        Series(one.id, one.label, one.unit, one.kind, one.source, why, one.measures)
        for one in (without(), curve(), power())
    )
    found = drawn(released(series=gone))
    figures = [exhibit for exhibit in found.values() if exhibit.id.startswith("fig-")]
    assert len(figures) == 3
    for exhibit in figures:
        assert exhibit.alt == f"Geen figuur. Niet vast te stellen: {why.reason}."


def test_withheld_rows_show_no_digit():
    bare = dict.fromkeys(("value", "low", "high", "p_value", "n"), None)
    bare |= {"reason": "", "note": "", "withheld": "minder dan 10 eenheden"}
    hidden = tuple(replace(item, **bare) for item in ROWS)
    gone = tuple(
        replace(one, points=one.points.assign(**dict.fromkeys(one.measures, float("nan"))),
                withheld="minder dan 10 eenheden")
        for one in (without(), curve(), power())
    )  # fmt: skip
    found = drawn(released(hidden, gone))
    cells = found["tbl-zekerheid-prodemos-kennis"].cells
    assert set(cells["Schatting (punten)"]) == {"niet getoond"}
    for exhibit in found.values():
        if exhibit.id.startswith("fig-"):
            assert exhibit.alt == "Geen figuur. Niet getoond: minder dan 10 eenheden."
            assert exhibit.table is None
    seen = found["tbl-zekerheid"].cells.iloc[:, 1].tolist()
    assert set(seen) == {"niet getoond", "1,0 punten", "niet berekend"}
