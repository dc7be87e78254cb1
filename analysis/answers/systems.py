"""Dutch names of the systems that take part in ICCS and PISA, by the code in their file names."""

from __future__ import annotations

NAMES = {
    "AUT": "Oostenrijk",
    "BFL": "Vlaanderen",
    "BGR": "Bulgarije",
    "BRA": "Brazilië",
    "CHE": "Zwitserland",
    "CHL": "Chili",
    "COL": "Colombia",
    "CYP": "Cyprus",
    "CZE": "Tsjechië",
    "DNK": "Denemarken",
    "DNW": "Noordrijn-Westfalen",
    "DOM": "Dominicaanse Republiek",
    "DSH": "Sleeswijk-Holstein",
    "ENG": "Engeland",
    "ESP": "Spanje",
    "EST": "Estland",
    "FIN": "Finland",
    "FRA": "Frankrijk",
    "GRC": "Griekenland",
    "GTM": "Guatemala",
    "HKG": "Hongkong",
    "HRV": "Kroatië",
    "IDN": "Indonesië",
    "IRL": "Ierland",
    "ITA": "Italië",
    "KOR": "Zuid-Korea",
    "LIE": "Liechtenstein",
    "LTU": "Litouwen",
    "LUX": "Luxemburg",
    "LVA": "Letland",
    "MEX": "Mexico",
    "MLT": "Malta",
    "NLD": "Nederland",
    "NOR": "Noorwegen",
    "NZL": "Nieuw-Zeeland",
    "PER": "Peru",
    "POL": "Polen",
    "PRY": "Paraguay",
    "ROU": "Roemenië",
    "RUS": "Rusland",
    "SRB": "Servië",
    "SVK": "Slowakije",
    "SVN": "Slovenië",
    "SWE": "Zweden",
    "THA": "Thailand",
    "TWN": "Taiwan",
}


def system_name(code: str) -> str:
    """The Dutch name, or the code itself where none is known."""
    return NAMES.get(code, code)
