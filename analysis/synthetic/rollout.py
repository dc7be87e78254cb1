"""A synthetic panel of municipalities and years in which provinces adopt a programme in steps.

Its truth is chosen in ``data/design/rollout.toml`` and comes along, frozen. Nothing in it says anything
about the Netherlands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.design.rollout import Programme


@dataclass(frozen=True)
class Truth:
    """What was planted.

    Attributes
    ----------
    att : float
        Mean effect over all treated municipality-years of the twin, each counting once.
    by_cohort : dict of int to float
        The same within each cohort.
    by_event_time : dict of int to float
        The same at each number of years since adoption.
    by_cohort_time : dict of (int, int) to float
        Mean effect by cohort and year.
    dose_slope : float
        Effect of one unit more dose, all else equal.
    """

    att: float
    by_cohort: dict[int, float]
    by_event_time: dict[int, float]
    by_cohort_time: dict[tuple[int, int], float]
    dose_slope: float


@dataclass(frozen=True)
class RolloutTwin:
    """A synthetic panel and its truth.

    Attributes
    ----------
    frame : pandas.DataFrame
        Municipality and province (text), year, cohort (missing if not reached within the panel), inhabitants,
        reached (young people; only in a design with a reach) and the outcome under its name.
    """

    frame: pd.DataFrame
    truth: Truth


@dataclass(frozen=True)
class Population:
    """What every draw of the twin of a design shares.

    Attributes
    ----------
    places : pandas.DataFrame
        One row a municipality: municipality, province, cohort, inhabitants, reached, dose.
    years : ndarray of int, shape (T,)
    province : ndarray of int, shape (N,)
        Position of each municipality's province among the sorted codes.
    since : ndarray, shape (N, T)
        Years since adoption; NaN where the programme does not come.
    planted : ndarray, shape (N, T)
        The effect in each municipality and year.
    """

    places: pd.DataFrame
    years: np.ndarray
    province: np.ndarray
    since: np.ndarray
    planted: np.ndarray


@lru_cache(maxsize=8)
def population(design: Programme) -> Population:
    """Municipalities, doses and effects of the twin; they belong to the design and do not change with a seed.

    It is shared between calls: its arrays are read, never written.
    """
    twin = design.twin
    places = _municipalities(design)
    cohort = places["cohort"].to_numpy()
    years = np.arange(design.years.first_year, design.years.last_year + 1)
    since = years[None, :] - cohort[:, None]
    planted = np.where(
        since >= 0,
        twin.effect_start
        + twin.effect_growth * since
        + twin.effect_cohort * (cohort - np.nanmin(cohort))[:, None]
        + twin.effect_dose * places["dose"].to_numpy()[:, None],
        0.0,
    )
    province = pd.factorize(places["province"], sort=True)[0]
    return Population(places, years, province, since, planted)


def rollout_outcomes(design: Programme, seeds: Sequence[int], *, effect: float = 1.0) -> np.ndarray:
    """Outcomes of one synthetic panel a seed, shape (seeds, N, T), in the order of :func:`rollout_twin`."""
    twin, people = design.twin, population(design)
    province = people.province
    provinces, (n, t) = province.max() + 1, people.planted.shape
    planted = effect * people.planted
    outcomes = np.empty((len(seeds), n, t))
    for place, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        level = (
            twin.mean
            + (twin.sd_province * rng.standard_normal(provinces))[province]
            + twin.sd_municipality * rng.standard_normal(n)
        )
        shocks = (
            twin.sd_year * rng.standard_normal(t)
            + (twin.sd_province_year * rng.standard_normal((provinces, t)))[province]
            + twin.sd_noise * rng.standard_normal((n, t))
        )
        outcomes[place] = level[:, None] + shocks + planted
    return outcomes


def rollout_truth(design: Programme, *, effect: float = 1.0) -> Truth:
    """What is planted in every panel of `design`, multiplied by `effect`."""
    people = population(design)
    cohort = people.places["cohort"].to_numpy()
    return _truth(
        effect * people.planted, people.since, cohort, people.years, effect * design.twin.effect_dose
    )


def rollout_twin(design: Programme, *, seed: int | None = None, effect: float = 1.0) -> RolloutTwin:
    """The synthetic panel of `design`.

    Parameters
    ----------
    seed : int, optional
        The one of the design unless given. Municipalities and doses belong to the design and do not change
        with it; shocks and noise do.
    effect : float
        Multiplies the planted effect; 0 gives a panel without any.
    """
    people = population(design)
    places, t = people.places, len(people.years)
    dropped = ["dose"] if design.reach else ["dose", "reached"]
    frame = places.drop(columns=dropped).loc[places.index.repeat(t)].reset_index(drop=True)
    frame.insert(2, "year", np.tile(people.years, len(places)))
    seed = design.twin.seed if seed is None else seed
    frame[design.outcome.name] = rollout_outcomes(design, [seed], effect=effect)[0].ravel()
    return RolloutTwin(frame, rollout_truth(design, effect=effect))


def _municipalities(design: Programme) -> pd.DataFrame:
    """One row a municipality: code, province, cohort, inhabitants, reached, dose; the same at every call."""
    rng = np.random.default_rng(design.twin.seed)
    rows = []
    for province in design.provinces:
        share = rng.lognormal(0.0, 0.8, province.municipalities)
        inhabitants = np.rint(province.inhabitants * share / share.sum()).astype(int)
        year = design.cohorts[province.code]
        cohort = np.nan if year is None else float(year)
        rows += [
            (f"{province.code}-{number:02d}", province.code, cohort, size)
            for number, size in enumerate(inhabitants, start=1)
        ]
    places = pd.DataFrame(rows, columns=["municipality", "province", "cohort", "inhabitants"])
    places["reached"] = _reached(places, design, rng)
    per = design.reach.per_inhabitants if design.reach else 0
    places["dose"] = per * places["reached"] / places["inhabitants"]
    return places


def _reached(places: pd.DataFrame, design: Programme, rng: np.random.Generator) -> np.ndarray:
    """Young people reached, whole numbers that add up to the total of the design."""
    if design.reach is None:
        return np.zeros(len(places), dtype=int)
    share = places["inhabitants"].to_numpy() * rng.lognormal(0.0, design.reach.spread, len(places))
    share = np.where(places["cohort"].notna(), share, 0.0)
    return rng.multinomial(design.reach.young_people, share / share.sum())


def _truth(planted, since, cohort, years, dose_slope) -> Truth:
    treated = since >= 0
    starts = np.unique(cohort[~np.isnan(cohort)]).astype(int)

    def mean(mask: np.ndarray) -> float:
        return float(planted[mask & treated].mean())

    of = {int(g): (cohort == g)[:, None] & np.ones(len(years), dtype=bool) for g in starts}
    return Truth(
        att=mean(treated),
        by_cohort={g: mean(of[g]) for g in of},
        by_event_time={int(e): mean(since == e) for e in np.unique(since[treated])},
        by_cohort_time={(g, int(t)): mean(of[g] & (years == t)) for g in of for t in years if t >= g},
        dose_slope=float(dose_slope),
    )
