"""The public answer: equal to refitting, and something said in every case that has no test."""

from __future__ import annotations

import dataclasses
import time
from itertools import product

import numpy as np
import pandas as pd
import pytest
from inference_panels import COLUMNS, DESIGNS, NEVER, dummies, make_panel
from moved_by_hand import volatilities, worlds
from scipy import stats

from analysis.estimate.did import group_time_att, imputation, two_way_fe
from analysis.inference import answer, cluster_panel, randomised
from analysis.inference.reassigned import statistics
from analysis.inference.setting import Setting
from analysis.inference.wild import wild_null, wild_p_values

NAMES = {name: value for name, value in COLUMNS.items() if name != "cluster"}
SIX = [2013.0, 2013.0, 2015.0, 2015.0, NEVER, NEVER]


def public(frame, setting, weights):
    """The estimate as the library's public estimators give it."""
    if setting.estimator == "two_way":
        return float(two_way_fe(frame, **COLUMNS, weights=weights).table["estimate"].iloc[0])
    if setting.estimator == "imputation":
        return imputation(frame, **NAMES, weights=weights, anticipation=setting.anticipation).estimate
    found = group_time_att(
        frame, **NAMES, control=setting.estimator, anticipation=setting.anticipation, weights=weights
    )
    return found.aggregate("simple").estimate


def plain(frame, setting):
    """As :func:`public`, but for the regression: on dummies, without all that the public one adds to it."""
    if setting.estimator == "two_way":
        return float(np.linalg.lstsq(dummies(frame), frame["y"].to_numpy(), rcond=None)[0][0])
    return public(frame, setting, None)


@pytest.mark.parametrize("estimator", ["not_yet", "never", "imputation", "two_way"])
@pytest.mark.parametrize("anticipation", [0, 1])
@pytest.mark.parametrize(("drop", "weights"), [(0.0, None), (0.05, "w"), (0.3, "w")])
def test_estimates_and_jackknife_are_those_of_the_public_estimators(estimator, anticipation, drop, weights):
    if estimator == "two_way" and anticipation:
        return  # the public regression has no window; below it is checked by leaving the cells out
    frame = make_panel(DESIGNS["staggered"], effect=0.5, drop=drop, years=9)
    setting = Setting(estimator, anticipation)
    panel = cluster_panel(frame, **COLUMNS, weights=weights)
    found = statistics(panel, setting, panel.start[None])
    assert found.estimate[0, 0] == pytest.approx(public(frame, setting, weights), rel=1e-10)
    without = [public(frame[frame["province"] != label], setting, weights) for label in panel.clusters]
    assert found.without[0, 0] == pytest.approx(without, rel=1e-9)


def test_two_way_with_anticipation_leaves_the_window_out():
    frame = make_panel(DESIGNS["staggered"], effect=0.5, drop=0.1, years=9)
    panel = cluster_panel(frame, **COLUMNS)
    found = statistics(panel, Setting("two_way", 2), panel.start[None]).estimate[0, 0]
    waiting = (frame["year"] < frame["cohort"]) & (frame["year"] >= frame["cohort"] - 2)
    assert found == pytest.approx(public(frame[~waiting], Setting("two_way"), None), rel=1e-10)


@pytest.mark.parametrize("estimator", ["not_yet", "imputation", "two_way"])
@pytest.mark.parametrize(("seed", "restless"), [(3, 1.0), (2, 4.0)], ids=["alike", "two restless"])
def test_p_equals_refitting_under_every_assignment(estimator, seed, restless):
    frame = make_panel(SIX, effect=0.8, units=3, years=6, drop=0.1, seed=seed)
    frame["y"] *= np.where(frame["province"].isin(["PV21", "PV24"]), restless, 1.0)
    setting = Setting(estimator)
    provinces = np.unique(frame["province"])

    def refits(data, fit=plain):
        parts = (data, *(data[data["province"] != label] for label in provinces))
        return np.array([fit(part, setting) for part in parts])

    def t_statistic(data):
        found = refits(data)
        return found[0] / np.sqrt(5 / 6 * ((found[1:] - found[0]) ** 2).sum())

    assert refits(frame) == pytest.approx(refits(frame, lambda *given: public(*given, None)), rel=1e-9)
    begin = dict(zip(provinces, np.nan_to_num(SIX, nan=np.inf).tolist(), strict=True))
    assert (len(set(volatilities(frame, begin).values())) > 1) is (restless > 1)
    drawn = [t_statistic(world) for world in worlds(frame, begin)]
    found = randomised(cluster_panel(frame, **COLUMNS), setting)
    assert (found.exact, found.draws) == (True, 90)
    assert found.p_value == np.mean(np.abs(drawn) >= abs(t_statistic(frame)) * (1 - 1e-9))


def test_wild_bootstrap_equals_refitting_on_every_sign_vector():
    frame = make_panel(SIX, effect=0.8, units=3, years=6, drop=0.1).sort_values(["unit", "year"])
    y = frame["y"].to_numpy()
    dummies = pd.get_dummies(frame[["unit", "year"]].astype(str)).to_numpy(float)
    residual = y - dummies @ np.linalg.lstsq(dummies, y, rcond=None)[0]
    provinces = np.unique(frame["province"])

    def t_statistic(values):
        data = frame.assign(y=values)
        whole = public(data, Setting("not_yet"), None)
        without = [public(data[data["province"] != g], Setting("not_yet"), None) for g in provinces]
        return whole / np.sqrt(5 / 6 * ((np.array(without) - whole) ** 2).sum())

    observed, extreme = abs(t_statistic(y)), []
    for signs in product((1.0, -1.0), repeat=5):  # the mirror images give the same absolute statistic
        sign = frame["province"].map(dict(zip(provinces, (1.0, *signs), strict=True))).to_numpy()
        extreme.append(abs(t_statistic(y - residual + sign * residual)) >= observed * (1 - 1e-9))
    assert wild_null(cluster_panel(frame, **COLUMNS), Setting("not_yet")).p_value() == np.mean(extreme)


@pytest.mark.parametrize("estimator", ["group_time", "imputation"])
def test_the_interval_of_the_bootstrap_inverts_it(estimator):
    frame = make_panel(DESIGNS["one date"], effect=1.0, drop=0.1)
    treated = frame["year"] >= frame["cohort"]
    found = answer(frame, **COLUMNS, estimator=estimator)
    step = 1e-6 * (found.wild_high - found.wild_low)
    panel, setting = cluster_panel(frame, **COLUMNS), Setting(_SETTING[estimator])
    for end, outward in ((found.wild_low, -1), (found.wild_high, 1)):
        for side in (-1, 1):
            moved = frame.assign(y=frame["y"] - (end + side * outward * step) * treated)
            p = wild_null(cluster_panel(moved, **COLUMNS), setting).p_value()
            assert (p > 0.05) is (side < 0)
    many = wild_p_values(
        panel, setting, np.stack([panel.outcome, panel.outcome - panel.treated[panel.cluster]])
    )
    one = wild_null(cluster_panel(frame.assign(y=frame["y"] - treated), **COLUMNS), setting).p_value()
    assert many.tolist() == [found.wild_p, one]


def test_a_bootstrap_of_five_clusters_cannot_reject_and_its_interval_has_no_ends():
    panel = cluster_panel(make_panel([2014.0] * 2 + [NEVER] * 3, effect=9.0), **COLUMNS)
    null = wild_null(panel, Setting("not_yet"))
    assert null.p_value() >= 1 / 16
    scale = float(np.sqrt(null.variance))
    assert null.interval(0.95, scale=scale, smallest_p=1 / 16) == (-np.inf, np.inf)


def test_signs_of_more_than_sixteen_clusters_are_sampled():
    panel = cluster_panel(make_panel([2014.0] * 8 + [NEVER] * 12, effect=0.3), **COLUMNS)
    few, again, many = (
        wild_null(panel, Setting("not_yet"), draws=draws, seed=seed).p_value()
        for draws, seed in ((2_000, 4), (2_000, 4), (50_000, 5))
    )
    assert few == again
    assert abs(few - many) < 4 * np.sqrt(many * (1 - many) / 2_000)


_SETTING = {"group_time": "not_yet", "imputation": "imputation"}


def test_one_number_has_one_interval():
    frame = make_panel(DESIGNS["staggered"], effect=0.5, drop=0.1)
    found = answer(frame, **COLUMNS)
    tested = randomised(cluster_panel(frame, **COLUMNS), Setting("not_yet"))
    assert (found.estimate, found.low, found.high, found.p_value, found.se) == pytest.approx(
        (tested.estimate, tested.low, tested.high, tested.p_value, tested.se), rel=1e-12
    )
    p = 2 * stats.t.sf(abs(found.estimate) / found.se, 11)
    assert found.crv3_p == pytest.approx(p, rel=1e-10)
    assert found.reason is None
    assert found.detail == ""
    assert found.p_value >= found.smallest_p == 1 / found.n_assignments
    assert found.wild_p >= 2**-11
    assert found.wild_low < found.estimate < found.wild_high
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.estimate = 0.0


def test_interval_is_that_of_the_estimate_with_anticipation_and_weights():
    """A constant effect added to the treated moves estimate and interval by as much, whatever the options."""
    frame = make_panel([2013.0] * 3 + [2015.0] * 2 + [NEVER] * 3 + [2015.0] * 3, drop=0.1)
    more = frame.assign(y=frame["y"] + 3.0 * (frame["year"] >= frame["cohort"]))
    for options in ({"anticipation": 1}, {"weights": "w"}, {"estimator": "imputation"}):
        one, other = answer(frame, **COLUMNS, **options), answer(more, **COLUMNS, **options)
        assert one.low < one.estimate < one.high
        assert (other.estimate, other.low, other.high) == pytest.approx(
            (one.estimate + 3, one.low + 3, one.high + 3), rel=1e-7
        )


def test_path_is_the_event_study_of_the_public_estimator():
    frame = make_panel(DESIGNS["staggered"], effect=0.5, drop=0.1)
    path = answer(frame, **COLUMNS).path.set_index("event_time")
    event = group_time_att(frame, **NAMES, control="not_yet", base_period="universal").aggregate("event")
    expected = event.table.set_index("event_time")["estimate"]
    assert path["estimate"].to_dict() == pytest.approx(expected.to_dict())
    assert path.loc[-1, "estimate"] == 0
    assert path.loc[-1, ["low", "high"]].isna().all()
    others = path.drop(index=-1)
    assert (others["low_sim"] < others["low"]).all()
    assert (others["high_sim"] > others["high"]).all()
    treated = frame[frame["cohort"].notna()]
    seen = treated[treated["year"] == treated["cohort"]]["unit"]
    before = treated[treated["year"] == treated["cohort"] - 1]["unit"]
    assert path.loc[0, "n"] == len(set(seen) & set(before))
    behind = treated[treated["unit"].isin(set(seen) & set(before))]
    assert path.loc[0, "clusters"] == behind["province"].nunique()


FEW = "met minder dan 5 is geen toets betrouwbaar"
NOBODY = "geen provincie die binnen de metingen begint"


@pytest.mark.parametrize(
    ("starts", "reason"),
    [
        ([2014.0] * 5 + [2016.0] * 7, None),
        ([2014.0] * 5 + [2016.0] * 6 + [NEVER], None),
        ([2014.0] * 5 + [2030.0] * 7, None),
        ([2011.0] * 5 + [NEVER] * 7, None),
        ([2012.0] * 5 + [NEVER] * 7, None),
        ([2014.0] * 12, NOBODY),
        ([2030.0] * 12, NOBODY),
        ([NEVER] * 12, NOBODY),
        ([2009.0] * 12, "elke provincie begon al voor de eerste meting"),
        ([2014.0] + [NEVER] * 11, "van 1 van de 12 provincies is een start te vergelijken, en " + FEW),
        ([2014.0] * 2 + [NEVER] * 10, "van 2 van de 12 provincies is een start te vergelijken, en " + FEW),
        (
            [2014.0] * 11 + [NEVER],
            "een start is te vergelijken met hooguit 1 van de 12 provincies, en " + FEW,
        ),
        # Three against nine that start later: only the three have an effect that can be compared.
        ([2014.0] * 3 + [2016.0] * 9, "van 3 van de 12 provincies is een start te vergelijken, en " + FEW),
    ],
)
@pytest.mark.parametrize("estimator", ["group_time", "imputation", "two_way"])
def test_every_design_gives_what_can_be_given(starts, reason, estimator):
    found = answer(make_panel(starts, effect=1.0), **COLUMNS, estimator=estimator)
    if reason is None:
        assert found.reason is None
        assert found.low < found.estimate < found.high
        assert 0 < found.smallest_p <= found.p_value <= 1
        assert len(found.path) >= 2
        return
    assert reason in found.reason
    assert found.detail
    assert (found.p_value, found.significant, found.crv3_p, found.wild_p) == (None,) * 4
    assert np.isnan([found.low, found.high]).all()
    assert np.isfinite(found.estimate) == (FEW in reason)
    assert found.path["low"].isna().all()


def test_one_that_started_before_the_panel_is_left_out_and_said():
    found = answer(make_panel([2008.0, *[2014.0] * 5, *[NEVER] * 6], effect=1.0), **COLUMNS)
    rest = make_panel([2008.0, *[2014.0] * 5, *[NEVER] * 6], effect=1.0)
    rest = answer(rest[rest["province"] != "PV20"], **COLUMNS)
    assert (found.estimate, found.low, found.p_value) == (rest.estimate, rest.low, rest.p_value)
    assert (found.n_clusters, found.n_assignments) == (11, 462)
    assert found.detail == "1 clusters that started before the panel left out"


def test_a_province_that_misses_a_wave_keeps_its_other_waves():
    frame = make_panel(DESIGNS["one date"], effect=1.0)
    hole = frame[~((frame["province"] == "PV21") & (frame["year"] == 2015))]
    found = answer(hole, **COLUMNS)
    assert found.reason is None
    assert found.n_units == frame["unit"].nunique()
    assert found.n_observations == len(hole)
    assert found.estimate == pytest.approx(public(hole, Setting("not_yet"), None))


def test_provinces_by_elections_are_exact():
    """Twelve rows in each of ten elections, at the years that they were held."""
    elections = np.array([1998, 2002, 2003, 2006, 2010, 2012, 2017, 2021, 2023, 2025])
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"province": np.repeat([f"PV{20 + g}" for g in range(12)], 10)})
    frame["year"] = np.tile(elections, 12)
    frame["cohort"] = np.where(np.arange(120) < 50, 2024.0, np.nan)
    frame["y"] = 75 + rng.normal(size=120)
    found = answer(frame, **{**COLUMNS, "unit": "province"})
    assert (found.n_units, found.n_clusters, found.n_assignments, found.exact) == (12, 12, 792, True)
    assert found.smallest_p == 1 / 792
    wide = frame.pivot_table(index="province", columns="year", values="y")
    change = wide[2025] - wide[2023]
    assert found.estimate == pytest.approx(change.iloc[:5].mean() - change.iloc[5:].mean())
    assert found.path["event_time"].tolist() == list(range(-9, 1))
    by_position = frame.assign(year=np.searchsorted(elections, frame["year"]))
    by_position["cohort"] = by_position["cohort"].where(by_position["cohort"].isna(), 9.0)
    again = answer(by_position, **{**COLUMNS, "unit": "province"})
    assert (found.low, found.high, found.p_value) == (again.low, again.high, again.p_value)


def test_bad_options_are_errors():
    frame = make_panel(DESIGNS["one date"])
    for options, message in (
        ({"estimator": "ols"}, "estimator 'ols' is unknown"),
        ({"control": "all"}, "control 'all' is unknown"),
        ({"level": 95}, "between 0 and 1"),
        ({"anticipation": -1}, "zero or more"),
        ({"strata": {"PV20": "a"}}, "stratum of PV21"),
    ):
        with pytest.raises(ValueError, match=message):
            answer(frame, **COLUMNS, **options)


def test_an_outcome_that_does_not_differ_between_provinces_has_no_test():
    frame = make_panel(DESIGNS["one date"])
    found = answer(frame.assign(y=np.sin(frame["year"])), **COLUMNS)
    assert found.estimate == pytest.approx(0, abs=1e-12)
    assert "verschilt niet tussen provincies" in found.reason


def test_strata_leave_fewer_assignments():
    frame = make_panel([2014.0, NEVER] * 6, effect=1.0)
    strata = {f"PV{20 + g}": "rand" if g < 6 else "overig" for g in range(12)}
    found = answer(frame, **COLUMNS, strata=strata)
    assert found.n_assignments == 400
    assert found.p_value >= found.smallest_p >= 1 / 400


def test_an_answer_is_quick():
    """The bar is .3 s; here with room for a slow or busy machine."""
    frame = make_panel(DESIGNS["staggered"], units=40, years=10)
    answer(frame, **COLUMNS)
    begin = time.process_time()  # of this process: a busy machine does not count
    answer(frame, **COLUMNS)
    assert time.process_time() - begin < 1.5


def test_waves_every_two_years_count_in_years():
    frame = make_panel(DESIGNS["one date"], effect=1.0, years=8)
    waves = frame.assign(year=2 * frame["year"], cohort=2 * frame["cohort"])
    found = answer(waves, **COLUMNS, anticipation=2)
    assert found.estimate == answer(frame, **COLUMNS, anticipation=1).estimate
    assert found.anticipation == 2
    assert found.path["event_time"].tolist() == list(range(-8, 8, 2))
    assert found.path.loc[found.path["event_time"] == -4, "estimate"].item() == 0


def test_with_many_clusters_the_bands_are_the_usual_ones():
    starts = [2014.0] * 30 + [NEVER] * 30
    path = answer(make_panel(starts, effect=1.0), **COLUMNS, draws=199).path.dropna()
    width = (path["high"] - path["low"]) / 2 / path["se"]
    assert width.to_numpy() == pytest.approx(np.full(len(path), stats.t.ppf(0.975, 59)))
    together = (path["high_sim"] - path["low_sim"]) / 2 / path["se"]
    assert (together > width).all()
    assert together.to_numpy() == pytest.approx(np.full(len(path), together.iloc[0]))
    assert together.iloc[0] < stats.t.ppf(1 - 0.025 / len(path), 59)


def test_counts_of_treated_and_compared_clusters():
    found = cluster_panel(make_panel(DESIGNS["all treated in the end"]), **COLUMNS)
    assert (found.treated_clusters, found.comparison_clusters) == (12, 7)
    always_and_later = cluster_panel(make_panel([2000.0, *[2014.0] * 5, *[2050.0] * 6]), **COLUMNS)
    assert (always_and_later.treated_clusters, always_and_later.comparison_clusters) == (5, 6)


def test_planted_effect_lies_in_the_interval():
    inside = [
        low <= 0.7 <= high
        for low, high in (
            answer(make_panel(DESIGNS["one date"], effect=0.7, seed=seed), **COLUMNS).interval
            for seed in range(40)
        )
    ]
    assert 34 <= sum(inside) <= 40  # 95 % of 40 is 38; fewer than 34 has probability below 0.02


def test_assignment_below_the_cluster_is_an_error():
    frame = make_panel(DESIGNS["one date"])
    frame.loc[frame["unit"] % 2 == 0, "cohort"] = NEVER
    with pytest.raises(ValueError, match="level at which treatment was assigned"):
        answer(frame, **COLUMNS)
