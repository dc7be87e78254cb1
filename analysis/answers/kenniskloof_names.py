"""What covariates and tracks are called, for rows and for chapters, which need no estimator for it."""

from __future__ import annotations

COVARIATES = {"ses": "sociale achtergrond", "female": "geslacht", "migration": "migratieachtergrond"}


def the(track: str) -> str:
    """``het vmbo``, ``de havo``."""
    return f"de {track}" if track == "havo" else f"het {track}"
