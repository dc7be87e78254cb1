"""Inference with few clusters, always at the level at which treatment was assigned."""

from analysis.inference.crv import ClusterRobust, cluster_robust
from analysis.inference.multiple import adjust_outcomes, holm, romano_wolf
from analysis.inference.one_outcome import Inference, infer
from analysis.inference.randomisation import Randomisation, randomisation_inference
from analysis.inference.wild_bootstrap import WildBootstrap, wild_cluster_bootstrap

__all__ = [
    "ClusterRobust",
    "Inference",
    "Randomisation",
    "WildBootstrap",
    "adjust_outcomes",
    "cluster_robust",
    "holm",
    "infer",
    "randomisation_inference",
    "romano_wolf",
    "wild_cluster_bootstrap",
]
