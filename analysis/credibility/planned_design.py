"""What a measurement that is still to be made could see: by formula, and with the estimators themselves.

Two kinds of design. In a lottery of order all clusters (schools, places) are measured together some times;
the order in which they begin is drawn, and who waits is the comparison. At a threshold those just above it
are compared with those just below. The formula takes the standard error that the estimator has under the
declared variances; the simulation lets the estimator and its test loose on drawn outcomes.

References
----------
Hooper, Teerenstra, de Hoop & Eldridge (2016), Statistics in Medicine 35: variance of a cluster mean by
intraclass correlation, cluster and individual autocorrelation. Schochet (2009), Journal of Educational and
Behavioral Statistics 34: sample sizes of regression discontinuity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize, stats

from analysis.credibility.noise import Noise
from analysis.credibility.power import design_se, simulate_power
from analysis.credibility.replicate import Seeds, as_integers, replicate
from analysis.estimate.did.panel import NEVER
from analysis.estimate.discontinuity import discontinuity
from analysis.inference.cluster_panel import ClusterPanel
from analysis.inference.setting import MIN_CLUSTERS, Setting
from analysis.unknown import NotEstimableError

SETTING = Setting("not_yet")
TEST = "lottery"
MOST = 20_000  # units; a design that needs more is no design
_CERTAIN, _NEVER_WRONG = 15.0, 4.0  # standard errors; beyond these the noncentral t is not computed
TOO_MANY = NotEstimableError(
    f"more than {MOST} units are needed", reason="er zijn meer eenheden nodig dan er zijn"
)


@dataclass(frozen=True)
class Simulated:
    """What the simulation found.

    Attributes
    ----------
    power, power_se : float
        Share of draws in which the test rejects, and its Monte Carlo error.
    size, size_se : float
        The same without an effect.
    """

    power: float
    power_se: float
    size: float
    size_se: float
    draws: int


@dataclass(frozen=True)
class CellNoise:
    """Where the noise of a cluster in one measurement comes from.

    Attributes
    ----------
    sd : float
        Of the outcome between persons, in its unit.
    icc : float
        Share of the variance that lies between clusters.
    cluster_memory, person_memory : float
        Share of the variance between clusters, and between persons of a cluster, that is the same at every
        measurement. Persons that are measured once have no memory: 0.
    persons : int
        Measured in a cluster, each time.
    """

    sd: float
    icc: float
    cluster_memory: float
    person_memory: float
    persons: int

    def __post_init__(self) -> None:
        if not self.sd > 0 or self.persons < 1:
            raise ValueError(f"sd {self.sd} of {self.persons} persons: above zero, and one at least")
        for name in ("icc", "cluster_memory", "person_memory"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: from 0 to below 1")

    @property
    def variance(self) -> float:
        """Of a cluster mean, beyond what is the same at every measurement."""
        between = self.icc * (1 - self.cluster_memory)
        within = (1 - self.icc) * (1 - self.person_memory) / self.persons
        return self.sd**2 * (between + within)


@dataclass(frozen=True)
class Lottery:
    """Clusters in groups of even size, drawn by lot, that begin one after another.

    All are measured once before the first group begins, and again after each group but the last began: the
    last group waits until the measurements are done.

    Attributes
    ----------
    variance : float
        Of a cluster mean at one measurement, beyond cluster and measurement effects.
    """

    groups: int
    variance: float

    def __post_init__(self) -> None:
        if self.groups < 2 or not self.variance > 0:
            raise ValueError(f"{self.groups} groups with variance {self.variance}: two, and above zero")

    @property
    def step(self) -> int:
        """Clusters are added a group at a time, so that groups stay even."""
        return self.groups

    @property
    def least(self) -> int:
        """Fewest clusters with which the tests of this package may be read: as at any answer."""
        return self.groups * MIN_CLUSTERS

    def panel(self, units: int) -> ClusterPanel:
        """The design with so many clusters; its outcome is zero."""
        group = np.arange(units) % self.groups
        start = np.where(group < self.groups - 1, group + 1.0, NEVER)
        return ClusterPanel(
            clusters=tuple(f"cluster {place:05d}" for place in range(units)),
            times=np.arange(self.groups, dtype=float),
            start=start,
            cluster=np.arange(units),
            outcome=np.zeros((units, self.groups)),
            weight=np.ones((units, self.groups)),
            size=np.ones(units),
            count=np.ones(units, dtype=int),
            observations=units * self.groups,
        )

    def se(self, units: int) -> float:
        """Of the group-time effect against who still waits."""
        _require(units, self.least)
        if units % self.groups:
            return design_se(self.panel(units), SETTING, np.full((units, 1), self.variance))
        return self._least_se * float(np.sqrt(self.least / units))  # groups of even size: a mean of means

    @cached_property
    def _least_se(self) -> float:
        return design_se(self.panel(self.least), SETTING, np.full((self.least, 1), self.variance))

    def freedom(self, units: int) -> int:
        return units - self.groups

    def simulate(
        self, units: int, effect: float, *, alpha: float, draws: int, reassigned: int, seed: int
    ) -> Simulated:
        """Let the group-time estimator and its randomisation test answer drawn outcomes."""
        _require(units, self.least)
        panel = self.panel(units)
        found = simulate_power(
            panel,
            Noise(panel, sd=float(np.sqrt(self.variance))),
            [0.0, effect],
            {TEST: SETTING},
            alpha=alpha,
            reassigned=reassigned,
            draws=draws,
            seed=seed,
        )[TEST]
        last = found.table.iloc[-1]
        return Simulated(float(last["power"]), float(last["power_se"]), found.size, found.size_se, draws)


@dataclass(frozen=True)
class Threshold:
    """Applications with scores spread evenly around a threshold, half of them at or above it.

    Attributes
    ----------
    sd : float
        Of the outcome among applications with one score.
    """

    sd: float

    step = 2
    least = 20

    def __post_init__(self) -> None:
        if not self.sd > 0:
            raise ValueError(f"sd is {self.sd}: above zero")

    def se(self, units: int) -> float:
        """Of the jump: a line through evenly spread scores has four times the variance at its end."""
        _require(units, self.least)
        return float(self.sd * np.sqrt(4 * (2 / units + 2 / units)))

    def freedom(self, units: int) -> int:
        return units - 4

    def simulate(
        self, units: int, effect: float, *, alpha: float, draws: int, reassigned: int, seed: int
    ) -> Simulated:
        """Let the local linear estimator and its t-test answer drawn outcomes; there is no re-assignment."""
        _require(units, self.least)
        found = replicate(_Jumps(self.sd, units, effect), draws=draws, seed=seed) <= alpha
        size, power = found.mean(axis=0)
        errors = np.sqrt(found.mean(axis=0) * (1 - found.mean(axis=0)) / draws)
        return Simulated(float(power), float(errors[1]), float(size), float(errors[0]), draws)


@dataclass(frozen=True)
class _Jumps:
    sd: float
    units: int
    effect: float

    def __call__(self, seeds: Seeds) -> np.ndarray:
        """p-values without and with the effect; shape (seeds, 2)."""
        half = self.units // 2
        found = np.empty((len(seeds), 2))
        for place, seed in enumerate(as_integers(seeds, 1)[0]):
            rng = np.random.default_rng(seed)
            score = np.concatenate([rng.uniform(-1, 0, half), rng.uniform(0, 1, self.units - half)])
            noise = self.sd * rng.standard_normal(self.units)
            for column, effect in enumerate((0.0, self.effect)):
                answer = discontinuity(score, noise + effect * (score >= 0), threshold=0.0, bandwidth=1.0)
                found[place, column] = answer.p_value
        return found


Plan = Lottery | Threshold


def power(plan: Plan, units: int, effect: float, *, alpha: float) -> float:
    """Chance that the test rejects, by formula: the noncentral t with the standard error of the design."""
    freedom = plan.freedom(units)
    shift = min(abs(effect) / plan.se(units), _CERTAIN)
    critical = stats.t.ppf(1 - alpha / 2, freedom)
    # In the wrong direction: beyond some standard errors less than a millionth, and not computed.
    wrong = stats.nct.cdf(-critical, freedom, shift) if shift < _NEVER_WRONG else 0.0
    return float(stats.nct.sf(critical, freedom, shift) + wrong)


def units_needed(plan: Plan, effect: float, *, alpha: float, target: float) -> int:
    """Fewest units with which an effect of this size is seen with the chance asked for.

    Raises
    ------
    NotEstimableError
        If more than :data:`MOST` are needed.
    """
    if not effect > 0:
        raise ValueError(f"effect is {effect}: above zero")
    low, high = _steps(plan, plan.least), _steps(plan, MOST)
    # Power by the normal distribution says where to look; the search then takes some twenty steps at most.
    if _chance(plan, low, effect, alpha) >= target:
        return low * plan.step
    guess = _ahead(plan, low, effect, alpha, target)
    if guess > high:
        raise TOO_MANY
    while _chance(plan, guess, effect, alpha) < target:
        guess += 1
    while guess > low and _chance(plan, guess - 1, effect, alpha) >= target:
        guess -= 1
    return guess * plan.step


def detectable(plan: Plan, units: int, *, alpha: float, target: float) -> float:
    """The least effect that so many units see with the chance asked for.

    Raises
    ------
    NotEstimableError
        If there are fewer units than the tests of this package need.
    """
    se = plan.se(units)

    def short(ratio: float) -> float:
        return power(plan, units, ratio * se, alpha=alpha) - target

    return float(optimize.brentq(short, 1e-6, _CERTAIN)) * se


def _steps(plan: Plan, units: int) -> int:
    return -(-units // plan.step)


def _chance(plan: Plan, steps: int, effect: float, alpha: float) -> float:
    return power(plan, steps * plan.step, effect, alpha=alpha)


def _ahead(plan: Plan, low: int, effect: float, alpha: float, target: float) -> int:
    """Steps that the normal distribution asks for: the variance falls as the units grow."""
    asked = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(target)
    units = plan.least * (asked * plan.se(plan.least) / effect) ** 2
    return max(low, _steps(plan, int(np.ceil(units))))


def _require(units: int, least: int) -> None:
    if units < least:
        raise NotEstimableError(
            f"{units} units: {least} at least, {MIN_CLUSTERS} in every group of a lottery",
            reason=f"met minder dan {least} is geen toets betrouwbaar",
        )
