"""The designs to come are declared whole: every number by name, every name there, or not at all."""

import shutil

import pytest

from analysis.answers.meten_names import AVAILABLE
from analysis.design.meten import FILE, meten
from analysis.sources.facts import letter_facts, programme_lines, variation
from analysis.workspace import Workspace, find_root

REPOSITORY = find_root()


@pytest.fixture
def declared(tmp_path):
    """A workspace in which one piece of the file reads otherwise."""

    def write(old: str, new: str) -> Workspace:
        target = tmp_path / FILE
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / FILE, target)
        text = target.read_text(encoding="utf-8")
        assert old in text
        target.write_text(text.replace(old, new, 1), encoding="utf-8")
        return Workspace(root=tmp_path, data=tmp_path)

    return write


def test_all_that_is_named_is_there():
    design = meten()
    facts, lines = set(letter_facts()["id"]), set(programme_lines()["line"])
    spreads = {*variation()["id"], *design.assumptions}
    for planned in design.designs:
        assert set(planned.lines) <= lines
        assert set(planned.available) <= set(AVAILABLE)
        assert {planned.noise, *planned.other_noise} - {""} <= spreads
    for decision in design.decisions:
        assert decision.facts
        assert set(decision.facts) <= facts, decision.name


def test_every_way_to_begin_has_its_design():
    lines = {line for planned in meten().designs for line in planned.lines}
    asked = {"prodemos", "tienskip", "loket_d", "ambtelijk_vakmanschap", "buurtkracht", "gemeenschapsfonds"}
    assert lines == asked
    units = {planned.unit for planned in meten().designs if "prodemos" in planned.lines}
    assert units == {"provincie", "gemeente", "school"}


def test_every_assumption_is_used():
    design = meten()
    used = {
        name
        for planned in design.designs
        for name in (
            planned.noise, planned.sd, planned.place_memory, planned.person_memory,
            planned.unit_price, planned.person_price,
        )
    }  # fmt: skip
    assert set(design.assumptions) <= used


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('sd = "sd_een"', 'sd = "sd_twee"', "planned scholen names sd_twee; there is no such assumption"),
        ('designs = ["leerlingen"]', 'designs = ["pupillen"]', "decision leerlingen names pupillen"),
        ('form = "grens"', 'form = "lijn"', "planned loket_d: form 'lijn': expected one of loting, grens"),
        ('form = "grens"', 'form = "loting"', "noise belongs to a lottery"),
        ("smallest = 20.0", "smallest = 0.0", "smallest is 0.0: above zero"),
        ("groups = 3", "groups = 1", "1 groups and 25 persons"),
        ('status = "aanname"', 'status = "feit"', "status 'feit': expected one of aanname, rekenbedrag"),
        ("target = 0.8", "target = 0.01", "alpha 0.05 and target 0.01"),
        ("shares = [0.5]", "shares = [0.0]", "shares above zero"),
        ('name = "gemeenten"', 'name = "provincies"', "planned provincies occurs twice"),
        ("persons = 25", "pupils = 25", "planned scholen: unknown key pupils"),
        ("\n[test]", "\n[tests]", "unknown key tests"),
    ],
)
def test_a_declaration_that_does_not_hold(declared, old, new, message):
    with pytest.raises(ValueError, match=message):
        meten(declared(old, new))


def test_a_question_needs_a_choice(declared):
    workspace = declared("[[decision.option]]", "[[decision.keuze]]")
    with pytest.raises(ValueError, match=r"decision 1.*(keuze|option)"):
        meten(workspace)
