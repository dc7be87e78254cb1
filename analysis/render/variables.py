"""``_variables.yml``: the released numbers as the report's sentences name them.

``{{< var section.name.full >}}`` and its parts; see :meth:`analysis.results.Result.variables`. The sentence
that the declared rules give is ``{{< var conclusie.name.value >}}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from analysis.conclusions import Conclusion
from analysis.render.markdown import escape
from analysis.results import Result, require_unique

FILE = "_variables.yml"
CONCLUSIONS = "conclusie"
_HEADER = "# Made by the build from data/build/released/results.csv. Changes here are lost.\n"


def write_variables(rows: Sequence[Result], path: Path, conclusions: Sequence[Conclusion] = ()) -> None:
    """Write the variables of `rows` and `conclusions` to `path`, nested by the parts of their ids and sorted.

    Values are Markdown, because that is how they are read; what would be markup is escaped.

    Raises
    ------
    ValueError
        If two rows carry the same id, one id is the beginning of another, or a row takes the place of the
        conclusions.
    """
    require_unique(rows)
    tree: dict = {}
    for row in sorted(rows, key=lambda row: row.id):
        *parents, name = row.id.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        values = {key: escape(value) for key, value in row.variables().items()}
        if name in node or any(not isinstance(value, dict) for value in node.values()):
            raise ValueError(f"result {row.id}: another id is the beginning of this one; rename one of them")
        node[name] = values
    if conclusions and CONCLUSIONS in tree:
        raise ValueError(f"result ids may not begin with {CONCLUSIONS}: the conclusions stand there")
    if conclusions:
        tree[CONCLUSIONS] = {
            conclusion.id: {"value": escape(conclusion.sentence), "kind": conclusion.kind.dutch}
            for conclusion in conclusions
        }
    text = yaml.safe_dump(tree, allow_unicode=True, default_style='"', sort_keys=True, width=10_000)
    path.write_text(_HEADER + text, encoding="utf-8", newline="\n")
