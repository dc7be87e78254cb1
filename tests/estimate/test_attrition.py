"""Attrition weights: chances recovered, everyone's composition restored, bad input refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.attrition import attrition_weights, effective_n

NAMES = {"unit": "pupil", "time": "wave", "group": "track", "last_answer": "y", "cluster": "school"}
TRACKS = ("vmbo", "vwo")


def panel(seed=1, pupils=6000, schools=60, leaving_schools=True):
    """Pupils leave alone by log odds 1.5 + 0.5 vwo + 0.6 y, and with a tenth of the schools a wave."""
    rng = np.random.default_rng(seed)
    school = np.sort(rng.integers(0, schools, pupils))
    vwo = rng.random(pupils) < 0.4
    order = rng.permutation(schools)
    here, rows = np.ones(pupils, bool), []
    level = rng.normal(size=pupils)
    for wave in range(1, 5):
        y = level + 0.5 * rng.normal(size=pupils)
        rows.append(pd.DataFrame({
            "pupil": np.flatnonzero(here), "wave": wave, "school": school[here],
            "track": np.where(vwo, "vwo", "vmbo")[here], "y": y[here], "w": 1.0,
        }))  # fmt: skip
        stays = rng.random(pupils) < 1 / (1 + np.exp(-(1.5 + 0.5 * vwo + 0.6 * y)))
        open_schools = order[: schools - (6 * wave if leaving_schools else 0)]
        here &= stays & np.isin(school, open_schools)
    return pd.concat(rows, ignore_index=True), level, vwo


def test_log_odds_of_staying_are_recovered():
    frame, _, _ = panel(pupils=20000)
    found = attrition_weights(frame, groups=TRACKS, **NAMES).coefficients
    assert found["track=vwo"] == pytest.approx(0.5, abs=0.12)
    spread = frame["y"].std()
    assert found["score"] / spread == pytest.approx(0.6, abs=0.08)


def test_weights_give_back_those_who_started():
    frame, level, vwo = panel()
    found = attrition_weights(frame, groups=TRACKS, trim=(0.0, 1.0), **NAMES)
    last = frame["wave"] == 4
    w, who = found.weights[last], frame.loc[last, "pupil"]
    assert abs(level[who].mean()) > 0.15  # who is left differs
    error = np.sqrt(1 / effective_n(w))
    assert abs(np.average(level[who], weights=w) - level.mean()) < 4 * error
    assert np.average(vwo[who], weights=w) == pytest.approx(vwo.mean(), abs=4 * error)
    # and each wave counts for as many pupils as there were
    sums = found.weights.groupby(frame["wave"]).sum()
    assert sums.to_numpy() == pytest.approx(np.full(4, sums.loc[1]), rel=0.08)


def test_weights_are_scaled_trimmed_and_reported():
    frame, _, _ = panel(pupils=2000)
    found = attrition_weights(frame, groups=TRACKS, trim=(0.0, 0.95), **NAMES)
    assert found.weights.mean() == pytest.approx(1.0)
    assert (found.weights > 0).all()
    assert 0 < found.trimmed <= 0.05 * len(frame) + 1
    assert found.weights.max() * found.bounds[0] == pytest.approx(found.weights.min() * found.bounds[1])
    assert found.effective_n < len(frame)


def test_nobody_leaving_needs_no_weights():
    frame = pd.DataFrame({
        "pupil": np.repeat(range(10), 3), "wave": np.tile([1, 2, 3], 10), "school": np.repeat(range(5), 6),
        "track": np.repeat(["vmbo", "vwo"] * 5, 3), "y": np.arange(30.0),
    })  # fmt: skip
    found = attrition_weights(frame, groups=TRACKS, **NAMES)
    assert (found.weights == 1).all()
    assert found.coefficients.empty


def test_who_skips_a_wave_and_returns_has_not_left():
    frame, _, _ = panel(pupils=3000)
    back = frame.loc[frame["wave"] == 3, "pupil"].head(200)
    gap = frame[~(frame["pupil"].isin(back) & (frame["wave"] == 2))].reset_index(drop=True)
    whole = attrition_weights(frame, groups=TRACKS, trim=(0, 1), **NAMES)
    holes = attrition_weights(gap, groups=TRACKS, trim=(0, 1), **NAMES)
    key = ["pupil", "wave"]
    both = gap[key].assign(holes=holes.weights).merge(frame[key].assign(whole=whole.weights), on=key)
    assert np.corrcoef(both["holes"], both["whole"])[0, 1] > 0.99


def test_sampling_weights_multiply():
    frame, _, _ = panel(pupils=2000)
    frame["w"] = np.where(frame["track"] == "vwo", 2.0, 1.0)
    plain = attrition_weights(frame, groups=TRACKS, trim=(0, 1), **NAMES)
    times = attrition_weights(frame, groups=TRACKS, trim=(0, 1), base_weight="w", **NAMES)
    ratio = (times.weights / plain.weights) / frame["w"]
    assert ratio.to_numpy() == pytest.approx(np.full(len(frame), ratio.iloc[0]))


def test_bad_input():
    frame, _, _ = panel(pupils=300)
    with pytest.raises(ValueError, match="pupil 0 occurs twice in wave 1"):
        attrition_weights(pd.concat([frame, frame.head(1)]).reset_index(drop=True), groups=TRACKS, **NAMES)
    with pytest.raises(ValueError, match="track: unknown value vwo"):
        attrition_weights(frame, groups=("vmbo",), **NAMES)
    with pytest.raises(ValueError, match=r"column w: .* weights are not above zero"):
        attrition_weights(frame.assign(w=0.0), groups=TRACKS, base_weight="w", **NAMES)
    with pytest.raises(ValueError, match="column y is missing"):
        attrition_weights(frame.drop(columns="y"), groups=TRACKS, **NAMES)
    gone = frame[(frame["track"] == "vmbo") | (frame["wave"] == 1)].reset_index(drop=True)
    with pytest.raises(ValueError, match="predicted perfectly"):
        attrition_weights(gone, groups=TRACKS, **NAMES)


def test_waves_are_places_in_their_order():
    frame, _, _ = panel(pupils=2000)
    plain = attrition_weights(frame, groups=TRACKS, **NAMES)
    for waves in ([2019.0, 2019.5, 2020.0, 2020.5], [2012, 2016, 2018, 2024]):
        moved = frame.assign(wave=frame["wave"].map(dict(enumerate(waves, 1))))
        moved.index = pd.Index(moved.index + 7, name="pupil")
        found = attrition_weights(moved, groups=TRACKS, **NAMES)
        np.testing.assert_allclose(found.weights, plain.weights, rtol=1e-12)
        assert found.weights.index.equals(moved.index)
        assert f"wave={waves[0]}" in found.coefficients


def ending(seed=4, pupils=8000):
    """Everybody stays with chance .8 whatever they are, in one set of schools; vmbo ends with wave 3 of 5."""
    rng = np.random.default_rng(seed)
    track = rng.choice(TRACKS, pupils, p=[0.5, 0.5])
    waves = 1 + (rng.random((pupils, 4)) < 0.8).cumprod(axis=1).sum(axis=1)
    waves = np.where(track == "vmbo", np.minimum(waves, 3), waves)
    who = np.repeat(np.arange(pupils), waves)
    frame = pd.DataFrame({
        "pupil": who, "wave": 1 + np.concatenate([np.arange(k) for k in waves]), "track": track[who],
        "school": who % 40, "y": rng.normal(size=len(who)),
    })  # fmt: skip
    return frame.assign(ends=(frame["track"] == "vmbo") & (frame["wave"] >= 3))


def test_who_leaves_at_the_end_of_school_raises_nobodys_weight():
    frame = ending()
    found = attrition_weights(frame, groups=TRACKS, trim=(0, 1), ends="ends", **NAMES)
    assert found.coefficients["track=vwo"] == pytest.approx(0.0, abs=0.1)  # both leave alike
    raw = found.weights / found.weights[frame["wave"] == 1].iloc[0]
    sums = raw.groupby([frame["track"], frame["wave"]]).sum()
    for track, last in (("vmbo", 3), ("vwo", 5)):  # every wave stands for all who started on the track
        started = (frame.loc[frame["wave"] == 1, "track"] == track).sum()
        assert list(sums[track].index) == list(range(1, last + 1))
        assert sums[track].to_numpy() == pytest.approx(np.full(last, started), rel=0.06)
    mistaken = attrition_weights(frame, groups=TRACKS, trim=(0, 1), **NAMES)
    assert mistaken.coefficients["track=vwo"] > 1  # the end of school taken for dropping out


def test_a_school_whose_pupils_all_finish_did_not_stop_taking_part():
    frame = ending()
    frame["school"] = np.where(frame["track"] == "vmbo", frame["school"], frame["school"] + 40)
    found = attrition_weights(frame, groups=TRACKS, trim=(0, 1), ends="ends", **NAMES)
    raw = found.weights / found.weights[frame["wave"] == 1].iloc[0]
    started = ((frame["wave"] == 1) & (frame["track"] == "vwo")).sum()
    last = (frame["wave"] == 5) & (frame["track"] == "vwo")
    assert raw[last].sum() == pytest.approx(started, rel=0.06)
