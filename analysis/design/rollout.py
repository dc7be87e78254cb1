"""Who adopts what and when, what is to be estimated, and how the twins are made: ``rollout.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from analysis.design.read import read_design, record, records
from analysis.workspace import Workspace

DESIGN = "rollout"
REALISED = "gerealiseerd"
ASSUMED = "aanname"
_LETTERS = ("A", "B")


@dataclass(frozen=True)
class Years:
    """First and last year of the panel, both included."""

    first_year: int
    last_year: int

    def __post_init__(self) -> None:
        if self.last_year <= self.first_year:
            raise ValueError(f"last_year {self.last_year} is not after first_year {self.first_year}")

    @property
    def span(self) -> tuple[int, ...]:
        """All years of the panel."""
        return tuple(range(self.first_year, self.last_year + 1))


@dataclass(frozen=True)
class Presentation:
    """How a programme is named, and the Dutch caption of its schedule as far as it is designed."""

    name: str
    label: str
    schedule: str


@dataclass(frozen=True)
class Province:
    """A province: CBS code, number of municipalities, inhabitants."""

    code: str
    municipalities: int
    inhabitants: int


@dataclass(frozen=True)
class Adoption:
    """When a programme starts in a province; `year` None is not within the panel.

    `status` is gerealiseerd when letter A or B (`source`) says so, else aanname (`source` studie).
    """

    programme: str
    province: str
    status: str
    source: str
    note: str
    year: int | None = None

    def __post_init__(self) -> None:
        if self.status not in (REALISED, ASSUMED):
            raise ValueError(f"status {self.status!r} of {self.programme} in {self.province} is unknown")
        if (self.status == REALISED) != (self.source in _LETTERS):
            raise ValueError(
                f"{self.programme} in {self.province}: {self.status} does not go with source {self.source}; "
                "only a letter makes a start realised"
            )

    @property
    def assumed(self) -> bool:
        return self.status == ASSUMED


@dataclass(frozen=True)
class Reach:
    """How many young people a programme reached in all, and the assumption that spreads them."""

    programme: str
    young_people: int
    young_people_status: str
    young_people_source: str
    allocation: str
    allocation_status: str
    allocation_source: str
    per_inhabitants: int
    spread: float


@dataclass(frozen=True)
class Outcome:
    """What is measured; `smallest_of_interest` is the smallest effect that would matter, in its unit."""

    programme: str
    name: str
    label: str
    unit: str
    scale: str
    status: str
    smallest_of_interest: float


@dataclass(frozen=True)
class Estimand:
    """What is to be estimated; `summary` names how the effects are averaged."""

    id: str
    programme: str
    outcome: str
    text: str
    population: str
    summary: str


@dataclass(frozen=True)
class Specification:
    name: str
    estimator: str
    control: str
    anticipation: int
    cluster: str
    leads: int
    lags: int


@dataclass(frozen=True)
class Twin:
    """The chosen truth of a synthetic panel; standard deviations and effects in units of the outcome.

    The effect in year t on a municipality of cohort g with dose d is effect_start
    + effect_growth · (t − g) + effect_cohort · (g − first cohort) + effect_dose · d.
    """

    programme: str
    seed: int
    mean: float
    sd_province: float
    sd_municipality: float
    sd_year: float
    sd_province_year: float
    sd_noise: float
    effect_start: float
    effect_growth: float
    effect_cohort: float
    effect_dose: float


@dataclass(frozen=True)
class Programme:
    """The design of one programme."""

    name: str
    label: str
    schedule: str
    years: Years
    provinces: tuple[Province, ...]
    adoptions: tuple[Adoption, ...]
    outcome: Outcome
    estimands: tuple[Estimand, ...]
    specifications: tuple[Specification, ...]
    twin: Twin
    reach: Reach | None = None

    @cached_property
    def cohorts(self) -> dict[str, int | None]:
        """First year by province; None is not within the panel."""
        return {adoption.province: adoption.year for adoption in self.adoptions}

    @property
    def treated(self) -> tuple[str, ...]:
        """Provinces that the programme reaches within the panel."""
        return tuple(code for code, year in self.cohorts.items() if year is not None)

    def specification(self, name: str) -> Specification:
        found = {item.name: item for item in self.specifications}
        if name not in found:
            raise ValueError(f"no specification {name!r} in {DESIGN}.toml; known are {', '.join(found)}")
        return found[name]


def rollout(programme: str, workspace: Workspace | None = None) -> Programme:
    """The design of `programme`: ``prodemos`` or ``tienskip``.

    Raises
    ------
    ValueError
        If the programme is unknown, or the file is not complete: each province has exactly one adoption,
        and a year lies within the panel.
    """
    content = read_design(DESIGN, workspace)

    def rows(kind, key):
        return records(kind, content.get(key, []), f"{DESIGN}.toml, {key}")

    def own(kind, key):
        return tuple(row for row in rows(kind, key) if row.programme == programme)

    years = record(Years, content.get("panel", {}), f"{DESIGN}.toml, panel")
    provinces = rows(Province, "province")
    adoptions = own(Adoption, "adoption")
    if not adoptions:
        known = sorted({row.programme for row in rows(Adoption, "adoption")})
        raise ValueError(f"no programme {programme!r} in {DESIGN}.toml; known are {', '.join(known)}")
    codes = sorted(province.code for province in provinces)
    if sorted(adoption.province for adoption in adoptions) != codes:
        raise ValueError(f"{DESIGN}.toml: {programme} must have one adoption for each of {', '.join(codes)}")
    for adoption in adoptions:
        if adoption.year is not None and not years.first_year < adoption.year <= years.last_year:
            raise ValueError(
                f"{DESIGN}.toml: {programme} starts in {adoption.province} in {adoption.year}, outside "
                f"{years.first_year + 1} to {years.last_year}"
            )
    presented = tuple(row for row in rows(Presentation, "programme") if row.name == programme)
    presentation = _one(presented, programme, "programme")
    reach = record(Reach, content["reach"], f"{DESIGN}.toml, reach") if "reach" in content else None
    return Programme(
        name=programme,
        label=presentation.label,
        schedule=presentation.schedule,
        years=years,
        provinces=provinces,
        adoptions=adoptions,
        outcome=_one(own(Outcome, "outcome"), programme, "outcome"),
        estimands=own(Estimand, "estimand"),
        specifications=rows(Specification, "specification"),
        twin=_one(own(Twin, "twin"), programme, "twin"),
        reach=reach if reach is not None and reach.programme == programme else None,
    )


def _one(found: tuple, programme: str, key: str):
    if len(found) != 1:
        raise ValueError(f"{DESIGN}.toml: {programme} has {len(found)} tables [[{key}]], one is needed")
    return found[0]
