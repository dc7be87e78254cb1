"""The adolescent panel ready for growth models: the real file, or why there is none; its twin on trial.

Track and school are those of a pupil's first wave, so that a pupil belongs to one track and one cluster;
how many changed is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from analysis.datakind import DataKind
from analysis.design.adks import AdksDesign, adks_design
from analysis.sources.adks import adks_path, read_adks_file
from analysis.sources.adks_flow import DROPPED, FINISHED, leaving, school_ends
from analysis.sources.sourced import Sourced
from analysis.synthetic.adks import AdksTruth, adks_twin
from analysis.workspace import Workspace

TWIN = "tweeling_adks"
REAL = "adks"
_TRIAL = (
    "Proef: alle cijfers komen uit een synthetische tweeling waarin het verloop vooraf is gekozen; ze zeggen "
    "niets over Nederland."
)


@dataclass(frozen=True)
class AdolescentPanel:
    """One row a pupil and wave.

    Attributes
    ----------
    data : Sourced
        Columns pupil, school, wave, track, weight, ends (the track of that moment has no later wave) and the
        outcomes, with NaN for no answer; or the reason.
    truth : dict of str to AdksTruth, or None
        By outcome; None for real rows.
    changed_track, changed_school : int
        Pupils who did so after their first wave.
    finished, dropped_out : int
        Pupils who are not seen again after a wave, because school ended or not; see
        :func:`analysis.sources.adks_flow.leaving`.
    """

    data: Sourced
    truth: dict[str, AdksTruth] | None
    changed_track: int
    changed_school: int
    finished: int = 0
    dropped_out: int = 0


def adolescent_panel(
    *,
    seed: int | None = None,
    trial: bool = False,
    workspace: Workspace | None = None,
    design: AdksDesign | None = None,
) -> AdolescentPanel:
    """The panel, or why it cannot be had, with a remark that says where it comes from.

    Parameters
    ----------
    seed : int or None
        Of the twin; that of the design unless given.
    trial : bool
        Take the synthetic twin, also where the file is there.

    Raises
    ------
    ValueError
        If the real file is there and breaks its contract. A broken file never gives way to anything else.
    """
    workspace = workspace or Workspace.current()
    design = design or adks_design(workspace)
    if trial:
        twin = adks_twin(design, seed=seed)
        staying = replace(design, last_wave={})  # the twin's pupils are at school in all waves
        return _panel(twin.frame, staying, DataKind.SYNTHETIC, TWIN, _TRIAL, twin.truth)
    path = adks_path(design, workspace)
    if not path.is_file():
        return AdolescentPanel(no_file(path.name), None, 0, 0)
    remark = f"De cijfers komen uit het bestand van het Adolescentenpanel ({path.name})."
    file = read_adks_file(path, design)
    left_out = tuple(
        (f"schoolsoort {code}, weggelaten volgens de kolommenkaart", n) for code, n in file.left_out
    )
    return _panel(file.frame, design, DataKind.REAL, REAL, remark, None, left_out)


def no_file(name: str) -> Sourced:
    """That the file of the panel is not there, and who has it."""
    return Sourced.absent(
        f"het bestand {name} van het Adolescentenpanel ontbreekt; bij de Universiteit van Amsterdam (DANS) "
        "is het op te vragen",
        f"put {name} into the data folder, and name its columns in data/design/adks.toml",
    )


def _panel(
    frame: pd.DataFrame,
    design: AdksDesign,
    kind: DataKind,
    source: str,
    remark: str,
    truth: dict | None,
    left_out: tuple[tuple[str, int], ...] = (),
) -> AdolescentPanel:
    frame = frame.sort_values(["pupil", "wave"], kind="stable").reset_index(drop=True)
    outcomes = [one.name for one in design.outcome]
    silent = frame[outcomes].isna().all(axis=1)
    dropped = left_out
    if silent.any():
        dropped += (("geen enkele vraag beantwoord", int(silent.sum())),)
    frame = frame[~silent].reset_index(drop=True)
    if frame.empty:
        reason = "geen enkele leerling heeft een van de vragen beantwoord"
        return AdolescentPanel(Sourced.absent(reason, "no pupil answered any of the questions"), None, 0, 0)
    left = leaving(frame, design).groupby("state")["pupils"].sum()
    frame["ends"] = school_ends(frame, design)
    changed = {}
    for name in ("track", "school"):
        first = frame.groupby("pupil")[name].transform("first")
        changed[name] = frame.loc[frame[name] != first, "pupil"].nunique()
        frame[name] = first
    kept = ["pupil", "school", "wave", "track", "weight", "ends", *outcomes]
    return AdolescentPanel(
        Sourced(frame[kept], kind, source, remark, dropped),
        truth,
        changed["track"],
        changed["school"],
        finished=int(left.get(FINISHED, 0)),
        dropped_out=int(left.get(DROPPED, 0)),
    )
