"""The regional twin carries what the design plants."""

import numpy as np
import pytest

from analysis.design.regio import regio_design
from analysis.sources.geography import province_names
from analysis.synthetic.regio import regio_twin, schools_by_province

DESIGN = regio_design()


def test_same_seed_same_pupils_and_another_seed_others():
    one, again, other = regio_twin(DESIGN), regio_twin(DESIGN), regio_twin(DESIGN, seed=1)
    assert one.frame.equals(again.frame)
    assert len(one.frame) != len(other.frame) or not one.frame.equals(other.frame)


def test_provinces_are_the_twelve_and_effects_are_exactly_as_wide_as_planned():
    twin = regio_twin(DESIGN)
    assert set(twin.frame["province"]) == set(province_names())
    for outcome in DESIGN.outcome:
        truth = twin.truth[outcome.name]
        assert truth.level.std(ddof=1) == pytest.approx(outcome.sd_province, rel=1e-12)
        assert truth.level.mean() == pytest.approx(0, abs=1e-12)
        assert truth.gap.std(ddof=1) == pytest.approx(outcome.sd_province_gap, rel=1e-12)


def test_pupils_nest_in_schools_municipalities_and_provinces():
    frame = regio_twin(DESIGN).frame
    assert frame["pupil_id"].is_unique
    assert (frame.groupby("school_id")["municipality"].nunique() == 1).all()
    assert (frame.groupby("municipality")["province"].nunique() == 1).all()
    planned = {one.code: one for one in DESIGN.twin.provinces}
    for code, group in frame.groupby("province"):
        assert group["school_id"].nunique() == planned[code].schools
        assert group["municipality"].nunique() <= planned[code].municipalities
        assert set(group["track"]) == {"vmbo", "havo", "vwo"}


def test_means_missing_share_and_spread_are_near_the_plan():
    frame = regio_twin(DESIGN).frame
    for outcome in DESIGN.outcome:
        answers = frame[outcome.name]
        assert answers.isna().mean() == pytest.approx(DESIGN.twin.missing_share, abs=0.005)
        means = answers.groupby(frame["track"]).mean()
        for track, mean in outcome.mean.items():
            assert means[track] == pytest.approx(mean, abs=0.15 * outcome.sd_pupil)
        within = (answers - answers.groupby([frame["school_id"], frame["track"]]).transform("mean")).std()
        assert within == pytest.approx(outcome.sd_pupil, rel=0.05)


def test_size_is_a_parameter():
    assert regio_twin(DESIGN, schools=49).frame["school_id"].nunique() == 49
    counts = schools_by_province(DESIGN.twin, 49)
    assert counts.sum() == 49
    assert counts.min() >= 1
    assert schools_by_province(DESIGN.twin, 12).tolist() == [1] * 12
    assert (
        np.corrcoef(schools_by_province(DESIGN.twin, 3000), schools_by_province(DESIGN.twin, None))[0, 1]
        > 0.999
    )
    with pytest.raises(ValueError, match="11 schools for 12 provinces"):
        regio_twin(DESIGN, schools=11)
