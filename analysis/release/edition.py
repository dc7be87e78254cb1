"""What is known of one report: its numbers, sentences, figures and what lies behind them.

It is read from the folder of a report (``herkomst.json``), from ``data/build/released``, from a CSV of
results, or from ``_variables.yml``; the last two know less.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis import dutch
from analysis.release.markdown import visible
from analysis.release.provenance import ORIGIN_FILE, PROVENANCE_FILE
from analysis.release.shown import CONCLUSIONS

HASHES = {"data_hash": "gegevens", "parameters_hash": "instellingen", "code_hash": "code"}


@dataclass(frozen=True)
class Number:
    """A number as printed, with its label, and value and interval in full where they are known."""

    text: str
    label: str = ""
    exact: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Edition:
    """What is known of one report; None where its source does not say.

    Attributes
    ----------
    numbers : mapping of str to Number
        By result id.
    printed : bool
        Whether numbers read as in the report; a CSV does not know how many digits that are.
    sentences : mapping of str to str
        By conclusion.
    exhibits : mapping of str to tuple of str
        Caption and checksum, by id.
    notebooks : mapping of str to mapping
        Hashes of data, parameters and code, by run.
    """

    numbers: Mapping[str, Number]
    printed: bool = True
    sentences: Mapping[str, str] | None = None
    exhibits: Mapping[str, tuple[str, str]] | None = None
    notebooks: Mapping[str, Mapping[str, str]] | None = None


def read_edition(path: Path) -> Edition:
    """The edition that `path` holds.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is nothing to compare in `path`.
    """
    if path.is_dir():
        for name in (ORIGIN_FILE, PROVENANCE_FILE, "resultaten.csv", "results.csv", "_variables.yml"):
            if (path / name).is_file():
                return read_edition(path / name)
        raise FileNotFoundError(
            f"{path} holds no {ORIGIN_FILE}, resultaten.csv or _variables.yml: name the folder of a report"
        )
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        if path.suffix == ".json":
            return _from_provenance(json.loads(path.read_text(encoding="utf-8")))
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as handle:
                return Edition({row["id"]: _from_row(row) for row in csv.DictReader(handle)}, printed=False)
        if path.suffix in (".yml", ".yaml"):
            return _from_variables(path)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not what a build writes: {error!r}") from error
    raise ValueError(f"{path}: expected a folder, or a file of kind .json, .csv or .yml")


def _from_provenance(content: Mapping[str, Any]) -> Edition:
    return Edition(
        numbers={
            name: Number(item["text"], item["label"], tuple(item["numbers"]))
            for name, item in content["results"].items()
        },
        sentences={name: item["sentence"] for name, item in content["conclusions"].items()},
        exhibits={name: (item["caption"], item["checksum"]) for name, item in content["exhibits"].items()},
        notebooks={item["label"]: {key: item[key] for key in HASHES} for item in content["runs"].values()},
    )


def _from_row(row: Mapping[str, str]) -> Number:
    numbers = tuple(float(row[name]) if row[name] else None for name in ("value", "low", "high"))
    return Number(_in_full(numbers), row["label"], numbers)


def unprinted(edition: Edition) -> Edition:
    """With numbers in full in the place of those printed."""
    if not all(number.exact for number in edition.numbers.values()):
        raise ValueError("variables can be compared with a report or with variables, not with a CSV")
    numbers = {
        name: Number(_in_full(number.exact), number.label, number.exact)
        for name, number in edition.numbers.items()
    }
    return replace(edition, numbers=numbers, printed=False)


def _in_full(numbers: tuple[float | None, ...]) -> str:
    value, low, high = (
        dutch.UNKNOWN if number is None else f"{number:.9g}".replace(".", ",").replace("-", dutch.MINUS)
        for number in numbers
    )
    return value if numbers[1] is None else f"{value} (van {low} tot {high})"


def _from_variables(path: Path) -> Edition:
    from analysis.release.variables import parsed

    tree = parsed(path.read_text(encoding="utf-8")) or {}
    sentences = {name: visible(item["value"]) for name, item in tree.pop(CONCLUSIONS, {}).items()}
    numbers: dict[str, Number] = {}

    def walk(node: Mapping[str, Any], name: str) -> None:
        if "full" in node:
            numbers[name] = Number(visible(node["full"]))
            return
        for key, inner in node.items():
            walk(inner, f"{name}.{key}" if name else key)

    walk(tree, "")
    return Edition(numbers, sentences=sentences)
