"""Imputation against least squares on untreated observations, and its errors against the full matrices."""

import numpy as np
import pytest
from did_panels import NAMES, dummies, staggered, wide

from analysis.estimate.did import group_time_att, imputation


def some(drop=0.0):
    """A panel in which every unit is observed untreated at least once."""
    frame = staggered(28, drop=drop)
    untreated = ~(frame["time"] >= frame["cohort"])
    return frame[untreated.groupby(frame["unit"]).transform("any")]


CASES = {
    "balanced": (some(), {}),
    "unbalanced": (some(0.2), {}),
    "weighted": (some(0.2), {"weights": "w"}),
    "covariates": (some(0.2).assign(z2=lambda f: f["z"] * f["time"]), {"covariates": ["z", "z2"]}),
    "all": (some(0.2), {"weights": "w", "covariates": ["z"]}),
}
INDEX = {"simple": None, "group": "cohort", "event": "event", "calendar": "time"}


def by_hand(frame, options, cluster):
    """Effects by observation, and a function that gives estimate and error of a weighted mean of them."""
    frame = frame.reset_index(drop=True)
    treated = (frame["time"] >= frame["cohort"]).to_numpy()
    z, _ = dummies(frame, {c: frame[c].to_numpy() for c in options.get("covariates", ())})
    w = frame["w"].to_numpy() if "weights" in options else np.ones(len(frame))
    y = frame["y"].to_numpy()
    root = np.sqrt(w[~treated])
    beta = np.linalg.pinv(z[~treated] * root[:, None]) @ (y[~treated] * root)
    residual = y - z @ beta
    gram = np.linalg.pinv((w[~treated, None] * z[~treated]).T @ z[~treated])

    def mean(target):
        share = np.where(target & treated, w, 0.0)
        share /= share.sum()
        v = share.copy()
        v[~treated] = -w[~treated] * (z[~treated] @ gram @ (z[treated].T @ share[treated]))
        error = residual.copy()
        codes = frame[cluster]
        for _, rows in frame[treated].groupby(["cohort", "time"]).groups.items():
            of_cluster = {c: v[list(r)].sum() for c, r in frame.loc[rows].groupby(codes).groups.items()}
            products = {
                c: (v[list(r)] * residual[list(r)]).sum()
                for c, r in frame.loc[rows].groupby(codes).groups.items()
            }
            square = sum(value**2 for value in of_cluster.values())
            if square:
                error[list(rows)] -= sum(of_cluster[c] * products[c] for c in products) / square
        summed = frame.assign(score=v * error).groupby(codes)["score"].sum()
        groups = len(summed)
        factor = groups / (groups - 1) if cluster != "unit" else 1.0
        return share @ residual, np.sqrt(factor * (summed**2).sum())

    return mean, frame.assign(event=frame["time"] - frame["cohort"])


@pytest.mark.parametrize("cluster", [None, "cluster"])
@pytest.mark.parametrize("case", CASES)
def test_effects_and_conservative_errors_follow_their_definitions(case, cluster):
    frame, options = CASES[case]
    fit = imputation(frame, cluster=cluster, **options, **NAMES)
    mean, frame = by_hand(frame, options, cluster or "unit")
    everything = np.ones(len(frame), dtype=bool)
    estimate, se = mean(everything)
    assert fit.estimate == pytest.approx(estimate, abs=1e-9)
    assert fit.se == pytest.approx(se, rel=1e-8)
    for kind in ("group", "event", "calendar"):
        table = fit.aggregate(kind).table
        assert fit.aggregate(kind).estimate == pytest.approx(estimate, abs=1e-9)
        for row in table.itertuples(index=False):
            target = (frame[INDEX[kind]] == row[0]).to_numpy()
            expected = mean(target)
            assert row.estimate == pytest.approx(expected[0], abs=1e-9)
            assert row.se == pytest.approx(expected[1], rel=1e-7)


def test_what_cannot_be_imputed_is_left_out_and_counted():
    frame = staggered(starts=(1, 3, 5))  # 20 units each, 7 periods: nobody is untreated from 5 on
    fit = imputation(frame, **NAMES)
    assert dict(fit.dropped) == {
        "of units never observed untreated": 140,
        "in periods without untreated observations": 120,
    }
    assert fit.aggregate().table["n"].iloc[0] == 40
    assert np.isfinite(fit.se)


def test_effects_under_anticipation_rest_on_earlier_periods():
    frame = staggered(noise=0.0)
    frame["y"] -= 0.2 * frame["x"] * frame["time"]
    moved = frame.assign(y=frame["y"] + 5.0 * (frame["time"] == frame["cohort"] - 1))
    planted = 1 + 0.4 * (frame["time"] - frame["cohort"])[frame["time"] >= frame["cohort"]].mean()
    assert imputation(moved, anticipation=1, **NAMES).estimate == pytest.approx(planted, abs=1e-9)
    assert abs(imputation(moved, **NAMES).estimate - planted) > 0.5


def test_periods_that_no_unit_connects_are_refused():
    frame = staggered(starts=(np.nan, 7))
    apart = frame[np.where(frame["unit"] < 30, frame["time"] < 4, frame["time"] >= 4)]
    with pytest.raises(ValueError, match="no unit connects some periods"):
        imputation(apart, **NAMES)


def test_with_one_period_after_treatment_it_agrees_with_differences_from_the_mean_before():
    """Two cohorts, one treated period: the imputed effect uses the mean of all earlier periods as base."""
    frame = staggered(periods=4, starts=(np.nan, 4))
    y = wide(frame)
    change = y[4] - y[[1, 2, 3]].mean(axis=1)
    treated = frame.groupby("unit")["cohort"].first().notna()
    expected = change[treated].mean() - change[~treated].mean()
    assert imputation(frame, **NAMES).estimate == pytest.approx(expected, abs=1e-12)


def test_planted_effects_are_recovered_with_less_noise_than_from_one_base_period():
    planted, ours, theirs, covered = None, [], [], []
    for seed in range(200):
        frame = staggered(seed=seed)
        frame["y"] -= 0.2 * frame["x"] * frame["time"]
        since = (frame["time"] - frame["cohort"])[frame["time"] >= frame["cohort"]]
        planted = 1 + 0.4 * since.mean()
        fit = imputation(frame, **NAMES).aggregate()
        low, high = fit.interval()
        covered.append(low <= planted <= high)
        ours.append(fit.estimate)
        theirs.append(group_time_att(frame, **NAMES).aggregate().estimate)
    assert np.mean(ours) == pytest.approx(planted, abs=3 * np.std(ours) / np.sqrt(200))
    assert np.std(ours) < 0.9 * np.std(theirs)
    assert np.mean(covered) >= 0.92


def test_equals_diff_diff_by_unit_and_differs_by_known_choices_with_clusters():
    """With clusters diff-diff averages effects by observation where the theorem does so by cluster, and
    leaves out G/(G−1); by unit the definitions are the same."""
    diff_diff = pytest.importorskip("diff_diff", reason="diff-diff (extra `peers`) is not installed")
    frame = staggered(drop=0.1)
    names = {"outcome": "y", "unit": "unit", "time": "time", "first_treat": "first"}
    coded = frame.assign(first=frame["cohort"].fillna(0).astype(int))
    theirs = diff_diff.ImputationDiD().fit(coded, **names)
    ours = imputation(frame, **NAMES)
    assert ours.estimate == pytest.approx(theirs.overall_att, abs=1e-9)
    assert ours.se == pytest.approx(theirs.overall_se, rel=1e-9)
    theirs = diff_diff.ImputationDiD(cluster="cluster").fit(coded, **names)
    ours = imputation(frame, cluster="cluster", **NAMES)
    assert ours.se == pytest.approx(theirs.overall_se * np.sqrt(11 / 10), rel=0.03)
