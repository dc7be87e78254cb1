"""One front door: every p-value for one outcome side by side, and which of them to report.

The reported p-value is the randomisation test studentised by CRV3. Share of 5,000 panels without an effect in
which each test rejects at 5 % (342 municipalities, ten years, province-by-year shocks independent over years;
``benchmarks/inference.py size`` gives all designs, and shocks that persist):

========================  ====  ====  ===========  =====================  =====================
adopting provinces        CRV1  CRV3  wild, exact  randomisation by CRV1  randomisation by CRV3
========================  ====  ====  ===========  =====================  =====================
2 by lot                  .241  .102  .014         .049                   .045
3 by lot                  .160  .078  .044         .048                   .051
5 by lot                  .100  .058  .061         .048                   .048
8 by lot                  .114  .059  .054         .047                   .046
10 by lot                 .228  .096  .016         .049                   .046
GR, DR, FL, ZE, NB fixed  .127  .057  .043         .062                   .048
the 6 largest, fixed      .079  .054  .054         .044                   .049
========================  ====  ====  ===========  =====================  =====================

It alone lies between .04 and .06 in every design of five or more, also where the adopting provinces are fixed
and small, so that re-assignment is not how they came about; studentising by CRV3 is what makes the difference
there. With fewer than five provinces on either side the tests contradict one another and power is next to
nothing: no statement is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.inference.answers import MIN_CLUSTERS as MIN_TREATED_CLUSTERS
from analysis.inference.assignments import MAX_EXACT
from analysis.inference.cluster_panel import cluster_panel
from analysis.inference.crv import cluster_robust_from
from analysis.inference.moments import cluster_moments
from analysis.inference.panel import dense_panel
from analysis.inference.randomisation import randomisation_inference_from
from analysis.inference.setting import Setting
from analysis.inference.wild_bootstrap import wild_cluster_bootstrap_from

Interval = tuple[float, float]


@dataclass(frozen=True)
class Inference:
    """The two-way fixed effects estimate of one outcome, with inference at the level of assignment.

    An interval's end is infinite where its test cannot reject at this level, however far the hypothesis.

    Attributes
    ----------
    outcome : str
    estimate, se_crv1 : float
    se_crv3 : float or None
        None where leaving out some cluster leaves no treatment contrast.
    p_crv1, p_crv3, p_wild, p_wild_unrestricted, p_randomisation_t, p_randomisation : float
        t(G - 1) twice; wild cluster bootstrap with and without the null imposed; randomisation test
        studentised and not. `p_crv3` may be None.
    interval_crv1, interval_crv3, interval_wild, interval_randomisation_t, interval_randomisation
        Confidence intervals; those of the last three by inversion.
    smallest_p_wild, smallest_p_randomisation : float
        Least p-value each test can give with this design.
    wild_exact, randomisation_exact : bool
        Whether all sign vectors and all re-assignments were used.
    wild_draws, randomisation_draws : int
    wild_monte_carlo_se, randomisation_monte_carlo_se : float
        Zero when exact.
    rows, units, clusters : int
    treated_clusters : int
        Clusters that adopt within the panel's periods.
    comparison_clusters : int
        Clusters that have not adopted yet when the first do.
    alpha : float
    """

    outcome: str
    estimate: float
    se_crv1: float
    se_crv3: float | None
    p_crv1: float
    p_crv3: float | None
    p_wild: float
    p_wild_unrestricted: float
    p_randomisation_t: float
    p_randomisation: float
    interval_crv1: Interval
    interval_crv3: Interval | None
    interval_wild: Interval
    interval_randomisation_t: Interval
    interval_randomisation: Interval
    smallest_p_wild: float
    smallest_p_randomisation: float
    wild_exact: bool
    randomisation_exact: bool
    wild_draws: int
    randomisation_draws: int
    wild_monte_carlo_se: float
    randomisation_monte_carlo_se: float
    rows: int
    units: int
    clusters: int
    treated_clusters: int
    comparison_clusters: int
    alpha: float

    @property
    def p_value(self) -> float:
        """The reported p-value: the studentised randomisation test."""
        return self.p_randomisation_t

    @property
    def interval(self) -> Interval:
        """The reported interval: every constant effect that the reported test does not reject."""
        return self.interval_randomisation_t

    @property
    def smallest_p(self) -> float:
        """The least p-value the reported test can give."""
        return self.smallest_p_randomisation

    @property
    def significant(self) -> bool | None:
        """Whether the reported p-value is at most alpha; None where no such statement may be made."""
        return None if self.refusal is not None else self.p_value <= self.alpha

    @property
    def refusal(self) -> str | None:
        """Why no significance statement may be made, in Dutch; None where one may."""
        few = min(self.treated_clusters, self.comparison_clusters)
        if few < MIN_TREATED_CLUSTERS:
            what = "ingestapt" if few == self.treated_clusters else "(nog) niet ingestapt"
            verb = "is" if few == 1 else "zijn"
            return (
                f"Geen uitspraak over significantie: {few} van de {self.clusters} provincies {verb} {what}, "
                f"en met minder dan {MIN_TREATED_CLUSTERS} is geen toets betrouwbaar."
            )
        if self.smallest_p > self.alpha:
            return (
                f"Geen uitspraak over significantie: de kleinste p-waarde die deze opzet kan geven is "
                f"{_decimal(self.smallest_p)}, groter dan {_decimal(self.alpha, 2)}."
            )
        return None

    @property
    def significance_statement(self) -> str:
        """One or two Dutch sentences for the report; a refusal where a statement may not be made."""
        if self.refusal is not None:
            return self.refusal
        verdict = "Het verschil is" if self.significant else "Het verschil is niet"
        return (
            f"{verdict} statistisch significant op het niveau van {100 * self.alpha:g}% "
            f"(p {_shown(self.p_value)}; randomisatietoets over {self.clusters} provincies, "
            f"waarvan {self.treated_clusters} ingestapt). "
            f"De kleinste p-waarde die deze opzet kan geven: p {_shown(self.smallest_p)}."
        )

    def table(self) -> pd.DataFrame:
        """Every test a row: method, p, low, high, smallest_p, reported."""
        records = [
            ("crv1", self.p_crv1, self.interval_crv1, None),
            ("crv3", self.p_crv3, self.interval_crv3, None),
            ("wild_restricted", self.p_wild, self.interval_wild, self.smallest_p_wild),
            ("wild_unrestricted", self.p_wild_unrestricted, None, self.smallest_p_wild),
            (
                "randomisation_t",
                self.p_randomisation_t,
                self.interval_randomisation_t,
                self.smallest_p_randomisation,
            ),
            (
                "randomisation",
                self.p_randomisation,
                self.interval_randomisation,
                self.smallest_p_randomisation,
            ),
        ]
        return pd.DataFrame(
            [
                (name, p, *(ends or (None, None)), least, name == "randomisation_t")
                for name, p, ends, least in records
            ],
            columns=["method", "p", "low", "high", "smallest_p", "reported"],
        ).astype({"p": float, "low": float, "high": float, "smallest_p": float})


def infer(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    cohort: str,
    outcome: str,
    cluster: str,
    weights: str | None = None,
    alpha: float = 0.05,
    max_exact: int = MAX_EXACT,
    draws: int = 19_999,
    seed: int = 0,
) -> Inference:
    """All inference for one outcome: CRV1, CRV3, exact wild bootstrap and exact randomisation test.

    Parameters
    ----------
    frame : DataFrame
        One row a unit and period, balanced or not.
    unit, time, outcome : str
        Columns.
    cohort : str
        First treated period; missing means never treated. Constant within clusters.
    cluster : str
        The level at which treatment was assigned, for instance the province.
    weights : str, optional
        Positive weights.
    alpha : float
        Level of the tests; the intervals cover ``1 - alpha``.
    max_exact, draws, seed
        Above `max_exact` re-assignments, or 16 clusters for the bootstrap, draws are sampled.

    Raises
    ------
    ValueError
        For unusable input (see :func:`analysis.inference.cluster_panel.cluster_panel`), and where units of
        one cluster adopt at different times: inference below the level of assignment overstates precision.
    NotEstimableError
        Where leaving out a cluster leaves no estimate.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it must lie between 0 and 1")
    columns = {
        "unit": unit,
        "time": time,
        "cohort": cohort,
        "outcome": outcome,
        "cluster": cluster,
        "weights": weights,
    }
    panel = cluster_panel(frame, **columns)
    dense = dense_panel(frame, **columns)
    moments = cluster_moments(dense)
    level = 1 - alpha
    robust = cluster_robust_from(moments, level=level)
    wild = wild_cluster_bootstrap_from(moments, level=level, seed=seed)
    unrestricted = wild_cluster_bootstrap_from(moments, restricted=False, level=level, seed=seed)
    permuted = randomisation_inference_from(
        panel, Setting("two_way"), max_exact=max_exact, draws=draws, seed=seed, level=level
    )
    return Inference(
        outcome=outcome,
        estimate=robust.estimate,
        se_crv1=robust.se_crv1,
        se_crv3=robust.se_crv3,
        p_crv1=robust.p_crv1,
        p_crv3=robust.p_crv3,
        p_wild=wild.p_value,
        p_wild_unrestricted=unrestricted.p_value,
        p_randomisation_t=permuted.p_studentised,
        p_randomisation=permuted.p_unstudentised,
        interval_crv1=robust.interval_crv1,
        interval_crv3=robust.interval_crv3,
        interval_wild=wild.interval,
        interval_randomisation_t=permuted.interval_studentised,
        interval_randomisation=permuted.interval_unstudentised,
        smallest_p_wild=wild.smallest_p,
        smallest_p_randomisation=permuted.smallest_p,
        wild_exact=wild.exact,
        randomisation_exact=permuted.exact,
        wild_draws=wild.draws,
        randomisation_draws=permuted.draws,
        wild_monte_carlo_se=wild.monte_carlo_se,
        randomisation_monte_carlo_se=permuted.monte_carlo_se,
        rows=dense.rows,
        units=panel.units,
        clusters=moments.clusters,
        treated_clusters=panel.treated_clusters,
        comparison_clusters=panel.comparison_clusters,
        alpha=alpha,
    )


def _shown(p: float) -> str:
    return "< 0,001" if p < 0.001 else f"= {_decimal(p)}"


def _decimal(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".replace(".", ",")
