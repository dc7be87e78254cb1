"""How a notebook hands over what it found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.datakind import DataKind
from analysis.design.disclosure import disclosure_rule
from analysis.results.disclosure import disclose
from analysis.results.files import (
    ROWS_FILE,
    SERIES_FOLDER,
    read_rows,
    read_series,
    require_unique,
    write_rows,
    write_series,
)
from analysis.results.released import Released
from analysis.results.row import TRIAL, Result
from analysis.results.series import Series
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Published(Released):
    """What was handed over, as disclosure lets it through; Jupyter shows it as a table."""

    def _repr_html_(self) -> str:
        import pandas as pd

        shown = [
            {
                "resultaat": row.label,
                "waarde": row.variables()["full"],
                "n": row.variables()["n"],
                "soort": row.kind.dutch,
            }
            for row in self.rows
        ]
        shown += [
            {
                "resultaat": f"reeks: {item.label}",
                "waarde": item.unknown or f"{len(item.points)} punten",
                "n": "",
                "soort": item.kind.dutch,
            }
            for item in self.series
        ]
        return pd.DataFrame(shown).to_html(index=False, border=0)


def publish(*items: Result | Series, trial: bool = False, workspace: Workspace | None = None) -> Published:
    """Hand over rows and series, the only things that leave a notebook, and see what may be shown of them.

    Under the build they are added to the run's folder; in JupyterLab nothing is written. What comes back has
    passed disclosure: draw from that.

    Parameters
    ----------
    items : Result or Series
    trial : bool
        This run tries the method on a synthetic twin: every id gets ``proef.`` before it, so that no
        sentence of the report to the Kamer can name it.

    Examples
    --------
    >>> released = publish(Result("kenniskloof.gap", "verschil", 41.2, "punten", "real", "iccs2022", n=4500))
    >>> released.row("kenniskloof.gap").variables()["full"]
    '41 punten'

    Raises
    ------
    TypeError
        If something else is handed over, such as a frame or a figure.
    ValueError
        If two items carry the same id, or one rests on a twin and `trial` is not said.
    """
    workspace = workspace or Workspace.current()
    for item in items:
        if not isinstance(item, Result | Series):
            raise TypeError(f"publish takes rows and series, got {type(item).__name__}")
        if item.kind is DataKind.SYNTHETIC and not trial:
            raise ValueError(f"{item.id} rests on a synthetic twin: publish(…, trial=True)")
    if trial:
        items = tuple(replace(item, id=f"{TRIAL}.{item.id}") for item in items)
    rows = [item for item in items if isinstance(item, Result)]
    series = [item for item in items if isinstance(item, Series)]
    require_unique(rows)
    require_unique(series)
    if workspace.output is not None:
        path, folder = workspace.output / ROWS_FILE, workspace.output / SERIES_FOLDER
        write_rows([*(read_rows(path) if path.exists() else []), *rows], path)
        write_series([*read_series(folder), *series], folder)
    shown = disclose(rows, disclosure_rule(workspace), series).released
    return Published(shown.rows, shown.series)
