"""Small area estimates: the published milk data, closed forms, announced against realised error."""

from importlib import util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.fay_herriot import fay_herriot
from analysis.unknown import NotEstimableError

COLUMNS = {"area": "area", "outcome": "y", "variance": "psi"}


def frame_of(y, psi, **covariates):
    return pd.DataFrame({"area": [f"g{i}" for i in range(len(y))], "y": y, "psi": psi, **covariates})


@pytest.fixture(scope="module")
def milk() -> pd.DataFrame:
    """Expenditure on fresh milk in 43 areas (Arora & Lahiri 1997; You & Chapman 2006)."""
    found = util.find_spec("samplics")  # not imported: only its file is wanted
    if found is None:
        pytest.skip("the package samplics, which carries the milk data, is not installed")
    file = Path(found.origin).parent / "datasets" / "data" / "expenditure_on_milk.csv"
    if not file.is_file():
        pytest.skip("the installed package samplics does not carry expenditure_on_milk.csv")
    with file.open() as source:
        frame = pd.read_csv(source)
    assert len(frame) == 43
    frame["psi"] = frame["std_error"] ** 2
    for code in (2, 3, 4):
        frame[f"major{code}"] = (frame["major_area"] == code).astype(float)
    return frame.rename(columns={"small_area": "area", "direct_est": "y"})


def test_milk_as_the_package_sae_prints_it(milk):
    """Molina & Marhuenda (2015), R Journal 7: coefficients, their errors and the first estimates, by REML."""
    found = fay_herriot(milk, covariates=["major2", "major3", "major4"], **COLUMNS)
    assert found.coefficients.to_numpy() == pytest.approx(
        [0.9681890, 0.1327801, 0.2269462, -0.2413011], abs=1e-6
    )
    errors = np.sqrt(np.diag(found.covariance))
    assert errors == pytest.approx([0.06936208, 0.10300072, 0.09232981, 0.08161707], abs=1e-6)
    assert found.table["estimate"].head(4).to_numpy() == pytest.approx(
        [1.0219703, 1.0476018, 1.0679513, 0.7608170], abs=1e-6
    )


def test_equal_variances_give_the_moment_estimate():
    """With one ψ and a constant alone REML is s² − ψ, and zero where that is negative."""
    rng = np.random.default_rng(1)
    y = rng.normal(5, 1.0, 12)
    for psi in (0.2, 50.0):
        found = fay_herriot(frame_of(y, np.full(12, psi)), **COLUMNS)
        assert found.variance == pytest.approx(max(y.var(ddof=1) - psi, 0), abs=1e-6)
        gamma = found.variance / (found.variance + psi)
        assert found.table["estimate"].to_numpy() == pytest.approx(
            gamma * y + (1 - gamma) * y.mean(), abs=1e-7
        )


def test_error_by_the_formulas_for_equal_variances():
    """g₁ + g₂ + 2 g₃ written out: equal ψ, a constant, m areas."""
    rng = np.random.default_rng(2)
    m, psi = 12, 0.4
    found = fay_herriot(frame_of(rng.normal(5, 1.0, m), np.full(m, psi)), **COLUMNS)
    a = found.variance
    by_hand = a * psi / (a + psi) + psi**2 / (a + psi) / m + 4 * psi**2 / (a + psi) / m
    assert found.table["se"].to_numpy() ** 2 == pytest.approx(np.full(m, by_hand), rel=1e-8)


def test_adjusted_likelihood_is_never_zero_and_maximises_the_adjusted_profile():
    rng = np.random.default_rng(3)
    y, psi = rng.normal(5, 0.1, 12), np.linspace(0.5, 2.0, 12)
    assert fay_herriot(frame_of(y, psi), **COLUMNS).variance == 0
    found = fay_herriot(frame_of(y, psi), method="adjusted", **COLUMNS)
    assert found.variance > 0
    assert (found.table["gamma"] > 0).all()

    def adjusted(a):
        w = 1 / (a + psi)
        return np.log(a) - 0.5 * (np.log(a + psi).sum() + (w * (y - w @ y / w.sum()) ** 2).sum())

    grid = np.linspace(0.001, 5, 20_000)
    values = [adjusted(a) for a in grid]
    assert found.variance == pytest.approx(grid[int(np.argmax(values))], abs=5e-4)


@pytest.mark.parametrize("method", ["reml", "adjusted"])
def test_announced_error_is_the_realised_one_and_smaller_than_the_direct(method):
    rng = np.random.default_rng(4)
    psi, x = np.linspace(0.1, 1.2, 30), np.linspace(-1, 1, 30)
    realised, announced, direct, covered = [], [], [], []
    for _ in range(300):
        theta = 2 + x + rng.normal(0, 0.7, 30)
        y = theta + rng.normal(0, np.sqrt(psi))
        table = fay_herriot(frame_of(y, psi, x=x), covariates=["x"], method=method, **COLUMNS).table
        realised.append((table["estimate"] - theta) ** 2)
        announced.append(table["se"] ** 2)
        direct.append((y - theta) ** 2)
        covered.append((table["low"] <= theta) & (theta <= table["high"]))
    assert np.mean(announced) == pytest.approx(np.mean(realised), rel=0.08)
    assert np.mean(realised) < 0.75 * np.mean(direct)
    assert 0.92 <= np.mean(covered) <= 0.975


def test_covariates_explain_and_order_is_kept():
    y, psi, x = np.array([1.0, 2.1, 2.9, 4.2, 5.0]), np.full(5, 0.1), np.arange(5.0)
    found = fay_herriot(frame_of(y, psi, x=x), covariates=["x"], **COLUMNS)
    assert list(found.table["area"]) == ["g0", "g1", "g2", "g3", "g4"]
    assert found.coefficients["x"] == pytest.approx(np.polyfit(x, y, 1)[0], abs=1e-9)
    shuffled = frame_of(y, psi, x=x).iloc[::-1]
    again = fay_herriot(shuffled, covariates=["x"], **COLUMNS)
    assert list(again.table["estimate"])[::-1] == pytest.approx(list(found.table["estimate"]), abs=1e-9)


def test_bad_input_and_too_few_areas():
    good = frame_of(np.arange(6.0), np.ones(6), x=np.arange(6.0))
    with pytest.raises(ValueError, match="not above zero for area g2"):
        fay_herriot(good.assign(psi=[1, 1, 0, 1, 1, 1]), **COLUMNS)
    with pytest.raises(ValueError, match="area g1 occurs more than once"):
        fay_herriot(good.assign(area=["g0", "g1", "g1", "g3", "g4", "g5"]), **COLUMNS)
    with pytest.raises(ValueError, match="column y is missing or infinite in 1 rows, first in row 3"):
        fay_herriot(good.assign(y=good["y"].where(good.index != 3)), **COLUMNS)
    with pytest.raises(ValueError, match="collinear"):
        fay_herriot(good.assign(z=2.0), covariates=["z"], **COLUMNS)
    with pytest.raises(ValueError, match="method 'ml'"):
        fay_herriot(good, method="ml", **COLUMNS)
    with pytest.raises(NotEstimableError, match="4 areas and 2 coefficients") as caught:
        fay_herriot(good.head(4), covariates=["x"], **COLUMNS)
    assert caught.value.reason == "er zijn te weinig gebieden met een meting"
