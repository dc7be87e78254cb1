"""Where each number, figure and table of the report comes from: links in the text, and what they lead to.

A number in a sentence is a link to its row in the appendix ``_generated/herkomst.qmd``, and so is a word
in the caption of each figure and table. The row names notebook and cell, specification, data kind and
source, and leads back to the sections that show it; above it stand the hashes of data, settings and code.
Links are Markdown, so that both renderers and both formats have them, without script. The appendix stands in
one document and holds only what the documents show; ``reports/filters/verwijzingen.lua`` leads to it from the
others. Whatever comes from a notebook is text here: it goes through :mod:`analysis.release.markdown`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.datakind import DataKind
from analysis.manifest import Source, named_sources, read_manifest
from analysis.release.fragments import pipe_table
from analysis.release.markdown import anchor, code, escape
from analysis.release.provenance import PROVENANCE_FILE
from analysis.release.shown import ORIGINS, Shown, Use, shown
from analysis.release.twin import first_sentence
from analysis.results import ROWS_FILE, Result, read_rows
from analysis.workspace import Workspace

_HEADER = ("Cijfer, figuur of tabel", "Uitkomst", "Cel", "Naam", "Soort en bron")
_WIDTHS = (28, 16, 10, 18, 32)
_CHECKSUM_LENGTH = 16


def write_trace(workspace: Workspace, released: Path | None = None) -> None:
    """Write the appendix for what the report shows now, if it has a place for it.

    `released` is the folder of the released rows, where it does not stand in its place yet.
    """
    text_shows = shown(workspace, opened=True)
    released = released or workspace.build / "released"
    if not text_shows.traced or not (released / PROVENANCE_FILE).is_file():
        return
    content = json.loads((released / PROVENANCE_FILE).read_text(encoding="utf-8"))
    text = trace_markdown(text_shows, read_rows(released / ROWS_FILE), content, read_manifest(workspace))
    path = workspace.reports / ORIGINS
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def trace_markdown(
    text: Shown, rows: Sequence[Result], provenance: Mapping[str, Any], manifest: Mapping[str, Source]
) -> str:
    """The appendix: for each run a paragraph with its hashes, and a table of what the report shows of it.

    Parameters
    ----------
    provenance : mapping
        See :func:`analysis.release.provenance.provenance`.
    """
    wanted = text.results(provenance["conclusions"])
    places = text.places(provenance["conclusions"])
    groups: dict[str, _Group] = {}
    for row in rows:
        if row.id in wanted:
            origin = provenance["results"].get(row.id, {"run": ""})
            group = groups.setdefault(origin["run"], _Group())
            shown_at = _shown_at(places.get(row.id, ()), text.appendix)
            group.cells.append(_result_cells(row, origin, shown_at))
            group.sources.append(row.source)
    captions = Counter(first_sentence(origin["caption"]) for origin in provenance["exhibits"].values())
    for name in text.exhibits:
        origin = provenance["exhibits"].get(name)
        if origin is not None:
            group = groups.setdefault(origin["run"], _Group())
            group.cells.append(_exhibit_cells(name, origin, places.get(name, ()), text.appendix, captions))
            group.sources.append(origin["source"])
    runs = provenance["runs"]
    ordered = sorted(groups, key=lambda key: (key not in runs, runs.get(key, {}).get("label", "")))
    ordered.sort(key=lambda key: runs[key]["file"] if key in runs else "~")
    return "\n".join(_section(key, runs.get(key), groups[key], manifest) for key in ordered)


class _Group:
    """What the report shows of one run."""

    def __init__(self) -> None:
        self.cells: list[list[str]] = []
        self.sources: list[str] = []


def _section(key: str, run: Mapping[str, Any] | None, group: _Group, manifest: Mapping[str, Source]) -> str:
    if run is None:
        label = "bouw"
        opening = "**De bouw zelf.** Deze cijfers en tabellen maakt de bouw, zonder notebook."
        caption = "Herkomst van wat de bouw zelf maakt."
    else:
        label = re.sub(r"[^a-z0-9]+", "-", run["label"].lower()).strip("-")
        opening = (
            f"**Notebook {code(run['file'])}.** {escape(run['question'])} "
            f"Uitvoering {code(key)}. Controlegetallen: gegevens {code(run['data_hash'])}, instellingen "
            f"{code(run['parameters_hash'])}, code {code(run['code_hash'])}."
        )
        sweep = _sweep(run["parameters"])
        caption = f"Herkomst van wat getoond wordt uit {code(run['file'])}{sweep}."
    sources, _ = named_sources("; ".join(group.sources), manifest)
    if sources:
        titles = "; ".join(f"{code(source.key)}: {escape(source.title)}" for source in sources)
        opening += f" Bronnen: {titles}."
    table = pipe_table([list(_HEADER), *group.cells], "lllll", _WIDTHS, caption, f"tbl-herkomst-{label}")
    return f"{opening}\n\n{table}"


def _result_cells(row: Result, origin: Mapping[str, Any], shown_at: str) -> list[str]:
    kind = row.kind.dutch if row.value is not None else ""
    cited = row.note if row.kind is DataKind.FACT and row.value is not None else ""  # letter and section
    return [
        f"[{escape(row.label)}]{{#{anchor(row.id)}}}{shown_at}",
        escape(row.variables()["full"] if row.value is not None else row.unknown_word),
        _cell(origin),
        code(row.id),
        escape("; ".join(filter(None, (kind, row.source, cited)))),
    ]


def _exhibit_cells(
    name: str, origin: Mapping[str, Any], places: Sequence[Use], here: str, captions: Mapping[str, int]
) -> list[str]:
    """In its own document a figure or table is referred to by its number, elsewhere by its caption.

    `captions` counts how many begin with the same sentence: then the section tells them apart.
    """
    away = [use for use in places if use.page != here]
    if away and len(away) == len(places):
        sentence = first_sentence(origin["caption"])
        section = f" ({away[0].title})" if captions[sentence] > 1 else ""
        said = f"[{escape(sentence + section)}]({away[0].page}#{name})"
    else:
        said = f"@{name}"
    return [
        f"[{said}]{{#{anchor(name)}}}",
        f"controlegetal {code(origin['checksum'][:_CHECKSUM_LENGTH])}",
        _cell(origin),
        code(name),
        escape(f"{DataKind(origin['kind']).dutch}; {origin['source']}"),
    ]


def _sweep(parameters: Mapping[str, Any]) -> str:
    """Which of the runs of one notebook: its question, and whether it was tried on a twin."""
    told = [f"vraag {code(parameters['question'])}"] if "question" in parameters else []
    if parameters.get("trial"):
        told.append("op een tweeling")
    return f" ({', '.join(told)})" if told else ""


def _shown_at(places: Sequence[Use], here: str) -> str:
    """Links to the sections that show a result; nothing for a place without a label."""
    links = [
        f"[{escape(use.title)}]({'' if use.page == here else use.page}#{use.label})"
        for use in places
        if use.label
    ]
    return f" (in {'; '.join(links)})" if links else ""


def _cell(origin: Mapping[str, Any]) -> str:
    if "number" in origin:
        return f"{int(origin['number'])}, {code(origin['cell'])}"
    return "niet bewaard" if origin["run"] else "geen"
