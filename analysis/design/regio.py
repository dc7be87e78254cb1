"""Design of the chapter on regional differences, from ``data/design/regio.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.design.read import one_named, read_design, record, records, require_table
from analysis.workspace import Workspace

TRACKS = ("vmbo", "havo", "vwo")
_FILE = "data/design/regio.toml"


@dataclass(frozen=True)
class RegioOutcome:
    """An outcome, the smallest differences of interest, and the truth planted in the twin.

    Attributes
    ----------
    smallest_sd : float
        Smallest standard deviation between provinces that matters, in `unit`.
    smallest_deviation : float
        Smallest deviation of one province from the mean of the provinces that matters.
    mean : mapping of track to float
    sd_pupil, sd_class, sd_school, sd_municipality, sd_province, sd_province_gap : float
        Standard deviations of the twin; the last is of the gap between tracks.
    status : str
        Where the twin's values come from: ``aanname`` or ``gepubliceerd``.
    """

    name: str
    label: str
    unit: str
    decimals: int
    smallest_sd: float
    smallest_deviation: float
    mean: Mapping[str, float]
    sd_pupil: float
    sd_class: float
    sd_school: float
    sd_municipality: float
    sd_province: float
    sd_province_gap: float
    change_per_year: float
    status: str

    def __post_init__(self) -> None:
        if set(self.mean) != set(TRACKS):
            raise ValueError(f"mean of {', '.join(self.mean)}: expected {', '.join(TRACKS)}")
        for name in ("smallest_sd", "smallest_deviation", "sd_pupil"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)}: expected a number above zero")
        for name in ("sd_class", "sd_school", "sd_municipality", "sd_province", "sd_province_gap"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} {getattr(self, name)}: a standard deviation is zero or more")


@dataclass(frozen=True)
class ProvinceSample:
    """Schools drawn in a province, and the municipalities they are spread over."""

    code: str
    schools: int
    municipalities: int

    def __post_init__(self) -> None:
        if self.schools < 1 or self.municipalities < 1:
            raise ValueError(f"{self.code}: at least one school and one municipality")


@dataclass(frozen=True)
class Offer:
    """Tracks that a school offers, and the share of schools that offer just these."""

    tracks: tuple[str, ...]
    share: float

    def __post_init__(self) -> None:
        if not self.tracks or set(self.tracks) - set(TRACKS):
            raise ValueError(f"tracks {self.tracks}: expected one or more of {', '.join(TRACKS)}")
        if not 0 < self.share <= 1:
            raise ValueError(f"share {self.share}: expected a share between 0 and 1")


@dataclass(frozen=True)
class RegioTwinDesign:
    """How the twin's schools and pupils are drawn."""

    seed: int
    school_years: tuple[str, ...]
    pupils_per_track: float
    missing_share: float
    city_exponent: float
    provinces: tuple[ProvinceSample, ...]
    offers: tuple[Offer, ...]

    def __post_init__(self) -> None:
        if not self.pupils_per_track >= 1:
            raise ValueError(f"pupils_per_track {self.pupils_per_track}: expected at least one")
        if not 0 <= self.missing_share < 1:
            raise ValueError(f"missing_share {self.missing_share}: expected a share below 1")
        total = sum(offer.share for offer in self.offers)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of offers add up to {total}, not 1")


@dataclass(frozen=True)
class RegioDesign:
    """The whole file; see there for what each value means."""

    minuend: str
    subtrahend: str
    level: float
    alpha: float
    power_draws: int
    power_seed: int
    panel_schools: int
    outcome: tuple[RegioOutcome, ...]
    twin: RegioTwinDesign

    def named(self, outcome: str) -> RegioOutcome:
        """The outcome called `outcome`; ValueError lists the names when there is none."""
        return one_named(self.outcome, outcome, "outcome", _FILE)

    def margins(self, outcome: str) -> dict:
        """Smallest differences of interest, for :class:`analysis.estimate.region_study.Margins`."""
        one = self.named(outcome)
        return {
            "sd": one.smallest_sd,
            "deviation": one.smallest_deviation,
            "alpha": self.alpha,
            "level": self.level,
            "draws": self.power_draws,
            "seed": self.power_seed,
        }

    def planned_sds(self, outcome: str) -> dict[str, float]:
        """Standard deviations by level to plan a study with: those of the twin."""
        one = self.named(outcome)
        return {
            "municipality": one.sd_municipality,
            "school_id": one.sd_school,
            "school_track": one.sd_class,
            "residual": one.sd_pupil,
        }


def regio_design(workspace: Workspace | None = None) -> RegioDesign:
    """Read ``data/design/regio.toml``.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent or a key is missing, unknown or out of range; the message names it.
    """
    return parse_regio_design(read_design("regio", workspace))


def parse_regio_design(content: Mapping[str, Any]) -> RegioDesign:
    """`content` of the design file as checked records."""
    content = dict(content)
    outcomes = records(RegioOutcome, content.pop("outcome", []), f"{_FILE}, outcome")
    twin = dict(require_table(content.pop("twin", {}), f"{_FILE}, twin"))
    for key, kind in (("provinces", ProvinceSample), ("offers", Offer)):
        twin[key] = records(kind, twin.get(key, []), f"{_FILE}, twin.{key}")
    return record(
        RegioDesign,
        {**content, "outcome": outcomes, "twin": record(RegioTwinDesign, twin, f"{_FILE}, twin")},
        _FILE,
    )
