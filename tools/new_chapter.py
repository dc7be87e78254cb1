"""Begin a chapter: ``make new NAME=opkomst``, or on any system ``python tools/new_chapter.py opkomst``.

It writes the notebook, its entry in the registry, the module with its rows, a test, the section and the
conclusion, and places the section in the report, before the literature. All of it works from the first
minute; the one result says that it is not there yet. ``--title`` and ``--question`` give the words.
"""

from __future__ import annotations

import argparse
import json
import keyword
import re
import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).parent / "chapter"
DOCUMENT = "reports/rapport.qmd"
BEFORE = "# Literatuur"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# First parts of ids that are not the name of a notebook.
_TAKEN = frozenset({"proef", "conclusie", "rapport", "provincie"})


def new_chapter(root: Path, name: str, title: str = "", question: str = "") -> list[Path]:
    """Write the chapter `name` in the repository at `root`; the files that were written or changed.

    Raises
    ------
    ValueError
        If the name cannot be one, or something of that name is there. Nothing is written then.
    """
    section = name.replace("-", "_")
    if not _NAME.fullmatch(name) or keyword.iskeyword(section):
        raise ValueError(f"name {name!r}: expected lower case letters, digits and hyphens, such as opkomst")
    if name in _TAKEN:
        raise ValueError(f"name {name!r} is taken: {', '.join(sorted(_TAKEN))} have a meaning of their own")
    question = question or f"Wat is er bekend over {name}?"
    if not question.endswith("?") or '"' in question:
        raise ValueError(f"question {question!r}: expected a question, with a question mark and no quotes")
    used = [
        int(found[1]) for path in root.glob("notebooks/*.ipynb") if (found := re.match(r"(\d+)-", path.name))
    ]
    words = {
        "name": name,
        "section": section,
        "file": f"{max(used, default=0) + 1:02d}-{name}.ipynb",
        "title": title or name.replace("-", " ").capitalize(),
        "question": question,
    }
    written = {
        f"notebooks/{words['file']}": _notebook(words),
        f"analysis/answers/{section}.py": _filled("answers.py.txt", words),
        f"tests/answers/test_answers_{section}.py": _filled("test.py.txt", words),
        f"reports/_{name}.qmd": _filled("section.qmd.txt", words),
    }
    there = [place for place in written if (root / place).exists()]
    there += [str(path.relative_to(root)) for path in root.glob(f"notebooks/*-{name}.ipynb")]
    there += [f"data/design/{file}.toml" for file in _naming(root, name, section)]
    if there:
        raise ValueError(f"name {name!r} is taken: {', '.join(dict.fromkeys(there))}")
    for file, template in (("notebooks", "registry.toml.txt"), ("conclusions", "conclusions.toml.txt")):
        place = f"data/design/{file}.toml"
        written[place] = (
            (root / place).read_text(encoding="utf-8").rstrip("\n") + "\n" + _filled(template, words)
        )
    document = (root / DOCUMENT).read_text(encoding="utf-8")
    if BEFORE not in document:
        raise ValueError(f"{DOCUMENT}: no heading {BEFORE!r}, before which a chapter is placed")
    written[DOCUMENT] = document.replace(BEFORE, f"{{{{< include _{name}.qmd >}}}}\n\n{BEFORE}", 1)
    for place, text in written.items():
        (root / place).write_text(text, encoding="utf-8", newline="\n")
    return [root / place for place in written]


def _naming(root: Path, name: str, section: str) -> list[str]:
    """Design files that know the name already: as a notebook, a rule, or the beginning of a question."""
    known = {
        "notebooks": rf'^name = "{name}"',
        "conclusions": rf"^\[\[rule\.{section}\]\]",
        "questions": rf'^id = "{name}(-|")',
    }
    return [
        file
        for file, pattern in known.items()
        if re.search(pattern, (root / f"data/design/{file}.toml").read_text(encoding="utf-8"), re.MULTILINE)
    ]


def _filled(template: str, words: dict[str, str]) -> str:
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)


def _notebook(words: dict[str, str]) -> str:
    """The notebook, as git stores it."""

    def cell(kind: str, identifier: str, source: str, **metadata: list[str]) -> dict:
        own = {"outputs": [], "execution_count": None} if kind == "code" else {}
        lines = source.splitlines(keepends=True)
        return {"cell_type": kind, "id": identifier, "metadata": metadata, "source": lines, **own}

    calls = f"from analysis.answers.{words['section']} import items\nfrom analysis.results import publish"
    content = {
        "cells": [
            cell("markdown", "titel", f"# {words['title']}\n\n**Vraag.** {words['question']}"),
            cell("code", "parameters", "level = 0.95", tags=["parameters"]),
            cell("code", "invoer", calls),
            cell("markdown", "antwoord-uitleg", "## Antwoord"),
            cell("code", "antwoord", "publish(*items(level))"),
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(words: list[str]) -> int:
    """Write a chapter and say what comes next."""
    parser = argparse.ArgumentParser(prog="make new NAME=…", description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--title", default="")
    parser.add_argument("--question", default="")
    given = parser.parse_args(words)
    try:
        paths = new_chapter(ROOT, given.name, given.title, given.question)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in paths:
        print(path.relative_to(ROOT))
    print(
        f"Next: python -m analysis build --only {given.name}, then make report. The chapter differs from the "
        "frozen plan, and is listed so: give the reason in data/design/deviations.toml."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
