"""The wild bootstrap against refitting on every bootstrap sample."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, dummies, make_panel, refit

from analysis.inference import wild_cluster_bootstrap

SEVEN = [2013.0, 2013.0, 2015.0, 2015.0, NEVER, NEVER, NEVER]


def brute(frame, *, null=0.0, restricted=True, weights=None, demeaned=False):
    """p over all sign vectors, each sample refitted from the full set of dummies."""
    x, y = dummies(frame), frame["y"].to_numpy()
    w = frame[weights].to_numpy() if weights else np.ones(len(frame))
    cluster = frame["province"].to_numpy()
    codes = np.unique(cluster, return_inverse=True)[1]
    beta, se = refit(x, y, w, cluster)
    root = np.sqrt(w)[:, None]
    if restricted:
        rest, *_ = np.linalg.lstsq(x[:, 1:] * root, (y - null * x[:, 0]) * root[:, 0], rcond=None)
        fitted, centre = null * x[:, 0] + x[:, 1:] @ rest, null
    else:
        full, *_ = np.linalg.lstsq(x * root, y * root[:, 0], rcond=None)
        fitted, centre = x @ full, beta
    residual = y - fitted
    observed = abs(beta - null) / se
    regressors = x
    if demeaned:  # the mistake: two-way fixed effects swept out before the signs are flipped
        nuisance = x[:, 1:] * root
        swept = x[:, 0] - x[:, 1:] @ np.linalg.lstsq(nuisance, x[:, 0] * root[:, 0], rcond=None)[0]
        regressors, fitted = swept[:, None], np.zeros(len(y))
    extreme = []
    for signs in product((1.0, -1.0), repeat=codes.max() + 1):
        drawn, drawn_se = refit(regressors, fitted + residual * np.array(signs)[codes], w, cluster)
        extreme.append(abs(drawn - centre) / drawn_se >= observed * (1 - 1e-9))
    return np.mean(extreme)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("weights", [None, "w"])
def test_all_sign_vectors_equal_refitting(restricted, weights):
    frame = make_panel(SEVEN, drop=0.15 if weights else 0.0, effect=0.8)
    found = wild_cluster_bootstrap(frame, **COLUMNS, weights=weights, restricted=restricted)
    assert found.exact
    assert found.draws == 128
    assert found.p_value == brute(frame, restricted=restricted, weights=weights)


@pytest.mark.parametrize(("restricted", "p"), [(True, 0.44140625), (False, 0.42578125)])
def test_equals_the_numbers_of_pyfixest_and_wildboottest(restricted, p):
    """pyfixest 0.60.0 with wildboottest 0.3.2, which enumerates when the draws exceed the sign vectors:
    feols("y ~ treated | unit + year").wildboottest(reps=9999, param="treated", cluster="province",
    impose_null=restricted), 4,096 sign vectors. A sign vector and its mirror image can tie with the observed
    statistic up to rounding; they are counted as ties here, there they may not be (a difference of 1/2048).
    """
    frame = make_panel(DESIGNS["staggered"], drop=0.1)
    assert wild_cluster_bootstrap(frame, **COLUMNS, restricted=restricted).p_value == p


def test_another_null_equals_refitting():
    frame = make_panel(SEVEN, effect=0.8)
    for null in (0.5, -0.4):
        assert wild_cluster_bootstrap(frame, **COLUMNS, null=null).p_value == brute(frame, null=null)


def test_time_effects_are_not_swept_out_before_the_signs_are_flipped():
    """Flipping signs on two-way-demeaned data is another test, and a wrong one."""
    frames = [make_panel(SEVEN, seed=seed) for seed in (2, 3, 4)]
    wrong = [brute(frame, demeaned=True) for frame in frames]
    right = [brute(frame) for frame in frames]
    assert wrong != right
    assert [wild_cluster_bootstrap(frame, **COLUMNS).p_value for frame in frames] == right


def test_interval_holds_what_the_test_does_not_reject():
    frame = make_panel([2014.0] * 5 + [NEVER] * 7, effect=0.5)
    found = wild_cluster_bootstrap(frame, **COLUMNS)
    low, high = found.interval
    step = 1e-6 * (high - low)
    for inside, outside in ((low + step, low - step), (high - step, high + step)):
        assert wild_cluster_bootstrap(frame, **COLUMNS, null=inside).p_value > 0.05
        assert wild_cluster_bootstrap(frame, **COLUMNS, null=outside).p_value <= 0.05
    beyond = [low - 0.1 * k for k in range(1, 30)] + [high + 0.1 * k for k in range(1, 30)]
    assert all(wild_cluster_bootstrap(frame, **COLUMNS, null=value).p_value <= 0.05 for value in beyond)


def test_five_clusters_cannot_reject_and_say_so():
    found = wild_cluster_bootstrap(make_panel([2014.0] * 2 + [NEVER] * 3, effect=9.0), **COLUMNS)
    assert found.smallest_p == 1 / 16
    assert found.p_value >= found.smallest_p
    assert found.interval == (-np.inf, np.inf)


def test_sampling_agrees_with_enumeration_within_its_stated_error():
    frame = make_panel([2014.0] * 5 + [NEVER] * 7, effect=0.3)
    exact = wild_cluster_bootstrap(frame, **COLUMNS)
    twenty = make_panel([2014.0] * 8 + [NEVER] * 12, effect=0.3)
    few = wild_cluster_bootstrap(twenty, **COLUMNS, draws=2_000, seed=4)
    many = wild_cluster_bootstrap(twenty, **COLUMNS, draws=50_000, seed=5)
    assert not few.exact
    assert few.monte_carlo_se == pytest.approx(np.sqrt(few.p_value * (1 - few.p_value) / 2_000))
    assert abs(few.p_value - many.p_value) < 4 * few.monte_carlo_se
    assert wild_cluster_bootstrap(twenty, **COLUMNS, draws=2_000, seed=4) == few
    webb = wild_cluster_bootstrap(frame, **COLUMNS, distribution="webb", draws=20_000)
    assert not webb.exact
    assert abs(webb.p_value - exact.p_value) < 0.05


def test_unknown_distribution_is_an_error():
    with pytest.raises(ValueError, match="'mammen' is unknown"):
        wild_cluster_bootstrap(make_panel(SEVEN), **COLUMNS, distribution="mammen")
