"""The rehearsal of the day the files arrive: held once, small, and its checks on what they must catch."""

from __future__ import annotations

import csv
import json
import re

import pytest
from repository import run_analysis

from analysis.datakind import DataKind
from analysis.design.tables import outcome_maps, registration_maps, start_maps
from analysis.rehearsal.checks import check_report, contradictions, visible_text
from analysis.rehearsal.files import write_standins
from analysis.results import read_rows
from analysis.sources.gazetteer import gazetteer
from analysis.sources.outcome_table import read_outcome_table
from analysis.workspace import Workspace, find_root


@pytest.fixture(scope="module")
def rehearsed(report):
    """The copy in which ``python -m analysis rehearse`` ran, beside the report that stands."""
    before = {path: path.stat().st_mtime_ns for path in (report / "_report").iterdir()}
    outcome = run_analysis(report, "rehearse", "--engine", "embedded", "--size", "0.2")
    assert outcome.returncode == 0, f"{outcome.stdout}\n{outcome.stderr}"
    assert {path: path.stat().st_mtime_ns for path in (report / "_report").iterdir()} == before
    root = report / "data" / "build" / "rehearsal"
    return Workspace(root, root / "standins")


def test_the_final_edition_and_twelve_sheets_are_there_and_all_of_it_is_marked(rehearsed):
    folder = rehearsed.root / "_report"
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 3 + 12
    assert all("Oefening · nagemaakte bestanden" in path.read_text(encoding="utf-8") for path in pages)
    assert len(list(folder.rglob("*.pdf"))) == 2 + 12
    with (folder / "resultaten.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["oefening"] for row in rows} == {"nagemaakte gegevens"}
    assert json.loads((folder / "herkomst.json").read_text(encoding="utf-8"))["oefening"]


def test_every_chapter_is_real(rehearsed):
    rows = {row.id: row for row in read_rows(rehearsed.build / "released" / "results.csv")}
    for name in (
        "prodemos.kennis.effect",
        "prodemos.opkomst_tk.effect",
        "tienskip.betrokkenheid.effect",
        "kenniskloof.gap",
        "houdingen.gap_change",
        "regio.houding_sd_province",
        "bereik.prodemos_young_people",
        "bereik.tienskip_young_people",
        "bereik.prodemos_cost",
    ):
        assert rows[name].kind is DataKind.REAL, name
        assert rows[name].value is not None, f"{name}: {rows[name].unknown_word} {rows[name].reason}"


def test_what_a_check_must_catch_is_caught(rehearsed, tmp_path):
    """A sheet that is gone, a page without its mark, a word of a twin."""
    folder = tmp_path / "report"
    for path in (rehearsed.root / "_report").rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(rehearsed.root / "_report")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    assert check_report(rehearsed, folder, None) == []
    (folder / "provincies" / "PV24.pdf").unlink()
    page = folder / "rapport.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub("Oefening", "", text.replace("</main>", "<p>een tweeling</p></main>")), "utf-8")
    said = " ".join(check_report(rehearsed, folder, None))
    assert "sheet of Flevoland: absent" in said
    assert "rapport.html: not marked as a rehearsal" in said
    assert "rapport.html: words of a twin: …" in said


def test_the_stand_ins_are_read_whole_but_for_the_mistakes_in_them(tmp_path):
    """Other seeds than that of the command."""
    here = find_root()
    for seed in (2, 3):
        folder = tmp_path / str(seed)
        write_standins(here / "data" / "facts", folder, seed=seed, size=0.1)
        workspace = Workspace(here, folder)
        for name in ("democratiekennis", "betrokkenheid"):
            path = next(folder.glob(f"{name}.*"))
            read = read_outcome_table([path], outcome_maps()[name], gazetteer(workspace))
            assert read.losses.unplaced == ()
            assert read.losses.undated == ()
    assert set(registration_maps()) == set(start_maps()) == {"prodemos", "tienskip"}


@pytest.mark.parametrize(
    ("text", "kinds", "complete", "says"),
    [
        ("berekend op een synthetische tweeling", {DataKind.REAL}, False, "words of a twin"),
        ("slechtste geval onbekend punten", {DataKind.REAL}, False, "a number that is none"),
        ("het effect is nan", {DataKind.REAL}, False, "a number that is none"),
        ("niet vast te stellen: er is geen bestand met kennis", {DataKind.REAL}, True, "absence of a file"),
    ],
)
def test_contradictions_are_named_with_what_stands_around_them(text, kinds, complete, says):
    assert [said[: len(says)] for said in contradictions(text, kinds, complete=complete)][:1] == [says]


def test_what_belongs_there_is_no_contradiction():
    told = "niet vast te stellen: er is geen bestand met kennis. Onbekend is of financieel inzicht helpt."
    assert list(contradictions(told, {DataKind.REAL})) == []
    assert list(contradictions("synthetisch", {DataKind.SYNTHETIC})) == []
    assert visible_text("<head><style>nan</style></head><p>vier&nbsp;punten</p>") == " vier punten "
