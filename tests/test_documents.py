"""What README, CONTRIBUTING and ARCHITECTURE name is there: files, commands, options, rooms, functions."""

from __future__ import annotations

import ast
import importlib
import re
import shlex

import pytest
from repository import REPOSITORY
from test_imports import FLOORS

from analysis.__main__ import _parser
from analysis.build.closure import FirstParty, closure
from analysis.build.source import read_source
from analysis.workspace import Workspace

DOCUMENTS = (
    "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "data/facts/README.md",
    "data/real/README.md", "reports/README.md",
)  # fmt: skip
# Made by a build or by whoever works here, and what the recipes have a reader make.
MADE = (
    "data/build", "data/real/", "data/vorige/", "_report/", "_reference/", "_generated/",
    "data/design/deviations.toml",
)  # fmt: skip
EXAMPLES = {
    "notebooks/09-opkomst.ipynb", "analysis/answers/opkomst.py", "tests/answers/test_answers_opkomst.py",
    "analysis/chapters/opkomst.py", "reports/_opkomst.qmd",
}  # fmt: skip
PLACEHOLDER = re.compile(r"[<>*…{}|?]|\bNN-|FOLDER|DIR")
PATH = re.compile(r"^(?:[\w.-]+/)+[\w.-]*$|^[\w.-]+\.(?:md|toml|lock|yml|qmd|ipynb|py|cff|lua|css)$")
ROOTS = ("", "analysis/", "reports/", "data/design/", "data/facts/", "notebooks/")


def text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def words(name: str) -> list[str]:
    """What stands between backticks, in running text and tables."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text(name), flags=re.DOTALL))


def commands(name: str) -> list[list[str]]:
    """Words of every ``python -m analysis …``, in text and in blocks, without placeholders for values."""
    joined = re.sub(
        r"(?<=analysis)\n(?=\w)|(?<=--edition)\n", " ", text(name).replace("python -m\n", "python -m ")
    )
    found = re.findall(r"python -m analysis ([^`#\n]+)", joined)
    return [shlex.split(re.sub(r"[\[\]()]", " ", line.strip().rstrip(".,:;"))) for line in found]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_are_named_are_there(name):
    beside = (REPOSITORY / name).parent
    absent = []
    for word in words(name):
        if not PATH.fullmatch(word) or PLACEHOLDER.search(word) or word in EXAMPLES:
            continue
        if word.startswith(MADE) or "://" in word:
            continue
        places = [beside / word, *(REPOSITORY / f"{root}{word}" for root in ROOTS)]
        if not any(place.exists() for place in places):
            absent.append(word)
    assert not absent


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_pictures_lead_somewhere(name):
    for target in re.findall(r"\]\((?!https?:|#|verantwoording)([^)#]+)", text(name)):
        if "…" not in target and name != "reports/README.md":  # which shows how links are written
            assert ((REPOSITORY / name).parent / target).exists(), target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_and_options_exist(name):
    parsers = _parser()._subparsers._group_actions[0].choices
    for line in commands(name):
        assert line[0] in parsers, f"{name}: python -m analysis {line[0]}"
        known = {option for action in parsers[line[0]]._actions for option in action.option_strings}
        assert {word for word in line if word.startswith("--")} <= known, f"{name}: {' '.join(line)}"


def test_the_documents_do_name_commands():
    assert {line[0] for line in commands("README.md")} >= set(_parser()._subparsers._group_actions[0].choices)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_targets_of_make_exist(name):
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)|^make ([a-z]+)", text(name), flags=re.MULTILINE) or []) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }


def test_editions_are_those_of_the_command():
    from analysis.__main__ import EDITIONS

    assert re.findall(r"^\| `(\w+)` \| (?:what|the rehearsal|as standard)", text("README.md"), re.M) == [
        *EDITIONS
    ]
    assert f"--edition {'|'.join(EDITIONS)}" in text("README.md")


def test_imports_that_are_shown_work():
    for name in DOCUMENTS:
        for module, names in re.findall(r"from (analysis[\w.]*) import ([\w, ]+)", text(name)):
            for one in names.split(","):
                assert hasattr(importlib.import_module(module), one.strip()), f"{name}: {module}.{one}"


def test_rooms_stand_on_the_floors_that_the_imports_hold_them_to():
    package = REPOSITORY / "analysis"
    there = {
        path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    told = {
        int(floor): set(re.findall(r"`(\w+)`", rooms))
        for floor, rooms in re.findall(
            r"^\| (\d+) \| ([^|]+) \|", text("ARCHITECTURE.md"), flags=re.MULTILINE
        )
    }
    assert told == {floor: set(rooms) & there for floor, rooms in FLOORS.items()}


def test_functions_of_a_room_are_those_it_exports():
    rows = re.findall(r"^\| `([a-z.]+)` \| (.*`\w+`) \|$", text("ARCHITECTURE.md"), flags=re.MULTILINE)
    told = {room: set(re.findall(r"`([\w.]+)`", names)) for room, names in rows}
    faces = {
        ".".join(path.parent.relative_to(REPOSITORY / "analysis").parts)
        for path in (REPOSITORY / "analysis").rglob("*/__init__.py")
    }
    for room in sorted(faces - {""}):
        module = importlib.import_module(f"analysis.{room}")
        exported = {name for name in getattr(module, "__all__", ()) if name[0].islower()}
        named = told.pop(room, set())
        for other in {name for name in named if "." in name}:
            named = (named - {other}) | (exported & set(importlib.import_module(f"analysis.{other}").__all__))
        assert named == exported, room
    assert not told


@pytest.mark.parametrize(
    "said",
    [
        "is neither a released result nor a cited fact",
        "is bound to no result",
        "cannot be planned:",
        "declares source",
    ],
)
def test_messages_that_are_quoted_are_given(said):
    assert said in " ".join(text("CONTRIBUTING.md").split())
    written = {
        node.value
        for path in (REPOSITORY / "analysis").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert any(said in one for one in written)


def test_the_picture_is_small():
    assert (REPOSITORY / "reports" / "voorbeeld.png").stat().st_size < 150_000


def test_rules_for_the_text_run_no_notebook_again():
    """As CONTRIBUTING says of other wording."""
    workspace = Workspace(REPOSITORY, REPOSITORY / "data" / "real")
    for path in sorted(workspace.notebooks.glob("*.ipynb")):
        reached = closure(read_source(path).code, FirstParty.of(workspace))
        assert not reached.any_design, path.name
        assert not reached.designs & {"claims", "prose_numbers"}, path.name
