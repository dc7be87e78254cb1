"""Panels on which synthetic units are tried: the published case, and one with a planted effect."""

from importlib import util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

COLUMNS = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "y"}


def california() -> pd.DataFrame:
    """Packs of cigarettes a head, 39 states, 1970-2000; Proposition 99 in 1989."""
    found = util.find_spec("synthdid")  # not imported: only its file is wanted
    if found is None:
        pytest.skip("the package synthdid-py, which carries the California data, is not installed")
    file = Path(found.origin).parent / "data" / "california_prop99.csv"
    if not file.is_file():
        pytest.skip("the installed package synthdid does not carry california_prop99.csv")
    with file.open() as source:
        frame = pd.read_csv(source, sep=";")
    assert frame.shape == (39 * 31, 4)
    frame = frame.rename(columns={"State": "unit", "Year": "time", "PacksPerCapita": "y"})
    return frame.assign(cohort=np.where(frame["unit"] == "California", 1989.0, np.nan))


def panel(outcome: np.ndarray, cohorts: list[float]) -> pd.DataFrame:
    """Long frame of `outcome` (N, T), periods 1..T."""
    n, t = outcome.shape
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i:02d}" for i in range(n)], t),
            "time": np.tile(np.arange(1, t + 1), n),
            "cohort": np.repeat(cohorts, t),
            "y": outcome.ravel(),
        }
    )


def factor_panel(rng, n=12, t=10, cohorts=(8.0,) * 4, effect=0.0, noise=0.1):
    """Units on one common factor with unequal loadings: difference-in-differences is biased."""
    cohorts = [*cohorts, *[np.nan] * (n - len(cohorts))]
    treated = np.isfinite(cohorts)
    loading = np.where(treated, rng.uniform(0.3, 0.7, n), rng.uniform(-1.0, 1.0, n))
    factor = np.cumsum(rng.normal(0.3, 0.5, t))
    y = rng.normal(0, 3, n)[:, None] + rng.normal(0, 2, t) + np.outer(loading, factor)
    y += rng.normal(0, noise, (n, t))
    y += effect * (np.arange(1, t + 1) >= np.array(cohorts)[:, None])
    return panel(y, cohorts)
