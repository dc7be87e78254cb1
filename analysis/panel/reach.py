"""People reached as a share of the electorate, by place, for the arithmetic of what turnout can show."""

from __future__ import annotations

import pandas as pd

from analysis.sources.evidence import effects_per_person, finding, planned_reach
from analysis.sources.facts_contract import COUNTRY
from analysis.sources.turnout import turnout_national, turnout_provinces
from analysis.workspace import Workspace

REGISTERED = "registratie"
FIRST_TIME = "eerste_keer_2025"


def reach_of_electorate(workspace: Workspace | None = None) -> pd.DataFrame:
    """Who is reached, of how many who may vote in 2025, with each declared effect a person.

    Everybody reached is counted as entitled to vote, which few pupils are: true effects lie lower. For
    :func:`analysis.estimate.arithmetic_ceiling.ceilings`.

    Returns
    -------
    pandas.DataFrame
        scope (``nieuwe kiezers``: all who may vote for the first time; ``tienskip``: its plan for one school
        year), place, reached, electorate, effect (id of the study), per_person_pp.
    """
    national = turnout_national(workspace)
    country = national[(national["election"] == "TK") & (national["date"] == national["date"].max())]
    electorate = _electorate(workspace)
    first = finding(FIRST_TIME, workspace)["number"]
    cases = [("nieuwe kiezers", COUNTRY, first, country["eligible"].iloc[0])]
    cases += [
        ("tienskip", place, reached, electorate[place]) for place, reached in planned_reach(workspace).items()
    ]
    return _with_effects(cases, workspace)


def registered_of_electorate(reached: pd.Series, workspace: Workspace | None = None) -> pd.DataFrame:
    """The same for who was reached according to a registration, scope ``registratie``.

    Parameters
    ----------
    reached : pandas.Series
        Of :func:`analysis.panel.registered.largest_reach`. More than may vote are all who may.
    """
    electorate = _electorate(workspace)
    cases = [
        (REGISTERED, place, min(people, electorate[place]), electorate[place])
        for place, people in reached.items()
    ]
    return _with_effects(cases, workspace)


def _electorate(workspace: Workspace | None) -> pd.Series:
    """Who may vote in each province, at the last election for the Tweede Kamer."""
    provinces = turnout_provinces(workspace)
    last = provinces[(provinces["election"] == "TK") & (provinces["date"] == provinces["date"].max())]
    return last.set_index("province")["eligible"]


def _with_effects(cases: list[tuple[str, str, float, float]], workspace: Workspace | None) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (scope, place, int(reached), int(entitled), study.id, float(study.effect_pp))
            for scope, place, reached, entitled in cases
            for study in effects_per_person(workspace).itertuples()
        ],
        columns=["scope", "place", "reached", "electorate", "effect", "per_person_pp"],
    )
