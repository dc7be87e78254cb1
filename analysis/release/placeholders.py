"""What stands in the report where a notebook failed: the same places, each saying that it is lacking.

Fragments and variables that the text names and that nobody made get a placeholder, so that a chapter that
failed costs that chapter and no other. In a build without failures a missing one is a mistake in the text,
and it stops the build.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.conclusions import Conclusion
from analysis.datakind import DataKind
from analysis.exhibits import TableExhibit, write_exhibit
from analysis.release.fragments import write_exhibit_fragments
from analysis.release.shown import CONCLUSIONS, FOLDER, Shown
from analysis.results import Result
from analysis.workspace import Workspace

WORD, IN_ENGLISH = "niet berekend", "not computed"
SENTENCE = "Dit onderdeel ontbreekt: het notebook waar het uit komt, is niet afgerond."
STUDY = "studie"


def fill_missing(
    text: Shown, workspace: Workspace, rows: Iterable[Result], conclusions: Iterable[Conclusion]
) -> dict[str, str]:
    """Write a placeholder for every fragment that `text` includes and nobody made.

    Returns
    -------
    dict of str to str
        Placeholders for the variables that `text` names and nobody has, by dotted name.
    """
    generated = workspace.reports / FOLDER
    lacking = [Path(name).stem for name in text.fragments if not (workspace.reports / name).is_file()]
    with tempfile.TemporaryDirectory() as folder:
        for name in lacking:
            if name.startswith("fig-"):
                write_exhibit(_figure(name), Path(folder))
            elif name.startswith("tbl-"):
                write_exhibit(_table(name), Path(folder))
            else:
                (generated / f"{name}.qmd").write_text(f"{SENTENCE}\n", encoding="utf-8", newline="\n")
        write_exhibit_fragments([Path(folder)], generated)
    known = {f"{row.id}.{part}" for row in rows for part in row.variables()}
    parts = ("value", "gewoon", "kind")
    known |= {f"{CONCLUSIONS}.{item.id}.{part}" for item in conclusions for part in parts}
    return {name: _instead(name) for name in text.variables if name not in known}


def _instead(name: str) -> str:
    if name.startswith(f"{CONCLUSIONS}."):
        return SENTENCE
    return IN_ENGLISH if name.endswith(".english") else WORD


def _figure(id: str):
    from analysis.figures.absent import absent

    return absent(id=id, caption=SENTENCE, why=SENTENCE.rstrip("."), kind=DataKind.FACT, source=STUDY)


def _table(id: str) -> TableExhibit:
    cells = pd.DataFrame([["het notebook is niet afgerond"]], columns=["Ontbreekt"])
    return TableExhibit(id=id, cells=cells, caption=SENTENCE, kind=DataKind.FACT, source=STUDY)
