"""Difference-in-differences with staggered adoption.

Every estimator takes ``frame, *, unit, time, cohort, outcome``; what these columns may hold, what never is
and how event time counts is settled in :func:`analysis.estimate.did.panel.read_panel`. ``why_no_se`` says why
an error is unknown; the path that the sensitivity analysis of parallel trends takes is
:func:`analysis.inference.event_path`. Two take an exposure that may go up and down instead: ``switchers`` and
``switch_path``; ``on_off_effect`` gives the one number of either.
"""

from __future__ import annotations

from importlib import import_module

from analysis.ondemand import load_on_demand, names

_PLACES = {
    "aggregate": ("Aggregate",),
    "bacon": ("Bacon", "bacon"),
    "dose": ("DoseResponse", "dose_response"),
    "group_time": ("GroupTime", "group_time_att"),
    "imputation": ("Imputation", "imputation"),
    "jackknife": ("ClusterJackknife", "cluster_jackknife"),
    "on_off": ("OnOff", "on_off_effect"),
    "panel": ("Panel", "read_panel"),
    "sun_abraham": ("SunAbraham", "sun_abraham"),
    "switch_path": ("SwitchPath", "switch_path"),
    "switching": ("Switchers", "switchers"),
    "two_way": ("TwoWay", "two_way_fe"),
}

__all__ = names(_PLACES)

load_on_demand(__name__, _PLACES, import_module)
