"""Inference with few clusters, always at the level at which treatment was assigned."""

from analysis.inference.answers import Answer, answer, answered, no_statement
from analysis.inference.assignments import assignment_count, reassignments
from analysis.inference.cluster_panel import ClusterPanel, cluster_panel
from analysis.inference.crv import ClusterRobust, cluster_robust
from analysis.inference.event_path import EventPath, event_path
from analysis.inference.multiple import adjust_outcomes, adjusted, holm, romano_wolf
from analysis.inference.randomisation import Randomisation, randomisation_inference
from analysis.inference.reassigned import Tested, randomised
from analysis.inference.setting import Setting
from analysis.inference.wild_bootstrap import WildBootstrap, wild_cluster_bootstrap

__all__ = [
    "Answer",
    "ClusterPanel",
    "ClusterRobust",
    "EventPath",
    "Randomisation",
    "Setting",
    "Tested",
    "WildBootstrap",
    "adjust_outcomes",
    "adjusted",
    "answer",
    "answered",
    "assignment_count",
    "cluster_panel",
    "cluster_robust",
    "event_path",
    "holm",
    "no_statement",
    "randomisation_inference",
    "randomised",
    "reassignments",
    "romano_wolf",
    "wild_cluster_bootstrap",
]
