"""Contracts of the tables in ``data/facts``: cited figures, each with its source and status."""

from __future__ import annotations

import pandera.pandas as pa

from analysis.sources.geography_contract import PROVINCE_PATTERN

COUNTRY = "NL01"
SOUTH = "LD04"  # Noord-Brabant and Limburg together
REMAINDER = "REST"  # in the country, in no province

FACT_STATUS = ("gerealiseerd", "toegezegd", "verwacht", "onbekend")
LINE_STATUS = ("gerealiseerd", "deels gerealiseerd", "toegezegd", "verwacht", "onbekend")
EFFECT_STATUS = ("onderzocht", "niet vast te stellen", "niet van toepassing")
SOURCE_STATUS = ("published", "recomputed", "unknown")
THEMES = ("overkoepelend", "initiatieven", "ethos", "zeggenschap")
FACT_KINDS = (
    "aantal",
    "amendement",
    "bedrag",
    "bereik",
    "bevinding",
    "bijeenkomst",
    "datum",
    "document",
    "initiatief",
    "kamerstuk",
    "leeftijd",
    "motie",
    "naam",
    "onderwerp",
    "onderzoek",
    "organisatie",
    "periode",
    "persoon",
    "plaats",
    "product",
    "studie",
    "termijn",
    "toezegging",
    "voornemen",
    "vraag",
    "wet",
)
ICC, CHANGE_SD = "icc", "change_sd"  # share of the variance between groups; spread of a change
LOGIC_STAGES = ("input", "activiteiten", "bereik", "uitkomst", "impact")
LOGIC_STATUS = ("gemeld", "beoogd", "onbekend")
LOGIC_PLACES = "; "  # between the places of a stage, "A 3.1b; B 2.1"
LOGIC_QUOTES = " | "  # between the words of the letters, one a place
COMMITMENT_KINDS = ("toezegging", "motie", "amendement", "vraag", "kabinetsreactie")

_ID = r"^[a-z][a-z0-9_]*$"
_ANCHOR = r"^sec-[a-z0-9-]+$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"


def _text() -> pa.Column:
    """Text that may be empty."""
    return pa.Column(str)


def _filled() -> pa.Column:
    return pa.Column(str, pa.Check.str_length(min_value=1))


def _one_of(*allowed: str) -> pa.Column:
    return pa.Column(str, pa.Check.isin(allowed))


def _matching(pattern: str, *, unique: bool = False) -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(pattern), unique=unique)


def _number(*checks: pa.Check, nullable: bool = True) -> pa.Column:
    return pa.Column(float, list(checks), nullable=nullable, coerce=True)


def _count(*, nullable: bool = True) -> pa.Column:
    return pa.Column("Int64", pa.Check.ge(0), nullable=nullable, coerce=True)


LETTERS = pa.DataFrameSchema(
    {
        "letter": pa.Column(str, pa.Check.isin(["A", "B"]), unique=True),
        "name": _filled(),
        "title": _filled(),
        "minister": _filled(),
        "date": _matching(r"^\d{4}(-\d{2}){0,2}$"),
        "date_status": _one_of(*SOURCE_STATUS),
        "kamerstuk": _text(),
        "bib": _filled(),
        "note": _text(),
    },
    strict=True,
    name="letters",
)

LETTER_SECTIONS = pa.DataFrameSchema(
    {
        "letter": _one_of("A", "B"),
        "section": _filled(),
        "label": _filled(),
        "title": _filled(),
        "note": _text(),
    },
    unique=["letter", "section"],
    strict=True,
    name="letter_sections",
)

LETTER_FACTS = pa.DataFrameSchema(
    {
        "id": _matching(r"^[ab]_[a-z0-9_]+$", unique=True),
        "line": _matching(_ID),
        "kind": _one_of(*FACT_KINDS),
        "label": _filled(),
        "number": _number(),
        "unit": _text(),
        "qualifier": _one_of("", "circa", "ruim", "maximaal"),
        "text": _text(),
        "date": _matching(r"^(\d{4}(-\d{2}){0,2})?$"),
        "derived": _one_of("", "jaar", "aantal"),
        "status": _one_of(*FACT_STATUS),
        "letter": _one_of("A", "B"),
        "section": _filled(),
        "kamerstuk": _text(),
        "statcode": _matching(rf"^({PROVINCE_PATTERN})?$"),
        "result": _matching(r"^([a-z][a-z0-9_]*)?$"),
        "quote": _filled(),
        "note": _text(),
    },
    checks=[
        pa.Check(
            lambda table: table["number"].notna() | (table["text"] != "") | (table["date"] != ""),
            error="a fact has a number, a text or a date",
        ),
        pa.Check(
            lambda table: table["number"].isna() == (table["unit"] == ""),
            error="a number has a unit, and only a number has",
        ),
        pa.Check(
            lambda table: (table["result"] == "") | table["number"].notna(),
            error="only a number can be a result",
        ),
        pa.Check(
            lambda table: ~table.loc[table["result"] != "", "result"].duplicated().any(),
            error="each result name occurs once",
        ),
    ],
    strict=True,
    name="letter_facts",
)

PROGRAMME_LINES = pa.DataFrameSchema(
    {
        "line": _matching(_ID, unique=True),
        "theme": _one_of(*THEMES),
        "short": _matching(r"^.{3,25}$", unique=True),
        "title": _filled(),
        "letters": _one_of("A", "B", "A; B"),
        "promised": _filled(),
        "realised": _filled(),
        "status": _one_of(*LINE_STATUS),
        "effect_status": _one_of(*EFFECT_STATUS),
        "effect": _filled(),
        "evidence": _filled(),
        "unknown": _filled(),
        "answered_in": _matching(_ANCHOR),
    },
    strict=True,
    name="programme_lines",
)

PROGRAMME_LOGIC = pa.DataFrameSchema(
    {
        "line": _matching(_ID),
        "stage": _one_of(*LOGIC_STAGES),
        "text": pa.Column(str, pa.Check.str_length(min_value=3, max_value=110)),
        "status": _one_of(*LOGIC_STATUS),
        "places": _text(),
        "quotes": _text(),
    },
    checks=[
        pa.Check(
            lambda table: (table["status"] == "onbekend") == table["text"].str.startswith("onbekend"),
            error="the text of an unknown stage begins with onbekend, and no other does",
        ),
        pa.Check(
            lambda table: (table["status"] == "onbekend") == (table["places"] == ""),
            error="what is known has a place in a letter, and only that has",
        ),
        pa.Check(
            lambda table: (
                table["places"].str.split(LOGIC_PLACES).str.len()
                == table["quotes"].str.split(LOGIC_QUOTES, regex=False).str.len()
            ),
            error="each place has its quote",
        ),
    ],
    unique=["line", "stage"],
    strict=True,
    name="programme_logic",
)

COMMITMENTS = pa.DataFrameSchema(
    {
        "id": _matching(_ID, unique=True),
        "kind": _one_of(*COMMITMENT_KINDS),
        "reference": _text(),
        "who": _filled(),
        "chamber": _one_of("Eerste Kamer", "Tweede Kamer"),
        "date": _matching(rf"{_DAY}|^$"),
        "line": _matching(_ID),
        "asked": _filled(),
        "facts": _filled(),
        "reported": _filled(),
        "answer": _text(),
        "status": _one_of(*LINE_STATUS),
        "answered_in": _matching(_ANCHOR),
        "note": _text(),
    },
    strict=True,
    name="commitments",
)

PROGRAMME_EVENTS = pa.DataFrameSchema(
    {
        "id": _matching(_ID, unique=True),
        "line": _matching(_ID),
        "label": _filled(),
        "start": _matching(_DAY),
        "end": _matching(_DAY),
        "period": _text(),
        "status": _one_of(*FACT_STATUS),
        "facts": _filled(),
        "note": _text(),
    },
    checks=pa.Check(lambda table: table["start"] <= table["end"], error="start is not after end"),
    strict=True,
    name="programme_events",
)

PUBLISHED_VALIDATION = pa.DataFrameSchema(
    {
        "id": _matching(_ID, unique=True),
        "study": _one_of("ICCS", "PISA"),
        "cycle": pa.Column(int, pa.Check.in_range(2000, 2030), coerce=True),
        "system": _matching(r"^[A-Z]{3}$"),
        "measure": _one_of("civic_knowledge", "mathematics", "reading", "science", "space_and_shape"),
        "statistic": _one_of("mean", "difference"),
        "group": _one_of("", "male", "female", "male-female"),
        "value": _number(),
        "se": _number(pa.Check.gt(0)),
        "decimals": _count(nullable=False),
        "se_decimals": _count(),
        "source": _filled(),
        "status": _one_of("published"),
        "note": _text(),
    },
    checks=[
        pa.Check(
            lambda table: table["value"].notna() | table["se"].notna(), error="a value or a standard error"
        ),
        pa.Check(
            lambda table: table["se"].isna() == table["se_decimals"].isna(),
            error="se_decimals goes with se",
        ),
        pa.Check(
            lambda table: (table["group"] == "male-female") == (table["statistic"] == "difference"),
            error="a difference names two groups",
        ),
    ],
    strict=True,
    name="published_validation",
)

ICCS_MEANS = pa.DataFrameSchema(
    {
        "cycle": pa.Column(int, pa.Check.isin([2009, 2016, 2022]), coerce=True),
        "system": _filled(),
        "name": _filled(),
        "mean": _number(pa.Check.in_range(200, 800), nullable=False),
        "mean_status": _one_of(*SOURCE_STATUS),
        "mean_source": _filled(),
        "published_mean": _number(pa.Check.in_range(200, 800)),
        "published_source": _text(),
        "se": _number(pa.Check.gt(0)),
        "se_status": _one_of(*SOURCE_STATUS),
        "se_source": _text(),
        "se_method": _one_of("", "JK2-full", "JK2-half"),
        "n_students": _count(),
        "note": _text(),
    },
    checks=[
        pa.Check(
            lambda table: (
                table["published_mean"].isna() | ((table["mean"] - table["published_mean"]).abs() <= 0.5)
            ),
            error="mean rounds to published_mean",
        ),
        pa.Check(
            lambda table: table["se"].isna() == (table["se_status"] == "unknown"),
            error="an unknown standard error has status unknown, and only that",
        ),
        pa.Check(
            lambda table: (table["se_method"] != "") == (table["se_status"] == "recomputed"),
            error="a recomputed standard error has its method, and only that",
        ),
        pa.Check(
            lambda table: table["published_mean"].isna() == (table["published_source"] == ""),
            error="a published mean has its source",
        ),
    ],
    unique=["cycle", "system"],
    strict=True,
    name="iccs_means",
)

VARIATION = pa.DataFrameSchema(
    {
        "id": _matching(_ID, unique=True),
        "study": _filled(),
        "cycle": pa.Column(int, pa.Check.in_range(1995, 2100), coerce=True),
        "system": _filled(),
        "group": _filled(),
        "outcome": _filled(),
        "statistic": _one_of(ICC, CHANGE_SD),
        "value": _number(pa.Check.gt(0), nullable=False),
        "se": _number(pa.Check.gt(0), nullable=False),
        "groups": _count(nullable=False),
        "n": _count(nullable=False),
        "unit": _text(),
        "source": _filled(),
        "status": _one_of(*SOURCE_STATUS),
        "note": _text(),
    },
    checks=[
        pa.Check(
            lambda table: (table["statistic"] != ICC) | (table["value"] < 1),
            error="an intraclass correlation is a share, below 1",
        ),
        pa.Check(
            lambda table: (table["statistic"] == ICC) == (table["unit"] == ""),
            error="a share has no unit, a spread has one",
        ),
    ],
    strict=True,
    name="variation",
)

ICCS_LEVELS = pa.DataFrameSchema(
    {
        "cycle": pa.Column(int, pa.Check.isin([2016]), coerce=True),
        "system": _filled(),
        "level": _one_of("below_D", "D", "C", "B", "A"),
        "share_pct": _number(pa.Check.in_range(0, 100), nullable=False),
        "source": _filled(),
        "status": _one_of(*SOURCE_STATUS),
    },
    checks=pa.Check(
        lambda table: (table.groupby(["cycle", "system"])["share_pct"].sum() - 100).abs().max() < 0.25,
        error="the levels of a country add up to 100",
    ),
    unique=["cycle", "system", "level"],
    strict=True,
    name="iccs2016_levels",
)

ADKS_PUBLISHED = pa.DataFrameSchema(
    {
        "year": _count(),
        "school_year": _matching(r"^(\d{4}/\d{2})?$"),
        "indicator": _filled(),
        "track": _one_of("totaal", "vmbo", "havo", "vwo"),
        "value": _number(pa.Check.ge(0)),
        "unit": _one_of("", "%", "leerlingen", "scholen"),
        "approximate": _one_of("ja", "nee"),
        "source": _text(),
        "status": _one_of(*SOURCE_STATUS),
        "note": _text(),
    },
    checks=[
        pa.Check(
            lambda table: table["value"].isna() == (table["status"] == "unknown"),
            error="an unknown value has status unknown, and only that",
        ),
        pa.Check(
            lambda table: table["value"].isna() | (table["source"] != ""), error="a value has its source"
        ),
        pa.Check(
            lambda table: (table["unit"] != "%") | ~(table["value"] > 100), error="at most 100 per cent"
        ),
    ],
    unique=["year", "indicator", "track"],
    strict=True,
    name="adks_published",
)

CBS_POPULATION = pa.DataFrameSchema(
    {
        "statcode": _matching(rf"^({COUNTRY}|{PROVINCE_PATTERN})$", unique=True),
        "name": _filled(),
        "date": _matching(_DAY),
        "population": _count(nullable=False),
        "municipalities": _count(nullable=False),
        "source": _filled(),
        "status": _one_of(*SOURCE_STATUS),
        "note": _text(),
    },
    strict=True,
    name="cbs_population_2024",
)

TRACK_COLUMNS = ("years_1_3", "vwo_3_6", "havo_3_5", "vmbo_3_4", "practical")

CBS_PUPILS = pa.DataFrameSchema(
    {
        "statcode": _matching(rf"^({COUNTRY}|{SOUTH}|{REMAINDER}|{PROVINCE_PATTERN})$", unique=True),
        "name": _filled(),
        "school_year": _matching(r"^\d{4}/\d{2}$"),
        "total": _count(nullable=False),
        "total_status": _one_of(*SOURCE_STATUS),
        **{column: _count() for column in TRACK_COLUMNS},
        "tracks_status": _one_of(*SOURCE_STATUS),
        "source": _filled(),
        "note": _text(),
    },
    checks=pa.Check(
        lambda table: (
            table[list(TRACK_COLUMNS)].isna().all(axis=1)
            | (table[list(TRACK_COLUMNS)].sum(axis=1) == table["total"])
        ),
        error="the tracks add up to the total, or all are unknown",
    ),
    strict=True,
    name="cbs_pupils_2021_22",
)
