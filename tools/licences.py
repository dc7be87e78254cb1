"""Write THIRD-PARTY.md: the licence of every package that the report is made with, as the package says it.

python tools/licences.py        after `make lock`, in an environment with requirements.lock
"""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
TARGET = REPOSITORY / "THIRD-PARTY.md"
HEAD = """\
# Licences of what this is made with

The repository holds no code of others. These packages are installed by `requirements.lock`, each from its own
publisher; the licence is what its metadata say. Made by `tools/licences.py`.

- Pandoc itself comes within `pypandoc-binary`: GPL-2.0-or-later. It is run as a program of its own.
- Typst itself comes within `typst`: Apache-2.0. The fonts of the PDF are those Typst carries.

| package | licence |
| --- | --- |
"""
UNKNOWN = "not installed on the machine that made this list"


def licence(package: str) -> str:
    """The licence that the metadata of `package` name: the expression, the classifiers, or the field."""
    try:
        metadata = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN
    if metadata.get("License-Expression"):
        return metadata["License-Expression"]
    classified = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License :: ") and line != "License :: OSI Approved"
    ]
    field = (metadata.get("License") or "").strip().splitlines()
    return "; ".join(classified) or (field[0] if field else "not stated")


def main() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)))
    rows = "".join(f"| {name} | {licence(name).replace('|', '/')} |\n" for name in names)
    TARGET.write_text(HEAD + rows, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
