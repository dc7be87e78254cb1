"""A group that no replicate divides: its error is unknown, whichever half a label names."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.decomposition import decompose
from analysis.estimate.gap import adjusted_difference, quantile_difference, standardised_difference
from analysis.estimate.survey import ReplicateDesign, difference, mean, quantile, regression, why_no_se
from analysis.unknown import NotEstimable

N = 400
RNG = np.random.default_rng(0)
ZONE, HALF, WEIGHT = RNG.integers(1, 20, N), RNG.integers(0, 2, N), RNG.lognormal(3, 0.5, N)
PV = RNG.normal(500, 90, (N, 1)) + RNG.normal(0, 30, (N, 5))
X = pd.DataFrame({"x": RNG.normal(size=N)})
SIGNS = RNG.choice([0.5, 1.5], size=(20, 2, 16))


def design(method, lonely):
    """All rows of zone 3 in its half `lonely`."""
    half = np.where(ZONE == 3, lonely, HALF)
    if method == "brr":
        return ReplicateDesign.brr(WEIGHT, np.round(WEIGHT[:, None] * SIGNS[ZONE, half], 4))
    return getattr(ReplicateDesign, method)(WEIGHT, ZONE, half)


STATISTICS = {
    "difference": lambda d, g: difference(PV, d, group=g, minuend="vwo", subtrahend="vmbo"),
    "the other way": lambda d, g: difference(PV, d, group=g, minuend="vmbo", subtrahend="vwo"),
    "standardised": lambda d, g: standardised_difference(PV, d, group=g, minuend="vwo", subtrahend="vmbo"),
    "quantile": lambda d, g: quantile_difference(PV, d, 0.5, group=g, minuend="vwo", subtrahend="vmbo"),
    "adjusted": lambda d, g: adjusted_difference(
        PV, d, covariates=X, group=g, minuend="vwo", subtrahend="vmbo"
    ).iloc[[1]],
    "moderated": lambda d, g: adjusted_difference(
        PV, d, covariates=X, moderator="x", group=g, minuend="vwo", subtrahend="vmbo"
    ).iloc[[1, 3]],
    "decomposition": lambda d, g: decompose(
        PV, d, covariates=X, group=g, minuend="vwo", subtrahend="vmbo"
    ),
    "dummy": lambda d, g: regression(PV, d, pd.DataFrame({"vwo": (g == "vwo") * 1.0})).iloc[[1]],
    "dummy beside another": lambda d, g: regression(PV, d, X.assign(vmbo=(g == "vmbo") * 1.0)).iloc[[2]],
    "mean": lambda d, g: mean(PV[g == "vwo"], d.take(g == "vwo")),
    "median": lambda d, g: quantile(PV[g == "vwo"], d.take(g == "vwo"), 0.5),
}  # fmt: skip


@pytest.mark.parametrize("lonely", [0, 1])
@pytest.mark.parametrize("method", ["jk2", "jk2_full", "brr"])
@pytest.mark.parametrize("name", STATISTICS)
def test_a_group_in_one_half_of_one_zone_leaves_the_error_unknown(name, method, lonely):
    group = np.where(ZONE == 3, "vwo", "vmbo")
    found = STATISTICS[name](design(method, lonely), group)
    assert np.isfinite(found["estimate"]).all()
    assert found["se"].isna().all()
    assert isinstance(why_no_se(found), NotEstimable)


@pytest.mark.parametrize("method", ["jk2", "jk2_full", "brr"])
@pytest.mark.parametrize("name", STATISTICS)
def test_a_group_in_two_zones_has_an_error(name, method):
    group = np.where(np.isin(ZONE, [3, 4]), "vwo", "vmbo")
    found = STATISTICS[name](design(method, 1), group)
    assert (found["se"] > 0).all()
    assert why_no_se(found) is None


def test_by_country_only_the_lonely_difference_is_unknown():
    group = np.where((ZONE == 3) | ((ZONE > 12) & (HALF == 1)), "vwo", "vmbo")
    country = np.where(ZONE < 10, "A", "B")
    found = difference(PV, design("jk2", 1), group=group, minuend="vwo", subtrahend="vmbo", by=country)
    assert found["se"].isna().tolist() == [True, False]


def test_rows_that_no_replicate_touches_have_no_sampling_error():
    """Taken with certainty: nothing to vary over because nothing was drawn."""
    group = np.where(ZONE == 3, "vwo", "vmbo")
    replicates = WEIGHT[:, None] * np.where((ZONE == 3)[:, None], 1.0, SIGNS[ZONE, HALF])
    found = mean(PV[:, 0], ReplicateDesign.brr(WEIGHT, replicates), by=group)
    assert found["se"].iloc[1] == 0
    assert found["se"].iloc[0] > 0


def test_the_first_plausible_value_alone_gives_the_sampling_variance():
    """As TIMSS and PIRLS did before 2015; written out by replicate."""
    found = mean(PV, ReplicateDesign.jk2(WEIGHT, ZONE, HALF, first_value=True)).iloc[0]
    one = mean(PV[:, 0], ReplicateDesign.jk2(WEIGHT, ZONE, HALF)).iloc[0]
    full = np.average(PV[:, 0], weights=WEIGHT)
    by_hand = sum(
        (np.average(PV[:, 0], weights=np.where(zone == ZONE, 2 * WEIGHT * HALF, WEIGHT)) - full) ** 2
        for zone in np.unique(ZONE)
    )
    assert found["sampling_variance"] == pytest.approx(by_hand, rel=1e-10)
    assert one["sampling_variance"] == pytest.approx(by_hand, rel=1e-10)
    every = mean(PV, ReplicateDesign.jk2(WEIGHT, ZONE, HALF)).iloc[0]
    assert found["estimate"] == every["estimate"]
    assert found["imputation_variance"] == every["imputation_variance"]
    assert found["sampling_variance"] != pytest.approx(every["sampling_variance"], rel=1e-3)


def test_rows_are_not_put_together_by_position_where_labels_say_otherwise():
    frame = pd.DataFrame({"w": WEIGHT, "zone": ZONE, "half": HALF, "pv": PV[:, 0], "g": ZONE < 9})
    made = ReplicateDesign.jk2(frame["w"], frame["zone"], frame["half"])
    shuffled = frame.sample(frac=1, random_state=1)
    with pytest.raises(ValueError, match="label their rows differently"):
        ReplicateDesign.jk2(shuffled["w"], frame["zone"], frame["half"])
    for call in (
        lambda: mean(shuffled["pv"], made),
        lambda: mean(frame["pv"], made, by=shuffled["g"]),
        lambda: regression(frame["pv"], made, shuffled[["zone"]]),
        lambda: difference(frame["pv"], made, group=shuffled["g"], minuend=True, subtrahend=False),
        lambda: mean(frame["pv"].set_axis([f"p{row}" for row in range(N)]), ReplicateDesign.jk2(
            *(frame[name].set_axis([f"q{row}" for row in range(N)]) for name in ("w", "zone", "half")))),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="differently"):
            call()
    own = ReplicateDesign.jk2(shuffled["w"], shuffled["zone"], shuffled["half"])
    assert mean(shuffled["pv"], own)["se"].iloc[0] == pytest.approx(mean(frame["pv"], made)["se"].iloc[0])
    kept = frame["zone"] > 4  # a part of the rows keeps its labels; numbered anew it has none
    part = made.take(kept.to_numpy())
    expected = mean(frame.loc[kept, "pv"], part)
    pd.testing.assert_frame_equal(mean(frame.loc[kept, "pv"].reset_index(drop=True), part), expected)
    pd.testing.assert_frame_equal(mean(frame.loc[kept, "pv"].to_numpy(), part), expected)


@pytest.mark.parametrize("name", ["n", "se", "estimate", "df"])
def test_a_group_column_cannot_have_the_name_of_a_result(name):
    with pytest.raises(
        ValueError, match=f"by has a column {name}, which is the name of a column of the result"
    ):
        mean(PV, design("jk2", 1), by=pd.Series(HALF, name=name))


def test_names_that_a_result_needs_are_refused():
    made, group = design("jk2", 1), np.where(ZONE < 9, "vwo", "vmbo")
    sides = {"group": group, "minuend": "vwo", "subtrahend": "vmbo"}
    with pytest.raises(ValueError, match="by has a column q"):
        quantile(PV, made, 0.5, by=pd.Series(HALF, name="q"))
    with pytest.raises(ValueError, match="by has a column term"):
        regression(PV, made, X, by=pd.Series(HALF, name="term"))
    with pytest.raises(ValueError, match="by has two columns a"):
        mean(PV, made, by=pd.DataFrame(np.column_stack([HALF, HALF]), columns=["a", "a"]))
    with pytest.raises(ValueError, match="a covariate is named difference"):
        adjusted_difference(PV, made, covariates=X.set_axis(["difference"], axis=1), **sides)
    with pytest.raises(ValueError, match="a covariate is named total"):
        decompose(PV, made, covariates=X.set_axis(["total"], axis=1), **sides)


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"twice": 1 - 2 * X["x"]}, "twice"),
        ({"level": 7.0}, "level"),
        ({"near": X["x"] + 1e-9 * PV[:, 0]}, "near"),
    ],
)
def test_collinear_regressors_get_the_message_of_all_estimators(columns, name):
    made, group = design("jk2", 1), np.where(ZONE < 9, "vwo", "vmbo")
    sides = {"group": group, "minuend": "vwo", "subtrahend": "vmbo"}
    spoilt = X.assign(**columns)
    for call in (
        lambda: regression(PV, made, spoilt),
        lambda: adjusted_difference(PV, made, covariates=spoilt, **sides),
        lambda: decompose(PV, made, covariates=spoilt, **sides),
    ):
        with pytest.raises(
            ValueError, match=f"the covariates are collinear .* regressor {name} is constant or det"
        ):
            call()


def test_the_size_of_a_regressor_does_not_matter():
    made = design("jk2", 1)
    plain = regression(PV, made, X.assign(z=np.sin(np.arange(N))))
    moved = regression(PV, made, X.assign(x=X["x"] * 1e9 + 1e12, z=1e-9 * np.sin(np.arange(N))))
    np.testing.assert_allclose(moved["se"].iloc[1:] * [1e9, 1e-9], plain["se"].iloc[1:], rtol=1e-6)
