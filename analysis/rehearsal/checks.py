"""What must hold of a report on real files, read from what was made: its text, its numbers and its sheets."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis.datakind import DataKind
from analysis.design.disclosure import disclosure_rule
from analysis.panel.turnout import MUNICIPALITIES, turnout_panel
from analysis.privacy.pdf import page_count, read_pdf
from analysis.rehearsal.files import Planted
from analysis.results import ROWS_FILE, SERIES_FOLDER, TRIAL, Result, read_rows, read_series
from analysis.results.row import NOT_ESTABLISHED
from analysis.results.series import N
from analysis.sources.cbs import inhabitants, inhabitants_by_age
from analysis.sources.geography import province_names
from analysis.sources.kiesraad import is_turnout_file
from analysis.sources.municipal_changes import read_changes
from analysis.sources.municipalities import known_years, municipalities
from analysis.workspace import Workspace

MARK = "Oefening"
# Words of twins, and what a number looks like that was not one: none of it belongs in a report on real files.
# Power and false alarm are imitated on real data too: only a file or figures that were imitated are a twin.
TWINS = re.compile(
    r"syntheti\w*|tweeling\w*|nagebootste?\s+(?:bestand|leerling|uitkomst)\w*|uit nagebootste gegevens|"
    r"proefrapport",
    re.IGNORECASE,
)
BROKEN = re.compile(r"\b(None|NaN|nan|inf|NaT)\b|\bonbekend (?:punten|procentpunten|jongeren|euro)\b|\?var:")
ABSENT = re.compile(
    r"er is geen bestand[^.;]*|(?:het bestand(?: \S+)?|een registratie) van [^.;]* ontbreekt|"
    r"is er, maar niet welke kolom[^.;]*"
)
# One answer of every chapter that rests on files: on the day, none of these is lacking.
ANSWERS = (
    "prodemos.kennis.effect", "prodemos.opkomst_tk.effect", "tienskip.betrokkenheid.effect",
    "tienskip.opkomst_tk.effect", "kenniskloof.gap", "houdingen.gap_change", "regio.houding_sd_province",
    "bereik.prodemos_young_people", "bereik.tienskip_young_people", "bereik.prodemos_cost",
)  # fmt: skip
YOUNG = range(12, 19)  # the ages of which a table of young people must tell
_ASIDE = re.compile(r'<aside class="proefstrook".*?</aside>', re.DOTALL)
_OUT = re.compile(r"<(?:style|script|svg|head)\b.*?</(?:style|script|svg|head)>|<[^>]+>", re.DOTALL)


def visible_text(page: str) -> str:
    """What a reader sees of a page of HTML, without the strip that marks it."""
    return re.sub(r"\s+", " ", html.unescape(_OUT.sub(" ", _ASIDE.sub("", page))))


def contradictions(text: str, kinds: set[DataKind], *, complete: bool = False) -> Iterator[str]:
    """Words in `text` that do not belong beside data of these kinds.

    Parameters
    ----------
    text : str
        As :func:`visible_text` gives it.
    kinds : set of DataKind
        Of all that is shown.
    complete : bool
        Every file is there: then nothing says that one is not.
    """
    patterns = [("words of a twin", TWINS)] if DataKind.SYNTHETIC not in kinds else []
    patterns += [("a number that is none", BROKEN)]
    patterns += [("absence of a file that is there", ABSENT)] if complete else []
    for said, pattern in patterns:
        for match in pattern.finditer(text):
            yield f"{said}: …{text[max(0, match.start() - 60) : match.end() + 60]}…"


def check_report(workspace: Workspace, folder: Path, planted: Planted | None) -> list[str]:
    """Everything that is wrong with the report in `folder`; empty if nothing is."""
    found = [f"rapport.html: {said}" for said in _report_text(workspace, folder)]
    found += [f"{path.name}: not marked as a rehearsal" for path in _pages(folder) if not _marked(path)]
    found += list(_disclosure(workspace))
    found += list(open_data(workspace))
    found += list(_sheets(workspace, folder / "provincies"))
    if planted is not None:
        found += list(_answered(_rows(workspace)))
        found += list(_recovered(_rows(workspace), planted))
    return found


def _report_text(workspace: Workspace, folder: Path) -> Iterator[str]:
    text = visible_text((folder / "rapport.html").read_text(encoding="utf-8"))
    kinds = {row.kind for row in _rows(workspace) if row.section != TRIAL}
    yield from contradictions(text, kinds, complete=True)
    paper, _ = read_pdf((folder / "rapport.pdf").read_bytes())
    yield from (
        f"in the PDF {said}" for said in contradictions(re.sub(r"\s+", " ", paper), kinds, complete=True)
    )


def _pages(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".pdf", ".csv")]


def _marked(path: Path) -> bool:
    if path.suffix == ".pdf":
        return MARK in read_pdf(path.read_bytes())[0]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as handle:
            return MARK.lower() in next(csv.reader(handle))
    return MARK in path.read_text(encoding="utf-8")


def _rows(workspace: Workspace) -> list[Result]:
    return read_rows(workspace.build / "released" / ROWS_FILE)


def open_data(workspace: Workspace) -> Iterator[str]:
    """Open files that are there are read by their readers, also those that no chapter rests on yet."""
    readers = {
        "cbs_70072ned.json": inhabitants,
        "cbs_03759ned_jeugd.json": lambda path: inhabitants_by_age(path, YOUNG),
        "cbs_herindelingen.csv": read_changes,
    }
    calls = [(read, workspace.data / name) for name, read in readers.items()]
    calls += [(municipalities, year, workspace) for year in known_years(workspace)]
    for call, *given in calls:
        if not isinstance(given[0], Path) or given[0].is_file():
            try:
                call(*given)
            except ValueError as error:
                yield str(error)
    if any(is_turnout_file(path) for path in workspace.data.glob("*")):
        level = turnout_panel("TK", workspace=workspace).level
        if level != MUNICIPALITIES:
            yield f"turnout is by {level}, though there are files by municipality"


def _disclosure(workspace: Workspace) -> Iterator[str]:
    """Nothing that is shown rests on fewer people than the rule asks for."""
    least = disclosure_rule(workspace).minimum_n
    for row in _rows(workspace):
        if row.kind is DataKind.REAL and row.value is not None and row.n is not None and row.n < least:
            yield f"{row.id}: shown over {row.n} people, the rule asks for {least}"
    for series in read_series(workspace.build / "released" / SERIES_FOLDER):
        if series.kind is DataKind.REAL and N in series.points:
            few = series.points[series.points[N] < least]
            if few[list(series.measures)].notna().to_numpy().any():
                yield f"{series.id}: points over fewer than {least} people are shown"


def _sheets(workspace: Workspace, folder: Path) -> Iterator[str]:
    kinds = {row.kind for row in _rows(workspace) if row.section != TRIAL}
    for code, name in province_names(workspace).items():
        page, paper = folder / f"{code}.html", folder / f"{code}.pdf"
        if not (page.is_file() and paper.is_file()):
            yield f"sheet of {name}: absent"
            continue
        text = visible_text(page.read_text(encoding="utf-8"))
        if (pages := page_count(paper.read_bytes())) != 1:
            yield f"sheet of {name}: {pages} pages, not one"
        if name not in text:
            yield f"sheet of {name}: does not name its province"
        yield from (f"sheet of {name}: {said}" for said in contradictions(text, kinds, complete=True))
        if not any(word in text for word in ("berekend uit echte gegevens", NOT_ESTABLISHED)):
            yield f"sheet of {name}: does not say on what it rests"


def _answered(rows: Iterable[Result]) -> Iterator[str]:
    """Every chapter has a real answer."""
    by_id = {row.id: row for row in rows}
    for name in ANSWERS:
        row = by_id.get(name)
        if row is None or row.value is None or row.kind is not DataKind.REAL:
            why = "not published" if row is None else row.reason or row.withheld or f"of kind {row.kind}"
            yield f"{name}: no real answer ({why})"


def _recovered(found: Iterable[Result], planted: Planted) -> Iterator[str]:
    """What was put in the registrations is what the report counts."""
    rows = {row.id: row for row in found}
    for programme, truth in planted.truths.items():
        for part, value in (
            ("young_people", round(truth.young_people, -1)),
            ("activities", truth.activities),
            ("unplaced", truth.lost),
        ):
            row = rows.get(f"bereik.{programme}_{part}")
            if row is None or row.value != value:
                yield f"bereik.{programme}_{part}: {None if row is None else row.value}, planted {value}"
