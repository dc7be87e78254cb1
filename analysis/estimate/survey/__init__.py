"""Estimates from assessment surveys: replicate weights for sampling error, plausible values for measurement.

A statistic is computed on each plausible value with the full weights and with every set of replicate
weights. The sampling variance is the spread over the replicates, averaged over the plausible values; the
imputation variance is ``(1 + 1/M)`` times the variance between plausible values (Rubin 1987). Plausible
values are never averaged before the statistic is taken.

References
----------
Rubin (1987), *Multiple Imputation for Nonresponse in Surveys*; the ICCS 2016 and 2022 technical reports
(IEA); the TIMSS 2015 methods and procedures (IEA); OECD (2009), *PISA Data Analysis Manual*.
"""

from analysis.estimate.survey.combine import combine, t_quantile, why_no_se, with_interval
from analysis.estimate.survey.design import ReplicateDesign
from analysis.estimate.survey.quantiles import quantile
from analysis.estimate.survey.regressions import regression
from analysis.estimate.survey.statistics import (
    correlation,
    difference,
    mean,
    share_at_or_above,
    standard_deviation,
)

__all__ = [
    "ReplicateDesign",
    "combine",
    "correlation",
    "difference",
    "mean",
    "quantile",
    "regression",
    "share_at_or_above",
    "standard_deviation",
    "t_quantile",
    "why_no_se",
    "with_interval",
]
