"""Re-assignment of histories as plainly as it comes: frames, dummies and loops, one at a time."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
from scipy import optimize, special


def worlds(frame: pd.DataFrame, begin: dict, anticipation: int = 0) -> list[pd.DataFrame]:
    """The frame under every re-assignment: starts stay, histories move; `begin` by province, inf is never."""
    provinces = sorted(begin)
    size = frame.groupby("province")["unit"].nunique()
    scale = volatilities(frame, begin, anticipation)
    history = residual(frame, frame["unit"]).groupby([frame["province"], frame["year"]]).mean()
    found = []
    for starts in sorted(set(permutations(begin[place] for place in provinces))):
        lent = dict(zip(provinces, starts, strict=True))
        whose = {}
        for start in set(starts):
            places = [place for place in provinces if begin[place] == start]
            lenders = [place for place in provinces if lent[place] == start]
            by_size = (sorted(part, key=lambda place: (size[place], place)) for part in (places, lenders))
            whose |= dict(zip(*by_size, strict=True))
        moved = []
        for place, year, y in zip(frame["province"], frame["year"], frame["y"], strict=True):
            other = whose[place]
            swing = scale[place] / scale[other] * history.get((other, year), 0.0)
            moved.append(y - history[place, year] + swing)
        found.append(frame.assign(y=moved))
    return found


def residual(frame: pd.DataFrame, unit: pd.Series) -> pd.Series:
    """What dummies of units and years leave of the outcome when every province weighs the same."""
    dummies = pd.get_dummies(pd.DataFrame({"unit": unit.astype(str), "year": frame["year"].astype(str)}))
    x, y = dummies.to_numpy(float), frame["y"].to_numpy()
    size = frame["province"].map(frame.groupby("province")["unit"].nunique())
    root = 1 / np.sqrt(size.to_numpy())
    slopes = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
    return pd.Series(y - x @ slopes, index=frame.index)


def volatilities(frame: pd.DataFrame, begin: dict, anticipation: int = 0) -> dict:
    """Of each province, by years within stretches without a start, moderated as in Smyth (2004)."""
    cuts = sorted({start - lead for start in begin.values() for lead in (0, anticipation)})
    stretch = frame["year"].map(lambda year: sum(cut <= year for cut in cuts))
    left = residual(frame, frame["unit"].astype(str) + "/" + stretch.astype(str))
    means = left.groupby([frame["province"], stretch, frame["year"]]).mean()
    squares, freedom = {}, {}
    for place in sorted(begin):
        runs = [run.to_numpy() for _, run in means[place].groupby(level=0)]
        squares[place] = sum(((run - run.mean()) ** 2).sum() for run in runs)
        freedom[place] = sum(len(run) - 1 for run in runs)
    own = {place: squares[place] / freedom[place] for place in squares}
    half = {place: freedom[place] / 2 for place in squares}
    level = [np.log(own[p]) - special.digamma(half[p]) + np.log(half[p]) for p in squares]
    excess = np.var(level, ddof=1) - np.mean([special.polygamma(1, half[p]) for p in squares])
    if excess <= 0:
        return dict.fromkeys(squares, 1.0)
    prior = 2 * optimize.brentq(lambda x: special.polygamma(1, x) - excess, 1e-6, 1e6, xtol=1e-13)
    common = np.exp(np.mean(level) + special.digamma(prior / 2) - np.log(prior / 2))
    return {p: np.sqrt((prior * common + freedom[p] * own[p]) / (prior + freedom[p])) for p in squares}
