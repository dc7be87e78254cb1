"""What a file holds, whatever its name says: is it a data file, a table of persons, a notebook with outputs?

Looks at content only. Packed files are unpacked in memory, up to a limit, and looked at inside.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import zipfile
import zlib
from fnmatch import fnmatch

from analysis.design.privacy import PrivacyRule
from analysis.privacy.finding import Finding

_UNPACKED = 64 * 2**20  # bytes looked at inside a packed file
_DEPTH = 3
_PREAMBLE = 20  # lines above a header
_SIGNATURES = (
    (b"$FL2", "an SPSS data file"),
    (b"$FL3", "an SPSS data file"),
    (b"ASCII SPSS PORT FILE", "an SPSS portable file"),
    (b"<stata_dta>", "a Stata data file"),
    (b"HEADER RECORD*******LIBRARY", "a SAS transport file"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "a SAS data file"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, such as .xls"),
    (b"RDX", "an R data file"),
    (b"X\n\0\0\0", "an R data file"),
    (b"\x89HDF", "an HDF5 file"),
)
_STATA = re.compile(rb"[\x69-\x73][\x01\x02]\x01\x00")  # before version 117
_PACKED = ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ\0", lzma))
_SEPARATORS = (",", ";", "\t", "|")
_CELL = re.compile(r"<t[hd][^>]*>\s*([^<>]{1,40}?)\s*</t[hd]>", re.IGNORECASE)


def inspect(path: str, content: bytes, rule: PrivacyRule) -> list[Finding]:
    """What is wrong with committing `content` as `path`; empty if nothing is."""
    return [Finding(path, said, line) for line, said in _inside(path, content, rule, _DEPTH)]


def _inside(path: str, content: bytes, rule: PrivacyRule, depth: int) -> list[tuple[int | None, str]]:
    for signature, said in _SIGNATURES:
        if content.startswith(signature):
            return [(None, f"this is {said}; data files stay in data/real")]
    if _STATA.match(content):
        return [(None, "this is a Stata data file; data files stay in data/real")]
    for signature, module in _PACKED:
        if content.startswith(signature):
            return _unpacked(path, content, rule, depth, module)
    if content.startswith(b"PK\x03\x04"):
        return _archived(path, content, rule, depth)
    text = _text(content)
    if text is None:
        return []
    if path.endswith(".ipynb"):
        return _notebook(text)
    return _tables(path, text, rule)


def _unpacked(path: str, content: bytes, rule: PrivacyRule, depth: int, module) -> list:
    if depth == 0:
        return [(None, "packed too deep to look at")]
    try:
        with module.open(io.BytesIO(content)) as handle:
            inner = handle.read(_UNPACKED)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return [(None, "a packed file that cannot be looked at")]
    name = path.rsplit(".", 1)[0]
    return [(None, f"packed inside: {said}") for _, said in _inside(name, inner, rule, depth - 1)]


def _archived(path: str, content: bytes, rule: PrivacyRule, depth: int) -> list:
    if depth == 0:
        return [(None, "packed too deep to look at")]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if any(name.startswith("xl/") for name in names):
                return [(None, "this is an Excel workbook; keep tables as text, and data files in data/real")]
            found = []
            for info in archive.infolist():
                if info.flag_bits & 1:
                    found.append((None, f"{info.filename} in it is encrypted and cannot be looked at"))
                    continue
                with archive.open(info) as handle:
                    inner = handle.read(_UNPACKED)
                found += [
                    (None, f"{info.filename} in it: {said}")
                    for _, said in _inside(info.filename, inner, rule, depth - 1)
                ]
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        return [(None, "a zip archive that cannot be looked at")]


def _text(content: bytes) -> str | None:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text[:4096] else text
    return None


def _notebook(text: str) -> list[tuple[int | None, str]]:
    try:
        cells = json.loads(text).get("cells", [])
        kept = [
            number
            for number, cell in enumerate(cells, start=1)
            if cell.get("cell_type") == "code" and (cell.get("outputs") or cell.get("execution_count"))
        ]
    except (ValueError, AttributeError, TypeError):
        return [(None, "this is no readable notebook")]
    if not kept:
        return []
    shown = ", ".join(map(str, kept[:5])) + (" …" if len(kept) > 5 else "")
    return [
        (None, f"cell {shown} holds outputs; strip them: python -m analysis check --strip, and git add again")
    ]


def _tables(path: str, text: str, rule: PrivacyRule) -> list[tuple[int | None, str]]:
    lines = text.splitlines()
    for number, line in enumerate(lines[:_PREAMBLE], start=1):
        for separator in _SEPARATORS:
            names = _names(line, separator)
            if len(names) < 2:
                continue
            rows = _rows_below(lines[number:], separator, len(names))
            said = _verdict(path, names, rows, rule)
            if said:
                return [(number, said)]
    cells = [cell.lower() for cell in _CELL.findall(text)]
    if said := _named(set(cells), text.lower().count("<tr"), rule):
        return [(None, f"an HTML table: {said}")]
    keys = [name for name in rule.person if len(re.findall(rf'"{name}"\s*:', text, re.I)) >= rule.person_rows]
    if keys:
        return [(None, f"records with {', '.join(keys)}: one person each")]
    return []


def _names(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip().lower() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _rows_below(lines: list[str], separator: str, width: int) -> int:
    """Lines right below a header that are as wide; a quoted cell may hold the separator too."""
    rows = 0
    for line in filter(str.strip, lines):
        cells = line.count(separator) + 1
        if cells != width and not (cells > width and '"' in line):
            break
        rows += 1
    return rows


def _verdict(path: str, names: list[str], rows: int, rule: PrivacyRule) -> str:
    if said := _named(set(names), rows, rule):
        return said
    long = rows >= rule.table_rows and len(names) > 1 and not path.endswith((".lock", ".py", ".bib", ".svg"))
    if long and not any(fnmatch(path, allowed.pattern) for allowed in rule.allow):
        return (
            f"a table of {rows} rows; is it microdata? If not, say why under [[allow]] in "
            "data/design/privacy.toml"
        )
    return ""


def _named(names: set[str], rows: int, rule: PrivacyRule) -> str:
    survey = sorted(names & set(rule.survey))
    if len(survey) >= rule.survey_names and rows >= 1:
        return f"columns {', '.join(survey)} of a pupil file, with {rows} rows"
    person = sorted(names & set(rule.person))
    if person and rows >= rule.person_rows:
        return f"column {', '.join(person)}: one person a row, with {rows} rows"
    return ""
