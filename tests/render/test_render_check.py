"""Each mistake in the sources stops the build and is named with file and line, before any renderer runs."""

from __future__ import annotations

import pytest

from analysis.render import RenderError, render
from analysis.render.check import check
from analysis.render.project import read_project
from analysis.render.source import read_lines

MISTAKES = {
    "unknown variable": ("{{< var kloof.gat.full >}}", "unknown var kloof.gat.full"),
    "variable that holds more": ("{{< var kloof.gap >}}", "is not one value"),
    "unknown meta": ("{{< meta ondertitel >}}", "unknown meta ondertitel"),
    "unknown shortcode": ("{{< video x.mp4 >}}", "unknown shortcode {{< video x.mp4 >}}"),
    "variable in an attribute": ('[tekst]{title="{{< var geen.een >}}"}', "unknown var geen.een"),
    "reference to nothing": ("Zie @fig-geen.", "reference @fig-geen leads nowhere"),
    "reference in brackets": ("Zie [-@tbl-geen].", "reference @tbl-geen leads nowhere"),
    "reference without number": ("Zie @sec-samenvatting.", "has no number"),
    "doubled word": ("Zie figuur @fig-kloof-lijn.", 'leave it out'),
    "numbered example": ("(@sec-eerste) of niet.", "numbered example"),
    "numbered example with a point": ("@sec-eerste. En meer.", "numbered example"),
    "numbered example in a list": ("1. Zie\n   (@sec-eerste)\n2. Nog", "numbered example"),
    "missing citation": ("Volgens @niemand2020 wel.", "citation @niemand2020 is not in the bibliography"),
    "missing include": ("{{< include _geen.qmd >}}", "include _geen.qmd does not exist"),
    "missing fragment": ("{{< include _generated/fig-x.qmd >}}", "run `make report`, or"),
    "include of something else": ("{{< include ../_quarto.yml >}}", "lies outside reports"),
    "circular include": ("{{< include _eerste.qmd >}}", "includes itself"),
    "definition list": ("Begrip\n\n:   De uitleg.", "a definition list; write `- **term**: meaning`"),
    "broken link": ("Een [link](#sec-nergens).", "link to #sec-nergens"),
    "link to a file": ("Een [link](bijlage.docx).", "a link is #label or a full address"),
    "no alt text": ("![Bijschrift](_generated/fig-kloof-lijn.svg){#fig-a}", "has no alt text"),
    "empty alt text": ('![Bijschrift](_generated/fig-kloof-lijn.svg){#fig-a fig-alt=" "}', "has no alt text"),
    "no caption": ('![](_generated/fig-kloof-lijn.svg){#fig-a fig-alt="Alt."}', "has no caption"),
    "no figure label": ('![Bijschrift](_generated/fig-kloof-lijn.svg){fig-alt="Alt."}', "has no label"),
    "no picture": ('![Bijschrift](weg.svg){#fig-a fig-alt="Alt."}', "weg.svg does not exist"),
    "picture with a blank": ('![B](een plaat.png){#fig-a fig-alt="Alt."}', "is written %20"),
    "picture with a title": ('![B](_generated/fig-kloof-lijn.svg "t"){#fig-a fig-alt="A."}', "%20, and"),
    "picture in a sentence": (
        'Tekst ![B](_generated/fig-kloof-lijn.svg){#fig-a fig-alt="A."} en meer.', "stands within a text",
    ),
    "picture under a sentence": (
        'Tekst\n![B](_generated/fig-kloof-lijn.svg){#fig-a fig-alt="A."}', "stands within a text",
    ),
    "picture by way of nowhere": (
        '![B](weg/../_generated/fig-kloof-lijn.svg){#fig-a fig-alt="A."}', "does not exist",
    ),
    "picture that is data": ('![B](literatuur.bib){#fig-a fig-alt="A."}', "is no .svg, .png"),
    "size in another unit": (
        '![B](_generated/fig-kloof-lijn.svg){#fig-a fig-alt="A." width=10em}', "width=10em is no length",
    ),
    "height in per cent": (
        '![B](_generated/fig-kloof-lijn.svg){#fig-a fig-alt="A." height=50%}', "height=50% is no length",
    ),
    "too wide for paper": (
        '![B](_generated/fig-kloof-lijn.svg){#fig-a fig-alt="A." width=900}', "does not fit on paper",
    ),
    "wider than there is": (
        '![B](_generated/fig-kloof-lijn.svg){#fig-a fig-alt="A." width="120%"}', "more than there is",
    ),
    "an order that is turned": ("Van \u202e21\u202c.", "(U+202E, RIGHT-TO-LEFT OVERRIDE) turns the order"),
    "pictograph": ("Stembureau \U0001f600.", "(U+1F600, GRINNING FACE) is in no font of the PDF"),
    "private character": ("Een \ue001 teken.", "(U+E001, private)"),
    "table without caption": ("| a | b |\n|---|---|\n| 1 | 2 |", "has no caption with a label"),
    "table without label": ("| a | b |\n|---|---|\n| 1 | 2 |\n\n: Bijschrift", "has no caption with a label"),
    "table with an empty heading": ("| a | |\n|---|---|\n| 1 | 2 |\n\n: B {#tbl-a}", "has no heading"),
    "formula without words": ("$$\nx = y\n$$ {#eq-a}", "a displayed formula needs a label and words"),
    "formula without label": ("$$ x = y $$", "a displayed formula needs a label and words"),
    "label used twice": ("## Nog een {#sec-eerste}", "sec-eerste is used before, at reports/_eerste.qmd:1"),
    "skipped heading level": ("#### Te diep {#sec-diep}", "one step at a time"),
    "heading against a paragraph": ("tekst\n## Kop {#sec-kop}", "needs an empty line above it"),
    "executable cell": ("```{python}\n1 + 1\n```", "an executable cell (python)"),
    "raw HTML": ("<div>tekst</div>", "raw HTML does not reach the PDF"),
    "unknown callout": ("::: {.callout-pas-op}\ntekst\n:::", "callout-pas is not known"),
    "tabset": ("::: {.panel-tabset}\ntekst\n:::", "looks different in the two renderers"),
    "unclosed block": ("::: {.callout-note}\ntekst", "::: is not closed"),
    "block closed twice": (":::", "::: closes nothing"),
}  # fmt: skip


def write_mistake(workspace, text: str) -> int:
    """Append `text` to the included section; returns the line it starts at."""
    path = workspace.reports / "_eerste.qmd"
    before = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text(f"{before}\n\n{text}\n", encoding="utf-8")
    return before.count("\n") + 3


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_is_named_with_file_and_line(project, text, message):
    line = write_mistake(project, text)
    with pytest.raises(RenderError) as caught:
        check(read_project(project.root))
    said = str(caught.value)
    assert message in said
    named = [int(part.split(":")[1]) for part in said.split() if part.startswith("reports/_eerste.qmd:")]
    assert any(line <= number < line + text.count("\n") + 1 for number in named), said


def test_sound_document_passes(project):
    lines = check(read_project(project.root))
    assert lines == read_lines(read_project(project.root))
    assert {line.path.name for line in lines} >= {"rapport.qmd", "_eerste.qmd", "fig-kloof-lijn.qmd"}


def test_all_mistakes_are_named_at_once(project):
    write_mistake(project, "Zie @fig-geen en {{< var geen.een >}} en @niemand1999.")
    with pytest.raises(RenderError, match="3 mistakes") as caught:
        check(read_project(project.root))
    assert str(caught.value).count("reports/_eerste.qmd:") == 3


@pytest.mark.parametrize(
    "text",
    [
        "Mail naar iemand@voorbeeld.nl of kijk in `@fig-geen`.",
        "```\n@fig-geen ![](x.svg) <div> $$ x $$\n```",
        'Een "figuur" zonder verwijzing, en \\@fig-geen.',
        "::: {lang=en}\nText.\n:::",
        "Een [link](https://www.voorbeeld.nl/@naam) en [intern](#sec-eerste).",
        "Wie A \\| B schrijft, maakt geen tabel.",
        "Zie\n@sec-eerste. En meer.",
        "Zie\n(@sec-eerste). En meer.",
    ],
)
def test_what_only_looks_like_a_mistake_passes(project, text):
    write_mistake(project, text)
    check(read_project(project.root))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lang: nl", "lang: en", "lang must be nl"),
        ("[reports/rapport.qmd]", "reports/rapport.qmd", "must list the documents"),
        ("[reports/rapport.qmd]", "[reports/a.qmd, reports/b.qmd]", "a.qmd does not exist"),
        ("[reports/rapport.qmd]", "[reports/rapport.qmd, reports/rapport.qmd]", "each once"),
        ("  html:", "  html:\n    output-file: verslag.html", "is written to rapport.html"),
        ("toc: true", "toc: true\nmermaid: true", "mermaid is not known"),
        ("at: pre-ast", "at: elders", "expected a path and at"),
        ("reports/stijl.css", "reports/weg.css", "names reports/weg.css, which does not exist"),
        ("  html:", "  docx: default\n  html:", "formats must be html and typst"),
    ],
)
def test_mistake_in_the_project_file(project, old, new, message):
    path = project.root / "_quarto.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RenderError, match=message):
        render(project, engine="embedded")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: ", "titel: ", "titel is not known"),
        ('datum: "3 november 2026"', "date: today", "instead of `date:`"),
        ("versie", "format: html\nversie", "expected keys and values"),
        ("versie", "format: {docx: {}}\nversie", "formats must be html and typst, got docx"),
        ("versie", "format: {html: {mermaid: true}}\nversie", "format html: mermaid is not known"),
        ("---\n\n# Samen", "\n# Samen", "is not closed|not valid YAML"),
    ],
)
def test_mistake_in_the_front_matter(project, old, new, message):
    path = project.reports / "rapport.qmd"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RenderError, match=message):
        render(project, engine="embedded")


def test_no_title(project):
    path = project.reports / "rapport.qmd"
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line for line in text.splitlines() if not line.startswith("title:")))
    with pytest.raises(RenderError, match="no title given"):
        read_project(project.root)


def test_front_matter_in_an_included_file(project):
    path = project.reports / "_eerste.qmd"
    path.write_text("---\ntitle: nog een\n---\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(RenderError, match=r"_eerste\.qmd: an included file has no front matter"):
        check(read_project(project.root))
