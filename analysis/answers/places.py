"""Rows and series of a question in words for the places where its programme starts.

Estimators and tests know clusters, and say *provincie*; only the question knows whether these are provinces
or municipalities.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.design.questions import Places
from analysis.unknown import NotEstimable

_SAID = ("test", "no_statement")


def reasoned(places: Places, value: Any) -> Any:
    """`value`; of what cannot be had the reason, in words for `places`."""
    return replace(value, reason=places.named(value.reason)) if isinstance(value, NotEstimable) else value


def said(places: Places, given: dict[str, Any]) -> dict[str, Any]:
    """What goes with a number, of which the test and why it says nothing are in words for `places`."""
    return given | {name: places.named(given[name]) for name in _SAID if given.get(name)}
