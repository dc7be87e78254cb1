"""The numbers under a figure: all of them, readable, kept with their kind, and in the page alone."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from readback import page, pdf_text

from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.release.svg import compact
from analysis.release.twin import MAX_ROWS, readable, twin_markdown

CELLS = [
    ["provincie", "start", "effect", "n", "klein"],
    ["Fryslân & <b>", "2024", "-1.25", "12345", "0.0321"],
    ["{{< var x >}}", "2025", "", "7", "0.5"],
]


def block(cells=CELLS, kind=DataKind.SYNTHETIC):
    text = twin_markdown("fig-a-b", "Een lijn. Met meer.", kind, cells)
    lines = text.splitlines()
    assert lines[0] == "```{=html}"
    assert lines[1] == "<!--| quarto-html-table-processing: none -->"
    assert lines[-1] == "```"
    return ElementTree.fromstring("\n".join(lines[2:-1]))


def file(element) -> tuple[str, bytes]:
    link = element.find(".//a")
    return link.get("download"), base64.b64decode(link.get("href").partition("base64,")[2])


def test_numbers_read_as_dutch_and_texts_as_they_are():
    rows, numeric = readable(CELLS)
    assert numeric == [False, True, True, True, True]
    assert rows[0] == ["Fryslân & <b>", "2024", "−1,25", "12.345", "0,032"]
    assert rows[1] == ["{{< var x >}}", "2025", "geen", "7", "0,500"]


def test_the_table_is_all_of_it_and_no_text_is_markup():
    element = block()
    assert element.tag == "details"
    assert element.find("summary").text == "Cijfers bij deze figuur"
    cells = [["".join(cell.itertext()) for cell in row] for row in element.iter("tr")]
    assert cells[0] == CELLS[0]
    assert len(cells) == len(CELLS)
    assert cells[1][0] == "Fryslân & <b>"
    assert "{{<" not in ElementTree.tostring(element, encoding="unicode")
    frame, table = element.find("div"), element.find("div/table")
    assert (frame.get("class"), frame.get("tabindex")) == ("tabelvenster kaarten", None)
    assert table.get("aria-label") == "Cijfers bij: Een lijn (fig-a-b)"
    first = table.find("tbody/tr")
    assert (first[0].tag, first[0].get("scope")) == ("th", "row")
    assert [cell.get("data-label") for cell in first[1:]] == CELLS[0][1:]


@pytest.mark.parametrize("kind", list(DataKind))
def test_the_file_is_the_released_table_with_its_kind(kind):
    name, content = file(block(kind=kind))
    assert name == "fig-a-b.csv"
    read = list(csv.reader(io.StringIO(content.decode("utf-8"))))
    assert read == [[*CELLS[0], "soort gegevens"], *([*row, kind.dutch] for row in CELLS[1:])]
    assert ("Synthetische gegevens, geen bevinding." in "".join(block(kind=kind).itertext())) == (
        kind is DataKind.SYNTHETIC
    )


def test_a_long_table_is_only_a_file():
    cells = [["x", "y"], *([str(number), "1.5"] for number in range(MAX_ROWS + 1))]
    element = block(cells)
    assert element.find(".//table") is None
    assert "De 101 regels staan alleen in het bestand." in "".join(element.itertext())
    name, content = file(element)
    assert name == "fig-a-b.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["fig-a-b.csv"]
        assert archive.read("fig-a-b.csv").decode("utf-8").count("\n") == len(cells)
    assert file(block(cells))[1] == content


def test_a_compact_picture_draws_the_same():
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([1, 2, 3], [1, 3, 2], label="een lijn")
    picture = FigureExhibit("fig-a-b", figure, "Een lijn.", "Een lijn die stijgt en daalt.", "fact", "x")
    before = picture.svg().decode("utf-8")
    after = compact(before)
    assert len(after) < 0.9 * len(before)

    def drawn(text):
        tree = ElementTree.fromstring(text)
        for remark in tree.findall("{*}metadata"):
            tree.remove(remark)
        return [
            (
                element.tag,
                sorted((name, re.findall(r"[A-Za-z#]|-?[\d.]+", value)) for name, value in element.items()),
            )
            for element in tree.iter()
        ]

    assert drawn(after) == drawn(before)


@pytest.mark.parametrize("document", ["rapport", "verantwoording"])
def test_every_figure_of_the_report_has_its_numbers_in_the_page_alone(report, document):
    """A place without a picture has no numbers, and says why there are none."""
    folder = report / "_report"
    tree = page(folder / f"{document}.html")
    figures = {
        element.get("id"): element
        for element in tree.iter("div")
        if (element.get("id") or "").startswith("fig-") and "quarto-float" in element.get("class", "")
    }
    blocks = {
        element.get("id"): element for element in tree.iter("details") if element.get("class") == "cijfers"
    }
    released = report / "data" / "build" / "released" / "exhibits"
    empty = set()
    for name in figures:
        described = json.loads((released / f"{name}.json").read_text(encoding="utf-8"))
        if described["alt"].startswith("Geen figuur."):
            empty.add(name)
    assert len(figures) > 5
    assert {f"cijfers-{name}" for name in figures.keys() - empty} == set(blocks)
    for element in blocks.values():
        assert element.find(".//a").get("href").startswith("data:")
        assert element.get("open") is None  # folded
    assert "Cijfers bij deze figuur" not in pdf_text(folder / f"{document}.pdf")
