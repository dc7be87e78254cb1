"""Twelve sheets of one page from one stencil: the right numbers, marked, accessible, the same twice."""

from __future__ import annotations

import pandas as pd
import pytest
from panels import KNOWLEDGE_OUTCOME, REGIO, region_panel, region_studied, without_pupils
from pypdf import PdfReader
from readback import headings, outline, page, pdf_text, squeezed, words
from test_render_browser import SCHEMES, browser, looked_over, open_page  # noqa: F401
from test_render_standards import verapdf

from analysis import dutch
from analysis.answers.regio import region_items
from analysis.answers.regio_names import ATTITUDE
from analysis.answers.regio_opkomst import smallest_spread, turnout_items
from analysis.build.kept import Kept
from analysis.datakind import DataKind
from analysis.design.questions import outcomes
from analysis.estimate.regional_path import regional_path
from analysis.panel.regio import RegioPanel
from analysis.panel.turnout import PROVINCES, turnout_panel
from analysis.render import RenderError, factsheets
from analysis.render.embedded import write_page
from analysis.render.factsheets import sheet, write_factsheets
from analysis.render.project import read_project
from analysis.render.provinces import read_material, sheet_values
from analysis.results import (
    ROWS_FILE,
    SERIES_FOLDER,
    Released,
    Result,
    publish,
    write_rows,
    write_series,
)
from analysis.sources import facts
from analysis.sources.geography import province_names
from analysis.sources.sourced import Sourced
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

MARK = "Proefrapport · synthetische gegevens · geen bevindingen"
NAMED = {"PV20", "PV22", "PV24", "PV29", "PV30"}
WITHHELD = "PV29"
ELSEWHERE = "Waarom iets niet is vast te stellen, en wat daarvoor nodig is, staat in het rapport."


def effect(name, value, kind="real", **given) -> Result:
    label = "effect op de kennis van jongeren over de democratie"
    return Result(
        f"{name}.effect", label, value, "punten", kind, "kiesraad_opkomst", n=900, decimals=2, **given
    )


def turnout():
    """Turnout by province from the facts."""
    panel = turnout_panel("TK", level=PROVINCES)
    smallest = smallest_spread(panel.frame)
    path = regional_path(panel.frame, region="province", time="date", outcome="turnout_pct", margin=smallest)
    return turnout_items(panel, path, outcomes()["opkomst_tk"], smallest=smallest, level=0.95)


def real_results() -> Released:
    """Attitudes of pupils, of whom too few in one province; no file on knowledge; one effect of two."""
    frame = without_pupils(region_panel().data.frame, WITHHELD, 9)
    attitudes = region_panel(frame=frame)
    knowledge = RegioPanel(KNOWLEDGE_OUTCOME, Sourced.absent("er is geen bestand"), (), None)
    return publish(
        *region_items(attitudes, region_studied(attitudes), REGIO, prefix=ATTITUDE),
        *region_items(knowledge, region_studied(knowledge), REGIO),
        effect("prodemos.kennis", NotEstimable("er is geen bestand"), "fact"),
        effect("prodemos.opkomst_tk", 0.204, low=-0.15, high=0.55),
        *turnout(),
    )


def rehearsal() -> Released:
    """Everything on twins, as the edition `mock` shows it."""
    items = []
    for prefix, outcome in (("", KNOWLEDGE_OUTCOME), (ATTITUDE, "politiek_zelfvertrouwen")):
        panel = region_panel(outcome, trial=True)
        items += region_items(panel, region_studied(panel), REGIO, prefix=prefix)
    for name in ("prodemos.kennis", "prodemos.opkomst_tk", "tienskip.betrokkenheid", "tienskip.opkomst_tk"):
        items.append(effect(name, 1.204, "synthetic", low=0.15, high=2.55))
    trials, real = publish(*items, trial=True).trial(), publish(*turnout())
    return Released((*trials.rows, *real.rows), (*trials.series, *real.series))


def release(root, released: Released) -> Workspace:
    folder = root / "data" / "build" / "released"
    folder.mkdir(parents=True)
    write_rows(released.rows, folder / ROWS_FILE)
    write_series(released.series, folder / SERIES_FOLDER)
    return Workspace(root, root / "data" / "real")


@pytest.fixture(scope="module")
def results() -> Released:
    return real_results()


@pytest.fixture(scope="module")
def workspace(repository_copy, tmp_path_factory, results) -> Workspace:
    return release(repository_copy(tmp_path_factory.mktemp("sheets") / "root"), results)


@pytest.fixture(scope="module")
def folder(workspace, tmp_path_factory):
    out = tmp_path_factory.mktemp("made")
    made = write_factsheets(workspace, out)
    assert made == {f"provincies/{code}.html": name for code, name in province_names().items()}
    assert len(list((out / "provincies").iterdir())) == 2 * len(made) == 24
    return out / "provincies"


@pytest.fixture(scope="module")
def mock(repository_copy, tmp_path_factory):
    base = tmp_path_factory.mktemp("mock")
    write_factsheets(release(repository_copy(base / "root"), rehearsal()), base)
    return base / "provincies"


@pytest.fixture(scope="module")
def sheets(folder) -> dict[str, str]:
    """Text of each page, by province code."""
    return {code: words(page(folder / f"{code}.html")) for code in province_names()}


def test_each_province_has_its_own_numbers(sheets, results):
    population, pupils = (
        facts.cbs_population().set_index("statcode"),
        facts.cbs_pupils().set_index("statcode"),
    )
    points = results.points("regio.houding_provincies").points.set_index("region")
    for code, name in province_names().items():
        text = sheets[code]
        assert f"Provincieblad {name}" in text
        for number in (population.loc[code, "population"], population.loc[code, "municipalities"]):
            assert dutch.number(int(number)) in text, code
        assert dutch.number(int(pupils.loc[code, "total"])) in text, code
        if code == WITHHELD:
            continue
        for value, low, high in (("raw", "raw_low", "raw_high"), ("shrunken", "low", "high")):
            own = points.loc[code]
            assert f"{dutch.number(own[value], 3, sign=True)} schaalpunten" in text, code
            assert dutch.interval(own[low], own[high], 3) in text, code


def test_a_province_with_too_few_pupils_says_so_and_the_other_eleven_have_their_numbers(sheets):
    told = "Niet getoond: er zijn te weinig leerlingen of scholen uit deze provincie."
    for code, text in sheets.items():
        assert (told in text) == (code == WITHHELD), code
        assert ("afwijking in politiek zelfvertrouwen, ruw" in text) == (code != WITHHELD), code
    assert "afwijking in politiek zelfvertrouwen niet getoond niet getoond" in sheets[WITHHELD]


def test_what_cannot_be_had_says_so_on_every_sheet(sheets):
    for code, text in sheets.items():
        assert "afwijking in burgerschapskennis niet vast te stellen niet vast te stellen" in text, code
        assert ELSEWHERE in text
        assert "+0,20 punten" in text
        assert "van −0,15 tot 0,55" in text
        assert "20 punten (burgerschapskennis) of 0,160 schaalpunten (politiek zelfvertrouwen)" in text
        assert "Echte gegevens" in text
        assert "Synthetische gegevens, geen bevinding." not in text


def test_the_line_of_turnout_is_the_provinces_own(folder, sheets):
    """First and last election by province and in all, from the table of facts, without The Hague."""
    table = pd.read_csv(find_root() / "data" / "facts" / "turnout_provinces.csv")
    table = table[(table["election"] == "TK") & table["date"].isin(["1998-05-06", "2025-10-29"])]
    for column in ("voters", "eligible"):
        table[column] -= table[f"{column}_the_hague"] + table[f"{column}_abroad"]
    sums = table.groupby("date")[["voters", "eligible"]].sum()
    first, last = (100 * sums["voters"] / sums["eligible"]).round(1)
    own = table.assign(turnout=100 * table["voters"] / table["eligible"])
    own = own.pivot_table(index="province", columns="date", values="turnout").round(1)
    for code, name in province_names().items():
        text = (folder / f"{code}.html").read_text(encoding="utf-8")
        told = [dutch.number(one, 1) for one in (first, last, *own.loc[code])]
        assert f"Nederland: van {told[0]} naar {told[1]}. {name} van {told[2]} naar {told[3]}" in text
        assert f"in {name} en in Nederland, 1998 tot en met 2025" in sheets[code]


def test_what_is_unknown_stays_unknown(sheets):
    for code, text in sheets.items():
        assert "Onbekend: de brief noemt een uitbreiding, maar niet naar welke provincies." in text
        assert ("Niet genoemd. Uitbreiden naar" in text) == (code not in NAMED)
        assert "Bereikte leerlingen: onbekend." in text or code not in NAMED
    assert "36.869 (met Limburg)" in sheets["PV30"]
    assert "36.869 (met Noord-Brabant)" in sheets["PV31"]
    assert "48.001 (nagerekend)" in sheets["PV31"]
    assert "Dokkum" in sheets["PV21"]
    assert "Amsterdam (plaats" not in sheets["PV27"]


def test_every_sheet_is_one_page(folder):
    for code in province_names():
        reader = PdfReader(folder / f"{code}.pdf")
        assert len(reader.pages) == 1, code
        assert "Hoort bij: Impactanalyse" in " ".join(reader.pages[0].extract_text().split())


def test_in_a_rehearsal_every_sheet_is_one_page_and_marked(mock):
    for code in province_names():
        text = words(page(mock / f"{code}.html"))
        assert MARK in text
        assert "Synthetische gegevens, geen bevinding." in text
        assert "afwijking in burgerschapskennis, bijgesteld" in text
        assert ELSEWHERE not in text
        reader = PdfReader(mock / f"{code}.pdf")
        assert len(reader.pages) == 1, code
        assert squeezed(MARK) in squeezed(reader.pages[0].extract_text())


def test_both_formats_say_the_same(folder):
    for code in ("PV20", "PV31"):
        html = page(folder / f"{code}.html")
        printed = squeezed(pdf_text(folder / f"{code}.pdf"))
        assert [squeezed(text) for _, text in headings(html)] == [
            squeezed(text) for _, text in outline(folder / f"{code}.pdf")
        ]
        for cell in html.iter("td"):
            assert squeezed(words(cell)) in printed, words(cell)


def test_same_bytes_twice_and_what_nothing_changed_is_taken_whole(workspace, folder, tmp_path, monkeypatch):
    kept = Kept(tmp_path / "kept")
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_factsheets(workspace, tmp_path / name, kept)
        made = {path.name: path.read_bytes() for path in (tmp_path / name / "provincies").iterdir()}
        assert made == {path.name: path.read_bytes() for path in folder.iterdir()}
        monkeypatch.setattr(factsheets, "_write", None)  # from here on nothing may be made


def test_all_that_a_sheet_is_made_of_decides_it(repository_copy, tmp_path, results):
    workspace = release(repository_copy(tmp_path / "root"), results)
    generated = workspace.reports / "_generated"
    generated.mkdir(exist_ok=True)
    code = factsheets._deciding(workspace)["code"]
    # The figure on a sheet, what it is drawn with, and the chapter that asks for it; no figures of others.
    for name in (
        "figures/place_lines.py",
        "figures/theme.py",
        "chapters/regio_opkomst.py",
        "render/provinces.py",
    ):
        assert f"analysis/{name}" in code
    assert not {"analysis/figures/forest.py", "analysis/chapters/zekerheid.py"} & set(code)
    before = factsheets._deciding(workspace)
    (generated / "fig-iets.svg").write_text("<svg/>", encoding="utf-8")
    assert factsheets._deciding(workspace) == before
    for name in (
        "reports/provincie.qmd",
        "reports/partials/provincie/provincie.css",
        "reports/stijl.css",
        "data/facts/letter_facts.csv",
        "data/design/regio.toml",
        "data/manifest.toml",
        "data/build/released/results.csv",
        "_quarto.yml",
    ):
        path = workspace.root / name
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        after = factsheets._deciding(workspace)
        assert after != before, name
        before = after


@pytest.mark.pdf
def test_pdf_meets_both_standards(folder):
    answers = verapdf(*sorted(folder.glob("*.pdf")))
    assert len(answers) == 24
    for answer in answers:
        assert answer["compliant"], answer


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_accessibility_violation(browser, folder, width, scheme):  # noqa: F811
    for code in ("PV21", "PV30"):
        sheet = open_page(browser, folder / f"{code}.html", width, color_scheme=scheme)
        outcome = looked_over(sheet)
        assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in outcome["violations"]] == []
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in sheet.fetched if not url.startswith(("file:", "data:"))] == []
        sheet.context.close()


def test_the_sheets_of_the_report_are_made(report, tmp_path):
    """From a whole build, in which the files of pupils are not there."""
    assert len(write_factsheets(Workspace(report, report / "data" / "real"), tmp_path)) == 12
    for code in province_names():
        assert "niet vast te stellen" in words(page(tmp_path / "provincies" / f"{code}.html"))
        assert len(PdfReader(tmp_path / "provincies" / f"{code}.pdf").pages) == 1, code


def test_a_chapter_that_failed_leaves_the_rest_of_the_sheet(repository_copy, tmp_path, results):
    kept = Released(tuple(row for row in results.rows if row.section != "regio"))
    workspace = release(repository_copy(tmp_path / "root"), kept)
    values = {"provincie": sheet_values("PV20", read_material(workspace))}
    write_page(*sheet("PV20", values, read_project(workspace.root)), tmp_path)
    text = words(page(tmp_path / "PV20.html"))
    assert "afwijking in" not in text
    assert "+0,20 punten" in text


def test_without_any_result_there_is_no_sheet(repository_copy, tmp_path):
    row = Result("programma.lines", "lijnen", 3, "", DataKind.FACT, "programme_lines")
    workspace = release(repository_copy(tmp_path / "root"), Released((row,)))
    with pytest.raises(RenderError, match="the sheets of the provinces need a result, and none was released"):
        write_factsheets(workspace, tmp_path)
