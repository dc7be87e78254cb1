"""Places as people write them, for the stand-ins: municipalities, schools, postcodes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MERGED = 2021  # until here the municipalities of 2019, from here those of 2026
_OTHER_SPELLING = {
    "'s-Gravenhage": "Den Haag",
    "'s-Hertogenbosch": "Den Bosch",
    "Súdwest-Fryslân": "Sudwest Fryslan",
    "De Fryske Marren": "Friese Meren",
}


@dataclass(frozen=True)
class Town:
    """A municipality, with how large it is among the others."""

    code: str
    name: str
    province: str
    size: float


@dataclass(frozen=True)
class School:
    """A school location: BRIN with branch, and where it stands."""

    location: str
    town: Town
    postcode: str


def towns(facts: Path, year: int, rng: np.random.Generator) -> list[Town]:
    """The municipalities of `year` (2019 or 2026 in the facts), with sizes drawn once."""
    with (facts / "municipalities.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["year"] == str(year)]
    sizes = rng.pareto(1.5, len(rows)) + 0.3
    return [
        Town(row["code"], row["name"], row["province"], size) for row, size in zip(rows, sizes, strict=True)
    ]


def towns_on(facts: Path, date: str) -> list[Town]:
    """The municipalities on the day of an election from 2019 on, each as large on every day.

    From the lists of 2019 and 2026 and the mergers between; what merged is as large as its parts.
    """
    listed: dict[str, dict[str, dict[str, str]]] = {"2019": {}, "2026": {}}
    with (facts / "municipalities.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            listed[row["year"]][row["code"]] = row
    with (facts / "municipal_changes.csv").open(encoding="utf-8", newline="") as handle:
        changes = list(csv.DictReader(handle))
    seen = min((row["first_without"] for row in changes if row["first_without"] >= date), default=date)
    gone = {row["code"] for row in changes if row["last_seen"] < seen}
    made = {row["into"] for row in changes if row["first_without"] <= seen}
    old, new = listed["2019"], listed["2026"]
    if date < "2020":
        kept = old
    else:
        kept = {
            code: row
            for code, row in (old | new).items()
            if code not in gone and (code in old or code in made)
        }
    size = {code: np.random.default_rng(int(code[2:])).pareto(1.5) + 0.3 for code in old}
    whole = {code: size.get(code, 0.0) for code in kept}
    for code in gone & set(old) - set(kept):
        into = [row["into"] for row in changes if row["code"] == code and row["into"] in kept]
        whole |= {one: whole[one] + size[code] / len(into) for one in into}
    return [
        Town(code, row["name"], row["province"], whole[code] or 1.0) for code, row in sorted(kept.items())
    ]


def schools(found: list[Town], count: int, rng: np.random.Generator) -> list[School]:
    """Schools in towns, more in the larger ones; every school has a postcode of its own."""
    weights = np.array([town.size for town in found])
    chosen = rng.choice(len(found), count, p=weights / weights.sum())
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    made = []
    for number, place in enumerate(chosen):
        brin = f"{number // 500 + 1:02d}{letters[number // 23 % 22]}{letters[number % 23]}"
        postcode = f"{1000 + number * 7 % 8900:04d}{letters[number % 20]}{letters[number // 20 % 20]}"
        made.append(School(f"{brin}{rng.integers(0, 3):02d}", found[place], postcode))
    return made


def written(town: Town, rng: np.random.Generator) -> str:
    """The name of a town in one of the ways it is written."""
    way = rng.integers(0, 10)
    if way == 0:
        return town.code
    if way == 1:
        return town.code.removeprefix("GM").lstrip("0")
    if way == 2:
        return town.name.upper()
    if way == 3:
        return _OTHER_SPELLING.get(town.name, f" {town.name} ")
    return town.name
