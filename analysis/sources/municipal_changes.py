"""Which municipality went into which: CBS's table where it is there, else the one of the facts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.sources.cbs_contract import MUNICIPALITY_PATTERN
from analysis.sources.contract import conform
from analysis.sources.facts import fact_table
from analysis.sources.texttable import read_text_table
from analysis.workspace import Workspace

FILE = "cbs_herindelingen.csv"
_FILLED = pa.Check.str_length(min_value=1)
_CODE = pa.Check.str_matches(rf"^{MUNICIPALITY_PATTERN}$")
_DAY = pa.Check.str_matches(r"^(19|20)\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
_ELSEWHERE = pa.Check(lambda table: table["code"] != table["into"], error="a municipality goes into another")
_EDGE = {
    "code": pa.Column(str, _CODE),
    "name": pa.Column(str, _FILLED),
    "into": pa.Column(str, _CODE),
    "into_name": pa.Column(str, _FILLED),
}

CHANGES = pa.DataFrameSchema(
    {"date": pa.Column(str, _DAY), **_EDGE},
    checks=_ELSEWHERE,
    unique=["code", "into"],
    strict=True,
    name=FILE,
)
"""CBS's list of mergers, one row an old municipality and each that received part of it."""

CHANGES_FACTS = pa.DataFrameSchema(
    {
        **_EDGE,
        "kind": pa.Column(str, pa.Check.isin(["opgegaan", "gesplitst", "nieuwe code"])),
        "last_seen": pa.Column(str, _DAY),
        "first_without": pa.Column(str, _DAY),
        "source": pa.Column(str, _FILLED),
        "status": pa.Column(str, pa.Check.isin(["samengesteld"])),
    },
    checks=[
        _ELSEWHERE,
        pa.Check(
            lambda table: table["last_seen"] < table["first_without"],
            error="last_seen is before first_without",
        ),
        pa.Check(
            lambda table: (
                (table.groupby("code")["into"].transform("size") > 1) == (table["kind"] == "gesplitst")
            ),
            error="a municipality that went into several was divided, and only that",
        ),
    ],
    unique=["code", "into"],
    strict=True,
    name="municipal_changes",
)
"""Between which two elections of the Tweede Kamer a code went, and what holds its land since."""


def read_changes(path: Path) -> pd.DataFrame:
    """CBS's table as :data:`CHANGES`.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent or breaks its contract; names file, column and row.
    """
    return conform(read_text_table(path), CHANGES, path.name)


def changes_of_facts(workspace: Workspace | None = None) -> pd.DataFrame:
    """The changes between 1998 and 2025 as :data:`CHANGES_FACTS`."""
    return fact_table("municipal_changes.csv", CHANGES_FACTS, workspace)


def municipal_changes(workspace: Workspace | None = None) -> tuple[pd.DataFrame, str]:
    """Changes (code, name, into, into_name) and, in Dutch, where they come from."""
    workspace = workspace or Workspace.current()
    path = workspace.data / FILE
    columns = ["code", "name", "into", "into_name"]
    if path.is_file():
        return read_changes(path)[columns], f"de lijst van het CBS ({FILE})"
    return changes_of_facts(workspace)[columns], "de lijst in data/facts"
