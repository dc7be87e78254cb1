"""Cited figures of ``data/facts``: what the two letters say, and published statistics.

One function a table. Every table is checked against its contract (:mod:`analysis.sources.facts_contract`)
and, where tables belong together, against the other. Source and status travel in columns of their own; an
unknown number is missing, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.sources import facts_contract as contracts
from analysis.sources.contract import conform
from analysis.sources.geography import require_all_provinces
from analysis.sources.texttable import read_text_table
from analysis.workspace import Workspace

SEPARATOR = "; "  # between the ids in a cell that names several facts


def letters(workspace: Workspace | None = None) -> pd.DataFrame:
    """The two letters: letter (A, B), name, title, minister, date, date_status, kamerstuk, bib, note."""
    return fact_table("letters.csv", contracts.LETTERS, workspace)


def letter_sections(workspace: Workspace | None = None) -> pd.DataFrame:
    """Sections of the letters: letter, section (unique within it), label as printed, title, note."""
    return fact_table("letter_sections.csv", contracts.LETTER_SECTIONS, workspace)


def letter_facts(workspace: Workspace | None = None) -> pd.DataFrame:
    """Every figure, place, study and reference of the letters, with the words it was read from.

    Returns
    -------
    pandas.DataFrame
        id, line, kind, label; number with unit and qualifier (circa, ruim, maximaal), and/or text, and/or
        date (ISO, as precise as the letter); derived (what is not literally in the quote), status, letter,
        section, kamerstuk, statcode (province of a place), result (name under which the number is
        published), quote, note.

    Raises
    ------
    ValueError
        If a line or section does not exist, besides what the contract asks.
    """
    name = "letter_facts.csv"
    table = fact_table(name, contracts.LETTER_FACTS, workspace)
    _require_known(table["line"], programme_lines(workspace)["line"], name, "line", "programme_lines.csv")
    sections = letter_sections(workspace)
    _require_known(
        table["letter"] + " " + table["section"],
        sections["letter"] + " " + sections["section"],
        name,
        "section",
        "letter_sections.csv",
    )
    wrong = table["id"].str[0].str.upper() != table["letter"]
    if wrong.any():
        row = int(wrong.to_numpy().nonzero()[0][0])
        raise ValueError(
            f"{name}, column id, row {row + 1}: {table['id'][row]!r} belongs to letter "
            f"{table['letter'][row]}; ids begin with the letter they come from"
        )
    return table


def programme_lines(workspace: Workspace | None = None) -> pd.DataFrame:
    """Every line of the programme: promised, realised, status, effect, evidence, unknown, answered_in."""
    return fact_table("programme_lines.csv", contracts.PROGRAMME_LINES, workspace)


def programme_logic(workspace: Workspace | None = None) -> pd.DataFrame:
    """From input to impact: line, stage, text, status (gemeld, beoogd, onbekend), places, quotes.

    ``places`` names letter and section (``A 3.1b; B 2.1``), ``quotes`` the letter's words for each place. A
    stage of which the letters are silent reads "onbekend".

    Raises
    ------
    ValueError
        If a line lacks a stage, or a line or section does not exist, besides what the contract asks.
    """
    name = "programme_logic.csv"
    table = fact_table(name, contracts.PROGRAMME_LOGIC, workspace)
    lines = programme_lines(workspace)["line"]
    _require_known(table["line"], lines, name, "line", "programme_lines.csv")
    stages = table.groupby("line")["stage"].agg(tuple).reindex(lines)
    for line, found in stages.items():
        if found != contracts.LOGIC_STAGES:
            raise ValueError(
                f"{name}: line {line} must have the stages {', '.join(contracts.LOGIC_STAGES)}, in this "
                f"order; found {', '.join(found) if isinstance(found, tuple) else 'none'}"
            )
    sections = letter_sections(workspace)
    places = table.loc[table["places"] != "", "places"].str.split(contracts.LOGIC_PLACES).explode()
    known = sections["letter"] + " " + sections["section"]
    _require_known(places, known, name, "places", "letter_sections.csv")
    return table


def commitments(workspace: Workspace | None = None) -> pd.DataFrame:
    """Commitments, motions and amendments, what was reported, and the report's section that answers."""
    return _about_facts("commitments.csv", contracts.COMMITMENTS, workspace)


def programme_events(workspace: Workspace | None = None) -> pd.DataFrame:
    """The timeline: line, label, start and end (the whole span the letters leave open), status, facts."""
    table = _about_facts("programme_events.csv", contracts.PROGRAMME_EVENTS, workspace)
    for column in ("start", "end"):
        table[column] = pd.to_datetime(table[column], format="%Y-%m-%d")
    return table


def published_validation(workspace: Workspace | None = None) -> pd.DataFrame:
    """Published outcomes of ICCS and PISA to reproduce: value, se and the decimals they are printed with."""
    return fact_table("published_validation.csv", contracts.PUBLISHED_VALIDATION, workspace)


def iccs_means(workspace: Workspace | None = None) -> pd.DataFrame:
    """Mean civic knowledge by cycle and country; mean_status and se_status say published or recomputed."""
    return fact_table("iccs_means.csv", contracts.ICCS_MEANS, workspace)


def iccs_levels(workspace: Workspace | None = None) -> pd.DataFrame:
    """Share of pupils by proficiency level, ICCS 2016, per cent."""
    return fact_table("iccs2016_levels.csv", contracts.ICCS_LEVELS, workspace)


def adks_published(workspace: Workspace | None = None) -> pd.DataFrame:
    """What is publicly reported of the Adolescentenpanel, by year and track."""
    return fact_table("adks_published.csv", contracts.ADKS_PUBLISHED, workspace)


def variation(workspace: Workspace | None = None) -> pd.DataFrame:
    """How outcomes vary by themselves, recomputed from open files (:mod:`analysis.answers.variation`).

    id, study, cycle, system, group, outcome; statistic: ``icc``, the share of the variance that lies between
    schools, or ``change_sd``, the spread between places of the change between two elections; value, se,
    groups, n, unit, source, status, note.
    """
    return fact_table("variation.csv", contracts.VARIATION, workspace)


def cbs_population(workspace: Workspace | None = None) -> pd.DataFrame:
    """Inhabitants and municipalities of the country and each province, 1 January 2024."""
    name = "cbs_population_2024.csv"
    table = fact_table(name, contracts.CBS_POPULATION, workspace)
    provinces = table[table["statcode"] != contracts.COUNTRY]
    require_all_provinces(provinces["statcode"], f"{name}, column statcode", workspace)
    for column in ("population", "municipalities"):
        _require_total(table, provinces, column, name)
    return table


def cbs_pupils(workspace: Workspace | None = None) -> pd.DataFrame:
    """Pupils in secondary education by province and track, 2021/22.

    The tracks of Noord-Brabant and Limburg are published for both together (statcode ``LD04``); pupils in
    no province stand under ``REST``.
    """
    name = "cbs_pupils_2021_22.csv"
    table = fact_table(name, contracts.CBS_PUPILS, workspace)
    provinces = table[table["statcode"].str.startswith("PV")]
    require_all_provinces(provinces["statcode"], f"{name}, column statcode", workspace)
    rest = table["statcode"] == contracts.REMAINDER
    _require_total(table, table[table["statcode"].str.startswith("PV") | rest], "total", name)
    # By track the south is one row.
    tracks_known = table[list(contracts.TRACK_COLUMNS)].notna().all(axis=1)
    parts = table[(table["statcode"] != contracts.COUNTRY) & tracks_known]
    for column in contracts.TRACK_COLUMNS:
        _require_total(table, parts, column, name)
    return table


def _about_facts(name: str, contract: pa.DataFrameSchema, workspace: Workspace | None) -> pd.DataFrame:
    """A table whose rows belong to a programme line and rest on facts of the letters."""
    table = fact_table(name, contract, workspace)
    _require_known(table["line"], programme_lines(workspace)["line"], name, "line", "programme_lines.csv")
    named = table["facts"].str.split(SEPARATOR).explode()
    _require_known(named, letter_facts(workspace)["id"], name, "facts", "letter_facts.csv")
    return table


def _require_known(values: pd.Series, known: Iterable, name: str, column: str, other: str) -> None:
    unknown = values[~values.isin(list(known))]
    if len(unknown):
        row, value = unknown.index[0], unknown.iloc[0]
        raise ValueError(f"{name}, column {column}, row {row + 1}: {value!r} is not in {other}")


def _require_total(table: pd.DataFrame, parts: pd.DataFrame, column: str, name: str) -> None:
    country = table.loc[table["statcode"] == contracts.COUNTRY, column]
    if len(country) != 1:
        raise ValueError(f"{name}: one row {contracts.COUNTRY} expected, found {len(country)}")
    total = int(country.iloc[0])
    added = int(parts[column].sum())
    if added != total:
        raise ValueError(f"{name}, column {column}: the provinces add up to {added}, the country is {total}")


def fact_table(name: str, contract: pa.DataFrameSchema, workspace: Workspace | None) -> pd.DataFrame:
    path: Path = (workspace or Workspace.current()).facts / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is absent: it belongs in the repository")
    return conform(read_text_table(path), contract, path)
