"""Stand-ins for registrations: lists of activities as an office keeps them, mistakes included."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from analysis.rehearsal.places import School, Town, written

PROVINCES = {
    "PV20": "Groningen", "PV21": "Fryslân", "PV22": "Drenthe", "PV23": "Overijssel", "PV24": "Flevoland",
    "PV25": "Gelderland", "PV26": "Utrecht", "PV27": "Noord-Holland", "PV28": "Zuid-Holland",
    "PV29": "Zeeland", "PV30": "Noord-Brabant", "PV31": "Limburg",
}  # fmt: skip
MISTAKE = 0.02  # share of rows with one


@dataclass
class Truth:
    """What was put in a registration, for who compares it with what comes out.

    Attributes
    ----------
    young_people, activities : int
        Of activities that took place and have a readable date.
    lost : int
        Rows without a readable date or place.
    """

    young_people: int = 0
    activities: int = 0
    lost: int = 0


@dataclass
class Registration:
    """Rows with a header, and their truth."""

    header: tuple[str, ...]
    rows: list[list] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)


def by_municipality(
    found: list[Town], starts: dict[str, date], until: date, count: int, rng: np.random.Generator
) -> Registration:
    """Date, municipality, province, kind, young people and status; where the programme has started."""
    kept = Registration(("Datum", "Gemeente", "Provincie", "Activiteit", "Aantal leerlingen", "Status"))
    reached = [town for town in found if starts.get(town.province, until) < until]
    for _ in range(count):
        town = reached[rng.integers(0, len(reached))]
        begun = starts[town.province]
        day = begun + timedelta(days=int(rng.integers(0, max(1, (until - begun).days))))
        people = int(rng.integers(12, 140))
        status = "geannuleerd" if rng.random() < 0.05 else "uitgevoerd"
        name, province = written(town, rng), PROVINCES[town.province] if rng.random() < 0.8 else ""
        mistake = rng.integers(0, 4) if rng.random() < MISTAKE else -1
        told: object = people
        if mistake == 0:
            name, province = "Onbekendhuizen", ""
        elif mistake == 1:
            day = None
        elif mistake == 2:
            told = "onbekend"
        elif mistake == 3:
            name, province = "Bonaire", "Caribisch Nederland"
        kind = ("Gastles", "Haagbezoek", "Democratielab")[rng.integers(0, 3)]
        kept.rows.append([day, name, province, kind, told, status])
        _count(
            kept.truth, status == "uitgevoerd", day is not None, mistake != 0, people if mistake != 2 else 0
        )
    return kept


def by_school(found: list[School], until: date, count: int, rng: np.random.Generator) -> Registration:
    """Month and school, without a municipality: that is for the list of schools to say."""
    kept = Registration(("Maand", "BRIN vestiging", "Activiteit", "Aantal leerlingen"))
    for _ in range(count):
        school = found[rng.integers(0, len(found))]
        people = int(rng.integers(20, 160))
        strange = rng.random() < MISTAKE
        location = "99ZZ99" if strange else f"{school.location[:4]}-{int(school.location[4:])}"
        kept.rows.append(
            [f"{until.year}-{rng.integers(1, until.month + 1):02d}", location, "Gastles", people]
        )
        _count(kept.truth, True, True, not strange, people)
    return kept


def by_postcode(found: list[School], years: range, count: int, rng: np.random.Generator) -> Registration:
    """Date and postcode, as a tool for planning days exports it."""
    kept = Registration(("Datum", "Postcode", "Soort", "Aantal jongeren"))
    for _ in range(count):
        school = found[rng.integers(0, len(found))]
        day = date(int(rng.choice(years)), int(rng.integers(1, 10)), int(rng.integers(1, 28)))
        people = int(rng.integers(20, 200))
        code = school.postcode if rng.random() < 0.5 else f"{school.postcode[:4]} {school.postcode[4:]}"
        strange = rng.random() < MISTAKE
        kept.rows.append([day, "0000XX" if strange else code, "Tienskipdag", people])
        _count(kept.truth, True, True, not strange, people)
    return kept


def _count(truth: Truth, counted: bool, dated: bool, placed: bool, people: int) -> None:
    if not dated or (counted and not placed):
        truth.lost += 1
    if counted and dated:
        truth.activities += 1
        truth.young_people += people
    if dated and not counted and not placed:
        truth.lost += 1
