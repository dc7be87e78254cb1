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


def before(**columns):
    table = {"label": ["eerste meting na de start: 2021", "alle starts samen"], "provinces": [3, 8],
             "measurements": [5, 6], "reason": "", "slope": [3, -1], "low": [None, -4], "high": [None, 2],
             "p_value": [None, 0.44], "detectable_80": [9, 5], "bias": [2, -1],
             "equivalent": ["niet te toetsen", "ja"], "n": [400, 400]}  # fmt: skip
    measures = ("slope", "low", "high", "p_value", "detectable_80", "bias")
    return line("voorloop", pd.DataFrame(table | columns), measures, "punten per meting")


def alarms(**columns):
    table = {"label": ["los van elkaar", "met uitschieters"], "size": [4.9, 6.2], "wild": [5.1, 5.2],
             "size_se": [0.3, 0.4], "n": [400, 400]}  # fmt: skip
    return line("alarm", pd.DataFrame(table | columns), ("size", "wild", "size_se"), "%")


def power():
    table = pd.DataFrame({"effect": [0.0, 1.0, 2.0], "power": [0.05, 0.5, 0.9], "power_se": 0.01, "n": 400})
    return line("vermogen", table, ("power", "power_se"), "")


ROWS = (
    row("main", 1.0, low=0.5, high=1.5, p_value=0.012, smallest_p=0.001),
    row("estimator_never", 1.1, low=0.4, high=1.7, p_value=0.02),
    row("placebo_2", NotEstimable("er liggen te weinig metingen vóór de start")),
    row("noise_change", 0.42), row("detectable", NotEstimable("ook een effect van 3 punten haalt geen 80%")),
    row("power", 61.0, "%", decimals=0), row("gamma", 1.85, "", decimals=2),
    row("breakdown_b", None, note="Geen enkele afwijking maakt het nul."),
    row("alarm_high", 6.25, "%", se=0.5, decimals=1),
)  # fmt: skip


def released(rows=ROWS, series=None):
    return Released(rows, series or (without(), curve(), power(), before(), alarms()))


def drawn(some):
    return {exhibit.id: exhibit for exhibit in exhibits(some, HERE)}


def test_nothing_without_results():
    assert exhibits(Released(), HERE) == []


def test_a_question_without_an_answer_keeps_its_places_in_the_text():
    """The text includes these exhibits by name: where there is no answer they say so and no more."""
    why = NotEstimable("alle plaatsen zijn tegelijk begonnen")
    gone = tuple(line(name, why) for name in ("zonder", "curve", "vermogen", "voorloop", "alarm"))
    found = drawn(released((row("main", why), *ROWS[1:]), gone))
    table = found["tbl-zekerheid-prodemos-kennis"]
    assert table.cells.to_numpy().tolist() == [
        ["Hoofdschatting", "niet vast te stellen", "niet van toepassing", "niet van toepassing"]
    ]
    for name in ("voorloop", "alarm"):
        (said,) = found[f"tbl-zekerheid-prodemos-kennis-{name}"].cells.iloc[:, 0]
        assert said == f"niet vast te stellen: {why.reason}"
    assert found["tbl-zekerheid-prodemos-kennis-grenzen"].cells.iloc[:, 1].tolist() == [
        f"niet vast te stellen: {why.reason}"
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


def test_trends_before_the_start_are_told_by_start_and_without_a_test_where_there_is_none():
    table = drawn(released())["tbl-zekerheid-prodemos-kennis-voorloop"]
    assert table.cells.to_numpy().tolist() == [
        ["eerste meting na de start: 2021", "3", "+3", "niet te geven", "geen uitspraak", "9", "+2",
         "niet te toetsen"],
        ["alle starts samen", "8", "−1", "van −4 tot 2", "0,440", "5", "−1", "ja"],
    ]  # fmt: skip


def test_a_start_that_cannot_be_tested_keeps_its_line_and_the_caption_says_why():
    gone = {name: [None, -1] for name in ("slope", "detectable_80", "bias")}
    one = before(reason=["de schatting hangt aan één provincie", ""], **gone)
    found = drawn(released(series=(without(), curve(), power(), one)))
    table = found["tbl-zekerheid-prodemos-kennis-voorloop"]
    assert table.cells.iloc[0].tolist() == [
        "eerste meting na de start: 2021", "3", "niet te geven", "niet te geven", "geen uitspraak",
        "niet te geven", "niet te geven", "niet te toetsen",
    ]  # fmt: skip
    assert table.caption.endswith(
        "Niet te toetsen: eerste meting na de start: 2021 (de schatting hangt aan één provincie)."
    )


def test_every_violation_that_the_plan_names_has_its_interval_or_none_has():
    points = pd.DataFrame(
        {"bound": [0.0, 0.5, 2.0], "low": [0.1, -0.4, None], "high": [1.9, 2.4, None], "n": 400}
    )
    table = drawn(
        released(series=(without(), curve(), power(), line("gevoeligheid", points, ("low", "high"))))
    )
    table = table["tbl-zekerheid-gevoeligheid"]
    assert list(table.cells.columns) == ["Vraag", "0 maal", "0,5 maal", "2 maal"]
    assert table.cells.to_numpy().tolist() == [
        ["ProDemos, kennis over de democratie (punten)", "van 0 tot 2", "van 0 tot 2", "zonder grens"]
    ]
    why = line("gevoeligheid", NotEstimable("er zijn te weinig metingen vóór de start"), ("low", "high"))
    none = drawn(released(series=(without(), curve(), power(), why)))["tbl-zekerheid-gevoeligheid"]
    assert none.cells.iloc[0, 1] == "niet vast te stellen"
    assert none.caption.endswith("niet vast te stellen: er zijn te weinig metingen vóór de start.")


def test_false_alarms_and_limits_stand_in_tables():
    found = drawn(released())
    alarm = found["tbl-zekerheid-prodemos-kennis-alarm"]
    assert alarm.cells.to_numpy().tolist() == [
        ["Los van elkaar", "5", "5", "0"], ["Met uitschieters", "6", "5", "0"]
    ]  # fmt: skip
    limits = found["tbl-zekerheid-prodemos-kennis-grenzen"].cells.set_index("Wat")
    assert limits.loc["Schatting", "Waarde"] == (
        "1,00 punten (95%-interval van 0,50 tot 1,50; kleinst mogelijke p 0,001)"
    )
    falls = limits.loc["Uiteenlopen per meting tot waar de randomisatietoets nul uitsluit", "Waarde"]
    assert falls == "geen enkele afwijking maakt het nul"


def test_an_estimate_without_an_interval_is_a_mark_and_the_caption_says_why():
    some = without(low=[0.5, None], high=[1.5, None])
    figure = drawn(released(series=(some, curve(), power())))["fig-zekerheid-prodemos-kennis-provincies"]
    assert "Zonder streep: met minder dan vijf provincies" in figure.caption
    assert "Zonder interval: 1." in figure.alt
    assert "zonder Utrecht (+1" in figure.alt
    none = drawn(released())["fig-zekerheid-prodemos-kennis-provincies"]
    assert "Zonder streep" not in none.caption


def test_what_could_have_been_seen_has_a_column_a_question():
    table = drawn(released())["tbl-zekerheid"]
    assert list(table.cells.columns) == ["Wat", "ProDemos, kennis over de democratie"]
    assert dict(zip(table.cells["Wat"], table.cells.iloc[:, 1], strict=True)) == {
        SEEN["noise_change"]: "0,42 punten",
        SEEN["detectable"]: "niet vast te stellen",
        SEEN["smallest"]: "1,0 punten",
        SEEN["power"]: "61%",
        SEEN["type_m"]: "niet berekend",
        SEEN["type_s"]: "niet berekend",
        SEEN["alarm_high"]: "6,2% (simulatiefout 0,50)",
        SEEN["alarm_shared"]: "niet berekend",
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
    assert len(found) == 6


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
