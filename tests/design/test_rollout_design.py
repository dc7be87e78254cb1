"""The roll-out as designed: what the letters say is realised, everything else is marked as assumed."""

import shutil

import pytest

from analysis.design.rollout import rollout
from analysis.workspace import Workspace

LETTER_A = {"PV20", "PV22", "PV24", "PV29", "PV30"}


@pytest.fixture
def edited(tmp_path):
    """A workspace whose rollout.toml is the repository's with one text replaced."""

    def edit(old: str, new: str) -> Workspace:
        folder = tmp_path / "data" / "design"
        folder.mkdir(parents=True, exist_ok=True)
        source = Workspace.current().design / "rollout.toml"
        shutil.copy(source, folder)
        text = source.read_text(encoding="utf-8")
        assert old in text
        (folder / "rollout.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return Workspace(tmp_path, tmp_path / "data" / "real")

    return edit


def test_prodemos_is_realised_in_the_five_provinces_of_letter_a_and_nowhere_else():
    adoptions = rollout("prodemos").adoptions
    realised = {item.province for item in adoptions if not item.assumed}
    assert realised == LETTER_A
    assert {item.year for item in adoptions if not item.assumed} == {2024}
    assert {item.source for item in adoptions if not item.assumed} == {"A"}
    assert sum(item.year is not None for item in adoptions) == 8


def test_which_six_provinces_tienskip_reaches_is_an_assumption():
    design = rollout("tienskip")
    assert len(design.treated) == 6
    assert all(item.assumed for item in design.adoptions)
    assert design.reach.young_people == 15_000
    assert (design.reach.young_people_status, design.reach.young_people_source) == ("gerealiseerd", "B")
    assert design.reach.allocation_status == "aanname"


@pytest.mark.parametrize("programme", ["prodemos", "tienskip"])
def test_each_programme_is_declared_in_full(programme):
    design = rollout(programme)
    assert len(design.provinces) == 12
    assert sum(province.municipalities for province in design.provinces) == 342
    assert {estimand.id for estimand in design.estimands} >= {f"{programme}.att"}
    assert design.specification("hoofd").cluster == "province"
    assert design.outcome.smallest_of_interest > 0


def test_provinces_agree_with_the_statistics_beside_the_repository(shared):
    rows = (shared / "facts" / "cbs_prov_2024.csv").read_text(encoding="utf-8").splitlines()[2:]
    published = {row.split(",")[0]: tuple(map(int, row.split(",")[2:])) for row in rows}
    for province in rollout("prodemos").provinces:
        assert (province.inhabitants, province.municipalities) == published[province.code]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'province = "PV20"\nyear = 2024',
            'province = "PV20"\nyear = 2031',
            "starts in PV20 in 2031, outside",
        ),
        ('source = "A"', 'source = "studie"', "only a letter makes a start realised"),
        ('province = "PV20"\nyear', 'province = "PV21"\nyear', "must have one adoption for each of PV20"),
        ('status = "gerealiseerd"\nsource = "A"', 'status = "zeker"\nsource = "A"', "status 'zeker'"),
        ("seed = 20240101", "sed = 1", "unknown key sed"),
        ("last_year = 2026", "last_year = 2017", "is not after first_year"),
    ],
)
def test_a_broken_design_is_named(edited, old, new, message):
    with pytest.raises(ValueError, match=message):
        rollout("prodemos", edited(old, new))


def test_unknown_programmes_and_specifications_are_named():
    with pytest.raises(ValueError, match=r"no programme 'loket'.*prodemos, tienskip"):
        rollout("loket")
    with pytest.raises(ValueError, match="no specification 'extra'"):
        rollout("prodemos").specification("extra")
