"""Turnout by place and election: the outcome of the questions on real, open data.

By municipality where the Kiesraad's files are in the folder with real files, else by province from the facts.
's-Gravenhage is left out of both in all years, because the voters abroad are in it in some years only. Of
municipal councils the facts hold nothing: these are answered from files, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from analysis.datakind import DataKind
from analysis.panel.municipal_units import add_up, lacking, united
from analysis.sources.kiesraad import Turnout, is_turnout_file, province_differences, read_turnout
from analysis.sources.kiesraad_contract import COUNCIL, ELECTION_DAYS, MUNICIPALITY
from analysis.sources.municipal_changes import municipal_changes
from analysis.sources.sourced import Sourced
from analysis.sources.turnout import ELECTIONS, THE_HAGUE, turnout_provinces
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace

PROVINCE_FACTS, FILES = "kiesraad_opkomst", "kiesraad"  # keys in data/manifest.toml
PROVINCES, MUNICIPALITIES = "provincie", "gemeente"
COLUMNS = ("place", "name", "province", "election", "date", "eligible", "voters", "turnout_pct", "n")
VOTES = ("reported", "counted")
CALLED = {**ELECTIONS, COUNCIL: "gemeenteraads"}  # before "verkiezingen"
NO_FILES = "bestanden per gemeente zijn er niet"
_LEAST = 3  # elections in a row; a change before the last pair is what a placebo needs
_KNOWN = 0.9  # share of a province's municipalities with both numbers; the others are left out in all years
_VOTED = 0.5  # share of a province's municipalities that chose a council on the day of all; who merges waits
_COPIED = 0.02  # share of places with the same electorate twice that is more than chance
_STEP = 0.13  # electorate out of line with the elections around it by more than this is told


@dataclass(frozen=True)
class TurnoutPanel(Sourced):
    """Turnout ready for estimation.

    Attributes
    ----------
    level : {"gemeente", "provincie"}
    remarks : tuple of str
        Dutch sentences on files and sums, for who checks the figures.
    """

    level: str = PROVINCES
    remarks: tuple[str, ...] = ()


def turnout_panel(
    election: str,
    *,
    level: str | None = None,
    votes: str = "reported",
    whole: bool = False,
    workspace: Workspace | None = None,
) -> TurnoutPanel:
    """Turnout of one kind of election, by place and date.

    Parameters
    ----------
    election : {"TK", "PS", "GR"}
        Tweede Kamer, Provinciale Staten or municipal councils.
    level : {"gemeente", "provincie"}, optional
        By default the finest that the files allow; the remark says which it is and why.
    votes : {"reported", "counted"}
        The votes as reported, or, where the report is a rounded turnout (2025), the votes on the lists with
        blank and invalid ones.
    whole : bool
        By province only: keep 's-Gravenhage, and the voters abroad whom the source counts as a municipality
        of Zuid-Holland (2006).

    Returns
    -------
    TurnoutPanel
        ``frame``: place (code), name, province, election, date (ISO), eligible, voters, turnout_pct (above
        100 where voters came with a pass), n (people entitled), by date and place; balanced. Of councils
        no frame but the reason, where the files do not allow it.

    Raises
    ------
    ValueError
        If the election, level or votes are unknown, a file is damaged, or municipalities are asked for and
        the files do not allow it.
    """
    workspace = workspace or Workspace.current()
    for what, value, known in (
        ("election", election, CALLED),
        ("level", level, (None, PROVINCES, MUNICIPALITIES)),
        ("votes", votes, VOTES),
    ):
        if value not in known:
            raise ValueError(f"{what} {value!r} is unknown: use one of {', '.join(filter(None, known))}")
    facts = turnout_provinces(workspace)
    facts = facts[facts["election"] == election]
    reason = "gevraagd is per provincie"
    if level != PROVINCES and not whole:
        files = _files(workspace, election)
        days = list(ELECTION_DAYS[COUNCIL]) if election == COUNCIL else sorted(facts["date"].unique())
        dates, reason = _covered(files, days, workspace)
        if dates:
            return _by_municipality(files, facts, election, days, dates, votes, workspace)
        if level == MUNICIPALITIES:
            raise ValueError(f"turnout of {election} cannot be had by municipality: {reason}")
    if election == COUNCIL:
        return TurnoutPanel(NotEstimable(reason), DataKind.FACT, FILES, "")
    return _by_province(facts, votes, whole, reason)


def _by_province(facts: pd.DataFrame, votes: str, whole: bool, reason: str) -> TurnoutPanel:
    cast, cast_hague = facts["voters"], facts["voters_the_hague"]
    if votes == "counted":
        cast = facts["voters_counted"].fillna(cast)
        cast_hague = facts["voters_counted_the_hague"].fillna(cast_hague)
    eligible = facts["eligible"]
    if not whole:
        eligible = eligible - facts["eligible_the_hague"] - facts["eligible_abroad"]
        cast = cast - cast_hague - facts["voters_abroad"]
    frame = facts[["province", "election", "date"]].assign(eligible=eligible, voters=cast)
    frame["place"] = frame["name"] = frame["province"]
    dropped = {
        "'s-Gravenhage, per verkiezing": 0 if whole else frame["date"].nunique(),
        "briefstemmen uit het buitenland als eigen eenheid": (
            0 if whole else int((facts["eligible_abroad"] > 0).sum())
        ),
        "gemeenten die in de bron ontbreken": int(facts["municipalities_absent"].sum()),
    }
    said = f"per provincie, opgeteld uit de tellingen per gemeente ({reason})"
    return TurnoutPanel(
        _finished(frame),
        DataKind.REAL,
        PROVINCE_FACTS,
        _remark(facts["election"].iloc[0], sorted(facts["date"].unique()), facts, said, whole),
        tuple((reason, count) for reason, count in dropped.items() if count),
    )


def _by_municipality(
    files: Turnout,
    facts: pd.DataFrame,
    election: str,
    days: list[str],
    dates: list[str],
    votes: str,
    workspace: Workspace,
) -> TurnoutPanel:
    rows = files.frame[files.frame["date"].isin(dates)]
    towns = rows[rows["kind"] == MUNICIPALITY]
    nameless = towns["code"].isna()
    towns = towns[~nameless].copy()
    if votes == "counted":
        rounded = facts.loc[facts["voters_counted"].notna(), "date"].unique()
        counted = towns["date"].isin(rounded) & towns["voters_counted"].notna()
        towns["voters"] = towns["voters"].where(~counted, towns["voters_counted"])
    changes, origin = municipal_changes(workspace)
    units = united(towns["code"], changes)
    hague = towns["code"].map(units) == units[THE_HAGUE]
    frame = add_up(towns[~hague], units, ("eligible", "voters"))
    partly = {units[code] for code, _ in lacking(towns, changes)}
    known = frame[["eligible", "voters"]].notna().all(axis=1) & ~frame["unit"].isin(partly)
    whole = frame[known].groupby("unit")["date"].transform("nunique") == len(dates)
    kept = frame[known][whole].assign(election=election)
    lost = set(frame["unit"]) - set(kept["unit"])
    dropped = {
        "'s-Gravenhage, per verkiezing": int(hague.sum()),
        "openbare lichamen en stemmen uit het buitenland": int((rows["kind"] != MUNICIPALITY).sum()),
        "gebieden die niet in elke verkiezing volledig voorkomen": len(lost),
        "gemeenten die alleen bij naam bekend zijn, en niet zijn te plaatsen": int(nameless.sum()),
        "verkiezingen van een gemeenteraad op een andere dag dan de algemene": int(
            (~files.frame["date"].isin(days)).sum()
        ),
        "verkiezingen waarvan niet alle bestanden er zijn": len(days) - len(dates),
    }
    count = kept["place"].nunique()
    said = (
        f"per gemeente uit de bestanden van de Kiesraad, waarin {towns['code'].nunique()} gemeenten na "
        f"samenvoeging van heringedeelde gemeenten {count} gelijke gebieden vormen ({origin})"
    )
    return TurnoutPanel(
        _finished(kept),
        DataKind.REAL,
        FILES,
        _remark(election, dates, facts[facts["date"].isin(dates)], said, False),
        tuple((reason, number) for reason, number in dropped.items() if number),
        MUNICIPALITIES,
        (*files.remarks, *_out_of_line(kept), *_copied(kept)),
    )


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.astype({"eligible": "int64", "voters": "int64"})
    frame["turnout_pct"] = 100 * frame["voters"] / frame["eligible"]
    frame["n"] = frame["eligible"]
    return frame.sort_values(["date", "place"], ignore_index=True)[list(COLUMNS)]


def _files(workspace: Workspace, election: str) -> Turnout | None:
    paths = sorted(path for path in workspace.data.glob("*") if path.is_file() and is_turnout_file(path))
    stamped = tuple((path, path.stat().st_mtime_ns) for path in paths)
    return _read(stamped, workspace, election) if paths else None


@lru_cache(maxsize=8)  # archives take seconds, and several questions ask for the same
def _read(stamped: tuple[tuple[Path, int], ...], workspace: Workspace, election: str) -> Turnout | None:
    return read_turnout([path for path, _ in stamped], workspace, election=election)


def _covered(files: Turnout | None, days: list[str], workspace: Workspace) -> tuple[list[str], str]:
    """The last of `days` in a row that are complete in all provinces, or, in Dutch, why there are too few."""
    if files is None:
        return [], NO_FILES
    whole = _complete_provinces(files.frame, workspace)
    dates: list[str] = []
    for date in reversed(days):
        if whole.get(date, 0) < 12:
            break
        dates.insert(0, date)
    if len(dates) < _LEAST:
        lacking = [date[:4] for date in days if whole.get(date, 0) < 12]
        return [], f"bestanden per gemeente ontbreken of zijn onvolledig voor {', '.join(lacking)}"
    return dates, ""


def _complete_provinces(frame: pd.DataFrame, workspace: Workspace) -> pd.Series:
    """In how many provinces the files hold enough municipalities with both numbers, by date.

    For elections that the facts hold all must be there, and nearly all known. A council that is about to
    merge chooses on another day, so that of councils half of the municipalities there were will do.
    """
    council = frame["election"] == COUNCIL
    found = province_differences(frame[~council], workspace)
    enough = [found[(found["municipalities"] == 0) & (found["known"] >= _KNOWN)]]
    if council.any():
        known = frame[council & frame[["code", "province", "eligible", "voters"]].notna().all(axis=1)]
        voted = known.groupby(["date", "province"])["code"].nunique().reset_index(name="voted")
        voted["there"] = _municipalities_then(voted, workspace)
        enough.append(voted[voted["voted"] >= _VOTED * voted["there"]])
    return pd.concat(enough).groupby("date")["province"].nunique()


def _municipalities_then(rows: pd.DataFrame, workspace: Workspace) -> pd.Series:
    """Municipalities in the province of each row at the election in the facts that is nearest to its date."""
    facts = turnout_provinces(workspace)
    day, days = pd.to_datetime(rows["date"]), pd.to_datetime(pd.Series(facts["date"].unique()))
    nearest = [days.iloc[int((days - one).abs().argmin())].date().isoformat() for one in day]
    counts = facts.set_index(["date", "province"])["municipalities"].astype(float)
    counts = counts[~counts.index.duplicated()]
    return pd.Series(
        [counts[date, province] for date, province in zip(nearest, rows["province"], strict=True)],
        index=rows.index,
        dtype=float,
    )


def _out_of_line(frame: pd.DataFrame) -> tuple[str, ...]:
    """Electorates that jump and jump back, as after a slip of the pen; told, and kept."""
    wide = frame.pivot_table(index=["place", "name"], columns="date", values="eligible").astype(float)
    around = (wide.shift(1, axis=1) * wide.shift(-1, axis=1)) ** 0.5
    gaps = wide / around - 1
    return tuple(
        f"{date}, {name}: {wide[date][place, name]:.0f} kiesgerechtigden, {100 * gap:+.0f} procent ten "
        "opzichte van de verkiezingen ervoor en erna; overgenomen zoals opgegeven."
        for date in gaps
        for (place, name), gap in gaps[date].items()
        if abs(gap) > _STEP
    )


def _copied(frame: pd.DataFrame) -> tuple[str, ...]:
    """Elections of which many electorates are to the person those of the one before: not counted anew."""
    wide = frame.pivot_table(index="place", columns="date", values="eligible").astype(float)
    same = (wide == wide.shift(1, axis=1)).sum()
    return tuple(
        f"{date}: in {count} van de {len(wide)} gebieden is het aantal kiesgerechtigden precies dat van de "
        "verkiezing ervoor; waarschijnlijk niet bijgewerkt."
        for date, count in same.items()
        if count > _COPIED * len(wide)
    )


def _remark(election: str, dates: list[str], facts: pd.DataFrame, level: str, whole: bool) -> str:
    """`facts`: of these elections and dates, as far as they are there."""
    said = (
        f"De opkomst bij {len(dates)} {CALLED[election]}verkiezingen ({dates[0][:4]} tot "
        f"en met {dates[-1][:4]}) is genomen {level}. "
    )
    if election == COUNCIL:
        said += (
            "'s-Gravenhage telt in geen jaar mee, zoals bij de andere verkiezingen. Gemeenten die vlak voor "
            "of na een verkiezing zijn samengevoegd, kozen hun raad op een andere dag, en vallen weg. "
        )
    elif not whole:
        said += (
            "'s-Gravenhage telt in geen jaar mee, omdat de kiezers in het buitenland daar alleen in sommige "
            "jaren bij staan. "
        )
    provisional = sorted(facts.loc[facts["finality"] == "voorlopig", "date"].str[:4].unique())
    if provisional:
        said += f"De cijfers van {', '.join(provisional)} zijn voorlopig. "
    return said.strip()


def beside_the_country(frame: pd.DataFrame) -> pd.DataFrame:
    """Each place's turnout beside that of all places together, for a picture.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of a :class:`TurnoutPanel`.

    Returns
    -------
    pandas.DataFrame
        place, date, time (year with decimals), value and whole (turnout in per cent).
    """
    sums = frame.groupby("date")[["voters", "eligible"]].sum()
    days = pd.to_datetime(frame["date"], format="%Y-%m-%d")
    return pd.DataFrame(
        {
            "place": frame["place"],
            "date": frame["date"],
            "time": days.dt.year + (days.dt.day_of_year - 1) / 365.25,
            "value": frame["turnout_pct"],
            "whole": frame["date"].map(100 * sums["voters"] / sums["eligible"]),
        }
    )
