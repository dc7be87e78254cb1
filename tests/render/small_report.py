"""A small report project that uses every building block."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits import FigureExhibit, TableExhibit, write_exhibit
from analysis.release.fragments import write_fragments
from analysis.release.variables import write_variables
from analysis.results import Result, write_rows
from analysis.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = Path(__file__).parent / "document"
LONG = "een lange tekst die over meer regels moet lopen omdat hij in deze kolom niet op één regel past"


def rows(kind: str = "synthetic") -> list[Result]:
    return [
        Result("kloof.gap", "Kloof", 52.34, "punten", kind, "twin", low=40.1, high=64.5, n=4000, decimals=1),
        Result("kloof.share", "Aandeel", 12.0, "%", kind, "twin"),
        Result("feiten.budget", "Budget", 1_250_000.0, "euro", "fact", "brief_a"),
    ]


def exhibits(folder: Path, kind: str = "synthetic") -> Path:
    figure = Figure(figsize=(6, 3))
    figure.subplots().plot([1, 2, 3], [1, 3, 2])
    write_exhibit(
        FigureExhibit(
            "fig-kloof-lijn",
            figure,
            'Een lijn met *sterren*, 5 $ en "aanhaling" [x].',
            'Een lijn die stijgt van 1 naar 3 en daalt naar 2, "zo" gezegd.',
            kind,
            "twin",
        ),
        folder,
    )
    write_exhibit(
        TableExhibit(
            "tbl-kloof-smal",
            pd.DataFrame({"naam": ["een | twee", "*drie*"], "waarde": ["1,0", "−2,0"]}),
            "Een smalle tabel.",
            kind,
            "twin",
            align="lr",
        ),
        folder,
    )
    write_exhibit(
        TableExhibit(
            "tbl-kloof-breed",
            pd.DataFrame(
                {"lijn": ["eerste", "tweede"], "toelichting": [LONG, LONG], "bedrag": ["1.000", "2"]}
            ),
            "Een brede tabel.",
            kind,
            "brief_a",
            align="llr",
            widths=(20, 65, 15),
        ),
        folder,
    )
    return folder


def make_project(root: Path, kind: str = "synthetic") -> Workspace:
    """The project of this repository with the small document in place of the report."""
    reports = root / "reports"
    shutil.copytree(DOCUMENT, reports)
    for name in ("filters", "partials"):
        shutil.copytree(REPOSITORY / "reports" / name, reports / name)
    shutil.copy(REPOSITORY / "reports" / "stijl.css", reports)
    shutil.copy(REPOSITORY / "_quarto.yml", root)
    released = root / "data" / "build" / "released"
    released.mkdir(parents=True)
    write_rows(rows(kind), released / "results.csv")
    write_variables(rows(kind), root / "_variables.yml")
    write_fragments([exhibits(root / "exhibits", kind)], rows(kind), reports / "_generated")
    return Workspace(root=root, data=root / "data" / "real")
