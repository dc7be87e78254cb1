"""What changed between two reports: numbers, sentences, figures and tables, and what lies behind them.

An edition is read from the folder of a report (``herkomst.json``), from ``data/build/released``, from a CSV
of results, or from ``_variables.yml``; the last two know less, and only what both know is compared.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis import dutch
from analysis.pipeline.provenance import ORIGIN_FILE, PROVENANCE_FILE
from analysis.pipeline.shown import CONCLUSIONS

_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\(#[^)\s]*\)")
_ESCAPE = re.compile(r"\\(.)")
_TOLERANCE = 1e-9  # below it a number is the same, computed on another machine


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


@dataclass(frozen=True)
class Change:
    """Something that is in both, but not the same; `label` says what it is."""

    id: str
    old: str
    new: str
    label: str = ""


@dataclass(frozen=True)
class Part:
    """What became of the numbers, the sentences or the exhibits; `added` and `removed` hold id and text."""

    changed: tuple[Change, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    same: int = 0


@dataclass(frozen=True)
class Difference:
    """Between two editions.

    `unseen` are numbers that changed behind the digits shown. A part is None where one of the editions
    knows nothing of it.
    """

    numbers: Part
    unseen: tuple[str, ...] = ()
    sentences: Part | None = None
    exhibits: Part | None = None
    notebooks: Part | None = field(default=None)


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


def compare(old: Edition, new: Edition) -> Difference:
    """What changed from `old` to `new`.

    Raises
    ------
    ValueError
        If one knows numbers only as printed, and the other only in full.
    """
    if old.printed != new.printed:
        old, new = _unprinted(old), _unprinted(new)
    before = {name: number.text for name, number in old.numbers.items()}
    now = {name: number.text for name, number in new.numbers.items()}
    labels = {name: number.label for name, number in (*old.numbers.items(), *new.numbers.items())}
    unseen = tuple(
        name
        for name in sorted(set(before) & set(now))
        if before[name] == now[name] and _differs(old.numbers[name].exact, new.numbers[name].exact)
    )
    return Difference(
        numbers=_part(before, now, labels),
        unseen=unseen,
        sentences=_both(old.sentences, new.sentences, _part),
        exhibits=_both(old.exhibits, new.exhibits, _exhibits),
        notebooks=_both(old.notebooks, new.notebooks, _notebooks),
    )


def in_words(found: Difference) -> Iterator[str]:
    """The differences in Dutch, a line each."""
    yield from _told("Cijfers", found.numbers)
    if found.unseen:
        yield f"  achter de getoonde cijfers veranderd: {', '.join(found.unseen)}"
    for title, part in (
        ("Zinnen met een conclusie", found.sentences),
        ("Figuren en tabellen", found.exhibits),
        ("Notebooks", found.notebooks),
    ):
        if part is None:
            yield f"{title}: niet vergeleken; een van beide zegt er niets over"
        else:
            yield from _told(title, part)


def _told(title: str, part: Part) -> Iterator[str]:
    counts = (len(part.changed), len(part.added), len(part.removed), part.same)
    changed, added, removed, same = map(dutch.number, counts)
    yield f"{title}: {changed} veranderd, {added} nieuw, {removed} vervallen, {same} gelijk"
    for change in part.changed:
        label = f" ({change.label})" if change.label else ""
        yield f"  {change.id}{label}: was {change.old}; is nu {change.new}"
    for name, text in part.added:
        yield f"  {name}: nieuw, {text}"
    for name, text in part.removed:
        yield f"  {name}: vervallen, was {text}"


def _part(old: Mapping[str, str], new: Mapping[str, str], labels: Mapping[str, str] | None = None) -> Part:
    labels = labels or {}
    both = sorted(set(old) & set(new))
    changed = tuple(
        Change(name, old[name], new[name], labels.get(name, "")) for name in both if old[name] != new[name]
    )
    return Part(
        changed=changed,
        added=tuple((name, new[name]) for name in sorted(set(new) - set(old))),
        removed=tuple((name, old[name]) for name in sorted(set(old) - set(new))),
        same=len(both) - len(changed),
    )


def _exhibits(old: Mapping[str, tuple[str, str]], new: Mapping[str, tuple[str, str]]) -> Part:
    def said(own: Mapping[str, tuple[str, str]], other: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """The caption; the checksum too where only that tells the two apart."""
        return {
            name: f"{caption} [{checksum[:16]}]" if other.get(name, ("", ""))[0] == caption else caption
            for name, (caption, checksum) in own.items()
        }

    return _part(said(old, new), said(new, old))


def _notebooks(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> Part:
    def said(hashes: Mapping[str, Mapping[str, str]], other: Mapping[str, Mapping[str, str]]):
        return {
            name: ", ".join(
                f"{word} {values[key]}"
                for key, word in _HASHES.items()
                if name not in other or values[key] != other[name][key]
            )
            for name, values in hashes.items()
        }

    return _part(said(old, new), said(new, old))


_HASHES = {"data_hash": "gegevens", "parameters_hash": "instellingen", "code_hash": "code"}


def _both(old: Any, new: Any, compared: Any) -> Part | None:
    return None if old is None or new is None else compared(old, new)


def _differs(old: tuple[float | None, ...], new: tuple[float | None, ...]) -> bool:
    if not old or not new:
        return False
    for before, now in zip(old, new, strict=True):
        if (before is None) != (now is None):
            return True
        if before is not None and not math.isclose(before, now, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
            return True
    return False


def _from_provenance(content: Mapping[str, Any]) -> Edition:
    return Edition(
        numbers={
            name: Number(item["text"], item["label"], tuple(item["numbers"]))
            for name, item in content["results"].items()
        },
        sentences={name: item["sentence"] for name, item in content["conclusions"].items()},
        exhibits={name: (item["caption"], item["checksum"]) for name, item in content["exhibits"].items()},
        notebooks={item["label"]: {key: item[key] for key in _HASHES} for item in content["runs"].values()},
    )


def _from_row(row: Mapping[str, str]) -> Number:
    numbers = tuple(float(row[name]) if row[name] else None for name in ("value", "low", "high"))
    return Number(_in_full(numbers), row["label"], numbers)


def _unprinted(edition: Edition) -> Edition:
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
    import yaml

    tree = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    sentences = {name: _plain(item["value"]) for name, item in tree.pop(CONCLUSIONS, {}).items()}
    numbers: dict[str, Number] = {}

    def walk(node: Mapping[str, Any], name: str) -> None:
        if "full" in node:
            numbers[name] = Number(_plain(node["full"]))
            return
        for key, inner in node.items():
            walk(inner, f"{name}.{key}" if name else key)

    walk(tree, "")
    return Edition(numbers, sentences=sentences)


def _plain(markdown: str) -> str:
    """A variable as it reads: without links and escapes."""
    return _ESCAPE.sub(r"\1", _LINK.sub(r"\1", markdown))
