"""A repository of its own that holds planted files, for the search to look through."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def planted(root: Path, files: Mapping[str, str | bytes], tracked: Sequence[str] = ()) -> Workspace:
    """The repository `root` with `files` by path, of which git knows those `tracked`.

    The folder of its microdata is empty.
    """
    rules = {name: (ROOT / name).read_bytes() for name in ("data/design/privacy.toml", ".gitignore")}
    for name, content in {**files, **rules, "data/manifest.toml": ""}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    microdata = root / "data" / "real"
    microdata.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "-q"], cwd=root, env=environment, check=True)
    if tracked:
        subprocess.run(["git", "add", *tracked], cwd=root, env=environment, check=True)
    return Workspace(root, microdata)
