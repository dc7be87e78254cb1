"""Questions as data: what is asked of which exposure and outcome, for whom and in which role.

``exposures.toml``, ``outcomes.toml`` and ``questions.toml`` in ``data/design``. A second outcome or programme
is an entry there; the notebook `effect` answers every question alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

from analysis import dutch
from analysis.design.read import (
    read_design,
    records,
    require_once,
    require_one_of,
    require_tables_only,
)
from analysis.workspace import Workspace

DESIGN = "questions"
REALISED, PLANNED, ASSUMED = "gerealiseerd", "gepland", "aanname"
STATUSES = (REALISED, PLANNED, ASSUMED)
LEVELS = ("municipality", "province")
SOURCES = ("turnout", "file")
STARTS = ("design", "registration")
COMPARISONS = ("not_yet", "never")
ESTIMANDS = ("effect", "dose")
PRIMARY, SECONDARY, PLACEBO = "primary", "secondary", "placebo"
ROLES = (PRIMARY, SECONDARY, PLACEBO)
WEIGHTS = ("equal", "n")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
Named = TypeVar("Named")


def first_day(text: str) -> date:
    """The first day of a year, month or day: ``2024`` is 1 January 2024.

    Raises
    ------
    ValueError
        If `text` is none of these.
    """
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise ValueError(f'{text!r} is no date: write "2024", "2024-09" or "2024-09-01"')
    return date.fromisoformat(text + "-01" * (2 - text.count("-")))


@dataclass(frozen=True)
class Spell:
    """A place that a programme reaches, from `start` to `end`; without an end it goes on."""

    exposure: str
    place: str
    start: str
    status: str
    source: str
    end: str = ""
    intensity: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        require_one_of("status", self.status, STATUSES)
        first_day(self.start)
        if self.end and self.ended <= self.began:
            raise ValueError(f"{self.place}: end {self.end} is not after start {self.start}")
        if self.intensity is not None and self.intensity < 0:
            raise ValueError(f"{self.place}: intensity {self.intensity} is below zero")

    @property
    def began(self) -> date:
        return first_day(self.start)

    @property
    def ended(self) -> date | None:
        return first_day(self.end) if self.end else None

    def holds(self, day: date) -> bool:
        """Whether the place was exposed on `day`: the spell had begun and had not ended."""
        return self.began <= day and (self.ended is None or day < self.ended)


@dataclass(frozen=True)
class Places:
    """What the places are called where the start of a programme is decided, in Dutch.

    Both words are of common gender, so that a sentence about the one also holds for the other.
    """

    one: str
    many: str

    def named(self, text: str) -> str:
        """`text` about provinces, as it reads about these places; a compound such as *buurprovincies* stays.

        Estimators and tests do not know what their clusters are. Their reasons say *provincie*, as most
        starts are decided by province; whoever asked knows better.
        """

        def word(found: re.Match[str]) -> str:
            one = self.many if found[2] else self.one
            return dutch.capital(one) if found[1] == "P" else one

        return _PROVINCE.sub(word, text)


_PROVINCE = re.compile(r"\b([pP])rovincie(s?)\b")
PLACES = {"province": Places("provincie", "provincies"), "municipality": Places("gemeente", "gemeenten")}


def places_of(levels: Iterable[str]) -> Places:
    """What places of these levels are called together: *plaats* where the levels differ."""
    levels = set(levels)
    return PLACES[levels.pop()] if len(levels) == 1 else Places("plaats", "plaatsen")


@dataclass(frozen=True)
class Exposure:
    """A programme as far as it reaches places; see ``exposures.toml`` for the keys."""

    name: str
    label: str
    description: str
    where: str
    without: str
    line: str
    place: str
    schedule: str
    before: str = ""
    intensity: str = ""
    starts: str = "design"
    threshold: float = 0.0
    reached: str = ""
    sources: tuple[str, ...] = ()
    spells: tuple[Spell, ...] = ()

    def __post_init__(self) -> None:
        require_one_of("place", self.place, LEVELS)
        require_one_of("starts", self.starts, STARTS)
        if self.threshold < 0:
            raise ValueError(f"threshold {self.threshold:g} is below zero")
        if self.threshold and self.starts != "registration":
            raise ValueError('threshold counts registered young people: it goes with starts = "registration"')


@dataclass(frozen=True)
class Outcome:
    """What is measured; see ``outcomes.toml`` for the keys."""

    name: str
    label: str
    subject: str
    unit: str
    source: str
    scale: tuple[float, float]
    level: str
    smallest_of_interest: float
    smallest_reason: str
    status: str
    needed: str
    select: str = ""
    sources: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    weight: str = "equal"
    decimals: int = 2
    tried: float | None = None

    def __post_init__(self) -> None:
        require_one_of("source", self.source, SOURCES)
        require_one_of("level", self.level, LEVELS)
        require_one_of("weight", self.weight, WEIGHTS)
        if len(self.scale) != 2 or not self.scale[0] < self.scale[1]:
            raise ValueError(
                f"scale {list(self.scale)!r}: expected the lowest and the highest possible value"
            )
        if self.smallest_of_interest <= 0:
            raise ValueError(f"smallest_of_interest {self.smallest_of_interest} is not above zero")
        if self.tried is not None and self.tried <= 0:
            raise ValueError(f"tried {self.tried} is not above zero")

    @property
    def measured_in(self) -> str:
        """The unit of a value itself; `unit` is that of a difference between two."""
        return "%" if self.unit == "procentpunten" else self.unit


@dataclass(frozen=True)
class Population:
    """Which places count; `exclude` are left out."""

    name: str
    text: str
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One question with all it names.

    Attributes
    ----------
    leads, lags : int
        Measurements before and after the start that are shown.
    trial : str
        Name of the twin the method is tried on, or "".
    """

    id: str
    chapter: str
    title: str
    text: str
    exposure: Exposure
    outcome: Outcome
    population: Population
    comparison: str
    estimand: str
    role: str
    family: str
    leads: int
    lags: int
    trial: str = ""

    @property
    def placebo(self) -> bool:
        """Whether it asks for an effect that cannot be: a check of the method, and never an answer."""
        return self.role == PLACEBO

    def places(self, *, twin: bool = False) -> Places:
        """Where its programme starts; on its twin that is always a province."""
        return PLACES["province" if twin else self.exposure.place]

    @property
    def prefix(self) -> str:
        """First part of the ids of its results: ``prodemos.opkomst_tk``."""
        return f"{self.chapter}.{self.id.removeprefix(f'{self.chapter}-').replace('-', '_')}"


@dataclass(frozen=True)
class _Entry:
    """A question as written, before its names are looked up."""

    id: str
    chapter: str
    title: str
    text: str
    exposure: str
    outcome: str
    population: str
    comparison: str
    estimand: str
    role: str
    family: str
    leads: int = 5
    lags: int = 2
    trial: str = ""

    def __post_init__(self) -> None:
        require_one_of("comparison", self.comparison, COMPARISONS)
        require_one_of("estimand", self.estimand, ESTIMANDS)
        require_one_of("role", self.role, ROLES)
        if not _ID.fullmatch(self.id) or not self.id.startswith(f"{self.chapter}-"):
            raise ValueError(f"id {self.id!r}: expected {self.chapter}-… in lower case, digits and hyphens")
        if not self.text.strip().endswith("?"):
            raise ValueError(f"text {self.text!r}: expected a question, with a question mark")
        if self.leads < 1 or self.lags < 0:
            raise ValueError("leads must be one or more and lags zero or more")


def exposures(workspace: Workspace | None = None) -> dict[str, Exposure]:
    """All exposures with their spells, by name.

    Raises
    ------
    ValueError
        If a spell names no exposure, or two spells of a place overlap.
    """
    place = "data/design/exposures.toml"
    content = _only(read_design("exposures", workspace), "exposures", ("exposure", "spell"))
    spells = records(Spell, content.get("spell", []), f"{place}, spell")
    bare = _by_name(
        records(Exposure, content.get("exposure", []), f"{place}, exposure"), f"{place}, exposure"
    )
    for spell in spells:
        _known("exposure", spell.exposure, bare, f"{place}, spell of {spell.place}")
    found = {}
    for name, exposure in bare.items():
        own = tuple(spell for spell in spells if spell.exposure == name)
        require_no_overlap(own, f"{place}, {name}")
        found[name] = Exposure(**{**vars(exposure), "spells": own})
    return found


def require_no_overlap(spells: tuple[Spell, ...], where: str) -> None:
    """Raise ValueError if a place is reached twice at the same time."""
    ordered = sorted(spells, key=lambda spell: (spell.place, spell.began))
    for first, second in pairwise(ordered):
        if first.place == second.place and (first.ended is None or second.began < first.ended):
            raise ValueError(
                f"{where}: the spells of {first.place} from {first.start} and from {second.start} overlap; "
                "give the first an end"
            )


def outcomes(workspace: Workspace | None = None) -> dict[str, Outcome]:
    """All outcomes, by name."""
    place = "data/design/outcomes.toml, outcome"
    content = _only(read_design("outcomes", workspace), "outcomes", ("outcome",))
    return _by_name(records(Outcome, content.get("outcome", []), place), place)


def questions(workspace: Workspace | None = None) -> tuple[Question, ...]:
    """All questions, in the order of ``questions.toml``.

    Raises
    ------
    ValueError
        If a question names something that is not declared, an id occurs twice, or a family has two primary
        questions.
    """
    place = f"data/design/{DESIGN}.toml"
    content = _only(read_design(DESIGN, workspace), DESIGN, ("population", "question"))
    populations = _by_name(
        records(Population, content.get("population", []), f"{place}, population"), f"{place}, population"
    )
    known_exposures, known_outcomes = exposures(workspace), outcomes(workspace)
    found = []
    for entry in records(_Entry, content.get("question", []), f"{place}, question"):
        where = f"{place}, question {entry.id}"
        named = {
            "exposure": _known("exposure", entry.exposure, known_exposures, where),
            "outcome": _known("outcome", entry.outcome, known_outcomes, where),
            "population": _known("population", entry.population, populations, where),
        }
        found.append(Question(**{**vars(entry), **named}))
    require_once([question.id for question in found], f"{place}, question id:")
    primary = [question.family for question in found if question.role == PRIMARY]
    require_once(primary, f"{place}, primary of family:")
    return tuple(found)


def has_questions(workspace: Workspace) -> bool:
    """Whether the repository declares questions at all."""
    return (workspace.design / f"{DESIGN}.toml").is_file()


def question(id: str, workspace: Workspace | None = None) -> Question:
    """The question of this id.

    Raises
    ------
    ValueError
        If there is none; the message lists what there is.
    """
    return _known(
        "question", id, {item.id: item for item in questions(workspace)}, f"data/design/{DESIGN}.toml"
    )


def _only(content: dict, name: str, tables: tuple[str, ...]) -> dict:
    """`content` of the design file `name`, if it holds no other tables than these."""
    require_tables_only(content, tables, f"data/design/{name}.toml")
    return content


def _by_name(items: tuple[Named, ...], place: str) -> dict[str, Named]:
    require_once([item.name for item in items], f"{place}:")
    return {item.name: item for item in items}


def _known(what: str, name: str, known: dict[str, Named], where: str) -> Named:
    if name not in known:
        raise ValueError(f"{where}: no {what} {name!r}; known are {', '.join(known) or 'none'}")
    return known[name]
