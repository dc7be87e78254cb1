"""Which sections rest on simulation by their nature: ``data/design/editions.toml``."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, records
from analysis.workspace import Workspace

DESIGN = "editions"


@dataclass(frozen=True)
class Simulation:
    """A section (the first part of its result ids) that is simulated in every edition, and why."""

    section: str
    reason: str


def read_simulations(workspace: Workspace | None = None) -> dict[str, str]:
    """Reason by section; empty where the repository declares none.

    Raises
    ------
    ValueError
        If an entry has an unknown or absent key.
    """
    workspace = workspace or Workspace.current()
    if not (workspace.design / f"{DESIGN}.toml").is_file():
        return {}
    entries = read_design(DESIGN, workspace).get("simulation", [])
    simulations = records(Simulation, entries, f"data/design/{DESIGN}.toml, simulation")
    return {simulation.section: simulation.reason for simulation in simulations}
