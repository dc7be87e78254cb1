"""Pictures, sizes and notes that both formats must show alike."""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure
from pypdf import PdfReader
from readback import one, outline, page, pdf_text, words

from analysis.render import RenderError, render

FIGURE = '![Een lijn.]({path}){{#fig-x {size} fig-alt="Een lijn."}}\n'


def written(project, text: str, image: str = "plaat.png"):
    """The small report with `text` as its section, rendered."""
    figure = Figure(figsize=(4, 2))
    figure.subplots().plot([1, 2])
    figure.savefig(project.reports / image)
    path = project.reports / "_eerste.qmd"
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{text}\n", encoding="utf-8")
    return render(project, engine="embedded")


def drawn(folder) -> float:
    """The width of the picture on paper, in points, from the matrix that places it."""
    widths = []
    for sheet in PdfReader(folder / "rapport.pdf").pages:

        def seen(operator, operands, matrix, text_matrix):
            if operator == b"Do":
                widths.append(abs(matrix[0]))

        sheet.extract_text(visitor_operand_before=seen)
    return max(widths)


@pytest.mark.parametrize(
    ("size", "points"),
    [
        ("width=300px", 225),
        ("width=300", 225),
        ("height=100px", 150),
        ("width=50%", 221.1),
        ("width=10cm", 283.46),
    ],
)
def test_a_size_is_the_same_on_paper(project, size, points):
    """96 pixels are an inch of 72 points; a picture of 2 to 1 keeps its shape; the text is 156 mm wide."""
    folder = written(project, FIGURE.format(path="plaat.png", size=size))
    assert drawn(folder) == pytest.approx(points, abs=0.5)
    image = page(folder / "rapport.html").findall(".//main//img")[-1]
    side, length = size.split("=")
    shown = image.get("style", "") + image.get(side, "")
    assert re.search(r"\d+", length)[0] in shown


def test_a_path_with_a_blank(project):
    folder = written(project, FIGURE.format(path="mijn%20plaat.png", size=""), "mijn plaat.png")
    image = page(folder / "rapport.html").findall(".//main//img")[-1]
    assert image.get("src").startswith("data:image/png;base64,")


def test_a_note_in_a_heading_stands_once_and_counts_once(project):
    text = "# Kop^[De noot bij de kop.] {#sec-kop}\n\nTekst.^[De noot bij de tekst.]\n"
    folder = written(project, text)
    paper = pdf_text(folder / "rapport.pdf")
    assert paper.count("De noot bij de kop.") == 1
    assert re.search(r"(?m)^1\s*De noot bij de kop\.", paper)
    assert re.search(r"(?m)^2\s*De noot bij de tekst\.", paper)
    notes = one(page(folder / "rapport.html"), ".//section[@role='doc-endnotes']")
    assert [words(note).startswith("De noot") for note in notes.iter("li")][:2] == [True, True]
    assert (1, "2 Kop") in outline(folder / "rapport.pdf")
    named = [found.start() for found in re.finditer("Eerste hoofdstuk", paper[paper.index("Inhoud") :])]
    contents = paper[paper.index("Inhoud") :][: named[1]]  # first in the contents, then above its chapter
    assert re.search(r"2\s+Kop", contents)


def test_a_character_without_a_shape_is_named_with_its_place(project):
    """No rule knows it beforehand: Typst says so, and the place is found."""
    with pytest.raises(RenderError, match=r"reports/_eerste\.qmd:\d+: .*中"):
        written(project, "Een 中 teken.")


def test_parts_in_another_language_say_so(project):
    text = "# Summary in short {#sec-short lang=en}\n\nEen [few words]{lang=en}.\n\n"
    text += "::: {lang=fr}\nDu texte.\n:::"
    folder = written(project, text)
    html = page(folder / "rapport.html")
    spoken = {(el.tag, el.get("lang"), words(el)) for el in html.iter() if el.get("lang") not in (None, "nl")}
    assert ("span", "en", "Summary in short") in spoken
    assert ("span", "en", "few words") in spoken
    assert ("div", "fr", "Du texte.") in spoken
    contents = [el for el in one(html, ".//nav").iter("span") if el.get("lang") == "en"]
    assert [words(el) for el in contents] == ["Summary in short"]
    heading = next(el for el in html.iter("section") if el.get("id") == "sec-short")
    assert heading.get("lang") is None  # the text below it is Dutch
    assert {"en", "fr"} <= languages(folder / "rapport.pdf")


def languages(path) -> set[str]:
    """What the structure of a PDF says of the language of its parts."""
    found: set[str] = set()

    def walk(node):
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if "/Lang" in node:
                found.add(str(node["/Lang"]))
            if "/K" in node:
                walk(node["/K"])

    walk(PdfReader(path).trailer["/Root"]["/StructTreeRoot"])
    return found
