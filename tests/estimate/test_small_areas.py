"""Areas with few schools: by hand, by the matrices of the mixed model, and by simulated coverage."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.small_areas import MEASURES, small_areas
from analysis.unknown import NotEstimableError

NAMES = {"outcome": "y", "area": "area", "school": "school"}
SCHOOLS = np.array([3, 3, 4, 3, 5, 4, 6, 7, 3, 5, 3, 4])


def survey(rng, effects, *, schools=SCHOOLS, sd_school=16.0, sd_pupil=75.0, least=20, most=60):
    """Pupils in schools of uneven size; columns area, school, y, track."""
    area = np.repeat(np.arange(len(effects)), schools)
    size = rng.integers(least, most + 1, len(area))
    school = np.repeat(np.arange(len(area)), size)
    y = np.asarray(effects, float)[area][school] + sd_school * rng.normal(size=len(area))[school]
    return pd.DataFrame(
        {
            "area": [f"PV{20 + code}" for code in area[school]],
            "school": school,
            "track": rng.choice(["vmbo", "havo", "vwo"], len(school)),
            "y": 500 + y + sd_pupil * rng.normal(size=len(school)),
        }
    )


def test_the_direct_estimate_and_its_variance_by_hand():
    """Means of areas; the variance of schools and pupils by analysis of variance, pooled over areas."""
    frame = survey(np.random.default_rng(1), np.zeros(12))
    found = small_areas(frame, **NAMES)
    table = found.table.set_index("area")
    assert table["direct"].to_dict() == pytest.approx(frame.groupby("area")["y"].mean().to_dict())
    assert found.freedom == SCHOOLS.sum() - 12

    of_school = frame.groupby("school").agg(area=("area", "first"), mean=("y", "mean"), n=("y", "size"))
    residual = frame["y"] - frame["school"].map(of_school["mean"])
    within = (residual**2).sum() / (len(frame) - len(of_school))
    squares, spread = 0.0, len(frame)
    for _, here in of_school.groupby("area"):
        mean = (here["n"] * here["mean"]).sum() / here["n"].sum()
        squares += (here["n"] * (here["mean"] - mean) ** 2).sum()
        spread -= (here["n"] ** 2).sum() / here["n"].sum()
    between = (squares - found.freedom * within) / spread
    for code, here in of_school.groupby("area"):
        shares = here["n"] / here["n"].sum()
        variance = within / here["n"].sum() + between * (shares**2).sum()
        assert table.loc[code, "direct_se"] == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_the_small_area_estimate_by_the_matrices_of_the_mixed_model():
    """Best linear unbiased prediction θ̂ = μ̂ + A V⁻¹(y − μ̂), A by a search over the adjusted likelihood."""
    frame = survey(np.random.default_rng(2), np.linspace(-20, 20, 12))
    found = small_areas(frame, **NAMES)
    y, psi = found.table["direct"].to_numpy(), found.table["direct_se"].to_numpy() ** 2

    def profile(a):
        v = np.diag(a + psi)
        inverse = np.linalg.inv(v)
        ones = np.ones(12)
        mean = ones @ inverse @ y / (ones @ inverse @ ones)
        r = y - mean
        return np.log(a) - 0.5 * np.linalg.slogdet(v)[1] - 0.5 * r @ inverse @ r, mean, inverse

    grid = np.linspace(1, 2_000, 20_000)
    a = grid[int(np.argmax([profile(one)[0] for one in grid]))]
    assert found.sd**2 == pytest.approx(a, abs=0.2)
    _, mean, inverse = profile(found.sd**2)
    predicted = mean + found.sd**2 * inverse @ (y - mean)
    assert found.table["estimate"].to_numpy() == pytest.approx(predicted, rel=1e-9)
    assert found.table["own_pct"].to_numpy() == pytest.approx(100 * found.sd**2 / (found.sd**2 + psi))


def test_the_same_mix_of_categories_is_that_of_a_regression_with_areas():
    frame = survey(np.random.default_rng(3), np.zeros(12))
    frame["y"] += frame["track"].map({"vmbo": -60.0, "havo": 0.0, "vwo": 70.0})
    frame = frame[(frame["track"] != "vmbo") | (frame["area"] != "PV20") | (frame.index % 5 == 0)]
    x = pd.get_dummies(frame[["area", "track"]], dtype=float)
    tracks = x[["track_vmbo", "track_vwo"]]
    design = pd.concat([x.filter(like="area_"), tracks - tracks.mean()], axis=1)
    coefficients = np.linalg.lstsq(design.to_numpy(), frame["y"].to_numpy(), rcond=None)[0][:12]
    found = small_areas(frame, **NAMES, categories=("track",)).table
    assert found["direct"].to_numpy() == pytest.approx(coefficients, rel=1e-9)
    plain = small_areas(frame, **NAMES).table
    assert plain["direct"][0] - found["direct"][0] > 15  # without its share of vmbo it seemed higher


@pytest.mark.parametrize("sd", [0.0, 6.0, 12.0])
def test_intervals_cover_and_few_schools_gain(sd):
    """Announced as realised: 93 to 97 % at every spread but none, where they cover more."""
    rng = np.random.default_rng(7)
    covered, direct, errors, of_direct, announced = [], [], [], [], []
    for _ in range(100):
        effects = sd * rng.normal(size=12)
        table = small_areas(survey(rng, effects), **NAMES).table
        truth = 500 + effects
        covered.append((table["low"] <= truth) & (truth <= table["high"]))
        direct.append((table["direct_low"] <= truth) & (truth <= table["direct_high"]))
        errors.append((table["estimate"] - truth) ** 2)
        of_direct.append((table["direct"] - truth) ** 2)
        announced.append(table["se"] ** 2)
    error = 2 * np.sqrt(0.05 * 0.95 / 1_200)
    assert 0.93 - error <= np.mean(direct) <= 0.97 + error
    assert 0.93 - error <= np.mean(covered) <= (0.97 if sd else 0.99) + error
    assert np.mean(errors) < (0.4, 0.5, 0.8)[[0.0, 6.0, 12.0].index(sd)] * np.mean(of_direct)
    ratio = np.mean(announced) / np.mean(errors)  # larger where there is nothing between areas to find
    assert 0.85 < ratio < (1.25 if sd else 1.75)


def test_an_area_that_is_not_told_of_moves_no_other():
    frame = survey(np.random.default_rng(5), np.zeros(12))
    frame.loc[frame["area"] == "PV29", "y"] += 400
    own = frame.loc[frame["area"] == "PV29", "school"].unique()[:2]
    few = frame[(frame["area"] != "PV29") | frame["school"].isin(own)]
    found = small_areas(few, **NAMES, categories=("track",), least_schools=3).table.set_index("area")
    alone = small_areas(few[few["area"] != "PV29"], **NAMES, categories=("track",)).table.set_index("area")
    assert found.loc["PV29", list(MEASURES)].isna().all()
    assert found.loc["PV29", "schools"] == 2
    pd.testing.assert_frame_equal(found.drop("PV29")[list(MEASURES)], alone[list(MEASURES)])


def test_why_there_is_none():
    frame = survey(np.random.default_rng(6), np.zeros(12))
    with pytest.raises(NotEstimableError) as few:
        small_areas(frame[frame["area"].isin(["PV20", "PV21", "PV22"])], **NAMES)
    assert few.value.reason == "van te weinig provincies zijn er genoeg leerlingen en scholen"
    with pytest.raises(NotEstimableError) as none:
        small_areas(frame, **NAMES, least_schools=100)
    assert none.value.reason == few.value.reason
    with pytest.raises(NotEstimableError) as single:
        small_areas(frame.assign(school=frame["area"]), **NAMES)
    assert single.value.reason == (
        "in geen enkele provincie zijn er meer scholen, dus provincie en school vallen samen"
    )
    with pytest.raises(NotEstimableError) as same:
        small_areas(frame.assign(y=3.0), **NAMES)
    assert same.value.reason == "de antwoorden verschillen niet binnen een provincie"
    with pytest.raises(NotEstimableError) as one:
        small_areas(frame.drop_duplicates("school"), **NAMES)
    assert one.value.reason == "van geen school of gemeente zijn er twee respondenten"
    with pytest.raises(ValueError, match="column y is missing or infinite in 1 rows, first in row 4"):
        small_areas(frame.assign(y=frame["y"].where(frame.index != 4)), **NAMES)
