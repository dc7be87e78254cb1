"""The panel by cluster under its earlier names, for notebooks that still use them."""

from analysis.inference.cluster_panel import ClusterPanel as Cells
from analysis.inference.cluster_panel import cluster_panel as collapse

__all__ = ["Cells", "collapse"]
