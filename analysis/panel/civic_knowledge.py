"""Pupils for the chapter on the gap in civic knowledge: the Dutch file of ICCS 2022, or its twin on trial."""

from __future__ import annotations

from pathlib import Path

from analysis.datakind import DataKind
from analysis.design.gap import TrackVariable, gap_design
from analysis.sources.iccs import describe_name, find_iccs, read_iccs
from analysis.sources.iccs_contract import CYCLES, PV_COLUMNS, plausible_columns
from analysis.sources.sourced import Sourced
from analysis.synthetic.iccs import CivicTruth, civic_truth, civic_twin
from analysis.workspace import Workspace

REAL = "iccs2022"
TWIN = "tweeling_iccs2022"
_TRIAL = (
    "Proef: alle cijfers komen uit een synthetische tweeling waarin het verschil vooraf is gekozen; ze "
    "zeggen niets over Nederland."
)


def civic_knowledge(
    track_variable: str = "", *, scale: float = 1.0, trial: bool = False, workspace: Workspace | None = None
) -> Sourced:
    """The Dutch pupils of 2022 with their track, or why they cannot be had; in a trial their synthetic twin.

    Parameters
    ----------
    track_variable : str
        Column of the real file that holds the track; empty takes that of the design.
    scale : float
        Size of the twin.
    trial : bool
        Take the twin, also where the file is there.

    Returns
    -------
    Sourced
        Frame as :data:`analysis.sources.iccs_contract.STUDENTS`, every row with a track. No frame but the
        reason when the file is absent, or present without a track variable configured.

    Raises
    ------
    ValueError
        If the file is there and a track variable is configured, but the file is damaged, or lacks that
        column or a covariate. A broken file never gives way to anything else.
    """
    workspace = workspace or Workspace.current()
    design = gap_design(workspace)
    if trial:
        return Sourced(civic_twin(design.twin, scale=scale).frame, DataKind.SYNTHETIC, TWIN, _TRIAL)
    return _taken_up(workspace, 2022, design.track(track_variable), design.adjusted_for, REAL)


def earlier_cycles(*, workspace: Workspace | None = None) -> dict[int, Sourced]:
    """The Dutch pupils of each earlier cycle that the design names, with their track, or why there are none.

    Raises
    ------
    ValueError
        As :func:`civic_knowledge`.
    """
    workspace = workspace or Workspace.current()
    design = gap_design(workspace)
    return {
        one.cycle: _taken_up(workspace, one.cycle, design.track_in(one), (), f"iccs{one.cycle}")
        for one in design.earlier
    }


def _taken_up(
    workspace: Workspace, cycle: int, track: TrackVariable | None, needed: tuple[str, ...], source: str
) -> Sourced:
    """The pupils of a cycle who have a track, with the columns `needed`; who is left out is counted."""
    path = _file(workspace, cycle)
    if path is None or track is None:
        return _absent(path, cycle)
    frame = read_iccs(path, track=track)
    absent = [name for name in needed if name not in frame]
    if absent:
        raise ValueError(
            f"{path.name}: {', '.join(absent)} is absent and adjusted_for in data/design/kenniskloof.toml "
            "names it; take the complete student file, or take the name out"
        )
    known = frame["track"].notna()
    if not known.any():
        return Sourced.absent(
            f"van geen leerling in {path.name} is de schoolsoort vmbo, havo of vwo",
            f"{path.name}: no pupil has a track; check track_codes for {track.name}",
        )
    left = frame.loc[~known, "level"]
    dropped = tuple(
        (f"{level}, volgens het ontwerp weggelaten", int(rows)) for level, rows in left.value_counts().items()
    )
    if left.isna().any():
        dropped += (("schoolsoort onbekend, of weggelaten volgens track_codes", int(left.isna().sum())),)
    remark = (
        f"De cijfers komen uit het Nederlandse leerlingbestand van ICCS {cycle} ({path.name}). De "
        f"schoolsoort staat in {track.name}."
    )
    return Sourced(frame[known].reset_index(drop=True), DataKind.REAL, source, remark, dropped)


def civic_knowledge_truth(panel: Sourced, workspace: Workspace | None = None) -> CivicTruth | None:
    """What was planted, when `panel` is the twin; None for real rows."""
    if panel.kind is not DataKind.SYNTHETIC:
        return None
    return civic_truth(gap_design(workspace).twin)


def plausible_values(panel: Sourced) -> tuple[str, ...]:
    """The columns of the plausible values of civic knowledge: five, or as many as the file has."""
    return tuple(plausible_columns(panel.frame)) if panel.kind is not DataKind.FACT else PV_COLUMNS


def _file(workspace: Workspace, cycle: int) -> Path | None:
    found = [path for path in find_iccs(workspace.data) if describe_name(path) == ("NLD", cycle)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ValueError(
            f"{names}: {len(found)} files of the Dutch pupils of {cycle}; keep the one to be used"
        )
    return found[0] if found else None


def _absent(path: Path | None, cycle: int) -> Sourced:
    name = next(f"ISGNLD{suffix}.sav" for suffix, year in CYCLES.items() if year == cycle)
    if path is None:
        return Sourced.absent(
            f"het bestand {name} van ICCS {cycle} met de schoolsoort van leerlingen ontbreekt; bij de IEA is "
            "het op te vragen",
            f"put {name} with a column of tracks into the data folder, and name the column in "
            "data/design/kenniskloof.toml",
        )
    return Sourced.absent(
        f"het leerlingbestand van ICCS {cycle} ({path.name}) is er, maar niet welke kolom de schoolsoort "
        "bevat; het openbare bestand heeft geen bevestigde kolom, en de IEA kan haar leveren",
        f"{path.name} is there: name its column of tracks as track_variable in data/design/kenniskloof.toml",
    )
