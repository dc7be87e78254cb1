"""Pupils for the chapter on the gap in civic knowledge: the Dutch file of ICCS 2022, else its twin."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.datakind import DataKind
from analysis.design.gap import GapDesign, gap_design
from analysis.sources.iccs import describe_name, find_iccs, read_iccs
from analysis.sources.iccs_contract import plausible_columns
from analysis.sources.sourced import Sourced
from analysis.synthetic.iccs import CivicTruth, civic_truth, civic_twin
from analysis.workspace import Workspace

FILE = "ISGNLDC4.sav"
REAL = "iccs2022"
TWIN = "tweeling_iccs2022"


def civic_knowledge(
    track_variable: str = "", *, scale: float = 1.0, workspace: Workspace | None = None
) -> Sourced:
    """The Dutch pupils of 2022 with their track, or the synthetic twin of them.

    Parameters
    ----------
    track_variable : str
        Column of the real file that holds the track; empty takes that of the design.
    scale : float
        Size of the twin.

    Returns
    -------
    Sourced
        Frame as :data:`analysis.sources.iccs_contract.STUDENTS`, every row with a track. The twin is used
        when the file is absent, or present without a track variable configured; the remark says which.

    Raises
    ------
    ValueError
        If the file is there and a track variable is configured, but the file is damaged, lacks that
        column or a covariate, or holds no pupil of a track. A broken file never gives way to the twin.
    """
    workspace = workspace or Workspace.current()
    design = gap_design(workspace)
    track = design.track(track_variable)
    path = _file(workspace)
    if path is None or track is None:
        return _twin(design, scale, path)
    frame = read_iccs(path, track=track)
    absent = [name for name in design.adjusted_for if name not in frame]
    if absent:
        raise ValueError(
            f"{path.name}: {', '.join(absent)} is absent and adjusted_for in data/design/kenniskloof.toml "
            "names it; take the complete student file, or take the name out"
        )
    known = frame["track"].notna()
    for name in (design.minuend, design.subtrahend):
        if not (frame["track"] == name).any():
            raise ValueError(
                f"{path.name}: no pupil has the track {name}; check track_codes for {track.name}"
            )
    left = frame.loc[~known, "level"]
    dropped = tuple(
        (f"{level}, volgens het ontwerp weggelaten", int(rows)) for level, rows in left.value_counts().items()
    )
    if left.isna().any():
        dropped += (("schoolsoort onbekend, of weggelaten volgens track_codes", int(left.isna().sum())),)
    remark = (
        f"De cijfers komen uit het Nederlandse leerlingbestand van ICCS 2022 ({path.name}). De schoolsoort "
        f"staat in {track.name}."
    )
    return Sourced(frame[known].reset_index(drop=True), DataKind.REAL, REAL, remark, dropped)


def civic_knowledge_truth(panel: Sourced, workspace: Workspace | None = None) -> CivicTruth | None:
    """What was planted, when `panel` is the twin; None for real rows."""
    if panel.kind is not DataKind.SYNTHETIC:
        return None
    return civic_truth(gap_design(workspace).twin)


def plausible_values(panel: Sourced) -> pd.DataFrame:
    """The plausible values of civic knowledge, (n, 5) or more."""
    return panel.frame[plausible_columns(panel.frame)]


def _file(workspace: Workspace) -> Path | None:
    found = [path for path in find_iccs(workspace.data) if describe_name(path) == ("NLD", 2022)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ValueError(f"{names}: {len(found)} files of the Dutch pupils of 2022; keep the one to be used")
    return found[0] if found else None


def _twin(design: GapDesign, scale: float, path: Path | None) -> Sourced:
    twin = civic_twin(design.twin, scale=scale)
    reason = (
        f"Het Nederlandse leerlingbestand van ICCS 2022 ({FILE}) is er niet."
        if path is None
        else f"Het bestand {path.name} is er, maar er is geen kolom met de schoolsoort opgegeven. In het "
        "openbare bestand is die niet bevestigd; zij is bij de IEA op te vragen."
    )
    remark = (
        f"{reason} Alle cijfers komen uit een synthetische tweeling waarin het verschil vooraf is gekozen; "
        "ze zeggen niets over Nederland."
    )
    return Sourced(twin.frame, DataKind.SYNTHETIC, TWIN, remark)
