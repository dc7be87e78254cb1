"""In the PDF the first cell of a row is tagged as its heading, as it is in the page."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pypdf import PdfReader
from readback import elements, page, row_headings, told_of_cell
from small_report import make_project

from analysis.render.project import RenderError, read_projects
from analysis.render.rowheads import tag_row_headings, with_row_headings


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """The small document as Typst writes it."""
    from analysis.render.embedded import write_paper
    from analysis.render.pandoc import sources_of
    from analysis.render.source import fill, read_lines

    workspace = make_project(tmp_path_factory.mktemp("untouched"))
    project = read_projects(workspace.root)[0]
    source = next(sources_of(project, fill(read_lines(project), project)))
    write_paper(project, source, workspace.root)
    return workspace.root / project.paper


def rows_of(html) -> int:
    return sum(1 for body in html.iter("tbody") for row in body.iter("tr") if row.find("th") is not None)


def test_each_row_has_a_heading_in_both_formats(rendered):
    rows = rows_of(page(rendered / "rapport.html"))
    assert rows > 2
    assert row_headings(rendered / "rapport.pdf") == rows


def test_without_this_step_there_is_none(untouched):
    assert row_headings(untouched) == 0


def test_each_cell_names_both_its_headings(rendered):
    path = rendered / "rapport.pdf"
    headings = {cell["/ID"]: told_of_cell(cell)["/Scope"] for cell in elements(path, "/TH")}
    assert len(headings) == len(elements(path, "/TH"))  # each has a name of its own
    cells = elements(path, "/TD")
    assert cells
    for cell in cells:
        assert sorted(headings[name] for name in told_of_cell(cell)["/Headers"]) == ["/Column", "/Row"]


def test_the_tree_of_names_finds_each_heading(rendered):
    path = rendered / "rapport.pdf"
    names = PdfReader(path).trailer["/Root"]["/StructTreeRoot"]["/IDTree"]["/Names"]
    assert names[::2] == sorted(names[::2])
    found = {name: element.get_object()["/ID"] for name, element in zip(names[::2], names[1::2], strict=True)}
    assert all(name == own for name, own in found.items())
    assert set(found) > {cell["/ID"] for cell in elements(path, "/TH")}  # and notes


def test_no_cell_is_without_content(rendered, untouched):
    """The column that holds rows together on paper is not told to who listens."""

    def empty(path):
        return [cell for cell in elements(path, "/TH", "/TD") if not cell.get("/K")]

    assert empty(untouched)
    assert empty(rendered / "rapport.pdf") == []


def test_nothing_that_is_drawn_changes(untouched):
    before = untouched.read_bytes()
    after = with_row_headings(before)
    assert after == with_row_headings(before)
    sheets = [PdfReader(io.BytesIO(pdf)).pages for pdf in (before, after)]
    assert len(sheets[0]) == len(sheets[1])
    for old, new in zip(*sheets, strict=True):
        assert old.get_contents().get_data() == new.get_contents().get_data()


def test_a_file_with_packed_objects_is_written_as_well(rendered, untouched, tmp_path):
    anew = tmp_path / "anew.pdf"
    with pikepdf.open(untouched) as pdf:
        pdf.save(anew, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"/ObjStm" in anew.read_bytes()
    tag_row_headings(anew)
    assert row_headings(anew) == row_headings(rendered / "rapport.pdf") > 0


@pytest.mark.parametrize("text", [b"= Kop\nTekst", b"#table(columns: 1, [een])"])
def test_a_document_without_rows_below_a_head(text):
    import typst

    pdf = typst.compile(text, timestamp=0)
    assert with_row_headings(pdf) == pdf


def test_a_file_that_is_no_pdf_says_so(tmp_path):
    with pytest.raises(ValueError, match="unable to find trailer dictionary"):
        with_row_headings(b"%PDF-1.7 and no more")
    paper = tmp_path / "rapport.pdf"
    paper.write_bytes(b"")
    with pytest.raises(RenderError, match=r"rapport\.pdf: cannot be read back to tag the headings of rows"):
        tag_row_headings(paper)
