"""Difference-in-differences with staggered adoption.

Every estimator takes ``frame, *, unit, time, cohort, outcome``; what these columns may hold, what never is
and how event time counts is settled in :func:`analysis.estimate.did.panel.read_panel`. ``why_no_se`` says why
an error is unknown; the path that the sensitivity analysis of parallel trends takes is
:func:`analysis.inference.event_path`. Two take an exposure that may go up and down instead: ``switchers`` and
``switch_path``; ``on_off_effect`` gives the one number of either.
"""

from analysis.estimate.did.aggregate import Aggregate
from analysis.estimate.did.bacon import Bacon, bacon
from analysis.estimate.did.dose import DoseResponse, dose_response
from analysis.estimate.did.group_time import GroupTime, group_time_att
from analysis.estimate.did.imputation import Imputation, imputation
from analysis.estimate.did.jackknife import ClusterJackknife, cluster_jackknife
from analysis.estimate.did.on_off import OnOff, on_off_effect
from analysis.estimate.did.panel import Panel, read_panel
from analysis.estimate.did.sun_abraham import SunAbraham, sun_abraham
from analysis.estimate.did.switch_path import SwitchPath, switch_path
from analysis.estimate.did.switching import Switchers, switchers
from analysis.estimate.did.two_way import TwoWay, two_way_fe

__all__ = [
    "Aggregate",
    "Bacon",
    "ClusterJackknife",
    "DoseResponse",
    "GroupTime",
    "Imputation",
    "OnOff",
    "Panel",
    "SunAbraham",
    "SwitchPath",
    "Switchers",
    "TwoWay",
    "bacon",
    "cluster_jackknife",
    "dose_response",
    "group_time_att",
    "imputation",
    "on_off_effect",
    "read_panel",
    "sun_abraham",
    "switch_path",
    "switchers",
    "two_way_fe",
]
