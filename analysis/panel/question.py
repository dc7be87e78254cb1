"""The panel of a question: units by measurements, the exposure of each, and what was lost, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.datakind import DataKind
from analysis.design.questions import Places, Question, exposures, question
from analysis.design.rollout import rollout
from analysis.panel.covariates import Covariate, covariates
from analysis.panel.exposure import DESIGN_SOURCE, Exposed, Joined, exposed, join, require_places
from analysis.panel.outcomes import measured
from analysis.panel.reach import reach_of_electorate, registered_of_electorate
from analysis.panel.registered import largest_reach
from analysis.sources.facts import cbs_population, cbs_pupils
from analysis.sources.gazetteer import province_of
from analysis.sources.geography import province_names
from analysis.sources.sourced import together
from analysis.synthetic.rollout import Truth, rollout_twin
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Panel:
    """What a question is answered from.

    Attributes
    ----------
    frame : pandas.DataFrame or NotEstimable
        unit, province, cluster (where exposure is decided), time (0, 1, …), cohort (first time under
        exposure, missing where there is none), value; n, weight, dose and response where there are any.
        Read and checked here once, for all estimators. Or why there is none.
    labels : tuple of str
        What each time is called: a year, or a date where a year has two measurements.
    schedule : pandas.DataFrame
        code, start (year), status, date of every province.
    schedule_source, schedule_caption : str
        Key in ``data/manifest.toml`` of what the schedule rests on, and what it is, in Dutch.
    kind : DataKind
        Of the outcome; fact where nothing was measured.
    losses : tuple of (str, int)
        Left out, by Dutch reason.
    truth : Truth or None
        What was planted, in a twin.
    moments : tuple of float
        When each time was, in years with decimals.
    dates : tuple of str
        The same as ISO dates; none for a twin, whose times are years.
    on_off : pandas.DataFrame or None
        Where the programme stopped before a measurement: unit, cluster, time, value and `on` (1 while it ran)
        of every measurement, those left out of `frame` included.
    profile : pandas.DataFrame or None
        What open sources say of each province, by code: inhabitants, and pupils in secondary education per
        1,000 of them. None for a twin.
    covariates : tuple of Covariate
        What a table in the data folder says of each unit, from before the first start; see
        :mod:`analysis.panel.covariates`.
    other : mapping of str to float
        First time under another programme, by province; without what does not start.
    reach : pandas.DataFrame or None
        For turnout: who could be reached of those who may vote, with declared effects a person; see
        :mod:`analysis.panel.reach`.
    """

    question: Question
    frame: pd.DataFrame | NotEstimable
    labels: tuple[str, ...]
    schedule: pd.DataFrame
    kind: DataKind
    source: str
    remark: str = ""
    losses: tuple[tuple[str, int], ...] = ()
    truth: Truth | None = None
    moments: tuple[float, ...] = ()
    other: Mapping[str, float] = field(default_factory=dict)
    reach: pd.DataFrame | None = None
    schedule_source: str = DESIGN_SOURCE
    schedule_caption: str = ""
    dates: tuple[str, ...] = ()
    on_off: pd.DataFrame | None = None
    profile: pd.DataFrame | None = None
    covariates: tuple[Covariate, ...] = ()

    @property
    def people(self) -> int | None:
        """People behind the last measurement; units where the source does not say."""
        if isinstance(self.frame, NotEstimable):
            return None
        last = self.frame[self.frame["time"] == self.frame["time"].max()]
        return int(last["n"].sum()) if "n" in last.columns else int(self.frame["unit"].nunique())

    @property
    def least(self) -> int | None:
        """People in the smaller group, with a start or without, at the measurement with fewest of them.

        None where the source does not say over how many people a value is.
        """
        if isinstance(self.frame, NotEstimable) or "n" not in self.frame.columns:
            return None
        return int(self.frame["n"].groupby([self.frame["cohort"].notna(), self.frame["time"]]).sum().min())

    @property
    def clusters(self) -> int | None:
        return None if isinstance(self.frame, NotEstimable) else int(self.frame["cluster"].nunique())

    @property
    def names(self) -> dict[str, str]:
        """Names of the columns, as the estimators ask for them."""
        return {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "value"}

    @property
    def shape(self) -> str:
        """How large the panel is; never its rows."""
        if isinstance(self.frame, NotEstimable):
            return self.frame.sentence
        units, times = self.frame["unit"].nunique(), self.frame["time"].nunique()
        return f"{units} plaatsen, {times} metingen, {len(self.frame)} waarnemingen"

    @property
    def weights(self) -> str | None:
        """Column of weights; None where each unit counts the same."""
        return "weight" if self.question.outcome.weight == "n" else None

    @property
    def places(self) -> Places:
        """What the places are called where the start is decided: those of the frame's column ``cluster``."""
        return self.question.places(twin=self.kind is DataKind.SYNTHETIC)


def question_panel(id: str, *, trial: bool = False, workspace: Workspace | None = None) -> Panel:
    """The panel of the question `id`.

    Parameters
    ----------
    id : str
        In ``data/design/questions.toml``.
    trial : bool
        The synthetic twin the question names, on which the method is tried, whether or not there are data.

    Raises
    ------
    ValueError
        If there is no such question, or a file is there and broken.
    """
    workspace = workspace or Workspace.current()
    asked = question(id, workspace)
    if trial:
        return _twin(asked, workspace)
    provinces = list(province_names(workspace))
    population = asked.population
    require_places(population.exclude, f"questions.toml, population {population.name}, exclude", workspace)
    found = measured(asked.outcome, workspace)
    last = None if isinstance(found, NotEstimable) else found.frame["date"].max()
    programme = exposed(asked.exposure, workspace, last)
    schedule = programme.schedule(provinces, province_of(workspace))
    found = NotEstimable(programme.unknown) if programme.unknown else found
    if isinstance(found, NotEstimable):
        return Panel(
            asked, found, (), schedule, DataKind.FACT, DESIGN_SOURCE, programme.remark,
            schedule_source=programme.source, schedule_caption=programme.caption,
            reach=_reach(asked, (), workspace),
        )  # fmt: skip
    left = found.frame["province"].isin(asked.population.exclude) | found.frame["unit"].isin(
        asked.population.exclude
    )
    excluded = (("metingen van plaatsen buiten de populatie", int(left.sum())),) if left.any() else ()
    joined = join(found.frame[~left], programme.exposure, found.members)
    of_programme = tuple((f"{why}, in de bestanden van het programma", n) for why, n in programme.losses)
    losses = (*found.losses, *of_programme, *excluded, *joined.losses)
    frame = _answerable(_columns(joined, asked, workspace), asked, joined)
    return Panel(
        question=asked,
        frame=frame,
        labels=_labels(joined.dates),
        schedule=schedule,
        kind=found.kind,
        source=together(found.source, programme.source),
        remark=" ".join(filter(None, (found.remark, programme.remark, programme.apart))),
        losses=losses,
        moments=tuple(date.year + (date.day_of_year - 1) / 365.25 for date in joined.dates),
        other=_other(asked, joined.dates, workspace),
        reach=_reach(asked, joined.dates, workspace),
        schedule_source=programme.source,
        schedule_caption=programme.caption,
        dates=tuple(date.date().isoformat() for date in joined.dates),
        on_off=_on_off(joined, asked),
        profile=_profile(workspace),
        covariates=_covariates(frame, asked, programme, joined, found.members, workspace),
    )


def _on_off(joined: Joined, asked: Question) -> pd.DataFrame | None:
    if joined.on_off is None:
        return None
    frame = joined.on_off.assign(cluster=_clusters(joined.on_off, asked))
    kept = ["unit", "province", "cluster", "time", "value", "on"]
    return frame[[*kept, *(name for name in ("n",) if name in frame.columns)]].reset_index(drop=True)


def _covariates(
    frame: pd.DataFrame | NotEstimable,
    asked: Question,
    programme: Exposed,
    joined: Joined,
    members: Mapping[str, str],
    workspace: Workspace,
) -> tuple[Covariate, ...]:
    if isinstance(frame, NotEstimable):
        return ()
    started = frame[frame["cohort"].notna()]
    places = {*started["unit"], *started["province"]}
    began = [
        spell.began
        for spell in programme.exposure.spells
        if members.get(spell.place, spell.place) in places and pd.Timestamp(spell.began) > joined.dates[0]
    ]
    return covariates(asked.outcome, frame, pd.Timestamp(min(began)), members, workspace)


def _profile(workspace: Workspace) -> pd.DataFrame:
    people = cbs_population(workspace).set_index("statcode")["population"]
    pupils = cbs_pupils(workspace).set_index("statcode")["total"]
    found = pd.DataFrame({"inhabitants": people, "pupils_per_1000": 1000 * pupils / people})
    return found.loc[list(province_names(workspace))].astype(float)


def _clusters(frame: pd.DataFrame, asked: Question) -> pd.Series:
    """Where the start of each row is decided."""
    return frame["unit"] if asked.exposure.place == "municipality" else frame["province"]


def _reach(asked: Question, dates: tuple[pd.Timestamp, ...], workspace: Workspace) -> pd.DataFrame | None:
    """By the registration up to the last measurement where there is one, else as the design declares.

    That holds too where the registration cannot be read: who counts it says so, and the effect does not rest
    on it.
    """
    if asked.outcome.source != "turnout" or not asked.exposure.reached:
        return None
    if dates and asked.exposure.place == "province":
        try:
            registered = largest_reach(asked.exposure.name, dates[-1], workspace)
        except ValueError:
            registered = None
        if isinstance(registered, pd.Series):
            compared = registered[~registered.index.isin(asked.population.exclude)]
            return registered_of_electorate(compared, workspace) if len(compared) else None
    cases = reach_of_electorate(workspace)
    own = cases[cases["scope"] == asked.exposure.reached]
    if own.empty:
        raise ValueError(
            f"data/design/exposures.toml, {asked.exposure.name}: reached {asked.exposure.reached!r} is not "
            f"among {', '.join(cases['scope'].unique())}"
        )
    return own


def _other(
    asked: Question, dates: tuple[pd.Timestamp, ...], workspace: Workspace
) -> dict[str, float] | NotEstimable:
    """When provinces came under one of the other programmes, by the same measurements.

    A list of another programme that cannot be read costs its own questions their answer, not this one.
    """
    found: dict[str, float] = {}
    for name, exposure in exposures(workspace).items():
        if name == asked.exposure.name or exposure.place != asked.exposure.place:
            continue
        try:
            programme = exposed(exposure, workspace)
        except ValueError:
            return NotEstimable(f"de lijst met starts van {exposure.label} is niet te lezen")
        if programme.unknown:
            return NotEstimable(f"waar {exposure.label} is begonnen, is niet te lezen")
        for spell in programme.exposure.spells:
            since = next(
                (float(t) for t, date in enumerate(dates) if pd.Timestamp(spell.began) <= date), None
            )
            if since is not None:
                found[spell.place] = min(since, found.get(spell.place, since))
    return found


def _people_there(frame: pd.DataFrame, asked: Question, workspace: Workspace) -> pd.Series | None:
    """People of whom the reached are a share: who may vote, or the pupils of the province; None if not known.

    The people behind a measured mean are a sample, and no denominator of reach.
    """
    if asked.outcome.source == "turnout":
        return frame.groupby("unit")["n"].transform("mean") if "n" in frame.columns else None
    if asked.exposure.place == "municipality":
        return None
    return frame["province"].map(cbs_pupils(workspace).set_index("statcode")["total"]).astype(float)


def _columns(joined: Joined, asked: Question, workspace: Workspace) -> pd.DataFrame:
    frame = joined.frame
    cluster = _clusters(frame, asked)
    kept = ["unit", "province", "time", "cohort", "value"]
    kept += [name for name in ("n", "se", "weight", "response") if name in frame.columns]
    frame = frame.assign(cluster=cluster)
    if asked.estimand == "dose" and frame["intensity"].notna().all():
        people = _people_there(frame, asked, workspace)
        if people is not None:
            frame["dose"] = 1000 * frame["intensity"] / people
            kept.append("dose")
    if asked.outcome.weight == "n" and "weight" not in frame.columns and "n" in frame.columns:
        frame["weight"] = frame["n"]
        kept.append("weight")
    return frame[[*kept, "cluster"]]


def _answerable(frame: pd.DataFrame, asked: Question, joined: Joined) -> pd.DataFrame | NotEstimable:
    """`frame`, if anything in it can be compared; else why not, as the first thing that is lacking."""
    needed = asked.outcome.needed
    before = NotEstimable(
        f"er is geen meting van {asked.outcome.subject} van vóór de start; nodig is {needed}"
    )
    if frame.empty and joined.early:
        return before
    if frame.empty:
        return NotEstimable(
            f"geen enkele meting van {asked.outcome.subject} is te gebruiken; nodig is {needed}"
        )
    if asked.outcome.weight == "n" and "weight" not in frame.columns:
        return NotEstimable(
            f"van {asked.outcome.subject} is niet bekend over hoeveel mensen elke waarde gaat, en daarnaar "
            f"wordt gewogen; nodig is {needed}"
        )
    if frame["time"].nunique() < 2:
        return NotEstimable(f"er is maar één meting van {asked.outcome.subject}; nodig is {needed}")
    if frame["cohort"].isna().all() and joined.early:
        return before
    if frame["cohort"].isna().all():
        return NotEstimable(
            f"er is geen meting van {asked.outcome.subject} van na de start; nodig is {needed}"
        )
    return frame


def _labels(dates: tuple[pd.Timestamp, ...]) -> tuple[str, ...]:
    years = [date.year for date in dates]
    if len(set(years)) == len(years):
        return tuple(str(year) for year in years)
    return tuple(date.date().isoformat() for date in dates)


def _twin(asked: Question, workspace: Workspace) -> Panel:
    if not asked.trial:
        none = NotEstimable("voor deze vraag is geen tweeling gemaakt")
        schedule = Exposed(asked.exposure, False, DESIGN_SOURCE).schedule(
            list(province_names(workspace)), province_of(workspace)
        )
        return Panel(asked, none, (), schedule, DataKind.FACT, DESIGN_SOURCE)
    design = rollout(asked.trial, workspace)
    twin = rollout_twin(design)
    frame = twin.frame.rename(columns={"municipality": "unit", design.outcome.name: "value"})
    first = design.years.first_year
    frame = frame.assign(
        time=frame["year"] - first,
        cohort=frame["cohort"] - first,
        cluster=frame["province"],
    )
    kept = ["unit", "province", "time", "cohort", "value", "cluster"]
    if design.reach is not None:
        frame["dose"] = design.reach.per_inhabitants * frame["reached"] / frame["inhabitants"]
        kept.append("dose")
    schedule = pd.DataFrame(
        [
            (
                item.province,
                np.nan if item.year is None else float(item.year),
                "onbekend" if item.year is None else "aanname" if item.assumed else "bekend",
                "" if item.year is None else str(item.year),
            )
            for item in design.adoptions
        ],
        columns=["code", "start", "status", "date"],
    )
    return Panel(
        question=asked,
        frame=frame[kept],
        labels=tuple(str(year) for year in design.years.span),
        schedule=schedule,
        kind=DataKind.SYNTHETIC,
        source=f"tweeling_{design.name}",
        remark="Een synthetische tweeling met een vooraf gekozen effect. Die zegt niets over Nederland.",
        truth=twin.truth,
        schedule_source=f"tweeling_{design.name}",
        moments=tuple(float(year) for year in design.years.span),
    )
