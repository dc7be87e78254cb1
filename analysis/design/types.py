"""Whether a value of a design file is what the field of a dataclass says, and if not, what was expected.

The annotation of the field is the one statement of its type: ``int``, ``float``, ``str``, ``bool``, unions of
them, ``tuple[…]``, ``Mapping[…, …]``, and dataclasses that were read before. A whole number serves where a
number is asked for; true and false are no numbers, and a number is finite.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "nothing"}
_WRITTEN = {str: '"…"', int: "1", float: "0.5", bool: "true", object: "…", Any: "…"}
_FOUND = {**_WORDS, list: "a list", tuple: "a list", dict: "a table"}


def fitted(value: Any, annotation: Any, name: str) -> Any:
    """`value` as `annotation` asks for it; lists become tuples.

    Raises
    ------
    ValueError
        If it is of another type; the message begins with `name`, and says what was expected and found.
    """
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _fitted_one(value, annotation, name)
    if origin is tuple or annotation is tuple:
        if not isinstance(value, list | tuple):
            raise _wrong(name, annotation, value)
        if inner and inner[-1] is not Ellipsis and len(value) != len(inner):
            raise ValueError(f"{name}: expected {expected(annotation)}, found {len(value)} values")
        kinds = inner if inner and inner[-1] is not Ellipsis else (inner[:1] or (Any,)) * len(value)
        listed = enumerate(zip(value, kinds, strict=True), start=1)
        return tuple(fitted(item, kind, f"{name}[{number}]") for number, (item, kind) in listed)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _wrong(name, annotation, value)
        return {
            fitted(key, inner[0], f"{name}, key {key}"): fitted(item, inner[1], f"{name}.{key}")
            for key, item in value.items()
        }
    if not _is(value, annotation):
        raise _wrong(name, annotation, value)
    return value


def expected(annotation: Any) -> str:
    """An annotation in words: "a list of whole numbers"."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(expected(kind) for kind in inner if kind is not NoneType)
    if origin is tuple or annotation is tuple:
        if inner and inner[-1] is Ellipsis:
            return f"a list, each {expected(inner[0])}"
        return f"a list of {len(inner)}: {', '.join(map(expected, inner))}" if inner else "a list"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a table, each value {expected(inner[1])}"
    return _WORDS.get(annotation, "a table")


def example(annotation: Any) -> str:
    """How a value of an annotation is written in a design file: ``["…"]``."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return example(inner[0])
    if origin is tuple or annotation is tuple:
        kinds = inner[:1] if inner[1:] == (Ellipsis,) else inner
        return f"[{', '.join(map(example, kinds)) or '…'}]"
    return _WRITTEN.get(annotation, "{…}")


def described(value: Any) -> str:
    """A value with its type in words, shortened: "text 'x'"."""
    shown = repr(list(value) if isinstance(value, tuple) else value)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return shown
    return f"{_FOUND.get(type(value), type(value).__name__)} {shown}"


def _fitted_one(value: Any, annotation: Any, name: str) -> Any:
    for kind in get_args(annotation):
        try:
            return fitted(value, kind, name)
        except ValueError:
            continue
    raise _wrong(name, annotation, value)


def _is(value: Any, annotation: Any) -> bool:
    if annotation in (Any, object):
        return True
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    # A type that is only known by name, such as that of a locally declared class, is not judged.
    return isinstance(value, annotation) if isinstance(annotation, type) else True


def _wrong(name: str, annotation: Any, value: Any) -> ValueError:
    return ValueError(f"{name}: expected {expected(annotation)}, found {described(value)}")
