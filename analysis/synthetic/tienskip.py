"""The synthetic twin of the Tienskip registration: a staggered panel with a dose.

The dose is the number of young people reached per 1,000 inhabitants. Their total is the letter's; which
provinces and municipalities they lived in is an assumption.
"""

from __future__ import annotations

from analysis.design.rollout import rollout
from analysis.synthetic.rollout import RolloutTwin, rollout_twin
from analysis.workspace import Workspace

PROGRAMME = "tienskip"


def tienskip_twin(
    *, seed: int | None = None, effect: float = 1.0, workspace: Workspace | None = None
) -> RolloutTwin:
    """The twin that ``data/design/rollout.toml`` describes; see :func:`rollout_twin`."""
    return rollout_twin(rollout(PROGRAMME, workspace), seed=seed, effect=effect)
