"""Spellings of places: what is one name, however accents, capitals, hyphens and articles are written.

Nothing here knows which places exist; that is asked of a table in :mod:`analysis.sources.places`.
"""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

PROVINCES = {
    "PV20": ("groningen", "gr", "gron", "grunnen", "g"),
    "PV21": ("friesland", "fryslân", "frisia", "fr", "frl", "f"),
    "PV22": ("drenthe", "dr", "drente", "d"),
    "PV23": ("overijssel", "ov", "o"),
    "PV24": ("flevoland", "fl"),
    "PV25": ("gelderland", "ge", "gld", "gelre", "guelders", "g"),
    "PV26": ("utrecht", "ut", "utr", "u"),
    "PV27": ("noord-holland", "nh", "n-holland", "north holland"),
    "PV28": ("zuid-holland", "zh", "z-holland", "south holland"),
    "PV29": ("zeeland", "ze", "zl", "zld", "z", "zealand"),
    "PV30": ("noord-brabant", "nb", "n-brabant", "nbr", "brabant", "north brabant"),
    "PV31": ("limburg", "li", "lb", "lim", "limb", "l"),
}
"""Ways to write a province, single letters as they stand behind the name of a municipality included; one
that fits two provinces (``g``) names neither by itself."""

CARIBBEAN = {
    "BQ-BO": ("bonaire", "openbaar lichaam bonaire"),
    "BQ-SA": ("saba", "openbaar lichaam saba"),
    "BQ-SE": ("sint eustatius", "statia", "openbaar lichaam sint eustatius"),
}
CARIBBEAN_NUMBERS = {9001: "BQ-BO", 9002: "BQ-SE", 9003: "BQ-SA"}  # as the Kiesraad numbers them (O9001)
CARIBBEAN_TOGETHER = "BQ"  # ISO 3166-1 of the three public bodies together
CARIBBEAN_WORDS = ("bq", "bes", "caribisch nederland", "bes-eilanden", "caribbean netherlands")

OTHER_NAMES = (
    ("'s-gravenhage", "den haag", "the hague", "s-gravenhage"),
    ("'s-hertogenbosch", "den bosch"),
    ("súdwest-fryslân", "zuidwest-friesland", "sudwest friesland"),
    ("noardeast-fryslân", "noordoost-friesland"),
    ("de fryske marren", "de friese meren", "friese meren"),
    ("dantumadiel", "dantumadeel"),
    ("tytsjerksteradiel", "tietjerksteradeel"),
    ("ferwerderadiel", "ferwerderadeel"),
    ("littenseradiel", "littenseradeel"),
    ("menameradiel", "menaldumadeel"),
    ("gaasterlân-sleat", "gaasterland-sloten"),
    ("skarsterlân", "scharsterland"),
    ("leeuwarden", "ljouwert"),
    ("harlingen", "harns"),
    ("heerenveen", "it hearrenfean"),
    ("smallingerland", "smellingerlân"),
    ("opsterland", "opsterlân"),
    ("ooststellingwerf", "eaststellingwerf"),
    ("terschelling", "skylge"),
    ("vlieland", "flylân"),
    ("ameland", "it amelân"),
    ("schiermonnikoog", "skiermûntseach"),
    ("nuenen, gerwen en nederwetten", "nuenen", "nuenen c.a."),
)
"""Dutch, Frisian and everyday names of one municipality."""

_KIND = re.compile(
    r"^\s*(gemeente|gem\.|provincie|prov\.|provinsje|province of)\s+|\s*\((gemeente|gem\.?|prov.*?)\)\s*$"
)
_ARTICLE = re.compile(r"^(.*),\s*(de|den|het|'?s|it)\s*$")
_BRACKETS = re.compile(r"^(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*$")


def cell_text(value: object) -> str:
    """A cell as text, trimmed and in one form of Unicode: 363.0 is ``363``, missing is ``""``."""
    if pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFKC", str(value)).replace("\u200b", "").strip()


def key(name: str) -> str:
    """Letters and digits of `name` alone, without accents and case: equal for spellings of one name."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub("[\u2018\u2019\u201b`´]", "'", text)
    text = _KIND.sub("", text).strip()
    if inverted := _ARTICLE.match(text):  # "Bilt, De" and "Gravenhage, 's"
        text = f"{inverted[2]} {inverted[1]}"
    text = text.replace("&", " en ")
    text = re.sub(r"\ba\s*[./]?\s*d\b\.?|\baan\s+den?\b", " ad ", text)  # Capelle a/d IJssel
    text = re.sub(r"\bst\b\.?", "sint", text)
    return "".join(letter for letter in text if letter.isalnum())


_PROVINCE_KEYS: dict[str, set[str]] = {}
for _code, _spellings in PROVINCES.items():
    for _spelling in _spellings:
        _PROVINCE_KEYS.setdefault(key(_spelling), set()).add(_code)


def provinces_named(text: str) -> set[str]:
    """Codes of the provinces that `text` may name."""
    return _PROVINCE_KEYS.get(key(text), set())


def without_province(name: str) -> tuple[str, set[str]]:
    """``Bergen (NH.)``, ``Bergen NH`` and ``Bergen, Noord-Holland`` as ("Bergen", {"PV27"})."""
    if found := _BRACKETS.match(name):
        return found[1], provinces_named(found[2])
    words = re.split(r"(?:,\s*|\s+)", name.strip())
    for count in (1, 2):
        tail = " ".join(words[-count:])
        if len(words) > count and (codes := provinces_named(tail)):
            return " ".join(words[:-count]), codes
    return name, set()
