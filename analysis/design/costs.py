"""Declared assumptions under which a cost per young person can be worked out, as an example."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, records, require_once
from analysis.workspace import Workspace

DESIGN = "costs"
PUPILS = "pupils"  # reach: all pupils in secondary education


@dataclass(frozen=True)
class Bound:
    """An example of what one young person cost in one programme line: what would be, were it as assumed.

    Attributes
    ----------
    name : str
        Of its result, ``kosten.<name>``.
    amount, reach : str
        Result names of cited facts; `reach` may be :data:`PUPILS`.
    assumption, source : str
        Dutch, as printed.
    """

    name: str
    line: str
    amount: str
    reach: str
    assumption: str
    source: str

    def __post_init__(self) -> None:
        for name in ("assumption", "source"):
            if not getattr(self, name).strip():
                raise ValueError(f"bound {self.name}: a bound without {name} may not be printed")


def read_bounds(workspace: Workspace | None = None) -> tuple[Bound, ...]:
    """The bounds of ``data/design/costs.toml``.

    Raises
    ------
    ValueError
        If a key is unknown or absent, or a name occurs twice.
    """
    content = read_design(DESIGN, workspace)
    place = f"data/design/{DESIGN}.toml"
    unknown = sorted(set(content) - {"bound"})
    if unknown:
        raise ValueError(f"{place}: unknown key {', '.join(unknown)}; known is bound")
    bounds = records(Bound, content.get("bound", []), f"{place}, bound")
    require_once([bound.name for bound in bounds], f"{place}: bound")
    return bounds
