"""The decomposition: weights sum to one, the mean is the coefficient, each part a regression of its own."""

import numpy as np
import pandas as pd
import pytest
from did_panels import NAMES, staggered

from analysis.estimate.did import bacon, two_way_fe

KINDS = {"treated_vs_never", "earlier_vs_later", "later_vs_earlier", "later_vs_always"}
PANELS = {
    "with never": (np.nan, 3, 5, 6),
    "without never": (3, 5, 6),
    "with always": (np.nan, 1, 3, 5),
    "always only": (1, 4),
    "uneven": (np.nan, np.nan, 2, 7, 7, 3),
}


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("case", PANELS)
def test_the_weighted_mean_is_the_two_way_coefficient(case, weights):
    frame = staggered(starts=PANELS[case])
    parts = bacon(frame, weights=weights, **NAMES)
    assert parts.table["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert (parts.table["weight"] > 0).all()
    coefficient = two_way_fe(frame, weights=weights, **NAMES).estimate
    assert parts.estimate == pytest.approx(coefficient, abs=1e-10)
    assert parts.table["weight"] @ parts.table["estimate"] == pytest.approx(coefficient, abs=1e-10)
    assert set(parts.table["kind"]) <= KINDS


@pytest.mark.parametrize("case", PANELS)
def test_each_part_is_the_regression_on_its_two_cohorts_and_periods(case):
    frame = staggered(starts=PANELS[case])
    for row in bacon(frame, **NAMES).table.itertuples():
        if np.isnan(row.control):
            pair, window = frame["cohort"].isna(), frame["time"] > 0
        elif row.kind == "later_vs_always":
            assert row.control == -np.inf
            pair, window = frame["cohort"] == 1, frame["time"] > 0
        else:
            pair = frame["cohort"] == row.control
            earlier = row.kind == "earlier_vs_later"
            window = frame["time"] < row.control if earlier else frame["time"] >= row.control
        part = frame[(pair | (frame["cohort"] == row.treated)) & window].copy()
        part["cohort"] = part["cohort"].where(part["cohort"] == row.treated)
        assert row.estimate == pytest.approx(two_way_fe(part, **NAMES).estimate, abs=1e-10)


def test_weights_follow_goodman_bacon():
    """His formulas in shares and treated shares, for three groups of different size."""
    frame = staggered(units=70, starts=(np.nan, np.nan, 3, 5, 5, 5, np.nan))
    share = {"u": 30 / 70, 3: 10 / 70, 5: 30 / 70}
    d = {3: 5 / 7, 5: 3 / 7}

    def pair(k, j):
        n = share[k] / (share[k] + share[j])
        return n * (1 - n)

    mass = {
        ("treated_vs_never", k): (share[k] + share["u"]) ** 2 * pair(k, "u") * d[k] * (1 - d[k])
        for k in (3, 5)
    }
    both = share[3] + share[5]
    early, late = d[3], d[5]
    mass["earlier_vs_later", 3] = (
        (both * (1 - late)) ** 2 * pair(3, 5) * (early - late) * (1 - early) / (1 - late) ** 2
    )
    mass["later_vs_earlier", 5] = (both * early) ** 2 * pair(3, 5) * late * (early - late) / early**2
    total = sum(mass.values())
    table = bacon(frame, **NAMES).table.set_index(["kind", "treated"])["weight"]
    for key, value in mass.items():
        assert table.loc[key] == pytest.approx(value / total, abs=1e-12)


def test_share_of_comparisons_with_treated_units():
    parts = bacon(staggered(), **NAMES)
    expected = parts.table.loc[parts.table["kind"] == "later_vs_earlier", "weight"].sum()
    assert parts.forbidden_share == pytest.approx(expected)
    assert bacon(staggered(starts=(np.nan, 4)), **NAMES).forbidden_share == 0


def test_unbalanced_panels_and_changing_weights_are_refused():
    with pytest.raises(ValueError, match="holds for balanced panels"):
        bacon(staggered(drop=0.1), **NAMES)
    frame = staggered()
    with pytest.raises(ValueError, match="w changes within a unit"):
        bacon(frame.assign(w=frame["w"] * frame["time"]), weights="w", **NAMES)


def test_equals_diff_diff():
    diff_diff = pytest.importorskip("diff_diff", reason="diff-diff (extra `peers`) is not installed")
    frame = staggered()
    coded = frame.assign(first=frame["cohort"].fillna(0).astype(int))
    theirs = diff_diff.BaconDecomposition().fit(
        coded, outcome="y", unit="unit", time="time", first_treat="first"
    )
    rows = [
        (c.comparison_type, float(c.treated_group), c.control_group, c.weight, c.estimate)
        for c in theirs.comparisons
    ]
    theirs = pd.DataFrame(rows, columns=["kind", "treated", "control", "weight", "estimate"])
    theirs["control"] = pd.to_numeric(theirs["control"], errors="coerce").astype(float)
    pairs = bacon(frame, **NAMES).table.merge(theirs, on=["kind", "treated", "control"])
    assert len(pairs) == len(theirs)
    np.testing.assert_allclose(pairs["weight_x"], pairs["weight_y"], atol=1e-10)
    np.testing.assert_allclose(pairs["estimate_x"], pairs["estimate_y"], atol=1e-10)
