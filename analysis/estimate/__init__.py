"""Estimators: a frame in, an estimate out, or the reason why there is none.

Importing a name from here loads what it needs and no more; linearmodels alone takes a third of a second.
"""

from __future__ import annotations

from importlib import import_module

from analysis.ondemand import load_on_demand, names

_PLACES = {
    "did": (
        "Panel", "bacon", "cluster_jackknife", "dose_response", "group_time_att",
        "imputation", "read_panel", "sun_abraham", "switch_path", "switchers", "two_way_fe",
    ),
    "survey": (
        "ReplicateDesign", "correlation", "difference", "mean", "quantile", "regression",
        "share_at_or_above", "standard_deviation", "with_interval",
    ),
    "attrition": ("attrition_weights",),
    "decomposition": ("decompose",),
    "gap": (
        "adjusted_difference", "cycle_change", "level_shares", "quantile_difference",
        "standardised_difference",
    ),
    "gap_study": ("gap_study",),
    "growth": ("growth",),
    "growth_study": ("growth_studies", "growth_study"),
    "published": ("reproduce", "track_figures"),
    "equivalence": ("all_within", "spread_below"),
    "region_study": ("planned_power", "region_study"),
    "regional": ("joint_test", "region_gaps", "region_levels"),
    "fay_herriot": ("fay_herriot",),
    "pooled_effects": ("pooled_effects",),
    "regional_path": ("regional_path",),
    "sampled_means": ("precision_weights", "sampled_means"),
    "shrinkage": ("shrunken",),
    "small_areas": ("small_areas",),
    "spread": ("spread",),
    "synthetic_control": ("synthetic_control",),
    "synthetic_did": ("synthetic_did",),
    "variance_components": ("nested_variance_components",),
    "wave_means": ("wave_means",),
    "within_gap": ("within_gap",),
}  # fmt: skip

__all__ = names(_PLACES)

load_on_demand(__name__, _PLACES, import_module)
