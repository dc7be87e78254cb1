"""The design of the gap chapter: what it says, and what it refuses."""

from pathlib import Path

import pytest

from analysis.design.gap import gap_design
from analysis.workspace import Workspace, find_root

ROOT = find_root(Path(__file__).parent)


def changed(tmp_path, old: str, new: str) -> Workspace:
    text = (ROOT / "data" / "design" / "kenniskloof.toml").read_text(encoding="utf-8")
    assert old in text
    folder = tmp_path / "data" / "design"
    folder.mkdir(parents=True)
    (folder / "kenniskloof.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return Workspace(root=tmp_path, data=tmp_path)


def test_no_track_variable_is_assumed_and_none_is_used():
    design = gap_design()
    assert design.track_variable == ""
    assert design.track() is None
    assert design.track("STREAM").name == "STREAM"


def test_levels_are_those_of_the_international_reports():
    assert {level.name: level.cut for level in gap_design().levels} == {
        "A": 563,
        "B": 479,
        "C": 395,
        "D": 311,
    }
    assert list(gap_design().shown_levels) == ["A", "B", "C"]


def test_the_twin_has_75_zones_and_the_shares_of_the_tracks_that_the_figures_imply():
    twin = gap_design().twin
    assert twin.zones == 75
    vmbo, havo, vwo = 184_621 / 2, 160_759 / 3, 171_027 / 4
    total = vmbo + havo + vwo
    assert twin.track_shares == pytest.approx((vmbo / total, havo / total, vwo / total), abs=0.01)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('minuend = "vwo"', 'minuend = "gymnasium"', "minuend and subtrahend"),
        ('minuend = "vwo"', 'minuend = "vmbo"', "minuend and subtrahend"),
        ("cut = 479", "cut = 600", "from high to low"),
        ("vmbo = 0.44", "vmbo = 0.54", r"school_type 2.*add up to one"),
        ("sd_pupil = 70.0", "sd_pupil = 0.0", "sd_pupil 0.0"),
        ("gap = 120.0", "gapp = 120.0", r"\[twin\]: unknown key gapp"),
        ('status = "onbekend"', 'status = "x"\npoints = 3.0', "names its source"),
        ("[background]", "[backgrounds]", "table background is absent"),
    ],
)
def test_a_design_that_cannot_be_is_refused(tmp_path, old, new, message):
    with pytest.raises(ValueError, match=message):
        gap_design(changed(tmp_path, old, new))
