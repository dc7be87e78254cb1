"""``reports/_generated``: exhibits and status notes as fragments that the report's sections include.

``fig-x.qmd`` with its picture, ``tbl-x.qmd``, and ``status-<section>.qmd``, a note that says on what kind
of data a section rests. Texts come from the rows and are plain text; nothing in them becomes markup.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import NARROW
from analysis.release.markdown import anchor, attribute, escape, spoken
from analysis.release.shown import FOLDER
from analysis.release.svg import compact
from analysis.release.twin import twin_markdown
from analysis.results import TRIAL, Released, Result, Series

REPORT = "rapport"  # status-rapport.qmd speaks of the whole report
# Pandoc wraps cells and honours relative widths only in a table with a line longer than this.
_LINE = 72
_RULE = 120
_ID = re.compile(r"(?:fig|tbl)-[a-z0-9-]+")


@dataclass(frozen=True)
class Description:
    """What ``<id>.json`` of an exhibit says.

    Attributes
    ----------
    id, caption, source : str
    kind : DataKind
    alt : str
        Empty for a table.
    align : str
        One of l, r, c a column; empty for a figure.
    widths : tuple of int or None
    links : mapping of int to sequence of str
        By column, where its cells lead; see :class:`analysis.exhibits.TableExhibit`.
    english : tuple of str
        Words in its cells that are English.
    folder : Path
        Where picture and cells lie.
    """

    id: str
    caption: str
    source: str
    kind: DataKind
    folder: Path
    alt: str = ""
    align: str = ""
    widths: tuple[int, ...] | None = None
    links: Mapping[int, Sequence[str]] = field(default_factory=dict)
    english: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        """``prodemos`` of ``fig-prodemos-kaart``."""
        return self.id.split("-")[1]


def write_fragments(
    exhibits: Iterable[Path],
    released: Released,
    folder: Path,
    sections: Iterable[str] = (),
    remarks: Mapping[str, Sequence[str]] | None = None,
    *,
    lacking: Sequence[str] = (),
    traced: bool = False,
) -> list[Description]:
    """Make `folder` anew with a fragment for every exhibit and a status note for every section.

    Parameters
    ----------
    exhibits : iterable of Path
        Folders that :func:`analysis.exhibits.write_exhibit` wrote into.
    released : Released
        What the rows and series rest on decides what the status notes say.
    folder : Path
        ``reports/_generated``.
    sections : iterable of str
        Sections that need a note beside those of `rows` and `exhibits`.
    remarks : mapping of str to sequence of str, optional
        Sentences to add to the note of a section, for instance why a twin was used.
    lacking : sequence of str
        Notebooks that failed, with the reason; the note of the whole report names them.
    traced : bool
        End each caption with a link to the origin, see :mod:`analysis.release.trace`.

    Returns
    -------
    list of Description
        The exhibits, sorted by id.

    Raises
    ------
    ValueError
        If two exhibits carry the same id or a description does not fit its files.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    described = write_exhibit_fragments(exhibits, folder, traced=traced)
    remarks = remarks or {}
    found: dict[str, list[Result | Series]] = {section: [] for section in sections}
    for item in (*released.rows, *released.series):
        found.setdefault(item.section, []).append(item)
    for section, items in sorted(found.items()):
        tried = section == TRIAL
        if tried:  # a question without a twin was not tried: that is no outcome of the trials
            items = [item for item in items if not (item.reason and item.kind is DataKind.FACT)]
        subject = "de proeven" if tried else "dit deel"
        note = status_markdown(items, remarks.get(section, ()), subject=subject)
        _write(folder / f"status-{section}.qmd", note)
        if tried:  # said in full once; every other chapter with trials refers to it
            _write(folder / f"status-{section}-kort.qmd", note if not _synthetic(items) else _REFERRING)
    everything = [item for section, items in found.items() if section != TRIAL for item in items]
    note = status_markdown(everything, remarks.get(REPORT, ()), subject="dit rapport")
    _write(folder / f"status-{REPORT}.qmd", note + lacking_markdown(lacking))
    return described


def write_exhibit_fragments(
    exhibits: Iterable[Path], folder: Path, *, traced: bool = False
) -> list[Description]:
    """A fragment in `folder` for every exhibit in the folders `exhibits`.

    Raises
    ------
    ValueError
        If two exhibits carry the same id or a description does not fit its files.
    """
    described = sorted(
        (read_description(path) for source in exhibits for path in sorted(source.glob("*.json"))),
        key=lambda exhibit: exhibit.id,
    )
    for first, second in pairwise(described):
        if first.id == second.id:
            raise ValueError(
                f"{first.id} is published twice, in {first.folder} and {second.folder}: give each its own id"
            )
    for exhibit in described:
        if exhibit.id.startswith("fig-"):
            write_picture(exhibit.folder / f"{exhibit.id}.svg", folder)
            small = exhibit.folder / f"{exhibit.id}{NARROW}.svg"
            if small.is_file():
                write_picture(small, folder)
            text = figure_markdown(exhibit, traced=traced, narrow=small.is_file())
            numbers = exhibit.folder / f"{exhibit.id}.csv"
            if numbers.is_file():
                cells = read_cells(numbers)
                text += "\n" + twin_markdown(exhibit.id, exhibit.caption, exhibit.kind, cells)
        else:
            cells = read_cells(exhibit.folder / f"{exhibit.id}.csv")
            text = table_markdown(exhibit, cells, traced=traced)
        _write(folder / f"{exhibit.id}.qmd", text)
    return described


def write_picture(path: Path, folder: Path) -> None:
    """The picture at `path` as the fragments in `folder` show it."""
    _write(folder / path.name, compact(path.read_text(encoding="utf-8")))


def read_description(path: Path) -> Description:
    """The exhibit that `path` describes.

    Raises
    ------
    ValueError
        If the file is malformed or its picture or cells are missing.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        exhibit = Description(
            id=content["id"],
            caption=content["caption"],
            source=content["source"],
            kind=DataKind(content["kind"]),
            folder=path.parent,
            alt=content.get("alt", ""),
            align=content.get("align", ""),
            widths=tuple(content["widths"]) if content.get("widths") else None,
            links={int(column): targets for column, targets in content.get("links", {}).items()},
            english=tuple(content.get("english", ())),
        )
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not the description of an exhibit: {error!r}") from error
    if exhibit.id != path.stem or not _ID.fullmatch(exhibit.id):
        raise ValueError(f"{path}: has the id {exhibit.id!r}; expected the name of the file, fig-… or tbl-…")
    suffix = "svg" if exhibit.id.startswith("fig-") else "csv"
    if not (path.parent / f"{exhibit.id}.{suffix}").is_file():
        raise ValueError(f"{path}: {exhibit.id}.{suffix} is not beside it")
    return exhibit


def read_cells(path: Path) -> list[list[str]]:
    """Header and rows of a table, as text."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


def figure_markdown(exhibit: Description, *, traced: bool = False, narrow: bool = False) -> str:
    """The figure; ``smal`` names its picture for a narrow screen, see reports/filters/figuren.lua."""
    small = f' smal="{FOLDER}/{exhibit.id}{NARROW}.svg"' if narrow else ""
    return (
        f"![{_caption(exhibit, traced)}]({FOLDER}/{exhibit.id}.svg)"
        f"{{#{exhibit.id} fig-alt={attribute(exhibit.alt)}{small}}}\n"
    )


def table_markdown(exhibit: Description, cells: list[list[str]], *, traced: bool = False) -> str:
    """A pipe table; columns share the line by `widths`, or by what they hold where they do not fit.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than `align`.
    """
    columns = len(exhibit.align)
    for number, row in enumerate(cells, start=1):
        if len(row) != columns:
            raise ValueError(f"{exhibit.id}: row {number} has {len(row)} cells for {columns} columns")
    escaped = [[spoken(escape(cell), exhibit.english) for cell in row] for row in cells]
    for column, targets in exhibit.links.items():
        for row, target in zip(escaped[1:], targets, strict=True):
            row[column] = _leading(row[column], target)
    widths = exhibit.widths
    if widths is None and max(len(_line(row)) for row in escaped) > _LINE - 8:
        widths = natural_widths(cells)
    return pipe_table(escaped, exhibit.align, widths, _caption(exhibit, traced), exhibit.id)


def pipe_table(
    cells: Sequence[Sequence[str]], align: str, widths: Sequence[int] | None, caption: str, label: str
) -> str:
    """A pipe table of cells and a caption that are Markdown already."""
    rule = [_rule(side, width) for side, width in zip(align, _dashes(widths, len(align)), strict=True)]
    body = [_line(cells[0]), f"|{'|'.join(rule)}|", *map(_line, cells[1:])]
    return "\n".join(body) + f"\n\n: {caption} {{#{label}}}\n"


def _leading(text: str, target: str) -> str:
    """`text` as a link to a section here (``sec-x``) or of another page; as it is without a target."""
    if not target:
        return text
    return f"[{text}]({target if '#' in target else f'#{target}'})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _caption(exhibit: Description, traced: bool) -> str:
    caption = escape(exhibit.caption)
    return f"{caption} [Herkomst](#{anchor(exhibit.id)})" if traced else caption


def natural_widths(cells: list[list[str]]) -> tuple[int, ...]:
    """Relative widths from what the columns hold: enough for the longest word, more for long texts."""
    widths = []
    for column in zip(*cells, strict=True):
        longest_word = max(len(word) for cell in column for word in (cell.split() or [""]))
        longest_cell = max(map(len, column))
        widths.append(max(longest_word, min(longest_cell, 12 + longest_cell // 4)) + 2)
    return tuple(widths)


def _dashes(widths: Sequence[int] | None, columns: int) -> list[int]:
    if widths is None:
        return [3] * columns
    return [max(3, round(_RULE * width / sum(widths))) for width in widths]


def _rule(align: str, width: int) -> str:
    dashes = "-" * width
    return {"l": f":{dashes}", "r": f"{dashes}:", "c": f":{dashes}:"}[align]


def status_markdown(
    items: Sequence[Result | Series],
    remarks: Sequence[str] = (),
    *,
    subject: str = "dit deel",
) -> str:
    """The note on what a section, or another `subject`, rests on and on what it cannot say."""
    if not items:
        return _callout("note", "Soort gegevens", ["Hier staan geen uitkomsten.", *remarks])
    unknown = sum(bool(item.reason) for item in items)
    kinds = [item.kind for item in items if not item.reason]
    synthetic = sum(kind is DataKind.SYNTHETIC for kind in kinds)
    if synthetic:
        count = len(kinds)
        share = (
            f"Alle uitkomsten in {subject} zijn synthetisch:"
            if synthetic == count
            else f"Van de {dutch.number(count)} uitkomsten met een getal in {subject} "
            f"{'is' if synthetic == 1 else 'zijn'} er {dutch.number(synthetic)} synthetisch:"
        )
        text = [
            f"{share} berekend uit nagebootste gegevens. Zij laten zien dat de rekenwijze werkt en zijn "
            "geen bevindingen.",
            *_beside_sentence(unknown),
            *remarks,
        ]
        return _callout("warning", _TRIAL_TITLE, text, " .synthetisch")
    lacking = _unknown_sentence(unknown, len(items))
    if DataKind.REAL in kinds:
        text = [f"De uitkomsten in {subject} zijn berekend uit echte gegevens.", *lacking]
        return _callout("note", "Echte gegevens", [*text, *remarks])
    if unknown and not any(isinstance(item, Result) and not item.reason for item in items):
        return _callout("note", "Niet vast te stellen", [*lacking, *remarks])
    text = [f"De cijfers in {subject} zijn openbaar en hebben elk een bron.", *lacking]
    return _callout("note", "Openbare cijfers", [*text, *remarks])


def _synthetic(items: Iterable[Result | Series]) -> bool:
    return any(item.kind is DataKind.SYNTHETIC and not item.reason for item in items)


def _beside_sentence(unknown: int) -> list[str]:
    verb = "is" if unknown == 1 else "zijn"
    return (
        [f"Daarnaast {verb} er {dutch.number(unknown)} niet vast te stellen; de reden staat erbij."]
        if unknown
        else []
    )


def _unknown_sentence(unknown: int, count: int) -> list[str]:
    if not unknown:
        return []
    if unknown == count:
        return ["Geen van de uitkomsten is vast te stellen; de reden staat erbij."]
    verb = "is" if unknown == 1 else "zijn"
    return [
        f"Van de {dutch.number(count)} uitkomsten {verb} er {dutch.number(unknown)} niet vast te stellen; de "
        "reden staat erbij."
    ]


def lacking_markdown(lacking: Sequence[str]) -> str:
    """A warning that names the notebooks that failed; "" where none did."""
    if not lacking:
        return ""
    text = ["Van deze notebooks is er geen uitkomst, omdat zij niet zijn afgerond:", f"{'; '.join(lacking)}."]
    return "\n" + _callout("warning", "Dit rapport is niet volledig", text)


def _callout(kind: str, title: str, sentences: Sequence[str], classes: str = "") -> str:
    body = " ".join(escape(sentence) for sentence in sentences)
    folded = ' collapse="true"' if kind == "note" else ""  # what warns stays open
    return f"::: {{.callout-{kind}{classes} title={attribute(title)}{folded}}}\n{body}\n:::\n"


_TRIAL_TITLE = "Synthetische gegevens, geen bevindingen"
_REFERRING = (
    f'::: {{.callout-warning .synthetisch title="{_TRIAL_TITLE}"}}\nDeze uitkomsten komen van synthetische '
    "tweelingen. Zij laten zien of de rekenwijze werkt; @sec-proef zegt waar zij op rusten.\n:::\n"
)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
