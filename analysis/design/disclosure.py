"""The rules by which results over too few people are withheld: ``data/design/disclosure.toml``."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, record, records, require_table
from analysis.workspace import Workspace

_PLACE = "data/design/disclosure.toml"


@dataclass(frozen=True)
class ExtremeAllowed:
    """Extremes that are not of people: a pattern of result ids, and why."""

    pattern: str
    reason: str


@dataclass(frozen=True)
class Group:
    """Results that add up: the id of the total, and patterns of the ids of its parts."""

    total: str
    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("parts is empty")


@dataclass(frozen=True)
class Contrast:
    """Results that compare groups, as patterns, and the ids of the results of these groups by themselves.

    One group by itself and the comparison give away the other: where one is too small, so is the comparison.
    """

    results: tuple[str, ...]
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        if not (self.results and self.groups):
            raise ValueError("results or groups is empty")


@dataclass(frozen=True)
class DisclosureRule:
    """The rule for result rows, and where it comes from.

    Attributes
    ----------
    minimum_n : int
        A result over fewer units than this is not shown.
    minimum_schools : int
        Nor is a point of a series over fewer schools, where it says over how many: it would show a school.
    source : str
        Key in ``data/manifest.toml``.
    person_units : tuple of str
        Units in which a value counts people.
    extreme_words : tuple of str
        Words in the name of a result that make it an extreme.
    """

    minimum_n: int
    source: str
    minimum_schools: int = 1
    person_units: tuple[str, ...] = ()
    extreme_words: tuple[str, ...] = ()
    extreme_allowed: tuple[ExtremeAllowed, ...] = ()
    groups: tuple[Group, ...] = ()
    contrasts: tuple[Contrast, ...] = ()

    def __post_init__(self) -> None:
        _require_minimum(self.minimum_n, "minimum_n")
        _require_minimum(self.minimum_schools, "minimum_schools")


def disclosure_rule(workspace: Workspace | None = None) -> DisclosureRule:
    """The rule for rows in ``data/design/disclosure.toml``."""
    content = read_design("disclosure", workspace)
    allowed = records(ExtremeAllowed, content.get("extreme_allowed", []), f"{_PLACE}, extreme_allowed")
    groups = records(Group, content.get("group", []), f"{_PLACE}, group")
    contrasts = records(Contrast, content.get("contrast", []), f"{_PLACE}, contrast")
    written = require_table(content.get("rule", {}), f"{_PLACE}, rule")
    rule = {**written, "extreme_allowed": allowed, "groups": groups, "contrasts": contrasts}
    return record(DisclosureRule, rule, f"{_PLACE}, rule")


def _require_minimum(minimum: object, name: str) -> None:
    if isinstance(minimum, bool) or not isinstance(minimum, int) or minimum < 1:
        raise ValueError(f"{name} must be a whole number of one or more, got {minimum!r}")
