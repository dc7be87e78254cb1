"""What the report's sentences may say on their own: ``prose_numbers.toml`` and ``claims.toml``.

A number in prose comes from a released row, and a directional word is bound to a result. What is neither,
such as the name of a standard or a sentence about method, is listed here with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.design.read import read_design, records
from analysis.workspace import Workspace

NUMBERS = "prose_numbers"
CLAIMS = "claims"
CONDITIONS = ("above", "below", "includes_zero", "positive", "negative", "first_larger", "unknown")


@dataclass(frozen=True)
class Exempt:
    """`text`, as it stands in the report, is no finding; `reason` says what it is."""

    text: str
    reason: str

    def __post_init__(self) -> None:
        if not self.text.strip() or not self.reason.strip():
            raise ValueError("text and reason must both say something")


@dataclass(frozen=True)
class Claim:
    """A piece of a sentence that holds as long as `condition` holds for each of `results`.

    The conditions: ``above``, ``below``: the whole interval lies above, below zero; ``includes_zero``: it
    does not; ``positive``, ``negative``: the sign of a figure without an interval; ``first_larger``: the
    first result is larger than each of the others; ``unknown``: no value. With `method` the claim is about
    a method and not about the world, so that synthetic rows may show it.
    """

    text: str
    results: tuple[str, ...]
    condition: str
    method: bool = False

    def __post_init__(self) -> None:
        if self.condition not in CONDITIONS:
            raise ValueError(f"unknown condition {self.condition!r}; known are {', '.join(CONDITIONS)}")
        if not self.text.strip() or not self.results:
            raise ValueError("a claim needs a text and at least one result")
        if self.condition == "first_larger" and len(self.results) < 2:
            raise ValueError("first_larger compares results: name two or more")


@dataclass(frozen=True)
class Directions:
    """Directional sentences that are bound to results, and those that claim nothing."""

    claims: tuple[Claim, ...]
    exempt: tuple[Exempt, ...]


def exempt_numbers(workspace: Workspace) -> tuple[Exempt, ...] | None:
    """Texts with numbers that are no findings; None where no such list is declared."""
    content = _optional(NUMBERS, workspace)
    return None if content is None else _listed(Exempt, content, "exempt", NUMBERS)


def directions(workspace: Workspace) -> Directions | None:
    """Bound and exempt directional sentences; None where no such list is declared."""
    content = _optional(CLAIMS, workspace)
    if content is None:
        return None
    return Directions(_listed(Claim, content, "claim", CLAIMS), _listed(Exempt, content, "exempt", CLAIMS))


def _listed(kind: type, content: Mapping[str, Any], key: str, file: str) -> tuple:
    return records(kind, content.get(key, []), f"data/design/{file}.toml, {key}")


def _optional(name: str, workspace: Workspace) -> dict[str, Any] | None:
    return read_design(name, workspace) if (workspace.design / f"{name}.toml").is_file() else None
