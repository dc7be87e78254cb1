"""Column maps of tables that come as they are kept: registrations of activities, outcomes, and covariates.

``registrations.toml``, ``outcome_tables.toml`` and ``covariate_tables.toml`` in ``data/design``. A map says
under which names a column may stand in the file; which rows of the world the file describes is not decided
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from analysis.design.questions import first_day
from analysis.design.read import (
    read_design,
    records,
    require_once,
    require_one_of,
    require_signs,
    require_tables_only,
)
from analysis.workspace import Workspace

REGISTRATIONS = "registrations"
OUTCOMES = "outcome_tables"
STARTS = "start_tables"
COVARIATES = "covariate_tables"
PLACES = ("municipality", "school", "postcode", "province")
SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".ods", ".csv.gz", ".sav", ".zsav")
AUTO = "auto"  # the decimal sign that the numbers themselves show
_OTHER = {".": ",", ",": "."}
_ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True, kw_only=True)
class TableMap:
    """How a table with a place and a date in each row is laid out.

    Attributes
    ----------
    name : str
        What the rows are called elsewhere in the design: a programme, or an outcome.
    files : tuple of str
        Names or patterns in the folder with real files.
    columns : mapping of str to tuple of str
        Our name to the names it may have in the file; one name may be written as text.
    date : str
        Of all rows ("2018", "2018-09" or "2018-09-01"), for a file without a column for it.
    tab : str
        Tab of a workbook; empty reads every tab that has the columns.
    decimal, thousands : str
        Signs in numbers; ``auto`` takes the decimal sign that a column shows, and stops where that is not
        clear. `thousands` is empty where they are not separated; a point or comma there leaves the other one
        for decimals.
    date_order : str
        ``dmy``, ``mdy`` or ``ymd``, for days in digits that do not begin with the year.
    missing : tuple of str
        Words that stand for an unknown number; an empty cell always does.
    totals : tuple of str
        Words with which a row of totals begins, in any column but numbers.
    """

    name: str
    files: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...] | str]
    date: str = ""
    tab: str = ""
    decimal: str = AUTO
    thousands: str = ""
    date_order: str = "dmy"
    missing: tuple[str, ...] = (
        "-", "n.v.t.", "nvt", "onbekend", "NA", "weet niet", "geen antwoord", "niet ingevuld",
    )  # fmt: skip
    totals: tuple[str, ...] = ("totaal", "eindtotaal", "subtotaal", "total", "som")

    TEXTS: ClassVar[tuple[str, ...]] = ()
    NUMBERS: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for one in self.files:
            if Path(one).name != one or not one.lower().endswith(SUFFIXES):
                raise ValueError(
                    f"files {one!r}: expected names without a folder that end in {', '.join(SUFFIXES)}"
                )
        if not self.files:
            raise ValueError("files: expected at least one name or pattern")
        object.__setattr__(
            self, "columns", {ours: _names(ours, theirs) for ours, theirs in self.columns.items()}
        )
        known = {"date", *PLACES, *self.TEXTS, *self.NUMBERS}
        unknown = sorted(set(self.columns) - known)
        if unknown:
            raise ValueError(f"columns: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        if bool(self.columns.get("date")) == bool(self.date):
            raise ValueError("columns: date has no name, or the file also has one date; expected one of both")
        if self.date:
            first_day(self.date)
        if not any(self.columns.get(place) for place in PLACES):
            raise ValueError(f"columns: one of {', '.join(PLACES)} needs a name")
        if self.decimal == AUTO and self.thousands in _OTHER:  # then the decimal sign is the other one
            object.__setattr__(self, "decimal", _OTHER[self.thousands])
        require_signs("," if self.decimal == AUTO else self.decimal, self.thousands)
        require_one_of("date_order", self.date_order, _ORDERS)

    @property
    def required(self) -> tuple[str | frozenset[str], ...]:
        """Columns without which a table is not this one; of a set, one."""
        places = frozenset(place for place in PLACES if self.columns.get(place))
        numbers = [one for one in self.NUMBERS[:1] if self.columns.get(one)]
        return (*(() if self.date else ("date",)), places, *numbers)


@dataclass(frozen=True, kw_only=True)
class RegistrationMap(TableMap):
    """A list of activities of a programme.

    Attributes
    ----------
    kinds : mapping of str to str
        Word in the file to kind of activity; empty: the words of the file are the kinds.
    counted, not_counted : tuple of str
        Words of the status of activities that did and did not take place. A word in neither is an error;
        without a column for the status every activity counts.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    counted: tuple[str, ...] = ()
    not_counted: tuple[str, ...] = ()

    TEXTS = ("kind", "status")
    NUMBERS = ("young_people",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.columns.get("status") and not self.counted:
            raise ValueError("counted: a column for the status needs the words of activities that took place")
        both = sorted(set(self.counted) & set(self.not_counted))
        if both:
            raise ValueError(f"counted and not_counted both hold {', '.join(both)}")

    @property
    def required(self) -> tuple[str | frozenset[str], ...]:
        return super().required[
            : 1 if self.date else 2
        ]  # a registration without numbers of young people is one of activities


@dataclass(frozen=True, kw_only=True)
class StartMap(TableMap):
    """A list of places with the date a programme started there, and where known the date it ended."""

    TEXTS = ("end",)


@dataclass(frozen=True, kw_only=True)
class OutcomeMap(TableMap):
    """A table of measurements of one outcome.

    Attributes
    ----------
    low, high : float
        Ends of the scale of the values in the file.
    factor, shift : float
        The reported value is ``shift + factor * value``.
    unit : str
        Dutch unit of the reported value.
    narrow : bool
        Allows values that fill less than a ninth of the scale from its low end, which is otherwise taken
        for a mark from 1 to 10, or a share from 0 to 1, on a scale to 100.
    """

    low: float
    high: float
    unit: str
    factor: float = 1.0
    shift: float = 0.0
    narrow: bool = False

    NUMBERS = ("value", "n", "se", "weight", "response")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.columns.get("value"):
            raise ValueError("columns: value has no name")
        if not self.low < self.high:
            raise ValueError(f"low {self.low}, high {self.high}: expected low below high")
        if not self.factor:
            raise ValueError("factor 0: expected another number")


@dataclass(frozen=True, kw_only=True)
class CovariateMap(OutcomeMap):
    """A table of one characteristic of places, of before a programme began.

    Attributes
    ----------
    label : str
        Dutch, as a table names it, without unit and date.
    """

    label: str
    decimals: int = 1


def registration_maps(workspace: Workspace | None = None) -> dict[str, RegistrationMap]:
    """Registrations by name, from ``data/design/registrations.toml``; none when there is no such file.

    Raises
    ------
    ValueError
        If the file says something else than expected; the message names table and key.
    """
    if not _there(REGISTRATIONS, workspace):
        return {}
    return _maps(read_design(REGISTRATIONS, workspace), REGISTRATIONS, "registration", RegistrationMap)


def start_maps(workspace: Workspace | None = None) -> dict[str, StartMap]:
    """Lists of starts by exposure, from ``data/design/start_tables.toml``; none without that file."""
    if not _there(STARTS, workspace):
        return {}
    return _maps(read_design(STARTS, workspace), STARTS, "start", StartMap)


def outcome_maps(workspace: Workspace | None = None) -> dict[str, OutcomeMap]:
    """Tables of outcomes by name, from ``data/design/outcome_tables.toml``; none without that file."""
    if not _there(OUTCOMES, workspace):
        return {}
    return _maps(read_design(OUTCOMES, workspace), OUTCOMES, "outcome", OutcomeMap)


def covariate_maps(workspace: Workspace | None = None) -> dict[str, CovariateMap]:
    """Tables of covariates by name, from ``data/design/covariate_tables.toml``; none without that file."""
    if not _there(COVARIATES, workspace):
        return {}
    return _maps(read_design(COVARIATES, workspace), COVARIATES, "covariate", CovariateMap)


def _there(file: str, workspace: Workspace | None) -> bool:
    return ((workspace or Workspace.current()).design / f"{file}.toml").is_file()


def _maps(content: dict, file: str, heading: str, kind: type) -> dict:
    place = f"data/design/{file}.toml"
    require_tables_only(content, (heading,), place)
    maps = records(kind, content.get(heading, []), f"{place}, {heading}")
    require_once([one.name for one in maps], f"{place}: {heading}")
    return {one.name: one for one in maps}


def _names(ours: str, theirs: object) -> tuple[str, ...]:
    names = (
        (theirs,) if isinstance(theirs, str) else tuple(theirs) if isinstance(theirs, list | tuple) else None
    )
    if names is None or not all(isinstance(name, str) for name in names):
        raise ValueError(f"columns: {ours} is {theirs!r}; expected a name or a list of names")
    return tuple(name for name in names if name.strip())
