"""Twelve sheets of one page from one stencil: the right numbers, marked, accessible, the same twice."""

from __future__ import annotations

import csv

import pytest
from pypdf import PdfReader
from readback import headings, outline, page, pdf_text, squeezed, words
from test_render_browser import SCHEMES, TAGS, browser, open_page  # noqa: F401
from test_render_standards import verapdf

from analysis import dutch
from analysis.render import RenderError
from analysis.render.factsheets import write_factsheets
from analysis.render.provinces import EFFECTS, LIMIT
from analysis.sources import facts
from analysis.sources.geography import province_names
from analysis.workspace import Workspace

MARK = "Proefrapport · synthetische gegevens · geen bevindingen"
NAMED = {"PV20", "PV22", "PV24", "PV29", "PV30"}


@pytest.fixture(scope="module")
def workspace(report) -> Workspace:
    return Workspace(report, report / "data" / "real")


@pytest.fixture(scope="module")
def folder(workspace, tmp_path_factory):
    out = tmp_path_factory.mktemp("sheets")
    made = write_factsheets(workspace, out)
    assert len(made) == 24
    return out / "provincies"


@pytest.fixture(scope="module")
def sheets(folder) -> dict[str, str]:
    """Text of each page, by province code."""
    return {code: words(page(folder / f"{code}.html")) for code in province_names()}


def test_each_province_has_its_own_numbers(sheets, workspace):
    population, pupils = (
        facts.cbs_population().set_index("statcode"),
        facts.cbs_pupils().set_index("statcode"),
    )
    with (workspace.build / "released" / "exhibits" / f"{EFFECTS}.csv").open(encoding="utf-8") as handle:
        effects = {row["provincie"]: row for row in csv.DictReader(handle)}
    for code, name in province_names().items():
        text = sheets[code]
        assert f"Provincieblad {name}" in text
        for number in (population.loc[code, "population"], population.loc[code, "municipalities"]):
            assert dutch.number(int(number)) in text, code
        assert dutch.number(int(pupils.loc[code, "total"])) in text, code
        for kind in ("ruw", "bijgesteld"):
            value, low, high = (float(effects[name][f"{kind}{end}"]) for end in ("", " laag", " hoog"))
            assert f"{dutch.number(value, 1, sign=True)} punten" in text, code
            assert dutch.interval(low, high, 1) in text, code


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


def test_every_sheet_is_one_page_and_marked(folder, sheets):
    for code, text in sheets.items():
        assert MARK in text
        assert "Synthetische gegevens, geen bevinding." in text
        reader = PdfReader(folder / f"{code}.pdf")
        assert len(reader.pages) == 1, code
        printed = " ".join(reader.pages[0].extract_text().split())
        assert squeezed(MARK) in squeezed(printed)
        assert "Hoort bij: Impactanalyse" in printed


def test_both_formats_say_the_same(folder):
    for code in ("PV20", "PV31"):
        html = page(folder / f"{code}.html")
        printed = squeezed(pdf_text(folder / f"{code}.pdf"))
        assert [squeezed(text) for _, text in headings(html)] == [
            squeezed(text) for _, text in outline(folder / f"{code}.pdf")
        ]
        for cell in html.iter("td"):
            assert squeezed(words(cell)) in printed, words(cell)


def test_same_bytes_twice(workspace, folder, tmp_path):
    write_factsheets(workspace, tmp_path)
    for path in folder.iterdir():
        assert (tmp_path / "provincies" / path.name).read_bytes() == path.read_bytes(), path.name


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
    from axe_playwright_python.sync_playwright import Axe

    for code in ("PV21", "PV30"):
        sheet = open_page(browser, folder / f"{code}.html", width, color_scheme=scheme)
        outcome = Axe().run(sheet, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        assert [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in outcome["violations"]] == []
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in sheet.fetched if not url.startswith(("file:", "data:"))] == []
        sheet.context.close()


def test_a_result_that_was_not_released(report, tmp_path, repository_copy):
    root = repository_copy(tmp_path / "copy")
    released = root / "data" / "build" / "released"
    released.mkdir(parents=True)
    text = (report / "data" / "build" / "released" / "results.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(f"{LIMIT},")]
    (released / "results.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(RenderError, match=rf"need {LIMIT}, {EFFECTS}, which was not released"):
        write_factsheets(Workspace(root, root / "data" / "real"), tmp_path)
