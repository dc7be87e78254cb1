"""Synthetic difference-in-differences: the published case, the optimum by another road, planted effects."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize
from synthetic_panels import COLUMNS, california, factor_panel

from analysis.estimate.simplex import simplex_weights
from analysis.estimate.synthetic_did import synthetic_did
from analysis.unknown import NotEstimableError


def test_california_is_as_published():
    """Arkhangelsky et al. (2021), table 1."""
    assert round(synthetic_did(california(), **COLUMNS).estimate, 1) == -15.6


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("ridge", [1e-6, 0.5])
def test_simplex_weights_are_the_optimum_found_by_another_method(ridge, intercept):
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(9, 7)), rng.normal(size=9) + 2

    def value(w):
        left = a @ w - b
        left = left - left.mean() if intercept else left
        return (left**2).sum() + ridge * (w**2).sum()

    other = optimize.minimize(
        value, np.full(7, 1 / 7), method="SLSQP", bounds=[(0, 1)] * 7,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-14, "maxiter": 1000},
    )  # fmt: skip
    (found,) = simplex_weights(a[None], b[None], ridge=ridge, intercept=intercept)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found >= 0).all()
    assert value(found) <= value(other.x) + 1e-9
    assert found == pytest.approx(other.x, abs=1e-4)


def test_simplex_weights_in_corners():
    equal = simplex_weights(np.ones((1, 4, 3)), np.ones((1, 4)))
    assert equal == pytest.approx(np.full((1, 3), 1 / 3))
    both = np.stack([np.eye(2), np.eye(2)])
    assert simplex_weights(both, np.array([[5.0, -5.0], [-5.0, 5.0]])) == pytest.approx(both[0])
    for bad in ({"ridge": -1.0}, {"ridge": np.nan}):
        with pytest.raises(ValueError, match="ridge"):
            simplex_weights(both, np.ones((2, 2)), **bad)
    with pytest.raises(ValueError, match="missing or infinite"):
        simplex_weights(both, np.array([[1.0, np.nan], [1.0, 1.0]]))


def plain_difference(frame):
    """Of changes between the means before and after the only start."""
    treated, late = frame["cohort"].notna(), frame["time"] >= frame["cohort"].max()
    mean = frame.groupby([treated.rename("treated"), late.rename("late")])["y"].mean()
    return (mean[True, True] - mean[True, False]) - (mean[False, True] - mean[False, False])


def test_planted_effect_is_recovered_where_plain_differences_are_biased():
    rng = np.random.default_rng(4)
    frames = [factor_panel(rng, n=20, effect=2.0) for _ in range(200)]
    found = [(synthetic_did(frame, **COLUMNS).estimate, plain_difference(frame)) for frame in frames]
    errors = np.array(found) - 2
    assert abs(errors[:, 0].mean()) < 0.5 * abs(errors[:, 1].mean())
    assert np.sqrt((errors[:, 0] ** 2).mean()) < 0.5 * np.sqrt((errors[:, 1] ** 2).mean())


def test_unit_constants_a_common_trend_and_the_order_of_rows_do_not_matter():
    rng = np.random.default_rng(5)
    frame = factor_panel(rng, cohorts=(7.0, 7.0, 9.0))
    found = synthetic_did(frame, **COLUMNS)
    shifted = frame.assign(y=frame["y"] + frame["time"] * 3 + frame.groupby("unit").ngroup() * 7)
    assert synthetic_did(shifted, **COLUMNS).estimate == pytest.approx(found.estimate, abs=1e-9)
    mixed = frame.sample(frac=1, random_state=1)
    assert synthetic_did(mixed, **COLUMNS).estimate == pytest.approx(found.estimate, abs=1e-9)


def test_cohorts_are_averaged_by_their_treated_cells():
    rng = np.random.default_rng(6)
    frame = factor_panel(rng, cohorts=(6.0, 6.0, 9.0))
    found = synthetic_did(frame, **COLUMNS)
    never = frame["cohort"].isna()
    one = synthetic_did(frame[never | (frame["cohort"] == 6)], **COLUMNS).estimate
    two = synthetic_did(frame[never | (frame["cohort"] == 9)], **COLUMNS).estimate
    assert found.estimate == pytest.approx((2 * 5 * one + 2 * two) / 12, abs=1e-12)
    table = found.table
    assert list(table["share"]) == pytest.approx([10 / 12, 2 / 12])
    assert list(table["periods_before"]) == [5, 8]
    for weights in (found.unit_weights, found.time_weights):
        assert weights.groupby("cohort")["weight"].sum().to_numpy() == pytest.approx([1, 1])


def test_the_estimate_is_the_difference_under_its_weights():
    rng = np.random.default_rng(9)
    frame = factor_panel(rng, cohorts=(8.0, 8.0, 9.0))
    found = synthetic_did(frame, **COLUMNS)
    weights = found.unit_weights.pivot_table(index="cohort", columns="unit", values="weight")
    total = 0.0
    wide = frame.pivot_table(index="unit", columns="time", values="y")
    for cohort, members in ((8.0, ["u00", "u01"]), (9.0, ["u02"])):
        gap = wide.loc[members].mean() - weights.loc[cohort] @ wide.loc[weights.columns]
        before = found.time_weights.query("cohort == @cohort").set_index("time")["weight"]
        effect = gap[gap.index >= cohort].mean() - before @ gap[before.index]
        total += len(members) * (11 - cohort) * effect
    assert found.estimate == pytest.approx(total / 8, abs=1e-10)


def test_what_cannot_be_answered_says_why():
    rng = np.random.default_rng(10)
    frame = factor_panel(rng, cohorts=(8.0,))
    with pytest.raises(NotEstimableError, match="no unit is treated"):
        synthetic_did(frame.assign(cohort=np.nan), **COLUMNS)
    with pytest.raises(NotEstimableError, match="never-treated"):
        synthetic_did(frame.assign(cohort=frame["cohort"].fillna(9.0)), **COLUMNS)
    with pytest.raises(NotEstimableError, match="1 periods before adoption") as caught:
        synthetic_did(frame.assign(cohort=frame["cohort"].where(frame["cohort"].isna(), 2.0)), **COLUMNS)
    assert caught.value.reason == "er zijn te weinig metingen van vóór de start"
    with pytest.raises(ValueError, match=r"unit u03 has no outcome in 4"):
        synthetic_did(frame.drop(index=3 * 10 + 3), **COLUMNS)


def test_units_treated_from_the_first_period_on_are_left_out_and_counted():
    rng = np.random.default_rng(11)
    frame = factor_panel(rng, cohorts=(8.0, 8.0, 1.0))
    found = synthetic_did(frame, **COLUMNS)
    assert found.dropped == (("units without a period before treatment", 1),)
    again = synthetic_did(frame[frame["unit"] != "u02"], **COLUMNS)
    assert found.estimate == pytest.approx(again.estimate, abs=1e-12)


def test_elections_may_be_dates():
    """The labels come back; the order counts, not the distance."""
    rng = np.random.default_rng(12)
    frame = factor_panel(rng, cohorts=(7.0, 7.0, 9.0))
    dates = pd.to_datetime([f"{1996 + 3 * t}-05-06" for t in range(1, 11)])
    dated = frame.assign(
        time=dates[frame["time"] - 1],
        cohort=[dates[int(c) - 1] if np.isfinite(c) else pd.NaT for c in frame["cohort"]],
    )
    found, plain = synthetic_did(dated, **COLUMNS), synthetic_did(frame, **COLUMNS)
    assert found.estimate == pytest.approx(plain.estimate, abs=1e-12)
    assert list(pd.DatetimeIndex(found.table["cohort"])) == [dates[6], dates[8]]
