"""How ids of the chapter on certainty begin, and what some end on; for rows and for chapters."""

from __future__ import annotations

SECTION = "zekerheid"
ALIKE = "alike"  # the answer among places made alike
BALANCE = "balans"  # how alike they were before
DRIFT = "gevoeligheid"  # intervals where trends diverge after the start


def checks_of(prefix: str) -> str:
    """How the ids of checks on an answer begin; `prefix` is that of the answer: ``prodemos.opkomst_tk``."""
    return f"{SECTION}.{prefix.replace('.', '_')}"
