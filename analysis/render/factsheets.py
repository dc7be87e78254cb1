"""Twelve sheets of one page, one a province, from one stencil: ``provincies/PV20.html`` and ``.pdf``.

The stencil ``reports/provincie.qmd`` is written like the report; ``{{< var provincie.… >}}`` is what differs
from sheet to sheet (:mod:`analysis.render.provinces`). The sheets are always rendered by Pandoc and Typst,
also where Quarto is there: Quarto renders one document at a time, and twelve of them take it minutes.
"""

from __future__ import annotations

import base64
import importlib.metadata
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.closure import FirstParty, Memory, closure, read_mentions
from analysis.build.fingerprint import Fingerprints
from analysis.build.kept import Kept
from analysis.figures.kept import found_by
from analysis.release.draw import drawer_of
from analysis.release.fragments import FOLDER as GENERATED
from analysis.release.markdown import attribute, escape
from analysis.release.svg import compact
from analysis.render.check import check_lines
from analysis.render.editions import released_folder
from analysis.render.embedded import write_document
from analysis.render.index import SHEETS
from analysis.render.labelling import check_labelling
from analysis.render.pandoc import LUA, TEMPLATES
from analysis.render.project import Project, RenderError, read_project, split_front_matter
from analysis.render.source import SHORTCODE, Line, fill, lookup
from analysis.render.stage import sources, staged
from analysis.results import ROWS_FILE, SERIES_FOLDER
from analysis.workspace import Workspace

if TYPE_CHECKING:
    from analysis.render.provinces import Material

STENCIL = "provincie.qmd"
PARTIALS = "partials/provincie"
_NAME = "provincie"
_MARGIN = {"x": "21mm", "top": "22mm", "bottom": "14mm"}
_BLOCK = re.compile(rf"\s*\{{\{{<\s*var\s+{_NAME}\.(?P<key>\w+)\s*>\}}\}}\s*")


def write_factsheets(
    workspace: Workspace, folder: Path, kept: Kept | None = None, pool: Executor | None = None
) -> dict[str, str]:
    """Write the sheets of all provinces into ``provincies`` in `folder`.

    They are made in `pool`, after what it was given before. What was made before is taken from `kept`: all
    sheets together where nothing that decides them changed, as their material need not be read then; else
    what Pandoc and Typst made.

    Returns
    -------
    dict
        The province that each page is of: ``{"provincies/PV20.html": "Groningen", …}``.

    Raises
    ------
    RenderError
        If something is wrong with the stencil, a result is missing, or Pandoc or Typst fails or warns.
    """
    target = folder / SHEETS
    target.mkdir()
    if kept is None:
        names = _write(workspace, target, kept, pool)
    else:
        made = json.loads(kept.get(_deciding(workspace), lambda: _packed(workspace, kept, pool)))
        names = made["names"]
        for name, content in made["files"].items():
            (target / name).write_bytes(base64.b64decode(content))
    return {f"{SHEETS}/{code}.html": name for code, name in names.items()}


def _packed(workspace: Workspace, kept: Kept, pool: Executor | None) -> bytes:
    """All sheets by the name of their file, and the provinces they are of."""
    with tempfile.TemporaryDirectory(prefix="sheets-") as folder:
        names = _write(workspace, Path(folder), kept, pool)
        files = {path.name: base64.b64encode(path.read_bytes()).decode() for path in Path(folder).iterdir()}
    return json.dumps({"names": names, "files": files}, sort_keys=True).encode()


def _deciding(workspace: Workspace) -> dict[str, Any]:
    """All that decides the sheets: results, facts, design, the report's sources, and the code they reach.

    Of what a build writes beside the sources, the stencil reads what it names; of the chapters, the sheets
    reach those that :mod:`analysis.render.provinces` imports: the figures of the others do not decide them.
    """
    first_party = FirstParty.of(workspace)
    memory = Memory(workspace.build / "cache" / "mentions.json")
    imported = read_mentions(Path(__file__).with_name("provinces.py").read_text(encoding="utf-8")).imports
    named = [f"import {name}" for _, name, _ in sorted(imported) if name.startswith("analysis.chapters.")]
    code = closure(f"import {__name__}", first_party, memory, without=("chapters",)).files
    code |= closure("\n".join(named), first_party, memory).files
    code |= {path.name: path for path in (*TEMPLATES, *LUA)}
    stencil = (workspace.reports / STENCIL).read_text(encoding="utf-8")
    released, generated = released_folder(workspace), workspace.reports / GENERATED
    read = [
        *(path for path in sources(workspace.root) if generated not in path.parents or path.name in stencil),
        *(path for folder in (workspace.facts, workspace.design) for path in sorted(folder.rglob("*.*"))),
        workspace.root / "data" / "manifest.toml",
        released / ROWS_FILE,
        *sorted((released / SERIES_FOLDER).glob("*")),
    ]
    hashes = Fingerprints()
    return {
        "files": {
            path.relative_to(workspace.root).as_posix(): hashes.of(path) for path in read if path.is_file()
        },
        "code": {name: hashes.of(path) for name, path in code.items()},
        "asked": [
            os.environ.get("SOURCE_DATE_EPOCH", ""),
            *map(importlib.metadata.version, ("typst", "pypandoc_binary")),
        ],
    }


def _write(workspace: Workspace, target: Path, kept: Kept | None, pool: Executor | None) -> dict[str, str]:
    """Write the sheets of all provinces into `target`; their names by code."""
    from analysis.render.provinces import read_material, sheet_values  # bring along what chapters draw with

    material = read_material(workspace)
    report = read_project(workspace.root)
    drawer = drawer_of(workspace)
    with (
        staged(workspace.root, only_read=True) as stage,
        nullcontext(pool) if pool else ThreadPoolExecutor(os.cpu_count() or 1) as workers,
        found_by(drawer.figure),
    ):
        tasks, staged_report = [], report.at(stage)
        for code in material.names:
            picture = _picture(code, material, staged_report)
            project, text = sheet(code, {_NAME: sheet_values(code, material, picture)}, staged_report)
            tasks.append(workers.submit(write_document, project, text, target, kept))
        for task in tasks:
            task.result()
    return dict(material.names)


def sheet(code: str, values: Mapping[str, Any], report: Project) -> tuple[Project, str]:
    """The project and the text of the sheet of one province, checked like the report.

    Parameters
    ----------
    code : str
    values : mapping
        ``{"provincie": …}``, see :func:`analysis.render.provinces.sheet_values`.
    report : Project
        The report that the sheet belongs to.
    """
    stencil = report.document.parent / STENCIL
    front, texts = split_front_matter(stencil)
    told = {key: _filled(str(value), values) for key, value in front.items()}
    settings = {key: value for key, value in report.settings.items() if key != "bibliography"}
    settings |= told | {
        "toc": False,
        "number-sections": False,
        "rapport-titel": report.settings["title"],
        "format": _formats(code, report),
    }
    project = replace(report, document=stencil, settings=settings)
    lines = list(_lines(texts, stencil, values))
    try:
        check_lines(lines, project, values)
        check_labelling(lines, project)
    except RenderError as error:
        raise RenderError(f"sheet of {code}: {error}") from error
    return project, fill(lines, project, values)


def _picture(code: str, material: Material, report: Project) -> str:
    """Markdown of the province's figure on turnout, drawn where the renderers look; "" without one."""
    from analysis.render.provinces import turnout_line

    drawn = turnout_line(code, material)
    if drawn is None:
        return ""
    path = Path(GENERATED) / f"{drawn.id}-{code.lower()}.svg"
    (report.document.parent / path).parent.mkdir(parents=True, exist_ok=True)
    (report.document.parent / path).unlink(
        missing_ok=True
    )  # one of that name may be a link to what the build made
    (report.document.parent / path).write_text(compact(drawn.svg().decode("utf-8")), encoding="utf-8")
    return f"![{escape(drawn.full_caption)}]({path.as_posix()}){{#{drawn.id} fig-alt={attribute(drawn.alt)}}}"


def _formats(code: str, report: Project) -> dict[str, dict]:
    """The report's formats with the sheet's own partials and names."""
    folder = report.document.parent.relative_to(report.root) / PARTIALS
    html, typst = (dict(report.settings["format"][name]) for name in ("html", "typst"))
    styles = html.get("css") or []
    html |= {
        "output-file": f"{code}.html",
        "css": [*([styles] if isinstance(styles, str) else styles), (folder / "provincie.css").as_posix()],
        "terug": "../rapport.html",
    }
    own = {path.name: path for path in (report.root / folder).glob("*.typ")}
    parts = [
        (folder / Path(part).name).as_posix() if Path(part).name in own else part
        for part in typst["template-partials"]
    ]
    typst |= {"output-file": f"{code}.pdf", "template-partials": parts, "margin": _MARGIN}
    typst.pop("section-numbering", None)
    return {"html": html, "typst": typst}


def _lines(texts: list[str], stencil: Path, values: Mapping[str, Any]) -> Iterator[Line]:
    """Lines of the stencil; a variable alone on its line becomes lines of a generated fragment."""
    for number, text in enumerate(texts, start=1):
        block = _BLOCK.fullmatch(text)
        if not block:
            yield Line(text, stencil, number)
            continue
        name = "status-provincie" if block["key"] == "status" else block["key"]
        path = stencil.parent / GENERATED / f"{name}.qmd"
        for part in lookup(values, f"{_NAME}.{block['key']}").splitlines():
            yield Line(part, path, number)


def _filled(text: str, values: Mapping[str, Any]) -> str:
    return SHORTCODE.sub(lambda match: lookup(values, match["content"].split()[1]), text)
