"""``_variables.yml``: the released numbers as the report's sentences name them.

``{{< var section.name.full >}}`` and its parts; see :meth:`analysis.results.Result.variables`. The sentence
that the declared rules give is ``{{< var conclusie.name.value >}}``. In a report with the appendix of
origins, numbers are links to it (:mod:`analysis.release.trace`).

The file is YAML, as Quarto wants, of the kind that is JSON but for the remark above it: so the variables of
a whole report are written and read in a tenth of the time.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.conclusions import Conclusion
from analysis.release.markdown import escape, linked, piece
from analysis.release.shown import CONCLUSIONS
from analysis.results import Result, require_unique

FILE = "_variables.yml"
_WORDS = ("unit", "kind")  # parts of a variable that are no numbers
_HEADER = "# Made by the build from data/build/released/results.csv. Changes here are lost.\n"
# JSON may hold these as they are, YAML may not.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def write_variables(
    rows: Sequence[Result],
    path: Path,
    conclusions: Sequence[Conclusion] = (),
    *,
    traced: bool = False,
    placeholders: Mapping[str, str] | None = None,
) -> None:
    """Write the variables of `rows` and `conclusions` to `path`, nested by the parts of their ids and sorted.

    Values are Markdown, because that is how they are read; what would be markup is escaped. With `traced`
    the numbers are links to where their origin is told. `placeholders` stand where a notebook failed.

    Raises
    ------
    ValueError
        If two rows carry the same id, one id is the beginning of another, or a row takes the place of the
        conclusions.
    """
    require_unique(rows)
    names = _names(rows)
    tree: dict = {}
    for row in sorted(rows, key=lambda row: row.id):
        *parents, name = row.id.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        values = {
            key: linked(value, row.id, names[row.id]) if traced and key not in _WORDS else escape(value)
            for key, value in row.variables().items()
        }
        if name in node or any(not isinstance(value, dict) for value in node.values()):
            raise ValueError(f"result {row.id}: another id is the beginning of this one; rename one of them")
        node[name] = values
    if conclusions and CONCLUSIONS in tree:
        raise ValueError(f"result ids may not begin with {CONCLUSIONS}: the conclusions stand there")
    if conclusions:
        by_id = {row.id: row for row in rows} if traced else {}
        for item in conclusions:
            _set(tree, f"{CONCLUSIONS}.{item.id}.value", _sentence(item.parts, by_id, names))
            _set(tree, f"{CONCLUSIONS}.{item.id}.gewoon", _sentence(item.plain, by_id, names))
            _set(tree, f"{CONCLUSIONS}.{item.id}.kind", item.kind.dutch)
    for name, text in (placeholders or {}).items():
        _set(tree, name, escape(text))
    text = _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", _written(tree))
    path.write_text(f"{_HEADER}{text}\n", encoding="utf-8", newline="\n")


def parsed(text: str) -> Any:
    """What a file of variables holds, as it was written or as somebody changed it since.

    Raises
    ------
    yaml.YAMLError
        If it is no YAML.
    """
    try:
        return json.loads(text.removeprefix(_HEADER))
    except ValueError:
        import yaml

        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _written(tree: Mapping[str, Any]) -> str:
    """`tree` as JSON, sorted, the parts of one variable on one line."""
    if not any(isinstance(value, dict) for value in tree.values()):
        return json.dumps(tree, ensure_ascii=False, sort_keys=True)
    lines = (f"{json.dumps(name)}: {_written(tree[name])}" for name in sorted(tree))
    return "{\n" + ",\n".join(lines) + "\n}"


def _set(tree: dict, name: str, value: str) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
    tree[last] = value


def _names(rows: Sequence[Result]) -> dict[str, str]:
    """A name for each row that no other has: its label, with its question or its id where that is needed."""
    ways = [
        {row.id: row.label for row in rows},
        {row.id: f"{row.label}, {row.question.replace('-', ' ')}" for row in rows if row.question},
        {row.id: f"{row.label}, {row.id.replace('_', ' ')}" for row in rows},
    ]
    counts = [Counter(way.values()) for way in ways]
    return {
        row.id: next(
            way[row.id]
            for way, count in zip(ways, counts, strict=True)
            if row.id in way and (count[way[row.id]] == 1 or way is ways[-1])
        )
        for row in rows
    }


def _sentence(parts: Iterable[tuple[str, str]], rows: Mapping[str, Result], names: Mapping[str, str]) -> str:
    """A sentence of these parts; one that a result gave is a link, if the result is among `rows`."""
    return "".join(
        linked(text, name, names[name]) if name in rows else piece(text) for text, name in parts
    ).strip()
