"""Where places are looked up: what the repository carries and, for schools and postcodes, the data folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.sources.duo import school_places
from analysis.sources.facts import fact_table
from analysis.sources.geography import province_names
from analysis.sources.geography_contract import PROVINCE_PATTERN
from analysis.sources.locate import Gazetteer
from analysis.sources.municipal_changes import changes_of_facts
from analysis.sources.placenames import OTHER_NAMES, key
from analysis.sources.postcodes import postcode_places
from analysis.workspace import Workspace

SCHOOLS = ("duo_vo_????.csv",)
POSTCODES = ("cbs_postcodes*.csv", "pc6hnr*_gwb.csv")

MUNICIPALITIES = pa.DataFrameSchema(
    {
        "code": pa.Column(str, pa.Check.str_matches(r"^GM\d{4}$")),
        "name": pa.Column(str, pa.Check.str_length(min_value=1)),
        "province": pa.Column(str, pa.Check.str_matches(rf"^{PROVINCE_PATTERN}$")),
        "year": pa.Column(int, pa.Check.in_range(1990, 2100), coerce=True),
    },
    unique=["code", "year"],
    strict=True,
    name="municipalities",
)
"""One row a municipality and year, as on 1 January."""


def gazetteer(workspace: Workspace | None = None) -> Gazetteer:
    """Where places are looked up: the facts, and for schools and postcodes what is in the data folder.

    Every name a municipality has in the facts leads to its code, also that of one that was merged since 1998;
    the province beside such a name is not compared, because the list of mergers does not say in which it lay.
    Schools are placed by the latest file of DUO, postcodes by the table of CBS; without these a school is a
    place by itself and a postcode cannot be placed.
    """
    workspace = workspace or Workspace.current()
    table = fact_table("municipalities.csv", MUNICIPALITIES, workspace)
    known = table.sort_values("year", ascending=False).drop_duplicates(["code", "name"])
    known = pd.concat([known[["code", "name", "province"]], _gone(known, workspace)], ignore_index=True)
    schools, postcodes = (_latest(workspace.data, patterns) for patterns in (SCHOOLS, POSTCODES))
    return Gazetteer(
        province_names(workspace),
        known,
        None if schools is None else _schools(schools, schools.stat().st_mtime_ns),
        None if postcodes is None else _postcodes(postcodes, postcodes.stat().st_mtime_ns),
    )


def province_of(workspace: Workspace | None = None) -> dict[str, str]:
    """Province by municipality, as in the latest year that has it; of one that went, where its land is."""
    workspace = workspace or Workspace.current()
    table = fact_table("municipalities.csv", MUNICIPALITIES, workspace).sort_values("year")
    home = dict(zip(table["code"], table["province"], strict=True))
    changes = changes_of_facts(workspace)
    into = changes.groupby("code")["into"].agg(list)
    for code in into.index:
        if code not in home and (found := _home(code, into, home)):
            home[code] = found
    return home


def _home(code: str, into: pd.Series, home: dict[str, str]) -> str:
    """Province of the first of what holds the land of `code` that has one; "" for none."""
    seen, ahead = set(), [code]
    while ahead:
        one = ahead.pop(0)
        if one in home:
            return home[one]
        seen.add(one)
        ahead += [other for other in into.get(one, []) if other not in seen]
    return ""


def _gone(known: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    """Municipalities of the list of mergers that the table lacks, once in each province.

    A name that the table has is the present municipality's; the one that went is then known by its code only.
    """
    changes = changes_of_facts(workspace)
    gone = changes[~changes["code"].isin(known["code"])].drop_duplicates("code").sort_values("code")
    spelled, present = gone["name"].map(key), {key(name) for name in known["name"]}
    also = [{key(name) for name in names} for names in OTHER_NAMES]
    present = present.union(*(names for names in also if names & present))
    taken = spelled.isin(present) | spelled.duplicated(keep="last")  # of two the later code is the newer
    names = gone["name"].where(~taken, gone["code"])
    gone = pd.DataFrame({"code": gone["code"], "name": names})
    return gone.merge(pd.DataFrame({"province": list(province_names(workspace))}), how="cross")


def _latest(folder: Path, patterns: tuple[str, ...]) -> Path | None:
    """The last by name of the files that fit: names carry a year or a date."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return max(found, key=lambda path: path.name, default=None)


@lru_cache(maxsize=4)  # several lists are read with one gazetteer each
def _schools(path: Path, _stamp: int) -> pd.DataFrame:
    return school_places(path)


@lru_cache(maxsize=4)
def _postcodes(path: Path, _stamp: int) -> pd.DataFrame:
    return postcode_places(path)
