"""The municipalities of a table, looked up by code, by name, or by both together."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from analysis.sources.placenames import CARIBBEAN_NUMBERS, OTHER_NAMES, key, without_province

_MUNICIPALITY_CODE = re.compile(r"(?:(?:(?:19|20)\d\d)?GM|G|O)?[ ._-]*0*(\d{1,4})(?:[.,]0+)?", re.IGNORECASE)
_CODE_AND_NAME = re.compile(
    r"(?P<code>(?:GM|G)?\d{2,4})\s*[-:,]?\s+(?P<name>\D.*)|(?P<name2>\D.*?)\s*[(\[](?P<code2>(?:GM|G)?\d{2,4})[)\]]",
    re.IGNORECASE,
)


def municipality_code(text: str) -> str | None:
    """``GM0363`` for ``GM0363``, ``0363``, ``363``, ``G0363`` and ``363.0``; else None."""
    found = _MUNICIPALITY_CODE.fullmatch(text)
    if not found:
        return None
    return CARIBBEAN_NUMBERS.get(int(found[1]), f"GM{int(found[1]):04d}")


class Register:
    """Names and codes of a table of municipalities."""

    def __init__(self, table: pd.DataFrame) -> None:
        absent = sorted({"code", "name", "province"} - set(table.columns))
        if absent:
            raise ValueError(
                f"a table of municipalities has code, name and province; {', '.join(absent)} is absent"
            )
        years = table["year"].astype(int).astype(str) if "year" in table else [""] * len(table)
        self._years = set(years)
        self._known: dict[str, set[str]] = {}  # code: years
        self._provinces: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        for code, name, province, year in zip(
            table["code"], table["name"], table["province"], years, strict=True
        ):
            self._known.setdefault(code, set()).add(year)
            self._provinces.setdefault(code, set()).add(province)
            for spelling in {key(name), key(without_province(name)[0])}:
                self._names.setdefault(spelling, set()).add(code)
        for names in OTHER_NAMES:
            codes = set().union(*(self._names.get(key(name), set()) for name in names))
            self._names |= {key(name): codes for name in names if codes}

    def find(self, text: str, code: str | None, province: str, year: str) -> tuple[str, str]:
        if code:
            return self._checked(
                {code} & set(self._known), province, year, f"{code} staat niet in de lijst van gemeenten"
            )
        if both := _CODE_AND_NAME.fullmatch(text):
            code = municipality_code(both["code"] or both["code2"])
            named, reason = self._by_name(both["name"] or both["name2"], province, year)
            if named and named != code:
                return "", f"code en naam spreken elkaar tegen ({code}, {named})"
            return named, reason
        return self._by_name(text, province, year)

    def _by_name(self, text: str, province: str, year: str) -> tuple[str, str]:
        codes = self._names.get(key(text), set())
        if not codes:
            bare, within = without_province(text)
            codes = {code for code in self._names.get(key(bare), set()) if self._provinces[code] & within}
        return self._checked(codes, province, year, "onbekende gemeente")

    def _checked(self, codes: set[str], province: str, year: str, unknown: str) -> tuple[str, str]:
        if codes and province:
            here = {code for code in codes if province in self._provinces[code]}
            if not here:
                lies = ", ".join(sorted(set().union(*(self._provinces[code] for code in codes))))
                return "", f"ligt in {lies} en niet in {province}"
            codes = here
        if len(codes) > 1 and year in self._years:
            codes = {code for code in codes if year in self._known[code]} or codes
        return only(codes, unknown, {})


def only(codes: set[str], unknown: str, names: Mapping[str, str]) -> tuple[str, str]:
    if len(codes) == 1:
        return next(iter(codes)), ""
    if not codes:
        return "", unknown
    return "", f"niet eenduidig: {', '.join(names.get(code, code) for code in sorted(codes))}"
