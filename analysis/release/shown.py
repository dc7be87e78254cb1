"""What the report's text shows: the variables it names and the generated fragments it includes.

Light, because every build asks: what is shown decides what the appendix of origins holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.workspace import Workspace

DOCUMENTS = ("rapport.qmd", "verantwoording.qmd")
FOLDER = "_generated"
ORIGINS = f"{FOLDER}/herkomst.qmd"
CONCLUSIONS = "conclusie"
_VARIABLE = re.compile(r"(?<!\{)\{\{<\s*var\s+(\S+)\s*>\}\}")
_INCLUDE = re.compile(r"\s*\{\{<\s*include\s+(\S+)\s*>\}\}\s*")
_QUESTIONS = re.compile(rf"{FOLDER}/(?:vragen?|proef|proeven)[\w-]*\.qmd")
_EXHIBIT = re.compile(rf"{FOLDER}/((?:fig|tbl)-[\w-]+)\.qmd")


@dataclass(frozen=True)
class Shown:
    """Names of variables, and paths of fragments; each once, in the order of the text."""

    variables: tuple[str, ...]
    fragments: tuple[str, ...]

    @property
    def traced(self) -> bool:
        """Whether the report holds the appendix of origins, so that links to it lead somewhere."""
        return ORIGINS in self.fragments

    @property
    def exhibits(self) -> list[str]:
        return [match[1] for path in self.fragments if (match := _EXHIBIT.fullmatch(path))]

    def results(self, conclusions: Mapping[str, Any]) -> set[str]:
        """Ids of the results whose numbers are shown; of a conclusion, those it rests on."""
        found: set[str] = set()
        for variable in self.variables:
            name = variable.rpartition(".")[0]
            section, _, rest = name.partition(".")
            if section == CONCLUSIONS and rest in conclusions:
                found |= set(conclusions[rest]["rests_on"])
            else:
                found.add(name)
        return found


def shown(workspace: Workspace, *, opened: bool = False) -> Shown:
    """What the documents and the sections they include name.

    Generated fragments are not opened, but for the sections of questions where `opened` is said: those name
    results and include exhibits themselves, once they have been made.
    """
    variables: dict[str, None] = {}
    fragments: dict[str, None] = {}
    seen: set[Path] = set()

    def read(path: Path) -> None:
        if path in seen or not path.is_file():
            return
        seen.add(path)
        for line in path.read_text(encoding="utf-8").splitlines():
            include = _INCLUDE.fullmatch(line)
            if include and include[1].startswith(f"{FOLDER}/"):
                fragments[include[1]] = None
                if opened and _QUESTIONS.fullmatch(include[1]):
                    read((workspace.reports / include[1]).resolve())
            elif include:
                read((workspace.reports / include[1]).resolve())
            else:
                variables.update(dict.fromkeys(_VARIABLE.findall(line)))

    for document in DOCUMENTS:
        read((workspace.reports / document).resolve())
    return Shown(tuple(variables), tuple(fragments))
