"""Size under the null and coverage, on few draws; ``benchmarks/inference.py`` does the same in full.

342 municipalities in twelve provinces, ten years, with shocks by province and year, so that municipalities of
one province are far from independent.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from analysis.inference import adjust_outcomes, infer
from analysis.inference.assignments import reassignments
from analysis.inference.crv import cluster_robust_from
from analysis.inference.moments import cluster_moments
from analysis.inference.panel import dense_panel
from analysis.inference.randomisation import randomisation_null

MUNICIPALITIES = np.array([10, 18, 12, 25, 6, 51, 26, 44, 50, 13, 56, 31])
COLUMNS = {"unit": "unit", "time": "year", "cohort": "cohort", "cluster": "province"}
NAMED_IN_THE_LETTER = np.array([0, 2, 4, 9, 10])  # GR, DR, FL, ZE, NB
DRAWS = 400


def frame_of(treated: np.ndarray, when: float = 5.0) -> pd.DataFrame:
    province = np.repeat(np.arange(12), MUNICIPALITIES)
    frame = pd.DataFrame({"unit": np.repeat(np.arange(342), 10), "year": np.tile(np.arange(10), 342)})
    frame["province"] = province[frame["unit"]]
    frame["cohort"] = np.where(np.isin(frame["province"], treated), when, np.nan)
    return frame


def outcomes(rng: np.random.Generator, panel) -> np.ndarray:
    shock = rng.normal(size=(12, 10))
    for year in range(1, 10):
        shock[:, year] += 0.5 * shock[:, year - 1]
    return 0.5 * shock[panel.cluster] + rng.normal(size=(342, 1)) + rng.normal(size=(342, 10))


def rejections(draw_treated, *, effect: float = 0.0, null: float = 0.0) -> dict[str, float]:
    """Share of panels in which each test rejects `null` at 5 %."""
    counts = {"reported": 0, "crv1": 0}
    for seed in range(DRAWS):
        rng = np.random.default_rng([seed, 3])
        treated = draw_treated(rng)
        panel = dense_panel(frame_of(treated).assign(y=0.0), outcome="y", **COLUMNS)
        panel = replace(panel, outcome=outcomes(rng, panel) + (effect - null) * panel.treated)
        moments = cluster_moments(panel)
        drawn, _ = reassignments(panel.assigned)
        studentised, _, _ = randomisation_null(panel, moments, drawn, studentise="crv3")
        counts["reported"] += studentised.p_value() <= 0.05
        counts["crv1"] += cluster_robust_from(moments).p_crv1 <= 0.05
    return {name: count / DRAWS for name, count in counts.items()}


@pytest.fixture(scope="module")
def five_by_lot() -> dict[str, float]:
    return rejections(lambda rng: rng.permutation(12)[:5])


def test_reported_p_has_its_size_with_five_provinces_drawn_by_lot(five_by_lot):
    # The bar is .04 to .07 on many draws; three standard errors on 400 are .033.
    assert 0.02 <= five_by_lot["reported"] <= 0.09


def test_the_usual_p_rejects_too_often(five_by_lot):
    assert five_by_lot["crv1"] > 0.09


def test_reported_p_has_its_size_in_the_provinces_the_letter_names():
    assert 0.02 <= rejections(lambda _: NAMED_IN_THE_LETTER)["reported"] <= 0.09


def test_reported_interval_covers_a_planted_effect():
    # An effect lies in the interval if and only if the test of it does not reject.
    missed = rejections(lambda rng: rng.permutation(12)[:6], effect=0.4, null=0.4)["reported"]
    assert 0.91 <= 1 - missed <= 0.98


def test_interval_is_the_inversion_of_the_reported_p():
    rng = np.random.default_rng(8)
    frame = frame_of(NAMED_IN_THE_LETTER).assign(y=0.0)
    panel = dense_panel(frame, outcome="y", **COLUMNS)
    frame["y"] = outcomes(rng, panel)[frame["unit"], frame["year"]]
    treated = frame["year"] >= frame["cohort"]
    low, high = infer(frame, outcome="y", **COLUMNS).interval
    for value, inside in ((low + 1e-6, True), (low - 1e-6, False), (high - 1e-6, True), (high + 1e-6, False)):
        p = infer(frame.assign(y=frame["y"] - value * treated), outcome="y", **COLUMNS).p_value
        assert (p > 0.05) is inside


def test_step_down_keeps_the_chance_of_any_false_finding():
    any_found, draws = 0, 150
    for seed in range(draws):
        rng = np.random.default_rng([seed, 9])
        frame = frame_of(rng.permutation(12)[:5]).assign(y=0.0)
        panel = dense_panel(frame, outcome="y", **COLUMNS)
        shared = outcomes(rng, panel)
        for name in ("a", "b", "c"):
            own = (shared + outcomes(rng, panel))[frame["unit"], frame["year"]]
            frame[name] = own
        found = adjust_outcomes(frame, outcomes=["a", "b", "c"], **COLUMNS)
        any_found += (found["romano_wolf"] <= 0.05).any()
    assert any_found / draws <= 0.11  # 5 % plus three standard errors


def test_same_numbers_whatever_the_threads_and_workers():
    rng = np.random.default_rng(2)
    frame = frame_of(NAMED_IN_THE_LETTER).assign(y=rng.normal(size=3420))
    with threadpool_limits(limits=1):
        alone = infer(frame, outcome="y", **COLUMNS)
    with threadpool_limits(limits=4):
        threaded = infer(frame, outcome="y", **COLUMNS)
    with ThreadPoolExecutor(3) as pool:
        shared = list(pool.map(lambda _: infer(frame, outcome="y", **COLUMNS), range(3)))
    assert alone == threaded
    assert all(other == alone for other in shared)
