"""Pupils for the regional chapter: the adolescent panel where it holds provinces; its twin on trial.

The adolescent panel is the source of the claim that is tested and the only file known to carry attitudes
by place. Of each pupil the last answer counts, so that nobody counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.regio import TRACKS, RegioDesign, regio_design
from analysis.panel.adolescents import no_file
from analysis.sources.adks import adks_path, read_adks
from analysis.sources.geography import province_names
from analysis.sources.sourced import Sourced
from analysis.synthetic.regio import RegioTruth, regio_twin
from analysis.workspace import Workspace

LEVELS = ("municipality", "school_id", "school_track")  # within the province, largest groups first
TWIN = "tweeling_regio"
REAL = "adks"
_TRIAL = (
    "Proef: alle cijfers komen uit een synthetische tweeling waarin de verschillen tussen provincies vooraf "
    "zijn gekozen; ze zeggen niets over Nederland."
)


@dataclass(frozen=True)
class RegioPanel:
    """Pupils with a known answer on one outcome.

    Attributes
    ----------
    data : Sourced
        Columns pupil_id, province, the levels, school_year, track and the outcome; or the reason.
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

    @property
    def areas(self) -> dict:
        """The same for :func:`analysis.estimate.small_areas.small_areas`."""
        return {
            "outcome": self.outcome,
            "area": "province",
            "school": "school_id",
            "categories": ("track", "school_year"),
        }


def regio_panel(
    outcome: str,
    *,
    seed: int | None = None,
    schools: int | None = None,
    trial: bool = False,
    workspace: Workspace | None = None,
    design: RegioDesign | None = None,
) -> RegioPanel:
    """Pupils with their province and their answer on `outcome`, or why they cannot be had.

    Parameters
    ----------
    outcome : str
        A name in ``data/design/regio.toml``.
    seed : int or None
        Of the twin; that of the design unless given.
    schools : int or None
        Size of the twin, to plan a study; that of the design unless given.
    trial : bool
        Take the synthetic twin, also where the file is there.

    Raises
    ------
    ValueError
        If the outcome is unknown, or the real file is there and breaks its contract.
    """
    workspace = workspace or Workspace.current()
    design = design or regio_design(workspace)
    label = design.named(outcome).label
    if trial:
        twin = regio_twin(design, seed=seed, schools=schools)
        return _panel(outcome, label, twin.frame, DataKind.SYNTHETIC, TWIN, _TRIAL, twin.truth[outcome])
    panel = adks_design(workspace)
    path = adks_path(panel, workspace)
    if outcome not in panel.names:
        return _absent(
            outcome,
            f"geen bekend bestand noemt van leerlingen {label} én provincie, ook dat van ICCS 2022 niet; "
            f"nodig is een bestand met {label} en provincie",
        )
    if not path.is_file():
        return RegioPanel(outcome, no_file(path.name), (), None)
    if not {"municipality", "province"} <= set(panel.file.used):
        return _absent(
            outcome,
            f"van het bestand van het Adolescentenpanel ({path.name}) is niet opgegeven welke kolom de "
            "gemeente en welke de provincie bevat",
        )
    frame = read_adks(path, panel).sort_values(["pupil", "wave"], kind="stable")
    frame = frame[frame[outcome].notna()].drop_duplicates("pupil", keep="last")
    if frame.empty:
        return _absent(outcome, f"geen enkele leerling heeft een antwoord op {label}")
    first = panel.first_school_year
    frame = frame.rename(columns={"pupil": "pupil_id", "school": "school_id"}).assign(
        school_year=[f"{first + wave - 1}/{(first + wave) % 100:02d}" for wave in frame["wave"]]
    )
    remark = (
        f"De cijfers komen uit het Adolescentenpanel ({path.name}); van elke leerling telt het laatste "
        "antwoord."
    )
    return _panel(outcome, label, frame, DataKind.REAL, REAL, remark, None)


def _absent(outcome: str, reason: str) -> RegioPanel:
    detail = "see the columns in data/design/adks.toml"
    return RegioPanel(outcome, Sourced.absent(reason, detail), (), None)


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
    dropped = ((f"{label} onbekend", int((~known).sum())),) if not known.all() else ()
    frame = frame[known].reset_index(drop=True)
    frame["school_track"] = frame["school_id"].astype(str) + "/" + frame["track"]
    kept = ["pupil_id", "province", *LEVELS, "school_year", "track", outcome]
    years = tuple(sorted(frame["school_year"].unique()))
    return RegioPanel(outcome, Sourced(frame[kept], kind, source, remark, dropped), years, truth)
