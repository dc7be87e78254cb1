"""The panel of the Tienskip chapter: as ProDemos', with betrokkenheid, reached and dose."""

from __future__ import annotations

from dataclasses import replace

from analysis.datakind import DataKind
from analysis.design.rollout import rollout
from analysis.panel.rollout import registration
from analysis.sources.registration import TIENSKIP
from analysis.sources.sourced import Sourced
from analysis.synthetic.rollout import Truth
from analysis.synthetic.tienskip import tienskip_twin
from analysis.workspace import Workspace

FILE = "tienskip.csv"


def tienskip_panel(workspace: Workspace | None = None) -> Sourced:
    """``tienskip.csv`` in the data folder if it is there, else the synthetic twin.

    Column `dose` is the number of young people reached per 1,000 inhabitants; zero where none were.
    """
    workspace = workspace or Workspace.current()
    design = rollout("tienskip", workspace)
    twin = tienskip_twin(workspace=workspace)
    panel = registration(workspace.data / FILE, TIENSKIP, design, twin, name="Tienskip")
    dose = design.reach.per_inhabitants * panel.frame["reached"] / panel.frame["inhabitants"]
    return replace(panel, frame=panel.frame.assign(dose=dose))


def tienskip_truth(panel: Sourced, workspace: Workspace | None = None) -> Truth | None:
    """What was planted, when `panel` is the twin; None for real rows."""
    if panel.kind is not DataKind.SYNTHETIC:
        return None
    return tienskip_twin(workspace=workspace).truth
