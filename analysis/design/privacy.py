"""The rule by which files and outputs are looked through for microdata: ``data/design/privacy.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from analysis.design.read import read_design, record, records, require_table
from analysis.workspace import Workspace

PERSONAL = ("person_name", "name", "birth", "postcode", "email", "class", "score")


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
    person_rows, survey_names, table_rows, values_of_one_row, values_of_one_column : int
        From how many rows, names, values on a line, or values of one column in a file.
    personal : mapping of str to tuple of str
        Names of columns, lower case, by what they hold: one of :data:`PERSONAL`.
    """

    person: tuple[str, ...]
    survey: tuple[str, ...]
    person_rows: int
    survey_names: int
    table_rows: int
    values_of_one_row: int
    values_of_one_column: int = 10
    personal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    allow: tuple[Allowed, ...] = ()

    def __post_init__(self) -> None:
        numbers = ("person_rows", "survey_names", "table_rows", "values_of_one_row", "values_of_one_column")
        for name in numbers:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be one or more, got {getattr(self, name)}")
        if unknown := sorted(set(self.personal) - set(PERSONAL)):
            raise ValueError(f"personal: unknown {', '.join(unknown)}; known are {', '.join(PERSONAL)}")
        for name in (*self.person, *self.survey, *chain(*self.personal.values())):
            if name != name.lower():
                raise ValueError(f"{name!r}: names are compared in lower case")


def privacy_rule(workspace: Workspace | None = None) -> PrivacyRule:
    """The rule of the design."""
    content = read_design("privacy", workspace)
    place = "data/design/privacy.toml"
    allow = records(Allowed, content.get("allow", []), f"{place}, allow")
    rule = require_table(content.get("rule", {}), f"{place}, rule")
    personal = require_table(content.get("personal", {}), f"{place}, personal")
    return record(PrivacyRule, {**rule, "personal": personal, "allow": allow}, f"{place}, rule")
