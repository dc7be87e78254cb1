"""How ids of the chapter on certainty begin; for rows and for chapters."""

from __future__ import annotations

SECTION = "zekerheid"
