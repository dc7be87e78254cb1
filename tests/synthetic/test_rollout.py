"""The twins of the roll-out: their shape, their truth, and that estimators find it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.design.rollout import rollout
from analysis.estimate.did import dose_response, group_time_att, imputation, two_way_fe
from analysis.synthetic.rollout import rollout_outcomes, rollout_truth, rollout_twin

NAMES = {"unit": "municipality", "time": "year", "cohort": "cohort"}


@pytest.fixture(scope="module", params=["prodemos", "tienskip"])
def design(request):
    return rollout(request.param)


def test_a_twin_holds_every_municipality_and_year_once(design):
    frame = rollout_twin(design).frame
    assert not frame.duplicated(["municipality", "year"]).any()
    assert (
        not frame.drop_duplicates(["municipality", "province", "inhabitants"])["municipality"]
        .duplicated()
        .any()
    )
    assert not frame.drop_duplicates(["province", "cohort"])["province"].duplicated().any()
    assert frame[design.outcome.name].between(0, 100).all()
    assert len(frame) == 342 * 10
    assert frame["municipality"].nunique() == 342
    assert frame.groupby("municipality")["province"].first().value_counts().to_dict() == {
        province.code: province.municipalities for province in design.provinces
    }
    assert sorted(frame["year"].unique()) == list(range(2017, 2027))


def test_inhabitants_add_up_to_their_province(design):
    frame = rollout_twin(design).frame.drop_duplicates("municipality")
    total = frame.groupby("province")["inhabitants"].sum()
    for province in design.provinces:
        assert total[province.code] == pytest.approx(province.inhabitants, abs=province.municipalities)
    assert total.sum() == pytest.approx(17_947_684, abs=342)


def test_the_reached_add_up_to_the_letters_number():
    frame = rollout_twin(rollout("tienskip")).frame.drop_duplicates("municipality")
    assert frame["reached"].sum() == 15_000
    assert (frame.loc[frame["cohort"].isna(), "reached"] == 0).all()
    assert (frame.loc[frame["cohort"].notna(), "reached"] > 0).all()


def test_the_same_twin_every_time_and_another_with_another_seed(design):
    first, again, other = rollout_twin(design), rollout_twin(design), rollout_twin(design, seed=5)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert first.truth == again.truth == other.truth
    same = first.frame.columns.drop(design.outcome.name)
    pd.testing.assert_frame_equal(first.frame[same], other.frame[same])
    assert not np.allclose(first.frame[design.outcome.name], other.frame[design.outcome.name])


def test_the_truth_is_what_was_planted(design):
    """The difference of two twins, with and without effect, is the effect itself."""
    with_effect, without = rollout_twin(design), rollout_twin(design, effect=0.0)
    frame = with_effect.frame
    planted = frame[design.outcome.name] - without.frame[design.outcome.name]
    since = frame["year"] - frame["cohort"]
    treated = since >= 0
    truth = with_effect.truth
    assert without.truth.att == 0
    np.testing.assert_allclose(planted[~treated], 0, atol=1e-12)
    assert truth.att == pytest.approx(planted[treated].mean(), abs=1e-10)
    for g, value in truth.by_cohort.items():
        assert value == pytest.approx(planted[treated & (frame["cohort"] == g)].mean(), abs=1e-10)
    for event, value in truth.by_event_time.items():
        assert value == pytest.approx(planted[since == event].mean(), abs=1e-10)
    for (g, t), value in truth.by_cohort_time.items():
        cell = (frame["cohort"] == g) & (frame["year"] == t)
        assert value == pytest.approx(planted[cell].mean(), abs=1e-10)
    with pytest.raises(dataclasses.FrozenInstanceError):
        truth.att = 0


def test_effects_differ_by_cohort_and_grow(design):
    truth = rollout_twin(design).truth
    assert len(truth.by_cohort) >= 2
    values = list(truth.by_event_time.values())
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_without_shocks_the_truth_comes_back_exactly(design):
    still = dataclasses.replace(
        design, twin=dataclasses.replace(design.twin, sd_province_year=0.0, sd_noise=0.0)
    )
    twin = rollout_twin(still)
    names = {**NAMES, "outcome": design.outcome.name}
    fit = group_time_att(twin.frame, control="not_yet", **names)
    assert fit.aggregate().estimate == pytest.approx(twin.truth.att, abs=1e-10)
    event = fit.aggregate("event").table.set_index("event_time")["estimate"]
    for time, value in twin.truth.by_event_time.items():
        assert event[time] == pytest.approx(value, abs=1e-10)
    assert imputation(twin.frame, **names).estimate == pytest.approx(twin.truth.att, abs=1e-10)
    if design.reach:
        dosed = twin.frame.assign(dose=1000 * twin.frame["reached"] / twin.frame["inhabitants"])
        slope = dose_response(dosed, dose="dose", **names).slope
        assert slope == pytest.approx(twin.truth.dose_slope, abs=1e-9)


def test_estimates_are_centred_on_the_truth(design):
    names = {**NAMES, "outcome": design.outcome.name}
    found = {"group_time": [], "imputation": [], "two_way": []}
    for seed in range(60):
        twin = rollout_twin(design, seed=seed)
        found["group_time"].append(
            group_time_att(twin.frame, control="not_yet", **names).aggregate().estimate
        )
        found["imputation"].append(imputation(twin.frame, **names).estimate)
        if seed < 15:
            found["two_way"].append(two_way_fe(twin.frame, **names).estimate)
    truth = rollout_twin(design).truth.att
    for name in ("group_time", "imputation"):
        error = np.std(found[name]) / np.sqrt(60)
        assert np.mean(found[name]) == pytest.approx(truth, abs=3.5 * error), name
    # Effects that grow pull the two-way coefficient away from the mean effect, never far here.
    assert np.mean(found["two_way"]) == pytest.approx(truth, abs=0.35)


def test_shocks_are_shared_within_a_province_and_year(design):
    """Why errors are clustered: province means vary more over the years than municipalities explain."""
    frame = rollout_twin(design, effect=0.0).frame
    wide = frame.pivot_table(index="municipality", columns="year", values=design.outcome.name)
    residual = wide.sub(wide.mean(axis=1), axis=0) - wide.mean() + wide.to_numpy().mean()
    province = frame.groupby("municipality")["province"].first()
    means = residual.groupby(province).mean()
    size = province.value_counts().loc[means.index]
    expected = design.twin.sd_noise**2 / size.to_numpy()[:, None]
    assert (means**2).to_numpy().mean() > 1.2 * np.broadcast_to(expected, means.shape).mean()


def test_outcomes_drawn_together_are_those_of_each_twin(design):
    seeds = [3, 2**60, 8]
    together = rollout_outcomes(design, seeds, effect=0.5)
    for outcome, seed in zip(together, seeds, strict=True):
        alone = rollout_twin(design, seed=seed, effect=0.5)
        np.testing.assert_array_equal(outcome.ravel(), alone.frame[design.outcome.name])
        assert rollout_truth(design, effect=0.5) == alone.truth


def test_a_changed_frame_changes_no_later_twin(design):
    first = rollout_twin(design)
    kept = first.frame.copy()
    first.frame.loc[:, ["inhabitants", "cohort"]] = 1
    pd.testing.assert_frame_equal(rollout_twin(design).frame, kept)
