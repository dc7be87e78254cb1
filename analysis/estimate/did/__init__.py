"""Difference-in-differences with staggered adoption.

Every estimator takes ``frame, *, unit, time, cohort, outcome``; the cohort is the first treated period
and is missing for never-treated units.
"""

from analysis.estimate.did.aggregate import Aggregate
from analysis.estimate.did.dose import DoseResponse, dose_response
from analysis.estimate.did.group_time import GroupTime, group_time_att
from analysis.estimate.did.two_way import TwoWay, two_way_fe

__all__ = [
    "Aggregate",
    "DoseResponse",
    "GroupTime",
    "TwoWay",
    "dose_response",
    "group_time_att",
    "two_way_fe",
]
