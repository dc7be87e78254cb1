"""Growth by group in a panel: does the gap between groups widen or close with the years?

Every model is a straight line a group: its level at the first wave and its change a year; the gap's
change is the interaction of group and years. Four ways to estimate it, all with linearmodels, with the
standard errors of :mod:`analysis.estimate.clustered`:

* ``pooled``: least squares over all rows. With attrition weights it describes everyone who started, and
  it is right as soon as the weights are.
* ``random``: a random intercept a pupil; uses the order within pupils, assumes that it has nothing to do
  with how long a pupil stays.
* ``correlated``: the same plus each pupil's means of the regressors (Mundlak), so that this assumption is
  not needed for the change; the test that those means matter is a Hausman test that holds with clusters.
* ``fixed``: an intercept for each pupil; only change within pupils counts and the gap at the start is not
  estimated.

The last two are right when leaving depends on who a pupil is. When it depends on the last answer itself,
they keep a small bias that weights do not quite remove (a pupil's mean is taken over the waves he stayed);
``pooled`` with attrition weights does not. That is why the report rests on it and shows the others beside it.

A difference between groups is not the effect of belonging to one.

References
----------
Mundlak (1978), Econometrica 46. Wooldridge (2010), Econometric analysis of cross section and panel data,
§ 10.7.3. Hausman (1978), Econometrica 46. Robins, Rotnitzky & Zhao (1995), JASA 90.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.estimate.checks import plain, row_weights
from analysis.estimate.checks import waves as numbered
from analysis.estimate.clustered import Estimate, WaldTest, clustered_fit
from analysis.estimate.variance_components import dummies
from analysis.unknown import NotEstimable, NotEstimableError

MODELS = ("pooled", "random", "correlated", "fixed")
PRIMARY = "pooled"  # what the report rests on, for the reason above
_KINDS = {"pooled": "pooled", "random": "random", "correlated": "random", "fixed": "fixed"}


@dataclass(frozen=True)
class Growth:
    """A fitted growth model.

    Attributes
    ----------
    model : str
        One of :data:`MODELS`.
    gap_start, gap_end : Estimate, NotEstimable or None
        Gap in the first and the last wave in which both groups are seen; None in the fixed-effects model.
    gap_change : Estimate or NotEstimable
        Change of the gap a year: above zero it widens. Where one of the two groups is not there, the reason.
    slopes : dict of str to Estimate
        Change a year by group.
    mundlak : WaldTest or None
        In the correlated model: whether the units' means matter.
    """

    model: str
    gap_start: Estimate | NotEstimable | None
    gap_change: Estimate | NotEstimable
    gap_end: Estimate | NotEstimable | None
    slopes: dict[str, Estimate]
    mundlak: WaldTest | None
    n: int
    units: int
    clusters: int


def growth(
    frame: pd.DataFrame,
    model: str,
    *,
    outcome: str,
    unit: str,
    time: str,
    group: str,
    groups: Sequence[str],
    minuend: str,
    subtrahend: str,
    cluster: str,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> Growth:
    """Fit straight lines by group.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and wave; no missing values in the columns named.
    model : str
        ``pooled``, ``random``, ``correlated`` or ``fixed``.
    time : str
        Waves as numbers in years, any distance apart: 2019, 2019.5 for half years.
    weights : pandas.Series or None
        One a row of `frame`, above zero; aligned by index.
    minuend, subtrahend : str
        Groups of the gap.

    Raises
    ------
    ValueError
        For an unknown model or group, missing values, weights of zero or less, a unit twice in a wave, or a
        unit in two groups.
    NotEstimableError
        For a single wave or fewer than two clusters.
    """
    if model not in MODELS:
        raise ValueError(f"model {model!r}; known are {', '.join(MODELS)}")
    weights = None if weights is None else row_weights(weights, frame, "weights")
    frame = plain(frame, [outcome, unit, time, group, cluster], "frame")
    frame[time] = numbered(frame[time], time)
    used = _checked(frame, unit, time, group, groups, minuend, subtrahend, cluster)
    years = frame[time] - frame[time].min()
    membership = dummies(frame, group, categories=used)
    slopes = membership.mul(years, axis=0).add_prefix("years:")
    parts = [slopes] if model == "fixed" else [membership, slopes]
    if model == "correlated":
        # a group's dummies are constant within a unit, so only the years' means vary beside them
        means = slopes.groupby(frame[unit]).transform("mean").add_prefix("mean:")
        parts.append(means.loc[:, [means[name].nunique() > 2 for name in means]])
    design = pd.concat(parts, axis=1)
    fit = clustered_fit(
        _KINDS[model],
        frame[outcome],
        design,
        unit=frame[unit],
        time=frame[time],
        cluster=frame[cluster],
        weights=weights,
        level=level,
    )
    more, less = f"{group}={minuend}", f"{group}={subtrahend}"
    change = {f"years:{more}": 1.0, f"years:{less}": -1.0}
    begin = {more: 1.0, less: -1.0}
    fixed = model == "fixed"
    absent = [name for name in (minuend, subtrahend) if name not in used]
    if absent:
        gaps = dict.fromkeys(("start", "change", "end"), _without(absent))
    else:
        if model == "correlated":  # at the units' average means, so that levels are those of the groups
            begin |= _at_means(design, membership, minuend, subtrahend, group)
        years_of_both = _years_of_both(years, frame[group], minuend, subtrahend)

        def gap(at: list[float]) -> Estimate | NotEstimable | None:
            """A line is not drawn on to where a group is not seen."""
            if fixed:
                return None
            if not at:
                return NotEstimable("in geen enkele meting zijn beide schoolsoorten aanwezig")
            return fit.combine(begin | {name: at[0] * weight for name, weight in change.items()})

        gaps = {
            "start": gap(years_of_both[:1]),
            "end": gap(years_of_both[-1:]),
            "change": fit.combine(change),
        }
    return Growth(
        model=model,
        gap_start=gaps["start"],
        gap_change=gaps["change"],
        gap_end=gaps["end"],
        slopes={name: fit.combine({f"years:{group}={name}": 1.0}) for name in used},
        mundlak=fit.all_zero("mean:") if model == "correlated" else None,
        n=len(frame),
        units=int(frame[unit].nunique()),
        clusters=fit.clusters,
    )


def _without(groups: Sequence[str]) -> NotEstimable:
    return NotEstimable(f"in de gegevens is niemand van de groep {' of '.join(groups)}")


def _at_means(design, membership, minuend: str, subtrahend: str, group: str) -> dict[str, float]:
    weights = {}
    for name in (column for column in design if column.startswith("mean:")):
        per_group = {
            one: float(design.loc[membership[f"{group}={one}"] == 1, name].mean())
            for one in (minuend, subtrahend)
        }
        weights[name] = per_group[minuend] - per_group[subtrahend]
    return weights


def _years_of_both(years: pd.Series, group: pd.Series, minuend: str, subtrahend: str) -> list[float]:
    """When both groups are seen, in years since the first wave, in order."""
    return sorted(float(year) for year in set(years[group == minuend]) & set(years[group == subtrahend]))


def _checked(frame, unit, time, group, groups, minuend, subtrahend, cluster) -> list[str]:
    unknown = sorted(set(frame[group]) - set(groups))
    if unknown:
        raise ValueError(
            f"{group}: unknown value {', '.join(map(str, unknown))}; known are {', '.join(groups)}"
        )
    used = [name for name in groups if (frame[group] == name).any()]
    if minuend == subtrahend or not {minuend, subtrahend} <= set(groups):
        raise ValueError(
            f"gap {minuend} − {subtrahend}: expected two different groups of {', '.join(groups)}"
        )
    twice = frame.duplicated([unit, time])
    if twice.any():
        first = frame.loc[twice, [unit, time]].iloc[0]
        raise ValueError(f"{unit} {first[unit]} occurs twice in {time} {first[time]}")
    per_unit = frame.groupby(unit)[group].nunique()
    if (per_unit > 1).any():
        raise ValueError(f"{unit} {per_unit.idxmax()!r} lies in {per_unit.max()} values of {group}: fix one")
    if frame[time].nunique() < 2:
        raise NotEstimableError(
            f"one {time} only: there is no growth to estimate", reason="er is maar één meting"
        )
    once = frame.groupby(group, observed=True)[time].nunique() < 2
    if once.any():
        raise NotEstimableError(
            f"{group} {once.idxmax()!r} is seen at one {time} only: it has no growth to estimate",
            reason="van een van de schoolsoorten is er maar één meting",
        )
    if frame[cluster].nunique() < 2:
        raise NotEstimableError(
            f"one {cluster} only: standard errors by {cluster} need several",
            reason="er is maar één school, en de onzekerheid volgt uit verschillen tussen scholen",
        )
    return used
