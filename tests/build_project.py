"""Real temporary projects: a folder with a registry, a manifest and small notebooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from analysis.workspace import Workspace

PUBLISH = """\
from analysis.results import Result, publish

publish(Result(id="{name}.value", label="Waarde", value=float({value}), unit="", kind="fact", source="bron"))
"""
MANIFEST = """\
[bron]
title = "Een bron"
publisher = "Uitgever"
licence = "openbaar"
reference = "hier"
access = "open"

[studie]
title = "Deze studie"
publisher = "wij"
licence = "openbaar"
reference = "hier"
access = "open"

[microdata]
title = "Microdata"
publisher = "Uitgever"
licence = "beperkt"
reference = "hier"
access = "op aanvraag"
files = ["micro*.csv"]
"""


class Project:
    """A project in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("data/design", "data/facts", "data/real", "notebooks", "reports"):
            (root / folder).mkdir(parents=True)
        self.write("_quarto.yml", "project:\n  type: default\n")
        self.write("requirements.lock", "nothing==1\n")
        self.write("data/manifest.toml", MANIFEST)
        self.write("data/facts/facts.csv", "id,value\na,1\n")
        self.write("data/design/disclosure.toml", '[rule]\nminimum_n = 10\nsource = "bron"\n')
        self.entries: dict[str, str] = {}

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root, self.root / "data" / "real")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def notebook(
        self,
        name: str,
        *code: str,
        parameters: str = "seed = 1\nvalue = 1.5",
        entry: str = "",
        prose: str = "Een vraag?",
    ) -> Path:
        """Write notebook `name` and its entry; without `code` it publishes its parameter `value`."""
        code = code or (PUBLISH.format(name=name, value="value"),)
        cells = [
            {
                "cell_type": "markdown",
                "id": "title",
                "metadata": {},
                "source": f"# {name.title()}\n\n{prose}",
            },
            _code("parameters", parameters, ["parameters"]),
            *(_code(f"cell-{number}", source, []) for number, source in enumerate(code)),
        ]
        content = {
            "cells": cells,
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        self.entries[name] = (
            f'[[notebook]]\nname = "{name}"\nfile = "{name}.ipynb"\nquestion = "Wat?"\n{entry}\n'
        )
        self.write("data/design/notebooks.toml", "\n".join(self.entries.values()))
        return self.write(f"notebooks/{name}.ipynb", json.dumps(content))

    def analysis(self, *words: str, **variables: str) -> subprocess.CompletedProcess:
        """``python -m analysis <words>`` in this project."""
        return subprocess.run(self.command(*words), **self._settings(variables), timeout=120)

    def start(self, *words: str, start_new_session: bool = False, **variables: str) -> subprocess.Popen:
        settings = self._settings(variables)
        settings.pop("capture_output")
        return subprocess.Popen(
            self.command(*words),
            **settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=start_new_session,
        )

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "analysis", *words]

    def _settings(self, variables: dict[str, str]) -> dict:
        repository = str(Path(__file__).resolve().parents[1])
        environment = {name: v for name, v in os.environ.items() if not name.startswith("ANALYSIS_")}
        environment |= {"PYTHONPATH": repository, "ANALYSIS_ROOT": str(self.root), "CI": "1", **variables}
        return {"cwd": self.root, "env": environment, "capture_output": True, "text": True}

    def runs(self, name: str) -> list[Path]:
        """Folders of the finished runs of notebook `name`."""
        base = self.root / "data" / "build" / "runs" / name
        return sorted(base.iterdir()) if base.is_dir() else []


def _code(identifier: str, source: str, tags: list[str]) -> dict:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identifier,
        "metadata": {"tags": tags},
        "outputs": [],
        "source": source,
    }


def failing(project, built, **settings):
    """What a person is told of a build in which something failed."""
    made = built(project, **settings)
    assert made.built.failed
    return made.problems
