"""Rows and series on attitudes over the years: stable ids, what was found, why something is not there."""

import numpy as np
import pytest
from panels import ADKS, adks_panel, adks_studied

from analysis.answers.houdingen import attitude_items
from analysis.answers.lines import NOT_AN_EFFECT
from analysis.datakind import DataKind
from analysis.panel.adolescents import AdolescentPanel
from analysis.results import Result, publish
from analysis.sources.sourced import Sourced

OUTCOME = "politiek_zelfvertrouwen"
OUTCOMES = (OUTCOME, "stemintentie")


def items_of(panel):
    return attitude_items(panel, *adks_studied(panel, OUTCOMES), ADKS, OUTCOME)


def by_name(items):
    return {item.id.removeprefix("houdingen."): item for item in items}


@pytest.fixture(scope="module")
def trial():
    panel = adks_panel(trial=True)
    return panel, *adks_studied(panel, OUTCOMES)


@pytest.fixture(scope="module")
def found(trial):
    return by_name(attitude_items(*trial, ADKS, OUTCOME))


def test_a_file_and_none_give_the_same_ids_and_a_trial_adds_what_was_planted(found):
    real = by_name(items_of(adks_panel()))
    none = by_name(items_of(AdolescentPanel(Sourced.absent("er is geen bestand"), None, 0, 0)))
    assert list(real) == list(none)
    assert set(real) == {name for name in found if "truth_" not in name}
    assert all(row.n is not None for row in real.values() if isinstance(row, Result))
    assert {item.kind for item in real.values()} == {DataKind.REAL}
    assert {item.kind for item in none.values()} == {DataKind.FACT}
    assert {item.reason for item in none.values()} == {"er is geen bestand"}
    assert "politiek_zelfvertrouwen_gap_change" in real
    assert "stemintentie_gap_change" in real
    assert "stemintentie_n_schools" not in real


def test_rows_say_what_the_models_found(trial, found):
    panel, _, studies = trial
    change = found["gap_change"]
    fitted = studies[OUTCOME].weighted["pooled"].gap_change
    assert (change.value, change.se, change.low, change.high) == (
        fitted.value, fitted.se, fitted.low, fitted.high
    )  # fmt: skip
    assert change.clusters == studies[OUTCOME].weighted["pooled"].clusters
    assert change.n == studies[OUTCOME].weighted["pooled"].units
    assert change.note == NOT_AN_EFFECT
    assert (change.estimator, change.weighting) == ("gewogen gemiddelden", "gewogen voor uitval")
    assert found["gap_change_unweighted"].weighting == "zonder uitvalweging"
    assert found["gap_change_fixed"].estimator == "vaste effecten per leerling"
    assert found["truth_gap_change"].value == pytest.approx(0.03)
    assert found["n_answers"].value == panel.data.frame[OUTCOME].notna().sum()
    assert found["gap_start"].value == found[f"{OUTCOME}_gap_start"].value


def test_who_stayed_is_counted(trial, found):
    frame = trial[0].data.frame
    waves = frame.groupby("pupil")["wave"].agg(set)
    last = frame["wave"].max()
    assert found["n_last"].value == (frame["wave"] == last).sum()
    started = waves[[1 in one for one in waves]]
    assert found["share_last"].value == pytest.approx(100 * np.mean([last in one for one in started]))


def test_series_hold_every_mean_with_its_pupils_and_the_truth_of_a_twin(trial, found):
    means = found["groei"].points
    assert len(means) == 18
    assert means.loc[(means["group"] == "vwo") & (means["wave"] == 1), "truth"].item() == 2.85
    counts = trial[0].data.frame.dropna(subset=[OUTCOME]).groupby(["track", "wave"]).size()
    assert all(row.n == counts[row.group, row.wave] for row in means.itertuples())
    gaps = found["kloof"].points
    assert gaps["truth"].iloc[0] == pytest.approx(0.4)
    smaller = np.minimum(counts["vwo"], counts["vmbo"])
    assert list(gaps["n"]) == list(smaller)


def test_means_and_gaps_over_too_few_pupils_are_withheld():
    """Nine pupils of the vwo in the last wave: their mean, and the gap that would tell of them."""
    panel = adks_panel()
    frame = panel.data.frame
    last = frame["wave"].max()
    lot = frame.index[(frame["wave"] == last) & (frame["track"] == "vwo") & frame[OUTCOME].notna()]
    frame = frame.drop(lot[9:]).reset_index(drop=True)
    shown = publish(*items_of(adks_panel(frame)))
    means = shown.points("houdingen.groei").points.set_index(["group", "wave"])
    assert means.loc[("vwo", last)].isna().all()
    assert means.drop(("vwo", last))["estimate"].notna().all()
    gaps = shown.points("houdingen.kloof").points.set_index("wave")
    assert np.isnan(gaps.loc[last, "estimate"])
    assert gaps.drop(last)["estimate"].notna().all()
    assert "minder dan 10 eenheden" in shown.points("houdingen.kloof").note


def test_one_wave_costs_growth_and_not_the_means():
    frame = adks_panel().data.frame
    found = by_name(items_of(adks_panel(frame[frame["wave"] == 1].reset_index(drop=True))))
    for name in ("gap_start", "gap_change", "gap_change_fixed", "mundlak_p", "slope_vmbo"):
        assert found[name].reason == "er is maar één meting", name
    assert len(found["groei"].points) == 3
    assert found["share_last"].value == 100


def test_a_missing_track_costs_the_gap_and_not_the_slopes():
    frame = adks_panel().data.frame
    found = by_name(items_of(adks_panel(frame[frame["track"] != "vwo"].reset_index(drop=True))))
    assert found["gap_change"].reason == "in de gegevens is niemand van de groep vwo"
    assert found["slope_vwo"].reason == "in de gegevens is niemand van de groep vwo"
    assert found["slope_vmbo"].value is not None
    assert found["kloof"].reason == "in geen enkele meting zijn beide schoolsoorten aanwezig"
    assert len(found["groei"].points) == 12


def test_an_outcome_nobody_answered_costs_its_own_rows():
    frame = adks_panel().data.frame.assign(stemintentie=np.nan)
    found = by_name(items_of(adks_panel(frame)))
    assert found["stemintentie_gap_change"].reason == "op deze vraag is geen enkel antwoord"
    assert found["stemintentie_n"].reason == "op deze vraag is geen enkel antwoord"
    assert found["gap_change"].value is not None
