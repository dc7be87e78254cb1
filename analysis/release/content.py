"""All that a value says, as plain JSON, for keys that are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def content(value: Any) -> Any:
    """`value` as JSON can hold it, with its type where that could matter.

    Raises
    ------
    TypeError
        For a type of which it is not known what it says.
    """
    import numpy as np
    import pandas as pd

    match value:
        case Enum():
            return [type(value).__name__, content(value.value)]
        case None | bool() | int() | float() | str():
            return value if isinstance(value, str) else [type(value).__name__, repr(value)]
        case np.generic():
            return [value.dtype.str, repr(value.item())]
        case np.ndarray():
            return [value.dtype.str, value.shape, [content(item) for item in value.ravel().tolist()]]
        case pd.DataFrame() | pd.Series() | pd.Index():
            frame = value if isinstance(value, pd.DataFrame) else value.to_frame()
            kinds = [str(kind) for kind in frame.dtypes]
            return [type(value).__name__, kinds, str(frame.columns.tolist()), frame.to_csv()]
        case Mapping():
            return ["map", [[content(key), content(item)] for key, item in value.items()]]
        case list() | tuple():
            return [type(value).__name__, [content(item) for item in value]]
        case set() | frozenset():
            return ["set", sorted(map(repr, value))]
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__qualname__, {f.name: content(getattr(value, f.name)) for f in fields(value)}]
    raise TypeError(f"what a {type(value).__name__} says is not known")
