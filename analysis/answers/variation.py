"""How outcomes vary by themselves, worked out from open files: the rows of ``data/facts/variation.csv``.

Who plans a measurement needs them, and the files are not in the repository. What is there of them is worked
out again by ``python tools/variation.py FOLDER``, and compared with the table in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.design.gap import TRACKS, gap_design
from analysis.estimate.variation import Variation, change_sd, intraclass
from analysis.panel.turnout import MUNICIPALITIES, PROVINCES, turnout_panel
from analysis.sources.iccs import describe_name, find_iccs, read_iccs
from analysis.sources.iccs_contract import PV_COLUMNS
from analysis.sources.pisa import FILE, read_pisa2003
from analysis.sources.pisa_contract import pv_columns
from analysis.workspace import Workspace

CHANGES = 3  # from the latest Tweede Kamer election back
ICCS_CYCLE = 2016
_DOMAIN = "mathematics"


def variation_rows(workspace: Workspace | None = None) -> pd.DataFrame:
    """Columns id, value, se, groups and n of what the files in the data folder allow.

    Parameters
    ----------
    workspace : Workspace
        Its data folder is searched for the Dutch file of PISA 2003, files of ICCS 2016 and the Kiesraad's
        files by municipality. Turnout by province comes from ``data/facts`` and is always there.
    """
    workspace = workspace or Workspace.current()
    found = [*_pisa(workspace), *_iccs(workspace), *_turnout(workspace)]
    return pd.DataFrame(
        [(name, item.value, item.se, item.groups, item.n) for name, item in found],
        columns=["id", "value", "se", "groups", "n"],
    )


def _pisa(workspace: Workspace) -> Iterator[tuple[str, Variation]]:
    path = workspace.data / FILE
    if not path.is_file():
        return
    pupils = read_pisa2003(path, gap_design(workspace).programmes)
    values = pv_columns(_DOMAIN)
    for track in TRACKS:
        own = pupils[pupils["track"] == track]
        yield f"pisa2003_{track}", intraclass(own, values=values, group="school")
        yield (
            f"pisa2003_{track}_leerweg",
            intraclass(own, values=values, group="school", fixed="programme"),
        )


def _iccs(workspace: Workspace) -> Iterator[tuple[str, Variation]]:
    for path in find_iccs(workspace.data) if workspace.data.is_dir() else ():
        system, cycle = describe_name(path)
        if cycle == ICCS_CYCLE:
            pupils = read_iccs(path)
            yield (
                f"iccs{cycle}_{system.lower()}",
                intraclass(pupils, values=list(PV_COLUMNS), group="school"),
            )


def _turnout(workspace: Workspace) -> Iterator[tuple[str, Variation]]:
    for level in (PROVINCES, MUNICIPALITIES):
        try:
            frame = turnout_panel("TK", level=level, workspace=workspace).frame
        except ValueError:
            if level == PROVINCES:
                raise
            return  # the files by municipality are not there
        yield (
            f"opkomst_tk_{level}",
            change_sd(frame, unit="place", time="date", outcome="turnout_pct", last=CHANGES),
        )
