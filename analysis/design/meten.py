"""Designs for measuring from now on, and what can be decided: ``data/design/meten.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.design.read import (
    read_design,
    record,
    records,
    require_once,
    require_one_of,
    require_table,
    require_tables,
)
from analysis.workspace import Workspace

DESIGN = "meten"
FILE = f"data/design/{DESIGN}.toml"
LOTTERY, THRESHOLD = "loting", "grens"
STATUS = ("aanname", "rekenbedrag")


@dataclass(frozen=True)
class PlanTest:
    """How a design is judged.

    Attributes
    ----------
    alpha, target : float
        Level of the test, and the chance to see the smallest effect of interest that is asked for.
    reassigned : int
        Re-assignments beside the observed one, in every simulated test.
    shares : tuple of float
        Of the units that are needed: with these the simulation runs as well.
    """

    alpha: float
    target: float
    reassigned: int
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.alpha < self.target < 1:
            raise ValueError(f"alpha {self.alpha} and target {self.target}: between 0 and 1, alpha the least")
        if self.reassigned < 1 or min(self.shares, default=1) <= 0:
            raise ValueError(f"reassigned {self.reassigned}: one or more, and shares above zero")


@dataclass(frozen=True)
class Assumption:
    """A number that a design needs and no open source gives; `status` is one of :data:`STATUS`."""

    name: str
    label: str
    value: float
    unit: str
    status: str
    source: str

    def __post_init__(self) -> None:
        require_one_of("status", self.status, STATUS)
        if not self.source.strip():
            raise ValueError("source is empty: say where the number comes from")


@dataclass(frozen=True)
class Planned:
    """A design; see the head of the file for its keys. Numbers are looked up by name."""

    name: str
    label: str
    short: str
    lines: tuple[str, ...]
    form: str
    unit: str
    units: str
    outcome: str
    measure: str
    smallest: float
    smallest_reason: str
    groups: int
    unit_price: str
    person_price: str
    duration: str
    arrange: str
    noise: str = ""
    other_noise: tuple[str, ...] = ()
    persons: int = 0
    sd: str = ""
    place_memory: str = ""
    person_memory: str = ""
    available: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_one_of("form", self.form, (LOTTERY, THRESHOLD))
        if not self.smallest > 0:
            raise ValueError(f"smallest is {self.smallest}: above zero")
        if self.groups < 2 or self.persons < 0:
            raise ValueError(
                f"{self.groups} groups and {self.persons} persons: two groups, persons 0 or more"
            )
        if (self.form == LOTTERY) != bool(self.noise):
            raise ValueError("noise belongs to a lottery, and every lottery needs it")
        if (self.form == THRESHOLD or self.persons > 0) != bool(self.sd):
            raise ValueError("sd belongs to persons and to a threshold, and both need it")
        if not self.persons and (self.place_memory or self.person_memory):
            raise ValueError("memory belongs to units in which persons are measured")

    @property
    def measurements(self) -> int:
        """How often every unit is measured: afterwards only at a threshold, else once a group."""
        return 1 if self.form == THRESHOLD else self.groups


@dataclass(frozen=True)
class Option:
    """Something that can be chosen, and what it makes known; `designs` name the designs it rests on."""

    choose: str
    yields: str
    designs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """A question to the minister; `facts` are ids of the letters that say what is known."""

    name: str
    ask: str
    known: str
    facts: tuple[str, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Meten:
    test: PlanTest
    assumptions: Mapping[str, Assumption]
    designs: tuple[Planned, ...]
    decisions: tuple[Decision, ...]

    def value(self, name: str) -> float:
        """Of an assumption; 0 for no name."""
        return self.assumptions[name].value if name else 0.0

    def design(self, name: str) -> Planned:
        return next(design for design in self.designs if design.name == name)


def meten(workspace: Workspace | None = None) -> Meten:
    """The content of ``data/design/meten.toml``.

    Raises
    ------
    ValueError
        If a table or key is absent or unknown, a name occurs twice, or one is named that is not there.
    """
    content = read_design(DESIGN, workspace)
    unknown = sorted(set(content) - {"test", "assumption", "planned", "decision"})
    if unknown:
        raise ValueError(f"{FILE}: unknown key {', '.join(unknown)}")
    assumptions = records(Assumption, content.get("assumption", []), f"{FILE}, assumption")
    found = Meten(
        test=record(PlanTest, content.get("test", {}), f"{FILE}, test"),
        assumptions={item.name: item for item in assumptions},
        designs=records(Planned, content.get("planned", []), f"{FILE}, planned"),
        decisions=tuple(
            _decision(item, f"{FILE}, decision {place}")
            for place, item in enumerate(require_tables(content.get("decision", []), f"{FILE}, decision"), 1)
        ),
    )
    for what, names in (
        ("assumption", [item.name for item in assumptions]),
        ("planned", [item.name for item in found.designs]),
        ("decision", [item.name for item in found.decisions]),
    ):
        require_once(names, f"{FILE}: {what}")
    for design in found.designs:
        named = (
            design.sd, design.place_memory, design.person_memory, design.unit_price, design.person_price,
        )  # fmt: skip
        _require(named, found.assumptions, f"planned {design.name}", "assumption")
    known = [design.name for design in found.designs]
    for decision in found.decisions:
        for option in decision.options:
            _require(option.designs, known, f"decision {decision.name}", "planned")
    return found


def _decision(content: Any, place: str) -> Decision:
    table = dict(require_table(content, place))
    options = records(Option, table.pop("option", []), f"{place}, option")
    if not options:
        raise ValueError(f"{place}: no [[decision.option]]: a question without a choice")
    return record(Decision, {**table, "options": options}, place)


def _require(names: Sequence[str], known: Any, place: str, kind: str) -> None:
    absent = [name for name in names if name and name not in known]
    if absent:
        raise ValueError(f"{FILE}: {place} names {', '.join(absent)}; there is no such {kind}")
