"""One front for turnout by municipality: whatever files of the Kiesraad there are, as one frame with remarks.

Where several files hold the same municipality and election, a table of results goes before documents of
counts, and those of the municipality before those of its constituency; what one lacks the next may fill, and
where they contradict each other that is told. A renamed, cut off or wrong-year file is an error; a sum that
differs from the facts is a remark.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from analysis.sources.archive import zip_members
from analysis.sources.contract import conform
from analysis.sources.gazetteer import province_of
from analysis.sources.kiesraad_cells import DISTRICTS, PS_NAMES
from analysis.sources.kiesraad_contract import (
    BODY,
    COUNCIL,
    ELECTION_DAYS,
    ELECTIONS,
    MUNICIPAL_TURNOUT,
    MUNICIPALITY,
)
from analysis.sources.kiesraad_eml import SUFFIX, read_eml
from analysis.sources.kiesraad_joined import (
    against_country,
    against_provinces,
    differences,
    named,
    one_row_each,
    placed,
)
from analysis.sources.kiesraad_tables import FORMS, SECOND_SHEET, Form
from analysis.sources.placenames import CARIBBEAN_NUMBERS
from analysis.sources.turnout import turnout_national, turnout_provinces
from analysis.workspace import Workspace

LARGEST_TABLE = 256 * 2**20  # bytes of a table in an archive
LARGEST_TABLES = 2 * 2**30
_NEAR = 0.002  # relative difference within which two totals are those of one election
_FAR = 0.005
_ELSEWHERE = re.compile(r"(?:^|[^A-Za-z])(TK|PS|GR|EP|ER|WS)_?(?:19|20)\d\d", re.I)  # in names of documents


@dataclass(frozen=True)
class Turnout:
    """Turnout by municipality and election.

    Attributes
    ----------
    frame : pandas.DataFrame
        As :data:`analysis.sources.kiesraad_contract.MUNICIPAL_TURNOUT`, by election, date and name.
    remarks : tuple of str
        Dutch sentences on what a reader must know, each beginning with file or election.
    """

    frame: pd.DataFrame
    remarks: tuple[str, ...]


def is_turnout_file(path: Path) -> bool:
    """Whether the name is one of those under which turnout is published."""
    name = path.name.lower()
    return (
        name.endswith(SUFFIX)
        or (name.startswith("kiesraad_") and name.endswith(".zip"))
        or any(form.pattern.fullmatch(path.name) for form in FORMS)
    )


def read_turnout(
    paths: Iterable[Path], workspace: Workspace | None = None, *, election: str | None = None
) -> Turnout | None:
    """Turnout by municipality from files of any known form.

    Parameters
    ----------
    paths : iterable of path
        Tables (CSV, xls, xlsx), EML documents and zip archives of them.
    workspace : Workspace or None
        Where the facts stand that the sums are held against.
    election : {"TK", "PS", "GR"}, optional
        Only this kind; files whose name says another are not opened.

    Returns
    -------
    Turnout or None
        None if no file holds an election of the kind asked for.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is absent, damaged, cut off, of an unknown name or form, or holds another election than its
        name says. Names the file and the place in it.
    """
    facts = turnout_provinces(workspace)
    parts, remarks, whole = [], [], set()
    for path in sorted({Path(path) for path in paths}):
        for rows, all_there in _rows(path, election, workspace):
            _require_its_election(rows, facts, path)
            if all_there:
                _require_all_municipalities(rows, facts, path)
                whole.add(tuple(rows[["election", "date"]].iloc[0]))
            remarks += _odd(rows, path)
            parts.append(rows.assign(file=path.name))
    if not parts:
        return None
    frame, contradictions = one_row_each(pd.concat(parts, ignore_index=True))
    frame, unplaced = placed(frame)
    counted = frame["valid"] + frame["blank"] + frame["invalid"]
    frame.insert(frame.columns.get_loc("voters") + 1, "voters_counted", counted)
    frame = conform(frame[list(MUNICIPAL_TURNOUT.columns)], MUNICIPAL_TURNOUT, "turnout by municipality")
    sums = [*against_provinces(frame, facts), *against_country(frame, turnout_national(workspace), whole)]
    return Turnout(frame, (*remarks, *contradictions, *unplaced, *sums))


def province_differences(frame: pd.DataFrame, workspace: Workspace | None = None) -> pd.DataFrame:
    """Sums of municipalities minus the facts, by election and province, for elections that both have.

    Returns
    -------
    pandas.DataFrame
        election, date, province, municipalities, eligible, voters (sums minus facts), known (share of its
        municipalities with both numbers), complete (all there, each with both).
    """
    return differences(frame, turnout_provinces(workspace))


def _rows(
    path: Path, election: str | None, workspace: Workspace | None
) -> Iterable[tuple[pd.DataFrame, bool]]:
    """Rows of each election in the file, and whether it must hold all municipalities."""
    form = _form(path.name)
    documents = path.name.lower().endswith((SUFFIX, ".zip"))
    if form is None and not documents:
        raise ValueError(
            f"{path.name}: this name does not say which election it holds; tables are read under the name "
            "they were published with, such as Uitslag_alle_gemeenten_TK20170315.csv"
        )
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file in {path.parent.name}/")
    told = _ELSEWHERE.search(path.name)
    if election is not None and told is not None and told[1].upper() != election:
        return
    if form is not None:
        yield from _of_form(form, path)
    elif path.name.lower().endswith(".zip") and (tables := _tables_within(path)):
        yield from tables
    else:
        rows = _from_documents(read_eml(path), workspace)
        rows = rows if election is None else rows[rows["election"] == election]
        if len(rows):
            yield rows, False


def _form(name: str) -> Form | None:
    return next((form for form in FORMS if form.pattern.fullmatch(name)), None)


def _of_form(form: Form, path: Path) -> Iterable[tuple[pd.DataFrame, bool]]:
    found = form.pattern.fullmatch(path.name)
    for day in filter(None, (found["day"], SECOND_SHEET.get(path.name.lower()))):
        yield _from_table(form, path, found["election"].upper(), day), form.whole


def _tables_within(path: Path) -> list[tuple[pd.DataFrame, bool]]:
    """The tables of known form in an archive; an archive of documents has none."""
    found = []
    with tempfile.TemporaryDirectory(prefix="analysis-run-") as folder:
        for member, content in zip_members(path, ".csv", LARGEST_TABLE, LARGEST_TABLES):
            name = PurePosixPath(member).name
            if (form := _form(name)) is None:
                continue
            unpacked = Path(folder) / name
            unpacked.write_bytes(content)
            try:
                found += _of_form(form, unpacked)
            except ValueError as error:
                raise ValueError(f"{path.name}, {error}") from error
    return found


def _from_table(form: Form, path: Path, election: str, day: str) -> pd.DataFrame:
    known = {date[:4]: date for date in ELECTION_DAYS[election]}
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else known.get(day)
    if date is None or known.get(day[:4], date) != date:
        raise ValueError(
            f"{path.name}: no election of {ELECTIONS[election]} is known on {date or day}; known are "
            f"{', '.join(ELECTION_DAYS[election])}"
        )
    rows = form.read(path, day[:4])
    return rows.assign(election=election, date=date, _rank=FORMS.index(form))


def _from_documents(counts: pd.DataFrame, workspace: Workspace | None) -> pd.DataFrame:
    towns = counts[counts["level"] == MUNICIPALITY]
    number = towns["authority"].astype(int)
    body = number.map(CARIBBEAN_NUMBERS)
    rows = pd.DataFrame(
        {
            "code": body.fillna(towns["statcode"]),
            "name": towns["name"],
            "kind": body.notna().map({True: BODY, False: MUNICIPALITY}),
            "province": _districts(towns, workspace),
            "eligible": towns["entitled"],
            "voters": towns["voted"].astype("Int64"),
            **{name: towns[name].astype("Int64") for name in ("valid", "blank", "invalid")},
            "election": towns["election"].str.extract(r"^([A-Z]{2})")[0],
            "date": towns["date"],
            "_rank": towns["document"].map({"510b": 100}).fillna(101).astype(int),
        }
    )
    return rows[rows["election"].isin(list(ELECTIONS))]


def _districts(towns: pd.DataFrame, workspace: Workspace | None) -> pd.Series:
    """Province by the constituency of the Tweede Kamer, the name of the Provinciale Staten, or the code.

    The documents of a council name no province.
    """
    by_contest = ("K" + towns["contest"]).map(DISTRICTS)
    by_name = towns["election"].str.extract(r"^PS\d{4}_(\w+)$")[0].map(PS_NAMES)
    found = by_contest.where(towns["election"].str.startswith("TK"), by_name).astype(object)
    council = towns["election"].str.startswith(COUNCIL)
    return found.where(~council, towns["statcode"].map(province_of(workspace)))


def _require_its_election(rows: pd.DataFrame, facts: pd.DataFrame, path: Path) -> None:
    """A table whose totals are those of another election was renamed or put in the wrong year."""
    for (election, date), towns in rows[rows["kind"] == MUNICIPALITY].groupby(["election", "date"]):
        known = facts.groupby(["election", "date"])[["eligible", "voters"]].sum().astype(float)
        total = towns[["eligible", "voters"]].sum().astype(float)
        if not total.all():
            continue
        distance = (known / total - 1).abs().max(axis=1)
        other = distance.idxmin()
        own = distance.get((election, date), 1.0)
        if other != (election, date) and distance[other] < _NEAR and own > _FAR:
            raise ValueError(
                f"{path.name}: {total['eligible']:.0f} people entitled and {total['voters']:.0f} votes are "
                f"those of {other[0]} {other[1]}, not of {election} {date} as its name says; was it renamed?"
            )


def _require_all_municipalities(rows: pd.DataFrame, facts: pd.DataFrame, path: Path) -> None:
    election, date = rows[["election", "date"]].iloc[0]
    expected = facts[(facts["election"] == election) & (facts["date"] == date)].set_index("province")
    towns = rows[rows["kind"] == MUNICIPALITY]
    if expected.empty:
        return
    if towns["province"].isna().all():
        counted, wanted = {"the country": len(towns)}, {"the country": int(expected["municipalities"].sum())}
    else:
        counted, wanted = towns["province"].value_counts().to_dict(), expected["municipalities"].to_dict()
    for place, number in wanted.items():
        if counted.get(place, 0) != number:
            raise ValueError(
                f"{path.name}: {counted.get(place, 0)} municipalities in {place}, {number} had an election "
                f"on {date}; is the file cut off, or of another year?"
            )


def _odd(rows: pd.DataFrame, path: Path) -> list[str]:
    above = rows[(rows["voters"] > rows["eligible"]).fillna(False)]
    blank = rows[rows["eligible"].isna() & rows["voters"].notna()]
    said = []
    if len(above):
        said.append(f"{path.name}: opkomst boven 100 procent in {named(above['name'])}, door kiezerspassen.")
    if len(blank):
        said.append(f"{path.name}: het aantal kiesgerechtigden is niet ingevuld voor {named(blank['name'])}.")
    for _, towns in rows.groupby(["election", "date"]):
        if towns["voters"].isna().all():
            said.append(f"{path.name}: alleen stemmen op lijsten; kiesgerechtigden ontbreken.")
    return said
