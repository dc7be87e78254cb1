"""Small tables of votes in each form that was published, with made-up numbers of thirteen municipalities."""

from __future__ import annotations

TOWNS = [  # number, name, constituency, entitled, votes on two lists, blank, invalid
    ("0014", "Groningen", "K1", 1000, (400, 300), 5, 7),
    ("0096", "Vlieland", "K2", 90, (60, 38), 0, 1),
    ("0363", "Amsterdam", "K9", 5000, (2000, 1900), 20, 30),
    ("0106", "Assen", "K3", 800, (300, 310), 4, 3),
    ("0193", "Zwolle", "K4", 1200, (500, 410), 6, 2),
    ("0995", "Lelystad", "K5", 700, (260, 250), 1, 1),
    ("0268", "Nijmegen", "K6", 1500, (700, 450), 3, 9),
    ("0202", "Arnhem", "K7", 1400, (600, 440), 2, 8),
    ("0344", "Utrecht", "K8", 2600, (1200, 890), 7, 5),
    ("0392", "Haarlem", "K10", 1300, (500, 520), 5, 5),
    ("0687", "Middelburg", "K16", 400, (170, 150), 2, 2),
    ("0828", "Oss", "K18", 900, (330, 350), 1, 2),
    ("0935", "Maastricht", "K19", 1100, (410, 420), 3, 4),
]


def lines(rows, separator=";") -> str:
    return "\n".join(separator.join(map(str, row)) for row in rows) + "\n"


def wide(towns=TOWNS, parent=lambda town: town[2]) -> str:
    header = ["RegioNaam", "RegioCode", "AmsterdamseCode", "OuderRegioNaam", "OuderRegioCode"]
    header += ["Kiesgerechtigden", "Opkomst", "OngeldigeStemmen", "BlancoStemmen", "GeldigeStemmen", "A", "B"]
    rows = [
        [
            *(name, f"G{number}", "10000", "Kring", parent((number, name, district)), entitled),
            *(sum(votes) + blank + invalid, invalid, blank, sum(votes), *votes),
        ]
        for number, name, district, entitled, votes, blank, invalid in towns
    ]
    return lines([header, *rows])


def fields(towns=TOWNS) -> str:
    header = ["Regio", "RegioCode", "OuderRegioCode", "LijstNummer", "VeldType", "Waarde"]
    rows = []
    for number, name, district, entitled, votes, blank, invalid in towns:
        own = [("Kiesgerechtigden", entitled), ("Opkomst", sum(votes) + blank + invalid)]
        own += [("AantalGeldigeStemmen", sum(votes)), ("AantalBlancoStemmen", blank)]
        own += [("AantalOngeldigeStemmen", invalid)]
        for region, code, above in ((name, f"G{number}", district), (f"Kring {name}", district, "P20")):
            rows += [
                [region, code, above, place, "LijstAantalStemmen", count]
                for place, count in enumerate(votes, start=1)
            ]
            rows += [[region, code, above, "", field, count] for field, count in own]
    return lines([header, *rows])


def lists(towns=TOWNS) -> str:
    rows = [
        [name, f"GM{number}", "10000", label, count]
        for number, name, _, _, votes, *_ in towns
        for label, count in zip("AB", votes, strict=True)
    ]
    rows[-1][3] = "Lijst B"  # half of the file ends within a line
    return lines([["Regio", "Gemeentecode", "AmsterdamseCode", "LijstNaam", "Waarde"], *rows], ",")


def councils(towns=TOWNS) -> str:
    """Lines end in a separator, and quotes are part of a name."""
    rows = [
        [f"{name};G{number};10000;{label};{count};1;"]
        for number, name, _, _, votes, *_ in towns
        for label, count in zip(('Lijst "Ons" Dorp', "B"), votes, strict=True)
    ]
    return lines([["Gemeente;Code;AmsterdamseCode;Partij;AantalStemmen;AantalZetels;"], *rows])


def names(towns=TOWNS, title="Verkiezingsuitslagen Provinciale Staten 2011 - Nederland") -> str:
    entitled = sum(town[3] for town in towns)
    valid = sum(sum(town[4]) for town in towns)
    blank, invalid = sum(town[5] for town in towns), sum(town[6] for town in towns)
    above = [
        [title, "", ""],
        ["# geldige stemmen", valid, ""],
        ["# ongeldige stemmen", invalid, ""],
        ["# blanco stemmen", blank, ""],
        ["# kiesgerechtigden", entitled, ""],
        ["Opkomst", valid + blank + invalid, ""],
        ["", "", ""],
        ["Partij", "# Stemmen", "# Zetels"],
        ["A", 1, 1],
    ]
    header = [
        "Naam",
        "# geldige stemmen",
        "# ongeldige stemmen",
        "# blanco stemmen",
        "Percentage blanco stemmen",
    ]
    header += ["# kiesgerechtigden", "Opkomst", "Opkomstpercentage", "A", "B"]
    rows = [
        [name, sum(votes), invalid, blank, "0,1%", entitled, sum(votes) + blank + invalid, "70,0%", *votes]
        for _, name, _, entitled, votes, blank, invalid in towns
    ]
    told = "This file is created with Aspose.Cells for evaluation only"
    return lines([*above, header, *rows, [told, "", ""]])


def anp(towns=TOWNS) -> str:
    header = ["Municipality_cbs", "Regio", "party_key", "Waarde", "turnout_current", "voters_current"]
    header += ["invalid_current", "blank_current", "updated_utc"]
    rows = [
        [
            *(number, name, label, count, round(100 * (sum(votes) + blank + invalid) / entitled, 1)),
            *(entitled, invalid, blank, "2025-10-31 18:34:42"),
        ]
        for number, name, _, entitled, votes, blank, invalid in towns
        for label, count in zip("AB", votes, strict=True)
    ]
    return lines([header, *rows], ",")
