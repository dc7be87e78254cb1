"""The stand-ins as files in a folder, in the dialects that such files come in, and what was put in them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from analysis.rehearsal import activities, measures, open_data, pupils, votes
from analysis.rehearsal.places import MERGED, School, Town, schools, towns
from analysis.rehearsal.workbooks import ods, xlsx

STARTS = {
    "prodemos": {"PV20": date(2024, 1, 1), "PV22": date(2024, 1, 1), "PV24": date(2024, 3, 1),
                 "PV29": date(2024, 1, 1), "PV30": date(2024, 2, 1), "PV21": date(2025, 1, 1),
                 "PV31": date(2025, 1, 1)},
    "tienskip": {"PV21": date(2022, 9, 1), "PV20": date(2024, 1, 1), "PV28": date(2024, 9, 1),
                 "PV23": date(2024, 9, 1), "PV25": date(2024, 9, 1), "PV30": date(2025, 1, 1)},
}  # fmt: skip
YEARS = range(2018, 2027)
UNTIL = date(2026, 9, 30)
_MASKED = "<5"
_CLOCK = slice(92, 109)  # of the header of an SPSS file: date and time of writing


@dataclass(frozen=True)
class Planted:
    """What the stand-ins hold: truth by programme, and the files that were written."""

    truths: dict[str, activities.Truth]
    files: tuple[Path, ...]


def write_standins(facts: Path, folder: Path, *, seed: int = 1, size: float = 1.0) -> Planted:
    """A file, or several, of every source in `folder`.

    All but one: PISA 2003 is known by its checksum, and a stand-in would be called altered.

    Parameters
    ----------
    facts : Path
        ``data/facts``: the names of municipalities are real, everything in them is made up.
    folder : Path
        Made where it is not there.
    size : float
        Of the pupil files, and share of the municipalities where an outcome is measured; less is quicker.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    before, after = towns(facts, 2019, rng), towns(facts, 2026, rng)
    sited = schools(after, 600, rng)
    _write_lookups(folder, sited, rng)
    truths = {
        "prodemos": _write_prodemos(folder, after, sited, rng),
        "tienskip": _write_tienskip(folder, sited, rng),
    }
    _write_outcomes(folder, _some(before, size), _some(after, size), rng)
    _write_pupils(folder, sited, rng, size)
    votes.write_votes(facts, folder, rng)
    open_data.write_open_data(facts, folder, after, rng)
    return Planted(truths, tuple(sorted(folder.iterdir())))


def _write_prodemos(folder: Path, found, sited: Sequence[School], rng) -> activities.Truth:
    starts = STARTS["prodemos"]
    first = activities.by_municipality(found, starts, date(2025, 1, 1), 260, rng)
    rows = [[f"Regionale activiteiten, {activities.PROVINCES['PV20']} en andere"], [], list(first.header)]
    rows += [*first.rows[:120], [], *first.rows[120:], [], ["Totaal", None, None, None, 99_999]]
    xlsx(folder / "prodemos_2024.xlsx", Activiteiten=rows, Toelichting=[["Cijfers onder voorbehoud"]])
    second = activities.by_municipality(found, starts, date(2026, 1, 1), 300, rng)
    second.rows = [[_dutch(cell) for cell in row] for row in second.rows]
    total = ["Eindtotaal", "", "", "", "88888", ""]
    _csv(folder / "prodemos_2025.csv", [second.header, *second.rows, total], ";", "cp1252")
    own = [school for school in sited if starts.get(school.town.province, UNTIL) < UNTIL]
    third = activities.by_school(own, UNTIL, 240, rng)
    _csv(folder / "prodemos_2026.csv", [third.header, *third.rows], ",", "utf-8-sig")
    xlsx(
        folder / "start_prodemos.xlsx",
        Start=[["Provincie", "Startdatum", "Einddatum"], *measures.starts_by_province(starts)],
    )
    return _sum(first.truth, second.truth, third.truth)


def _write_tienskip(folder: Path, sited: Sequence[School], rng) -> activities.Truth:
    starts = STARTS["tienskip"]
    own = [school for school in sited if starts.get(school.town.province, UNTIL) < date(2025, 1, 1)]
    kept = activities.by_postcode(own, range(2025, 2027), 280, rng)
    ods(folder / "tienskip.ods", Dagen=[list(kept.header), *kept.rows, [], ["Som", None, None, 77_777]])
    found = list({school.town.code: school.town for school in own}.values())
    rows = measures.starts_by_town(found, starts, rng)
    _csv(folder / "start_tienskip.csv", [("Gemeente", "Provincie", "Start"), *rows], ";", "utf-8")
    return kept.truth


def _some(found: list[Town], size: float) -> list[Town]:
    """The same share of the municipalities of every province, the first by code."""
    kept = []
    for province in activities.PROVINCES:
        own = [town for town in found if town.province == province]
        kept += own[: max(2, round(size * len(own)))]
    return kept


def _write_outcomes(folder: Path, before, after, rng) -> None:
    header = ("Gemeente", "Provincie", "Jaar", "Score", "Aantal leerlingen", "Respons")
    known = measures.outcome(before, after, STARTS["prodemos"], YEARS, 1.5, rng)
    rows = [[*row[:3], str(row[3]).replace(".", ","), *row[4:]] for row in known]
    _csv(folder / "democratiekennis.csv", [header, *rows], ";", "cp1252")
    engaged = measures.outcome(before, after, STARTS["tienskip"], YEARS, 0.0, rng)
    unasked = [row[:-1] for row in engaged]  # this file does not say how many were invited
    xlsx(folder / "betrokkenheid.xlsx", Meting=[list(header[:-1]), *unasked])


def _write_pupils(folder: Path, sited: Sequence[School], rng, size: float) -> None:
    import pyreadstat

    for name, change, values in (("ISGNLDC4_RUF", 0, 10), ("ISGNLDC3", 15, 5), ("ISGNLDC2", 5, 5)):
        frame = pupils.civic_pupils(max(60, int(150 * size)), rng, change=change, values=values)
        path = folder / f"{name}.sav"
        pyreadstat.write_sav(frame, str(path), variable_value_labels=pupils.VALUE_LABELS)
        content = bytearray(path.read_bytes())
        content[_CLOCK] = b"01 Jan 2600:00:00"  # the same bytes whenever it is written
        path.write_bytes(content)
    panel = pupils.adolescents(sited[:60], int(2400 * size), rng)
    panel.to_csv(folder / "adks.csv", index=False)


def _write_lookups(folder: Path, sited: Sequence[School], rng) -> None:
    """The open lists that registrations by school and by postcode are placed with."""
    grades = [f"LEER- OF VERBLIJFSJAAR {grade} - {sex}" for grade in range(1, 7) for sex in ("MAN", "VROUW")]
    header = ["INSTELLINGSCODE", "VESTIGINGSCODE", "GEMEENTENUMMER", "GEMEENTENAAM", "PROVINCIE",
              "ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR", *grades]  # fmt: skip
    rows, seen = [], set()
    for school in sited:
        if school.location in seen:
            continue
        seen.add(school.location)
        counts = [_MASKED if number < 5 else str(number) for number in rng.integers(0, 90, len(grades))]
        town = school.town
        rows.append(
            [school.location[:4], school.location, town.code.removeprefix("GM"), town.name.upper(),
             activities.PROVINCES[town.province], "HAVO", *counts]
        )  # fmt: skip
    _csv(folder / "duo_vo_2025.csv", [header, *rows], ";", "utf-8")
    codes = sorted({(school.postcode, school.town.code.removeprefix("GM").lstrip("0")) for school in sited})
    _csv(folder / "cbs_postcodes.csv", [("PC6", f"Gemeente{MERGED + 4}"), *codes], ";", "utf-8")


def _csv(path: Path, rows: Sequence[Sequence], separator: str, encoding: str) -> None:
    with path.open("w", encoding=encoding, errors="replace", newline="") as handle:
        csv.writer(handle, delimiter=separator, lineterminator="\r\n").writerows(rows)


def _dutch(cell: object) -> object:
    return f"{cell.day}-{cell.month}-{cell.year}" if isinstance(cell, date) else "" if cell is None else cell


def _sum(*truths: activities.Truth) -> activities.Truth:
    return activities.Truth(
        sum(one.young_people for one in truths),
        sum(one.activities for one in truths),
        sum(one.lost for one in truths),
    )
