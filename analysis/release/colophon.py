"""What the report says of itself: sender, version, date, how to cite it, what changed since the last one.

Sender, version and date stand in ``CITATION.cff``. The version before, if there was one, is kept as its
``herkomst.json`` in ``data/vorige``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis import dutch
from analysis.release.diff import Part, compare
from analysis.release.edition import read_edition
from analysis.release.markdown import escape
from analysis.workspace import Workspace

CITATION = "CITATION.cff"
PREVIOUS = Path("data") / "vorige" / "herkomst.json"
SHEETS, STENCIL = "provincies", "provincie.qmd"
FIRST = "Dit is de eerste versie. Er is nog geen vorige om mee te vergelijken."
_TOLD = 12  # more changes than that are for `python -m analysis diff`


def write_colophon(workspace: Workspace, released: Path, folder: Path) -> None:
    """Write ``colofon.qmd``, ``veranderd.qmd`` and ``provinciebladen.qmd`` into `folder`.

    Parameters
    ----------
    released : Path
        Holds the provenance of what is released now.

    Raises
    ------
    ValueError
        If ``CITATION.cff`` lacks a key, or the version before cannot be read.
    """
    _write(folder / "colofon.qmd", colophon(workspace))
    write_changes(workspace, released, folder)
    _write(folder / "provinciebladen.qmd", sheets(workspace))


def write_changes(workspace: Workspace, released: Path, folder: Path) -> None:
    """Write ``veranderd.qmd`` alone: it tells of figures too."""
    _write(folder / "veranderd.qmd", changes(workspace, released))


def citation(workspace: Workspace) -> dict[str, Any] | None:
    """The keys of ``CITATION.cff``; None where there is no such file."""
    import yaml

    path = workspace.root / CITATION
    if not path.is_file():
        return None
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    lacking = [key for key in ("title", "authors", "version", "date-released") if key not in content]
    if lacking:
        raise ValueError(
            f"{CITATION}: {', '.join(lacking)} is not there; the report is dated and signed by it"
        )
    return content


def colophon(workspace: Workspace) -> str:
    """Sender, version and date, and how to cite; in Markdown."""
    known = citation(workspace)
    if known is None:
        return f"Afzender en versie: {dutch.UNKNOWN}.\n"
    sender = escape(dutch.join([author["name"] for author in known["authors"]]))
    day = known["date-released"]
    version = f"Versie {escape(str(known['version']))}, {dutch.day(day)}."
    return (
        f"**Afzender en versie.** {sender}. {version}\n\n"
        f"**Citeren.** {sender} ({day.year}). *{escape(known['title'])}*. {version}\n"
    )


def changes(workspace: Workspace, released: Path) -> str:
    """What differs from the version before, in Markdown: counts, and each number that changed."""
    previous = workspace.root / PREVIOUS
    if not previous.is_file():
        return f"{FIRST}\n"
    found = compare(read_edition(previous), read_edition(released))
    lines = [*_told("Cijfers", found.numbers)]
    for title, part in (("Conclusies", found.sentences), ("Figuren en tabellen", found.exhibits)):
        lines += _told(title, part) if part is not None else []
    return "\n".join(f"- {line}" for line in lines) + "\n"


def _told(title: str, part: Part) -> Iterator[str]:
    counts = map(dutch.number, (len(part.changed), len(part.added), len(part.removed)))
    changed, added, removed = counts
    yield f"**{title}**: {changed} veranderd, {added} nieuw, {removed} vervallen."
    for change in part.changed[:_TOLD]:
        name = change.label or change.id
        yield f"{escape(dutch.capital(name))}: was {escape(change.old)}; is nu {escape(change.new)}."
    if len(part.changed) > _TOLD:
        yield f"En {dutch.number(len(part.changed) - _TOLD)} andere."


def sheets(workspace: Workspace) -> str:
    """Links to the sheets of the provinces, a paragraph; empty where there is no stencil for them."""
    if not (workspace.reports / STENCIL).is_file():
        return "\n"
    from analysis.sources.geography import province_names

    links = [f"[{escape(name)}]({SHEETS}/{code}.html)" for code, name in province_names(workspace).items()]
    return f"**Per provincie.** Een blad over {dutch.join(links)}.\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
