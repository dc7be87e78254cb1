"""What a reader is told of the sources: remarks for each section, and the table of sources."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import TableExhibit, write_exhibit
from analysis.manifest import Found, Presence, Source, named_sources
from analysis.results import Released

SOURCES_TABLE = "tbl-databronnen"


def remarks(
    released: Released, exhibits: Path, manifest: dict[str, Source], *, beside: Collection[str] = ()
) -> dict[str, list[str]]:
    """For each section: its sources by title, and what the manifest remarks on those with files.

    Exhibits of the questions `beside`, which no section rests on, do not count. That something is lacking is
    said of a source on which no real result of the section rests.
    """
    used = {
        (item.section, source.key)
        for item in (*released.rows, *released.series)
        if item.kind is DataKind.REAL and not item.reason
        for source in named_sources(item.source, manifest)[0]
    }
    named: dict[str, dict[str, Source]] = {}
    for section, keys in _sections(released, exhibits, beside):
        found, _ = named_sources(keys, manifest)
        named.setdefault(section, {}).update((source.key, source) for source in found)
    told = {}
    for section, found in named.items():
        known = [source for key, source in manifest.items() if key in found]  # in the manifest's order
        if known:
            word = "Bron" if len(known) == 1 else "Bronnen"
            sentence = f"{word}: {'; '.join(source.title for source in known)}."
            said = [
                text
                for source in known
                if source.has_files
                for text in (source.remark, "" if (section, source.key) in used else source.lacking)
                if text
            ]
            told[section] = [sentence, *said]
    return told


def sources_named(released: Released, exhibits: Path) -> list[tuple[str, str]]:
    """Name and sources of every row, series and exhibit."""
    named = [
        (f"{item.id} of notebook {item.stamp.notebook}", item.source)
        for item in (*released.rows, *released.series)
    ]
    return named + [(path.stem, _described(path)["source"]) for path in sorted(exhibits.glob("*.json"))]


def write_sources_table(sources: list[Found], folder: Path) -> None:
    """``tbl-databronnen``: which source was there at this build."""
    cells = pd.DataFrame(
        {
            "Bron": [found.source.title for found in sources],
            "Uitgever": [found.source.publisher for found in sources],
            "Toegang": [found.source.access for found in sources],
            "Bij deze bouw": [_found_words(found) for found in sources],
        }
    )
    table = TableExhibit(
        id=SOURCES_TABLE,
        cells=cells,
        caption="Bronnen van dit rapport, en of zij bij deze bouw aanwezig waren.",
        kind=DataKind.FACT,
        source="studie",
        widths=(40, 26, 14, 20),
    )
    write_exhibit(table, folder)


def _sections(released: Released, exhibits: Path, beside: Collection[str]) -> Iterable[tuple[str, str]]:
    for item in (*released.rows, *released.series):
        yield item.section, item.source
    for path in sorted(exhibits.glob("*.json")):
        content = _described(path)
        if any(f"-{question}" in content["id"] for question in beside):
            continue
        yield content["id"].split("-")[1], content["source"]


def _described(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _found_words(found: Found) -> str:
    if found.source.access == "synthetisch":
        return "nagebootst"
    if found.presence is Presence.PRESENT and len(found.files) > 1:
        return f"{dutch.number(len(found.files))} bestanden aanwezig"
    return found.presence.dutch
