"""The panel of the ProDemos chapter: municipality, province, year, cohort, inhabitants, democratiekennis."""

from __future__ import annotations

from analysis.datakind import DataKind
from analysis.design.rollout import rollout
from analysis.panel.rollout import registration
from analysis.sources.registration import PRODEMOS
from analysis.sources.sourced import Sourced
from analysis.synthetic.rollout import Truth, rollout_twin
from analysis.workspace import Workspace

FILE = "prodemos.csv"


def prodemos_panel(workspace: Workspace | None = None) -> Sourced:
    """``prodemos.csv`` in the data folder if it is there, else the synthetic twin."""
    workspace = workspace or Workspace.current()
    design = rollout("prodemos", workspace)
    return registration(workspace.data / FILE, PRODEMOS, design, _twin(workspace), name="ProDemos")


def prodemos_truth(panel: Sourced, workspace: Workspace | None = None) -> Truth | None:
    """What was planted, when `panel` is the twin; None for real rows."""
    return _twin(workspace).truth if panel.kind is DataKind.SYNTHETIC else None


def _twin(workspace: Workspace | None):
    return rollout_twin(rollout("prodemos", workspace))
