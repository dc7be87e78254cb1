"""Parameters keep their types: '0363' stays text, and 1 and True and 1.0 are three things."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Mapping
from typing import Any

from analysis.build.errors import BuildError
from analysis.build.fingerprint import digest_of


def typed(defaults: Mapping[str, Any], overrides: Mapping[str, Any], place: str) -> dict[str, Any]:
    """`defaults` with `overrides`, whose names and types must fit.

    An int is accepted where the default is a float. None as default accepts any plain value.

    Raises
    ------
    BuildError
        If a name is not a parameter of the notebook, or a type differs.
    """
    for name in (*defaults, *overrides):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise BuildError(f"{place}: {name!r} cannot be the name of a parameter")
    unknown = sorted(set(overrides) - set(defaults))
    if unknown:
        known = ", ".join(defaults) or "none"
        raise BuildError(f"{place}: {', '.join(unknown)} is not in the parameters cell; there are: {known}")
    values = dict(defaults)
    for name, value in overrides.items():
        default = defaults[name]
        if type(default) is float and type(value) is int:
            value = float(value)
        if default is not None and type(value) is not type(default):
            raise BuildError(
                f"{place}: {name} = {value!r} is {type(value).__name__}, "
                f"the notebook's {default!r} is {type(default).__name__}"
            )
        values[name] = value
    for name, value in values.items():
        canonical(value, f"{place}: {name}")
    return values


def canonical(value: Any, place: str = "parameter") -> Any:
    """`value` with its type written out, as something JSON can write; the order of a dict's keys is lost.

    Raises
    ------
    BuildError
        If it is or holds anything but plain, finite values.
    """
    match value:
        case None | bool():
            return value
        case int():
            return ["int", str(value)]
        case float():
            if not math.isfinite(value):
                raise BuildError(f"{place} is {value}: expected a finite number")
            return ["float", repr(value)]
        case str():
            return ["str", value]
        case list() | tuple():
            return [type(value).__name__, [canonical(item, place) for item in value]]
        case dict() if all(isinstance(key, str) for key in value):
            return ["dict", {key: canonical(item, place) for key, item in value.items()}]
    raise BuildError(f"{place} is a {type(value).__name__}: expected text, a number, a list or a dict")


def parameters_hash(values: Mapping[str, Any]) -> str:
    """Hash of typed parameters; the order of the names does not count."""
    return digest_of(canonical(dict(values)))


def label(name: str, overrides: Mapping[str, Any]) -> str:
    """What a person calls a run: ``regio`` or ``regio[outcome=trust,province=PV20]``."""
    if not overrides:
        return name
    words = (f"{key}={_word(value)}" for key, value in sorted(overrides.items()))
    return f"{name}[{','.join(words)}]"


def _word(value: Any) -> str:
    """Text as it is where that cannot be mistaken for a number or a truth value, else its literal."""
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w.-]*", value)
    return value if plain and value not in ("True", "False", "None", "nan", "inf") else repr(value)
