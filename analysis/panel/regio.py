"""Pupils for the regional chapter: the adolescent panel where it holds provinces, else the twin.

The adolescent panel is the source of the claim that is tested and the only file known to carry attitudes
by place. Of each pupil the last answer counts, so that nobody counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.regio import TRACKS, RegioDesign, regio_design
from analysis.sources.adks import adks_path, read_adks
from analysis.sources.geography import province_names
from analysis.sources.sourced import Sourced
from analysis.synthetic.regio import RegioTruth, regio_twin
from analysis.workspace import Workspace

LEVELS = ("municipality", "school_id", "school_track")  # within the province, largest groups first
TWIN = "tweeling_regio"
REAL = "adks"


@dataclass(frozen=True)
class RegioPanel:
    """Pupils with a known answer on one outcome.

    Attributes
    ----------
    outcome : str
    data : Sourced
        Columns pupil_id, province, the levels, school_year, track and the outcome.
    years : tuple of str
        School years in the data, ascending.
    truth : RegioTruth or None
        What was planted; None for real rows.
    """

    outcome: str
    data: Sourced
    years: tuple[str, ...]
    truth: RegioTruth | None

    def columns(self, design: RegioDesign) -> dict:
        """What the question is about, for :class:`analysis.estimate.region_study.RegionColumns`."""
        return {
            "region": "province",
            "regions": tuple(province_names()),
            "within": LEVELS,
            "school": "school_id",
            "time": "school_year",
            "times": self.years,
            "group": "track",
            "groups": TRACKS,
            "minuend": design.minuend,
            "subtrahend": design.subtrahend,
        }


def regio_panel(
    outcome: str,
    *,
    seed: int | None = None,
    schools: int | None = None,
    workspace: Workspace | None = None,
    design: RegioDesign | None = None,
) -> RegioPanel:
    """Pupils with their province and their answer on `outcome`.

    Parameters
    ----------
    outcome : str
        A name in ``data/design/regio.toml``.
    seed : int or None
        Of the twin; that of the design unless given.
    schools : int or None
        Plan a study of this size: the twin with so many schools, whether or not there is a real file.

    Raises
    ------
    ValueError
        If the outcome is unknown, or the real file is there and breaks its contract.
    """
    workspace = workspace or Workspace.current()
    design = design or regio_design(workspace)
    label = design.named(outcome).label
    panel = adks_design(workspace)
    path = adks_path(panel, workspace)
    reason = "" if schools is None else f"Dit is een plan voor een onderzoek op {schools} scholen."
    reason = reason or _reason(outcome, panel, path)
    if reason:
        twin = regio_twin(design, seed=seed, schools=schools)
        remark = (
            f"{reason} Alle cijfers komen uit een synthetische tweeling waarin de verschillen tussen "
            "provincies vooraf zijn gekozen; ze zeggen niets over Nederland."
        )
        return _panel(outcome, label, twin.frame, DataKind.SYNTHETIC, TWIN, remark, twin.truth[outcome])
    frame = read_adks(path, panel).sort_values(["pupil", "wave"], kind="stable")
    frame = frame[frame[outcome].notna()].drop_duplicates("pupil", keep="last")
    first = panel.first_school_year
    frame = frame.rename(columns={"pupil": "pupil_id", "school": "school_id"}).assign(
        school_year=[f"{first + wave - 1}/{(first + wave) % 100:02d}" for wave in frame["wave"]]
    )
    remark = (
        f"De cijfers komen uit het Adolescentenpanel ({path.name}); van elke leerling telt het laatste "
        "antwoord."
    )
    return _panel(outcome, label, frame, DataKind.REAL, REAL, remark, None)


def _reason(outcome: str, panel, path) -> str:
    """Why the twin is used, in Dutch; empty when the real file can be."""
    if not path.is_file():
        return f"Het bestand van het Adolescentenpanel ({path.name}) is er niet."
    absent = [name for name in ("municipality", "province") if name not in panel.file.used]
    if absent:
        return (
            f"Van het bestand van het Adolescentenpanel ({path.name}) is niet opgegeven welke kolom de "
            "gemeente en welke de provincie bevat."
        )
    if outcome not in {one.name for one in panel.outcome}:
        return f"Geen bekend bestand bevat deze uitkomst ({outcome}) samen met de provincie."
    return ""


def _panel(
    outcome: str,
    label: str,
    frame: pd.DataFrame,
    kind: DataKind,
    source: str,
    remark: str,
    truth: RegioTruth | None,
) -> RegioPanel:
    known = frame[outcome].notna()
    if not known.any():
        raise ValueError(f"{outcome}: no pupil has an answer")
    dropped = ((f"{label} onbekend", int((~known).sum())),) if not known.all() else ()
    frame = frame[known].reset_index(drop=True)
    frame["school_track"] = frame["school_id"].astype(str) + "/" + frame["track"]
    kept = ["pupil_id", "province", *LEVELS, "school_year", "track", outcome]
    years = tuple(sorted(frame["school_year"].unique()))
    return RegioPanel(outcome, Sourced(frame[kept], kind, source, remark, dropped), years, truth)
