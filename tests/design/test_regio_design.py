"""The design of the regional chapter: what it declares, and errors that name file and key."""

import copy

import pytest

from analysis.design.read import read_design
from analysis.design.regio import parse_regio_design, regio_design
from analysis.sources.geography import province_names

CONTENT = read_design("regio")


def test_margins_are_declared_for_every_outcome_and_all_provinces_are_sampled():
    design = regio_design()
    for outcome in design.outcome:
        margins = design.margins(outcome.name)
        assert 0 < margins["sd"] < margins["deviation"]
        assert outcome.status == "aanname"
    assert [one.code for one in design.twin.provinces] == list(province_names())


def test_planned_spread_is_below_what_matters():
    for outcome in regio_design().outcome:
        assert outcome.sd_province < outcome.smallest_sd


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["outcome"][0].update(smallest_sd=0.0), "smallest_sd 0.0: expected a number above zero"),
        (lambda c: c["outcome"][0].update(sd_school=-1.0), "sd_school -1.0"),
        (lambda c: c["outcome"][0]["mean"].pop("vwo"), "expected vmbo, havo, vwo"),
        (lambda c: c["outcome"][1].pop("unit"), "outcome burgerschapskennis: unit is absent"),
        (lambda c: c["twin"]["provinces"][3].update(schools=0), "PV23: at least one school"),
        (lambda c: c["twin"]["offers"][0].update(share=0.9), "the shares of offers add up to"),
        (lambda c: c["twin"]["offers"][0].update(tracks=["mavo"]), "expected one or more of vmbo"),
        (lambda c: c.update(marge=1.0), "unknown key marge"),
        (lambda c: c.pop("alpha"), "alpha is absent"),
    ],
)
def test_a_broken_design_is_named(change, message):
    content = copy.deepcopy(CONTENT)
    change(content)
    with pytest.raises(ValueError, match=message) as error:
        parse_regio_design(content)
    assert "data/design/regio.toml" in str(error.value)
