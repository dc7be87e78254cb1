"""Stand-ins for results of elections by municipality, in five of the forms in which they are published.

Entitled and cast votes add up, by province, to nearly those of the facts, because a file of which they do not
is refused as another election; how they lie over municipalities is made up.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.rehearsal.eml import write_counts
from analysis.rehearsal.places import Town, towns_on
from analysis.rehearsal.workbooks import xlsx

LISTS = ("Partij Alfa", "Lijst Beta (B)", "Gamma & Delta", "Epsilon", "Lijst 5")
# One constituency of each province, as a table by constituency writes it.
_DISTRICT = dict(
    zip(
        [f"PV{number}" for number in range(20, 32)],
        ["K1", "K2", "K3", "K4", "K5", "K6", "K8", "K9", "K12", "K16", "K17", "K19"],
        strict=True,
    )
)
_BODIES = (("Bonaire", "O9001", 13_000), ("Sint Eustatius", "O9002", 1_900), ("Saba", "O9003", 900))
_PS = {
    "PV20": "Groningen", "PV21": "Fryslan", "PV22": "Drenthe", "PV23": "Overijssel", "PV24": "Flevoland",
    "PV25": "Gelderland", "PV26": "Utrecht", "PV27": "NoordHolland", "PV28": "ZuidHolland", "PV29": "Zeeland",
    "PV30": "NoordBrabant", "PV31": "Limburg",
}  # fmt: skip
_ABSENT_IN_2019 = {"PV25": 1, "PV27": 1, "PV28": 2}  # municipalities that the published sheet lacks
_PASSES = "Vlieland"  # where voters with a pass from elsewhere make a turnout above 100 per cent
_HAGUE = "GM0518"


@dataclass(frozen=True)
class Count:
    """Votes in one municipality or body."""

    name: str
    code: str
    province: str
    eligible: int
    blank: int
    invalid: int
    lists: tuple[int, ...]

    @property
    def valid(self) -> int:
        return sum(self.lists)

    @property
    def voters(self) -> int:
        return self.valid + self.blank + self.invalid


def write_votes(facts: Path, folder: Path, rng: np.random.Generator) -> None:
    """Tweede Kamer 2021, 2023 and 2025, Provinciale Staten 2019 and 2023, and the councils of 2022.

    Those of 2023 and 2022 also as counts by municipality; only there councils have an electorate.
    """
    with (facts / "turnout_provinces.csv").open(encoding="utf-8", newline="") as handle:
        known = list(csv.DictReader(handle))
    lean = {}  # how far the turnout of a municipality lies from that of its province, in all elections alike

    def counts(date: str) -> list[Count]:
        rows = {row["province"]: row for row in known if row["date"] == date}
        return _counts(towns_on(facts, date), rows, lean, rng)

    _wide(folder / "Uitslag_alle_gemeenten_TK20210317.csv", counts("2021-03-17"), rng)
    _fields(folder / "TK20231122_uitslag_gemeente.csv", counts("2023-11-22"), rng)
    _newspaper(folder, counts("2025-10-29"), rng)
    states = {date: counts(date) for date in ("2023-03-15", "2019-03-20")}
    sheets = {f"PS{date[:4]}": _states(found, date[:4]) for date, found in states.items()}
    xlsx(folder / "Tellingen_PS_2023vs2019.xlsx", **sheets)
    elections = {one.code: f"PS2023_{_PS[one.province]}" for one in states["2023-03-15"]}
    write_counts(folder / "kiesraad_ps2023_1.zip", states["2023-03-15"], elections, "2023-03-15", LISTS)
    council = [_of_council(one) for one in counts("2021-03-17")]
    _council(folder / "uitslag_GR20220316_Gemeente.csv", council)
    elections = {one.code: f"GR2022_{''.join(filter(str.isalnum, one.name))}" for one in council}
    write_counts(folder / "kiesraad_gr2022.zip", council, elections, "2022-03-16", LISTS)


def _of_council(one: Count) -> Count:
    """More may vote for a council than for the Tweede Kamer, and fewer do."""
    fewer = tuple(int(0.65 * votes) for votes in one.lists)
    return replace(one, eligible=int(1.04 * one.eligible), lists=fewer)


def _counts(
    found: list[Town], provinces: Mapping[str, Mapping[str, str]], lean: dict[str, float], rng
) -> list[Count]:
    made = []
    for code, row in provinces.items():
        own = [town for town in found if town.province == code]
        hague = int(row["eligible_the_hague"])
        shares = np.array([0.0 if town.code == _HAGUE else town.size for town in own])
        total = int(row["eligible"]) - int(row["eligible_abroad"]) - hague
        eligible = np.maximum(400, np.round(total * shares / shares.sum())).astype(int)
        for number, town in enumerate(own):
            lean.setdefault(town.code, float(rng.normal(0, 3)))
            entitled = hague if town.code == _HAGUE else int(eligible[number])
            voted = 100 * int(row["voters"]) / int(row["eligible"])
            made.append((town, entitled, voted))
    off = {
        code: np.average([lean[town.code] for town, *_ in made if town.province == code],
                         weights=[size for town, size, _ in made if town.province == code])
        for code in provinces
    }  # fmt: skip
    return [
        _count(town, entitled, voted + lean[town.code] - off[town.province] + rng.normal(0, 0.6), rng)
        for town, entitled, voted in made
    ]


def _count(town: Town, eligible: int, turnout_pct: float, rng: np.random.Generator) -> Count:
    if town.name == _PASSES:
        turnout_pct = 112.0
    voters = round(eligible * turnout_pct / 100)
    blank, invalid = int(rng.binomial(voters, 0.002)), int(rng.binomial(voters, 0.002))
    lists = rng.multinomial(voters - blank - invalid, rng.dirichlet([6, 5, 4, 3, 2]))
    return Count(town.name, town.code, town.province, eligible, blank, invalid, tuple(map(int, lists)))


def _bodies(rng: np.random.Generator) -> list[Count]:
    return [
        Count(name, code, "", size, 3, 2, tuple(map(int, rng.multinomial(size // 5, [0.2] * 5))))
        for name, code, size in _BODIES
    ]


def _wide(path: Path, counts: list[Count], rng: np.random.Generator) -> None:
    header = [
        "RegioNaam",
        "RegioCode",
        "AmsterdamseCode",
        "OuderRegioNaam",
        "OuderRegioCode",
        "Kiesgerechtigden",
        "Opkomst",
        "OngeldigeStemmen",
        "BlancoStemmen",
        "GeldigeStemmen",
    ]
    rows = []
    for number, one in enumerate([*counts, *_bodies(rng)], start=1):
        parent = _DISTRICT.get(one.province, "K20")
        code = one.code.replace("GM", "G")
        lists = [value or "" for value in one.lists]  # a list without votes, or without candidates there
        rows.append([one.name, code, 10_000 + number, parent, parent, one.eligible, one.voters,
                     one.invalid or "", one.blank or "", one.valid, *lists])  # fmt: skip
    _written(path, [[*header, *LISTS], *rows], ";", "utf-8-sig")


def _fields(path: Path, counts: list[Count], rng: np.random.Generator) -> None:
    """Constituencies above municipalities, one row a region and field."""
    header = [
        "Regio",
        "RegioCode",
        "OuderRegioCode",
        "GrootOuderRegioCode",
        "Partij",
        "LijstNummer",
        "LijstNaam",
        "KandidaatNummer",
        "KandidaatInitialen",
        "KandidaatVoornaam",
        "KandidaatTussenvoegsel",
        "KandidaatAchternaam",
        "KandidaatWoonplaats",
        "KandidaatGeslacht",
        "VeldType",
        "Waarde",
    ]
    regions = []
    for province, district in {**_DISTRICT, "": "K20"}.items():
        own = [one for one in counts if one.province == province] if province else _bodies(rng)
        lists = tuple(map(sum, zip(*(one.lists for one in own), strict=True)))
        sums = [sum(getattr(one, name) for one in own) for name in ("eligible", "blank", "invalid")]
        above = f"P{province.removeprefix('PV') or '99'}"
        regions.append((Count(f"Kieskring {district[1:]}", district, province, *sums, lists), above))
        regions += [(one, district) for one in own]
    rows = []
    for one, above in regions:
        start = [one.name, one.code.replace("GM", "G"), above, "L528"]
        for number, (name, votes) in enumerate(zip(LISTS, one.lists, strict=True), start=1):
            rows.append([*start, "", number, name, *[""] * 7, "LijstAantalStemmen", votes])
        rows += [
            [*start, *[""] * 10, field, value]
            for field, value in (
                ("AantalBlancoStemmen", one.blank), ("AantalGeldigeStemmen", one.valid),
                ("AantalOngeldigeStemmen", one.invalid), ("Opkomst", one.voters),
                ("Kiesgerechtigden", one.eligible),
            )
        ]  # fmt: skip
    _written(path, [header, *rows], ";", "utf-8")


def _newspaper(folder: Path, counts: list[Count], rng: np.random.Generator) -> None:
    """A turnout to a tenth of a point and the electorate, a row a party; and the votes on the lists."""
    header = [
        "Municipality_cbs",
        "Regio",
        "municipality_key",
        "party_key",
        "prev_votes",
        "Waarde",
        "turnout_current",
        "voters_current",
        "invalid_current",
        "blank_current",
        "updated_utc",
        "status",
    ]
    rows, lists = [], []
    for number, one in enumerate(counts, start=1):
        shown = round(100 * one.voters / one.eligible, 1)
        for party, votes in enumerate(one.lists):
            before = int(rng.integers(0, 9999))
            rows.append([one.code.removeprefix("GM"), one.name, number, f"p{party}", before, votes, shown,
                         one.eligible, one.invalid, one.blank, "2025-10-31 18:34:42", 4])  # fmt: skip
            lists.append([one.name, one.code, 10_000 + number, LISTS[party], votes])
    _written(folder / "ANP_TK2025_opkomst_per_gemeente.csv", [header, *rows], ",", "utf-8")
    header = ["Regio", "Gemeentecode", "AmsterdamseCode", "LijstNaam", "Waarde"]
    _written(folder / "uitslag_TK20251029_Gemeente.csv", [header, *lists], ",", "utf-8")


def _states(counts: list[Count], year: str) -> list[list]:
    header = ["GemeenteCode", "GemeenteNaam", "ElectionIdentifier", "Aantal_SB", "Cast", "TotalCounted"]
    rows, lacking = [header], dict(_ABSENT_IN_2019) if year == "2019" else {}
    for one in counts:
        if lacking.get(one.province) and one.code != _HAGUE:
            lacking[one.province] -= 1
            continue
        rows.append([one.code.removeprefix("GM"), one.name, f"PS{year}_{_PS[one.province]}",
                     1 + one.eligible // 1500, one.eligible, one.valid])  # fmt: skip
    return rows


def _council(path: Path, counts: list[Count]) -> None:
    """Votes on lists only: of a council nobody publishes the electorate in one table."""
    header = ["Gemeente", "Code", "AmsterdamseCode", "Partij", "AantalStemmen", "AantalZetels", ""]
    rows = [
        [one.name, one.code.replace("GM", "G"), number, party, votes, 3, ""]
        for number, one in enumerate(counts, start=10_001)
        for party, votes in zip(LISTS, one.lists, strict=True)
    ]
    _written(path, [header, *rows], ";", "utf-8")


def _written(path: Path, rows: list[list], separator: str, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle, delimiter=separator, lineterminator="\r\n").writerows(rows)
