"""Spread over measurements: facts by hand, trend and lasting spread on planted paths, what it refuses."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.regional_path import regional_path
from analysis.unknown import NotEstimableError

COLUMNS = {"region": "province", "time": "year", "outcome": "y"}
YEARS = np.array([1998, 2002, 2003, 2006, 2010, 2012, 2017, 2021, 2023, 2025])


def planted(rng, lasting=2.0, rho=0.0, shock=0.8, growth=0.0, count=12):
    """A lasting spread of exactly `lasting` that grows by `growth` a decade, and AR(1) shocks by region."""
    effect = rng.normal(size=count)
    effect = (effect - effect.mean()) / effect.std(ddof=1)
    noise = rng.standard_normal((count, len(YEARS)))
    for t in range(1, len(YEARS)):
        noise[:, t] = rho * noise[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    size = lasting + growth * (YEARS - YEARS.mean()) / 10
    y = 75 + rng.normal(0, 3, len(YEARS)) + effect[:, None] * size + shock * noise
    return pd.DataFrame(
        {
            "province": np.repeat([f"PV{20 + i}" for i in range(count)], len(YEARS)),
            "year": np.tile(YEARS, count),
            "y": y.ravel(),
        }
    )


def test_the_table_says_what_was_counted():
    frame = planted(np.random.default_rng(1))
    found = regional_path(frame, **COLUMNS)
    wide = frame.pivot_table(index="province", columns="year", values="y")
    assert list(found.table["time"]) == list(YEARS)
    assert found.table["sd"].to_numpy() == pytest.approx(wide.std(ddof=1).to_numpy())
    assert found.table["mean"].to_numpy() == pytest.approx(wide.mean().to_numpy())
    assert list(found.table["highest_region"]) == list(wide.idxmax())
    assert list(found.table["lowest_region"]) == list(wide.idxmin())
    slope = 10 * np.polyfit(YEARS, wide.std(ddof=1).to_numpy(), 1)[0]
    assert found.trend.slope == pytest.approx(slope, abs=1e-10)
    assert found.below is None


def test_error_of_the_trend_is_the_larger_of_two():
    frame = planted(np.random.default_rng(2))
    found = regional_path(frame, **COLUMNS).trend
    wide = frame.pivot_table(index="province", columns="year", values="y")

    def fit(one):
        return np.polyfit(YEARS, one.std(ddof=1).to_numpy(), 1, cov="unscaled")

    (slope, _), covariance = fit(wide)
    residual = wide.std(ddof=1).to_numpy() - np.polyval(fit(wide)[0], YEARS)
    by_scatter = 10 * np.sqrt((residual**2).sum() / 8 * covariance[0, 0])
    without = np.array([10 * fit(wide.drop(code))[0][0] for code in wide.index])
    by_region = np.sqrt(11 / 12 * ((without - without.mean()) ** 2).sum())
    assert found.se == pytest.approx(max(by_scatter, by_region), rel=1e-8)
    assert found.low < 10 * slope < found.high


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_intervals_of_trend_and_of_what_lasts_cover_and_the_test_keeps_its_size(rho):
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(50):
        found = regional_path(planted(rng, rho=rho), margin=2.0, **COLUMNS)
        rows.append(
            (
                found.trend.low <= 0 <= found.trend.high,
                found.lasting.low <= 2 <= found.lasting.high,
                not found.below.shown,
                found.persistence,
            )
        )
    shares = np.mean(rows, axis=0)
    assert (shares[:3] > 0.95 - 3.3 * np.sqrt(0.05 * 0.95 / 50)).all()
    assert shares[3] == pytest.approx(rho, abs=0.08)


def test_a_growing_spread_is_seen_and_a_small_one_is_shown_to_be_small():
    rng = np.random.default_rng(4)
    growing = regional_path(planted(rng, growth=1.0, shock=0.3), **COLUMNS)
    assert growing.trend.low > 0.5
    assert growing.trend.p_value < 0.001
    assert regional_path(planted(rng, lasting=0.5), margin=2.0, **COLUMNS).below.shown


def test_deviations_are_generalised_least_squares_means():
    frame = planted(np.random.default_rng(5), rho=0.6)
    found = regional_path(frame, **COLUMNS)
    wide = frame.pivot_table(index="province", columns="year", values="y").to_numpy()
    lag = np.abs(np.subtract.outer(np.arange(10), np.arange(10)))
    inverse = np.linalg.inv(found.persistence**lag)
    x = np.hstack([np.kron(np.eye(12), np.ones((10, 1))), np.kron(np.ones((12, 1)), np.eye(10))[:, 1:]])
    weight = np.kron(np.eye(12), inverse)
    beta = np.linalg.lstsq(x.T @ weight @ x, x.T @ weight @ wide.ravel(), rcond=None)[0][:12]
    assert found.deviations["deviation"].to_numpy() == pytest.approx(beta - beta.mean(), abs=1e-8)
    covariance = found.shock_sd**2 * np.linalg.pinv(x.T @ weight @ x)[:12, :12]
    centre = np.eye(12) - 1 / 12
    expected = np.sqrt(np.diag(centre @ covariance @ centre))
    assert found.deviations["se"].to_numpy() == pytest.approx(expected, rel=1e-8)


def test_dates_are_years_with_decimals():
    frame = planted(np.random.default_rng(6))
    dated = regional_path(frame.assign(year=frame["year"].astype(str) + "-07-02"), **COLUMNS)
    assert dated.trend.slope == pytest.approx(regional_path(frame, **COLUMNS).trend.slope, rel=1e-3)


def test_what_cannot_be_answered_and_bad_input():
    frame = planted(np.random.default_rng(7))
    with pytest.raises(NotEstimableError, match="12 regions at 4 measurements") as caught:
        regional_path(frame[frame["year"] < 2007], **COLUMNS)
    assert caught.value.reason == "er zijn 4 metingen van 12 gebieden, te weinig voor een verloop"
    level = frame.groupby("province").cumcount()
    with pytest.raises(NotEstimableError, match="no shocks to judge by"):
        regional_path(frame.assign(y=frame.groupby("province").ngroup() + level * 2.0), **COLUMNS)
    with pytest.raises(ValueError, match="province PV20 has no row for 2003"):
        regional_path(frame.drop(index=2), **COLUMNS)
    with pytest.raises(ValueError, match="province PV20 occurs more than once in 1998"):
        regional_path(pd.concat([frame, frame.head(1)]), **COLUMNS)
    with pytest.raises(ValueError, match="smallest difference of interest"):
        regional_path(frame, margin=0.0, **COLUMNS)
