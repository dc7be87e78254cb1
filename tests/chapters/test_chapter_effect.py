"""Table, path and schedule of the questions about an effect, known, unknown and withheld."""

from __future__ import annotations

from dataclasses import replace

import pytest
from question_files import PROVINCES, QUESTION, outcome, starts, workspace_with

from analysis import dutch
from analysis.answers.effect import answer_question, effect_items
from analysis.chapters.cells import Cells
from analysis.chapters.effect import exhibits, sections
from analysis.credibility.effect_study import effect_study
from analysis.datakind import DataKind
from analysis.panel.question import question_panel
from analysis.results import Released, Result, publish
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace

HERE = Workspace.current()
FIVE = dict.fromkeys(PROVINCES[:5], 2023)


def drawn(released, workspace=HERE):
    return {exhibit.id: exhibit for exhibit in exhibits(released, workspace)}


@pytest.fixture(scope="module")
def items():
    """Of the twin of Tienskip: effect, dose and truth."""
    return answer_question(question_panel("tienskip-betrokkenheid", trial=True))


@pytest.fixture(scope="module")
def trial(items):
    return publish(*items, trial=True).trial()


@pytest.fixture(scope="module")
def turnout(tmp_path_factory):
    panel = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path_factory.mktemp("d")))
    return publish(*answer_question(panel))


def test_chapters_are_those_of_the_questions():
    assert sections(HERE) == ("prodemos", "tienskip")


def test_nothing_is_drawn_of_what_was_not_asked():
    assert exhibits(Released(), HERE) == []


def test_a_trial_has_all_lines_and_the_truth(trial):
    found = drawn(trial)
    assert list(found) == [
        "fig-proef-tienskip-uitrol", "tbl-proef-tienskip-betrokkenheid",
        "fig-proef-tienskip-betrokkenheid-pad", "tbl-proef-tienskip-betrokkenheid-opzet",
    ]  # fmt: skip
    table = found["tbl-proef-tienskip-betrokkenheid"]
    assert table.kind is DataKind.SYNTHETIC
    assert table.cells["Schatting"].tolist() == [
        "Groepen en metingen (hoofdschatting)", "Imputatie", "Sun en Abraham", "Vaste effecten",
        "Per bereikte jongere op 1.000 mensen", "Wat voor de tweeling is gekozen",
    ]  # fmt: skip
    truth = table.cells.iloc[-1]
    planted = trial.row("tienskip.betrokkenheid.truth").value
    assert truth.tolist()[1:] == [
        dutch.number(planted, 2, sign=True), "niet van toepassing", "niet van toepassing"
    ]  # fmt: skip
    path = found["fig-proef-tienskip-betrokkenheid-pad"]
    assert "synthetisch" in path.alt
    assert "tweeling" in found["fig-proef-tienskip-uitrol"].full_caption


def test_the_design_and_the_tests_beside_the_reported_one_stand_in_a_table(turnout):
    table = drawn(turnout)["tbl-prodemos-opkomst-tk-opzet"]
    assert table.caption.endswith(
        " Geschat wordt dus het extra netwerk boven op wat er al was. Weggelaten: 's-Gravenhage, per "
        "verkiezing (10); briefstemmen uit het buitenland als eigen eenheid (1)."
    )
    told = table.cells.set_index("Wat")["Waarde"]
    assert told[["Provincies", "Provincies met een start", "Metingen"]].tolist() == ["12", "5", "10"]
    means = turnout.points("prodemos.opkomst_tk.verloop").points
    last = means[(means["label"] == "2025") & (means["group"] == "met start")]["mean"].iloc[0]
    assert told["Gemiddelde in 2025, provincies met start (%)"] == dutch.number(last, 2)
    assert told["p-waarde van de randomisatietoets"] == "0,227"
    assert told["p-waarde van de wilde bootstrap"] == dutch.p_value(
        turnout.row("prodemos.opkomst_tk.wild_p").value
    )
    assert told["Vergelijkingen met wie al begonnen is, bij vaste effecten"] == "0,0%"
    # That stands in one table only, with what it would do to the estimate (`trend_detectable`).
    assert not any("in vier van de vijf gevallen" in what for what in told.index)
    stopped = told["Schatting ook waar het stopte"]
    assert stopped == "niet van toepassing: het stopte nergens vóór een meting"


def test_cells_are_the_released_rows(turnout):
    table = drawn(turnout)["tbl-prodemos-opkomst-tk"]
    assert list(table.cells.columns) == ["Schatting", "Verschil (procentpunten)", "95%-interval", "p-waarde"]
    first = table.cells.iloc[0].tolist()
    assert first == ["Groepen en metingen (hoofdschatting)", "+0,20", "van −0,16 tot 0,55", "0,227"]
    assert table.caption.startswith(
        "Geschat verschil in opkomst bij de Tweede Kamerverkiezingen, met de rand"
    )
    assert table.kind is DataKind.REAL


def test_the_path_shows_one_estimator_and_says_whom_it_compares_with(turnout):
    path = drawn(turnout)["fig-prodemos-opkomst-tk-pad"]
    assert "Vergeleken is met provincies die bij die meting nog niet begonnen waren." in path.caption
    assert "vaste effecten" not in path.alt + path.caption
    assert len(path.table) == 10, "nine elections and the reference"


def test_the_schedule_is_drawn_once_a_chapter(turnout):
    more = Released(
        (*turnout.rows, *(replace(row, id=row.id.replace("opkomst_tk", "kennis")) for row in turnout.rows)),
        (*turnout.series, *(replace(s, id=s.id.replace("opkomst_tk", "kennis")) for s in turnout.series)),
    )
    names = [exhibit.id for exhibit in exhibits(more, HERE)]
    assert names.count("fig-prodemos-uitrol") == 1
    assert len(names) == len(set(names)) == 15


def test_the_heading_follows_the_level_of_the_rows(turnout):
    at = Released(tuple(replace(row, level=0.8) for row in turnout.rows), turnout.series)
    assert list(drawn(at)["tbl-prodemos-opkomst-tk"].cells.columns)[2] == "80%-interval"


def test_why_there_is_no_number_stands_in_table_and_picture(tmp_path):
    panel = question_panel("prodemos-opkomst-tk", workspace=workspace_with(tmp_path))
    none = publish(*answer_question(replace(panel, frame=NotEstimable("er is nog niets gemeten"), labels=())))
    found = drawn(none)
    assert list(found) == [
        "fig-prodemos-uitrol", "tbl-prodemos-opkomst-tk", "fig-prodemos-opkomst-tk-pad",
        "tbl-prodemos-opkomst-tk-opzet", "tbl-prodemos-opkomst-tk-gewichten",
        "tbl-prodemos-opkomst-tk-nabootsing",
    ]  # fmt: skip
    for name in ("gewichten", "nabootsing"):
        told = " ".join(found[f"tbl-prodemos-opkomst-tk-{name}"].cells.iloc[0])
        assert "niet vast te stellen: er is nog niets gemeten" in told
    cells = found["tbl-prodemos-opkomst-tk"].cells
    assert set(cells["Verschil (procentpunten)"]) == {"niet vast te stellen"}
    assert set(cells["p-waarde"]) == {"niet van toepassing"}
    picture = found["fig-prodemos-opkomst-tk-pad"]
    assert picture.alt == "Geen figuur. Niet vast te stellen: er is nog niets gemeten."
    assert picture.caption == "Verschil in opkomst bij de Tweede Kamerverkiezingen naar tijd sinds de start."


def test_a_trial_without_a_twin_draws_nothing(tmp_path):
    none = answer_question(question_panel("prodemos-opkomst-tk", trial=True))
    assert exhibits(publish(*none, trial=True).trial(), HERE) == []


def test_an_estimate_without_a_statement_keeps_its_number_and_says_why(tmp_path):
    begun = dict.fromkeys(PROVINCES[:2], 2023)
    workspace = workspace_with(tmp_path, democratiekennis=outcome(begun), start_prodemos=starts(begun))
    panel = question_panel(QUESTION, workspace=workspace)
    released = publish(*effect_items(panel, effect_study(panel.frame), level=0.95))
    table = drawn(released, workspace)["tbl-prodemos-kennis"]
    first = table.cells.iloc[0]
    assert first["Verschil (punten)"].startswith("+")
    assert first["95%-interval"] == "niet te geven"
    assert first["p-waarde"] == "geen uitspraak"
    assert table.caption.endswith(
        "Van 2 van de 12 provincies is een start te vergelijken, en met minder dan 5 is geen toets "
        "betrouwbaar."
    )


def test_a_start_that_can_be_compared_is_told_apart_from_a_start(tmp_path):
    """All twelve start. One is compared with the eleven that start last, and those with nobody."""
    begun = {PROVINCES[0]: 2023, **dict.fromkeys(PROVINCES[1:], 2024)}
    workspace = workspace_with(tmp_path, democratiekennis=outcome(begun), start_prodemos=starts(begun))
    found = drawn(publish(*answer_question(question_panel(QUESTION, workspace=workspace))), workspace)
    assert "Van 1 van de 12 provincies is een start te vergelijken" in found["tbl-prodemos-kennis"].caption
    design = found["tbl-prodemos-kennis-opzet"].cells.set_index("Wat")["Waarde"]
    assert design["Provincies met een start"] == "12"


def test_what_is_withheld_is_in_no_cell_and_no_picture(tmp_path):
    workspace = workspace_with(tmp_path, democratiekennis=outcome(FIVE, n=None), start_prodemos=starts(FIVE))
    released = publish(*answer_question(question_panel(QUESTION, workspace=workspace)))
    path = drawn(released, workspace)["fig-prodemos-kennis-pad"]
    assert path.alt == "Geen figuur. Niet getoond: minder dan 10 eenheden."
    assert path.table is None


def test_the_second_opinion_is_a_line_and_its_weights_a_table(turnout):
    found = drawn(turnout)
    lines = found["tbl-prodemos-opkomst-tk"].cells.set_index("Schatting")
    for name in ("did", "control"):
        row = turnout.row(f"prodemos.opkomst_tk.effect_synthetic_{name}")
        label = {"did": "Gewogen provincies", "control": "Nagebootste provincies"}[name]
        assert lines.loc[label].iloc[0] == dutch.number(row.value, 2, sign=True)
        assert lines.loc[label, "p-waarde"] == row.p_text
    weights = found["tbl-prodemos-opkomst-tk-gewichten"]
    assert list(weights.cells.columns) == [
        "Provincie zonder start", "Gewogen provincies", "Groningen", "Drenthe", "Flevoland", "Zeeland",
        "Noord-Brabant",
    ]  # fmt: skip
    assert len(weights.cells) == 7
    assert "in 2025 voor het eerst is gemeten: 2012 (0,16) en 2023 (0,84)" in weights.caption
    assert "niet vast" not in weights.caption
    imitated = found["tbl-prodemos-opkomst-tk-nabootsing"].cells.set_index("Provincie")
    assert len(imitated) == 5
    assert "kleinst mogelijk 0,125" in imitated.loc["Zeeland"].iloc[-1]


def test_a_province_that_cannot_be_imitated_says_why(tmp_path):
    panel = question_panel("tienskip-opkomst-tk", workspace=workspace_with(tmp_path))
    found = drawn(publish(*answer_question(panel)))
    caption = found["tbl-tienskip-opkomst-tk"].caption
    assert caption.endswith("Nagebootste provincies: niet elke provincie met een start telt mee.")
    line = found["tbl-tienskip-opkomst-tk-nabootsing"].cells.set_index("Provincie").loc["Fryslân"]
    assert line.iloc[0].startswith("niet vast te stellen: van vóór de start")


def test_an_interval_that_is_not_given_is_not_called_unknown():
    mute = Result(
        "a.b",
        "Effect",
        1.5,
        "punten",
        "real",
        "bron",
        no_statement="van 3 van de 12 provincies is een start te vergelijken",
    )
    plain = Result("a.c", "Effect", 1.5, "punten", "real", "bron")
    cells = Cells([mute, plain])
    assert [cells.interval(row) for row in cells.rows] == ["niet te geven", "onbekend"]
