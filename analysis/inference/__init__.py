"""Inference with few clusters, always at the level at which treatment was assigned.

Importing a name from here loads what it needs and no more.
"""

from __future__ import annotations

from importlib import import_module

from analysis.ondemand import load_on_demand, names

_PLACES = {
    "answers": ("Answer", "answer", "answered", "no_statement"),
    "assignments": ("assignment_count", "reassignments"),
    "cluster_panel": ("ClusterPanel", "cluster_panel"),
    "event_path": ("EventPath", "event_path"),
    "randomisation": ("Randomisation", "randomisation_inference"),
    "reassigned": ("Tested", "randomised"),
    "setting": ("Setting",),
    "stepdown": ("holm",),
}

__all__ = names(_PLACES)

load_on_demand(__name__, _PLACES, import_module)
