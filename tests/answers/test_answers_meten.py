"""Rows of the designs to come: from facts and assumptions, each told again by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.answers.meten import available_counts, meten_items
from analysis.chapters.meten import exhibits
from analysis.datakind import DataKind
from analysis.design.meten import meten
from analysis.results import Released, Result, Series, publish
from analysis.sources.facts import cbs_population, letter_facts, variation

DRAWS = 100


@pytest.fixture(scope="module")
def items():
    return meten_items(meten(), variation(), letter_facts(), cbs_population(), draws=DRAWS, seed=1)


@pytest.fixture(scope="module")
def rows(items) -> dict[str, Result]:
    return {item.id.removeprefix("meten."): item for item in items if isinstance(item, Result)}


@pytest.fixture(scope="module")
def curves(items) -> Series:
    return next(item for item in items if isinstance(item, Series))


@pytest.fixture(scope="module")
def drawn(items):
    rows = tuple(item for item in items if isinstance(item, Result))
    released = Released(rows, tuple(item for item in items if isinstance(item, Series)))
    return {exhibit.id: exhibit for exhibit in exhibits(released)}


def chance(effect: float, variance: float, units: int) -> float:
    """Of a t-test between two halves of so many changes with variance 2v, by numbers of the textbook."""
    shift, freedom = effect / np.sqrt(8 * variance / units), units - 2
    critical = stats.t.ppf(0.975, freedom)
    return stats.nct.sf(critical, freedom, shift) + stats.nct.cdf(-critical, freedom, shift)


def test_nothing_in_them_is_a_finding(items):
    """No twin, no outcome of a programme: facts and choices, and disclosure lets them all through."""
    assert {item.kind for item in items} == {DataKind.FACT}
    assert {key for item in items for key in item.source.split("; ")} <= {
        "variation", "studie", "letter_facts", "cbs_population_2024",
    }  # fmt: skip
    released = publish(*items)
    assert all(row.withheld == "" for row in released.rows)


def test_counts_are_those_of_the_facts():
    counts = available_counts(letter_facts(), cbs_population())
    assert counts == {
        "waiting_provinces": 7,  # twelve without the five that brief A names
        "provinces": 12,
        "waiting_municipalities": counts["waiting_municipalities"],
        "municipalities": 342,
        "applications": 322,
        "pilot_districts": 3,
    }
    five = cbs_population().set_index("name")["municipalities"][
        ["Drenthe", "Groningen", "Flevoland", "Zeeland", "Noord-Brabant"]
    ]
    assert counts["waiting_municipalities"] == 342 - five.sum()


def test_pupils_before_and_after(rows):
    """108 schools: the fewest even number with a chance of 80 per cent."""
    variance = 0.2794 * 0.2 + (1 - 0.2794) * 0.4 / 25
    assert chance(0.2, variance, 108) >= 0.8 > chance(0.2, variance, 106)
    assert rows["leerlingen_needed"].value == 108
    assert rows["leerlingen_power_formula"].value == pytest.approx(100 * chance(0.2, variance, 108), abs=1e-6)
    assert rows["leerlingen_measured"].value == 108 * 25 * 2
    assert rows["leerlingen_cost"].value == 108 * 500 + 5_400 * 10
    track = 0.1310 * 0.2 + (1 - 0.1310) * 0.4 / 25
    fewer = int(rows["leerlingen_needed_pisa2003_vmbo_leerweg"].value)
    assert chance(0.2, track, fewer) >= 0.8 > chance(0.2, track, fewer - 2)


def test_places_take_half_the_variance_of_a_change(rows):
    assert chance(1.0, 1.7187**2 / 2, 96) >= 0.8 > chance(1.0, 1.7187**2 / 2, 94)
    assert rows["gemeenten_needed"].value == 96
    assert rows["gemeenten_cost"].value == 0
    seen = rows["provincies_detectable_provinces"].value
    assert chance(seen, 0.8657**2 / 2, 12) == pytest.approx(0.8, abs=1e-4)


def test_too_few_to_say_anything(rows):
    for name in ("provincies_detectable_waiting_provinces", "buurtkracht_detectable_pilot_districts"):
        assert rows[name].value is None
        assert rows[name].reason == "met minder dan 10 is geen toets betrouwbaar"


def test_simulation_stands_beside_the_formula(rows, curves):
    names = [planned.name for planned in meten().designs]
    for name in names:
        formula, simulated = rows[f"{name}_power_formula"].value, rows[f"{name}_power_simulated"]
        assert simulated.n == DRAWS
        assert abs(simulated.value - formula) <= 3.5 * 100 * np.sqrt(0.8 * 0.2 / DRAWS), name
        assert simulated.low <= simulated.value <= simulated.high
    points = curves.points
    assert list(points["design"].unique()) == names
    known = points.dropna(subset=["simulated"])
    assert known.groupby("design").size().eq(2).all()
    assert points.groupby("design")["formula"].apply(lambda line: line.is_monotonic_increasing).all()


def test_the_seed_decides(items):
    again = meten_items(meten(), variation(), letter_facts(), cbs_population(), draws=DRAWS, seed=1)
    assert [item for item in again if isinstance(item, Result)] == [
        item for item in items if isinstance(item, Result)
    ]


def test_a_spread_that_is_nowhere(rows):
    with pytest.raises(ValueError, match="noise 'pisa2003_vmbo' is neither in"):
        meten_items(
            meten(),
            variation().query("id != 'pisa2003_vmbo'"),
            letter_facts(),
            cbs_population(),
            draws=2,
            seed=1,
        )


def test_tables_tell_the_rows(drawn):
    assert list(drawn) == [
        "tbl-meten",
        "tbl-meten-regelen",
        "tbl-meten-besluiten",
        "fig-meten-vermogen",
        "tbl-meten-controle",
        "tbl-meten-spreiding",
        "tbl-meten-aannamen",
    ]
    designs = drawn["tbl-meten"].cells.set_index("Ontwerp")
    provinces = designs.loc["Volgorde van provincies loten. Gemeten: opkomst Tweede Kamer."]
    assert provinces["Kleinste effect dat ertoe doet"] == "1 procentpunt"
    assert provinces["Wat er is"] == (
        "7 (netwerk nog niet versterkt): niet vast te stellen: met minder dan 10 is geen toets betrouwbaar. "
        "12 (alle): te zien vanaf 1,6 procentpunten."
    )
    assert "108 scholen; 25 per school, 2 keer" in set(designs["Nodig"])
    costs = drawn["tbl-meten-regelen"].cells["Rekenbedrag"]
    assert costs.tolist()[:4] == ["geen", "geen", "116.250 euro", "108.000 euro"]
    assert drawn["tbl-meten-aannamen"].cells["Status"].isin(["aanname", "rekenbedrag"]).all()
    assert len(drawn["tbl-meten-controle"].cells) == 16
    spreads = drawn["tbl-meten-spreiding"].cells
    assert spreads.iloc[0, 1] == "28% (95%-interval van 21 tot 35)"


def test_every_question_has_its_place_and_its_choices(drawn):
    cells = drawn["tbl-meten-besluiten"].cells
    text = cells.to_csv()
    for asked in ("zes provincies", "bedrag", "1-meting", "scores en de grens"):
        assert asked in text
    assert cells["Wat de brieven melden"].str.contains(r"\(brief [AB]").all()
    assert cells["Keuzes, en wat elke keuze bekend maakt"].str.contains(r"\(a\) .+: .+ \(b\) .+: ").all()


def test_the_figure_says_what_is_needed(drawn):
    figure = drawn["fig-meten-vermogen"]
    assert len(figure.alt) <= 250
    assert "Leerlingen vóór en na 108; Loket D 788" in figure.alt
    assert figure.table["nagebootst"].notna().sum() == 16
