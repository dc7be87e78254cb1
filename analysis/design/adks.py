"""Design of the adolescent panel, from ``data/design/adks.toml``: file, outcomes, weights, twin."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.design.read import one_named, read_design, record, records, require_signs, require_table
from analysis.design.regio import TRACKS, Offer
from analysis.workspace import Workspace

_FILE = "data/design/adks.toml"
SPSS_SUFFIXES = (".sav", ".zsav")
SUFFIXES = (".csv", ".csv.gz", *SPSS_SUFFIXES)
REQUIRED = ("pupil", "school", "wave", "track")
OPTIONAL = ("weight", "municipality", "province")
LEAVE_OUT = ""
STATUSES = ("gepubliceerd", "afgeleid", "aanname")


@dataclass(frozen=True)
class AdksFile:
    """How the restricted file is laid out.

    Attributes
    ----------
    columns : mapping
        Our name to the name in the file, for the required and the used optional columns.
    tracks : mapping
        Code in the file to track, or to "" for classes that are left out, such as mixed ones.
    missing : tuple of str
        Values that stand for "no answer", as text.
    decimal, thousands : str
        Signs in numbers; `thousands` is empty where they are not separated.
    """

    name: str
    separator: str
    decimal: str
    missing: tuple[str, ...]
    columns: Mapping[str, str]
    tracks: Mapping[str, str]
    thousands: str = ""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.columns) - {*REQUIRED, *OPTIONAL})
        absent = [name for name in REQUIRED if not self.columns.get(name)]
        if unknown or absent:
            raise ValueError(
                f"columns: unknown {', '.join(unknown) or '-'}, without a name {', '.join(absent) or '-'}"
            )
        require_signs(self.decimal, self.thousands)
        strange = sorted(set(self.tracks.values()) - {*TRACKS, LEAVE_OUT})
        if strange:
            raise ValueError(f'tracks: {", ".join(strange)} is not one of {", ".join(TRACKS)} or ""')
        if not self.name.lower().endswith(SUFFIXES):
            raise ValueError(f"name {self.name!r}: expected a .csv or .sav file")

    @property
    def used(self) -> dict[str, str]:
        """Our name to the file's name, of the columns that are there."""
        return {ours: theirs for ours, theirs in self.columns.items() if theirs}


@dataclass(frozen=True)
class AdksOutcome:
    """An outcome in the file and in the twin; standard deviations are on a probit scale when `binary`.

    `recode` gives each answer in the file its number, before `factor`; without it the answers are numbers.
    """

    name: str
    label: str
    unit: str
    decimals: int
    file: str
    factor: float
    low: float
    high: float
    binary: bool
    sd_pupil: float
    sd_slope: float
    sd_school: float
    sd_wave: float
    means: Mapping[str, tuple[float, ...]]
    status: Mapping[str, tuple[str, ...]]
    note: str
    recode: Mapping[str, float] = field(default_factory=dict)

    @property
    def scale(self) -> str:
        """Unit of a level: a level of a share reads in percent, a difference in percentage points."""
        return "%" if self.binary else self.unit

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"range {self.low} to {self.high}")
        for name in ("sd_pupil", "sd_slope", "sd_school", "sd_wave"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} {getattr(self, name)}: a standard deviation is zero or more")
        if set(self.means) != set(TRACKS) or set(self.status) != set(TRACKS):
            raise ValueError(f"means and status: expected {', '.join(TRACKS)}")
        lengths = {len(values) for values in (*self.means.values(), *self.status.values())}
        if len(lengths) != 1:
            raise ValueError(f"means and status have {sorted(lengths)} waves")
        for track in TRACKS:
            if any(not self.low < mean < self.high for mean in self.means[track]):
                raise ValueError(f"means of {track} lie outside {self.low} to {self.high}")
            strange = sorted(set(self.status[track]) - set(STATUSES))
            if strange:
                raise ValueError(f"status of {track}: {', '.join(strange)}; known are {', '.join(STATUSES)}")


@dataclass(frozen=True)
class WeightDesign:
    """Quantiles at which attrition weights are cut off."""

    trim_low: float
    trim_high: float

    def __post_init__(self) -> None:
        if not 0 <= self.trim_low < self.trim_high <= 1:
            raise ValueError(f"trim from {self.trim_low} to {self.trim_high}: expected 0 ≤ low < high ≤ 1")


@dataclass(frozen=True)
class AdksTwinDesign:
    """How the twin's pupils are drawn, leave and skip questions."""

    seed: int
    pupils: int
    schools: tuple[int, ...]
    retention: tuple[float, ...]
    track_shares: Mapping[str, float]
    offers: tuple[Offer, ...]
    stay_track: Mapping[str, float]
    stay_last: float
    stay_outcome: str
    item_missing: Mapping[str, float]
    correlation_pupil: float
    correlation_wave: float

    def __post_init__(self) -> None:
        for name, values in (("schools", self.schools), ("retention", self.retention)):
            if any(later > earlier for earlier, later in itertools.pairwise(values)) or values[-1] <= 0:
                raise ValueError(f"{name} {values}: nobody comes back, so it never rises, and some remain")
        if self.retention[0] != 1:
            raise ValueError(f"retention starts at {self.retention[0]}, not at 1")
        for name in ("track_shares", "stay_track", "item_missing"):
            if set(getattr(self, name)) != set(TRACKS):
                raise ValueError(f"{name}: expected {', '.join(TRACKS)}")
        for name, total in (
            ("track_shares", sum(self.track_shares.values())),
            ("offers", sum(offer.share for offer in self.offers)),
        ):
            if abs(total - 1) > 1e-9:
                raise ValueError(f"{name} add up to {total}, not 1")
        for name in ("correlation_pupil", "correlation_wave"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} {getattr(self, name)}: expected 0 ≤ correlation < 1")


@dataclass(frozen=True)
class AdksDesign:
    """The whole file; see there for what each value means.

    `last_wave` is the last wave in which pupils of a track can be there, by track; all waves where absent.
    """

    waves: int
    first_school_year: int
    minuend: str
    subtrahend: str
    level: float
    alpha: float
    file: AdksFile
    weights: WeightDesign
    twin: AdksTwinDesign
    outcome: tuple[AdksOutcome, ...] = field(default_factory=tuple)
    last_wave: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for track, wave in self.last_wave.items():
            if track not in TRACKS or wave not in range(1, self.waves + 1):
                raise ValueError(
                    f"last_wave: {track} = {wave!r}; expected {', '.join(TRACKS)} with a wave from 1 to "
                    f"{self.waves}"
                )
        lengths = {len(self.twin.schools), len(self.twin.retention)}
        lengths |= {len(one.means[track]) for one in self.outcome for track in TRACKS}
        if lengths != {self.waves}:
            raise ValueError(f"{self.waves} waves, but lists of {sorted(lengths)} values")

    @property
    def names(self) -> tuple[str, ...]:
        """Of the outcomes, in their order."""
        return tuple(one.name for one in self.outcome)

    def named(self, outcome: str) -> AdksOutcome:
        """The outcome called `outcome`; ValueError lists the names when there is none."""
        return one_named(self.outcome, outcome, "outcome", _FILE)


def adks_design(workspace: Workspace | None = None) -> AdksDesign:
    """Read ``data/design/adks.toml``.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent or a key is missing, unknown or out of range; the message names it.
    """
    return parse_adks_design(read_design("adks", workspace))


def parse_adks_design(content: Mapping[str, Any]) -> AdksDesign:
    """`content` of the design file as checked records."""
    content = dict(content)
    twin = dict(require_table(content.get("twin", {}), f"{_FILE}, twin"))
    twin["offers"] = records(Offer, twin.get("offers", []), f"{_FILE}, twin.offers")
    content["twin"] = record(AdksTwinDesign, twin, f"{_FILE}, twin")
    content["file"] = record(AdksFile, content.get("file", {}), f"{_FILE}, file")
    content["weights"] = record(WeightDesign, content.get("weights", {}), f"{_FILE}, weights")
    content["outcome"] = records(AdksOutcome, content.get("outcome", []), f"{_FILE}, outcome")
    return record(AdksDesign, content, _FILE)
