"""Turnout by place and election: the outcome of the questions on real, open data."""

from __future__ import annotations

import pandas as pd

from analysis.datakind import DataKind
from analysis.sources.sourced import Sourced
from analysis.sources.turnout import ELECTIONS, turnout_provinces
from analysis.workspace import Workspace

PROVINCE_FACTS = "kiesraad_opkomst"  # key in data/manifest.toml
COLUMNS = ("place", "province", "election", "date", "eligible", "voters", "turnout_pct", "n")
VOTES = ("reported", "counted")


def turnout_panel(
    election: str, *, votes: str = "reported", the_hague: bool = False, workspace: Workspace | None = None
) -> Sourced:
    """Turnout of one kind of election, by province and date.

    Parameters
    ----------
    election : {"TK", "PS"}
        Tweede Kamer or Provinciale Staten.
    votes : {"reported", "counted"}
        The votes of the facts' column ``voters``, or, where there is one, of ``voters_counted`` (2025: the
        votes on the lists with blank and invalid ones, instead of entitled times a rounded turnout).
    the_hague : bool
        Keep 's-Gravenhage, which holds the voters abroad in some years only.

    Returns
    -------
    Sourced
        ``frame``: place, province, election, date (ISO), eligible, voters, turnout_pct (0 to 100), n (people
        entitled), by date and province; balanced.

    Raises
    ------
    ValueError
        If the election or the votes are unknown, or the facts break their contract.
    """
    if election not in ELECTIONS:
        raise ValueError(f"election {election!r} is unknown: use one of {', '.join(ELECTIONS)}")
    if votes not in VOTES:
        raise ValueError(f"votes {votes!r} is unknown: use one of {', '.join(VOTES)}")
    facts = turnout_provinces(workspace)
    facts = facts[facts["election"] == election]
    cast, cast_hague = facts["voters"], facts["voters_the_hague"]
    if votes == "counted":
        cast = facts["voters_counted"].fillna(cast)
        cast_hague = facts["voters_counted_the_hague"].fillna(cast_hague)
    eligible = facts["eligible"]
    if not the_hague:
        eligible, cast = eligible - facts["eligible_the_hague"], cast - cast_hague
    frame = pd.DataFrame(
        {
            "place": facts["province"],
            "province": facts["province"],
            "election": facts["election"],
            "date": facts["date"],
            "eligible": eligible.astype("int64"),
            "voters": cast.astype("int64"),
        }
    )
    frame["turnout_pct"] = 100 * frame["voters"] / frame["eligible"]
    frame["n"] = frame["eligible"]
    dropped = {
        "'s-Gravenhage, per verkiezing": 0 if the_hague else frame["date"].nunique(),
        "gemeenten die in de bron ontbreken": int(facts["municipalities_absent"].sum()),
    }
    return Sourced(
        frame[list(COLUMNS)].sort_values(["date", "province"], ignore_index=True),
        DataKind.REAL,
        PROVINCE_FACTS,
        _remark(facts, election, the_hague),
        tuple((reason, count) for reason, count in dropped.items() if count),
    )


def _remark(facts: pd.DataFrame, election: str, the_hague: bool) -> str:
    dates = sorted(facts["date"].unique())
    said = (
        f"De opkomst bij {ELECTIONS[election]}verkiezingen is per provincie opgeteld uit de tellingen per "
        f"gemeente ({len(dates)} verkiezingen, {dates[0][:4]} tot en met {dates[-1][:4]}). "
    )
    if not the_hague:
        said += (
            "'s-Gravenhage telt in geen jaar mee, omdat de kiezers in het buitenland daar alleen in sommige "
            "jaren bij staan. "
        )
    provisional = sorted(facts.loc[facts["finality"] == "voorlopig", "date"].str[:4].unique())
    if provisional:
        said += f"De cijfers van {', '.join(provisional)} zijn voorlopig. "
    return said.strip()
