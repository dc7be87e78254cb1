"""What was published, and how it compared, in words; for rows and for chapters."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis import dutch

NOT_REPRODUCED = "not reproduced"
MEASURES = {
    "civic_knowledge": "burgerschapskennis",
    "mathematics": "wiskunde",
    "reading": "lezen",
    "science": "natuurwetenschappen",
    "problem_solving": "probleemoplossen",
    "space_and_shape": "ruimte en vorm",
}
GROUPS = {"": "", "male": " van jongens", "female": " van meisjes", "male-female": " jongens − meisjes"}
STATISTICS = {"mean": "gemiddelde", "difference": "verschil"}
OUTCOMES = {
    "match": "gelijk",
    "mismatch": "verschilt",
    "no reference": "geen cijfer om mee te vergelijken",
    "not reproduced": "niet nagerekend",
}


def what(row: Any) -> str:
    """Measure, statistic and group of a published figure, in Dutch."""
    measure = MEASURES.get(row.measure, row.measure)
    return f"{measure}, {STATISTICS[row.statistic]}{GROUPS[row.group]}"


def printed(value: float, se: float, decimals: float, se_decimals: float) -> str:
    """``482 (3,1)``: a figure with its standard error, as printed."""
    decimals = 0 if np.isnan(decimals) else int(decimals)
    text = dutch.number(float(value), decimals)
    if np.isnan(value) or np.isnan(se):
        return text
    return f"{text} ({dutch.number(float(se), 1 if np.isnan(se_decimals) else int(se_decimals))})"
