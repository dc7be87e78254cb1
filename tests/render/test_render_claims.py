"""A directional word is bound to a result; the build stops when the result turns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from repository import REPOSITORY

from analysis.design.prose import directions, exempt_numbers
from analysis.render import RenderError
from analysis.render.claims import DIRECTIONAL, check_claims
from analysis.render.project import Project, read_project
from analysis.render.rules_numbers import spans
from analysis.render.source import Line
from analysis.results import Result
from analysis.workspace import Workspace

ROW = Result("land.verschil", "x", -20.0, "punten", "fact", "bron", low=-30.0, high=-10.0)
OTHER = Result("land.ander", "x", -5.0, "punten", "fact", "bron")
CLAIM = '[[claim]]\ntext = "minder kennis dan jongeren elders"\nresults = ["{result}"]\ncondition = "{how}"\n'


@pytest.fixture
def project(tmp_path) -> Project:
    (tmp_path / "data" / "design").mkdir(parents=True)
    return Project(tmp_path, tmp_path / "reports" / "rapport.qmd", tmp_path / "_report", {})


def say(project: Project, text: str, declared: str = "", rows=(ROW, OTHER), folder="reports") -> str:
    (project.root / "data" / "design" / "claims.toml").write_text(declared, encoding="utf-8")
    path = project.root / folder / "_deel.qmd"
    lines = [Line(words, path, number) for number, words in enumerate(text.split("\n"), start=1)]
    try:
        check_claims(lines, project, rows)
    except RenderError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "sentence",
    [
        "De kennis stijgt.",
        "De kennis daalde in alle provincies.",
        "Er is geen verschil tussen provincies.",
        "Er is geen duidelijk effect.",
        "De uitkomst is hoger dan elders.",
        "Het vertrouwen neemt met de jaren af.",
        "Een toename van de betrokkenheid.",
        "Zij weten minder.",
        "Zij weten meer over de democratie dan anderen.",
        "De kloof is kleiner geworden.",
        "Knowledge is higher in the north.",
        "There is no difference.",
        "Wordt het groter? Ja, het is groter.",
    ],
)
def test_an_unbound_direction_stops_the_build(project, sentence):
    assert "is bound to no result" in say(project, sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Wordt het verschil groter of kleiner?",
        "{{< var conclusie.a.value >}}",
        "Het verschil is {{< var land.verschil.full >}}.",
        "Er doen meer scholen mee.",
        "Meerdere provincies, de hoogte en een toenaam in `daalt`.",
    ],
)
def test_what_claims_nothing_may_stand(project, sentence):
    assert say(project, sentence) == ""


def test_a_generated_fragment_speaks_from_its_rows(project):
    assert say(project, "De kennis stijgt.", folder="reports/_generated") == ""


def test_a_claim_holds_and_then_no_longer(project):
    text = "Zij hebben minder kennis\ndan jongeren elders."
    declared = CLAIM.format(result="land.verschil", how="below")
    assert say(project, text, declared) == ""
    wide = replace(ROW, high=1.0)
    said = say(project, text, declared, rows=[wide])
    assert "reports/_deel.qmd:1: " in said
    assert "no longer holds: land.verschil is −20 punten (95%-interval van −30 tot 1)" in said
    turned = replace(ROW, value=20.0, low=10.0, high=30.0)
    assert "no longer holds" in say(project, text, declared, rows=[turned])
    unknown = replace(ROW, value=None, low=None, high=None)
    assert "no longer holds" in say(project, text, declared, rows=[unknown])
    assert "was not released" in say(project, text, declared, rows=[])


def test_a_claim_never_rests_on_a_twin_unless_it_is_about_a_method(project):
    text = "Zij hebben minder kennis dan jongeren elders."
    declared = CLAIM.format(result="land.verschil", how="below")
    twin = [replace(ROW, kind="synthetic")]
    assert "is synthetic now" in say(project, text, declared, rows=twin)
    assert say(project, text, f"{declared}method = true\n", rows=twin) == ""


@pytest.mark.parametrize(
    ("how", "value", "low", "high", "holds"),
    [
        ("above", 2, 1, 3, True),
        ("above", 2, -1, 3, False),
        ("above", 2, None, None, False),
        ("below", -2, -3, -1, True),
        ("includes_zero", 2, -1, 3, True),
        ("includes_zero", 2, 1, 3, False),
        ("positive", 2, None, None, True),
        ("negative", 2, None, None, False),
        ("unknown", None, None, None, True),
        ("unknown", 0, None, None, False),
    ],
)
def test_conditions(project, how, value, low, high, holds):
    row = Result("land.verschil", "x", value, "punten", "fact", "bron", low=low, high=high)
    text = "Zij hebben minder kennis dan jongeren elders."
    assert (say(project, text, CLAIM.format(result=row.id, how=how), rows=[row]) == "") is holds


def test_results_are_compared(project):
    text = "Zij hebben minder kennis dan jongeren elders."
    declared = CLAIM.format(result='land.ander", "land.verschil', how="first_larger")
    assert say(project, text, declared) == ""
    assert "no longer holds" in say(project, text, declared, rows=[ROW, replace(OTHER, value=-25.0)])


def test_an_exception_covers_its_words_only(project):
    declared = '[[exempt]]\ntext = "een kleiner effect valt niet op"\nreason = "uitleg"\n'
    assert say(project, "Immers: een kleiner effect\nvalt niet op.", declared) == ""
    assert "'groter'" in say(project, "Een groter verschil; een kleiner effect valt niet op.", declared)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (CLAIM.format(result="a.b", how="bigger"), "unknown condition 'bigger'"),
        (CLAIM.format(result="a.b", how="first_larger"), "name two or more"),
        ('[[exempt]]\ntext = "x"\n', "reason is absent"),
    ],
)
def test_a_list_with_a_mistake(project, declared, message):
    with pytest.raises(ValueError, match=message):
        say(project, "Tekst.", declared)


def test_the_lists_of_the_report_hold_nothing_idle():
    """An exception that no sentence needs is a hole for the next sentence."""
    workspace = Workspace(REPOSITORY, REPOSITORY)
    document = read_project(REPOSITORY).document
    sections = sorted(Path(document).parent.glob("*.qmd"))
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in sections)
    declared = directions(workspace)
    listed = [*declared.claims, *declared.exempt, *exempt_numbers(workspace)]
    assert [item.text for item in listed if not any(spans(text, item.text))] == []
    assert all(DIRECTIONAL.search(item.text) for item in (*declared.claims, *declared.exempt))
