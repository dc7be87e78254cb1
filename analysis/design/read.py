"""Read a design file into frozen dataclasses, with errors that name file, table and key."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_type_hints

from analysis.design.types import described, example, fitted
from analysis.workspace import Workspace

Record = TypeVar("Record")
Named = TypeVar("Named")


def read_design(name: str, workspace: Workspace | None = None) -> dict[str, Any]:
    """The content of ``data/design/<name>.toml``.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent or not valid TOML.
    """
    path = (workspace or Workspace.current()).design / f"{name}.toml"
    if not path.is_file():
        raise FileNotFoundError(f"design file {path} is absent: it belongs in the repository")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error


def record(kind: type[Record], content: Any, place: str) -> Record:
    """`content`, a table, as an instance of the dataclass `kind`; lists become tuples.

    Raises
    ------
    ValueError
        If it is no table, a key is unknown, a required one is absent, or a value is not of the type that the
        field has; `place` says where.
    """
    content = require_table(content, place)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(content) - set(fields))
    if unknown:
        raise ValueError(f"{place}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(fields))}")
    required = {
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    absent = sorted(required - set(content))
    types = get_type_hints(kind)
    if absent:
        written = ", ".join(f"{name} = {example(types[name])}" for name in absent)
        raise ValueError(f"{place}: {', '.join(absent)} is absent; add {written}")
    try:
        return kind(**{key: fitted(value, types[key], key) for key, value in content.items()})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error


def require_table(content: Any, place: str) -> Mapping[str, Any]:
    """`content` if it is a table; ValueError says what was found instead."""
    if not isinstance(content, Mapping):
        raise ValueError(f"{place}: expected a table, found {described(content)}")
    return content


def records(kind: type[Record], tables: Any, place: str) -> tuple[Record, ...]:
    """Each of `tables`, written as ``[[…]]``, as an instance of `kind`; errors name the table or its number.

    Raises
    ------
    ValueError
        As :func:`record`, and if `tables` is no list of tables.
    """
    return tuple(
        record(kind, table, f"{place} {table.get('name', number)}")
        for number, table in enumerate(require_tables(tables, place), start=1)
    )


def require_tables(tables: Any, place: str) -> list[Mapping[str, Any]]:
    """`tables` if they are a list of tables, written as ``[[…]]``; ValueError if not."""
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise ValueError(f"{place}: expected tables, each under a heading in double square brackets")
    return tables


def require_tables_only(content: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """ValueError if a design file holds another list of tables than those of `known`."""
    unknown = sorted(set(content) - set(known))
    if unknown:
        expected = ", ".join(f"[[{table}]]" for table in known)
        raise ValueError(f"{place}: unknown table {', '.join(unknown)}; expected {expected}")


def require_once(names: Sequence[str], place: str) -> None:
    """ValueError if a name occurs twice; `place` says what is named, and where."""
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise ValueError(f"{place} {', '.join(double)} occurs twice")


def one_named(items: Sequence[Named], name: str, what: str, place: str) -> Named:
    """The one of `items` with this name; ValueError says which `what` there are."""
    for item in items:
        if item.name == name:
            return item
    known = ", ".join(item.name for item in items)
    raise ValueError(f"{place}: no {what} {name!r}; known are {known}")


def require_one_of(key: str, value: str, known: Sequence[str]) -> None:
    """ValueError if `value` is not among those that `key` may have."""
    if value not in known:
        raise ValueError(f"{key} {value!r}: expected one of {', '.join(known)}")


def require_signs(decimal: str, thousands: str) -> None:
    """ValueError unless the signs within numbers are usual ones and can be told apart."""
    if decimal not in (".", ",") or thousands not in ("", ".", ",", " ", "'") or thousands == decimal:
        raise ValueError(
            f"decimal {decimal!r} with thousands {thousands!r}: expected '.' or ',', and another sign or '' "
            "between thousands"
        )
