"""Panels that the robustness chapter needs beside the registration itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.datakind import DataKind
from analysis.design.robustness import AttritionPlan
from analysis.design.rollout import Programme
from analysis.sources.sourced import Sourced
from analysis.synthetic.rollout import rollout_twin


def placebo_frame(panel: Sourced, design: Programme, seed: int) -> pd.DataFrame | None:
    """The twin of an outcome that the programme does not touch; None for a real registration.

    A registration holds no outcome of which it is certain that the programme left it alone.
    """
    if panel.kind is not DataKind.SYNTHETIC:
        return None
    return rollout_twin(design, seed=seed, effect=0.0).frame


def measured_changes(panel: Sourced, design: Programme, plan: AttritionPlan) -> pd.DataFrame:
    """Each municipality's change since the first start, empty where it is no longer measured.

    The first to start are compared with those that do not start within the panel. In the twin some
    measurements are removed as `plan` says; a real file has its own gaps.

    Returns
    -------
    pandas.DataFrame
        municipality, province, treated (true or false), change.
    """
    frame, outcome = panel.frame, design.outcome.name
    first = frame["cohort"].min()
    frame = frame[frame["cohort"].isna() | (frame["cohort"] == first)]
    years = frame["year"]
    places = frame.groupby("municipality", sort=True)
    table = places.agg(province=("province", "first"), cohort=("cohort", "first"))
    before = frame[years < first].groupby("municipality")[outcome].mean()
    after = frame[years >= first].groupby("municipality")[outcome]
    complete = after.count() == years[years >= first].nunique()
    table["change"] = after.mean().where(complete) - before
    table["treated"] = table["cohort"].notna()
    if panel.kind is DataKind.SYNTHETIC:
        rng = np.random.default_rng(plan.seed)
        share = np.where(table["treated"], plan.missing_treated, plan.missing_control)
        table["change"] = table["change"].mask(rng.uniform(size=len(table)) < share)
    return table.reset_index()[["municipality", "province", "treated", "change"]]
