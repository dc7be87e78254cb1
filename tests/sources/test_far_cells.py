"""A workbook of a kilobyte that spans billions of cells is refused before the library makes room for them."""

from __future__ import annotations

import zipfile

import pytest

from analysis.privacy.tables import data_frames
from analysis.rehearsal.workbooks import xlsx
from analysis.sources.sheets import read_sheets

SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
COLUMNS = {"place": ("Plaats",), "count": ("Aantal",)}


def workbook(tmp_path, *cells):
    """A workbook whose first tab holds `cells`: place and text of each."""
    whole = xlsx(tmp_path / "whole.xlsx", Blad=[["x"]])
    path = tmp_path / "registratie.xlsx"
    rows = "".join(
        f'<row r="{row}"><c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for column, row, text in cells
    )
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            sheet = f'<worksheet xmlns="{SPACE}"><sheetData>{rows}</sheetData></worksheet>'
            new.writestr(name, sheet if name == SHEET else old.read(name))
    return path


@pytest.mark.parametrize("far", [("XFD", 1_048_576), ("ALL", 99_999)])
def test_a_cell_in_the_far_corner_is_refused(tmp_path, far):
    cells = [("A", 1, "Plaats"), ("K", 2, "Aantal"), (*far, "x")]
    path = workbook(tmp_path, *cells)
    with pytest.raises(ValueError, match=r"registratie\.xlsx: xl/worksheets/sheet1\.xml .* MOST_CELLS"):
        read_sheets(path, COLUMNS, ("place",))
    with pytest.raises(ValueError, match=r"registratie\.xlsx.* MOST_CELLS"):
        data_frames(path)


def test_a_table_with_remarks_far_below_is_read(tmp_path):
    path = workbook(tmp_path, ("A", 1, "Plaats"), ("A", 2, "Assen"), ("Z", 100_000, "opmerking"))
    (sheet,) = read_sheets(path, COLUMNS, ("place",))
    assert sheet.frame["place"].iloc[0] == "Assen"
