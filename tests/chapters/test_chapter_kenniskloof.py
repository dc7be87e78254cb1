"""Exhibits of the chapter on the gap, from what disclosure lets through: known, unknown and withheld."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.answers.kenniskloof import gap_items
from analysis.answers.kenniskloof_countries import country_items
from analysis.answers.lines import NOT_AN_EFFECT
from analysis.chapters.kenniskloof import exhibits
from analysis.datakind import DataKind
from analysis.design.gap import gap_design
from analysis.estimate.gap_study import gap_study
from analysis.figures.cycles import means_by_cycle
from analysis.panel.civic_knowledge import civic_knowledge, civic_knowledge_truth
from analysis.results import Released, Result, publish
from analysis.sources.facts import iccs_means
from analysis.sources.iccs_contract import PV_COLUMNS
from analysis.sources.sourced import Sourced

DESIGN = gap_design()


def released(panel, truth=None, *, trial=False, level=0.95, countries=()):
    study = gap_study(
        panel.frame,
        outcome=PV_COLUMNS,
        minuend="vwo",
        subtrahend="vmbo",
        covariates=DESIGN.adjusted_for,
        quantiles=DESIGN.quantiles,
        levels=DESIGN.shown_levels,
    )
    items = gap_items(panel, study, DESIGN, level=level, truth=truth)
    return publish(*items, *countries, trial=trial)


@pytest.fixture(scope="module")
def twin():
    return civic_knowledge(trial=True)


@pytest.fixture(scope="module")
def trial(twin):
    return drawn(released(twin, civic_knowledge_truth(twin), trial=True).trial())


@pytest.fixture(scope="module")
def real(twin):
    return released(
        Sourced(twin.frame, DataKind.REAL, "iccs2022", ""), countries=country_items(iccs_means(), DESIGN)
    )


def drawn(some):
    return {exhibit.id: exhibit for exhibit in exhibits(some)}


def test_a_trial_has_exhibits_of_its_own_with_what_was_planted(trial):
    assert set(trial) == {
        "tbl-proef-kenniskloof", "tbl-proef-kenniskloof-decompositie", "fig-proef-kenniskloof-kwantielen"
    }  # fmt: skip
    table = trial["tbl-proef-kenniskloof"]
    assert table.kind is DataKind.SYNTHETIC
    planted = table.cells.set_index("Uitkomst")["Gekozen in de tweeling"]
    assert (
        planted["Verschil bij gelijke sociale achtergrond, geslacht en migratieachtergrond, vwo − vmbo"]
        == "108"
    )
    assert planted["Niveau A, vmbo"] == "niet vooraf bepaald"
    assert planted["Hoeveel groter het verschil is, meisjes vergeleken met jongens"] == "0"
    split = trial["tbl-proef-kenniskloof-decompositie"].cells.set_index("Onderdeel")
    assert list(split["Gekozen in de tweeling"]) == ["120", "12", "10", "1", "1", "108"]


def test_a_file_gives_the_same_exhibits_without_a_planted_column(real):
    found = drawn(real)
    assert set(found) == {
        "tbl-kenniskloof", "tbl-kenniskloof-decompositie", "fig-kenniskloof-kwantielen",
        "fig-kenniskloof-landen",
    }  # fmt: skip
    assert "Gekozen in de tweeling" not in found["tbl-kenniskloof"].cells
    assert "Gekozen in de tweeling" not in found["tbl-kenniskloof-decompositie"].cells
    assert found["tbl-kenniskloof"].kind is DataKind.REAL
    assert found["fig-kenniskloof-landen"].kind is DataKind.FACT


def test_a_withheld_level_reads_niet_getoond_everywhere(real):
    table = drawn(real)["tbl-kenniskloof"]
    cells = table.cells.set_index("Uitkomst")
    for label in ("Lager dan niveau C, vwo", "Niveau C, vwo"):
        assert list(cells.loc[label]) == ["niet getoond"] * 3
    assert "Niet getoond: " in table.caption
    assert "minder dan 10 eenheden" in table.caption
    assert "een niet getoonde uitkomst zou anders te berekenen zijn" in table.caption


def test_the_table_says_which_pupils_do_not_count_and_why(twin, real):
    lost = (("havo/vwo, volgens het ontwerp weggelaten", 1_231), ("schoolsoort onbekend", 20))
    table = drawn(released(Sourced(twin.frame, DataKind.REAL, "iccs2022", "", lost)))["tbl-kenniskloof"]
    told = (
        "1.251 leerlingen tellen nergens mee: havo/vwo, volgens het ontwerp weggelaten; schoolsoort onbekend."
    )
    assert told in table.caption
    assert "nergens mee" not in drawn(real)["tbl-kenniskloof"].caption


def test_every_table_says_that_it_is_no_effect(real):
    found = drawn(real)
    assert NOT_AN_EFFECT in found["tbl-kenniskloof"].caption
    assert "geen oorzaak" in found["tbl-kenniskloof-decompositie"].caption


def test_the_table_has_a_line_for_each_result(real):
    table = drawn(real)["tbl-kenniskloof"]
    assert not table.cells.duplicated().any()
    rows = [row.id.removeprefix("kenniskloof.") for row in real.rows]
    apart = ("n", "incomplete", "explained", "unexplained", "difference", "change")
    assert len(table.cells) == sum(not name.startswith(apart) for name in rows)
    decomposed = drawn(real)["tbl-kenniskloof-decompositie"]
    assert decomposed.cells["Onderdeel"].iloc[0] == "Verschil"
    assert len(decomposed.cells) == 3 + len(DESIGN.adjusted_for)


def test_headings_and_captions_read_the_level_of_the_rows(twin):
    found = drawn(released(Sourced(twin.frame, DataKind.REAL, "iccs2022", ""), level=0.8))
    assert "80%-interval" in found["tbl-kenniskloof"].cells.columns
    assert "80%-interval" in found["tbl-kenniskloof-decompositie"].caption
    figure = found["fig-kenniskloof-kwantielen"]
    assert "80%-interval" in figure.caption
    assert "95%" not in " ".join([figure.caption, figure.alt, found["tbl-kenniskloof"].caption])


def test_without_a_file_the_place_of_every_exhibit_says_why():
    found = drawn(released(Sourced.absent("er is geen bestand")))
    assert set(found) == {"tbl-kenniskloof", "tbl-kenniskloof-decompositie", "fig-kenniskloof-kwantielen"}
    for exhibit in found.values():
        assert exhibit.kind is DataKind.FACT
        told = exhibit.alt if exhibit.id.startswith("fig-") else exhibit.caption
        assert "iet vast te stellen: er is geen bestand." in told
    table = found["tbl-kenniskloof"].cells
    assert list(table.columns) == ["Uitkomst", "Schatting"]
    assert set(table["Schatting"]) == {"niet vast te stellen"}


def test_a_point_over_too_few_pupils_is_not_drawn_and_not_told(real):
    """Withheld in the series: the figure draws the others, and its numbers hold nothing of it."""
    series = real.points("kenniskloof.kwantielen")
    points = series.points.copy()
    points["n"] = points["n"].where(points["quantile"] > 0.05, 9)
    gone = float(points.loc[0, "estimate"])
    shown = publish(
        replace(series, points=points), *(row for row in real.rows if row.id == "kenniskloof.gap")
    )
    items = Released(
        tuple(row for row in real.rows),
        (shown.points("kenniskloof.kwantielen"), real.points("kenniskloof.decompositie")),
    )
    figure = drawn(items)["fig-kenniskloof-kwantielen"]
    assert list(figure.table["kwantiel"]) == list(DESIGN.quantiles[1:])
    assert "Niet getoond: punten over minder dan 10 eenheden." in figure.caption
    assert ": 5e percentiel" not in figure.alt
    assert gone not in set(figure.table["verschil"])


def test_a_point_without_an_interval_is_counted(real):
    series = real.points("kenniskloof.kwantielen")
    points = series.points.copy()
    points.loc[0, ["low", "high"]] = np.nan
    items = Released(real.rows, (series.with_points(points), real.points("kenniskloof.decompositie")))
    assert (
        "Niet getekend: één punt zonder bekend interval."
        in drawn(items)["fig-kenniskloof-kwantielen"].caption
    )


def test_reasons_that_differ_stand_in_the_cells(real):
    rows = {row.id: row for row in real.rows}
    for name, why in (("gap", "reden een"), ("gap_sd", "reden twee")):
        row = rows[f"kenniskloof.{name}"]
        rows[row.id] = replace(row, value=None, se=None, low=None, high=None, reason=why)
    table = drawn(Released(tuple(rows.values()), real.series))["tbl-kenniskloof"]
    assert table.cells["Schatting"].str.contains("niet vast te stellen: reden een", regex=False).sum() == 1
    assert "reden" not in table.caption
    assert all(isinstance(row, Result) for row in rows.values())


def test_the_country_figure_tells_published_from_recomputed(real):
    figure = drawn(real)["fig-kenniskloof-landen"]
    series = real.points("kenniskloof.landen")
    assert list(series.points["label"].unique()) == [
        "Nederland", "Denemarken", "Noorwegen", "Zweden", "Noordrijn-Westfalen",
    ]  # fmt: skip
    assert "Nederland: van 494 in 2009 naar 508 in 2022." in figure.alt
    told = figure.table.set_index(["land of gebied", "meting"]).loc[("Nederland", 2022)]
    assert (round(told["gemiddelde"]), told["standaardfout"], told["status"]) == (508, 4.09, "nagerekend")
    published = series.points["published"]
    assert figure.table["status"].value_counts().to_dict() == {
        "gepubliceerd": int(published.sum()),
        "nagerekend": int((~published).sum()),
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="published"), "column published is absent"),
        (lambda t: t.assign(mean=np.nan), "column mean"),
        (lambda t: t.assign(label=[f"land {k}" for k in range(len(t))]), "at most five|at most 5"),
        (lambda t: t.head(0), "no rows"),
    ],
)
def test_a_country_figure_that_cannot_be_drawn_is_refused(real, change, message):
    table = change(real.points("kenniskloof.landen").points)
    with pytest.raises(ValueError, match=message):
        means_by_cycle(
            table, id="fig-proef", outcome_label="k", unit="punten", kind="fact", source="x", caption="c"
        )
