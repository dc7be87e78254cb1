"""The smallest .xlsx and .ods files that spreadsheets open, written without the library that reads them."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

_EPOCH = date(1899, 12, 30)  # day 0 of a spreadsheet


def _put(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """The same bytes whenever it is written: no clock."""
    archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)


def xlsx(path: Path, **tabs: list[list]) -> Path:
    """A workbook with a tab for each name; numbers, dates and text keep their kind."""
    names = list(tabs)
    sheets = "".join(f'<sheet name="{name}" sheetId="{k}" r:id="rId{k}"/>' for k, name in enumerate(names, 1))
    links = "".join(
        f'<Relationship Id="rId{k}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        f'worksheet" Target="worksheets/sheet{k}.xml"/>'
        for k in range(1, len(names) + 1)
    )
    styles = f"rId{len(names) + 1}"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{k}.xml" ContentType="{kinds}.worksheet+xml"/>'
        for k in range(1, len(names) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(
            archive,
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>{overrides}</Types>',
        )
        _put(
            archive,
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        _put(
            archive,
            "xl/workbook.xml",
            f'<workbook xmlns="{space}" xmlns:r="{office}"><sheets>{sheets}</sheets></workbook>',
        )
        _put(
            archive,
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">{links}<Relationship Id="{styles}" '
            f'Type="{office}/styles" Target="styles.xml"/></Relationships>',
        )
        _put(
            archive,
            "xl/styles.xml",
            f'<styleSheet xmlns="{space}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            "</styleSheet>",
        )
        for k, rows in enumerate(tabs.values(), start=1):
            _put(archive, f"xl/worksheets/sheet{k}.xml", _worksheet(rows, space))
    return path


def _worksheet(rows: list[list], space: str) -> str:
    def cell(value: object, place: str) -> str:
        if value is None:
            return ""
        if isinstance(value, date):
            return f'<c r="{place}" s="1"><v>{(value - _EPOCH).days}</v></c>'
        if isinstance(value, int | float):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    body = "".join(
        f'<row r="{number}">'
        + "".join(cell(value, f"{chr(65 + k)}{number}") for k, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    return f'<worksheet xmlns="{space}"><sheetData>{body}</sheetData></worksheet>'


def ods(path: Path, **tabs: list[list]) -> Path:
    """The same as OpenDocument."""
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    space = "urn:oasis:names:tc:opendocument:xmlns"

    def cell(value: object) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        text = escape(str(value))
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    body = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in tabs.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        _put(archive, "mimetype", mime)
        _put(
            archive,
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"><manifest:file-entry '
            f'manifest:full-path="/" manifest:media-type="{mime}"/></manifest:manifest>',
        )
        _put(
            archive,
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet>{body}</office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return path
