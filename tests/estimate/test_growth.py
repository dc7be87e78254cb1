"""Growth by track on twins: the planted gap and its change, whatever leaves the panel."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import PanelOLS
from scipy import stats

from analysis.design.adks import adks_design
from analysis.design.regio import TRACKS
from analysis.estimate.attrition import attrition_weights
from analysis.estimate.growth import MODELS, growth
from analysis.estimate.growth_study import growth_studies, growth_study
from analysis.estimate.wave_means import wave_means
from analysis.synthetic.adks import adks_twin
from analysis.unknown import NotEstimable

OUTCOME = "politiek_zelfvertrouwen"
FULL = adks_design()
DESIGN = dataclasses.replace(FULL, outcome=(FULL.named(OUTCOME),))
NAMES = {
    "outcome": OUTCOME, "unit": "pupil", "time": "wave", "group": "track", "groups": TRACKS,
    "minuend": "vwo", "subtrahend": "vmbo", "cluster": "school",
}  # fmt: skip


def drawn(seed, **options):
    twin = adks_twin(DESIGN, seed=seed, **options)
    weights = attrition_weights(
        twin.frame, unit="pupil", time="wave", group="track", groups=TRACKS, last_answer=OUTCOME,
        cluster="school", trim=(FULL.weights.trim_low, FULL.weights.trim_high), base_weight="weight",
    ).weights  # fmt: skip
    known = twin.frame[OUTCOME].notna()
    return (
        twin.frame[known].reset_index(drop=True),
        weights[known].reset_index(drop=True),
        twin.truth[OUTCOME],
    )


@pytest.fixture(scope="module")
def draws():
    """Thirty twins: error and coverage of the gap, its change and the slopes, by model."""
    found = []
    for seed in range(30):
        frame, weights, truth = drawn(3000 + seed)
        slope = np.polyfit(range(6), truth.means["vmbo"], 1)[0]
        for model, weighted in (("pooled", True), ("random", True), ("fixed", True), ("pooled", False)):
            fit = growth(frame, model, weights=weights if weighted else None, **NAMES)
            change = fit.gap_change
            record = {
                "model": model if weighted else "unweighted",
                "change": change.value - truth.gap_change,
                "change_se": change.se,
                "covered": change.low <= truth.gap_change <= change.high,
                "vmbo": fit.slopes["vmbo"].value - slope,
            }
            if fit.gap_start is not None:
                start = fit.gap_start
                record["start"] = start.value - truth.gap_start
                record["start_covered"] = start.low <= truth.gap_start <= start.high
            found.append(record)
    return pd.DataFrame(found).set_index("model")


def z(values):
    return values.mean() / (values.std() / np.sqrt(len(values)))


def test_planted_gap_and_change_are_recovered(draws):
    for model in ("pooled", "random"):
        assert abs(z(draws.loc[model, "change"])) < 3.3
        assert abs(z(draws.loc[model, "start"].astype(float))) < 3.3
    assert abs(draws.loc["fixed", "change"].mean()) < 0.012


def test_leaving_biases_growth_and_the_weights_mend_it(draws):
    assert z(draws.loc["unweighted", "vmbo"]) > 5
    assert abs(draws.loc["pooled", "vmbo"].mean()) < 0.25 * draws.loc["unweighted", "vmbo"].mean()


def test_intervals_cover(draws):
    # 60 intervals of the weighted model; full runs in benchmarks/regional.py
    covered = np.append(draws.loc["pooled", "covered"], draws.loc["pooled", "start_covered"]).astype(float)
    assert covered.mean() >= 0.87
    assert draws.loc["pooled", "change_se"].mean() == pytest.approx(
        draws.loc["pooled", "change"].std(), rel=0.3
    )


def test_models_agree_without_attrition_and_without_noise():
    rows = []
    for school in range(6):
        for pupil, track in enumerate(TRACKS * 2):
            for wave in range(1, 5):
                level, slope = {"vmbo": (1, 0.1), "havo": (2, 0.2), "vwo": (3, 0.5)}[track]
                rows.append((f"{school}{pupil}", wave, f"s{school}", track, level + slope * (wave - 1)))
    frame = pd.DataFrame(rows, columns=["pupil", "wave", "school", "track", OUTCOME])
    rng = np.random.default_rng(0)
    frame[OUTCOME] += 1e-9 * rng.normal(size=len(frame))
    for model in MODELS:
        fit = growth(frame, model, **NAMES)
        assert fit.gap_change.value == pytest.approx(0.4, abs=1e-8)
        assert fit.slopes["havo"].value == pytest.approx(0.2, abs=1e-8)
        if model != "fixed":
            assert fit.gap_start.value == pytest.approx(2.0, abs=1e-7)
            assert fit.gap_end.value == pytest.approx(3.2, abs=1e-7)
    # everyone is seen as long as everyone else, so there are no units' means to add
    assert growth(frame, "correlated", **NAMES).mundlak is None


def test_correlated_effects_give_the_within_change():
    """With units' means of every regressor that varies, unweighted, the change is that of fixed effects."""
    frame, _, _ = drawn(4)
    assert growth(frame, "correlated", **NAMES).gap_change.value == pytest.approx(
        growth(frame, "fixed", **NAMES).gap_change.value, abs=1e-9
    )


def test_mundlak_test_finds_levels_that_go_with_staying_and_only_those():
    rng = np.random.default_rng(9)
    p_values = {True: [], False: []}
    for related in (True, False):
        for _ in range(16):
            rows = []
            for school in range(24):
                for pupil in range(8):
                    level = rng.normal()
                    stays = 1 / (1 + np.exp(-level)) if related else 0.5
                    last = 2 + rng.binomial(4, stays)
                    track = TRACKS[pupil % 3]
                    for wave in range(1, last + 1):
                        rows.append((f"{school}-{pupil}", wave, school, track, level + rng.normal()))
            frame = pd.DataFrame(rows, columns=["pupil", "wave", "school", "track", OUTCOME])
            p_values[related].append(growth(frame, "correlated", **NAMES).mundlak.p_value)
    assert np.mean(np.array(p_values[True]) < 0.05) > 0.9
    assert np.mean(np.array(p_values[False]) < 0.05) < 0.3
    assert stats.kstest(p_values[False], "uniform").pvalue > 0.001


def test_fixed_effects_are_those_of_linearmodels():
    frame, weights, _ = drawn(5)
    index = pd.MultiIndex.from_frame(frame[["pupil", "wave"]])
    design = pd.DataFrame(
        {track: (frame["track"] == track) * (frame["wave"] - 1.0) for track in TRACKS}
    ).set_axis(index)
    expected = PanelOLS(
        frame[[OUTCOME]].set_axis(index), design, entity_effects=True,
        weights=weights.to_frame("w").set_axis(index),
    ).fit()  # fmt: skip
    found = growth(frame, "fixed", weights=weights, **NAMES)
    assert found.gap_change.value == pytest.approx(
        expected.params["vwo"] - expected.params["vmbo"], abs=1e-12
    )
    assert found.gap_start is None


def test_wave_means_are_weighted_means_and_the_gap_their_difference():
    frame, weights, truth = drawn(6)
    means, gaps = wave_means(frame, weights=weights, **NAMES)
    rows = (frame["track"] == "vwo") & (frame["wave"] == 4)
    expected = np.average(frame.loc[rows, OUTCOME], weights=weights[rows])
    table = means.set_index(["group", "wave"])
    assert table.loc[("vwo", 4), "estimate"] == pytest.approx(expected, abs=1e-10)
    assert table.loc[("vwo", 4), "n"] == rows.sum()
    difference = table.loc["vwo", "estimate"] - table.loc["vmbo", "estimate"]
    assert gaps["estimate"].to_numpy() == pytest.approx(difference.to_numpy(), abs=1e-10)
    far = (gaps["estimate"] - truth.gap.to_numpy()) / gaps["se"]
    assert (far**2).mean() < 4


def test_study_leaves_out_rows_without_an_answer_and_counts_them():
    twin = adks_twin(DESIGN, seed=8)
    ones = pd.Series(1.0, index=twin.frame.index)
    study = growth_study(twin.frame, OUTCOME, ones, groups=TRACKS, minuend="vwo", subtrahend="vmbo")
    assert study.weighted["pooled"].n == twin.frame[OUTCOME].notna().sum()
    assert study.weighted["pooled"].gap_change == study.unweighted.gap_change
    none = growth_study(twin.frame.assign(**{OUTCOME: np.nan}), OUTCOME, ones, groups=TRACKS,
                        minuend="vwo", subtrahend="vmbo")  # fmt: skip
    for answer in (none.means, none.gaps, none.unweighted, *none.weighted.values()):
        assert answer == NotEstimable("op deze vraag is geen enkel antwoord", f"{OUTCOME}: no answer")


def test_each_answer_that_cannot_be_had_says_why_and_the_others_stand():
    frame, weights, _ = drawn(6)
    outcomes = {"groups": TRACKS, "minuend": "vwo", "subtrahend": "vmbo"}

    def study(kept, own=None):
        own = weights[kept.index].reset_index(drop=True) if own is None else own
        return growth_study(kept.reset_index(drop=True).assign(weight=1.0), OUTCOME, own, **outcomes)

    one_wave = study(frame[frame["wave"] == 1])
    assert one_wave.weighted["pooled"].reason == one_wave.unweighted.reason == "er is maar één meting"
    assert one_wave.means["estimate"].notna().all()
    one_school = study(frame.assign(school="S1"))
    assert "maar één school" in one_school.weighted["fixed"].reason
    assert one_school.means["se"].isna().all()
    assert one_school.means["estimate"].notna().all()
    no_vwo = study(frame[frame["track"] != "vwo"])
    assert no_vwo.weighted["pooled"].gap_change.reason == "in de gegevens is niemand van de groep vwo"
    assert set(no_vwo.weighted["pooled"].slopes) == {"vmbo", "havo"}
    assert no_vwo.gaps.empty
    no_weights = study(frame, NotEstimable("geen weging"))
    assert no_weights.means.reason == no_weights.weighted["random"].reason == "geen weging"
    assert no_weights.unweighted.gap_change.value == pytest.approx(
        growth(frame, "pooled", **NAMES).gap_change.value
    )
    seen_once = study(frame[(frame["track"] != "havo") | (frame["wave"] == 2)])
    assert seen_once.weighted["pooled"].reason == "van een van de schoolsoorten is er maar één meting"
    assert growth_studies(NotEstimable("geen bestand"), (OUTCOME,), weights, **outcomes)[OUTCOME].means.reason


def test_a_mean_that_rests_on_one_school_has_no_interval_and_spoils_no_other():
    frame, weights, _ = drawn(6)
    whole = wave_means(frame, weights=weights, **NAMES)[0].set_index(["group", "wave"])
    lone = frame.loc[(frame["track"] == "havo") & (frame["wave"] == 3), "school"].iloc[0]
    kept = frame[(frame["track"] != "havo") | (frame["wave"] != 3) | (frame["school"] == lone)]
    means, gaps = wave_means(
        kept.reset_index(drop=True), weights=weights[kept.index].reset_index(drop=True), **NAMES
    )
    cell = (kept["track"] == "havo") & (kept["wave"] == 3)
    means = means.set_index(["group", "wave"])
    expected = np.average(kept.loc[cell, OUTCOME], weights=weights[kept.index][cell])
    assert means.loc[("havo", 3), "estimate"] == pytest.approx(expected)
    assert means.loc[("havo", 3), ["se", "low", "high"]].isna().all()
    assert means.loc[("vwo", 3), "low"] == pytest.approx(whole.loc[("vwo", 3), "low"])
    assert gaps["se"].notna().all()
    assert gaps.set_index("wave").loc[3, "n"] == min(means.loc[(track, 3), "n"] for track in ("vwo", "vmbo"))


def test_bad_input():
    frame, weights, _ = drawn(7, pupils=400)
    cases = [
        (frame.assign(track=frame["track"].where(frame.index != 0, "mavo")), {}, "track: unknown value mavo"),
        (pd.concat([frame, frame.head(1)], ignore_index=True), {}, "occurs twice in wave 1"),
        (frame.drop(columns="school"), {}, "column school is missing; there are pupil"),
        (frame.assign(**{OUTCOME: frame[OUTCOME].where(frame.index != 2)}), {}, "infinite in 1 rows"),
        (frame[frame["wave"] == 1], {}, "one wave only"),
        (frame.assign(school="S1"), {}, "one school only"),
        (frame, {"weights": weights.where(weights.index != 5, 0.0)}, "not above zero, first in row 5"),
        (frame, {"weights": weights.where(weights.index != 5, -1.0)}, "weights are not above zero"),
        (frame, {"weights": weights.iloc[1:]}, "1 rows have none, first row 0: give one a row"),
        (frame.assign(wave=frame["wave"].astype(str)), {}, "column wave is .*: waves are numbers"),
    ]  # fmt: skip
    for broken, options, message in cases:
        with pytest.raises(ValueError, match=message):
            growth(broken.reset_index(drop=True) if not options else broken, "random", **NAMES, **options)
    with pytest.raises(ValueError, match="gap vwo − vwo: expected two different groups of vmbo"):
        growth(frame, "pooled", **{**NAMES, "subtrahend": "vwo"})
    with pytest.raises(ValueError, match="model 'gee'; known are pooled"):
        growth(frame, "gee", **NAMES)
    moved = frame.assign(track=frame["track"].where(frame["wave"] < 3, "havo"))
    with pytest.raises(ValueError, match="lies in 2 values of track"):
        growth(moved, "pooled", **NAMES)


def waves(times, seed=1):
    """240 pupils at each of `times`: vmbo grows by 1 a year, vwo from 2 by 4."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"pupil": np.repeat(np.arange(240), len(times)), "wave": np.tile(times, 240)})
    frame["school"] = frame["pupil"] % 12
    frame["track"] = np.where((frame["pupil"] // 12) % 2, "vwo", "vmbo")
    years = frame["wave"] - min(times)
    frame[OUTCOME] = np.where(frame["track"] == "vwo", 2 + 4 * years, years) + 0.1 * rng.normal(
        size=len(frame)
    )
    return frame


@pytest.mark.parametrize(
    "times", [[0, 0.5, 1, 1.5], [2019.5, 2020, 2021.5], [2016, 2018, 2020, 2022], [1, 2, 5]]
)
def test_waves_may_lie_any_distance_apart(times):
    frame = waves(times)
    fit = growth(frame, "pooled", **NAMES)
    span = times[-1] - times[0]
    assert fit.gap_change.value == pytest.approx(3, abs=0.05)
    assert fit.gap_end.value == pytest.approx(fit.gap_start.value + span * fit.gap_change.value, abs=1e-9)
    assert fit.gap_end.value == pytest.approx(2 + 3 * span, abs=0.1)
    means, gaps = wave_means(frame, **NAMES)
    assert gaps["wave"].tolist() == times
    assert means["wave"].tolist() == times * 2
    assert gaps["estimate"].iloc[-1] == pytest.approx(2 + 3 * span, abs=0.1)


def test_weights_follow_labels_and_an_index_may_bear_names():
    frame = waves([1, 2, 3]).set_index("pupil", drop=False)
    frame.index = pd.Index(np.arange(len(frame)) + 100, name="pupil")
    weights = pd.Series(np.random.default_rng(2).uniform(0.5, 2, len(frame)), index=frame.index)
    fit = growth(frame, "pooled", weights=weights, **NAMES)
    turned = growth(frame, "pooled", weights=weights.iloc[::-1], **NAMES)
    assert turned.gap_change == fit.gap_change
    plain = growth(frame.reset_index(drop=True), "pooled", weights=weights.reset_index(drop=True), **NAMES)
    assert plain.gap_change == fit.gap_change
    pd.testing.assert_frame_equal(
        wave_means(frame, weights=weights.iloc[::-1], **NAMES)[1],
        wave_means(frame, weights=weights, **NAMES)[1],
    )


def test_the_last_gap_is_that_of_the_last_wave_with_both_groups():
    """vmbo ends with wave 4 of six. Lines without noise: vwo 3 + .2 a wave, vmbo 2 + .1: 1.3 in wave 4."""
    rows = [
        (pupil, f"S{pupil % 6}", wave, track, start + slope * (wave - 1) + (pupil % 3 - 1) * 1e-3)
        for track, start, slope, last, first in (("vmbo", 2.0, 0.1, 4, 0), ("vwo", 3.0, 0.2, 6, 30))
        for pupil in range(first, first + 30)
        for wave in range(1, last + 1)
    ]
    frame = pd.DataFrame(rows, columns=["pupil", "school", "wave", "track", OUTCOME])
    found = growth(frame, "pooled", **NAMES)
    assert found.gap_start.value == pytest.approx(1.0, abs=1e-6)
    assert found.gap_end.value == pytest.approx(1.3, abs=1e-6)
    apart = frame[(frame["track"] == "vmbo") ^ (frame["wave"] > 4)]
    assert isinstance(growth(apart, "pooled", **NAMES).gap_end, NotEstimable)
