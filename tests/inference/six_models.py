"""The setting in which size and coverage are judged: fixed designs and six models of shocks."""

from __future__ import annotations

import numpy as np

from analysis.credibility.size_table import shock_models
from analysis.inference import ClusterPanel

# Municipalities by province, 2024 (CBS), PV20 to PV31: 342 in all.
MUNICIPALITIES = np.array([10, 18, 12, 25, 6, 51, 26, 44, 50, 13, 56, 31])
LABELS = tuple(f"PV{20 + g}" for g in range(12))
YEARS = np.arange(2016.0, 2026.0)
NEVER = np.inf
# First treated year of GR, FR, DR, OV, FL, GD, UT, NH, ZH, ZE, NB, LB.
DESIGNS = {
    "5/3/4": (2019, NEVER, 2019, 2021, 2019, NEVER, 2021, NEVER, NEVER, 2019, 2019, 2021),
    "GR DR FL ZE NB": (2020, NEVER, 2020, NEVER, 2020, *[NEVER] * 4, 2020, 2020, NEVER),
    "3/3/6": (2019, NEVER, 2019, 2021, NEVER, NEVER, 2021, NEVER, NEVER, 2019, NEVER, 2021),
    "five small": (2020, 2020, 2020, NEVER, 2020, *[NEVER] * 4, 2020, NEVER, NEVER),
}


def design(name: str) -> ClusterPanel:
    """342 municipalities by ten years; a province's municipalities count as one row."""
    return ClusterPanel(
        clusters=LABELS,
        times=YEARS,
        start=np.array(DESIGNS[name], dtype=float),
        cluster=np.arange(12),
        outcome=np.zeros((12, 10)),
        weight=np.repeat(MUNICIPALITIES[:, None], 10, axis=1).astype(float),
        size=MUNICIPALITIES.astype(float),
        count=MUNICIPALITIES,
        observations=3_420,
    )


def worlds(panel: ClusterPanel, model: str, draws: int, seed: int) -> np.ndarray:
    """Outcomes without an effect, shape (draws, 12, 10): shocks of sd .8, municipal noise of sd 1."""
    return shock_models(panel)[model](np.random.SeedSequence(seed).generate_state(draws))
