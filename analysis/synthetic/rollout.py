"""A synthetic panel of municipalities and years in which provinces adopt a programme in steps.

Its truth is chosen in ``data/design/rollout.toml`` and comes along, frozen. Nothing in it says anything
about the Netherlands.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        The columns of the registration (:mod:`analysis.schema.rollout`): municipality, province (text),
        year, cohort (missing if not reached within the panel), inhabitants, reached (young people; only
        in a design with a reach) and the outcome under its name.
    truth : Truth
    """

    frame: pd.DataFrame
    truth: Truth


def rollout_twin(design: Programme, *, seed: int | None = None, effect: float = 1.0) -> RolloutTwin:
    """The synthetic panel of `design`.

    Parameters
    ----------
    design : Programme
    seed : int, optional
        The one of the design unless given. Municipalities and doses belong to the design and do not change
        with it; shocks and noise do.
    effect : float
        Multiplies the planted effect; 0 gives a panel without any.
    """
    twin = design.twin
    places = _municipalities(design)
    rng = np.random.default_rng(twin.seed if seed is None else seed)
    years = np.arange(design.years.first_year, design.years.last_year + 1)
    n, t = len(places), len(years)
    province = pd.factorize(places["province"], sort=True)[0]
    provinces = province.max() + 1
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
    cohort = places["cohort"].to_numpy()
    since = years[None, :] - cohort[:, None]
    planted = np.where(
        since >= 0,
        twin.effect_start
        + twin.effect_growth * since
        + twin.effect_cohort * (cohort - np.nanmin(cohort))[:, None]
        + twin.effect_dose * places["dose"].to_numpy()[:, None],
        0.0,
    )
    planted = effect * planted
    dropped = ["dose"] if design.reach else ["dose", "reached"]
    frame = places.drop(columns=dropped).loc[places.index.repeat(t)].reset_index(drop=True)
    frame.insert(2, "year", np.tile(years, n))
    frame[design.outcome.name] = (level[:, None] + shocks + planted).ravel()
    return RolloutTwin(frame, _truth(planted, since, cohort, years, effect * twin.effect_dose))


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
