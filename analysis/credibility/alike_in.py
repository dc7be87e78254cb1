"""The headline among places made alike in what open sources say of them: doubly robust.

The change of places without a start is predicted from covariates, and these places are weighted to resemble
those with one; either of the two being right is enough. It takes enough places of both kinds for every
covariate, which twelve provinces are not: then the answer is that it cannot be had.

References: Sant'Anna & Zhao (2020), Doubly robust difference-in-differences estimators, J. Econometrics 219;
Peduzzi et al. (1996), A simulation study of the number of events per variable in logistic regression
analysis, J. Clin. Epidemiol. 49.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.estimate.did import ClusterJackknife, cluster_jackknife, group_time_att
from analysis.unknown import NotEstimableError

# Places for each covariate, in the smallest group that starts together and among those that never do.
PER_COVARIATE = 10


@dataclass(frozen=True)
class _Estimate:
    estimate: float


def alike_in(frame: pd.DataFrame, covariates: Sequence[str], *, control: str) -> ClusterJackknife:
    """Mean effect since the start, doubly robust in the covariates, with the error of leaving clusters out.

    Parameters
    ----------
    frame : pandas.DataFrame
        unit, cluster, time, cohort and value of :class:`analysis.panel.question.Panel`, and the covariates:
        the same at all times of a unit.
    control : {"not_yet", "never"}

    Raises
    ------
    ValueError
        Without covariates.
    NotEstimableError
        With too few units, or where the groups are so different that one covariate tells them apart.
    """
    covariates = list(covariates)
    if not covariates:
        raise ValueError("no covariates: name at least one")
    units = frame.groupby("unit")["cohort"].first()
    groups = [*units.value_counts(), int(units.isna().sum())]
    needed, fewest = PER_COVARIATE * len(covariates), int(min(groups))
    if fewest < needed:
        raise NotEstimableError(
            f"{fewest} units in the smallest group, {needed} needed for {len(covariates)} covariates",
            reason=(
                f"de kleinste groep telt {fewest} {'plaats' if fewest == 1 else 'plaatsen'}, en voor "
                f"{len(covariates)} kenmerken zijn er {needed} nodig"
            ),
        )

    def estimator(rows: pd.DataFrame) -> _Estimate:
        found = group_time_att(
            rows, unit="unit", time="time", cohort="cohort", outcome="value", control=control,
            est_method="dr", covariates=covariates,
        )  # fmt: skip
        return _Estimate(float(found.aggregate("simple").estimate))

    return cluster_jackknife(estimator, frame, cluster="cluster")
