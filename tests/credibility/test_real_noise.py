"""What the actual design could have seen, with the noise of ten real elections instead of a twin's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.credibility.power import simulate_power
from analysis.estimate.panel_noise import panel_noise
from analysis.inference.cluster_panel import cluster_panel
from analysis.inference.setting import Setting
from analysis.panel.turnout import turnout_panel
from analysis.sources.geography import neighbours

PRODEMOS = ["PV20", "PV22", "PV24", "PV29", "PV30"]


def test_power_with_the_shocks_of_the_tweede_kamer():
    frame = turnout_panel("TK", level="provincie").frame
    noise = panel_noise(frame, unit="place", time="date", outcome="turnout_pct", neighbours=neighbours())
    frame["time"] = pd.to_datetime(frame["date"])
    frame["cohort"] = frame["time"].max()
    frame.loc[~frame["place"].isin(PRODEMOS), "cohort"] = pd.NaT
    panel = cluster_panel(
        frame, unit="place", time="time", cohort="cohort", outcome="turnout_pct", cluster="province"
    )
    assert panel.clusters == noise.places
    found = simulate_power(
        panel, noise, [0, 0.5, 1, 1.5, 2, 3], {"never": Setting("never")}, draws=200, reassigned=791, seed=4
    )["never"]
    assert found.size <= 0.09
    drawn, inside = noise.draw(range(4000), noise.times[-2:]), np.isin(noise.places, PRODEMOS)
    change = drawn[:, :, 1] - drawn[:, :, 0]
    sd = (change[:, inside].mean(axis=1) - change[:, ~inside].mean(axis=1)).std()
    formula = (stats.t.ppf(0.975, 11) + stats.t.ppf(0.8, 11)) * sd  # Bloom (1995), with few clusters
    assert found.detectable == pytest.approx(formula, rel=0.3)
    assert found.detectable > 1
