"""Rows and series on regional differences: spread between provinces, tests, and each province by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter

import pandas as pd

from analysis import dutch
from analysis.answers.lines import NOT_AN_EFFECT
from analysis.datakind import DataKind
from analysis.design.regio import RegioDesign, RegioOutcome
from analysis.estimate.region_study import RegionAnswer, RegionStudy
from analysis.panel.regio import RegioPanel
from analysis.results import Result, Series
from analysis.sources.geography import province_names
from analysis.sources.sourced import STUDY
from analysis.unknown import NotEstimable, attempt

MODEL = "gemengd model met gemeenten, scholen en klassen"
REGRESSION = "regressie met effecten van school en jaar"
EFFECTS = ("raw", "raw_low", "raw_high", "shrunken", "low", "high")
_LEVELS = {
    "municipality": ("municipality", "gemeenten"),
    "school_id": ("school", "scholen"),
    "school_track": ("class", "schoolsoorten binnen een school"),
    "residual": ("pupil", "leerlingen"),
}
Asked = RegionAnswer | NotEstimable


def region_items(
    panel: RegioPanel,
    study: RegionStudy,
    design: RegioDesign,
    *,
    prefix: str = "",
    plan_power: float | None = None,
) -> tuple[Result | Series, ...]:
    """All results on one outcome; the ids are the same whatever can be had.

    Parameters
    ----------
    prefix : str
        Before the name in the id, for a second outcome: ``houding_``.
    plan_power : float or None
        Chance that a study of the size of the adolescent panel would show equivalence. It follows from what
        was planted in the twin, so it belongs to a trial; None adds no row.
    """
    one = _Answers(panel, design, design.named(panel.outcome), prefix)
    items = [
        *_counts(one),
        *_level(one, study.level),
        *_gap(one, study),
        _provinces(one, study.level),
    ]
    if plan_power is not None:
        label = f"dezelfde kans met {design.panel_schools} scholen"
        note = "Berekend uit de aannames van de tweeling, niet uit antwoorden."
        items.append(one.percent("power_panel", label, plan_power, note=note))
    if panel.truth is not None:
        items += _planted(one)
    return tuple(items)


@dataclass(frozen=True)
class _Answers:
    """Makes rows and series that share panel and outcome."""

    panel: RegioPanel
    design: RegioDesign
    outcome: RegioOutcome
    prefix: str

    def of_frame(self, count: Callable[[pd.DataFrame], int]) -> int | NotEstimable:
        """A count over the pupils, or why there are none."""
        frame = self.panel.data.frame
        return frame if isinstance(frame, NotEstimable) else int(count(frame))

    @property
    def shared(self) -> dict:
        data = self.panel.data
        return {
            "kind": data.kind,
            "source": data.source,
            "outcome": self.outcome.name,
            "level": self.design.level,
            "decimals": self.outcome.decimals,
        }

    def __call__(
        self, name: str, label: str, value: float | NotEstimable, unit: str | None = None, **given
    ) -> Result:
        known = not isinstance(self.panel.data.frame, NotEstimable)
        counts = {"n": self.of_frame(len), "clusters": self.of_frame(_provinces_in)} if known else {}
        return Result(
            f"regio.{self.prefix}{name}",
            f"{self.outcome.label}: {label}",
            value,
            self.outcome.unit if unit is None else unit,
            **(self.shared | {"estimator": MODEL} | counts | given),
        )

    def declared(self, name: str, label: str, value: float) -> Result:
        return self(
            name, label, value, kind=DataKind.FACT, source=STUDY, n=None, clusters=None, estimator="",
            note="Vooraf gekozen, zie data/design/regio.toml.",
        )  # fmt: skip

    def spread(self, name: str, label: str, answer: Asked) -> Result:
        given = {"test": "Q-profiel"}
        if isinstance(answer, NotEstimable):
            return self(name, label, answer, **given)
        found, estimates = answer.spread, answer.estimates
        return self(name, label, found.sd, low=found.low, high=found.high, n=estimates.n,
                    clusters=len(estimates.regions), **given)  # fmt: skip

    def p(self, name: str, label: str, value: float | NotEstimable, note: str, test: str) -> Result:
        return self(name, label, value, "", decimals=3, note=note, test=test)

    def percent(self, name: str, label: str, share: float | NotEstimable, **given) -> Result:
        return self(name, label, attempt(lambda known: 100 * known, share), "%", **{"decimals": 0, **given})


def _provinces_in(frame: pd.DataFrame) -> int:
    return frame["province"].nunique()


def _counts(one: _Answers) -> Iterator[Result]:
    outcome = one.outcome
    given = {"decimals": 0, "estimator": ""}
    yield one("n", "leerlingen", one.of_frame(len), "leerlingen", **given)
    schools = one.of_frame(lambda frame: frame["school_id"].nunique())
    yield one("n_schools", "scholen", schools, "scholen", **given)
    yield one("n_provinces", "provincies", one.of_frame(_provinces_in), "provincies", **given)
    yield one.declared("smallest_of_interest", "kleinste spreiding die ertoe doet", outcome.smallest_sd)
    yield one.declared("smallest_deviation", "kleinste afwijking die ertoe doet", outcome.smallest_deviation)


def _level(one: _Answers, level: Asked) -> Iterator[Result]:
    """Spread between provinces by level, the tests, and the largest deviation."""
    yield one.spread("sd_province", "spreiding tussen provincies", level)
    yield from _components(one, level)
    yield one.p(
        "joint_p",
        "alle provincies gelijk, p",
        attempt(attrgetter("joint.p_value"), level),
        _freedom(level),
        "F-toets op gelijkheid",
    )
    yield one.p(
        "equivalence_p",
        "spreiding kleiner dan wat ertoe doet, p",
        attempt(attrgetter("sd_below.p_value"), level),
        _one_sided(one),
        "Q-toets op gelijkwaardigheid",
    )
    yield one.p(
        "equivalence_deviation_p",
        "elke afwijking kleiner dan wat ertoe doet, p",
        attempt(attrgetter("deviation_within.p_value"), level),
        _one_sided(one),
        "twee eenzijdige toetsen per provincie",
    )
    label = "kans dat gelijkwaardigheid blijkt als provincies gelijk zijn"
    yield one.percent("power", label, attempt(attrgetter("power_sd"), level))
    label = "dezelfde kans, voor elke provincie apart"
    yield one.percent("power_deviation", label, attempt(attrgetter("power_deviation"), level))
    widest = attempt(_widest, level)
    given = {} if isinstance(widest, NotEstimable) else {"se": widest["raw_se"]}
    yield one(
        "max_abs_effect",
        "grootste afwijking van een provincie, ruw",
        attempt(lambda found: abs(found["raw"]), widest),
        note="De grootste is uitgekozen en valt daardoor te groot uit.",
        **given,
    )
    shrunken = widest if isinstance(widest, NotEstimable) else level.table["shrunken"].abs().max()
    yield one("max_abs_shrunken", "grootste afwijking van een provincie, bijgesteld", shrunken)


def _widest(level: RegionAnswer) -> pd.Series | NotEstimable:
    table = level.table.dropna(subset=["raw"])
    if table.empty:
        return NotEstimable("van te weinig provincies zijn er genoeg leerlingen en scholen")
    return table.loc[table["raw"].abs().idxmax()]


def _freedom(level: Asked) -> str:
    if isinstance(level, NotEstimable):
        return ""
    first, second = level.joint.freedom
    return f"F-toets met {first} en {second} vrijheidsgraden."


def _one_sided(one: _Answers) -> str:
    return f"Klein betekent: gelijkwaardigheid is aangetoond (grens {dutch.number(one.design.alpha, 2)})."


def _components(one: _Answers, level: Asked) -> Iterator[Result]:
    """Spread by level below the province, and the provinces' share of it."""
    found, share = level, level
    if not isinstance(level, NotEstimable):
        found = level.estimates.components.set_index("level")
        share = level.spread.sd**2 / (found["variance"].sum() + level.spread.sd**2)
    yield one.percent("share_province", "deel van de variantie tussen provincies", share, decimals=1)
    for name, (short, label) in _LEVELS.items():
        value = found
        if not isinstance(found, NotEstimable):
            value = (
                float(found.loc[name, "sd"])
                if name in found.index
                else NotEstimable("deze spreiding is niet te onderscheiden van die van de groepen daarbinnen")
            )
        yield one(f"sd_{short}", f"spreiding tussen {label}", value)


def _gap(one: _Answers, study: RegionStudy) -> Iterator[Result]:
    """The gap between tracks: its mean over the provinces, within schools, and how it differs."""
    gap, within = study.gap, study.within
    pair = f"{one.design.minuend} − {one.design.subtrahend}"
    given = {"note": NOT_AN_EFFECT}
    mean: float | NotEstimable = gap if isinstance(gap, NotEstimable) else 0.0
    if not isinstance(gap, NotEstimable):
        mean, se, low, high = gap.estimates.mean(one.design.level)
        counts = {"n": gap.estimates.n, "clusters": gap.estimates.groups}
        given |= {"se": se, "low": low, "high": high, **counts}
    yield one("gap", f"gemiddeld verschil {pair} over de provincies", mean, **given)
    given = {"note": NOT_AN_EFFECT, "estimator": REGRESSION, "test": "geclusterd naar provincie"}
    inside: float | NotEstimable = within if isinstance(within, NotEstimable) else within.estimate
    if not isinstance(within, NotEstimable):
        given |= {"se": within.se, "low": within.low, "high": within.high, "clusters": within.clusters}
    yield one("within_gap", f"verschil {pair} binnen scholen", inside, **given)
    yield one.spread("gap_sd_province", f"spreiding tussen provincies in het verschil {pair}", gap)
    yield one.p(
        "gap_joint_p",
        f"het verschil {pair} overal gelijk, p",
        attempt(attrgetter("joint.p_value"), gap),
        "",
        "F-toets op gelijkheid",
    )
    yield one.p(
        "gap_equivalence_p",
        "spreiding in het verschil kleiner dan wat ertoe doet, p",
        attempt(attrgetter("sd_below.p_value"), gap),
        _one_sided(one),
        "Q-toets op gelijkwaardigheid",
    )
    label = "kans dat gelijkwaardigheid van het verschil blijkt"
    yield one.percent("gap_power", label, attempt(attrgetter("power_sd"), gap))


def _planted(one: _Answers) -> Iterator[Result]:
    truth = one.panel.truth
    yield one("truth_sd_province", "ware spreiding tussen provincies in de tweeling", truth.sd["province"])
    yield one("truth_max_abs_effect", "ware grootste afwijking in de tweeling", truth.level.abs().max())
    label = "ware spreiding in het verschil in de tweeling"
    yield one("truth_gap_sd_province", label, truth.sd["province_gap"])


def _provinces(one: _Answers, level: Asked) -> Series:
    """Deviation of each province from the mean of those that are told of, with its pupils and schools."""
    points = level
    if not isinstance(level, NotEstimable):
        names = province_names()
        points = level.table.assign(label=[names[code] for code in level.table["region"]])
        points = points[["region", "label", *EFFECTS, "n", "schools"]]
        if one.panel.truth is not None:
            points = points.assign(truth=one.panel.truth.level.reindex(points["region"]).to_numpy())
    return Series(
        f"regio.{one.prefix}provincies",
        f"{one.outcome.label}: afwijking van het gemiddelde van de provincies",
        one.outcome.unit,
        points=points,
        measures=EFFECTS,
        estimator=MODEL,
        **one.shared,
    )
