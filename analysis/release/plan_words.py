"""Values of design files in Dutch, as a reader may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import dutch
from analysis.release.markdown import escape

_MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
    "november", "december",
)  # fmt: skip
_ESTIMATORS = {
    "group_time_att": "effecten per groep en meting",
    "two_way_fe": "vaste effecten",
    "two_way": "vaste effecten",
    "imputation": "imputatie",
    "not_yet": "effecten per groep en meting tegen wie nog niet is begonnen",
    "never": "dezelfde tegen wie niet begint",
    "all": "alle provincies",
}
_PROGRAMMES = {"prodemos": "ProDemos", "tienskip": "Tienskip"}
_SOURCES = {"studie": "deze studie", "A": "brief A", "B": "brief B"}
_VOCABULARY = {
    "estimator": _ESTIMATORS,
    "estimators": _ESTIMATORS,
    "control": _ESTIMATORS,
    "cluster": {"province": "provincie"},
    "weights": {
        "municipalities": "gelijk per gemeente",
        "inhabitants": "naar inwoners",
        "provinces": "gelijk per provincie",
    },
    "comparison": {
        "not_yet": "plaatsen die nog niet zijn begonnen",
        "never": "plaatsen die niet beginnen",
    },
    "estimand": {
        "effect": "het gemiddelde effect sinds de start",
        "dose": "het gemiddelde effect sinds de start, en het verschil bij meer bereik",
    },
    "role": {"primary": "hoofdvraag", "secondary": "nevenvraag", "placebo": "schijnvraag"},
    "level": {"municipality": "per gemeente", "province": "per provincie"},
    "weight": {"equal": "elke plaats even zwaar", "n": "naar aantal mensen"},
    "programme": _PROGRAMMES,
    "programmes": _PROGRAMMES,
    "other_programme": _PROGRAMMES,
    "source": _SOURCES,
    "young_people_source": _SOURCES,
    "allocation_source": _SOURCES,
    "condition": {
        "unknown": "de uitkomst is onbekend",
        "out_of_reach": "het grootste mogelijke effect is kleiner dan het kleinste dat te zien is",
        "no_statement": "de toets doet geen uitspraak",
        "too_few_treated": "er zijn te weinig provincies met invoering",
        "above": "het hele interval ligt boven nul",
        "below": "het hele interval ligt onder nul",
        "negligible": "het hele interval ligt binnen het kleinste effect dat ertoe doet",
        "equivalent": "de toets op gelijkwaardigheid slaagt",
        "different": "de toets op gelijkheid verwerpt",
        "otherwise": "in elk ander geval",
    },
}
"""Words by the key they stand under: level A of civic knowledge is no letter A."""
_LONGEST = 160  # characters of a value in the list of deviations


def dutch_date(day: str) -> str:
    """``2026-11-02`` as ``2 november 2026``."""
    year, month, number = day.split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]} {year}"


def say(value: Any, key: str = "") -> str:
    """A value of a design file as a reader may see it; numbers in Dutch, a long one cut short.

    Parameters
    ----------
    key : str
        Under which the value stands: only there are its words translated.
    """
    text = plain(value, key)
    return escape(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") or "leeg"


def plain(value: Any, key: str = "") -> str:
    """As :func:`say`, whole and without marks escaped."""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, float):
        return str(value).replace(".", ",").replace("-", dutch.MINUS)
    if isinstance(value, (list, tuple)):
        decimal = any(isinstance(item, float) for item in value)  # a comma is then within numbers too
        return ("; " if decimal else ", ").join(plain(item, key) for item in value) or "geen"
    if isinstance(value, Mapping):
        return "; ".join(f"{name} = {plain(item, name)}" for name, item in value.items())
    return _VOCABULARY.get(key, {}).get(str(value), str(value))
