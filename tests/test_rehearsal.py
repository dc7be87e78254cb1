"""The rehearsal of the day the files arrive: its stand-ins, its marks, and what its checks must find.

The whole of it takes minutes, and CI holds it beside the tests.
"""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.gap import gap_design
from analysis.design.plan import deviation_reasons
from analysis.design.tables import outcome_maps, registration_maps, start_maps
from analysis.manifest import present_files, read_manifest, unrecognised_files
from analysis.rehearsal.activities import Truth
from analysis.rehearsal.checks import ANSWERS, check_report, contradictions, open_data, visible_text
from analysis.rehearsal.copy import copied, mark_data
from analysis.rehearsal.files import Planted, write_standins
from analysis.rehearsal.places import towns_on
from analysis.rehearsal.votes import write_votes
from analysis.render.provinces import read_material, sheet_values
from analysis.results import Result, Series, write_rows, write_series
from analysis.sources.gazetteer import gazetteer
from analysis.sources.geography import province_names
from analysis.sources.kiesraad import read_turnout
from analysis.sources.outcome_table import read_outcome_table
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

PAGE = '<html><body><aside class="proefstrook"><p>Oefening</p></aside><main>{}</main></body></html>'
SHEET = "{} Deze uitkomsten zijn berekend uit echte gegevens."


def row(id, value=None, **given):
    given = {"kind": "real", "source": "adks", "n": 900} | given
    return Result(id, "Iets", value, given.pop("unit", ""), **given)


@pytest.fixture
def report_folder(tmp_path):
    """A rehearsal in which nothing is wrong: pages, sheets and released rows, as small as they can be."""
    here = find_root()
    (tmp_path / "data" / "build" / "released" / "series").mkdir(parents=True)
    for name in ("design", "facts"):
        (tmp_path / "data" / name).symlink_to(here / "data" / name)
    workspace = Workspace(tmp_path, tmp_path / "standins")
    folder = tmp_path / "_report"
    (folder / "provincies").mkdir(parents=True)
    pdf = paper("Oefening")
    for name in ("rapport", "verantwoording"):
        (folder / f"{name}.html").write_text(PAGE.format("vier punten"), encoding="utf-8")
        (folder / f"{name}.pdf").write_bytes(pdf)
    for code, name in province_names(workspace).items():
        (folder / "provincies" / f"{code}.html").write_text(PAGE.format(SHEET.format(name)), encoding="utf-8")
        (folder / "provincies" / f"{code}.pdf").write_bytes(pdf)
    write_rows([row(id, 40.0) for id in ANSWERS], workspace.build / "released" / "results.csv")
    return workspace, folder


def paper(text):
    """A PDF of one page with this text."""
    import typst

    return typst.compile(f"= {text}".encode())


def wrong(report_folder):
    return check_report(*report_folder, None)


def test_nothing_is_wrong_with_a_report_that_is_right(report_folder):
    assert wrong(report_folder) == []


def test_a_sheet_that_is_gone_a_page_without_its_mark_and_a_word_of_a_twin_are_found(report_folder):
    _, folder = report_folder
    (folder / "provincies" / "PV24.pdf").unlink()
    (folder / "provincies" / "PV20.html").write_text(PAGE.format(SHEET.format("Drenthe")), encoding="utf-8")
    (folder / "verantwoording.pdf").write_bytes(paper("Iets anders"))
    (folder / "rapport.html").write_text("<main>op een tweeling</main>", encoding="utf-8")
    (folder / "resultaten.csv").write_text("id,value\na,1\n", encoding="utf-8")
    assert wrong(report_folder) == [
        "rapport.html: words of a twin: … op een tweeling …",
        "rapport.html: not marked as a rehearsal",
        "resultaten.csv: not marked as a rehearsal",
        "verantwoording.pdf: not marked as a rehearsal",
        "sheet of Groningen: does not name its province",
        "sheet of Flevoland: absent",
    ]


def test_a_number_over_too_few_people_is_found(report_folder):
    workspace, _ = report_folder
    write_rows([row("houdingen.level", 3.0, n=7)], workspace.build / "released" / "results.csv")
    assert wrong(report_folder) == ["houdingen.level: shown over 7 people, the rule asks for 10"]


def test_a_chapter_without_an_answer_and_a_registration_counted_wrong_are_found(report_folder):
    workspace, folder = report_folder
    rows = [row(id, 40.0) for id in ANSWERS if id != "kenniskloof.gap"]
    rows.append(row("kenniskloof.gap", NotEstimable("er is geen bestand"), kind="fact"))
    rows += [row("bereik.prodemos_activities", 3.0), row("bereik.prodemos_unplaced", 2.0)]
    write_rows(rows, workspace.build / "released" / "results.csv")
    planted = Planted({"prodemos": Truth(young_people=43, activities=4, lost=2)}, ())
    assert check_report(workspace, folder, planted) == [
        "kenniskloof.gap: no real answer (er is geen bestand)",
        "bereik.prodemos_activities: 3.0, planted 4",
    ]


def test_files_of_data_say_that_they_are_made_up(tmp_path):
    (tmp_path / "resultaten.csv").write_text('id,note\na,"een, twee"\n', encoding="utf-8")
    (tmp_path / "herkomst.json").write_text('{"results": {}}', encoding="utf-8")
    mark_data(tmp_path)
    with (tmp_path / "resultaten.csv").open(encoding="utf-8", newline="") as handle:
        assert list(csv.DictReader(handle)) == [
            {"id": "a", "note": "een, twee", "oefening": "nagemaakte gegevens"}
        ]
    assert json.loads((tmp_path / "herkomst.json").read_text(encoding="utf-8"))["oefening"]


def test_the_copy_is_filled_in_and_marked_and_the_repository_is_not(repository_copy, tmp_path):
    root = repository_copy(tmp_path / "copy")
    before = {path: path.read_bytes() for path in (root / "data" / "design").glob("*.toml")}
    held = copied(Workspace(root, root / "data" / "real"))
    assert held.root == root / "data" / "build" / "rehearsal"
    assert gap_design(held).track("").name == "ITCOURSE"
    assert adks_design(held).file.used["province"] == "provincie"
    assert yaml.safe_load((held.root / "_quarto.yml").read_text(encoding="utf-8"))["oefening"] is True
    assert {item.key for item in deviation_reasons(held)} >= {
        "track_variable", "file.columns.province", "earlier"
    }  # fmt: skip
    assert [gap_design(held).track_in(one).name for one in gap_design(held).earlier] == ["ITCOURSE"] * 2
    assert {path: path.read_bytes() for path in before} == before
    copied(Workspace(root, root / "data" / "real"))  # and again


def test_counts_of_a_council_are_read_with_their_electorate(tmp_path):
    """Of votes on lists alone nobody knows how many might vote; the counts beside them say it."""
    facts = find_root() / "data" / "facts"
    write_votes(facts, tmp_path, np.random.default_rng(5))
    council = read_turnout(sorted(tmp_path.iterdir()), election="GR").frame
    assert len(council) == len(towns_on(facts, "2021-03-17"))
    assert council[["eligible", "voters"]].notna().all(axis=None)
    states = read_turnout([tmp_path / "kiesraad_ps2023_1.zip"], election="PS").frame
    table = read_turnout([tmp_path / "Tellingen_PS_2023vs2019.xlsx"], election="PS").frame
    both = states.merge(table[table["date"] == "2023-03-15"], on="code", suffixes=("", "_table"))
    assert len(both) == len(states)
    assert both["eligible"].equals(both["eligible_table"])
    assert both["valid"].equals(both["valid_table"])
    again = tmp_path / "again"
    again.mkdir()
    write_votes(facts, again, np.random.default_rng(5))
    assert all((tmp_path / path.name).read_bytes() == path.read_bytes() for path in again.iterdir())


def test_the_stand_ins_are_read_whole_but_for_the_mistakes_in_them(tmp_path):
    """Other seeds than that of the command."""
    here = find_root()
    written = {}
    for number, seed in enumerate((2, 2, 3)):
        folder = tmp_path / str(number)
        files = write_standins(here / "data" / "facts", folder, seed=seed, size=0.1).files
        written[number] = [path.read_bytes() for path in files]
        workspace = Workspace(here, folder)
        for name in ("democratiekennis", "betrokkenheid"):
            path = next(folder.glob(f"{name}.*"))
            read = read_outcome_table([path], outcome_maps()[name], gazetteer(workspace))
            assert read.losses.unplaced == ()
            assert read.losses.undated == ()
    assert written[0] == written[1]  # no clock in them: what ran on them before holds
    assert written[0] != written[2]
    assert set(registration_maps()) == set(start_maps()) == {"prodemos", "tienskip"}


@pytest.mark.parametrize(
    ("text", "kinds", "complete", "says"),
    [
        ("berekend op een synthetische tweeling", {DataKind.REAL}, False, "words of a twin"),
        ("slechtste geval onbekend punten", {DataKind.REAL}, False, "a number that is none"),
        ("het effect is nan", {DataKind.REAL}, False, "a number that is none"),
        ("niet vast te stellen: er is geen bestand met kennis", {DataKind.REAL}, True, "absence of a file"),
        ("het bestand adks.csv van het panel ontbreekt. Bij", {DataKind.REAL}, True, "absence of a file"),
        ("een registratie van Tienskip ontbreekt;", {DataKind.REAL}, True, "absence of a file"),
    ],
)
def test_contradictions_are_named_with_what_stands_around_them(text, kinds, complete, says):
    assert [said[: len(says)] for said in contradictions(text, kinds, complete=complete)][:1] == [says]


def test_what_belongs_there_is_no_contradiction():
    told = "niet vast te stellen: er is geen bestand met kennis. Onbekend is of financieel inzicht helpt."
    assert list(contradictions(told, {DataKind.REAL})) == []
    assert list(contradictions("synthetisch", {DataKind.SYNTHETIC})) == []
    assert visible_text("<head><style>nan</style></head><p>vier&nbsp;punten</p>") == " vier punten "


def test_a_sheet_has_the_registered_reach_and_the_total_of_the_report(report_folder):
    workspace, _ = report_folder
    points = pd.DataFrame(
        {
            "code": ["PV20", "PV21", "PV22"],
            "activities": [3.0, 2.0, float("nan")],
            "young_people": [1204.0, float("nan"), float("nan")],
            "uncounted": [1, 2, 0],
        }
    )
    series = Series(
        "bereik.prodemos_provincies", "Bereik", "", "real", "registratie_prodemos", points, ("young_people",)
    )
    write_series([series], workspace.build / "released" / "series")
    rows = [row("prodemos.kennis.effect", 1.5), row("bereik.prodemos_young_people", 1230.0)]
    write_rows(rows, workspace.build / "released" / "results.csv")
    material = read_material(workspace)
    lines = {
        code: next(
            line for line in sheet_values(code, material)["cijfers"].splitlines() if "ProDemos" in line
        )
        for code in points["code"]
    }
    assert "ten minste 1.204 | ten minste 1.230 |" in lines["PV20"]
    assert "onbekend | ten minste 1.230 |" in lines["PV21"]
    assert "niet getoond | ten minste 1.230 |" in lines["PV22"]


def test_what_is_imitated_to_find_power_is_no_twin_and_imitated_data_are():
    real = {DataKind.REAL}
    for said in (
        "Hoe vaak de toets aanslaat, is nagebootst.",
        "een effect dat in nagebootste gegevens is gestopt",
    ):
        assert not list(contradictions(said, real)), said
    for said in ("berekend uit nagebootste gegevens", "een nagebootst bestand", "nagebootste leerlingen"):
        assert list(contradictions(said, real)), said
        assert not list(contradictions(said, {*real, DataKind.SYNTHETIC}))


def test_open_stand_ins_are_read_by_the_readers_and_a_broken_one_is_found(tmp_path):
    here = find_root()
    folder = tmp_path / "data"
    files = {path.name for path in write_standins(here / "data" / "facts", folder, seed=5, size=0.1).files}
    workspace = Workspace(here, folder)
    assert unrecognised_files(read_manifest(workspace).values(), folder) == []
    lacking = {
        source.key
        for source in read_manifest(workspace).values()
        if source.has_files and not present_files(source, folder)
    }
    assert lacking == {"pisa2003"}  # known by its checksum
    assert list(open_data(workspace)) == []
    assert {"pdok_gemeente_2025.geojson", "cbs_70072ned.json"} <= files
    (folder / "cbs_70072ned.json").write_text("<html>", encoding="utf-8")
    (folder / "Uitslag_alle_gemeenten_TK20210317.csv").unlink()
    assert list(open_data(workspace)) == [
        "cbs_70072ned.json: this is a web page, not data; fetch it again",
        "turnout is by provincie, though there are files by municipality",
    ]
