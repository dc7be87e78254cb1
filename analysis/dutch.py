"""Numbers as a Dutch reader writes them: decimal comma, point for thousands, a real minus sign."""

from __future__ import annotations

import math
from datetime import date

UNKNOWN = "onbekend"
MINUS = "\N{MINUS SIGN}"
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


def number(value: float | int | None, decimals: int = 0, *, sign: bool = False) -> str:
    """`value` rounded half to even on `decimals` digits, for instance ``-1234.5`` as ``−1.234,5``.

    Parameters
    ----------
    value : float, int or None
        None and NaN read as "onbekend"; an infinite value is an error.
    decimals : int
        Digits after the comma.
    sign : bool
        Write a plus sign before a positive value.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if math.isinf(value):
        raise ValueError("an infinite number cannot be printed: mend the estimate that produced it")
    text = f"{abs(value):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    if not any(digit in "123456789" for digit in text):
        return text  # no "−0,0"
    if value < 0:
        return MINUS + text
    return f"+{text}" if sign else text


def interval(low: float | None, high: float | None, decimals: int = 0) -> str:
    """An interval in words, ``van 1,2 tot 3,4``, because a dash beside a minus sign cannot be read."""
    if low is None or high is None:
        return UNKNOWN
    return f"van {number(low, decimals)} tot {number(high, decimals)}"


def p_value(value: float | None) -> str:
    """A p-value with three digits, ``< 0,001`` below that."""
    if value is not None and value < 0.001:
        return f"< {number(0.001, 3)}"
    return number(value, 3)


def day(value: date) -> str:
    """``28 november 2026``."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def join(words: list[str] | tuple[str, ...]) -> str:
    """``a, b en c``."""
    words = list(words)
    return " en ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def counted(count: int, one: str, many: str) -> str:
    """``1 activiteit``, ``1.200 activiteiten``."""
    return f"{number(count)} {one if count == 1 else many}"


def capital(text: str) -> str:
    """`text` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """`text` with its first letter in lower case, as it reads after a colon.

    A capital has no accent: the stress of *Eén* comes back with its small letter.
    """
    if text.startswith("Eén "):
        return f"één{text[3:]}"
    return text[:1].lower() + text[1:]
