"""One way to place a row, for all sources: any usual spelling of a place to its code.

Codes are CBS codes (``GM0363``, ``PV27``); the Caribbean public bodies are regions of their own
(``BQ-BO``, …) and lie in no province. Which places exist is not known here: the table of municipalities
comes with the call. A name that fits two places, or none, is listed with its reason and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.sources.placenames import (
    CARIBBEAN,
    CARIBBEAN_TOGETHER,
    CARIBBEAN_WORDS,
    cell_text,
    key,
    provinces_named,
)
from analysis.sources.register import Register, municipality_code, only

MUNICIPALITY, PROVINCE, BODY, SCHOOL, UNPLACED = "municipality", "province", "body", "school", "unplaced"
_PROVINCE_CODE = re.compile(r"(?:(?:(?:19|20)\d\d)?PV|P)?[ ._-]*0*(\d{1,2})(?:[.,]0+)?", re.IGNORECASE)
_ISO = re.compile(r"NL-([A-Z]{2})", re.IGNORECASE)
_SCHOOL = re.compile(r"(\d{2}[A-Z]{2})(?:[\s_/|.-]*(\d{1,2}))?", re.IGNORECASE)
_POSTCODE = re.compile(r"(\d{4})\s*(?:[A-Z]{2})?", re.IGNORECASE)
_BODIES = {key(name): code for code, names in CARIBBEAN.items() for name in (*names, code)}
_BODIES |= {key(word): CARIBBEAN_TOGETHER for word in CARIBBEAN_WORDS}


@dataclass(frozen=True)
class Unplaced:
    """A value that could not be placed.

    Attributes
    ----------
    value : str
        As in the file.
    rows : int
        How many rows hold it.
    first_row : int
        The first of them, counted from 1 below the header.
    reason : str
        Dutch.
    """

    value: str
    rows: int
    first_row: int
    reason: str


@dataclass(frozen=True)
class Placement:
    """Codes of a column of places.

    Attributes
    ----------
    codes : pandas.Series of str
        Indexed as the column; missing where the cell is empty or could not be placed.
    texts : tuple of str
        The cells as text, "" for an empty one.
    reasons : tuple of str
        Why a cell could not be placed, in Dutch; "" where it was, or is empty.
    """

    codes: pd.Series
    texts: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def empty(self) -> int:
        """Cells without a value."""
        return self.texts.count("")

    @property
    def unplaced(self) -> tuple[Unplaced, ...]:
        """What could not be placed, in the order of first rows."""
        rows: dict[tuple[str, str], list[int]] = {}
        for row, (value, reason) in enumerate(zip(self.texts, self.reasons, strict=True), start=1):
            if reason:
                rows.setdefault((value, reason), []).append(row)
        return tuple(Unplaced(value, len(one), one[0], reason) for (value, reason), one in rows.items())

    @property
    def lost(self) -> int:
        """Rows with a value that could not be placed."""
        return sum(one.rows for one in self.unplaced)


def level_of(code: str) -> str:
    """``municipality``, ``province`` or ``body`` (Caribbean), from a code."""
    kinds = {"GM": MUNICIPALITY, "PV": PROVINCE, "BQ": BODY}
    if code[:2] not in kinds:
        raise ValueError(f"{code!r} is no code of a place; expected GM, PV or BQ in front")
    return kinds[code[:2]]


def school_code(text: str) -> str | None:
    """BRIN with location (``01AB00``), or BRIN alone where no location is given; else None."""
    found = _SCHOOL.fullmatch(text)
    if not found:
        return None
    return found[1].upper() + (f"{int(found[2]):02d}" if found[2] else "")


def place_provinces(values: pd.Series, names: Mapping[str, str]) -> Placement:
    """Codes of provinces: by code (``PV27``, ``27``, ``NL-NH``) or by a Dutch, Frisian or English name.

    Parameters
    ----------
    values : pandas.Series
        Text or numbers.
    names : mapping of str to str
        Name by code of the provinces there are (:func:`analysis.sources.geography.province_names`).
    """
    known = {key(name): {code} for code, name in names.items()}

    def find(text: str) -> tuple[str, str]:
        if body := _BODIES.get(key(text)):
            return body, ""
        if found := _PROVINCE_CODE.fullmatch(text):
            codes = {f"PV{int(found[1])}"}
        elif found := _ISO.fullmatch(text):
            codes = provinces_named(found[1])
        else:
            codes = known.get(key(text)) or (provinces_named(text) if len(text) > 1 else set())
        return only(codes & set(names), "onbekende provincie", names)

    return _placed(values, [], find)


def place_municipalities(
    values: pd.Series,
    table: pd.DataFrame | None = None,
    *,
    provinces: pd.Series | None = None,
    years: pd.Series | None = None,
) -> Placement:
    """Codes of municipalities: by code, by name, or by both in one cell (which must agree).

    Parameters
    ----------
    values : pandas.Series
        Text or numbers.
    table : pandas.DataFrame or None
        The municipalities there are: code (``GM0363``), name, province (``PV27``) and perhaps year; a
        municipality may occur in several years. Without a table codes are taken as they are, and names,
        but for the Caribbean bodies, cannot be placed.
    provinces : pandas.Series or None
        Codes of provinces beside `values`, missing where unknown: they tell namesakes apart, and a
        municipality that lies elsewhere is listed.
    years : pandas.Series or None
        Year of each row, for a table with years: names and codes of that year decide.
    """
    register = None if table is None else Register(table)
    beside = [_beside(provinces, values), _beside(years, values)]

    def find(text: str, province: str, year: str) -> tuple[str, str]:
        if body := _BODIES.get(key(text)):
            return body, ""
        code = municipality_code(text)
        if code in CARIBBEAN:
            return code, ""
        if register is None:
            return (code, "") if code else ("", "er is geen lijst van gemeenten om de naam in op te zoeken")
        return register.find(text, code, province, year)

    return _placed(values, beside, find)


def place_schools(values: pd.Series, table: pd.DataFrame) -> Placement:
    """Municipalities of schools, by BRIN with location (``01AB00``, ``01AB-0``) or BRIN alone.

    Parameters
    ----------
    table : pandas.DataFrame
        location (``01AB00``) and municipality, as DUO's; a location may occur more than once.
    """
    pairs = table[["location", "municipality"]].drop_duplicates()
    by_location = pairs.groupby("location")["municipality"].agg(set).to_dict()
    by_school = pairs.groupby(pairs["location"].str[:4])["municipality"].agg(set).to_dict()

    def find(text: str) -> tuple[str, str]:
        code = school_code(text)
        if not code:
            return "", "geen BRIN-nummer, met of zonder vestiging"
        codes = (by_school if len(code) == 4 else by_location).get(code, set())
        return only(codes, "onbekende school of vestiging", {})

    return _placed(values, [], find)


def place_postcodes(values: pd.Series, table: pd.DataFrame) -> Placement:
    """Municipalities by postcode (``1012AB``, ``1012``).

    Parameters
    ----------
    table : pandas.DataFrame
        postcode (four digits, text) and municipality. A postcode in two municipalities cannot be placed.
    """
    known = table.groupby("postcode")["municipality"].agg(set).to_dict()

    def find(text: str) -> tuple[str, str]:
        found = _POSTCODE.fullmatch(text)
        return (
            ("", "geen postcode") if not found else only(known.get(found[1], set()), "onbekende postcode", {})
        )

    return _placed(values, [], find)


def one_spelling(values: pd.Series) -> pd.Series:
    """One spelling a place, for a source without a table: codes as ``GM0363``, names as they first stand."""
    first: dict[str, str] = {}

    def same(value: object) -> str:
        text = cell_text(value)
        code = municipality_code(text)
        return code or _BODIES.get(key(text)) or first.setdefault(key(text), text)

    return pd.Series([same(value) for value in values], values.index, dtype="str")


def _beside(column: pd.Series | None, values: pd.Series) -> list[str]:
    if column is None:
        return [""] * len(values)
    if len(column) != len(values):
        raise ValueError(f"{len(column)} values beside a column of {len(values)}")
    return [cell_text(value) for value in column]


def _placed(values: pd.Series, beside: list[list[str]], find: Callable[..., tuple[str, str]]) -> Placement:
    """Each distinct value, with what stands beside it, is looked up once."""
    answers: dict[tuple[str, ...], tuple[str, str]] = {}
    texts = [cell_text(value) for value in values]
    found = []
    for asked in zip(texts, *beside, strict=True):
        if asked not in answers:
            answers[asked] = find(*asked) if asked[0] else ("", "")
        found.append(answers[asked])
    codes = pd.Series([code or np.nan for code, _ in found], values.index, dtype="str")
    return Placement(codes, tuple(texts), tuple(reason for _, reason in found))
