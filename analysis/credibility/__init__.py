"""How far a result can be trusted: checks, sensitivity, the curve of specifications, power and diagnosis."""

from analysis.credibility.alternatives import by_estimator, by_weights
from analysis.credibility.anticipation import Anticipation, anticipation
from analysis.credibility.certainty_study import CertaintyStudy, certainty_study
from analysis.credibility.concurrent import Concurrent, concurrent, policy_cells
from analysis.credibility.diagnosis import Answer, Answered, Design, Drawn, diagnose
from analysis.credibility.leave_one_out import leave_one_out
from analysis.credibility.lee_bounds import LeeBounds, lee_bounds
from analysis.credibility.noise import Noise
from analysis.credibility.placebo import placebo_dates
from analysis.credibility.power import Power, design_se, simulate_power
from analysis.credibility.pretrends import Pretrends, pretrends
from analysis.credibility.rosenbaum import HiddenBias, hidden_bias
from analysis.credibility.sensitivity import (
    Sensitivity,
    relative_magnitudes_interval,
    sensitivity,
    smoothness_interval,
)
from analysis.credibility.sensitivity_path import PathSensitivity, path_sensitivity
from analysis.credibility.size_table import shock_models, size_table
from analysis.credibility.specification_curve import (
    Curve,
    Specification,
    specification_curve,
    specifications,
)
from analysis.credibility.spillover import Spillover, neighbour_shares, spillover
from analysis.credibility.trend_allowance import TrendAllowance, trend_allowance

__all__ = [
    "Answer",
    "Answered",
    "Anticipation",
    "CertaintyStudy",
    "Concurrent",
    "Curve",
    "Design",
    "Drawn",
    "HiddenBias",
    "LeeBounds",
    "Noise",
    "PathSensitivity",
    "Power",
    "Pretrends",
    "Sensitivity",
    "Specification",
    "Spillover",
    "TrendAllowance",
    "anticipation",
    "by_estimator",
    "by_weights",
    "certainty_study",
    "concurrent",
    "design_se",
    "diagnose",
    "hidden_bias",
    "leave_one_out",
    "lee_bounds",
    "neighbour_shares",
    "path_sensitivity",
    "placebo_dates",
    "policy_cells",
    "pretrends",
    "relative_magnitudes_interval",
    "sensitivity",
    "shock_models",
    "simulate_power",
    "size_table",
    "smoothness_interval",
    "specification_curve",
    "specifications",
    "spillover",
    "trend_allowance",
]
