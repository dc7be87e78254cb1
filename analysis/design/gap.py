"""Design of the chapter on the gap in civic knowledge, from ``data/design/kenniskloof.toml``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis.design.read import read_design, record, records, require_table
from analysis.workspace import Workspace

TRACKS = ("vmbo", "havo", "vwo")
PATHS = ("vmbo-b", "vmbo-k", "vmbo-gt")  # learning paths: basis, kader, gemengd and theoretisch
PRACTICAL, BRIDGE = "praktijkonderwijs", "brugklas"
MIXED = ("vmbo/havo", "havo/vwo", "vmbo/havo/vwo", "vmbo/vwo", PRACTICAL, BRIDGE)
LEVELS = (*PATHS, *TRACKS, *MIXED)  # as a file may tell pupils apart
LEAVE_OUT = ""
COMPLETE = "complete"  # only pupils of whom every characteristic is known
BELOW = "below"  # all that do not reach the lowest level shown
_NAME = "kenniskloof"
_FILE = f"data/design/{_NAME}.toml"


@dataclass(frozen=True)
class TrackVariable:
    """Which column of a pupil file holds the track, and what its codes mean.

    Attributes
    ----------
    name : str
        Column of the file, in any case.
    codes : mapping of str to str
        Code as text ("3") to one of :data:`LEVELS`, or to "" for pupils who are left out. Empty: the value
        labels of the file decide.
    mixed : mapping of str to str
        One of :data:`MIXED`, a class of no single track, to the track it is counted in, or to "" to leave
        it out. A class of a kind that is not in it is an error.
    file, key : str
        A file of classes beside the pupils' with the track variable, and the column that both have; empty
        where the pupils' own file has it.
    """

    name: str
    codes: Mapping[str, str]
    mixed: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    key: str = "IDCLASS"

    def __post_init__(self) -> None:
        unknown = sorted(set(self.codes.values()) - {*LEVELS, LEAVE_OUT})
        if unknown:
            raise ValueError(f'track_codes lead to {", ".join(unknown)}: expected {", ".join(LEVELS)} or ""')
        strange = sorted(set(self.mixed) - set(MIXED))
        if strange:
            raise ValueError(f"track_mixed: unknown {', '.join(strange)}; known are {', '.join(MIXED)}")
        wrong = sorted(set(self.mixed.values()) - {*TRACKS, LEAVE_OUT})
        if wrong:
            raise ValueError(f'track_mixed leads to {", ".join(wrong)}: expected {", ".join(TRACKS)} or ""')
        if self.file and Path(self.file).name != self.file:
            raise ValueError(f"track_file {self.file!r}: expected the name of a file, without a folder")


@dataclass(frozen=True)
class Level:
    """A proficiency level: its name and the lowest value that reaches it."""

    name: str
    cut: float


@dataclass(frozen=True)
class Link:
    """Linking error between two cycles in points; None is unknown."""

    first: int
    second: int
    status: str
    points: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.points is not None and not (self.points >= 0 and self.source):
            raise ValueError("a linking error is zero or more and names its source")


@dataclass(frozen=True)
class EarlierCycle:
    """Where the Dutch student file of an earlier cycle holds the track; as of :class:`TrackVariable`.

    Attributes
    ----------
    track_variable : str
        Empty: not known, and the file is not used.
    """

    cycle: int
    track_variable: str = ""
    track_codes: Mapping[str, str] = field(default_factory=dict)
    track_file: str = ""
    track_key: str = "IDCLASS"


@dataclass(frozen=True)
class Countries:
    """Systems shown beside the Netherlands, and the cycles shown."""

    systems: tuple[str, ...]
    cycles: tuple[int, ...]


@dataclass(frozen=True)
class SchoolType:
    """Sampled schools of one kind: number of zones and the chance of each track for a sampled class."""

    zones: int
    vmbo: float
    havo: float
    vwo: float

    def __post_init__(self) -> None:
        if self.zones < 1 or min(self.chances) < 0 or not math.isclose(sum(self.chances), 1.0):
            raise ValueError(f"zones {self.zones}, chances {self.chances}: chances add up to one")

    @property
    def chances(self) -> tuple[float, float, float]:
        return self.vmbo, self.havo, self.vwo


@dataclass(frozen=True)
class Background:
    """Background of pupils in the twin; see the design file for units."""

    sd_ses_class: float
    ses_vmbo: float
    ses_havo: float
    ses_vwo: float
    female_vmbo: float
    female_havo: float
    female_vwo: float
    migration_vmbo: float
    migration_havo: float
    migration_vwo: float
    migration_ses: float
    slope_ses: float
    slope_female: float
    slope_migration: float
    missing_ses_vmbo: float
    missing_ses_havo: float
    missing_ses_vwo: float
    missing_migration: float

    def by_track(self, name: str) -> tuple[float, float, float]:
        """The values of `name` for vmbo, havo and vwo."""
        return tuple(getattr(self, f"{name}_{track}") for track in TRACKS)


@dataclass(frozen=True)
class CivicTwinDesign:
    """The synthetic twin of ICCS 2022; see the design file for what each number rests on."""

    seed: int
    pupils: int
    mean: float
    gap: float
    havo_position: float
    sd_class: float
    sd_pupil: float
    sd_measurement: float
    weight_mean: float
    weight_spread: float
    plausible_values: int
    school_types: tuple[SchoolType, ...]
    background: Background

    def __post_init__(self) -> None:
        for name in ("sd_class", "sd_pupil", "sd_measurement", "weight_mean"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)}: expected a number above zero")

    @property
    def zones(self) -> int:
        return sum(kind.zones for kind in self.school_types)

    @property
    def track_shares(self) -> tuple[float, float, float]:
        """Expected share of the classes of each track."""
        return tuple(
            sum(kind.zones * kind.chances[k] for kind in self.school_types) / self.zones
            for k in range(len(TRACKS))
        )


@dataclass(frozen=True)
class GapDesign:
    """What the chapter estimates."""

    track_variable: str
    track_codes: Mapping[str, str]
    minuend: str
    subtrahend: str
    adjusted_for: tuple[str, ...]
    quantiles: tuple[float, ...]
    levels_shown: tuple[str, ...]
    levels: tuple[Level, ...]
    countries: Countries
    links: tuple[Link, ...]
    programmes: Mapping[int, str]
    twin: CivicTwinDesign
    track_mixed: Mapping[str, str] = field(default_factory=dict)
    track_file: str = ""
    track_key: str = "IDCLASS"
    missing_background: str = COMPLETE
    earlier: tuple[EarlierCycle, ...] = ()

    def __post_init__(self) -> None:
        for one in (self, *self.earlier):  # the codes are checked also where no column is named yet
            TrackVariable("track", one.track_codes, self.track_mixed, one.track_file, one.track_key)
        if self.missing_background != COMPLETE:
            raise ValueError(f"missing_background {self.missing_background!r}: known is {COMPLETE!r}")
        cycles = [one.cycle for one in self.earlier]
        strange = sorted(set(cycles) - set(sorted(self.countries.cycles)[:-1]))
        if strange or len(set(cycles)) != len(cycles):
            raise ValueError(
                f"earlier: cycles {', '.join(map(str, cycles))}; expected each once, of those before the "
                f"last in countries.cycles: {', '.join(map(str, sorted(self.countries.cycles)[:-1]))}"
            )
        if not {self.minuend, self.subtrahend} <= set(TRACKS) or self.minuend == self.subtrahend:
            raise ValueError(f"minuend and subtrahend are two of {', '.join(TRACKS)}")
        cuts = [level.cut for level in self.levels]
        if cuts != sorted(set(cuts), reverse=True):
            raise ValueError(f"levels are given from high to low, got cuts {cuts}")

    @property
    def shown_levels(self) -> dict[str, float]:
        """Lowest value of each level that is shown, from high to low."""
        return {level.name: level.cut for level in self.levels if level.name in self.levels_shown}

    @property
    def level_names(self) -> dict[str, str]:
        """Dutch name of each level that is shown, and of all below the lowest, from high to low."""
        names = {level: f"niveau {level}" for level in self.shown_levels}
        return names | {BELOW: f"lager dan niveau {list(names)[-1]}"}

    def level_result(self, level: str, track: str) -> str:
        """Name of the result with the share of a track in a level: ``level_a_vmbo``, ``below_c_vmbo``."""
        lowest = list(self.shown_levels)[-1]
        return f"{BELOW}_{lowest}_{track}".lower() if level == BELOW else f"level_{level}_{track}".lower()

    def track(self, name: str = "") -> TrackVariable | None:
        """The track variable, `name` before that of the file; None when neither is given."""
        name = name or self.track_variable
        if not name:
            return None
        return TrackVariable(name, self.track_codes, self.track_mixed, self.track_file, self.track_key)

    def track_in(self, cycle: EarlierCycle) -> TrackVariable | None:
        """The track variable of an earlier cycle, with the mixed classes of this one; None when not known."""
        if not cycle.track_variable:
            return None
        return TrackVariable(
            cycle.track_variable, cycle.track_codes, self.track_mixed, cycle.track_file, cycle.track_key
        )


def gap_design(workspace: Workspace | None = None) -> GapDesign:
    """The content of ``data/design/kenniskloof.toml``.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent or says something else than expected; the message names table and key.
    """
    content = dict(read_design(_NAME, workspace))
    try:
        twin = dict(require_table(content.pop("twin"), f"{_FILE} [twin]"))
        twin["background"] = record(Background, content.pop("background"), f"{_FILE} [background]")
        twin["school_types"] = records(SchoolType, content.pop("school_type"), f"{_FILE}, school_type")
        levels = records(Level, content.pop("level"), f"{_FILE}, level")
        links = records(Link, content.pop("link"), f"{_FILE}, link")
        earlier = records(EarlierCycle, content.pop("earlier", []), f"{_FILE}, earlier")
        countries = record(Countries, content.pop("countries"), f"{_FILE} [countries]")
        codes = require_table(content.pop("programmes"), f"{_FILE} [programmes]")
    except KeyError as error:
        raise ValueError(f"{_FILE}: table {error.args[0]} is absent") from error
    strange = [code for code in codes if not code.isdecimal()]
    if strange:
        raise ValueError(f"{_FILE} [programmes]: {strange[0]!r} is no code; expected digits")
    programmes = {int(code): track for code, track in codes.items()}
    parts = {
        "levels": levels,
        "earlier": earlier,
        "links": links,
        "countries": countries,
        "programmes": programmes,
    }
    return record(
        GapDesign, {**content, **parts, "twin": record(CivicTwinDesign, twin, f"{_FILE} [twin]")}, _FILE
    )
