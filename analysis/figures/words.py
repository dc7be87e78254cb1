"""Numbers inside sentences of captions and alt texts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis import dutch
from analysis.exhibits import ALT_CHARACTERS


def quantity(value: float | None, unit: str, decimals: int, *, sign: bool = False) -> str:
    """A number with its unit: ``12,3 punten``, ``45%``, ``onbekend``."""
    text = dutch.number(value, decimals, sign=sign)
    if unknown(value) or not unit:
        return text
    return f"{text}%" if unit == "%" else f"{text} {unit}"


def with_interval(
    value: float | None,
    low: float | None,
    high: float | None,
    unit: str,
    decimals: int,
    *,
    level: float | None = 0.95,
    sign: bool = False,
) -> str:
    """A number with its interval: ``12,3 punten (95%-interval van 8,1 tot 16,5)``.

    With `level` None the words "95%-interval" are left out, for a list whose level was told before.
    """
    text = quantity(value, unit, decimals, sign=sign)
    if unknown(value) or unknown(low) or unknown(high):
        return text
    lead = "" if level is None else f"{dutch.number(100 * level)}%-interval "
    return f"{text} ({lead}{dutch.interval(low, high, decimals)})"


def listing(values: Mapping[str, str]) -> str:
    """``Groningen 1,2; Drenthe 3,4``."""
    return "; ".join(f"{name} {value}" for name, value in values.items())


def within(finding: str, *details: str, most: int = ALT_CHARACTERS) -> str:
    """`finding`, and after it the `details` in their order, each as long as the whole stays within `most`.

    For alt texts: they say what there is to see. Numbers stand in the table under the figure.
    """
    text = finding
    for detail in details:
        if detail and len(text) + 1 + len(detail) <= most:
            text += f" {detail}"
    return text


def sentence(text: str) -> str:
    """`text` with a capital and a full stop, however it came."""
    text = text.strip()
    if not text:
        return ""
    text = dutch.capital(text)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def unknown(value: float | None) -> bool:
    """Whether a number is not there."""
    return value is None or (isinstance(value, float) and math.isnan(value))
