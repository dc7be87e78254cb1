"""Tell git, in this clone, how notebooks are stored and merged, and what to look for before a commit.

``make edit`` and ``make test`` run it; so may anyone, on any system: ``python tools/set_up_git.py``. Only the
settings of this clone are written. It needs nothing but Python and git.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOOKS = "tools/hooks"
SETTINGS = {
    "filter.notebook.clean": "sh tools/notebook-clean",
    "merge.notebook.name": "notebooks, cell by cell",
    "merge.notebook.driver": "sh tools/notebook-merge %O %A %B %L %P",
}


def set_up(root: Path) -> list[str]:
    """Write the settings of the clone in `root`; what a person should know of it.

    A hook that someone has put there is left alone: what runs before a commit is theirs to decide.
    """
    try:
        top = _git(root, "rev-parse", "--show-toplevel")
    except FileNotFoundError:
        return ["git is not installed: changes are not kept, and microdata are not looked for"]
    if not top or Path(top).resolve() != root.resolve():
        return []  # a copy without history
    for name, value in SETTINGS.items():
        _git(root, "config", name, value)
    own = _git(root, "config", "--get", "core.hooksPath")
    hook = Path(root, _git(root, "rev-parse", "--git-common-dir"), "hooks", "pre-commit")
    if own == HOOKS:
        return []
    if own or hook.exists():
        return [
            f"git already runs hooks of {own or hook}: left as it is. Add to yours: "
            f"sh {HOOKS}/pre-commit, which refuses microdata"
        ]
    _git(root, "config", "core.hooksPath", HOOKS)
    return ["git now cleans and merges notebooks, and looks for microdata before each commit"]


def after_save(model: dict, os_path: str, **_: object) -> None:
    """Called by JupyterLab after each save: have git see that a notebook did not change where it did not.

    Git takes a file of another size for changed without asking its filter; what is stored the same is
    noted in the index with its new size. A notebook with changes is left alone: staging is for who commits.
    """
    if model["type"] != "notebook":
        return
    path = Path(os_path)
    same = subprocess.run(["git", "diff", "--quiet", "--", path.name], cwd=path.parent, capture_output=True)
    if same.returncode == 0:
        _git(path.parent, "update-index", "--", path.name)


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    for said in set_up(Path(__file__).resolve().parents[1]):
        print(said)
    sys.exit(0)
