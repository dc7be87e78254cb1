"""Augmented synthetic control: two forms of the estimator agree, gates, ranks, planted effects."""

import numpy as np
import pytest
from synthetic_panels import COLUMNS, california, factor_panel, panel

from analysis.estimate.simplex import simplex_weights
from analysis.estimate.synthetic_control import ControlSettings, departure, fit_control, synthetic_control
from analysis.unknown import NotEstimableError

ANY_FIT = ControlSettings(worst_fit=np.inf)


def parts(seed=1, donors=6, before=9, after=2):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(donors + 1, 1)) + np.cumsum(rng.normal(size=(donors + 1, before + after)), axis=1)
    return y[0], y[1:], before


def test_weights_correct_the_classic_estimate_by_a_ridge_regression_of_outcomes_on_earlier_outcomes():
    """Equation 11 of Ben-Michael et al.: classic estimate less what ridge predicts from the gap before."""
    target, donors, before = parts()
    fit = fit_control(target, donors, before, ANY_FIT)
    classic = fit_control(target, donors, before, ControlSettings(augment=False, worst_fit=np.inf))
    x0, y0 = donors[:, :before], donors[:, before:]
    centred = x0 - x0.mean(axis=0)
    slopes = np.linalg.solve(
        centred.T @ centred + fit.penalty * np.eye(before), centred.T @ (y0 - y0.mean(axis=0))
    )
    left = target[:before] - classic.weights @ x0
    expected = classic.gap[before:] - left @ slopes
    assert fit.gap[before:] == pytest.approx(expected, abs=1e-9)
    assert fit.weights.sum() == pytest.approx(1, abs=1e-10)
    assert classic.weights == pytest.approx(simplex_weights(x0.T[None], target[None, :before])[0], abs=1e-6)
    assert fit.rmspe_before < classic.rmspe_before


def test_penalty_is_the_largest_within_a_standard_error_of_the_least_error():
    target, donors, before = parts(seed=2)
    found = fit_control(target, donors, before, ANY_FIT).penalty
    x0, x1 = donors[:, :before], target[:before]
    top = np.linalg.svd(x0 - x0.mean(axis=0), compute_uv=False)[0] ** 2
    grid = [top * 10 ** (-8 * step / 20) for step in range(21)]
    errors = np.empty((before, 21))
    for out in range(before):
        keep = [t for t in range(before) if t != out]
        a, b = x0[:, keep], x1[keep]
        c = a - a.mean(axis=0)
        w = simplex_weights(a.T[None], b[None], ridge=1e-12)[0]
        for place, penalty in enumerate(grid):
            more = np.linalg.solve(c @ c.T + penalty * np.eye(len(c)), c @ (b - w @ a))
            errors[out, place] = (x1[out] - (w + more) @ x0[:, out]) ** 2
    mean, se = errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(before)
    allowed = mean[mean.argmin()] + se[mean.argmin()]
    assert found == pytest.approx(grid[[m <= allowed for m in mean].index(True)], rel=1e-9)


def test_a_very_large_penalty_leaves_the_classic_weights_and_demeaning_forgets_levels():
    target, donors, before = parts(seed=3)
    demeaned = ControlSettings(demean=True, worst_fit=np.inf)
    fit = fit_control(target, donors, before, demeaned)
    moved = fit_control(target + 50, donors + np.arange(6)[:, None] * 9, before, demeaned)
    assert moved.gap == pytest.approx(fit.gap, abs=1e-8)
    assert fit.gap[:before].mean() == pytest.approx(0, abs=1e-9)


def test_california_by_the_classic_method():
    """The optimum on outcomes alone; the authors' own steps stop a tenth beside it (see synthetic_did)."""
    settings = ControlSettings(augment=False, worst_fit=np.inf)
    found = synthetic_control(california(), settings=settings, **COLUMNS)
    assert found.estimate == pytest.approx(-19.5, abs=0.05)
    row = found.table.iloc[0]
    assert row["smallest_p"] == 1 / 39
    weights = found.weights.set_index("unit")["weight"]
    # Abadie et al. (2010) print five donors of which Utah weighs most, with covariates beside outcomes
    assert weights.idxmax() == "Utah"
    assert set(weights[weights > 0.05].index) >= {"Utah", "Montana", "Nevada", "Connecticut"}


def test_planted_effects_are_recovered():
    rng = np.random.default_rng(4)
    errors = {True: [], False: []}
    for _ in range(60):
        frame = factor_panel(rng, n=16, t=14, cohorts=(12.0, 12.0), effect=2.0)
        for augment in errors:
            settings = ControlSettings(augment=augment, demean=True, worst_fit=np.inf)
            errors[augment].append(synthetic_control(frame, settings=settings, **COLUMNS).estimate - 2)
    for found in errors.values():
        assert abs(np.mean(found)) < 0.15
    assert np.std(errors[True]) < 0.5


def test_ranks_are_those_of_controls_against_other_controls():
    rng = np.random.default_rng(5)
    frame = factor_panel(rng, cohorts=(9.0, 10.0))
    found = synthetic_control(frame, settings=ANY_FIT, **COLUMNS)
    wide = frame.pivot(index="unit", columns="time", values="y").to_numpy()
    for row, before in ((0, 8), (1, 9)):
        ratio = fit_control(wide[row], wide[2:], before, ANY_FIT).ratio
        others = [
            fit_control(wide[i], np.delete(wide, [0, 1, i], axis=0), before, ANY_FIT).ratio
            for i in range(2, 12)
        ]
        expected = (1 + (np.array(others) >= ratio).sum()) / 11
        assert found.table["p_value"].iloc[row] == pytest.approx(expected)
        assert found.table["smallest_p"].iloc[row] == pytest.approx(1 / 11)
    by_unit = found.weights.groupby("treated")["weight"].sum()
    assert by_unit.to_numpy() == pytest.approx([1, 1], abs=1e-9)
    path = found.path.set_index(["unit", "time"])["gap"]
    assert found.table["estimate"].iloc[1] == pytest.approx(path.loc["u01"].loc[10:].mean())


def test_departure_is_the_spread_of_changes_net_of_the_common_change():
    donors = np.array([[0.0, 1.0, 5.0], [0.0, 3.0, 7.0], [0.0, 2.0, 6.0]])
    assert departure(donors, 3) == pytest.approx(np.sqrt((1 + 1) / (2 * 2)))
    assert departure(donors, 2) == pytest.approx(1.0)


def test_a_short_period_before_or_a_bad_fit_gives_no_number():
    rng = np.random.default_rng(6)
    frame = factor_panel(rng, cohorts=(6.0, 10.0))
    found = synthetic_control(frame, settings=ANY_FIT, **COLUMNS)
    first = found.table.iloc[0]
    assert np.isnan(first["estimate"])
    assert np.isnan(first["p_value"])
    assert first["refused"] == "van vóór de start zijn er 8 metingen nodig, niet 5"
    assert found.estimate == found.table["estimate"].iloc[1]
    with pytest.raises(NotEstimableError, match="can be trusted") as caught:
        synthetic_control(factor_panel(rng, cohorts=(6.0,)), **COLUMNS)
    assert "niet 5" in caught.value.reason
    far = panel(np.vstack([np.linspace(0, 90, 12), rng.normal(size=(6, 12))]), [11.0] + [np.nan] * 6)
    with pytest.raises(NotEstimableError) as caught:
        synthetic_control(far, settings=ControlSettings(augment=False), **COLUMNS)
    assert caught.value.reason == "de nagebootste provincie volgt de echte vooraf niet"
    with pytest.raises(NotEstimableError, match="2 never-treated units"):
        synthetic_control(frame[frame["unit"].isin(["u01", "u02", "u03"])], **COLUMNS)
    with pytest.raises(NotEstimableError, match="no unit is treated"):
        synthetic_control(frame.assign(cohort=np.nan), **COLUMNS)
    with pytest.raises(ValueError, match="has no outcome in"):
        synthetic_control(frame.drop(index=5), **COLUMNS)
    with pytest.raises(ValueError, match="least_before 2"):
        ControlSettings(least_before=2)
    with pytest.raises(ValueError, match="worst_fit"):
        ControlSettings(worst_fit=0)
