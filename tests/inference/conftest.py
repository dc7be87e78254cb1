"""Designs that every test of inference must hold in."""

from __future__ import annotations

import pandas as pd
import pytest
from inference_panels import COLUMNS, DESIGNS, make_panel


@pytest.fixture(params=list(DESIGNS))
def design(request: pytest.FixtureRequest) -> list[float]:
    return DESIGNS[request.param]


@pytest.fixture(params=["balanced", "unbalanced, weighted"])
def panel(request: pytest.FixtureRequest, design: list[float]) -> tuple[pd.DataFrame, dict]:
    """A frame and the column names to call with."""
    if request.param == "balanced":
        return make_panel(design), dict(COLUMNS)
    return make_panel(design, drop=0.2), {**COLUMNS, "weights": "w"}
