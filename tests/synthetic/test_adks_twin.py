"""The twin of the adolescent panel: published figures, correlations, attrition, missing answers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.design.adks import adks_design
from analysis.sources.adks import adks_contract
from analysis.synthetic.adks import adks_twin, planted

DESIGN = adks_design()
PUBLISHED = {  # share that finds living in a democracy important: uva.nl 2021 and 2023, trouw.nl 2023
    (2, "vmbo"): 34, (2, "vwo"): 71, (3, "vmbo"): 49, (3, "havo"): 74, (3, "vwo"): 88,
}  # fmt: skip
TOTALS = {2: 49, 3: 65}


@pytest.fixture(scope="module")
def large():
    """The twin with many pupils and schools, so that shares are near what is planted."""
    return adks_twin(DESIGN, pupils=60_000, schools=600).frame


def test_design_holds_the_published_figures_and_marks_the_rest():
    truth = planted(DESIGN.named("steun_democratie"), DESIGN)
    for (wave, track), share in PUBLISHED.items():
        assert truth.means.loc[wave, track] == share
        assert DESIGN.named("steun_democratie").status[track][wave - 1] == "gepubliceerd"
    for wave, total in TOTALS.items():
        shares = DESIGN.twin.track_shares
        assert sum(shares[track] * truth.means.loc[wave, track] for track in shares) == pytest.approx(
            total, abs=0.5
        )
    published = {
        (outcome.name, wave + 1, track)
        for outcome in DESIGN.outcome
        for track, statuses in outcome.status.items()
        for wave, status in enumerate(statuses)
        if status == "gepubliceerd"
    }
    assert published == {("steun_democratie", wave, track) for wave, track in PUBLISHED}


def test_numbers_of_pupils_and_schools_are_those_published():
    frame = adks_twin(DESIGN).frame
    first, third = frame[frame["wave"] == 1], frame[frame["wave"] == 3]
    assert len(first) == 2500
    assert first["school"].nunique() == 49
    assert third["school"].nunique() == 33
    assert len(third) == pytest.approx(1219, abs=60)


def test_means_of_those_who_started_are_the_planted_ones(large):
    start = large[large["wave"] == 1]
    for outcome in DESIGN.outcome:
        truth = planted(outcome, DESIGN).means.loc[1]
        found = start.groupby("track")[outcome.name].mean()
        width = outcome.high - outcome.low
        assert found.to_numpy() == pytest.approx(truth.reindex(found.index).to_numpy(), abs=0.012 * width)


def test_nobody_leaving_gives_the_planted_means_in_every_wave():
    stays = dataclasses.replace(DESIGN.twin, schools=(600,) * 6, retention=(1.0,) * 6)
    frame = adks_twin(dataclasses.replace(DESIGN, twin=stays), pupils=40_000, schools=600).frame
    assert (frame.groupby("pupil").size() == 6).all()
    for outcome in DESIGN.outcome:
        found = frame.pivot_table(index="wave", columns="track", values=outcome.name)
        truth = planted(outcome, DESIGN).means
        width = outcome.high - outcome.low
        assert np.abs(found[truth.columns] - truth).to_numpy().max() < 0.02 * width


def test_pupils_are_alike_over_waves_and_outcomes_and_within_schools(large):
    wide = large.pivot_table(index="pupil", columns="wave", values="politiek_zelfvertrouwen")
    assert 0.35 < wide[1].corr(wide[2]) < 0.65
    start = large[large["wave"] == 1]
    assert 0.1 < start["politiek_zelfvertrouwen"].corr(start["vertrouwen_ambtsdragers"]) < 0.6
    rest = start["politiek_zelfvertrouwen"] - start.groupby("track")["politiek_zelfvertrouwen"].transform(
        "mean"
    )
    schools = rest.groupby(start["school"])
    between = schools.mean().var() - (schools.var() / schools.count()).mean()
    assert np.sqrt(between) == pytest.approx(DESIGN.named("politiek_zelfvertrouwen").sd_school, rel=0.3)


def test_leaving_depends_on_track_and_last_answer(large):
    start = large[large["wave"] == 1].set_index("pupil")
    second = set(large.loc[large["wave"] == 2, "pupil"])
    stayed = start.index.isin(second)
    by_track = pd.Series(stayed, index=start.index).groupby(start["track"]).mean()
    assert by_track["vmbo"] < by_track["havo"] < by_track["vwo"]
    vmbo = start["track"] == "vmbo"
    answers = start["politiek_zelfvertrouwen"]
    assert answers[vmbo & stayed].mean() > answers[vmbo & ~stayed].mean() + 0.03


def test_nobody_returns_and_schools_leave_for_good(large):
    waves = large.groupby("pupil")["wave"].agg(["min", "max", "size"])
    assert (waves["min"] == 1).all()
    assert (waves["max"] == waves["size"]).all()
    counts = large.groupby("wave")["school"].nunique()
    assert counts.is_monotonic_decreasing


def test_answers_are_missing_as_planned_by_track(large):
    for track, share in DESIGN.twin.item_missing.items():
        rows = large.loc[large["track"] == track, [one.name for one in DESIGN.outcome]]
        assert rows.isna().to_numpy().mean() == pytest.approx(share, abs=0.004)


def test_twin_keeps_the_contract_and_its_seed():
    frame = adks_twin(DESIGN).frame
    adks_contract(DESIGN).validate(frame)
    assert frame.equals(adks_twin(DESIGN).frame)
    assert not frame.equals(adks_twin(DESIGN, seed=1).frame)


def test_truth_of_a_bent_line_is_the_line_through_it():
    truth = planted(DESIGN.named("steun_democratie"), DESIGN)
    years = np.arange(6)
    slope = ((years - 2.5) * truth.gap).sum() / ((years - 2.5) ** 2).sum()
    assert truth.gap_change == pytest.approx(slope)
    assert truth.gap_start == pytest.approx(truth.gap.mean() - 2.5 * slope)
