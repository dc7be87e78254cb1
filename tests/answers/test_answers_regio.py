"""Rows and series on regional differences: stable ids, and why something is not there."""

from dataclasses import replace

import numpy as np
import pytest
from panels import (
    ATTITUDE_OUTCOME,
    KNOWLEDGE_OUTCOME,
    REGIO,
    region_areas,
    region_panel,
    region_studied,
    without_pupils,
)

from analysis.answers.regio import region_items
from analysis.answers.regio_gebieden import area_series
from analysis.answers.regio_names import ATTITUDE
from analysis.datakind import DataKind
from analysis.panel.regio import RegioPanel, regio_panel
from analysis.results import Result, Series, publish
from analysis.sources.sourced import Sourced
from analysis.synthetic.regio import regio_twin

WHY = "er is geen bestand"


def items_of(panel, **options):
    return region_items(panel, region_studied(panel), REGIO, **options)


def by_id(items):
    return {item.id: item for item in items}


@pytest.fixture(scope="module")
def trial():
    return region_panel(trial=True)


@pytest.fixture(scope="module")
def found(trial):
    return by_id(items_of(trial, plan_power=0.3))


def no_panel():
    return RegioPanel(ATTITUDE_OUTCOME, Sourced.absent(WHY), (), None)


def test_a_file_and_none_give_the_same_ids_and_a_trial_adds_what_was_planted_and_planned(found):
    real, none = by_id(items_of(region_panel())), by_id(items_of(no_panel()))
    assert list(real) == list(none)
    added = set(found) - set(real)
    assert added == {
        "regio.power_panel", "regio.truth_sd_province", "regio.truth_max_abs_effect",
        "regio.truth_gap_sd_province",
    }  # fmt: skip
    declared = {"regio.smallest_of_interest", "regio.smallest_deviation"}
    assert {item.kind for name, item in real.items() if name not in declared} == {DataKind.REAL}
    assert {item.reason for name, item in none.items() if name not in declared} == {WHY}
    assert {none[name].value for name in declared} == {0.08, 0.16}
    assert {item.kind for item in none.values()} == {DataKind.FACT}
    assert all(item.n is not None for name, item in real.items()
               if isinstance(item, Result) and name not in declared)  # fmt: skip


def test_rows_say_what_was_found(trial, found):
    study = region_studied(trial)
    assert found["regio.n"].value == len(trial.data.frame)
    spread = found["regio.sd_province"]
    assert (spread.value, spread.low, spread.high) == (
        study.level.spread.sd, study.level.spread.low, study.level.spread.high
    )  # fmt: skip
    assert found["regio.joint_p"].value == study.level.joint.p_value
    assert found["regio.joint_p"].test == "F-toets op gelijkheid"
    assert found["regio.max_abs_effect"].value == pytest.approx(study.level.table["raw"].abs().max())
    assert found["regio.within_gap"].value == study.within.estimate
    assert found["regio.within_gap"].estimator != spread.estimator
    assert found["regio.power_panel"].value == 30
    assert found["regio.truth_sd_province"].value == trial.truth.sd["province"]


def test_provinces_are_points_with_their_pupils_and_schools(trial, found):
    series = found["regio.provincies"]
    assert isinstance(series, Series)
    points = series.points.set_index("region")
    frame = trial.data.frame
    assert len(points) == 12
    assert list(points["truth"]) == pytest.approx(list(trial.truth.level.reindex(points.index)))
    assert points["n"].to_dict() == frame["province"].value_counts().to_dict()
    assert points["schools"].to_dict() == frame.groupby("province")["school_id"].nunique().to_dict()
    assert "truth" not in by_id(items_of(region_panel()))["regio.provincies"].points


def test_one_province_with_too_few_pupils_is_withheld_and_the_other_eleven_stand():
    frame = without_pupils(region_panel().data.frame, "PV29", 9)
    items = items_of(region_panel(frame=frame))
    shown = publish(*items)
    series = shown.points("regio.provincies")
    points = series.points.set_index("region")
    assert points.loc["PV29"].drop("label").isna().all()
    assert points.drop("PV29")[["raw", "shrunken", "low", "high", "n"]].notna().all().all()
    assert series.note == "Niet getoond: punten over minder dan 10 eenheden of 3 scholen."
    # the others do not tell it: they add up to zero by themselves
    assert abs(points["raw"].sum()) < 12 * 0.5 * 10**-series.decimals
    assert shown.row("regio.sd_province").value is not None
    assert not series.withheld


def test_the_largest_deviation_is_of_a_province_that_may_be_shown():
    frame = region_panel().data.frame
    frame = frame.assign(**{ATTITUDE_OUTCOME: frame[ATTITUDE_OUTCOME] + 3.0 * (frame["province"] == "PV29")})
    frame = without_pupils(frame, "PV29", 9)
    found = by_id(items_of(region_panel(frame=frame)))
    assert found["regio.max_abs_effect"].value < 1.0


def test_a_province_with_too_few_schools_would_show_a_school():
    frame = region_panel().data.frame
    own = frame.loc[frame["province"] == "PV24", "school_id"].unique()[:2]
    frame = frame[(frame["province"] != "PV24") | frame["school_id"].isin(own)].reset_index(drop=True)
    points = publish(*items_of(region_panel(frame=frame))).points("regio.provincies").points
    hidden = points.set_index("region").loc["PV24"]
    assert np.isnan(hidden["raw"])
    assert np.isnan(hidden["n"])
    assert np.isnan(hidden["schools"])
    assert (frame["province"] == "PV24").sum() >= 10


def test_one_track_costs_the_gap_and_not_the_level():
    frame = region_panel().data.frame
    found = by_id(items_of(region_panel(frame=frame[frame["track"] == "vmbo"].reset_index(drop=True))))
    assert found["regio.sd_province"].value is not None
    for name in ("gap", "gap_sd_province", "gap_joint_p", "gap_equivalence_p", "gap_power", "within_gap"):
        assert "zowel vwo als vmbo" in found[f"regio.{name}"].reason, name


def test_two_provinces_cost_the_spread_and_not_the_gap_within_schools():
    frame = region_panel().data.frame
    kept = frame[frame["province"].isin(["PV20", "PV21"])].reset_index(drop=True)
    found = by_id(items_of(region_panel(frame=kept)))
    assert found["regio.sd_province"].reason == "er zijn gegevens uit minder dan drie provincies"
    assert found["regio.provincies"].reason == "er zijn gegevens uit minder dan drie provincies"
    assert found["regio.within_gap"].value is not None
    assert found["regio.n"].value == len(kept)


def test_a_second_outcome_has_ids_of_its_own():
    first = items_of(no_panel())
    second = region_items(
        RegioPanel(KNOWLEDGE_OUTCOME, Sourced.absent(WHY), (), None),
        region_studied(RegioPanel(KNOWLEDGE_OUTCOME, Sourced.absent(WHY), (), None)),
        REGIO,
        prefix=ATTITUDE,
    )
    assert not {item.id for item in first} & {item.id for item in second}
    assert "regio.houding_provincies" in {item.id for item in second}


def test_areas_are_points_with_what_a_twin_without_noise_has(found):
    """Planted: the mean over all pupils of what each would answer in that province, counted one by one."""
    quiet = {name: 0.0 for name in ("sd_class", "sd_school", "sd_municipality")}
    design = replace(REGIO, outcome=tuple(replace(one, sd_pupil=1e-9, **quiet) for one in REGIO.outcome))
    twin = regio_twin(design, schools=120)
    frame, truth = twin.frame, twin.truth[KNOWLEDGE_OUTCOME]
    panel = regio_panel(KNOWLEDGE_OUTCOME, schools=120, trial=True, design=design)
    points = area_series(panel, region_areas(panel), design).points.set_index("region")
    side = {"vmbo": -0.5, "havo": 0.0, "vwo": 0.5}
    known = frame.dropna(subset=[KNOWLEDGE_OUTCOME])
    outcome = design.named(KNOWLEDGE_OUTCOME)
    for code in ("PV20", "PV27", "PV31"):
        answers = [outcome.mean[t] + truth.level[code] + side[t] * truth.gap[code] for t in known["track"]]
        assert points.loc[code, "truth"] == pytest.approx(np.mean(answers), abs=1e-9)
    flat = replace(design, outcome=tuple(replace(one, sd_province_gap=0.0) for one in design.outcome))
    panel = regio_panel(KNOWLEDGE_OUTCOME, schools=120, trial=True, design=flat)
    points = area_series(panel, region_areas(panel), flat).points.dropna(subset=["direct"])
    assert points["direct"].to_numpy() == pytest.approx(points["truth"].to_numpy(), abs=1e-6)


def test_areas_of_a_file_have_no_truth_and_without_a_file_say_why():
    panel = region_panel()
    real = area_series(panel, region_areas(panel), REGIO)
    assert real.id == "regio_gebieden.politiek_zelfvertrouwen"
    assert real.kind is DataKind.REAL
    assert "truth" not in real.points
    assert list(real.points["n"]) == list(region_areas(panel).table["n"])
    none = area_series(no_panel(), region_areas(no_panel()), REGIO)
    assert (none.reason, none.kind, len(none.points)) == (WHY, DataKind.FACT, 0)
