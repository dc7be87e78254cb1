"""How far the regions lie apart at each measurement, whether that changes, and what of it lasts.

Where everybody is counted (turnout) there is no sampling error: the spread of the twelve provinces at an
election is a fact, ``S_t``, the standard deviation of their values. Two questions remain, in which chance has
a place because elections come with shocks of their own by province:

* Does the spread grow or shrink? The slope of S_t on the date by least squares, in units a decade. Its error
  is from leaving out one region at a time or from the scatter of S_t around the line, whichever is larger:
  the first knows of shocks that last, the second of shocks that all share.
* What lasts? The mean deviation of each region over the measurements, with as errors shocks by region that
  persist as an AR(1) process. Their spread and the test that it is below a margin are those of
  :mod:`analysis.estimate.spread`: of these regions and no others.

Reference: Cochran (1977), Sampling techniques, 3rd ed., ch. 2. Barro & Sala-i-Martin (1992), Convergence,
J. Polit. Econ. 100 (the path of a spread, "sigma convergence").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.estimate.checks import require_complete
from analysis.estimate.equivalence import Equivalence, spread_below
from analysis.estimate.regional import RegionEstimates
from analysis.estimate.spread import Spread, spread
from analysis.unknown import NotEstimableError

LEAST_TIMES = 5
_DECADE = 10.0


@dataclass(frozen=True)
class SpreadTrend:
    """Change of the spread in a decade.

    Attributes
    ----------
    slope, se, low, high : float
        In the unit of the outcome.
    p_value : float
        Of no change.
    """

    slope: float
    se: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class RegionalPath:
    """Spread by measurement, its trend, and the spread that lasts.

    Attributes
    ----------
    table : pandas.DataFrame
        time, mean, sd, lowest, lowest_region, highest, highest_region: one row a measurement.
    lasting : Spread
        Of the regions' mean deviations.
    below : Equivalence or None
        Whether the lasting spread is below the margin; None without a margin.
    deviations : pandas.DataFrame
        region, deviation, se: the mean over the measurements.
    persistence, shock_sd : float
        Of the shocks by region: correlation from one measurement to the next, and standard deviation.
    """

    table: pd.DataFrame
    trend: SpreadTrend
    lasting: Spread
    below: Equivalence | None
    deviations: pd.DataFrame
    persistence: float
    shock_sd: float
    level: float


def regional_path(
    frame: pd.DataFrame,
    *,
    region: str,
    time: str,
    outcome: str,
    margin: float | None = None,
    alpha: float = 0.05,
    level: float = 0.95,
) -> RegionalPath:
    """Spread of the regions over the measurements.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a region and measurement; every region at every measurement, of everybody (no sample).
    time : str
        A number of years (2017, or 2017.2 for March) or a date.
    margin : float or None
        Smallest standard deviation between regions that matters.

    Raises
    ------
    ValueError
        For missing values, a region and measurement twice or absent.
    NotEstimableError
        With fewer than three regions or five measurements.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level}: expected a share between 0 and 1")
    y, regions, times, years = _arranged(frame, region, time, outcome)
    sd = _spreads(y)
    without = np.array([_slope(_spreads(np.delete(y, g, axis=0)), years) for g in range(len(y))])
    trend = _trend(sd, years, without, level)
    estimates, persistence, shock = _lasting(y, regions)
    lowest, highest = y.argmin(axis=0), y.argmax(axis=0)
    at = np.arange(y.shape[1])
    labels = np.asarray(regions)
    return RegionalPath(
        table=pd.DataFrame(
            {
                "time": times,
                "mean": y.mean(axis=0),
                "sd": sd,
                "lowest": y[lowest, at],
                "lowest_region": labels[lowest],
                "highest": y[highest, at],
                "highest_region": labels[highest],
            }
        ),
        trend=trend,
        lasting=spread(estimates, level),
        below=None if margin is None else spread_below(estimates, margin, alpha=alpha),
        deviations=pd.DataFrame(
            {
                "region": regions,
                "deviation": estimates.deviation,
                "se": np.sqrt(np.diag(estimates.deviation_covariance)),
            }
        ),
        persistence=persistence,
        shock_sd=shock,
        level=level,
    )


def _arranged(frame: pd.DataFrame, region: str, time: str, outcome: str) -> tuple:
    require_complete(frame, [region, time, outcome], "frame")
    twice = frame.duplicated([region, time])
    if twice.any():
        label, moment = (frame.loc[twice, name].iloc[0] for name in (region, time))
        raise ValueError(f"{region} {label} occurs more than once in {moment}")
    rows, regions = pd.factorize(frame[region], sort=True)
    columns, times = pd.factorize(frame[time], sort=True)
    y = np.full((len(regions), len(times)), np.nan)
    y[rows, columns] = frame[outcome].to_numpy(dtype=float)
    if np.isnan(y).any():
        row, column = np.argwhere(np.isnan(y))[0]
        raise ValueError(f"{region} {regions[row]} has no row for {times[column]}: every region each time")
    if len(regions) < 3 or len(times) < LEAST_TIMES:
        raise NotEstimableError(
            f"{len(regions)} regions at {len(times)} measurements: at least 3 at {LEAST_TIMES}",
            reason=f"er zijn {len(times)} metingen van {len(regions)} gebieden, te weinig voor een verloop",
        )
    if pd.api.types.is_numeric_dtype(frame[time]):
        years = np.asarray(times, dtype=float)
    else:
        moments = pd.DatetimeIndex(pd.to_datetime(pd.Index(times)))
        years = moments.year + (moments.day_of_year - 1) / 365.25
        years = np.asarray(years, dtype=float)
    return y, tuple(map(str, regions)), list(times), years


def _spreads(y: np.ndarray) -> np.ndarray:
    """Standard deviation between regions at each measurement, (T,)."""
    return y.std(axis=0, ddof=1)


def _slope(sd: np.ndarray, years: np.ndarray) -> float:
    return float(np.polyfit(years - years.mean(), sd, 1)[0]) * _DECADE


def _trend(sd: np.ndarray, years: np.ndarray, without: np.ndarray, level: float) -> SpreadTrend:
    slope = _slope(sd, years)
    count, regions = len(sd), len(without)
    centred = years - years.mean()
    residual = sd - sd.mean() - slope / _DECADE * centred
    by_scatter = float(np.sqrt((residual**2).sum() / (count - 2) / (centred**2).sum())) * _DECADE
    by_region = float(np.sqrt((regions - 1) / regions * ((without - without.mean()) ** 2).sum()))
    se, freedom = max((by_scatter, count - 2), (by_region, regions - 1))
    reach = float(stats.t.ppf((1 + level) / 2, freedom)) * se
    p = float(2 * stats.t.sf(abs(slope) / se, freedom)) if se > 0 else float(slope == 0)
    return SpreadTrend(slope, se, slope - reach, slope + reach, p)


def _lasting(y: np.ndarray, regions: tuple[str, ...]) -> tuple[RegionEstimates, float, float]:
    """Mean deviation of each region, its covariance under AR(1) shocks, their persistence and size."""
    count, times = y.shape
    left = y - y.mean(axis=0)
    around = left - left.mean(axis=1, keepdims=True)
    if not (around**2).sum() > 0:
        raise NotEstimableError(
            "regions differ by the same at every measurement: there are no shocks to judge by",
            reason="de verschillen tussen gebieden zijn bij elke meting gelijk",
        )
    lag = np.abs(np.subtract.outer(np.arange(times), np.arange(times)))

    def deviance(rho: float) -> float:
        """Minus twice the restricted log-likelihood of region and period effects with AR(1) shocks."""
        correlation = rho**lag
        inverse = np.linalg.inv(correlation)
        within = inverse - np.outer(inverse.sum(axis=0), inverse.sum(axis=0)) / inverse.sum()
        squares = np.einsum("gt,tu,gu->", left, within, left)
        free = (count - 1) * (times - 1)
        logs = (count - 1) * (np.linalg.slogdet(correlation)[1] + np.log(inverse.sum()))
        return float(logs + free * np.log(squares / free))

    rho = float(optimize.minimize_scalar(deviance, bounds=(-0.9, 0.95), method="bounded").x)
    correlation = rho**lag
    inverse = np.linalg.inv(correlation)
    within = inverse - np.outer(inverse.sum(axis=0), inverse.sum(axis=0)) / inverse.sum()
    free = (count - 1) * (times - 1)
    square = float(np.einsum("gt,tu,gu->", left, within, left)) / free
    weight = inverse.sum(axis=0) / inverse.sum()
    variance = square / inverse.sum()
    # measurements that hang together tell less than their number about the size of the shocks
    effective = max(int(free * (1 - abs(rho)) / (1 + abs(rho))), 1)
    estimates = RegionEstimates(
        regions=regions,
        estimate=left @ weight,
        covariance=np.eye(count) * variance,
        freedom=effective,
        groups=count * times,
        n=count * times,
    )
    return estimates, rho, float(np.sqrt(square))
