"""Which event times a mean of group-time effects holds: bins at the ends, and cohorts seen long enough."""

import numpy as np
import pytest
from did_panels import NAMES, staggered

from analysis.estimate.did import group_time_att


def test_bins_are_means_by_size_of_what_they_hold():
    frame = staggered()
    fit = group_time_att(frame, base_period="universal", **NAMES)
    table = fit.table.assign(event=lambda t: t["time"] - t["cohort"])
    path = fit.aggregate("event", min_event=-2, max_event=2, binned=True)
    first, last = table[table["event"] <= -2], table[table["event"] >= 2]
    assert path.table["event_time"].tolist() == [-2, -1, 0, 1, 2]
    assert path.table["estimate"].iloc[0] == pytest.approx(first["estimate"].mean(), abs=1e-12)
    assert path.table["estimate"].iloc[-1] == pytest.approx(last["estimate"].mean(), abs=1e-12)
    assert np.isnan(path.table["se"].iloc[1]), "the reference"
    with pytest.raises(ValueError, match="the first bin lies before the reference -1"):
        fit.aggregate("event", min_event=-1, max_event=3, binned=True)


def test_balance_keeps_the_cohorts_and_periods_that_balance_e_of_r_keeps():
    """Cohorts seen `balance` periods on; event times from there down to a panel's length less (R's did)."""
    fit = group_time_att(staggered(starts=(np.nan, 2, 3, 5, 6)), base_period="universal", **NAMES)
    table = fit.table.assign(event=lambda t: t["time"] - t["cohort"])
    for balance, cohorts, first in ((1, [2, 3, 5, 6], -5), (2, [2, 3, 5], -4), (4, [2, 3], -2), (5, [2], -1)):
        kept = table[table["cohort"].isin(cohorts) & table["event"].between(first, balance)]
        found = fit.aggregate("event", balance=balance).table
        expected = kept.groupby("event")["estimate"].mean()
        assert found["event_time"].tolist() == expected.index.tolist()
        np.testing.assert_allclose(found["estimate"], expected, atol=1e-12)


def test_balance_equals_moderndid():
    moderndid = pytest.importorskip("moderndid", reason="moderndid (extra `peers`) is not installed")
    frame = staggered(starts=(np.nan, 2, 3, 5, 6)).assign(first=lambda f: f["cohort"].fillna(0))
    names = {"yname": "y", "tname": "time", "idname": "unit", "gname": "first"}
    theirs = moderndid.att_gt(frame, **names, boot=False)
    for balance in (1, 2, 4):
        ours = group_time_att(frame, **NAMES).aggregate("event", balance=balance)
        peer = moderndid.aggte(theirs, type="dynamic", balance_e=balance, boot=False)
        assert ours.table["event_time"].tolist() == list(peer.event_times)
        np.testing.assert_allclose(ours.table["estimate"], peer.att_by_event, atol=1e-10)
        assert ours.estimate == pytest.approx(peer.overall_att, abs=1e-10)
        assert ours.se == pytest.approx(peer.overall_se, abs=1e-10)
