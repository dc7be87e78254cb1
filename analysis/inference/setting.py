"""What is estimated, and how: one small record that every test, table and simulation takes."""

from __future__ import annotations

from dataclasses import dataclass

ESTIMATORS = ("two_way", "never", "not_yet", "imputation")
TARGETS = ("effect", "exposure", "interaction", "before")
MIN_CLUSTERS = 5  # on either side: below it the tests contradict one another and power is next to nothing


@dataclass(frozen=True)
class Setting:
    """What is estimated, and how.

    Attributes
    ----------
    estimator : {"two_way", "never", "not_yet", "imputation"}
        Two-way regression; group-time effects against never- or not-yet-treated clusters, averaged by
        weight ("simple"); imputation from untreated cells.
    anticipation : int
        Periods before the start in which clusters may react already; counted in periods of the panel,
        whatever their distance.
    spillover : bool
        Also estimate what treated neighbours do to untreated clusters (regression and imputation only).
    target : {"effect", "exposure", "interaction", "before"}
        The effect itself; the effect of a wholly treated neighbourhood on an untreated cluster (two_way
        with spillover); how much the effect differs where the first covariate is one (two_way); or the
        mean effect in the periods of anticipation (group-time only).
    """

    estimator: str = "not_yet"
    anticipation: int = 0
    spillover: bool = False
    target: str = "effect"

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise ValueError(f"estimator {self.estimator!r} is unknown: use one of {', '.join(ESTIMATORS)}")
        if self.target not in TARGETS:
            raise ValueError(f"target {self.target!r} is unknown: use one of {', '.join(TARGETS)}")
        if isinstance(self.anticipation, bool) or self.anticipation != int(self.anticipation):
            raise ValueError(f"anticipation is {self.anticipation}: a whole number of periods")
        if self.anticipation < 0:
            raise ValueError(f"anticipation is {self.anticipation}: zero or more periods")
        if self.spillover and not self.by_regression:
            raise ValueError(f"{self.estimator} takes no regressors: spillover needs two_way or imputation")
        if self.target == "exposure" and not (self.spillover and self.estimator == "two_way"):
            raise ValueError("target 'exposure' needs estimator 'two_way' with spillover")
        if self.target == "interaction" and self.estimator != "two_way":
            raise ValueError("target 'interaction' needs estimator 'two_way'")
        if self.target == "before" and (self.by_regression or not self.anticipation):
            raise ValueError(
                "target 'before' needs group-time effects with one or more periods of anticipation"
            )

    @property
    def by_regression(self) -> bool:
        return self.estimator in ("two_way", "imputation")

    def require_regressors(self, *, covariates: bool, neighbours: bool) -> None:
        """Raise ValueError if there are covariates it cannot take, or no neighbours where it needs them."""
        if covariates and not self.by_regression:
            raise ValueError(f"{self.estimator} takes no covariates: use two_way or imputation")
        if self.spillover and not neighbours:
            raise ValueError("spillover needs the neighbours of each cluster")
        if self.target == "interaction" and not covariates:
            raise ValueError("an interaction needs the other policy as first covariate")
