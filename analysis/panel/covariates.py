"""What a table in the data folder says of places from before a programme began there.

Which tables, and what they tell of, is declared in ``data/design/covariate_tables.toml``; an outcome names
those it is answered with. Without a file nothing is declared of any place, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis import dutch
from analysis.design.questions import Outcome
from analysis.design.tables import COVARIATES, CovariateMap, covariate_maps
from analysis.panel.municipal_units import after
from analysis.sources.activities import find_files
from analysis.sources.gazetteer import gazetteer, province_of
from analysis.sources.municipal_changes import municipal_changes
from analysis.sources.outcome_table import by_place, read_outcome_table
from analysis.sources.places import MUNICIPALITY, PROVINCE
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace

SOURCE = "kenmerken"  # key in data/manifest.toml
_DECLARED = f"data/design/{COVARIATES}.toml"


@dataclass(frozen=True)
class Covariate:
    """A characteristic of the units of a panel, the same at all times.

    Attributes
    ----------
    name, label, unit : str
        The label with the year or years it was taken from.
    known : pandas.Series or NotEstimable
        By unit, missing where the table has none; or why it cannot be had of any.
    """

    name: str
    label: str
    unit: str
    decimals: int
    known: pd.Series | NotEstimable

    @property
    def missing(self) -> int:
        """Units of which it is not known."""
        return 0 if isinstance(self.known, NotEstimable) else int(self.known.isna().sum())


def covariates(
    outcome: Outcome,
    frame: pd.DataFrame,
    began: pd.Timestamp,
    members: Mapping[str, str],
    workspace: Workspace,
) -> tuple[Covariate, ...]:
    """The covariates of `outcome` for the units of `frame`; of a declared table that is not there none.

    Of every place its last value from before `began` counts. Of merged municipalities, and of a province
    where the table is by municipality, it is the mean, weighted by n where the table has one everywhere.

    Parameters
    ----------
    frame : pandas.DataFrame
        unit and province of :class:`analysis.panel.question.Panel`.
    began : pandas.Timestamp
        When the first of the units started: what was measured later the programme may have changed.
    members : mapping of str to str
        The unit of a place that is measured as part of it.

    Raises
    ------
    ValueError
        If the outcome names a covariate that is not declared, or a file is there and broken.
    """
    declared = covariate_maps(workspace)
    unknown = [name for name in outcome.covariates if name not in declared]
    if unknown:
        raise ValueError(
            f"data/design/outcomes.toml, {outcome.name}: covariates {', '.join(unknown)} are not in "
            f"{_DECLARED}; known are {', '.join(declared) or 'none'}"
        )
    places = frame.drop_duplicates("unit").set_index("unit")["province"]
    return tuple(
        _read(declared[name], places, began, members, workspace)
        for name in outcome.covariates
        if find_files(declared[name], workspace.data)
    )


def _read(
    design: CovariateMap,
    places: pd.Series,
    began: pd.Timestamp,
    members: Mapping[str, str],
    workspace: Workspace,
) -> Covariate:
    paths = find_files(design, workspace.data)
    rows = read_outcome_table(paths, design, gazetteer(workspace), declared=_DECLARED).frame
    rows = rows[rows["level"].isin([MUNICIPALITY, PROVINCE])]
    early = rows[rows["until"] < began]
    if early.empty:
        why = "alleen bekend van na de eerste start" if len(rows) else "van geen enkele plaats bekend"
        none = NotEstimable(f"{dutch.lower(design.label)} is {why}")
        return Covariate(design.name, f"{design.label}: {why}", design.unit, design.decimals, none)
    last = early[early["date"] == early.groupby("place")["date"].transform("max")]
    years = sorted(last["date"].dt.year.unique())
    label = f"{design.label}, {years[0]}" + (f" tot en met {years[-1]}" if years[-1] > years[0] else "")
    values = _by_unit(by_place(last), places, members, workspace)
    return Covariate(design.name, label, design.unit, design.decimals, values)


def _by_unit(
    known: pd.DataFrame, places: pd.Series, members: Mapping[str, str], workspace: Workspace
) -> pd.Series:
    """Mean by unit over what `known` says of it: itself, what became part of it, or its province."""
    towns, provinces = (known[known["level"] == level] for level in (MUNICIPALITY, PROVINCE))
    if towns.empty:
        return places.map(provinces.set_index("place")["value"]).astype(float)
    home = province_of(workspace)
    if set(places.index) <= set(home.values()):
        own = provinces.set_index("place")["value"].reindex(places.index)
        return own.fillna(_means(towns.assign(unit=towns["place"].map(home)), places.index))
    changes, _ = municipal_changes(workspace)
    into = after(towns["place"], changes)
    pairs = [
        (code, unit)
        for code in towns["place"]
        for unit in {members.get(code, code)} | {members.get(one, one) for one in into[code]}
        if unit in places.index
    ]
    parts = pd.DataFrame(pairs, columns=["place", "unit"]).merge(towns, on="place")
    return _means(parts, places.index)


def _means(parts: pd.DataFrame, units: pd.Index) -> pd.Series:
    weight = parts["n"] if parts["n"].notna().all() else pd.Series(1.0, parts.index)
    sums = (parts["value"] * weight).groupby(parts["unit"]).sum() / weight.groupby(parts["unit"]).sum()
    return sums.reindex(units).astype(float)
