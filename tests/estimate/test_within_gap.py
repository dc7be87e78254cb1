"""The gap within schools: least squares with dummies, and an error only where clusters can show one."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.within_gap import within_gap
from analysis.unknown import NotEstimableError

NAMES = {
    "outcome": "y", "unit": "school", "time": "year", "group": "track", "groups": ("vmbo", "vwo"),
    "minuend": "vwo", "subtrahend": "vmbo", "cluster": "province",
}  # fmt: skip


def pupils(seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"school": rng.integers(0, 24, 2000), "year": rng.integers(2018, 2021, 2000)})
    frame["province"] = "P" + (frame["school"] % 6).astype(str)
    frame["track"] = np.where(rng.random(2000) < 0.4, "vwo", "vmbo")
    frame["y"] = (
        3.0 * (frame["track"] == "vwo") + rng.normal(size=24)[frame["school"]] + rng.normal(size=2000)
    )
    return frame


def test_it_is_least_squares_on_pupils():
    frame = pupils()
    found = within_gap(frame, **NAMES)
    x = np.column_stack([
        frame["track"] == "vwo", pd.get_dummies(frame["school"]), pd.get_dummies(frame["year"]).iloc[:, 1:],
    ]).astype(float)  # fmt: skip
    assert found.estimate == pytest.approx(
        np.linalg.lstsq(x, frame["y"].to_numpy(), rcond=None)[0][0], abs=1e-9
    )
    assert found.se > 0


@pytest.mark.parametrize("years", [lambda school: 2018, lambda school: 2018 + school % 3])
def test_years_that_the_schools_hold_already_add_nothing(years):
    """All answers in one year, or each school seen in one: least squares with dummies of schools alone."""
    frame = pupils().assign(year=lambda frame: frame["school"].map(years))
    found = within_gap(frame, **NAMES)
    x = np.column_stack([frame["track"] == "vwo", pd.get_dummies(frame["school"])]).astype(float)
    expected = np.linalg.lstsq(x, frame["y"].to_numpy(), rcond=None)[0][0]
    assert found.estimate == pytest.approx(expected, abs=1e-9)
    assert found.se > 0


def test_schools_with_both_groups_in_one_province_leave_the_error_unknown():
    frame = pupils()
    one = (frame["province"] == "P0") | (frame["track"] == "vmbo")
    found = within_gap(frame[one], **NAMES)
    assert np.isfinite(found.estimate)
    assert np.isnan([found.se, found.low, found.high]).all()
    with pytest.raises(NotEstimableError, match="no school has both"):
        within_gap(frame[frame["track"] == np.where(frame["school"] % 2, "vwo", "vmbo")], **NAMES)


def test_names_of_schools_do_not_run_together():
    """School "1" with track "x/vwo" is not school "1/x" with track "vwo"."""
    frame = pupils().assign(
        school=lambda f: "1" + np.where(f["school"] % 2, "/x", "") + (f["school"] // 2).astype(str)
    )
    plain = within_gap(pupils(), **NAMES)
    assert within_gap(frame, **NAMES).estimate == pytest.approx(plain.estimate, abs=1e-9)
