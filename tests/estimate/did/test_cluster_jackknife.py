"""Leaving out one cluster at a time: CRV3 for a regression, honest intervals, and what cannot be left out."""

import numpy as np
import pytest
from did_panels import NAMES, dummies, staggered

from analysis.design.rollout import rollout
from analysis.estimate.did import cluster_jackknife, imputation, two_way_fe
from analysis.synthetic.rollout import rollout_twin


def least_squares(frame):
    """The two-way coefficient of treatment, from all dummies written out."""
    x, _ = dummies(frame, {"treated": (frame["time"] >= frame["cohort"]).to_numpy(float)})
    return np.linalg.lstsq(x, frame["y"].to_numpy(), rcond=None)[0][0]


def test_for_two_way_fixed_effects_it_is_crv3():
    frame = staggered()
    found = cluster_jackknife(two_way_fe, frame, cluster="cluster", **NAMES)
    groups = sorted(frame["cluster"].unique())
    without = np.array([least_squares(frame[frame["cluster"] != group]) for group in groups])
    assert found.estimate == pytest.approx(least_squares(frame), abs=1e-10)
    g = len(groups)
    assert found.se == pytest.approx(
        np.sqrt((g - 1) / g * ((without - least_squares(frame)) ** 2).sum()), rel=1e-8
    )
    assert list(found.table["left_out"]) == sorted(frame["cluster"].unique())


def test_a_cluster_that_carries_the_effect_cannot_be_left_out():
    frame = staggered(starts=(np.nan, np.nan, np.nan, 4))
    frame["cluster"] = np.where(frame["cohort"].notna(), 99, frame["unit"] % 5)
    found = cluster_jackknife(imputation, frame, cluster="cluster", **NAMES)
    assert found.se is None
    assert found.interval() == (None, None)
    assert "without 99: no unit is treated" in found.remark
    assert found.table["estimate"].isna().sum() == 1


def test_too_few_clusters_and_missing_ones_are_refused():
    frame = staggered()
    with pytest.raises(ValueError, match="2 clusters: leaving one out needs"):
        cluster_jackknife(imputation, frame.assign(cluster=frame["unit"] % 2), cluster="cluster", **NAMES)
    with pytest.raises(ValueError, match="column province is absent"):
        cluster_jackknife(imputation, frame, cluster="province", **NAMES)
    with pytest.raises(ValueError, match="7 rows have no cluster"):
        cluster_jackknife(
            imputation,
            frame.assign(cluster=frame["cluster"].where(frame["unit"] > 0)),
            cluster="cluster",
            **NAMES,
        )


def test_its_interval_covers_with_twelve_provinces():
    design = rollout("tienskip")
    names = {"unit": "municipality", "time": "year", "cohort": "cohort", "outcome": design.outcome.name}
    covered = []
    for seed in range(80):
        twin = rollout_twin(design, seed=seed)
        low, high = cluster_jackknife(imputation, twin.frame, cluster="province", **names).interval()
        covered.append(low <= twin.truth.att <= high)
    assert np.mean(covered) >= 0.9
