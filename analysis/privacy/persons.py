"""Tables of persons, known by their content: by names of columns, and by what stands in the cells.

Needs no microdata to compare with: forty rows of name, class and score are persons whoever they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.design.privacy import PrivacyRule
from analysis.privacy.reading import Reading, Table

_MOST = 0.8  # of the filled cells of a column that look alike
_CELLS = 400  # of a column are looked at
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_POSTCODE = re.compile(r"(?<![\w-])[1-9]\d{3} ?(?!SA|SD|SS)[A-Z]{2}(?![\w-])")
_YEAR = re.compile(r"(19|20)\d\d [A-Z]{2}")  # "2025 TK" in a running text is no postcode
_BIRTH = re.compile(
    r"(?:(?:199|200|201)\d[-/.]?\d\d?[-/.]?\d\d?|\d\d?[-/.]\d\d?[-/.](?:199|200|201)\d)(?:[ T]0.*)?"
)
_CLASS = re.compile(r"[1-6] ?-?[A-Za-z]{1,4}\d?|[A-Za-z]{1,5}-?[1-6][A-Za-z]?")
_PERSON = re.compile(
    r"[A-Z][\w'-]+,? (?:(?:van|de|der|den|ten|ter|el|al|'t|[A-Z]\.) ?){0,3}[A-Z][\w'-]+", re.UNICODE
)
_LOOKS = (("email", _EMAIL), ("postcode", _POSTCODE), ("birth", _BIRTH), ("class", _CLASS), ("name", _PERSON))
_UNALIKE = frozenset({"birth", "name"})  # of these most cells differ between persons
_SAID = {
    "person_name": "names of persons", "name": "names", "birth": "dates of birth", "postcode": "postcodes",
    "email": "e-mail addresses", "class": "classes", "score": "scores", "bsn": "citizen service numbers",
}  # fmt: skip
_ALONE = frozenset({"person_name", "email", "postcode", "bsn"})


def judge_table(table: Table, rule: PrivacyRule, *, published: bool = False) -> str:
    """Why `table` is one of persons; "" if it does not seem so.

    A short table with the names of a pupil file is a summary where it is `published`.
    """
    names = [name.strip().strip("\"'").lower() for name in table.names]
    rows = len(table.rows)
    survey = sorted(set(names) & set(rule.survey))
    if len(survey) >= rule.survey_names and rows >= (rule.person_rows if published else 1):
        return f"columns {', '.join(survey)} of a pupil file, with {rows} rows"
    if rows < rule.person_rows:
        return ""
    if person := sorted(set(names) & set(rule.person)):
        if table.form == "records":
            return f"records with {', '.join(person)}: one person each"
        return f"column {', '.join(person)}: one person a row, with {rows} rows"
    kinds = _kinds(names, table, rule)
    if kinds & _ALONE or len(kinds) >= 2:
        return f"{' and '.join(sorted(_SAID[kind] for kind in kinds))} by row, with {rows} rows"
    return ""


def judge_text(reading: Reading, rule: PrivacyRule) -> str:
    """The same of a running text: many addresses in it are a list of persons."""
    emails: set[str] = set()
    postcodes: set[str] = set()
    for _, line in reading.lines:
        if "@" in line:
            emails.update(_EMAIL.findall(line))
        postcodes.update(code for code in _POSTCODE.findall(line) if not _YEAR.fullmatch(code))
    for kind, found in (("email", emails), ("postcode", postcodes)):
        if len(found) >= rule.person_rows:
            return f"{len(found)} different {_SAID[kind]}"
    return ""


def _kinds(names: Sequence[str], table: Table, rule: PrivacyRule) -> set[str]:
    """What the columns hold; a table without a header has its first row among the cells."""
    found = {kind for kind, words in rule.personal.items() if set(names) & set(words)}
    lines = [table.names, *table.rows[:_CELLS]]
    width = min(max(map(len, lines)), 60)
    for place in range(width):
        cells = [line[place].strip().strip("\"'") for line in lines if place < len(line)]
        filled = [cell for cell in cells if cell]
        if len(filled) < rule.person_rows:
            continue
        for kind, look in _LOOKS:
            if sum(look.fullmatch(cell) is not None for cell in filled) < _MOST * len(filled):
                continue
            different = len(set(filled))
            if different >= (_MOST * len(filled) if kind in _UNALIKE else 2):
                found.add(kind)
        if sum(map(_is_bsn, filled)) >= _MOST * len(filled):
            found.add("bsn")
    return found


def _is_bsn(cell: str) -> bool:
    """A citizen service number has nine digits that pass the eleven-test."""
    if len(cell) != 9 or not cell.isdecimal():
        return False
    digits = list(map(int, cell))
    return int(cell) > 0 and (sum((9 - k) * digits[k] for k in range(8)) - digits[8]) % 11 == 0
