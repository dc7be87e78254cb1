"""Starts decided by municipality: whatever is said of the places is said of municipalities."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from question_files import QUESTION, edited_design, workspace_with

from analysis.answers.effect import answer_question
from analysis.answers.zekerheid import check_question
from analysis.chapters import effect, zekerheid
from analysis.design.robustness import robustness
from analysis.panel.question import question_panel
from analysis.results import publish
from analysis.sources.gazetteer import province_of
from analysis.sources.geography import province_names

YEARS = range(2019, 2026)
# What is of provinces wherever a programme starts: their neighbours, their inhabitants, and leaving one out.
_OF_PROVINCES = re.compile(
    r"buurprovincies|provincies aan de rand|Inwoners van de provincie|In een provincie van de Randstad"
    r"|één provincie wegblijft|alle provincies|per provincie: de eerste start in een van haar gemeenten"
)
_WORD = re.compile(r"\bprovincie", re.IGNORECASE)


def files(folder):
    """Thirty municipalities, a third of which start in 2023."""
    rng, codes = np.random.default_rng(1), sorted(province_of())[::11][:30]
    lines = [f"{code};{year};{50 + rng.normal():.2f}\n" for code in codes for year in YEARS]
    return workspace_with(
        folder,
        democratiekennis="gemeente;jaar;score\n" + "".join(lines),
        start_prodemos="gemeente;start\n" + "".join(f"{code};2023\n" for code in codes[::3]),
    )


def test_rows_reasons_tables_and_captions_speak_of_municipalities(tmp_path):
    files(tmp_path)
    workspace = edited_design(
        tmp_path / "repository", "exposures", 'place = "province"', 'place = "municipality"', tmp_path
    )
    panel = question_panel(QUESTION, workspace=workspace)
    assert panel.places.many == "gemeenten"
    plan = robustness()
    plan = replace(
        plan,
        curve=replace(plan.curve, draws=19),
        alarm=replace(plan.alarm, draws=20, reassigned=39),
        power=replace(plan.power, draws=40, reassigned=39),
    )
    checks = check_question(panel, plan, neighbours={}, provinces=province_names())
    released = publish(*answer_question(panel), *checks, workspace=workspace)
    drawn = [*effect.exhibits(released, workspace), *zekerheid.exhibits(released, workspace)]
    told = [text for row in released.rows for text in (row.label, row.reason, row.test, row.no_statement)]
    told += [text for series in released.series for text in (series.reason, series.test)]
    told += [exhibit.caption for exhibit in drawn]
    tables = [exhibit for exhibit in drawn if exhibit.id.startswith("tbl-")]
    told += [
        str(cell) for table in tables for cell in (*table.cells.columns, *table.cells.to_numpy().ravel())
    ]
    wrong = [text for text in told if _WORD.search(_OF_PROVINCES.sub("", text))]
    assert wrong == ["Provincies"], "but for the column that counts the provinces of the places measured"
    found = {exhibit.id: exhibit for exhibit in drawn}
    assert "randomisatietoets over gemeenten" in found[f"tbl-{QUESTION}"].caption
    design = found[f"tbl-{QUESTION}-opzet"].cells.set_index("Wat")["Waarde"]
    assert design[["Gemeenten", "Gemeenten met een start"]].tolist() == [str(panel.clusters), "10"]
    schedule = released.points("prodemos.kennis.start").points.set_index("code")
    begun = {province_of()[code] for code in sorted(province_of())[::11][:30][::3]}
    assert set(schedule.index[schedule["start"].notna()]) == begun
