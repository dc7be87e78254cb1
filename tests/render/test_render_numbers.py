"""A number in prose has a source, or a reason."""

from __future__ import annotations

import pytest
from small_report import make_project

from analysis.render import RenderError
from analysis.render.check import check
from analysis.render.project import read_project
from analysis.render.source import holds, lookup

EXEMPT = '[[exempt]]\ntext = "95%-interval"\nreason = "naam van een begrip"\n'


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    workspace = make_project(tmp_path_factory.mktemp("numbers"))
    workspace.design.mkdir(parents=True)
    (workspace.design / "prose_numbers.toml").write_text(EXEMPT, encoding="utf-8")
    return workspace


@pytest.fixture
def mistakes(workspace):
    """What the check says of the small report with a text added."""
    section = workspace.reports / "_eerste.qmd"
    before = section.read_text(encoding="utf-8")

    def said(text: str) -> str:
        section.write_text(f"{before}\n\n{text}\n", encoding="utf-8")
        try:
            check(read_project(workspace.root))
        except RenderError as error:
            return str(error)
        return ""

    yield said
    section.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "Het verschil is 52 punten.",
        "Het verschil is 52,3.",
        "Er waren 1.250 leerlingen.",
        "In 12% van de gevallen.",
        "Bijna 2000 leerlingen deden mee.",
        "Het effect is −1,5.",
        "Een p van 0,03.",
        "Samen 1999,5 euro.",
        "## Kop met 3 punten {#sec-kop}",
        "- een lijst met 14 gemeenten",
        "**52** punten",
        "Het verschil is twaalf punten.",
        "Twee op de drie leerlingen.",
        "De helft van de scholen.",
    ],
)
def test_a_typed_number_stops_the_build(mistakes, text):
    said = mistakes(text)
    assert "neither a released result nor a cited fact" in said
    assert "reports/_eerste.qmd:" in said


@pytest.mark.parametrize(
    "text",
    [
        "Het verschil is {{< var kloof.gap.full >}}.",
        "In 2024 en in het schooljaar 2024/25, en (2026).",
        "Zie Kamerstukken II 2024/25, 36600-VII,\nnr. 142.",
        "Het 95%-interval van de schatting.",
        "Volgens [@vries2021, p. 3] en @jansen2020.",
        "Een formule $x_1 + 2$ in de tekst.",
        "1. een\n2. ander",
        "De Tweede Kamer en één school.",
        "Een [adres](https://voorbeeld.nl/a1b2/3).",
        "Een noot.[^7]\n\n[^7]: De noot.",
        "Code `nr 12` en meer.",
        "Zie @sec-eerste.",
        '[$x_1$]{alt="x met index 1"}',
    ],
)
def test_what_is_no_finding_may_stand(mistakes, text):
    assert mistakes(text) == ""


def test_a_generated_fragment_is_not_prose(workspace, mistakes):
    (workspace.reports / "_generated" / "extra.qmd").write_text("Er zijn 12 punten.\n", encoding="utf-8")
    assert mistakes("{{< include _generated/extra.qmd >}}") == ""


@pytest.mark.parametrize(
    "text",
    [
        "## Verschil {{< var kloof.gap.full >}} {#sec-kop}",
        '::: {.callout-note title="{{< var kloof.gap.value >}}"}\ntekst\n:::',
        "Een [link met {{< var kloof.gap.value >}}](#sec-eerste).",
    ],
)
def test_a_number_that_is_a_link_stands_in_a_sentence(mistakes, text):
    assert "a result in a heading, an attribute or the text of a link" in mistakes(text)


def test_an_exception_needs_a_reason(workspace, mistakes):
    path = workspace.design / "prose_numbers.toml"
    path.write_text('[[exempt]]\ntext = "5"\nreason = " "\n', encoding="utf-8")
    try:
        with pytest.raises(ValueError, match=r"prose_numbers.toml, exempt 1: text and reason"):
            mistakes("Tekst.")
    finally:
        path.write_text(EXEMPT, encoding="utf-8")


@pytest.mark.parametrize("key", ["a.b", "a.b.c", "a", "x", "a.x", "n"])
def test_what_holds_a_value_is_what_can_be_looked_up(key):
    source = {"a": {"b": "een"}, "n": [1]}
    try:
        lookup(source, key)
    except RenderError:
        assert not holds(source, key)
    else:
        assert holds(source, key)
