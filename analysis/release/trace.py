"""Where each number, figure and table of the report comes from: links in the text, and what they lead to.

A number in a sentence is a link to its row in the appendix ``_generated/herkomst.qmd``, and so is a word
in the caption of each figure and table. The row names notebook and cell, specification, data kind and
source, and leads back to the sections that show it; another table has the hashes of data, settings and code
of each run, which the name of a result tells apart.
Links are Markdown, so that both renderers and both formats have them, without script. The appendix stands in
one document and holds only what the documents show; ``reports/filters/verwijzingen.lua`` leads to it from the
others. Whatever comes from a notebook is text here: it goes through :mod:`analysis.release.markdown`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.datakind import DataKind
from analysis.manifest import Source, named_sources, read_manifest
from analysis.release.fragments import pipe_table
from analysis.release.markdown import anchor, code, escape, spoken
from analysis.release.provenance import PROVENANCE_FILE
from analysis.release.shown import ORIGINS, Shown, Use, shown
from analysis.release.twin import first_sentence
from analysis.results import ROWS_FILE, Result, read_rows
from analysis.workspace import Workspace

_HEADER = ("Cijfer, figuur of tabel", "Uitkomst", "Cel en naam", "Soort en bron")
_WIDTHS = (38, 19, 25, 28)
_RUNS_HEADER = ("Notebook of vraag", "Uitvoering", "Gegevens", "Instellingen", "Code")
_RUNS_WIDTHS = (27, 26, 18, 18, 18)
_CHECKSUM_LENGTH = 16
_RUNS, _BUILD = "uitvoeringen", "bouw"  # tables that are of no notebook


def write_trace(
    workspace: Workspace, released: Path | None = None, rows: Sequence[Result] | None = None
) -> None:
    """Write the appendix for what the report shows now, if it has a place for it.

    Parameters
    ----------
    released : Path, optional
        The folder of the released rows, where it does not stand in its place yet.
    rows : sequence of Result, optional
        The rows in it, where they were read before.
    """
    text_shows = shown(workspace, opened=True)
    released = released or workspace.build / "released"
    if not text_shows.traced or not (released / PROVENANCE_FILE).is_file():
        return
    content = json.loads((released / PROVENANCE_FILE).read_text(encoding="utf-8"))
    rows = read_rows(released / ROWS_FILE) if rows is None else rows
    text = trace_markdown(text_shows, rows, content, read_manifest(workspace))
    path = workspace.reports / ORIGINS
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def trace_markdown(
    text: Shown, rows: Sequence[Result], provenance: Mapping[str, Any], manifest: Mapping[str, Source]
) -> str:
    """The appendix: the runs, for each notebook a table of what the report shows of it, and the sources.

    Parameters
    ----------
    provenance : mapping
        See :func:`analysis.release.provenance.provenance`.
    """
    wanted = text.results(provenance["conclusions"])
    places = text.places(provenance["conclusions"])
    cells: dict[str, list[list[str]]] = {}  # by run
    english = {words for origin in provenance["exhibits"].values() for words in origin.get("english", ())}
    sources = []
    for row in rows:
        if row.id in wanted:
            origin = provenance["results"].get(row.id, {"run": ""})
            shown_at = _shown_at(places.get(row.id, ()), text.appendix)
            cells.setdefault(origin["run"], []).append(_result_cells(row, origin, shown_at, sorted(english)))
            sources.append(row.source)
    captions = Counter(first_sentence(origin["caption"]) for origin in provenance["exhibits"].values())
    for name in text.exhibits:
        origin = provenance["exhibits"].get(name)
        if origin is not None:
            told = _exhibit_cells(name, origin, places.get(name, ()), text.appendix, captions)
            cells.setdefault(origin["run"], []).append(told)
            sources.append(origin["source"])
    runs = {key: run for key, run in provenance["runs"].items() if key in cells}
    runs = dict(sorted(runs.items(), key=lambda item: (item[1]["file"], item[1]["label"])))
    parts = [_runs_table(runs)] if runs else []
    for file, label in _labels(run["file"] for run in runs.values()).items():
        of_file = {key: cells[key] for key, run in runs.items() if run["file"] == file}
        parts.append(_notebook(file, label, of_file, runs))
    own = [told for key in cells if key not in runs for told in cells[key]]
    if own:
        opening = "**De bouw zelf.** Deze cijfers en tabellen maakt de bouw, zonder notebook."
        parts.append(f"{opening}\n\n{_table(own, 'Herkomst van wat de bouw zelf maakt.', _BUILD)}")
    return "\n".join([*parts, *_named(sources, manifest)])


def _runs_table(runs: Mapping[str, Mapping[str, Any]]) -> str:
    cells = [
        [_sweep(run), code(key), *(code(run[name]) for name in ("data_hash", "parameters_hash", "code_hash"))]
        for key, run in runs.items()
    ]
    caption = "Uitvoeringen van de notebooks, en hun controlegetallen."
    return pipe_table([list(_RUNS_HEADER), *cells], "lllll", _RUNS_WIDTHS, caption, f"tbl-herkomst-{_RUNS}")


def _labels(files: Iterable[str]) -> dict[str, str]:
    """What the table of each file is called: its name in letters, digits and -, with a number where taken."""
    labels: dict[str, str] = {}
    for file in dict.fromkeys(files):
        name = re.sub(r"[^a-z0-9]+", "-", Path(file).stem.lower()).strip("-") or "notebook"
        taken = [
            label for label in (_RUNS, _BUILD, *labels.values()) if re.fullmatch(rf"{name}(-\d+)?", label)
        ]
        labels[file] = f"{name}-{len(taken) + 1}" if taken else name
    return labels


def _notebook(
    file: str, label: str, cells: Mapping[str, list[list[str]]], runs: Mapping[str, Mapping[str, Any]]
) -> str:
    """What is shown of all runs of one notebook; `cells` by run."""
    question = runs[next(iter(cells))]["question"]
    told = [row for rows in cells.values() for row in rows]
    table = _table(told, f"Herkomst van wat getoond wordt uit {code(file)}.", label)
    return f"**Notebook {code(file)}.** {escape(question)}\n\n{table}"


def _table(cells: list[list[str]], caption: str, name: str) -> str:
    return pipe_table([list(_HEADER), *cells], "llll", _WIDTHS, caption, f"tbl-herkomst-{name}")


def _named(keys: Sequence[str], manifest: Mapping[str, Source]) -> list[str]:
    """The sources by the names that the tables give them."""
    sources, _ = named_sources("; ".join(keys), manifest)
    used = dict.fromkeys(key.strip() for some in keys for key in some.split(";"))
    told = "; ".join(
        f"{', '.join(code(key) for key in used if key == source.key or key in source.facts)}: "
        f"{escape(source.title)}"
        for source in sources
    )
    return [f"**Bronnen, met hun naam in de tabellen.** {told}.\n"] if sources else []


def _result_cells(row: Result, origin: Mapping[str, Any], shown_at: str, english: Sequence[str]) -> list[str]:
    kind = row.kind.dutch if row.value is not None else ""
    cited = row.note if row.kind is DataKind.FACT and row.value is not None else ""  # letter and section
    return [
        f"[{escape(row.label)}]{{#{anchor(row.id)}}}{shown_at}",
        escape(row.variables()["full"] if row.value is not None else row.unknown_word),
        f"{_cell(origin)} {code(row.id)}",
        spoken(escape("; ".join(filter(None, (kind, row.source, cited)))), english),
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
        code(name),
        escape(f"{DataKind(origin['kind']).dutch}; {origin['source']}"),
    ]


def _sweep(run: Mapping[str, Any]) -> str:
    """Which run: its notebook, its question if it has one, and whether it was tried on a twin."""
    parameters = run["parameters"]
    told = code(parameters["question"] if "question" in parameters else run["file"])
    told = f"{escape(run['file'][:2])}, {told}" if "question" in parameters else told
    return f"{told}, op een tweeling" if parameters.get("trial") else told


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
    return "niet bewaard," if origin["run"] else "geen cel,"
