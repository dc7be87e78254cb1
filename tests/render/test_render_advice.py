"""Each message names what to write, and where: read here as a researcher reads it."""

from __future__ import annotations

import re
import tomllib

import pytest
from small_report import make_project

from analysis.render import RenderError, render
from analysis.render.entries import block, idle, reworded

NUMBERS = '[[exempt]]\ntext = "in 95 van de 100 gevallen"\nreason = "uitleg van een begrip"\n'
CLAIMS = """
[[exempt]]
text = "een effect dat kleiner is dan gedacht valt niet op"
reason = "uitleg van de methode"

[[claim]]
text = "jongeren hier minder burgerschapskennis hebben"
results = ["feiten.budget"]
condition = "positive"
"""


@pytest.fixture
def mistakes(tmp_path):
    """What a render says of the small report with a text added to its first chapter."""
    workspace = make_project(tmp_path / "project", kind="real")
    workspace.design.mkdir(parents=True)
    (workspace.design / "prose_numbers.toml").write_text(NUMBERS, encoding="utf-8")
    (workspace.design / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    section = workspace.reports / "_eerste.qmd"
    before = section.read_text(encoding="utf-8")

    def said(text: str) -> str:
        section.write_text(f"{before}\n\n{text}\n", encoding="utf-8")
        with pytest.raises(RenderError) as error:
            render(workspace, engine="embedded")
        return str(error.value)

    return said


def pasted(message: str, heading: str) -> dict:
    """The entry of a message, as it would be pasted into a design file."""
    match = re.search(rf"^    (\[\[{heading}\]\]\n(?:    .*\n?)+?)(?=  \S|\Z|^\S)", message, re.MULTILINE)
    assert match, message
    return tomllib.loads(re.sub(r"^    ", "", match[1], flags=re.MULTILINE))[heading][0]


def test_a_number_a_direction_a_reference_and_a_variable_are_told_at_once(mistakes):
    said = mistakes("Zie @fig-geen. De kennis stijgt met 37 punten. {{< var kloof.geen.full >}}")
    for part in (
        "@fig-geen leads nowhere",
        "'stijgt' is bound to no result",
        "'37' is neither",
        "kloof.geen",
    ):
        assert part in said
    assert "reports/_eerste.qmd:" in said


def test_a_missing_section_hides_no_other_mistake(mistakes):
    said = mistakes("{{< include _weg.qmd >}}\n\nZie @fig-geen.")
    assert "_weg.qmd does not exist" in said
    assert "@fig-geen leads nowhere" in said


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{{< var kloof.gap.ful >}}", "did you mean kloof.gap.full"),
        ("{{< var kloof.gab.value >}}", "did you mean kloof.gap.value"),
        ("Zie @fig-kloof-lijm.", "did you mean fig-kloof-lijn"),
        ("Een [link](#fig-kloof-lijm).", "did you mean fig-kloof-lijn"),
        ("{{< var zoiets >}}", "python -m analysis variables WORD"),
    ],
)
def test_what_was_meant_is_asked(mistakes, text, meant):
    assert meant in mistakes(text)


def test_a_typed_number_that_was_released_is_named(mistakes):
    assert "Write {{< var kloof.gap.value >}};" in mistakes("Het verschil is 52,3 punten.")


def test_the_entry_for_a_number_can_be_pasted_and_helps(mistakes, tmp_path):
    text = "Er zijn ook nog 37 dagen over."
    entry = pasted(mistakes(text), "exempt")
    assert entry["text"] == "ook nog 37 dagen"
    design = tmp_path / "project" / "data" / "design" / "prose_numbers.toml"
    design.write_text(
        f"{NUMBERS}\n[[exempt]]\ntext = \"{entry['text']}\"\nreason = 'telt'\n", encoding="utf-8"
    )
    assert "'37'" not in mistakes(f"{text} Zie @fig-geen.")


def test_a_reworded_number_names_its_entry(mistakes):
    said = mistakes("Dat is in 95 van alle 100 gevallen zo.")
    assert "'in 95 van de 100 gevallen' of data/design/prose_numbers.toml fits nothing any more" in said


def test_a_reworded_sentence_names_its_entry(mistakes):
    said = mistakes("Een effect dat kleiner is dan verwacht valt niet op.")
    assert "'een effect dat kleiner is dan gedacht valt niet op'" in said
    assert "fits nothing any more" in said


def test_an_entry_that_lacks_the_word_says_which(mistakes):
    said = mistakes("Het is zo dat jongeren hier minder burgerschapskennis hebben en lager scoren.")
    assert "lies in this sentence, but lacks the word 'lager'" in said


def test_a_claim_comes_filled_in(mistakes):
    said = mistakes("Het verschil is groter: {{< var kloof.gap.full >}}.")
    entry = pasted(said, "claim")
    assert entry == {"text": "Het verschil is groter:", "results": ["kloof.gap"], "condition": "above"}
    assert "or, where it claims nothing," in said
    assert "in 'Het verschil is groter: … .'" in said


def test_of_a_synthetic_result_a_rule_writes_the_sentence(tmp_path):
    workspace = make_project(tmp_path / "project")
    workspace.design.mkdir(parents=True)
    (workspace.design / "claims.toml").write_text("", encoding="utf-8")
    section = workspace.reports / "_eerste.qmd"
    text = (
        section.read_text(encoding="utf-8") + "\n\nHet is synthetisch groter: {{< var kloof.gap.full >}}.\n"
    )
    section.write_text(text, encoding="utf-8")
    with pytest.raises(RenderError) as error:
        render(workspace, engine="embedded")
    said = str(error.value)
    assert "{{< var conclusie.kloof.gap.value >}}" in said
    assert pasted(said, "conclusion")["result"] == "kloof.gap"


def test_a_block_is_toml_whatever_the_text():
    text = 'Zij zei: "meer" \\ dan é'
    assert tomllib.loads(re.sub(r"^    ", "", block("claim", text=text, n=1), flags=re.MULTILINE)) == {
        "claim": [{"text": text, "n": 1}]
    }


def test_an_entry_for_another_sentence_is_not_named(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "_a.qmd").write_text("Deze staat\ner nog.", encoding="utf-8")

    class Listed:
        def __init__(self, text):
            self.text = text

    stands, gone = Listed("Deze staat er nog"), Listed("iets heel anders en lang")
    assert idle([stands, gone], tmp_path) == [gone]
    assert reworded("een zin die er niet op lijkt", [gone]) is None
