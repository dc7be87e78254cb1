"""What the renderers get to see: a copy of the report's sources, and no data.

Pandoc, Typst and Quarto read whatever a text can make them read. They work in a folder that holds the
documents, the fragments and pictures that the build disclosed, and what ``_quarto.yml`` names; nothing of
``data`` is below it. What a renderer leaves behind when it fails goes away with the folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.build.linked import linked
from analysis.build.private import private_folder, sweep_private_folders

STAGE = "report"
FILES = ("_quarto.yml", "_variables.yml")
SOURCES = "reports"
MADE = "_generated"
PICTURES = frozenset({".svg", ".png", ".jpg", ".jpeg"})
# Documents, pictures and what says how they look.
SUFFIXES = PICTURES | {".qmd", ".bib", ".csl", ".lua", ".html", ".css", ".typ"}


@contextmanager
def staged(root: Path, *, only_read: bool = False) -> Iterator[Path]:
    """A folder with the sources of the report in `root`, for as long as the block lasts.

    Links are left out: what they lead to may be anything. What a render that was killed left among the
    temporary files is removed.

    Parameters
    ----------
    only_read : bool
        The renderer writes in none of them. What the build made, hundreds of files, is then not copied.
    """
    sweep_private_folders()
    with private_folder() as folder:
        stage = folder.resolve() / STAGE
        stage.mkdir()
        for path in sources(root):
            target = stage / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            put = linked if only_read and MADE in path.parts else shutil.copyfile
            put(path, target)
        yield stage


def sources(root: Path) -> Iterator[Path]:
    """What the report in `root` is written in: documents, fragments, pictures and how they look."""
    yield from (root / name for name in FILES if (root / name).is_file())
    if not (root / SOURCES).is_symlink():
        found = (Path(folder, name) for folder, _, names in os.walk(root / SOURCES) for name in names)
        yield from sorted(
            path for path in found if path.suffix in SUFFIXES and not path.is_symlink() and path.is_file()
        )
