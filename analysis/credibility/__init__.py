"""How far a result can be trusted: checks, sensitivity, the curve of specifications, power and diagnosis.

Importing a name from here loads what it needs and no more.
"""

from __future__ import annotations

from importlib import import_module

from analysis.ondemand import load_on_demand, names

_PLACES = {
    "alternatives": ("by_estimator", "by_weights"),
    "anticipation": ("Anticipation", "anticipation"),
    "certainty_study": ("CertaintyStudy", "certainty_study"),
    "concurrent": ("Concurrent", "concurrent", "policy_cells"),
    "diagnosis": ("Answer", "Answered", "Design", "Drawn", "diagnose"),
    "leave_one_out": ("leave_one_out",),
    "lee_bounds": ("LeeBounds", "lee_bounds"),
    "noise": ("Noise",),
    "placebo": ("placebo_dates",),
    "power": ("Power", "design_se", "simulate_power"),
    "pretrends": ("Pretrends", "pretrends"),
    "rosenbaum": ("HiddenBias", "hidden_bias"),
    "sensitivity": ("Sensitivity", "relative_magnitudes_interval", "smoothness_interval"),
    "sensitivity_path": ("PathSensitivity", "path_sensitivity"),
    "size_table": ("shock_models", "size_table"),
    "specification_curve": (
        "Curve", "Specification", "specification_curve", "specifications",
    ),
    "spillover": ("Spillover", "neighbour_shares", "spillover"),
    "trend_allowance": ("TrendAllowance", "trend_allowance"),
}  # fmt: skip

__all__ = names(_PLACES)

load_on_demand(__name__, _PLACES, import_module)
