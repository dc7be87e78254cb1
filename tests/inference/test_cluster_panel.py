"""The panel by cluster: what counts as one, what is left out, and which settings exist."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, make_panel

from analysis.inference import Setting, cluster_panel


def steady(frame):
    """The weight of each unit's first row throughout."""
    return frame.assign(w=frame.groupby("unit")["w"].transform("first"))


def test_units_alike_count_as_one_by_their_weighted_mean():
    frame = steady(make_panel(DESIGNS["staggered"]))
    panel = cluster_panel(frame, **COLUMNS, weights="w")
    assert (len(panel.cluster), panel.units, panel.observations) == (12, frame["unit"].nunique(), len(frame))
    assert panel.even
    sums = frame.assign(wy=frame["w"] * frame["y"]).pivot_table(
        index="province", columns="year", values=["wy", "w"], aggfunc="sum"
    )
    assert panel.outcome == pytest.approx((sums["wy"] / sums["w"]).to_numpy())
    assert panel.mass == pytest.approx(frame[frame["year"] == 2010].groupby("province")["w"].sum().to_numpy())
    equal = cluster_panel(frame, **COLUMNS, weights="w", equal_clusters=True)
    assert equal.mass == pytest.approx(np.ones(12))
    assert equal.outcome == pytest.approx(panel.outcome)


def test_a_unit_that_misses_a_period_stays_by_itself():
    frame = steady(make_panel(DESIGNS["staggered"]))
    gone = (frame["unit"] == 3) & (frame["year"] == 2012)
    panel = cluster_panel(frame[~gone], **COLUMNS, weights="w")
    assert panel.units == frame["unit"].nunique()
    assert len(panel.cluster) == 13
    assert not panel.even
    assert ((panel.weight == 0) == (panel.outcome == 0)).all()


def test_units_whose_weight_changes_stay_by_themselves():
    frame = make_panel(DESIGNS["staggered"])
    assert len(cluster_panel(frame, **COLUMNS, weights="w").cluster) == frame["unit"].nunique()


def test_starts_between_two_periods_are_one_path():
    frame = make_panel([2013.2, 2013.7, 2014.0, *[NEVER] * 9])
    panel = cluster_panel(frame, **COLUMNS)
    assert panel.first[:4].tolist() == [4, 4, 4, 8]
    assert panel.assigned[:4].tolist() == [0, 0, 0, 1]
    assert panel.treated[0].tolist() == [0.0] * 4 + [1.0] * 4


def test_clusters_that_started_before_the_first_period_are_left_out_and_counted():
    panel = cluster_panel(make_panel([2008.0, 2010.0, 2011.0, *[2014.0] * 4, *[NEVER] * 5]), **COLUMNS)
    rest = panel.without_early()
    assert rest.clusters == tuple(f"PV{g}" for g in range(22, 32))
    assert rest.dropped == (("clusters that started before the panel", 2),)
    assert panel.without_early(anticipation=1).dropped[0][1] == 3
    assert rest.without_early() is rest


def test_adoption_below_the_cluster_and_unknown_clusters_are_errors():
    frame = make_panel(DESIGNS["one date"])
    mixed = pd.concat([frame, frame[frame["unit"] == 0].assign(unit=999, cohort=NEVER)])
    with pytest.raises(ValueError, match="adopt at different times in PV20"):
        cluster_panel(mixed, **COLUMNS)
    with pytest.raises(ValueError, match="no cluster 'PV99'"):
        cluster_panel(frame, **COLUMNS).leave_out("PV99")


def test_settings_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="estimator 'ols' is unknown"):
        Setting("ols")
    with pytest.raises(ValueError, match="takes no regressors"):
        Setting("never", spillover=True)
    with pytest.raises(ValueError, match="periods of anticipation"):
        Setting("never", target="before")
