"""What the plan's text is made from: tables of design files that know their place, and tables of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.release.fragments import pipe_table
from analysis.release.markdown import escape
from analysis.release.plan_words import plain

Content = Mapping[str, Mapping[str, Any]]


class Named(dict):
    """A table of the plan that knows its place: a key that is not there is a mistake, as for the study."""

    def __init__(self, content: Mapping[str, Any], place: str) -> None:
        super().__init__(content)
        self.place = place

    def __missing__(self, key: str) -> Any:
        raise ValueError(
            f"{self.place}: {key} is absent; the plan's text expects it there, and finds "
            f"{', '.join(self) or 'nothing'}. Was a key renamed?"
        )

    def words(self, key: str) -> str:
        """The value under `key` in the words of that key."""
        return plain(self[key], key)


def named(value: Any, place: str) -> Any:
    """`value` with every table in it as a :class:`Named`."""
    if isinstance(value, Mapping):
        joint = "." if "[" in place or " " in place else ", "
        return Named({key: named(item, f"{place}{joint}{key}") for key, item in value.items()}, place)
    if isinstance(value, list):
        return [named(item, f"{place}[{number}]") for number, item in enumerate(value, start=1)]
    return value


def by_name(tables: Sequence[Named]) -> Named:
    """Tables of a list by what they are called; one that is not there is a mistake, and is named."""
    place = tables[0].place.rpartition("[")[0] if tables else "data/design"
    return Named({table["name"]: table for table in tables}, place)


def table(cells: Sequence[Sequence[Any]], widths: Sequence[int], caption: str, label: str) -> str:
    """A table of plain values; nothing if it has a head only."""
    if len(cells) < 2:
        return ""
    text = [[escape(plain(cell)) or "geen" for cell in row] for row in cells]
    return pipe_table(text, "l" * len(widths), widths, escape(caption), f"tbl-plan-{label}").rstrip()
