"""The rule by which files and outputs are looked through for microdata: ``data/design/privacy.toml``."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, record, records, require_table
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Allowed:
    """Where long tables may stand (a pattern of paths) and why."""

    pattern: str
    reason: str


@dataclass(frozen=True)
class PrivacyRule:
    """What looks like microdata.

    Attributes
    ----------
    person, survey : tuple of str
        Names of columns, lower case: of one person a row; of a pupil file of IEA or OECD.
    person_rows, survey_names, table_rows, values_of_one_row : int
        From how many rows, names or values on a line.
    allow : tuple of Allowed
    """

    person: tuple[str, ...]
    survey: tuple[str, ...]
    person_rows: int
    survey_names: int
    table_rows: int
    values_of_one_row: int
    allow: tuple[Allowed, ...] = ()

    def __post_init__(self) -> None:
        for name in ("person_rows", "survey_names", "table_rows", "values_of_one_row"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be one or more, got {getattr(self, name)}")
        for name in (*self.person, *self.survey):
            if name != name.lower():
                raise ValueError(f"{name!r}: names are compared in lower case")


def privacy_rule(workspace: Workspace | None = None) -> PrivacyRule:
    """The rule of the design."""
    content = read_design("privacy", workspace)
    place = "data/design/privacy.toml"
    allow = records(Allowed, content.get("allow", []), f"{place}, allow")
    rule = require_table(content.get("rule", {}), f"{place}, rule")
    return record(PrivacyRule, {**rule, "allow": allow}, f"{place}, rule")
