"""What a registration of activities shows: how often a programme came where, and how many it reached."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from analysis.design.questions import exposures
from analysis.design.tables import REGISTRATIONS, registration_maps
from analysis.sources.activities import find_files, read_activities
from analysis.sources.facts import cbs_pupils
from analysis.sources.facts_contract import COUNTRY
from analysis.sources.gazetteer import gazetteer, province_of
from analysis.sources.geography import province_names
from analysis.sources.placed_table import Loss, Losses
from analysis.sources.places import BODY, MUNICIPALITY, SCHOOL, UNPLACED
from analysis.sources.sourced import STUDY
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace

CARIBBEAN, ELSEWHERE = "BQ", ""  # Caribbean bodies together; what lies in no province that can be read
COUNTS = ("activities", "with_count", "with_place", "municipalities", "young_people")


@dataclass(frozen=True)
class Registered:
    """A registration, counted.

    Attributes
    ----------
    name, label, source : str
        The programme, its Dutch name, and the key in ``data/manifest.toml``.
    by_province : pandas.DataFrame
        code (``PV20``, ``BQ`` or "" where no province can be read), activities, with_count (of these, those
        with a number of young people), with_place (those of which more is known than the province),
        municipalities (those that can be read; missing where none can), young_people (sum of those known;
        missing where none is), per_hundred (young people per hundred pupils in secondary education; provinces
        only). Provinces without activities have zeros.
    by_year : pandas.DataFrame
        year (in which an activity began), across (of these, activities known by a period that ends in the
        next year, such as a school year) and the same counts.
    lost : tuple of Loss
        Rows left out or placed coarsely, by reason and value.
    unplaced : str
        Of :func:`mostly_unplaced`: why nothing can be told by place; "" where it can.
    """

    name: str
    label: str
    source: str
    by_province: pd.DataFrame
    by_year: pd.DataFrame
    lost: tuple[Loss, ...]
    losses: Losses
    unplaced: str = ""

    @property
    def totals(self) -> pd.Series:
        return self.by_province[["activities", "with_count", "young_people"]].sum(min_count=1)


def registered(name: str, workspace: Workspace | None = None) -> Registered | NotEstimable:
    """The registration of programme `name`, counted by province and by year; or that there is none.

    Raises
    ------
    ValueError
        If the programme is unknown, or a file is there and broken.
    """
    workspace = workspace or Workspace.current()
    known = exposures(workspace)
    if name not in known:
        raise ValueError(f"no programme {name!r} in data/design/exposures.toml; known are {', '.join(known)}")
    label, design = known[name].label, registration_maps(workspace).get(name)
    paths = [] if design is None else find_files(design, workspace.data)
    if not paths:
        return NotEstimable(
            f"een registratie van {label} ontbreekt; nodig is een lijst van activiteiten met datum en plaats",
            f"put the files named in data/design/{REGISTRATIONS}.toml into the data folder",
        )
    read = read_activities(paths, design, gazetteer(workspace))
    if read.frame.empty:
        return NotEstimable(f"in de registratie van {label} staat geen activiteit die is doorgegaan")
    rows = _in_provinces(read.frame, workspace)
    losses = replace(read.losses, unplaced=(*read.losses.unplaced, *_at_schools(read.frame)))
    return Registered(
        name,
        label,
        f"registratie_{name}",
        _by_province(rows, workspace),
        _by_year(rows),
        (*losses.undated, *losses.skipped, *losses.unplaced, *losses.coarser),
        losses,
        mostly_unplaced(read.frame),
    )


def mostly_unplaced(frame: pd.DataFrame) -> str:
    """Why activities cannot be told by place, in Dutch: most lie where nobody can read; "" where they can.

    Parameters
    ----------
    frame : pandas.DataFrame
        As :data:`analysis.sources.activities.ACTIVITIES`.
    """
    nowhere = frame["level"].isin([SCHOOL, UNPLACED])
    if 2 * nowhere.sum() <= len(frame):
        return ""
    return (
        "van de meeste activiteiten is niet te lezen in welke provincie zij waren; nodig is de gemeente bij "
        "elke activiteit, of de lijst van scholen van DUO of van postcodes van het CBS"
    )


def _at_schools(frame: pd.DataFrame) -> tuple[Loss, ...]:
    """Activities at schools of which no list says where they stand."""
    schools = frame[frame["level"] == SCHOOL]
    return tuple(
        Loss("school, en er is geen lijst van scholen", "", len(lines), file, int(lines.iloc[0]))
        for file, lines in schools.groupby("file", sort=False)["line"]
    )


def largest_reach(
    name: str, until: pd.Timestamp, workspace: Workspace | None = None
) -> pd.Series | NotEstimable:
    """The most young people that programme `name` can have reached in each province, by its registration.

    Who came twice counts twice. An activity without a number counts as the largest that has one, and who was
    reached in no province that can be read counts in each: it is a bound, not a count.

    Parameters
    ----------
    until : pandas.Timestamp
        The day up to which activities count.

    Returns
    -------
    pandas.Series or NotEstimable
        Young people by province with an activity, index the CBS code; or why there is none.
    """
    workspace = workspace or Workspace.current()
    design = registration_maps(workspace).get(name)
    paths = [] if design is None else find_files(design, workspace.data)
    if not paths:
        return NotEstimable(f"een registratie van {name} ontbreekt")
    rows = _in_provinces(read_activities(paths, design, gazetteer(workspace)).frame, workspace)
    rows = rows[rows["date"] <= until]
    most = rows["young_people"].max()
    if rows.empty or pd.isna(most):
        return NotEstimable(f"in de registratie van {name} staat geen aantal jongeren van vóór de meting")
    people = rows["young_people"].fillna(most).groupby(rows["code"]).sum()
    provinces = people.reindex([code for code in province_names(workspace) if code in people.index])
    if provinces.empty:
        return NotEstimable(f"in de registratie van {name} is geen provincie te lezen")
    return provinces + float(people.get(ELSEWHERE, 0.0))


def sources(found: Registered | NotEstimable) -> str:
    """Keys for a row: the registration, or the design where there is none."""
    return STUDY if isinstance(found, NotEstimable) else found.source


def _in_provinces(frame: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    home = province_of(workspace)
    code = frame["place"].map(home).fillna(frame["place"])
    code = code.mask(frame["level"] == BODY, CARIBBEAN).mask(
        frame["level"].isin([SCHOOL, UNPLACED]), ELSEWHERE
    )
    return frame.assign(
        code=code,
        municipality=frame["place"].where(frame["level"] == MUNICIPALITY),
        located=frame["level"].isin([MUNICIPALITY, BODY]),
        year=frame["date"].dt.year,
        across=frame["until"].dt.year > frame["date"].dt.year,
    )


def _counted(groups) -> pd.DataFrame:
    found = groups.agg(
        activities=("date", "size"),
        with_count=("young_people", "count"),
        with_place=("located", "sum"),
        municipalities=("municipality", "nunique"),
        young_people=("young_people", lambda values: values.sum(min_count=1)),
    )
    # an activity of which only the province can be read was in a municipality, and not in none
    found["municipalities"] = found["municipalities"].astype(float).where(found["with_place"] > 0)
    return found


def _by_province(rows: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    found = _counted(rows.groupby("code"))
    codes = [*province_names(workspace), *(code for code in (CARIBBEAN, ELSEWHERE) if code in found.index)]
    found = found.reindex(codes)
    none = found["activities"].isna()
    found.loc[none, list(COUNTS)] = 0.0  # nothing registered there
    pupils = cbs_pupils(workspace).set_index("statcode")["total"].drop(COUNTRY)
    found["per_hundred"] = 100 * found["young_people"] / pupils.reindex(found.index).astype(float)
    return (
        found.rename_axis("code")
        .reset_index()
        .astype({"activities": "int64", "with_count": "int64", "with_place": "int64"})
    )


def _by_year(rows: pd.DataFrame) -> pd.DataFrame:
    found = _counted(rows.groupby("year")).assign(across=rows.groupby("year")["across"].sum())
    return found.reset_index()
