"""Size under the null and coverage, on few draws; ``benchmarks/inference.py`` does the same in full.

342 municipalities in twelve provinces, ten years, the adopting provinces fixed, and the six models of shocks
of the benchmark, of which every design here meets two that are far apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import numpy as np
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, make_panel
from scipy import stats
from six_models import design, worlds
from threadpoolctl import threadpool_limits

from analysis.credibility.simulated_tests import drawn_assignments, no_effect_p_values
from analysis.estimate.did import two_way_fe
from analysis.inference import Setting, answer, event_path
from analysis.inference.inversion import TIE
from analysis.inference.reassigned import statistics
from analysis.inference.wild import wild_p_values

DRAWS = 400
ERROR = np.sqrt(0.05 * 0.95 / DRAWS)  # .011


def p_of(name: str, model: str, setting: Setting) -> np.ndarray:
    panel = design(name)
    drawn = drawn_assignments(panel, 5, 999)
    return no_effect_p_values(panel, setting, worlds(panel, model, DRAWS, seed=11), drawn)


@pytest.mark.parametrize("estimator", ["not_yet", "imputation", "two_way"])
@pytest.mark.parametrize("model", ["AR(.6)", "t(3), small volatile"])
@pytest.mark.parametrize("name", ["5/3/4", "GR DR FL ZE NB", "five small"])
def test_the_headline_has_its_size_with_assignment_fixed(name, model, estimator):
    # The bar on 4,000 draws is .04 to .06; here three errors of 400 draws on either side.
    size = (p_of(name, model, Setting(estimator)) <= 0.05 + TIE).mean()
    assert 0.04 - 3 * ERROR <= size <= 0.06 + 3 * ERROR


@pytest.mark.parametrize("model", ["AR(.8), small volatile", "t(3), small volatile"])
def test_both_tests_keep_their_size_where_those_that_adopt_are_the_restless_ones(model):
    """Five small provinces adopt, whose shocks are twice as large.

    Moving starts to others, the quiet ones among them, rejects .067 and .076 of 4,000 panels here.
    """
    panel = design("five small")
    outcomes = worlds(panel, model, 1_500, seed=3)
    lots = drawn_assignments(panel, 5, 499)
    error = np.sqrt(0.05 * 0.95 / 1_500)
    moved = no_effect_p_values(panel, Setting(), outcomes, lots)
    wild = wild_p_values(panel, Setting(), outcomes)
    for p in (moved, wild):
        assert 0.04 - 2 * error <= (p <= 0.05 + TIE).mean() <= 0.06 + 2 * error


def test_moving_starts_would_reject_too_often_there():
    panel = design("five small")
    outcomes = worlds(panel, "t(3), small volatile", 1_500, seed=3)
    lots = drawn_assignments(panel, 5, 499)
    begin = np.vstack([panel.start, panel.begin(lots)])
    found = statistics(panel, Setting(), begin, outcomes)
    t = np.abs(found.estimate) / np.sqrt(found.covariance(slice(None), slice(None)))
    starts = ((t[:, 1:] >= t[:, :1] * (1 - TIE)).mean(axis=1) <= 0.05).mean()
    histories = (no_effect_p_values(panel, Setting(), outcomes, lots) <= 0.05).mean()
    assert starts > max(0.06, histories + 0.005)


def test_the_usual_p_rejects_too_often():
    rejected = 0
    for seed in range(150):
        frame = make_panel([2014.0] * 2 + [NEVER] * 10, seed=seed, units=12)
        usual = two_way_fe(frame, **COLUMNS)
        rejected += 2 * stats.t.sf(abs(usual.estimate) / usual.se, 11) <= 0.05
    assert rejected / 150 > 0.10


@pytest.mark.parametrize(
    ("name", "model"),
    [("5/3/4", "AR(.6)"), ("GR DR FL ZE NB", "t(3)"), ("five small", "AR(.8), small volatile")],
)
def test_bands_cover_each_effect_and_all_together(name, model, monkeypatch):
    monkeypatch.setattr(import_module("analysis.inference.event_path"), "DRAWS", 1_000)
    panel, inside, draws = design(name), [], 300
    for seed, outcome in enumerate(worlds(panel, model, draws, seed=12)):
        path = event_path(panel.with_outcome(outcome), Setting())
        each, largest = path.critical_values(0.95, seed=seed)
        t = np.abs(path.estimate) / path.se
        inside.append((*(t <= each), t.max() <= largest))
    error = np.sqrt(0.05 * 0.95 / draws)
    *pointwise, together = np.mean(inside, axis=0)
    assert 0.93 - error <= np.mean(pointwise) <= 0.97 + error
    assert 0.93 - 2 * error <= together <= 0.97 + 2 * error


def test_interval_is_the_inversion_of_the_reported_p():
    frame = make_panel(DESIGNS["one date"], drop=0.1)
    treated = frame["year"] >= frame["cohort"]
    for options in ({}, {"estimator": "imputation"}, {"anticipation": 1}):
        found = answer(frame, **COLUMNS, **options)
        step = 1e-6 * (found.high - found.low)
        for value, inside in (
            (found.low + step, True),
            (found.low - step, False),
            (found.high - step, True),
            (found.high + step, False),
        ):
            p = answer(frame.assign(y=frame["y"] - value * treated), **COLUMNS, **options).p_value
            assert (p > 0.05) is inside


def test_same_numbers_whatever_the_threads_and_workers():
    frame = make_panel(DESIGNS["one date"], drop=0.1)
    with threadpool_limits(limits=1):
        alone = answer(frame, **COLUMNS)
    with threadpool_limits(limits=4):
        threaded = answer(frame, **COLUMNS)
    with ThreadPoolExecutor(3) as pool:
        shared = list(pool.map(lambda _: answer(frame, **COLUMNS), range(3)))
    assert alone == threaded
    assert all(other == alone for other in shared)
