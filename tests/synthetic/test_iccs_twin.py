"""The twin of ICCS 2022: contract, calibration, planted truth and coverage of intervals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.design.gap import gap_design
from analysis.estimate.gap import adjusted_difference
from analysis.estimate.survey import (
    ReplicateDesign,
    difference,
    mean,
    standard_deviation,
    with_interval,
)
from analysis.sources.facts import iccs_means
from analysis.sources.iccs_contract import PV_COLUMNS, STUDENTS
from analysis.synthetic.iccs import civic_truth, civic_twin

DRAWS = 240
PV = list(PV_COLUMNS)
PAIR = {"minuend": "vwo", "subtrahend": "vmbo"}


@pytest.fixture(scope="module")
def design():
    return gap_design().twin


@pytest.fixture(scope="module")
def draws(design):
    """Estimate, standard error and interval of four quantities over many twins."""
    rows = []
    for seed in range(DRAWS):
        frame = civic_twin(design, seed=seed).frame
        survey = ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"])
        covariates = frame[["ses", "female", "migration"]]
        found = pd.concat(
            [
                mean(frame[PV], survey),
                difference(frame[PV], survey, group=frame["track"], **PAIR),
                adjusted_difference(frame[PV], survey, group=frame["track"], covariates=covariates, **PAIR)[
                    1:2
                ],
                standard_deviation(frame[PV], survey),
            ]
        )
        rows.append(with_interval(found)[["estimate", "se", "low", "high"]].to_numpy())
    return np.array(rows)


def truths(design):
    truth = civic_truth(design)
    return np.array([truth.mean, truth.gap, truth.gap_adjusted, truth.sd])


def test_it_keeps_the_contract_of_the_real_file_and_its_size(design):
    frame = civic_twin(design).frame
    STUDENTS.validate(frame)
    assert len(frame) == design.pupils
    assert sorted(frame["zone"].unique()) == list(range(1, 76))
    assert set(frame["track"]) == {"vmbo", "havo", "vwo"}


def test_the_same_seed_gives_the_same_twin_and_another_seed_another(design):
    one, again, other = civic_twin(design, seed=1), civic_twin(design, seed=1), civic_twin(design, seed=2)
    pd.testing.assert_frame_equal(one.frame, again.frame)
    assert not np.allclose(one.frame["pv1"].head(100), other.frame["pv1"].head(100))


def test_it_is_calibrated_to_the_figures_in_the_facts(design, draws):
    facts = iccs_means().set_index(["cycle", "system"]).loc[(2022, "NLD")]
    assert design.pupils == facts["n_students"]
    assert design.mean == pytest.approx(facts["mean"], abs=0.05)
    assert np.sqrt(np.mean(draws[:, 0, 1] ** 2)) == pytest.approx(facts["se"], abs=0.4)


def test_estimates_are_unbiased_for_the_planted_truth(design, draws):
    error = draws[:, :, 0].mean(axis=0) - truths(design)
    noise = draws[:, :, 0].std(axis=0, ddof=1) / np.sqrt(DRAWS)
    assert np.all(np.abs(error) < 3.5 * noise)


def test_intervals_hold_the_truth_about_as_often_as_they_say(design, draws):
    # benchmarks/survey.py --coverage measures it on thousands; 240 draws have a standard error of 1.4 %.
    expected = truths(design)
    covered = ((draws[:, :, 2] <= expected) & (expected <= draws[:, :, 3])).mean(axis=0)
    assert np.all(covered > 0.90), covered
    assert covered.mean() == pytest.approx(0.95, abs=0.025)


def test_standard_errors_are_the_spread_over_samples(draws):
    spread = draws[:, :, 0].std(axis=0, ddof=1)
    claimed = np.sqrt((draws[:, :, 1] ** 2).mean(axis=0))
    assert np.all(np.abs(claimed / spread - 1) < 0.15), claimed / spread


def test_plausible_values_have_the_spread_of_knowledge_and_differ_by_the_error_of_the_test(design):
    frame = civic_twin(design, scale=8).frame
    values = frame[PV].to_numpy()
    assert values.std() == pytest.approx(civic_truth(design).sd, rel=0.03)
    reliability = design.sd_pupil**2 / (design.sd_pupil**2 + design.sd_measurement**2)
    within = values.var(axis=1, ddof=1).mean()
    assert within == pytest.approx(design.sd_pupil**2 * (1 - reliability), rel=0.05)
    exact = replace(design, sd_measurement=1e-3)
    assert civic_twin(exact).frame[PV].var(axis=1).max() < 1e-4


def test_background_goes_with_track_as_planted(design):
    frame = civic_twin(design, scale=20).frame
    background = design.background
    by_track = frame.groupby("track")[["ses", "female", "migration"]].mean()
    for name in ("ses", "female", "migration"):
        for track, planted in zip(("vmbo", "havo", "vwo"), background.by_track(name), strict=True):
            assert by_track.loc[track, name] == pytest.approx(planted, abs=0.04)
    assert frame["ses"].std() == pytest.approx(1, abs=0.03)
    missing = frame["ses"].isna().groupby(frame["track"]).mean()
    assert missing["vmbo"] == pytest.approx(background.missing_ses_vmbo, abs=0.01)
    assert missing["vwo"] == pytest.approx(background.missing_ses_vwo, abs=0.01)
    assert not frame[["female", *PV]].isna().any().any()


def test_pupils_of_a_class_are_alike(design):
    frame = civic_twin(design, scale=4).frame
    inside = frame[frame["track"] == "vmbo"].groupby("classroom")["pv1"]
    between = inside.mean().var() - (inside.var() / inside.size()).mean()
    assert np.sqrt(between) == pytest.approx(design.sd_class, rel=0.25)


@pytest.mark.parametrize("scale", [0.1, 0.5, 3])
def test_scale_sets_the_number_of_pupils_and_keeps_the_population(design, scale):
    frame = civic_twin(design, scale=scale).frame
    assert len(frame) == pytest.approx(design.pupils * scale, rel=0.01)
    assert frame["weight"].sum() == pytest.approx(design.pupils * design.weight_mean, rel=0.2)


def test_truth_adds_up(design):
    truth = civic_truth(design)
    shares = np.array(design.track_shares)
    assert shares.sum() == pytest.approx(1)
    assert shares @ list(truth.mean_by_track.values()) == pytest.approx(truth.mean)
    assert truth.mean_by_track["vwo"] - truth.mean_by_track["vmbo"] == pytest.approx(truth.gap)
    assert truth.gap_adjusted + sum(truth.explained.values()) == pytest.approx(truth.gap)


def test_a_scale_of_zero_is_refused(design):
    with pytest.raises(ValueError, match="scale 0"):
        civic_twin(design, scale=0)
