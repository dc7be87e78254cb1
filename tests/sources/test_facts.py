"""Cited facts: right as shipped, refused when damaged, with file, column and row."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest

from analysis.sources import evidence, facts, gazetteer, municipal_changes, turnout
from analysis.sources import facts_contract as contracts
from analysis.sources.contract import conform
from analysis.workspace import Workspace, find_root

REPOSITORY = find_root()
LOADERS = {
    "letters.csv": facts.letters,
    "letter_sections.csv": facts.letter_sections,
    "letter_facts.csv": facts.letter_facts,
    "programme_lines.csv": facts.programme_lines,
    "programme_logic.csv": facts.programme_logic,
    "commitments.csv": facts.commitments,
    "programme_events.csv": facts.programme_events,
    "published_validation.csv": facts.published_validation,
    "iccs_means.csv": facts.iccs_means,
    "iccs2016_levels.csv": facts.iccs_levels,
    "adks_published.csv": facts.adks_published,
    "variation.csv": facts.variation,
    "cbs_population_2024.csv": facts.cbs_population,
    "cbs_pupils_2021_22.csv": facts.cbs_pupils,
    "turnout_provinces.csv": turnout.turnout_provinces,
    "turnout_national.csv": turnout.turnout_national,
    "municipal_changes.csv": municipal_changes.changes_of_facts,
    "evidence.csv": evidence.evidence,
    "municipalities.csv": gazetteer.province_of,
}


@pytest.fixture
def damaged(tmp_path):
    """A workspace with a copy of the facts, and a function that edits one table in it as text."""
    root = tmp_path / "repository"
    shutil.copytree(REPOSITORY / "data" / "facts", root / "data" / "facts")
    workspace = Workspace(root=root, data=root / "data" / "real")

    def edit(name: str, change) -> Workspace:
        path = workspace.facts / name
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table = change(table)
        table.to_csv(path, index=False)
        return workspace

    return edit


def put(column: str, row: int, value: str):
    """An edit that writes `value` in `row`, counted from 1 below the header."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[row - 1, column] = value
        return table

    return change


@pytest.mark.parametrize("name", sorted(LOADERS))
def test_each_table_keeps_its_contract(name):
    assert len(LOADERS[name]()) > 1


def test_every_table_of_facts_has_a_loader():
    assert {path.name for path in (REPOSITORY / "data" / "facts").glob("*.csv")} == set(LOADERS)


@pytest.mark.parametrize(
    ("name", "column", "row", "value"),
    [
        ("letter_facts.csv", "status", 4, "klaar"),
        ("letter_facts.csv", "kind", 2, "bedragen"),
        ("letter_facts.csv", "number", 1, "drie"),
        ("letter_facts.csv", "letter", 7, "C"),
        ("letter_facts.csv", "statcode", 3, "PV32"),
        ("letter_facts.csv", "quote", 5, ""),
        ("letter_facts.csv", "date", 5, "2025-3"),
        ("programme_lines.csv", "status", 2, "bezig"),
        ("programme_lines.csv", "effect_status", 2, "positief"),
        ("programme_lines.csv", "unknown", 3, ""),
        ("programme_logic.csv", "stage", 2, "output"),
        ("programme_logic.csv", "status", 2, "gemeten"),
        ("commitments.csv", "chamber", 1, "Kamer"),
        ("commitments.csv", "answered_in", 1, "ergens"),
        ("programme_events.csv", "start", 2, "31-12-2024"),
        ("variation.csv", "value", 1, "-0.2"),
        ("variation.csv", "statistic", 2, "spreiding"),
        ("published_validation.csv", "se", 4, "-3.1"),
        ("published_validation.csv", "value", 4, "482,0"),
        ("published_validation.csv", "status", 4, "recomputed"),
        ("iccs_means.csv", "mean_status", 1, "echt"),
        ("iccs_means.csv", "mean", 1, "5228"),
        ("iccs2016_levels.csv", "level", 1, "E"),
        ("adks_published.csv", "track", 3, "mavo"),
        ("cbs_population_2024.csv", "population", 2, "-1"),
        ("cbs_pupils_2021_22.csv", "statcode", 2, "20"),
        ("turnout_provinces.csv", "province", 2, "PV32"),
        ("turnout_provinces.csv", "election", 2, "WS"),
        ("turnout_provinces.csv", "date", 2, "2015-3-18"),
        ("turnout_provinces.csv", "eligible", 2, "0"),
        ("turnout_provinces.csv", "finality", 2, "zeker"),
        ("turnout_national.csv", "voters", 1, "veel"),
        ("municipal_changes.csv", "into", 1, "Ferwerderadiel"),
        ("municipal_changes.csv", "kind", 1, "weg"),
        ("evidence.csv", "certainty", 1, "zeker"),
        ("evidence.csv", "status", 2, "gepubliceerd"),
        ("evidence.csv", "place", 3, "PV32"),
        ("evidence.csv", "number", 3, "2,5"),
        ("turnout_national.csv", "basis", 1, "schatting"),
    ],
)
def test_a_wrong_cell_is_named_by_file_column_and_row(damaged, name, column, row, value):
    workspace = damaged(name, put(column, row, value))
    shown = re.escape(value)
    with pytest.raises(ValueError, match=rf"{re.escape(name)}: column {column}, row {row}: found '?{shown}"):
        LOADERS[name](workspace)


def test_a_missing_column_an_unknown_column_and_a_missing_file(damaged):
    workspace = damaged("letters.csv", lambda table: table.drop(columns="note"))
    with pytest.raises(ValueError, match=r"letters\.csv: column note is absent"):
        facts.letters(workspace)
    workspace = damaged("iccs_means.csv", lambda table: table.assign(extra="1"))
    with pytest.raises(ValueError, match=r"iccs_means\.csv: column extra is unknown"):
        facts.iccs_means(workspace)
    (workspace.facts / "adks_published.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"adks_published\.csv is absent"):
        facts.adks_published(workspace)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00bad", b'id,line\n"unclosed'])
def test_an_unreadable_file_is_refused(damaged, content):
    workspace = damaged("letters.csv", lambda table: table)
    (workspace.facts / "letters.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"letters\.csv"):
        facts.letters(workspace)


def test_ids_are_unique(damaged):
    workspace = damaged("letter_facts.csv", put("id", 2, "a_budget_2025"))
    with pytest.raises(ValueError, match=r"column id, row 1: found 'a_budget_2025'"):
        facts.letter_facts(workspace)


def test_result_names_are_unique(damaged):
    workspace = damaged("letter_facts.csv", put("result", 2, "budget_2025"))
    with pytest.raises(ValueError, match="each result name occurs once"):
        facts.letter_facts(workspace)


def test_a_check_over_a_row_names_the_row_once(damaged):
    workspace = damaged("letter_facts.csv", put("unit", 1, ""))
    with pytest.raises(ValueError, match=r"row 1 fails the check: a number has a unit") as error:
        facts.letter_facts(workspace)
    assert str(error.value).count("fails") == 1


def test_each_fact_belongs_to_a_known_line_and_section(damaged):
    workspace = damaged("letter_facts.csv", put("line", 3, "loket_e"))
    with pytest.raises(ValueError, match=r"column line, row 3: 'loket_e' is not in programme_lines\.csv"):
        facts.letter_facts(workspace)
    workspace = damaged("letter_facts.csv", put("line", 3, "programma"))
    workspace = damaged("letter_facts.csv", put("section", 3, "9.9"))
    with pytest.raises(ValueError, match=r"column section, row 3: 'A 9\.9' is not in letter_sections\.csv"):
        facts.letter_facts(workspace)


@pytest.mark.parametrize(
    ("name", "load"),
    [("commitments.csv", facts.commitments), ("programme_events.csv", facts.programme_events)],
)
def test_what_rests_on_facts_names_facts_that_exist(damaged, name, load):
    workspace = damaged(name, put("facts", 2, "a_budget_2025; a_made_up"))
    with pytest.raises(ValueError, match=rf"{name}, column facts, row 2: 'a_made_up' is not in"):
        load(workspace)


def test_every_line_has_facts_and_every_fact_of_a_line_its_letter():
    lines, letter_facts = facts.programme_lines(), facts.letter_facts()
    named = letter_facts.groupby("line")["letter"].agg(lambda letters: "; ".join(sorted(set(letters))))
    own = lines.set_index("line")["letters"]
    assert named.to_dict() == own.to_dict()


def test_lines_without_a_measured_effect_say_why():
    lines = facts.programme_lines()
    undetermined = lines[lines["effect_status"] == "niet vast te stellen"]
    assert len(undetermined) > 20
    assert undetermined["effect"].str.contains(r"niet vast te stellen", case=False).all()
    assert undetermined["effect"].str.contains(":").all(), "the reason follows a colon"
    assert set(lines.loc[lines["effect_status"] == "onderzocht", "line"]) == {"prodemos", "tienskip"}


def test_provinces_add_up_to_the_country(damaged):
    population = facts.cbs_population().set_index("statcode")
    assert population.loc["NL01", ["population", "municipalities"]].tolist() == [17_947_684, 342]
    workspace = damaged("cbs_population_2024.csv", put("population", 2, "601511"))
    with pytest.raises(ValueError, match=r"column population: the provinces add up to 17947685"):
        facts.cbs_population(workspace)


def test_pupils_add_up_by_province_and_track(damaged):
    pupils = facts.cbs_pupils().set_index("statcode")
    assert pupils.loc["PV31", "total"] == 180_589 - 132_588
    assert pupils.loc["PV31", "total_status"] == "recomputed"
    assert pupils.loc[["PV30", "PV31"], "vmbo_3_4"].isna().all(), "unknown, not zero"

    def shift(table: pd.DataFrame) -> pd.DataFrame:
        # Keeps the row's own total right, so that only the country's total by track can notice.
        row = table["statcode"] == "PV20"
        table.loc[row, "vwo_3_6"] = str(int(table.loc[row, "vwo_3_6"].iloc[0]) + 10)
        table.loc[row, "havo_3_5"] = str(int(table.loc[row, "havo_3_5"].iloc[0]) - 10)
        return table

    workspace = damaged("cbs_pupils_2021_22.csv", shift)
    with pytest.raises(ValueError, match=r"column vwo_3_6: the provinces add up to 171037, the country is"):
        facts.cbs_pupils(workspace)


def test_a_missing_province_is_noticed(damaged):
    workspace = damaged("cbs_population_2024.csv", lambda table: table[table["statcode"] != "PV24"])
    with pytest.raises(ValueError, match="PV24"):
        facts.cbs_population(workspace)


def test_published_and_recomputed_means_are_told_apart(damaged):
    means = facts.iccs_means().set_index(["cycle", "system"])
    nld = means.loc[(2016, "NLD")]
    assert (nld["published_mean"], nld["mean_status"], nld["se_status"]) == (523, "recomputed", "recomputed")
    assert pd.isna(means.loc[(2022, "NLD"), "published_mean"])
    assert means.loc[(2016, "SWE"), "se_status"] == "unknown"
    assert pd.isna(means.loc[(2016, "SWE"), "se"])
    assert (nld["se_method"], means.loc[(2016, "SWE"), "se_method"]) == ("JK2-full", "")
    workspace = damaged("iccs_means.csv", put("published_mean", 1, "495"))
    with pytest.raises(ValueError, match=r"row 1 fails the check: mean rounds to published_mean"):
        facts.iccs_means(workspace)


def test_levels_add_up_to_a_hundred(damaged):
    workspace = damaged("iccs2016_levels.csv", put("share_pct", 1, "3.0"))
    with pytest.raises(ValueError, match="add up to 100"):
        facts.iccs_levels(workspace)


def test_what_nobody_published_stays_unknown():
    adks = facts.adks_published()
    unknown = adks[adks["status"] == "unknown"]
    assert unknown["value"].isna().all()
    assert {4, 5, 6} <= set(unknown["year"].dropna())
    assert "intentie om te stemmen" in set(unknown["indicator"])


def test_published_outcomes_to_reproduce():
    table = facts.published_validation().set_index("id")
    figures = {
        "iccs2016_chl_mean": (482, 3.1),
        "iccs2016_col_mean": (482, 3.4),
        "iccs2016_per_mean": (438, 3.5),
        "pisa2003_nld_mathematics_mean": (538, 3.1),
        "pisa2003_nld_mathematics_gender_gap": (5.1, 4.3),
    }
    for name, (value, se) in figures.items():
        assert (table.loc[name, "value"], table.loc[name, "se"]) == (value, se)
    assert table.loc["pisa2003_nld_reading_mean", "value"] == 513


def test_codes_stay_text():
    assert facts.cbs_population()["statcode"].map(type).eq(str).all()
    assert facts.iccs_means()["system"].isin(["NOR"]).any(), "NO and NA are codes here, not missing values"


def test_unknown_numbers_are_missing_and_empty_text_stays_text():
    table = pd.DataFrame({"code": ["a", ""], "count": ["", "3"]})
    contract = contracts.pa.DataFrameSchema(
        {
            "code": contracts.pa.Column(str),
            "count": contracts.pa.Column("Int64", nullable=True, coerce=True),
        }
    )
    read = conform(table, contract, "x.csv")
    assert read["code"].tolist() == ["a", ""]
    assert pd.isna(read["count"][0])
    assert read["count"][1] == 3


@pytest.mark.parametrize(
    ("column", "row", "value", "message"),
    [
        ("text", 3, "Iedereen", "begins with onbekend"),
        ("text", 1, "onbekend", "begins with onbekend"),
        ("places", 1, "", "has a place"),
        ("quotes", 1, "in 2025", "each place has its quote"),
        ("places", 2, "A 9.9", "'A 9.9' is not in letter_sections.csv"),
        ("line", 1, "ander", "'ander' is not in programme_lines.csv"),
    ],
)
def test_the_logic_says_nothing_without_a_place_in_a_letter(damaged, column, row, value, message):
    workspace = damaged("programme_logic.csv", put(column, row, value))
    with pytest.raises(ValueError, match=message):
        facts.programme_logic(workspace)


def test_a_line_without_one_of_its_stages(damaged):
    workspace = damaged("programme_logic.csv", lambda table: table.drop(index=4))
    with pytest.raises(ValueError, match=r"line programma must have the stages .* found input, activiteiten"):
        facts.programme_logic(workspace)
