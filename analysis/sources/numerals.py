"""Numbers as people and spreadsheets write them in text, with the signs the design declares.

A point and a comma mean opposite things in two halves of the world, so nothing is guessed: with a decimal
comma ``1.234`` is refused, unless the point is declared to separate thousands, and then it is 1234.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.sources.texttable import shown

_SIGNS = (".", ",")
_SPACES = re.compile("[\u00a0\u2009\u202f]")  # what spreadsheets put between thousands


def parse_numbers(cells: pd.Series, *, decimal: str = ".", thousands: str = "") -> pd.Series:
    """Floats, NaN where a cell is missing or is no number in these signs.

    Parameters
    ----------
    cells : pandas.Series of str
    decimal : str
        Point or comma.
    thousands : str
        Another sign, or empty where thousands are not separated.
    """
    pattern = _pattern(decimal, thousands)

    def number(cell: object) -> float:
        text = _SPACES.sub(" ", cell).strip() if isinstance(cell, str) else ""
        if not pattern.fullmatch(text):
            return np.nan
        plain = text.replace(thousands, "") if thousands else text
        return float(plain.replace(decimal, "."))

    return pd.Series([number(cell) for cell in cells], cells.index, dtype=float)


def require_numbers(
    cells: pd.Series,
    place: str,
    *,
    decimal: str = ".",
    thousands: str = "",
    said: str = "",
    words: str = "a word for unknown goes among missing there",
    lines: bool = False,
) -> pd.Series:
    """As :func:`parse_numbers`; a cell with anything else in it raises.

    Parameters
    ----------
    place : str
        File and column, for the message. Rows are counted from 1 by the index, which starts at 0.
    lines : bool
        The index holds the lines of the file instead.
    said : str
        Where the signs are declared, for the message.
    words : str
        What may be done there with a cell that has no digit.
    """
    numbers = parse_numbers(cells, decimal=decimal, thousands=thousands)
    filled = cells.notna() & (cells.astype("str").str.strip() != "")
    wrong = filled & ~np.isfinite(numbers)
    if wrong.any():
        row = wrong.index[int(wrong.to_numpy().argmax())]
        declared = f"the decimal sign is {decimal!r}" + (f" in {said}" if said else "")
        grouped = (
            _pattern(decimal, _other(decimal)).fullmatch(str(cells[row]).strip()) if not thousands else None
        )
        hint = f"; if {_other(decimal)!r} separates thousands there, declare it" if grouped else ""
        if said and not any(map(str.isdigit, str(cells[row]))):
            hint = f"; {words}"
        more = f"; {int(wrong.sum())} such values" if wrong.sum() > 1 else ""
        where = f"line {row}" if lines else f"row {int(row) + 1}"
        raise ValueError(f"{place}, {where}: {shown(cells[row])} is not a number ({declared}{hint}){more}")
    return numbers


def without_percent(cells: pd.Series) -> pd.Series:
    """Cells without the % behind every number; as they are where some have none, which may be shares."""
    texts = cells.dropna().astype(str).str.strip()
    texts = texts[texts != ""]
    if texts.empty or not texts.str.endswith("%").all():
        return cells
    return cells.str.replace(r"\s*%\s*$", "", regex=True)


def decimal_sign(cells: pd.Series, place: str, said: str) -> str:
    """The decimal sign that the numbers of a column themselves show; the index holds the lines of the file.

    A sign followed by one, two or more than three digits can only be decimal; one followed by three digits
    may separate thousands. Numbers without a sign fit either.

    Raises
    ------
    ValueError
        If both signs occur as a decimal one, or only in a way that could separate thousands.
    """
    texts = cells.dropna().astype(str).str.strip()
    certain = {
        sign for sign in _SIGNS if texts.str.fullmatch(rf"-?\d+{re.escape(sign)}(\d{{1,2}}|\d{{4,}})").any()
    }
    doubtful = texts.str.fullmatch(r"-?\d{1,3}[.,]\d{3}")
    if len(certain) == 2 or (doubtful.any() and not certain):
        examples = texts[doubtful] if len(certain) < 2 else texts[texts.str.contains("[.,]")]
        what = "can be read in two ways" if len(certain) < 2 else "and others use both signs for decimals"
        raise ValueError(
            f"{place}, line {examples.index[0]}: {shown(examples.iloc[0])} {what}; declare decimal, and "
            f"thousands where they are separated, in {said}"
        )
    return certain.pop() if certain else ","


def _other(decimal: str) -> str:
    return "," if decimal == "." else "."


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = rf"(?:[0-9]+|[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+)" if thousands else "[0-9]+"
    sign = re.escape(decimal)
    return re.compile(rf"[+-]?(?:{whole}(?:{sign}[0-9]*)?|{sign}[0-9]+)(?:[eE][+-]?[0-9]+)?")
