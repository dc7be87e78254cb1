"""A copy of the repository's design, facts and text in which the rehearsal is held, marked as such."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import yaml

from analysis.workspace import Workspace

FOLDER, DATA = "rehearsal", "data/real"  # of the copy
MARK = "oefening"  # metadata key of the templates
# What a researcher fills in on the day: (design file, key, name of the column in the stand-in).
FILLED_IN = (
    ("kenniskloof", "track_variable", "ITCOURSE"),
    ("adks", "file.columns.municipality", "gemeente"),
    ("adks", "file.columns.province", "provincie"),
)
# And what is added below a line that is there: (design file, line, added, key of the deviation).
ADDED = (
    ("kenniskloof", "cycle = 2009", 'track_variable = "ITCOURSE"', "earlier"),
    ("kenniskloof", "cycle = 2016", 'track_variable = "ITCOURSE"', "earlier"),
)
_REASON = "Oefening: de kolom zoals zij in het nagemaakte bestand heet."
_COPIED = ("analysis", "data/design", "data/facts", "notebooks", "reports")
_SINGLE = ("_quarto.yml", "CITATION.cff", "data/manifest.toml", "requirements.lock", "pyproject.toml")
_MADE = ("_generated", "__pycache__", ".ipynb_checkpoints")


def copied(workspace: Workspace) -> Workspace:
    """Make the copy in ``data/build/rehearsal`` anew, keeping runs that may still hold."""
    root = workspace.build / FOLDER
    runs = root / "data" / "build"
    for path in root.iterdir() if root.is_dir() else ():
        if path.name != "data":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in _COPIED:
        shutil.rmtree(root / folder, ignore_errors=True)
        shutil.copytree(workspace.root / folder, root / folder, ignore=shutil.ignore_patterns(*_MADE))
    for name in _SINGLE:
        if (workspace.root / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(workspace.root / name, root / name)
    if not runs.is_dir() and (workspace.build / "runs").is_dir():  # trials on twins hold here too
        shutil.copytree(workspace.build / "runs", runs / "runs")
    _fill_in(root)
    _mark(root)
    return Workspace(root, root / DATA)


def _fill_in(root: Path) -> None:
    """The names of columns, with a reason for each deviation from the frozen plan."""
    reasons = []
    for file, key, name in FILLED_IN:
        path = root / "data" / "design" / f"{file}.toml"
        text, last = path.read_text(encoding="utf-8"), key.rpartition(".")[2]
        line = re.compile(rf'^{last} = "(.*)"', re.MULTILINE)
        if len(line.findall(text)) != 1:
            raise ValueError(
                f"data/design/{file}.toml: expected one line for {key}, to fill in for a rehearsal"
            )
        if line.findall(text) == [name]:  # filled in already
            continue
        path.write_text(line.sub(f'{last} = "{name}"', text), encoding="utf-8")
        reasons.append(f'[[deviation]]\nfile = "{file}"\nkey = "{key}"\nreason = "{_REASON}"\n')
    for file, line, added, key in ADDED:
        path = root / "data" / "design" / f"{file}.toml"
        text = path.read_text(encoding="utf-8")
        if text.count(f"\n{line}\n") != 1:
            raise ValueError(f"data/design/{file}.toml: expected one line {line}, to add to for a rehearsal")
        if f"{line}\ntrack_variable" in text:  # filled in already
            continue
        path.write_text(text.replace(f"\n{line}\n", f"\n{line}\n{added}\n"), encoding="utf-8")
        reasons.append(f'[[deviation]]\nfile = "{file}"\nkey = "{key}"\nreason = "{_REASON}"\n')
    reasons = list(dict.fromkeys(reasons))
    path = root / "data" / "design" / "deviations.toml"
    stands = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.write_text("\n".join(filter(None, [stands, *reasons])), encoding="utf-8")


def _mark(root: Path) -> None:
    """Every page and sheet of paper says that this is a rehearsal: the key is for the templates."""
    path = root / "_quarto.yml"
    settings = path.read_text(encoding="utf-8")
    path.write_text(f"{settings.rstrip()}\n{MARK}: true\n", encoding="utf-8")
    if yaml.safe_load(path.read_text(encoding="utf-8")).get(MARK) is not True:
        raise ValueError(f"_quarto.yml: {MARK} could not be set")


def mark_data(folder: Path) -> None:
    """Say it in the files of data too, that are read without the page beside them."""
    table = folder / "resultaten.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text(
        "\n".join([f"{lines[0]},{MARK}", *(f"{line},nagemaakte gegevens" for line in lines[1:])]) + "\n",
        encoding="utf-8",
    )
    origin = folder / "herkomst.json"
    if origin.is_file():
        content = {MARK: "nagemaakte gegevens"} | json.loads(origin.read_text(encoding="utf-8"))
        origin.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
