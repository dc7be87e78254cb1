"""How often the reported test rejects without an effect, in the design that there is.

The clusters that adopt are fixed, as they are in truth; only the shocks are drawn. A re-assignment test is
exact when adoption was by lot. It was not, so what it does under shocks that differ between clusters, last,
have heavy tails or are shared by neighbours has to be looked up, and is printed beside the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.credibility.noise import Noise
from analysis.credibility.simulated_tests import drawn_assignments, no_effect_p_values
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.inversion import TIE
from analysis.inference.setting import Setting
from analysis.inference.wild import wild_p_values

BATCH = 50
BOOTSTRAP = ", bootstrap"


def shock_models(
    panel: ClusterPanel,
    *,
    sd: float = 0.8,
    sd_unit: float = 1.0,
    periphery: Sequence[str] = (),
    size: Mapping[str, float] | None = None,
) -> dict[str, Noise]:
    """Six models of shocks, and two in which a periphery has a shock in common.

    Parameters
    ----------
    sd, sd_unit : float
        Of a cluster's shock in a period, and of a unit's own noise.
    periphery : sequence of str
        Clusters that share a shock of half and of once `sd` on top of their own; none leaves these two out.
    size : mapping of cluster to float, optional
        What makes a cluster small: half of them are, and where they are volatile their shocks are twice as
        large as those of the others. Their number of units unless given.
    """
    units = _units(panel)
    by_size = [(size or {}).get(label, count) for label, count in zip(panel.clusters, units, strict=True)]
    small = np.argsort(np.argsort(by_size, kind="stable")) < len(by_size) // 2
    labels = panel.clusters
    small_volatile = dict(zip(labels, np.where(small, 4 / 3, 2 / 3).tolist(), strict=True))
    large_volatile = dict(zip(labels, np.where(small, 2 / 3, 4 / 3).tolist(), strict=True))
    options: dict[str, dict] = {
        "iid": {},
        "AR(.6)": {"persistence": 0.6},
        "AR(.8), small volatile": {"persistence": 0.8, "volatility": small_volatile},
        "AR(.6), large volatile": {"persistence": 0.6, "volatility": large_volatile},
        "t(3)": {"freedom": 3.0},
        "t(3), small volatile": {"freedom": 3.0, "volatility": small_volatile},
    }
    if periphery:
        for share in (0.5, 1.0):
            options[f"periphery shares {share:g} sd"] = {"shared": tuple(periphery), "sd_shared": share * sd}
    return {name: Noise(panel, sd, sd_unit=sd_unit, **chosen) for name, chosen in options.items()}


def _units(panel: ClusterPanel) -> np.ndarray:
    return np.bincount(panel.cluster, weights=panel.count, minlength=len(panel.clusters))


def size_table(
    panel: ClusterPanel,
    settings: Mapping[str, Setting],
    models: Mapping[str, Noise],
    *,
    draws: int = 1_000,
    reassigned: int = 999,
    bootstrap: bool = False,
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Rejections without an effect, by model and estimator.

    Parameters
    ----------
    bootstrap : bool
        Also of the wild cluster bootstrap, as a test of its own under ``"<test>, bootstrap"``.

    Returns
    -------
    pandas.DataFrame
        Columns model, test, size, size_se, draws. The interval inverts the test under a constant effect, so
        that it covers such an effect in one less `size` of worlds.
    """
    worlds = np.random.SeedSequence([seed, 1]).generate_state(draws, np.uint64).tolist()
    lots = np.random.SeedSequence([seed, 2]).generate_state(draws, np.uint64).tolist()
    tests = [test + kind for test in settings for kind in ("", BOOTSTRAP)[: 1 + bootstrap]]
    rejected = {test: np.zeros(len(models), dtype=int) for test in tests}
    for at in range(0, draws, BATCH):
        # All models meet the same re-assignments, so that what these ask is computed once for all.
        outcomes = np.concatenate([noise(worlds[at : at + BATCH]) for noise in models.values()])
        drawn = drawn_assignments(panel, lots[at], reassigned)
        for test, setting in settings.items():
            found = {test: no_effect_p_values(panel, setting, outcomes, drawn)}
            if bootstrap:
                found[test + BOOTSTRAP] = wild_p_values(panel, setting, outcomes)
            for name, p in found.items():
                rejected[name] += (p <= alpha + TIE).reshape(len(models), -1).sum(axis=1)
    rows = []
    for place, name in enumerate(models):
        for test in tests:
            share = int(rejected[test][place]) / draws
            rows.append((name, test, share, float(np.sqrt(share * (1 - share) / draws)), draws))
    return pd.DataFrame(rows, columns=["model", "test", "size", "size_se", "draws"])
