"""From finished runs to what the report reads: rows, series, exhibits, variables and fragments.

``data/build/released`` is replaced whole. When nothing that decides its content changed, and nobody touched
what was written, it is left as it is. Where only pictures look different, everything else is taken over. A
notebook that failed is missing from it, and the report says so.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis import dutch
from analysis.build.closure import closure
from analysis.build.errors import BuildError
from analysis.build.failure import FailedRun, alike
from analysis.build.fingerprint import Fingerprints, digest_of
from analysis.build.linked import linked
from analysis.build.plan import Plan
from analysis.conclusions import Conclusion, conclude
from analysis.design.conclusions import DESIGN as CONCLUSIONS_DESIGN
from analysis.design.conclusions import read_conclusions
from analysis.design.questions import Question, has_questions, questions
from analysis.manifest import Found, find_sources
from analysis.release.colophon import CITATION, PREVIOUS
from analysis.release.draw import Drawer, NotDrawn, changed_pictures
from analysis.release.freeze import write_plan
from analysis.release.gather import gather, require_known
from analysis.release.provenance import provenance, read_provenance, with_pictures, write_provenance
from analysis.release.shown import shown
from analysis.results import (
    ROWS_FILE,
    SERIES_FOLDER,
    Released,
    Result,
    read_rows,
    read_series,
    write_rows,
    write_series,
)
from analysis.workspace import Workspace

RELEASE_FILE = "release.json"
EXHIBITS = "exhibits"
STANDARD, REHEARSAL = "standard", "mock"
_DRAWING = ("chapters", "figures", "maps")  # rooms that decide how exhibits look, and nothing beside them
_VARIABLES = "_variables.yml"
_GENERATED = "_generated"


@dataclass(frozen=True)
class Release:
    """What was released.

    Attributes
    ----------
    rows, exhibits, suppressed : int
        Counts; of the withheld, rows and points together.
    notes : tuple of str
        What a person should know, such as a file that differs from its checksum.
    missing : tuple of str
        Notebooks of which nothing could be released or drawn, with the reason; empty in a good build.
    unchanged : bool
        Everything was there already.
    """

    rows: int
    exhibits: int
    suppressed: int
    notes: tuple[str, ...] = field(default=())
    missing: tuple[str, ...] = field(default=())
    unchanged: bool = False


def release(
    plan: Plan, fingerprints: Fingerprints, failed: Iterable[FailedRun] = (), edition: str = STANDARD
) -> Release:
    """Gather what all runs of `plan` published, draw it, and hand it to the report.

    Parameters
    ----------
    failed : iterable of FailedRun
        Runs without results; the report says which chapters do without.
    edition : str
        In the rehearsal (``mock``) results on twins take the place of what cannot be had.

    Raises
    ------
    BuildError
        If a run is still to be done, two runs publish the same id, or a source is unknown.
    """
    failed = list(failed)
    known = {item.label for item in failed}
    missing = [run.label for run in plan.due if run.label not in known]
    if missing:
        raise BuildError(f"these runs are still to be done: {', '.join(missing)}")
    workspace = plan.workspace
    sources = find_sources(workspace, fingerprints.of)
    decides, tells = _decides(plan, sources, fingerprints, failed, edition)
    before = _standing(workspace, plan.store.released)
    if before is not None and before["decides"] == decides:
        return _release(before, unchanged=True)
    if failed or (before is not None and (before["tells"] != tells or before["missing"])):
        before = None

    fresh = plan.store.temporary / "released"
    shutil.rmtree(fresh, ignore_errors=True)
    exhibits = fresh / EXHIBITS
    exhibits.mkdir(parents=True)
    if before is None:
        gathered = gather(plan)
        released, suppressed = gathered.released, gathered.suppressed
        released = released.with_trials_for_unknowns() if edition == REHEARSAL else released
        write_rows(released.rows, fresh / ROWS_FILE)
        write_series(released.series, fresh / SERIES_FOLDER)
    else:
        released, suppressed = _taken_over(plan.store.released, fresh), before["suppressed"]
    notebooks = list(dict.fromkeys(run.entry.name for run in plan.runs.values()))
    drawer = Drawer(workspace, plan.store.build / "drawn", fingerprints, plan.memory, plan.first_party)
    undrawn = drawer.draw(notebooks, released, exhibits)
    drawer.prune()
    lacking = _lacking(failed, undrawn)
    fallen = tuple(dict.fromkeys(item.notebook for item in (*failed, *undrawn)))
    _add_sources_table(plan, sources, exhibits)
    stood = plan.store.released
    redrawn = None if before is None or undrawn else changed_pictures(stood / EXHIBITS, exhibits)
    if redrawn is None:
        _hand_over(plan, released, sources, fresh, lacking, fallen, drawer.runs)
    else:
        _hand_over_pictures(workspace, redrawn, stood, fresh, drawer.runs)
    counts = {
        "rows": len(released.rows),
        "exhibits": len(list(exhibits.glob("*.json"))),
        "suppressed": suppressed,
        "notes": list(_notes(sources)),
        "missing": lacking,
        "edition": edition,
    }
    written = {"decides": decides, "tells": tells, **counts, "files": _files(workspace, fresh)}
    (fresh / RELEASE_FILE).write_text(
        json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    _swap(fresh, plan.store.released)
    return _release(written)


def released_edition(released: Path) -> str:
    """The edition that lies in the folder `released`, "" where there is none."""
    try:
        return json.loads((released / RELEASE_FILE).read_text(encoding="utf-8"))["edition"]
    except (OSError, ValueError, KeyError):
        return ""


def missing_notebooks(released: Path) -> list[str]:
    """Notebooks that are lacking in what was released, with the reason."""
    try:
        return json.loads((released / RELEASE_FILE).read_text(encoding="utf-8"))["missing"]
    except (OSError, ValueError, KeyError):
        return []


def _lacking(failed: list[FailedRun], undrawn: list[NotDrawn]) -> list[str]:
    """A line for each cause of failure, and for what could not be drawn: what it is, and the error."""
    lines = [
        f"{dutch.join([run.label for run in runs])} "
        f"({dutch.join(list(dict.fromkeys(run.file for run in runs)))}): "
        f"{runs[0].failure.message or runs[0].failure.reason}"
        for runs in alike(failed)
    ]
    return lines + [f"{item.notebook}: {item.message}" for item in undrawn]


def _hand_over(
    plan: Plan,
    released: Released,
    sources: list[Found],
    fresh: Path,
    lacking: list[str],
    fallen: tuple[str, ...],
    drawn: dict[str, str],
) -> None:
    """Write what the report includes and names: fragments, variables, origins, plan."""
    from analysis.release.colophon import write_colophon
    from analysis.release.fragments import write_fragments
    from analysis.release.placeholders import SENTENCE, fill_missing
    from analysis.release.question_sections import (
        write_check_sections,
        write_measured_sections,
        write_outcome_sections,
        write_placebo_section,
        write_question_sections,
        write_reach_sections,
    )
    from analysis.release.remarks import remarks, sources_named
    from analysis.release.school_section import write_school_section
    from analysis.release.trace import write_trace
    from analysis.release.variables import write_variables

    workspace, exhibits = plan.workspace, fresh / EXHIBITS
    manifest = {found.source.key: found.source for found in sources}
    require_known(sources_named(released, exhibits), manifest)
    asked = _questions(workspace)
    conclusions = _conclusions(workspace, released.rows, asked, incomplete=bool(lacking))
    write_provenance(provenance(plan, released, exhibits, drawn, conclusions), fresh)
    generated = workspace.reports / _GENERATED
    traced = shown(workspace).traced
    placebos = {question.id for question in asked if question.placebo}
    answering = _without(placebos, released)  # what a chapter says it rests on is of its answers
    told = remarks(answering, exhibits, manifest, beside=placebos)
    for notebook in fallen:
        told[notebook] = [SENTENCE, *told.get(notebook, [])]
    described = write_fragments(
        [exhibits],
        answering,
        generated,
        sections=dict.fromkeys([*(run.entry.name for run in plan.runs.values()), *fallen]),
        remarks=told,
        lacking=lacking,
        traced=traced,
    )
    write_colophon(workspace, fresh, generated)
    write_school_section(released, generated)
    write_question_sections(asked, released, generated)
    write_placebo_section([exhibit.id for exhibit in described], generated)
    write_measured_sections(asked, [exhibit.id for exhibit in described], generated)
    write_check_sections(asked, released, [exhibit.id for exhibit in described], workspace.reports, generated)
    write_outcome_sections(released, workspace.reports, generated)
    programmes = dict.fromkeys(question.exposure.name for question in asked)
    write_reach_sections(programmes, [exhibit.id for exhibit in described], released, generated)
    text = shown(workspace, opened=True)
    extra = fill_missing(text, workspace, released.rows, conclusions) if lacking else {}
    write_variables(
        released.rows, workspace.root / _VARIABLES, conclusions, traced=traced, placeholders=extra
    )
    write_trace(workspace, fresh, released.rows)
    write_plan(workspace, text)


def _taken_over(released: Path, fresh: Path) -> Released:
    """The rows and series in the folder `released`, put in `fresh` as they stand there."""
    shutil.copyfile(released / ROWS_FILE, fresh / ROWS_FILE)
    if (released / SERIES_FOLDER).is_dir():
        shutil.copytree(released / SERIES_FOLDER, fresh / SERIES_FOLDER, copy_function=linked)
    return Released(tuple(read_rows(fresh / ROWS_FILE)), tuple(read_series(fresh / SERIES_FOLDER)))


def _add_sources_table(plan: Plan, sources: list[Found], exhibits: Path) -> None:
    """Write the table of sources: what can be fetched but no notebook reads is no source of this report."""
    from analysis.release.remarks import write_sources_table

    used = {key for run in plan.runs.values() for key in run.entry.sources_of(run.overrides)}
    write_sources_table([f for f in sources if not f.source.fetch or f.source.key in used], exhibits)


def _hand_over_pictures(
    workspace: Workspace, redrawn: list[str], released: Path, fresh: Path, drawn: dict[str, str]
) -> None:
    """Write what depends on how pictures look, where all else that was handed over before still holds."""
    from analysis.release.colophon import write_changes
    from analysis.release.fragments import write_picture
    from analysis.release.trace import write_trace

    generated = workspace.reports / _GENERATED
    for name in redrawn:
        write_picture(fresh / EXHIBITS / name, generated)
    write_provenance(with_pictures(read_provenance(released), fresh / EXHIBITS, redrawn, drawn), fresh)
    write_changes(workspace, fresh, generated)
    write_trace(workspace, fresh)


def _without(questions: set[str], released: Released) -> Released:
    """All but the rows and series of these questions, by id."""
    return replace(
        released,
        rows=tuple(row for row in released.rows if row.question not in questions),
        series=tuple(one for one in released.series if one.question not in questions),
    )


def _questions(workspace: Workspace) -> tuple[Question, ...]:
    return questions(workspace) if has_questions(workspace) else ()


def _conclusions(
    workspace: Workspace, rows: Iterable[Result], asked: tuple[Question, ...], *, incomplete: bool
) -> list[Conclusion]:
    """The sentences that the declared rules give, where rules are declared and there are results."""
    if not (workspace.design / f"{CONCLUSIONS_DESIGN}.toml").is_file():
        return []
    try:
        return conclude(read_conclusions(workspace), rows, asked, incomplete=incomplete)
    except ValueError as error:
        raise BuildError(str(error)) from error


def _notes(sources: list[Found]) -> Iterable[str]:
    for found in sources:
        for path in found.altered:
            yield f"{path.name} differs from the checksum of {found.source.key} in data/manifest.toml"


def _decides(
    plan: Plan, sources: list[Found], fingerprints: Fingerprints, failed: list[FailedRun], edition: str
) -> tuple[str, str]:
    """Hash of all that decides what is released: runs, sources, rules, and the code from here on.

    And the same without the code that draws: what is told beside the pictures, and of which rows.
    """
    workspace = plan.workspace
    first_party = plan.first_party
    reached = closure(f"import {__name__}\nimport analysis.chapters.of_notebook", first_party, plan.memory)
    drawing = sorted((Path(first_party.tops["analysis"]) / "analysis" / "chapters").glob("*.py"))
    modules = "\n".join(
        f"import analysis.chapters.{path.stem}" for path in drawing if path.stem != "__init__"
    )
    drawn = closure(modules, first_party, plan.memory)
    telling = closure(f"import {__name__}", first_party, plan.memory, without=_DRAWING)
    inputs = {
        "runs": [
            [run.label, run.key, run.published.output_hash]
            for run in plan.runs.values()
            if run.published is not None
        ],
        "failed": [[item.label, item.failure.message, item.failure.reason] for item in failed],
        "edition": edition,
        "sources": [[found.source.key, found.presence, len(found.files)] for found in sources],
        "manifest": fingerprints.of(workspace.root / "data" / "manifest.toml"),
        "colophon": [
            fingerprints.of(path)
            for name in (CITATION, PREVIOUS)
            if (path := workspace.root / name).is_file()
        ],
        "shown": asdict(shown(workspace)),
        "committed": {
            path.relative_to(workspace.root).as_posix(): fingerprints.of(path)
            for folder in (workspace.design, workspace.facts)
            for path in sorted(folder.rglob("*.*"))
        },
    }

    def with_code(files: Mapping[str, Path]) -> str:
        return digest_of({**inputs, "code": {name: fingerprints.of(path) for name, path in files.items()}})

    return with_code({**reached.files, **drawn.files}), with_code(telling.files)


def _standing(workspace: Workspace, released: Path) -> dict[str, Any] | None:
    """What is known of the release that stands, if all of it is as it was written."""
    try:
        content = json.loads((released / RELEASE_FILE).read_text(encoding="utf-8"))
        _release(content)
        return content if content["tells"] and content["files"] == _files(workspace, released) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _release(content: dict, *, unchanged: bool = False) -> Release:
    counts = (content["rows"], content["exhibits"], content["suppressed"])
    return Release(*counts, tuple(content["notes"]), tuple(content["missing"]), unchanged)


def _files(workspace: Workspace, released: Path) -> dict[str, str]:
    """Hashes of everything that was written, read anew."""
    hashes = Fingerprints()
    written = {f"released/{path.relative_to(released).as_posix()}": path for path in released.rglob("*")}
    written.pop(f"released/{RELEASE_FILE}", None)
    generated = workspace.reports / _GENERATED
    written |= {f"report/{path.relative_to(generated).as_posix()}": path for path in generated.rglob("*")}
    written[_VARIABLES] = workspace.root / _VARIABLES
    return {name: hashes.of(path) for name, path in sorted(written.items()) if path.is_file()}


def _swap(fresh: Path, target: Path) -> None:
    old = fresh.with_name("released.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
