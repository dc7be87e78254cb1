"""The rule by which results over too few units are withheld."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, record
from analysis.workspace import Workspace


@dataclass(frozen=True)
class DisclosureRule:
    """The rule, and where it comes from.

    Attributes
    ----------
    minimum_n : int
        A result over fewer units than this is not shown.
    source : str
        Key in ``data/manifest.toml``.
    """

    minimum_n: int
    source: str

    def __post_init__(self) -> None:
        if isinstance(self.minimum_n, bool) or not isinstance(self.minimum_n, int) or self.minimum_n < 1:
            raise ValueError(f"minimum_n must be a whole number of one or more, got {self.minimum_n!r}")


def disclosure_rule(workspace: Workspace | None = None) -> DisclosureRule:
    """The rule in ``data/design/disclosure.toml``."""
    content = read_design("disclosure", workspace)
    return record(DisclosureRule, content.get("rule", {}), "data/design/disclosure.toml, rule")
