"""Declared assumptions under which a cost per young person has a bound."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, records
from analysis.workspace import Workspace

DESIGN = "costs"
SIDES = ("ten hoogste", "ten minste")
PUPILS = "pupils"  # reach: all pupils in secondary education


@dataclass(frozen=True)
class Bound:
    """A bound on the cost per young person of one programme line.

    Attributes
    ----------
    name : str
        Of its result, ``kosten.<name>``.
    line : str
    side : str
        One of :data:`SIDES`.
    amount, reach : str
        Result names of cited facts; `reach` may be :data:`PUPILS`.
    assumption, source : str
        Dutch, as printed.
    """

    name: str
    line: str
    side: str
    amount: str
    reach: str
    assumption: str
    source: str

    def __post_init__(self) -> None:
        if self.side not in SIDES:
            raise ValueError(f"side {self.side!r}: expected one of {', '.join(SIDES)}")
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
    names = [bound.name for bound in bounds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{place}: bound {', '.join(twice)} occurs twice")
    return bounds
