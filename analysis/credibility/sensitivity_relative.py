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
_NODES, _NODE_WEIGHTS = special.roots_legendre(400)  # quicker than numpy's, which takes a dense matrix
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


class _Union:
    """All elements at once; an effect is accepted where any of them accepts it.

    Parameters
    ----------
    elements : list of _Element, length E
        All with the same number of vertices.
    alpha : float
        Of the conditional test.
    """

    def __init__(self, elements: list[_Element], alpha: float) -> None:
        vertices = np.array([element.vertices for element in elements])  # (E, V, 2)
        cross = vertices @ np.array([element.covariance for element in elements]) @ vertices.swapaxes(1, 2)
        variance = np.diagonal(cross, axis1=1, axis2=2)
        moving = variance > _FLAT * variance.max(axis=1, keepdims=True)
        safe = np.where(moving, variance, 1.0)
        # By the vertex that is the largest, (E, V): whether it varies and its standard deviation; and
        # (E, V, V): how each other vertex moves with it.
        self._moving, self._sd = moving, np.sqrt(safe)
        self._ratio = cross / safe[:, :, None]
        gap = 1 - self._ratio
        self._below, self._above = gap > _FLAT, gap < -_FLAT
        self._gap = np.where(np.abs(gap) > _FLAT, gap, 1.0)
        self._a = np.array([element.a for element in elements])[:, None]
        self._slope = vertices[:, None, :, 0]
        self._level = np.array([element.vertices[:, 1] * element.b for element in elements])[:, None]
        self._first_stage = np.array([element.first_stage for element in elements])[:, None]
        self._each = np.arange(len(elements))[:, None]
        self._alpha = alpha

    def accepts(self, theta: np.ndarray) -> np.ndarray:
        """Whether each theta is not rejected, shape (n,)."""
        values = (self._a - theta)[:, :, None] * self._slope + self._level  # (E, n, V)
        star = self._each, values.argmax(axis=2)
        statistic = values.max(axis=2)
        # Where the other vertices would take over as the largest, holding fixed all that is independent of
        # the largest one: the statistic is a normal truncated to lie between.
        turn = (values - self._ratio[star] * statistic[:, :, None]) / self._gap[star]
        low = np.where(self._below[star], turn, -np.inf).max(axis=2)
        high = np.where(self._above[star], turn, np.inf).min(axis=2)
        high = np.minimum(high, self._first_stage)
        sd = self._sd[star]
        tail = _truncated_tail(statistic / sd, low / sd, high / sd)
        rejected = (statistic > 0) & (~self._moving[star] | (tail < self._alpha))
        return (~(rejected | (statistic > self._first_stage))).any(axis=0)


def conditional_interval(
    beta: np.ndarray, sigma: np.ndarray, pre: int, target: np.ndarray, mbar: float, alpha: float, hybrid: bool
) -> tuple[float, float]:
    """The interval; see :func:`analysis.credibility.sensitivity.relative_magnitudes_interval`."""
    first = alpha / 10 if hybrid else 0.0
    elements = [
        _element(beta, sigma, pre, target, mbar, at, sign, first) for at in range(pre) for sign in (1.0, -1.0)
    ]
    second = (alpha - first) / (1 - first)

    union = _Union(elements, second)
    # Every effect in the plug-in identified set is accepted: its statistic is not positive.
    total = _total(target)
    centre = elements[0].a
    half = mbar * total * max(element.b for element in elements)
    spread = max(
        np.sqrt(element.covariance[0, 0]) + mbar * total * np.sqrt(element.covariance[1, 1])
        for element in elements
    )
    brackets = [
        _bracket(union, centre - half, -10 * spread),
        _bracket(union, centre + half, 10 * spread),
    ]
    inside, outside = np.array(brackets).T
    ends = np.flatnonzero(np.isfinite(outside))
    for _ in range(_HALVINGS if len(ends) else 0):
        middle = (inside[ends] + outside[ends]) / 2
        accepted = union.accepts(middle)
        inside[ends] = np.where(accepted, middle, inside[ends])
        outside[ends] = np.where(accepted, outside[ends], middle)
    return float(inside[0]), float(inside[1])


def _bracket(union: _Union, start: float, reach: float) -> tuple[float, float]:
    """The outermost accepted point of a grid beyond `start` and the one after; infinite if there is none."""
    for _ in range(_WIDENINGS):
        grid = start + reach * np.arange(_STEPS + 1) / _STEPS
        inside = np.flatnonzero(union.accepts(grid))
        last = int(inside[-1]) if len(inside) else 0
        if last < _STEPS:
            return grid[last], grid[last + 1]
        reach *= 2
    return (float(np.copysign(np.inf, reach)),) * 2


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


def _truncated_tail(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """``P(Z > x)`` for a standard normal truncated to [low, high], in logs so that far tails keep digits."""
    low = np.minimum(low, x)
    high = np.maximum(high, x)
    base = special.log_ndtr(-low)
    with np.errstate(invalid="ignore", divide="ignore"):
        end = np.exp(special.log_ndtr(-high) - base)
        tail = (np.exp(special.log_ndtr(-x) - base) - end) / (1 - end)
    return np.where(low < high, tail, 1.0)
