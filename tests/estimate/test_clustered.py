"""Panel regressions with jackknife errors: parity with linearmodels, and with refitting one by one."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.clustered import KINDS, clustered_fit


def panel(seed=1, schools=15):
    rng = np.random.default_rng(seed)
    rows = []
    for school in range(schools):
        s = rng.normal(0, 0.4)
        for pupil in range(rng.integers(4, 12)):
            p = rng.normal(0, 0.8)
            for wave in range(1, rng.integers(3, 6)):
                x = rng.normal() + p
                rows.append((f"{school}-{pupil}", wave, school, x, 1 + 0.5 * x + s + p + rng.normal()))
    frame = pd.DataFrame(rows, columns=["pupil", "wave", "school", "x", "y"])
    return frame.assign(w=rng.uniform(0.5, 2.0, len(frame)))


def fit(kind, frame, **options):
    design = frame[["x"]].assign(wave=frame["wave"].astype(float))
    if kind != "fixed":
        design.insert(0, "const", 1.0)
    return clustered_fit(kind, frame["y"], design, unit=frame["pupil"], time=frame["wave"],
                         cluster=frame["school"], **options)  # fmt: skip


@pytest.mark.parametrize("kind", ["pooled", "fixed"])
@pytest.mark.parametrize("weighted", [False, True])
def test_jackknife_matches_refitting_without_each_school(kind, weighted):
    frame = panel()

    def weights(rows):
        return rows["w"] if weighted else None

    full = fit(kind, frame, weights=weights(frame))
    without = []
    for school in frame["school"].unique():
        rest = frame[frame["school"] != school].reset_index(drop=True)
        without.append(fit(kind, rest, weights=weights(rest)).params.to_numpy())
    spread = np.array(without) - full.params.to_numpy()
    expected = (len(without) - 1) / len(without) * spread.T @ spread
    assert full.covariance == pytest.approx(expected, rel=1e-8, abs=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_transformed_data_are_those_linearmodels_regresses(kind):
    """Least squares on them gives the same coefficients."""
    frame = panel(seed=3)
    found = fit(kind, frame, weights=frame["w"])
    from analysis.estimate import clustered

    design = frame[["x"]].assign(wave=frame["wave"].astype(float))
    if kind != "fixed":
        design.insert(0, "const", 1.0)
    theta = {"pooled": 0.0, "fixed": 1.0}.get(kind)
    if theta is None:
        from linearmodels.panel import RandomEffects

        index = pd.MultiIndex.from_frame(frame[["pupil", "wave"]])
        model = RandomEffects(frame[["y"]].set_axis(index), design.set_axis(index),
                              weights=frame[["w"]].set_axis(index))  # fmt: skip
        theta = model.fit().theta["theta"].reindex(pd.Index(frame["pupil"])).to_numpy()
    data = clustered._transformed(
        np.column_stack([design, frame["y"]]), frame["w"].to_numpy(), pd.factorize(frame["pupil"])[0], theta
    )
    x, y = data[:, :-1], data[:, -1]
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    assert found.params.to_numpy() == pytest.approx(beta, abs=1e-10)


def test_too_few_clusters_and_lonely_coefficients_are_errors():
    frame = panel()
    with pytest.raises(ValueError, match="one cluster only"):
        fit("pooled", frame.assign(school=1))
    frame["x"] = (frame["school"] == 3).astype(float)
    with pytest.raises(ValueError, match=r"without one of the 15 clusters .* \(x\)"):
        fit("pooled", frame)
    with pytest.raises(ValueError, match="kind 'between'; known are pooled, random, fixed"):
        fit("between", panel())
