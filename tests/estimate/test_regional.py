"""Regional differences on twins: planted effects recovered, tests of nominal size, intervals that cover."""

import dataclasses
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.design.regio import TRACKS, regio_design
from analysis.estimate.quadratic_form import lower_tail
from analysis.estimate.region_study import Margins, RegionColumns, planned_power, region_study
from analysis.estimate.regional import (
    RegionEstimates,
    identified_levels,
    joint_test,
    region_gaps,
    region_levels,
)
from analysis.estimate.shrinkage import shrunken
from analysis.estimate.spread import chances_below, spread
from analysis.panel.regio import LEVELS, regio_panel
from analysis.synthetic.regio import regio_twin

DESIGN = regio_design()
CODES = tuple(one.code for one in DESIGN.twin.provinces)


def planned(**changes):
    """The design with one outcome, its planted values changed."""
    outcome = dataclasses.replace(DESIGN.named("politiek_zelfvertrouwen"), **changes)
    return dataclasses.replace(DESIGN, outcome=(outcome,))


def prepared(design, seed, schools=150):
    twin = regio_twin(design, seed=seed, schools=schools)
    name = design.outcome[0].name
    frame = twin.frame[twin.frame[name].notna()].reset_index(drop=True)
    return frame.assign(school_track=frame["school_id"].astype(str) + frame["track"]), twin.truth[name]


def levels(frame, **changes):
    options = {
        "outcome": "politiek_zelfvertrouwen", "region": "province", "regions": CODES, "within": LEVELS,
        "categories": {"track": TRACKS, "school_year": DESIGN.twin.school_years},
    }  # fmt: skip
    return region_levels(frame, **{**options, **changes})


def gaps(frame, **changes):
    options = {
        "outcome": "politiek_zelfvertrouwen", "region": "province", "regions": CODES, "within": LEVELS,
        "group": "track", "groups": TRACKS, "minuend": "vwo", "subtrahend": "vmbo",
        "categories": {"school_year": DESIGN.twin.school_years}, "freedom_level": "school_id",
    }  # fmt: skip
    return region_gaps(frame, **{**options, **changes})


@pytest.fixture(scope="module")
def draws():
    """Forty twins without regional differences: joint tests, coverage of raw intervals, gaps."""
    design = planned(sd_province=0.0, sd_province_gap=0.0)
    found = []
    for seed in range(40):
        frame, truth = prepared(design, 1000 + seed)
        here, there = levels(frame), gaps(frame)
        table, low = shrunken(here), shrunken(there)
        found.append(
            {
                "joint": joint_test(here).p_value,
                "gap_joint": joint_test(there).p_value,
                "covered": table["raw_low"].le(0).mul(table["raw_high"].ge(0)).mean(),
                "gap_covered": low["raw_low"].le(0).mul(low["raw_high"].ge(0)).mean(),
                "gap": there.mean()[0] - truth.mean_gap,
                "gap_se": there.mean()[1],
                "spread_covers": spread(here).low == 0.0,
            }
        )
    return pd.DataFrame(found)


@pytest.mark.parametrize("name", ["joint", "gap_joint"])
def test_joint_test_has_its_size(draws, name):
    # 40 draws: uniform p-values, and at most 8 rejections at 5 % (probability 0.999)
    assert stats.kstest(draws[name], "uniform").pvalue > 0.001
    assert (draws[name] < 0.05).sum() <= 8


@pytest.mark.parametrize("name", ["covered", "gap_covered"])
def test_raw_intervals_cover(draws, name):
    assert 0.93 <= draws[name].mean() <= 0.97


def test_gap_is_unbiased_and_its_standard_error_right(draws):
    assert abs(draws["gap"].mean()) < 3.3 * draws["gap"].std() / np.sqrt(len(draws))
    assert draws["gap_se"].mean() == pytest.approx(draws["gap"].std(), rel=0.3)


def test_spread_interval_reaches_zero_when_there_is_none(draws):
    assert draws["spread_covers"].mean() >= 0.9


@pytest.mark.parametrize("quantity", ["level", "gap"])
def test_planted_province_effects_are_recovered(quantity):
    total, contrast = 0.0, np.eye(12)[1:] - np.eye(12)[0]
    for seed in (7, 8, 9):
        design = planned(sd_province=0.3, sd_province_gap=0.3 if quantity == "gap" else 0.0)
        frame, truth = prepared(design, seed)
        estimates = (levels if quantity == "level" else gaps)(frame)
        error = contrast @ (estimates.estimate - getattr(truth, quantity).to_numpy())
        total += error @ np.linalg.solve(contrast @ estimates.covariance @ contrast.T, error)
        assert joint_test(estimates).p_value < 1e-6
        found = spread(estimates)
        assert found.low < 0.3 < found.high
    assert stats.chi2.ppf(0.001, 33) < total < stats.chi2.ppf(0.999, 33)


def test_shrunken_effects_are_nearer_the_truth_and_their_intervals_cover():
    rng = np.random.default_rng(5)
    sd, errors = 0.06, np.linspace(0.02, 0.09, 12)
    covered, raw_error, error = [], [], []
    for _ in range(150):
        effect = rng.normal(0, sd, 12)
        estimates = RegionEstimates(
            CODES, effect + rng.normal(0, errors), np.diag(errors**2), 1000, 1012, 9999
        )
        table, truth = shrunken(estimates), effect - effect.mean()
        covered.append(((table["low"] <= truth) & (truth <= table["high"])).mean())
        raw_error.append(((table["raw"] - truth) ** 2).mean())
        error.append(((table["shrunken"] - truth) ** 2).mean())
    assert 0.93 <= np.mean(covered) <= 0.99
    assert np.mean(error) < 0.8 * np.mean(raw_error)


def test_spread_of_these_regions_is_unbiased_in_its_square_and_its_interval_covers():
    rng = np.random.default_rng(16)
    errors = np.linspace(0.03, 0.08, 12)
    effect = np.array([0.1, -0.1, 0.02, 0.0, 0.05, -0.12, 0.03, 0.0, 0.1, -0.05, 0.08, -0.11])
    truth = effect.std(ddof=1)
    estimates = effect + rng.normal(0, errors, (2000, 12))
    squares = estimates.var(axis=1, ddof=1) - (errors**2).mean()
    assert abs(squares.mean() - truth**2) < 3.3 * squares.std() / np.sqrt(2000)
    first = RegionEstimates(CODES, estimates[0], np.diag(errors**2), 1000, 1012, 9999)
    found = spread(first)
    assert found.sd == pytest.approx(np.sqrt(max(squares[0], 0)), abs=1e-12)
    deviations = estimates - estimates.mean(axis=1, keepdims=True)
    chance = chances_below(deviations, first.deviation_covariance, truth, 1000)
    assert (found.low <= truth <= found.high) == (0.025 <= chance[0] <= 0.975)
    covered = ((chance >= 0.025) & (chance <= 0.975)).mean()
    assert abs(covered - 0.95) < 3.3 * np.sqrt(0.05 * 0.95 / 2000)


def test_spread_with_equal_errors_is_the_noncentral_chi_squared_interval():
    """Equal errors and a known scale: T/σ² is noncentral chi-squared whatever the direction."""
    rng = np.random.default_rng(17)
    estimates = RegionEstimates(
        CODES, rng.normal(0, 0.1, 12), np.diag(np.full(12, 0.05**2)), 10**8, 10**8, 9999
    )
    found = spread(estimates)
    statistic = 11 * np.var(estimates.estimate, ddof=1) / 0.05**2
    for end, tail in ((found.low, 0.975), (found.high, 0.025)):
        assert stats.ncx2.cdf(statistic, 11, 11 * end**2 / 0.05**2) == pytest.approx(tail, abs=1e-5)


def test_sum_of_squares_by_simulation_and_against_known_distributions():
    rng = np.random.default_rng(18)
    weights, shifts = np.array([0.5, 1.0, 4.0]), np.array([1.0, 0.0, -2.0])
    sample = ((rng.standard_normal((400_000, 3)) + shifts) ** 2) @ weights
    x = np.quantile(sample, [0.01, 0.05, 0.5, 0.95])
    found = lower_tail(x, weights, np.tile(shifts, (4, 1)))
    assert found == pytest.approx([0.01, 0.05, 0.5, 0.95], abs=0.002)
    for k in (2, 5, 11):
        at = np.array([0.2, 1.0, 5.0, 20.0])
        known = stats.ncx2.cdf(at, k, k * 0.49)
        assert lower_tail(at, np.ones(k), np.full((4, k), 0.7)) == pytest.approx(known, abs=2e-5)
    far = lower_tail(np.array([1.0, 1e9]), np.ones(11), np.full((2, 11), 1e3))
    assert list(far) == [0.0, 1.0]
    with pytest.raises(ValueError, match="each above zero"):
        lower_tail(np.ones(1), np.array([1.0, 0.0]), np.zeros((1, 2)))


def test_joint_test_is_the_f_test_of_one_way_anova_when_schools_do_not_matter():
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(5), 40)
    y = rng.normal(size=200)
    one, means = (
        np.array([y[groups == g] for g in range(5)]),
        np.array([y[groups == g].mean() for g in range(5)]),
    )
    residual = one.var(axis=1, ddof=1).mean()
    estimates = RegionEstimates(CODES[:5], means, np.eye(5) * residual / 40, 195, 200, 200)
    expected = stats.f_oneway(*one)
    found = joint_test(estimates)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)
    assert found.freedom == (4, 195)


def test_codes_need_be_unique_within_the_larger_group_only():
    frame, _ = prepared(planned(), 11)
    again = frame.assign(
        school_id=frame.groupby(["province", "municipality"])["school_id"].rank(method="dense")
    )
    assert levels(frame).estimate == pytest.approx(levels(again).estimate, abs=1e-7)


def test_errors_name_what_is_wrong():
    frame, _ = prepared(planned(), 12)
    with pytest.raises(ValueError, match="province: unknown code PV99"):
        levels(frame.assign(province=frame["province"].where(frame.index != 0, "PV99")))
    with pytest.raises(ValueError, match="track: unknown value mavo"):
        levels(frame.assign(track=frame["track"].where(frame.index != 0, "mavo")))
    with pytest.raises(ValueError, match="column municipality is missing; there are"):
        levels(frame.drop(columns="municipality"))
    with pytest.raises(ValueError, match="column politiek_zelfvertrouwen is missing or infinite in 1 rows"):
        levels(frame.assign(politiek_zelfvertrouwen=frame["politiek_zelfvertrouwen"].where(frame.index != 3)))
    with pytest.raises(ValueError, match="province PV29 has no vwo"):
        gaps(frame[(frame["province"] != "PV29") | (frame["track"] != "vwo")])
    with pytest.raises(ValueError, match="both must be different values"):
        gaps(frame, minuend="vmbo")
    with pytest.raises(ValueError, match="differences between them need at least three"):
        levels(frame[frame["province"].isin(["PV20", "PV21"])].reset_index(drop=True))
    with pytest.raises(ValueError, match="no degrees of freedom"):
        RegionEstimates(CODES, np.zeros(12), np.eye(12), 0, 12, 100)


def test_levels_that_say_the_same_are_left_out():
    frame, _ = prepared(planned(), 13)
    assert identified_levels(frame, "province", LEVELS) == list(LEVELS)
    same = frame.assign(municipality=frame["school_id"])
    assert identified_levels(same, "province", LEVELS) == ["municipality", "school_track"]


def test_study_answers_level_and_gap_and_leaves_out_what_cannot_be_told():
    panel = regio_panel("politiek_zelfvertrouwen", schools=120, trial=True)
    columns = RegionColumns(**panel.columns(DESIGN))
    margins = Margins(**DESIGN.margins("politiek_zelfvertrouwen"))
    frame = panel.data.frame
    study = region_study(frame, panel.outcome, columns, margins)
    assert study.left_out == ()
    assert study.within.clusters == 12
    assert list(study.level.table["n"]) == list(frame["province"].value_counts().reindex(CODES))
    without = frame[(frame["province"] != "PV29") | (frame["track"] != "vwo")].reset_index(drop=True)
    study = region_study(without, panel.outcome, columns, margins)
    assert study.left_out == ("PV29",)
    assert len(study.gap.table) == 11
    only = frame[frame["track"] == "vmbo"].reset_index(drop=True)
    study = region_study(only, panel.outcome, columns, margins)
    assert study.gap.reason == "in minder dan drie provincies zijn er leerlingen van zowel vwo als vmbo"
    assert study.within.reason == "er is geen school met leerlingen van zowel vwo als vmbo"
    assert study.level.joint.p_value > 0
    two = frame[frame["province"].isin(["PV20", "PV21"])].reset_index(drop=True)
    study = region_study(two, panel.outcome, columns, margins)
    assert study.level.reason == "er zijn gegevens uit minder dan drie provincies"
    assert study.within.estimate > 0
    lone = frame.drop_duplicates("province").reset_index(drop=True)
    assert (
        "provincie en school vallen samen" in region_study(lone, panel.outcome, columns, margins).level.reason
    )


def test_a_region_that_is_not_told_of_is_left_out_of_the_mean_that_the_others_are_compared_with():
    """Deviations from a mean add up to zero: with the hidden one in it, the others would tell it."""
    panel = regio_panel("politiek_zelfvertrouwen", schools=120, trial=True)
    columns = RegionColumns(**panel.columns(DESIGN))
    margins = Margins(**DESIGN.margins("politiek_zelfvertrouwen"))
    frame = panel.data.frame
    lot = frame.index[frame["province"] == "PV29"]
    frame = frame.drop(lot[9:]).reset_index(drop=True)
    every = region_study(frame, panel.outcome, columns, margins).level
    told = region_study(frame, panel.outcome, columns, replace(margins, least_units=10)).level
    assert told.joint == every.joint
    assert told.spread == every.spread
    hidden = told.table.set_index("region").loc["PV29"]
    assert hidden[["raw", "shrunken", "low", "high"]].isna().all()
    assert hidden["n"] == 9
    shown = told.table.dropna()
    assert len(shown) == 11
    assert shown["raw"].sum() == pytest.approx(0, abs=1e-12)
    assert shown["shrunken"].sum() == pytest.approx(0, abs=1e-12)
    own = every.table.set_index("region").loc["PV29", "raw"]
    assert abs(own) > 0.01
    assert abs(shown["raw"].sum() + own) > 0.01
    few = region_study(frame, panel.outcome, columns, replace(margins, least_schools=1000)).level
    assert few.table["raw"].isna().all()
    assert few.joint == every.joint


def test_more_schools_make_equivalence_easier_to_show():
    margins = Margins(**DESIGN.margins("politiek_zelfvertrouwen"))
    powers = []
    for schools in (DESIGN.panel_schools, 150, 600):
        panel = regio_panel("politiek_zelfvertrouwen", schools=schools, trial=True)
        columns = RegionColumns(**panel.columns(DESIGN))
        sds = DESIGN.planned_sds(panel.outcome)
        powers.append(planned_power(panel.data.frame, panel.outcome, columns, margins, sds))
    assert powers[0] < 0.5 < powers[1] < powers[2]
