"""Rows of the designs to come: from facts and assumptions, each told again by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.answers.meten import available_counts, meten_items
from analysis.answers.meten_measured import measured
from analysis.chapters.meten import exhibits
from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.meten import meten
from analysis.results import Released, Result, Series, publish
from analysis.sources.facts import cbs_population, letter_facts, variation
from analysis.sources.sourced import Sourced

DRAWS = 100


@pytest.fixture(scope="module")
def items():
    return meten_items(
        meten(), variation(), letter_facts(), cbs_population(), own=absent(), draws=DRAWS, seed=1
    )


def absent():
    """What an empty folder gives."""
    none = Sourced.absent("er is geen bestand")
    return measured(none, (), none, adks_design().outcome)


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
    again = meten_items(
        meten(), variation(), letter_facts(), cbs_population(), own=absent(), draws=DRAWS, seed=1
    )
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
            draws=4,
            seed=1,
        )


def files(schools: int, size: int) -> tuple[Sourced, Sourced]:
    """Pupils of three tracks, each in its own schools, a fifth of the variance between these; and a panel."""
    rng = np.random.default_rng(8)
    school = np.repeat(np.arange(3 * schools), size)
    level = rng.normal(0, np.sqrt(0.2), 3 * schools)[school]
    frame = pd.DataFrame({"school": school, "track": np.array(["vmbo", "havo", "vwo"])[school % 3]})
    frame["pv1"] = level + rng.normal(0, np.sqrt(0.8), len(school))
    waves = [
        frame.assign(wave=wave, **{one.name: frame["pv1"] for one in adks_design().outcome})
        for wave in (1, 2)
    ]
    waves[1].loc[:, adks_design().outcome[0].name] = 0.0  # a later wave does not count
    return (
        Sourced(frame, DataKind.REAL, "iccs2022", ""),
        Sourced(pd.concat(waves), DataKind.REAL, "adks", ""),
    )


def with_files(schools: int, size: int) -> Released:
    pupils, panel = files(schools, size)
    own = measured(pupils, ["pv1"], panel, adks_design().outcome)
    return publish(
        *meten_items(meten(), variation(), letter_facts(), cbs_population(), own=own, draws=4, seed=1)
    )


def test_files_of_dutch_pupils_are_reckoned_with_when_they_are_there():
    released = with_files(schools=60, size=20)
    first = adks_design().outcome[0].name
    for source, name in (("iccs2022", "iccs2022_vmbo"), ("adks", f"adks_{first}_vmbo")):
        share = released.row(f"meten.spreiding_{name}")
        assert share.kind is DataKind.REAL
        assert share.source == source
        assert share.low < 20 < share.high
        assert (share.clusters, share.n) == (60, 1200)
        asked = released.row(f"meten.leerlingen_needed_{name}")
        assert asked.kind is DataKind.REAL
        variance = [icc * 0.2 + (1 - icc) * 0.4 / 25 for icc in (share.low / 100, share.high / 100)]
        assert (
            chance(0.2, variance[0], int(asked.value)) > 0.8 > chance(0.2, variance[1], int(asked.value) - 2)
        )
    tables = {exhibit.id: exhibit for exhibit in exhibits(released)}
    told = tables["tbl-meten-spreiding"]
    assert told.kind is DataKind.REAL
    assert told.cells["Bron"].tolist()[11] == "ICCS 2022, burgerschapskennis, vmbo"
    assert tables["tbl-meten"].kind is DataKind.FACT


def test_a_file_of_few_pupils_gives_no_share_away():
    released = with_files(schools=3, size=3)
    share = released.row("meten.spreiding_iccs2022_vmbo")
    assert share.value is None
    assert share.withheld
    assert released.row("meten.leerlingen_needed_iccs2022_vmbo").withheld
    cells = next(item for item in exhibits(released) if item.id == "tbl-meten-spreiding").cells.iloc[11]
    assert cells.iloc[0] == "ICCS 2022, burgerschapskennis, vmbo"
    assert cells.iloc[1].startswith("niet getoond: minder dan")
    assert set(cells.iloc[2:]) == {"niet getoond"}


def test_without_a_file_the_reason_is_told(rows, drawn):
    for name in ("iccs2022", "adks"):
        assert rows[f"spreiding_{name}"].unknown == "niet vast te stellen: er is geen bestand"
        assert rows[f"leerlingen_needed_{name}"].value is None
    last = drawn["tbl-meten-spreiding"].cells.iloc[-1]
    assert last.iloc[0] == "Adolescentenpanel: er is geen bestand"
    assert last.iloc[1] == "niet vast te stellen"
    assert set(last.iloc[2:]) == {"niet van toepassing"}


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
    assert provinces["Gekozen effect"] == "1 procentpunt"
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
    turnout = spreads[spreads["Bron"].str.startswith("Kiesraad")]
    assert set(turnout.iloc[:, 3:].to_numpy().ravel()) == {"niet van toepassing"}  # other designs rest on it
    abroad = spreads[spreads["Bron"].str.contains("Chili")]
    assert set(abroad.iloc[:, 3:].to_numpy().ravel()) == {"niet gebruikt"}


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
