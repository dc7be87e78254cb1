"""Interval when trends may diverge after adoption at most M-bar times as much as at worst before it.

Rambachan & Roth (2023, sections 3.2 and 4.2) with the test of Andrews, Roth & Pakes (2023). The restriction
is a union over the pre-period change that is the largest and over its sign. Within one element of the union
the post-period changes ``d`` obey ``|d_j| <= mbar * b`` with b that signed pre-period change. An effect theta
is tested by moment inequalities, with the other post-period effects free. The free effects leave few
combinations of inequalities, the vertices of the dual linear programme, and these can be written down:

* ``+-(a - theta) - mbar * total * b``, with a the target's estimate and total the sum of ``|lambda_j|``,
  where ``target @ delta = lambda @ d``;
* ``-2 mbar * b`` once for each post-period change that the target does not wholly consist of,

each divided by the summed standard deviations of its inequalities. So the test is about two numbers, a and b,
and needs neither a linear programme nor simulation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

_STEPS = 400  # grid outward of the identified set
_HALVINGS = 35
_WIDENINGS = 12
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(400)
_FLAT = 1e-12


@dataclass(frozen=True)
class _Element:
    """One element of the union.

    Attributes
    ----------
    a, b : float
        Target and signed pre-period change, as estimated.
    vertices : ndarray, shape (V, 2)
        Weights on ``(a - theta, b)``; the statistic is the largest of the products.
    covariance : ndarray, shape (2, 2)
        Of a and b.
    first_stage : float
        Least favourable critical value; infinite for the purely conditional test.
    """

    a: float
    b: float
    vertices: np.ndarray
    covariance: np.ndarray
    first_stage: float


def conditional_interval(
    beta: np.ndarray, sigma: np.ndarray, pre: int, target: np.ndarray, mbar: float, alpha: float, hybrid: bool
) -> tuple[float, float]:
    """The interval; see :func:`analysis.credibility.sensitivity.relative_magnitudes_interval`."""
    first = alpha / 10 if hybrid else 0.0
    elements = [
        _element(beta, sigma, pre, target, mbar, at, sign, first) for at in range(pre) for sign in (1.0, -1.0)
    ]
    second = (alpha - first) / (1 - first)

    def accepted(theta: np.ndarray) -> np.ndarray:
        return np.any([_accepts(element, theta, second) for element in elements], axis=0)

    # Every effect in the plug-in identified set is accepted: its statistic is not positive.
    total = _total(target)
    centre = elements[0].a
    half = mbar * total * max(element.b for element in elements)
    spread = max(
        np.sqrt(element.covariance[0, 0]) + mbar * total * np.sqrt(element.covariance[1, 1])
        for element in elements
    )
    return _edge(accepted, centre - half, -10 * spread), _edge(accepted, centre + half, 10 * spread)


def _edge(accepted, start: float, reach: float) -> float:
    """The outermost accepted point beyond `start`; infinite where acceptance does not end."""
    for _ in range(_WIDENINGS):
        grid = start + reach * np.arange(_STEPS + 1) / _STEPS
        inside = np.flatnonzero(accepted(grid))
        last = int(inside[-1]) if len(inside) else 0
        if last < _STEPS:
            low, high = grid[last], grid[last + 1]
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                if accepted(np.array([middle]))[0]:
                    low = middle
                else:
                    high = middle
            return float(low)
        reach *= 2
    return float(np.copysign(np.inf, reach))


def _total(target: np.ndarray) -> float:
    return float(np.abs(_on_changes(target)).sum())


def _on_changes(target: np.ndarray) -> np.ndarray:
    """Weights on the post-period changes that equal `target` on the post-period levels."""
    return np.cumsum(target[::-1])[::-1]


def _element(
    beta: np.ndarray,
    sigma: np.ndarray,
    pre: int,
    target: np.ndarray,
    mbar: float,
    at: int,
    sign: float,
    first_alpha: float,
) -> _Element:
    post, size = len(target), len(beta)
    pre_change = np.zeros(size)  # the reference period, after the last pre-period, is zero
    pre_change[at] = -sign
    if at + 1 < pre:
        pre_change[at + 1] = sign
    changes = np.zeros((post, size))
    changes[np.arange(post), pre + np.arange(post)] = 1.0
    changes[np.arange(1, post), pre + np.arange(post - 1)] = -1.0
    whole = np.concatenate([np.zeros(pre), target])
    up = _spread(changes - mbar * pre_change, sigma)
    down = _spread(-changes - mbar * pre_change, sigma)
    on_changes = _on_changes(target)
    magnitude = np.abs(on_changes)
    total = magnitude.sum()
    above = magnitude @ np.where(on_changes > 0, up, down)
    below = magnitude @ np.where(on_changes > 0, down, up)
    vertices = [(1 / above, -mbar * total / above), (-1 / below, -mbar * total / below)]
    involved = np.flatnonzero(magnitude > _FLAT * total)
    pairs = [j for j in range(post) if not (len(involved) == 1 and j == involved[0])]
    vertices += [(0.0, -2 * mbar / (up[j] + down[j])) for j in pairs]
    both = np.stack([whole, pre_change])
    covariance = both @ sigma @ both.T
    vertices = np.array(vertices)
    return _Element(
        a=float(whole @ beta),
        b=float(pre_change @ beta),
        vertices=vertices,
        covariance=covariance,
        first_stage=_least_favourable(vertices, covariance, first_alpha) if first_alpha > 0 else np.inf,
    )


def _spread(rows: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ij,jk,ik->i", rows, sigma, rows))


def _least_favourable(vertices: np.ndarray, covariance: np.ndarray, alpha: float) -> float:
    """The 1 - alpha quantile of the statistic when every inequality binds, by integrating over b."""
    sd_b = float(np.sqrt(covariance[1, 1]))
    slope = covariance[0, 1] / covariance[1, 1]
    sd_a = float(np.sqrt(max(covariance[0, 0] - slope * covariance[0, 1], 0.0)))
    (up, up_b), (down, down_b) = vertices[0], vertices[1]
    only_b = vertices[2:, 1]

    def below(c: float) -> float:
        low = -9 * sd_b
        if len(only_b) and only_b.min() < 0:
            low = max(low, c / only_b.min())
        b = low + (9 * sd_b - low) * (_NODES + 1) / 2
        mean = slope * b
        upper, lower = (c - up_b * b) / up, (c - down_b * b) / down
        inside = special.ndtr((upper - mean) / sd_a) - special.ndtr((lower - mean) / sd_a)
        density = np.maximum(inside, 0.0) * np.exp(-0.5 * (b / sd_b) ** 2) / (np.sqrt(2 * np.pi) * sd_b)
        return float(density @ _NODE_WEIGHTS * (9 * sd_b - low) / 2)

    scale = float(np.sqrt(np.einsum("vi,ij,vj->v", vertices, covariance, vertices)).max())
    return optimize.brentq(lambda c: below(c) - (1 - alpha), 0.0, 12 * scale, xtol=1e-10 * scale)


def _accepts(element: _Element, theta: np.ndarray, alpha: float) -> np.ndarray:
    """Whether each theta is not rejected, shape (n,)."""
    point = np.stack([element.a - theta, np.full(len(theta), element.b)])
    values = (element.vertices @ point).T
    cross = element.vertices @ element.covariance @ element.vertices.T
    variance = np.diag(cross)
    star = values.argmax(axis=1)
    statistic = values[np.arange(len(theta)), star]
    moving = variance[star] > _FLAT * variance.max()
    ratio = cross[star] / np.where(moving, variance[star], 1.0)[:, None]
    gap = 1 - ratio
    # Where the other vertices would take over as the largest, holding fixed all that is independent of the
    # largest one: the statistic is a normal truncated to lie between.
    turn = (values - ratio * statistic[:, None]) / np.where(np.abs(gap) > _FLAT, gap, 1.0)
    low = np.where(gap > _FLAT, turn, -np.inf).max(axis=1)
    high = np.minimum(np.where(gap < -_FLAT, turn, np.inf).min(axis=1), element.first_stage)
    sd = np.sqrt(np.where(moving, variance[star], 1.0))
    tail = _truncated_tail(statistic / sd, low / sd, high / sd)
    rejected = np.where(moving, (statistic > 0) & (tail < alpha), statistic > 0)
    return ~(rejected | (statistic > element.first_stage))


def _truncated_tail(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """``P(Z > x)`` for a standard normal truncated to [low, high], in logs so that far tails keep digits."""
    low = np.minimum(low, x)
    high = np.maximum(high, x)
    base = special.log_ndtr(-low)
    with np.errstate(invalid="ignore", divide="ignore"):
        end = np.exp(special.log_ndtr(-high) - base)
        tail = (np.exp(special.log_ndtr(-x) - base) - end) / (1 - end)
    return np.where(low < high, tail, 1.0)
