"""From finished runs to what the report reads: rows, exhibits, variables and fragments.

``data/build/released`` is replaced whole, and only when every run of the plan is there. When nothing that
decides its content changed, and nobody touched what was written, it is left as it is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from analysis import dutch
from analysis.build.closure import FirstParty, closure
from analysis.build.errors import BuildError
from analysis.build.fingerprint import Fingerprints, digest_of
from analysis.build.plan import Plan
from analysis.build.store import EXHIBITS
from analysis.conclusions import Conclusion, conclude
from analysis.design.conclusions import DESIGN as CONCLUSIONS_DESIGN
from analysis.design.conclusions import read_conclusions
from analysis.design.disclosure import disclosure_rule
from analysis.design.editions import read_simulations
from analysis.manifest import Found, Presence, Source, find_sources, named_sources
from analysis.release.freeze import write_plan
from analysis.release.provenance import provenance, write_provenance
from analysis.release.shown import shown
from analysis.results import ROWS_FILE, Result, read_rows, stamped, write_rows
from analysis.results.disclosure import disclose, summary
from analysis.workspace import Workspace

RELEASE_FILE = "release.json"
SOURCES_TABLE = "tbl-databronnen"
_VARIABLES = "_variables.yml"
_GENERATED = "_generated"
_NAMED = 3  # rows named for each unknown source


@dataclass(frozen=True)
class Release:
    """What was released.

    Attributes
    ----------
    rows, exhibits, suppressed : int
        Counts.
    notes : tuple of str
        What a person should know, such as a file that differs from its checksum.
    unchanged : bool
        Everything was there already.
    """

    rows: int
    exhibits: int
    suppressed: int
    notes: tuple[str, ...] = field(default=())
    unchanged: bool = False


def release(plan: Plan, fingerprints: Fingerprints) -> Release:
    """Gather the rows and exhibits of all runs of `plan` and hand them to the report.

    Raises
    ------
    BuildError
        If a run is missing or altered, two runs publish the same id, or a source is unknown.
    """
    missing = [run.label for run in plan.due]
    if missing:
        raise BuildError(f"these runs are still to be done: {', '.join(missing)}")
    workspace = plan.workspace
    sources = find_sources(workspace, fingerprints.of)
    decides = _decides(plan, sources, fingerprints)
    standing = _standing(workspace, plan.store.released / RELEASE_FILE, decides)
    if standing is not None:
        return standing
    from analysis.release.trace import write_trace

    rows, folders = _gather(plan)
    rule = disclosure_rule(workspace)
    disclosed = disclose(rows, rule)
    rows = sorted([*disclosed.rows, *summary(disclosed, rule)], key=lambda row: row.id)
    manifest = {found.source.key: found.source for found in sources}

    fresh = plan.store.temporary / "released"
    shutil.rmtree(fresh, ignore_errors=True)
    exhibits = fresh / EXHIBITS
    exhibits.mkdir(parents=True)
    write_rows(rows, fresh / ROWS_FILE)
    for folder in folders:
        for path in sorted(folder.glob("*")):
            shutil.copyfile(path, exhibits / path.name)
    used = {key for run in plan.runs.values() for key in run.entry.sources_of(run.overrides)}
    # What can be fetched but no notebook reads is no source of this report.
    _write_sources_table([f for f in sources if not f.source.fetch or f.source.key in used], exhibits)
    _require_known(rows, exhibits, manifest)
    conclusions = _conclusions(workspace, rows)
    write_provenance(provenance(plan, rows, exhibits, conclusions), fresh)
    _hand_to_report(plan, rows, exhibits, manifest, conclusions)
    notes = tuple(_notes(sources))
    counts = {
        "rows": len(rows),
        "exhibits": len(list(exhibits.glob("*.json"))),
        "suppressed": len(disclosed.suppressed),
        "notes": list(notes),
    }
    write_trace(workspace, fresh)
    write_plan(workspace, shown(workspace))
    written = {"decides": decides, **counts, "files": _files(workspace, fresh)}
    (fresh / RELEASE_FILE).write_text(
        json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )
    _swap(fresh, plan.store.released)
    return Release(counts["rows"], counts["exhibits"], counts["suppressed"], notes)


def _gather(plan: Plan) -> tuple[list[Result], list[Path]]:
    """Stamped rows and folders with exhibits of all runs; every id by one run only."""
    rows: list[Result] = []
    folders: list[Path] = []
    publisher: dict[str, str] = {}
    for run in plan.runs.values():
        folder = run.published.folder
        found = read_rows(folder / ROWS_FILE) if ROWS_FILE in run.published.outputs else []
        rows += stamped(found, run.stamp())
        exhibits = folder / EXHIBITS
        ids = [row.id for row in found] + [path.stem for path in exhibits.glob("*.json")]
        if exhibits.is_dir():
            folders.append(exhibits)
        for name in ids:
            if name in publisher:
                raise BuildError(
                    f"{name} is published by {publisher[name]} and by {run.label}: give each its own id. "
                    "In a sweep, make the swept parameter part of the id."
                )
            publisher[name] = run.label
    return rows, folders


def _hand_to_report(
    plan: Plan,
    rows: list[Result],
    exhibits: Path,
    manifest: dict[str, Source],
    conclusions: list[Conclusion],
) -> None:
    from analysis.release.fragments import write_fragments
    from analysis.release.variables import write_variables

    workspace = plan.workspace
    traced = shown(workspace).traced
    write_variables(rows, workspace.root / _VARIABLES, conclusions, traced=traced)
    write_fragments(
        [exhibits],
        rows,
        workspace.reports / _GENERATED,
        sections=[entry for entry in dict.fromkeys(run.entry.name for run in plan.runs.values())],
        remarks=_remarks(rows, exhibits, manifest),
        simulations=read_simulations(workspace),
        traced=traced,
    )


def _conclusions(workspace: Workspace, rows: list[Result]) -> list[Conclusion]:
    """The sentences that the declared rules give, where rules are declared."""
    if not (workspace.design / f"{CONCLUSIONS_DESIGN}.toml").is_file():
        return []
    try:
        return conclude(read_conclusions(workspace), rows)
    except ValueError as error:
        raise BuildError(str(error)) from error


def _remarks(rows: Iterable[Result], exhibits: Path, manifest: dict[str, Source]) -> dict[str, list[str]]:
    """For each section: its sources by title, and what the manifest remarks on those with files."""
    named: dict[str, dict[str, Source]] = {}
    for section, keys in _sections(rows, exhibits):
        found, _ = named_sources(keys, manifest)
        named.setdefault(section, {}).update((source.key, source) for source in found)
    remarks = {}
    for section, found in named.items():
        known = [source for key, source in manifest.items() if key in found]  # in the manifest's order
        if known:
            word = "Bron" if len(known) == 1 else "Bronnen"
            sentence = f"{word}: {'; '.join(source.title for source in known)}."
            remarks[section] = [sentence, *(s.remark for s in known if s.remark and s.has_files)]
    return remarks


def _sections(rows: Iterable[Result], exhibits: Path) -> Iterable[tuple[str, str]]:
    """Section and named sources of every row and exhibit."""
    for row in rows:
        yield row.id.split(".")[0], row.source
    for path in sorted(exhibits.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        yield content["id"].split("-")[1], content["source"]


def _require_known(rows: Iterable[Result], exhibits: Path, manifest: dict[str, Source]) -> None:
    """Raise BuildError if a row or exhibit names a source of which nothing is known: it proves nothing."""
    named = [(f"{row.id} of notebook {row.stamp.notebook}", row.source) for row in rows]
    for path in sorted(exhibits.glob("*.json")):
        named.append((path.stem, json.loads(path.read_text(encoding="utf-8"))["source"]))
    unknown: dict[str, list[str]] = {}
    for name, keys in named:
        for key in named_sources(keys, manifest)[1]:
            unknown.setdefault(key, []).append(name)
    if unknown:
        lines = [
            f"  {key}: named by {', '.join(names[:_NAMED])}"
            + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
            for key, names in sorted(unknown.items())
        ]
        raise BuildError(
            "\n".join(
                [
                    "nothing was released: these sources are neither in data/manifest.toml nor in data/facts",
                    *lines,
                    "Correct `source` where the row is made, or add the source to data/manifest.toml.",
                ]
            )
        )


def _notes(sources: list[Found]) -> Iterable[str]:
    for found in sources:
        for path in found.altered:
            yield f"{path.name} differs from the checksum of {found.source.key} in data/manifest.toml"


def _write_sources_table(sources: list[Found], folder: Path) -> None:
    """``tbl-databronnen``: which source was there at this build."""
    import pandas as pd

    from analysis.datakind import DataKind
    from analysis.exhibits import TableExhibit, write_exhibit

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


def _found_words(found: Found) -> str:
    if found.source.access == "synthetisch":
        return "nagebootst"
    if found.presence is Presence.PRESENT and len(found.files) > 1:
        return f"{dutch.number(len(found.files))} bestanden aanwezig"
    return found.presence.dutch


def _decides(plan: Plan, sources: list[Found], fingerprints: Fingerprints) -> str:
    """Hash of all that decides what is released: runs, sources, rule, and the code from here on."""
    workspace = plan.workspace
    reached = closure(f"import {__name__}", FirstParty.of(workspace), plan.memory)
    inputs = {
        "runs": [[run.label, run.key, run.published.output_hash] for run in plan.runs.values()],
        "sources": [[found.source.key, found.presence, len(found.files)] for found in sources],
        "manifest": fingerprints.of(workspace.root / "data" / "manifest.toml"),
        "shown": asdict(shown(workspace)),
        "design": {path.name: fingerprints.of(path) for path in sorted(workspace.design.glob("*.*"))},
        "code": {name: fingerprints.of(path) for name, path in reached.files.items()},
    }
    return digest_of(inputs)


def _standing(workspace: Workspace, path: Path, decides: str) -> Release | None:
    """The release that stands, if it is the one that would be made."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["decides"] != decides or content["files"] != _files(workspace, path.parent):
            return None
        counts = (content["rows"], content["exhibits"], content["suppressed"])
        return Release(*counts, tuple(content["notes"]), unchanged=True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
