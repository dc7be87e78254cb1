"""A small report project that uses every building block."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits import FigureExhibit, TableExhibit, write_exhibit
from analysis.manifest import Source
from analysis.release.fragments import write_fragments
from analysis.release.release import REHEARSAL, RELEASE_FILE
from analysis.release.shown import shown
from analysis.release.trace import trace_markdown
from analysis.release.variables import write_variables
from analysis.results import Released, Result, write_rows
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


def make_project(root: Path, kind: str = "synthetic", documents: tuple[str, ...] = ("rapport",)) -> Workspace:
    """The project of this repository with the small documents in place of the report."""
    reports = root / "reports"
    shutil.copytree(DOCUMENT, reports)
    for name in ("filters", "partials"):
        shutil.copytree(REPOSITORY / "reports" / name, reports / name)
    for name in ("stijl.css", "literatuur.csl"):
        shutil.copy(REPOSITORY / "reports" / name, reports)
    text = (REPOSITORY / "_quarto.yml").read_text(encoding="utf-8")
    names = ", ".join(f"reports/{name}.qmd" for name in documents)
    text = re.sub(r"(?m)^  render: .*$", f"  render: [{names}]", text)
    text = re.sub(r"(?m)^herkomst: .*$", f"herkomst: {documents[-1]}.html#sec-herkomst", text)
    (root / "_quarto.yml").write_text(text, encoding="utf-8")
    released = root / "data" / "build" / "released"
    released.mkdir(parents=True)
    write_rows(rows(kind), released / "results.csv")
    workspace = Workspace(root=root, data=root / "data" / "real")
    release_as(workspace, REHEARSAL)
    trace(workspace, kind)
    return workspace


def release_as(workspace: Workspace, edition: str, *, missing: Sequence[str] = ()) -> None:
    """Note the edition that was released, and the notebooks that are lacking in it."""
    record = {"edition": edition, "missing": list(missing)}
    path = workspace.build / "released" / RELEASE_FILE
    path.write_text(json.dumps(record), encoding="utf-8")


def trace(workspace: Workspace, kind: str = "synthetic", *, traced: bool = False) -> None:
    """Write the variables and fragments, with or without links to their origin."""
    write_variables(rows(kind), workspace.root / "_variables.yml", traced=traced)
    source = workspace.root / "exhibits"
    if not source.is_dir():
        exhibits(source, kind)
    write_fragments([source], Released(tuple(rows(kind))), workspace.reports / "_generated", traced=traced)


def make_two(root: Path) -> Workspace:
    """The report, and a second document that holds the appendix of origins."""
    workspace = make_project(root, documents=("rapport", "verantwoording"))
    trace(workspace, traced=True)
    origins = workspace.reports / "_generated" / "herkomst.qmd"
    origins.write_text(
        trace_markdown(shown(workspace), rows(), PROVENANCE, MANIFEST), encoding="utf-8", newline="\n"
    )
    return workspace


RUN = {
    "label": "kloof",
    "file": "04-kloof.ipynb",
    "question": "Hoe groot is de *kloof*?",
    "parameters": {},
    "data_hash": "d" * 16,
    "parameters_hash": "p" * 16,
    "code_hash": "c" * 16,
}


def _exhibit(caption: str, number: int) -> dict:
    return {
        "run": "k1",
        "cell": "figuur",
        "number": number,
        "caption": caption,
        "kind": "synthetic",
        "source": "twin",
        "checksum": "f" * 64,
    }


PROVENANCE = {
    "runs": {"k1": RUN},
    "results": {
        "kloof.gap": {"run": "k1", "cell": "uitkomst", "number": 7},
        "kloof.share": {"run": "k1"},
        "feiten.budget": {"run": ""},
    },
    "exhibits": {
        "fig-kloof-lijn": _exhibit("Een lijn met *sterren*. En meer.", 9),
        "tbl-kloof-smal": _exhibit("Een smalle tabel.", 10),
        "tbl-kloof-breed": _exhibit("Een brede tabel.", 11),
    },
    "conclusions": {"kloof": {"rests_on": ["kloof.share"]}},
}
MANIFEST = {"twin": Source("twin", "Een tweeling", "wij", "vrij", "hier", "synthetisch")}
