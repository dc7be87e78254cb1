"""Whether the report that stands is the one that would be made: then it is left alone.

What decides it is hashed by content: the release, the report's sources and what they name, facts and design,
this program, the renderers and what was asked of them. What was written is hashed too, so that a report
somebody changed or took files from is made again.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import analysis
from analysis.build.fingerprint import Fingerprints, digest_of
from analysis.render.project import Project
from analysis.workspace import Workspace

RECORD = "rendered.json"
_PACKAGE = Path(analysis.__file__).parent
_RENDERERS = ("typst", "pypandoc_binary", "PyYAML", "pikepdf")
_FOLDERS = ("reports", "data/facts", "data/design", "data/build/released")
_FILES = ("_quarto.yml", "_variables.yml", "data/manifest.toml")


def deciding(workspace: Workspace, projects: Sequence[Project], **asked: Any) -> str:
    """Hash of all that decides what is rendered; `asked` is what the person asked for."""
    root = workspace.root
    paths = [path for folder in _FOLDERS for path in _below(root / folder)]
    named = {name: None for project in projects for name in _named(project.settings)}
    paths += [path for name in (*_FILES, *named) if (path := root / name).is_file()]
    own = [path for path in _below(_PACKAGE) if "__pycache__" not in path.parts]
    return digest_of(
        {
            "asked": asked,
            "files": _hashes(paths, root),
            "program": _hashes(own, _PACKAGE),
            "renderers": [*map(_version, _RENDERERS), _quarto(), os.environ.get("SOURCE_DATE_EPOCH", "")],
        }
    )


def stands(workspace: Workspace, target: Path, decides: str) -> bool:
    """Whether `target` holds what was rendered last with `decides`, and nothing else."""
    try:
        noted = json.loads((workspace.build / "cache" / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return noted == _record(target, decides)


def note(workspace: Workspace, target: Path, decides: str) -> None:
    """Remember that `target` was rendered with `decides`."""
    path = workspace.build / "cache" / RECORD
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_record(target, decides), sort_keys=True) + "\n", encoding="utf-8")


def _record(target: Path, decides: str) -> dict[str, Any]:
    files = _hashes(_below(target), target) if target.is_dir() else {}
    return {"target": str(target), "decides": decides, "files": files}


def _hashes(paths: Iterable[Path], base: Path) -> dict[str, str]:
    fingerprints = Fingerprints()
    return {os.path.relpath(path, base): fingerprints.of(path) for path in paths}


def _below(folder: Path) -> list[Path]:
    return sorted(Path(top, name) for top, _, names in os.walk(folder) for name in names)


def _named(value: Any) -> Iterator[str]:
    """Every text in the settings: those that are paths of files count."""
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _named(inner)
        case list():
            for inner in value:
                yield from _named(inner)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _quarto() -> list[str | int]:
    """Which Quarto is on the path; asking its version would take longer than all the rest."""
    found = shutil.which("quarto")
    if found is None:
        return []
    state = os.stat(found)
    return [os.path.realpath(found), state.st_size, state.st_mtime_ns]
