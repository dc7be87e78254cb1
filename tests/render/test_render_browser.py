"""The page in a browser: no accessibility violation, nothing cut off, nothing fetched, no script needed."""

from __future__ import annotations

import os
import shutil

import pytest
from pypdf import PdfReader
from readback import HEADER, squeezed
from small_report import LONG, make_project

from analysis.render import render

pytestmark = pytest.mark.browser
WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser():
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        message = "chromium is not installed (Debian: apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The small document with a table too wide for a phone and contents too long for a screen."""
    workspace = make_project(tmp_path_factory.mktemp("page"))
    section = workspace.reports / "_eerste.qmd"
    columns = 5
    table = f"| {' | '.join(f'kolom {i}' for i in range(columns))} |\n|{'---|' * columns}\n"
    table += f"| {' | '.join([LONG] * columns)} |\n\n: Een tabel met vijf kolommen. {{#tbl-kloof-vijf}}\n"
    parts = "\n".join(f"## Deel {i} {{#sec-deel-{i}}}\n\nTekst.\n" for i in range(40))
    section.write_text(f"{section.read_text(encoding='utf-8')}\n{table}\n{parts}", encoding="utf-8")
    return render(workspace, engine="embedded") / "rapport.html"


def open_page(browser, report, width=1280, height=900, **options):
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", **options
    )
    page = context.new_page()
    page.fetched = []
    page.on("request", lambda request: page.fetched.append(request.url))
    page.goto(report.as_uri())
    return page


@pytest.fixture(scope="module")
def opened(browser, folder):
    """Both documents of the importing module's `folder` with everything unfolded: to be shown at any size."""
    sheets = {name: open_page(browser, folder / f"{name}.html") for name in ("rapport", "verantwoording")}
    for sheet in sheets.values():
        sheet.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    yield sheets
    for sheet in sheets.values():
        sheet.context.close()


# Two thirds of the time that axe takes on a long page go to bookkeeping of colours: six weak maps for each,
# and reading the same few texts ten thousand times. What it finds is the same without, see the test below.
PLAIN_MAPS = """(() => {
  const own = Object.prototype.hasOwnProperty;
  class Plain {
    constructor(pairs = []) { this.key = Symbol(); for (const pair of pairs || []) this.set(...pair); }
    has(item) { return own.call(item, this.key); }
    get(item) { return own.call(item, this.key) ? item[this.key] : undefined; }
    set(item, value) { item[this.key] = value; return this; }
    add(item) { return this.set(item, true); }
    delete(item) { return delete item[this.key]; }
  }
  window.WeakMap = window.WeakSet = Plain;
})();
"""
COLOURS_READ_ONCE = """
(() => {
  const colour = axe.commons.color.Color.prototype, read = colour.parseString, known = new Map();
  colour.parseString = function (text) {
    if (known.has(text)) [this.r, this.g, this.b, this.alpha] = known.get(text);
    else { read.call(this, text); known.set(text, [this.r, this.g, this.b, this.alpha]); }
    return this;
  };
})();
"""


def looked_over(page, *, quick=True):
    """What axe found: every element that violates a rule, and one for each rule that holds.

    Elements for which a rule holds are thousands on a long page: naming all takes three fifths of the time.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    axe = Axe()
    if quick:
        axe = Axe(f"{PLAIN_MAPS}{axe.axe_script}{COLOURS_READ_ONCE}")
    return axe.run(page, options=options).response


FAULTS = """<!doctype html><html lang="nl"><title>Fouten</title><style>
main { color: #000; background: #fff } .a { color: #aaa } .b { background: rgb(0 0 0 / 60%) }
.c { opacity: .4 } .d { color: color-mix(in srgb, red 40%, white) } .e { text-shadow: 0 0 3px #000 }
</style><main><h1>Kop</h1><p class="a">Licht<p class="b">Zwart op donker<p class="c">Doorzichtig
<p class="d">Gemengd<p class="e">Schaduw<p>Goed<p class="a b">Beide<h4>Te diep</h4><img src="data:,"></main>
"""


def test_axe_finds_the_same_made_quick(browser):
    found = []
    for quick in (True, False):
        page = browser.new_page()
        page.set_content(FAULTS)
        outcome = looked_over(page, quick=quick)
        found.append({key: outcome[key] for key in ("violations", "incomplete", "passes", "inapplicable")})
        page.close()
    assert found[0] == found[1]
    assert {"color-contrast", "heading-order", "image-alt"} <= {one["id"] for one in found[0]["violations"]}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_accessibility_violation(browser, report, width, scheme):
    page = open_page(browser, report, width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    outcome = looked_over(page)
    assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in outcome["violations"]] == []
    assert len(outcome["passes"]) > 30
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, *WIDTHS])
def test_nothing_scrolls_sideways(browser, report, width):
    """320 CSS pixels is what 1280 pixels are at 400 % zoom."""
    page = open_page(browser, report, width)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        page.evaluate("""[...document.querySelectorAll('.tabelvenster, .tabelvenster *')]
        .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML)""")
        == []
    )
    page.context.close()


@pytest.mark.parametrize(("width", "cards"), [(390, True), (1280, False)])
def test_rows_are_cards_where_a_table_does_not_fit(browser, report, width, cards):
    page = open_page(browser, report, width)
    table = page.locator("#tbl-kloof-vijf table")
    cell = table.locator("tbody td").last
    box, frame = cell.bounding_box(), page.locator("main").bounding_box()
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    assert table.locator("thead").is_visible() != cards
    told = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert told == ('"kolom 4: "' if cards else "none")
    heading = table.locator("tbody th").first
    above = heading.bounding_box()["y"] < table.locator("tbody td").first.bounding_box()["y"]
    assert above == cards
    page.context.close()


def test_a_small_table_stays_a_table_on_a_phone(browser, report):
    page = open_page(browser, report, 360)
    assert page.locator("#tbl-kloof-smal thead").is_visible()
    page.context.close()


def test_only_what_can_be_operated_is_a_stop(browser, report):
    """A table, a frame or the contents that do not scroll are no stop of the Tab key."""
    page = open_page(browser, report)
    assert (
        page.evaluate("""[...document.querySelectorAll('[tabindex]')].filter(e => e.tabIndex >= 0)
        .filter(e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight).length""")
        == 0
    )
    page.context.close()


def test_nothing_is_fetched_and_no_script_is_needed(browser, report):
    page = open_page(browser, report, java_script_enabled=False)
    assert [url for url in page.fetched if not url.startswith(("file:", "data:"))] == []
    assert page.locator("script").count() == 0
    assert page.locator("figure img").first.bounding_box()["width"] > 300
    page.context.close()


@pytest.mark.parametrize(("width", "scrolled"), [(360, 0), (360, 4000), (1280, 4000)])
def test_synthetic_strip_stays_in_sight(browser, report, width, scrolled):
    page = open_page(browser, report, width)
    page.evaluate(f"window.scrollTo(0, {scrolled})")
    box = page.locator(".proefstrook").bounding_box()
    assert 0 <= box["y"] < 1
    assert box["height"] < 60
    page.context.close()


@pytest.mark.parametrize(("width", "height"), [(320, 256), (320, 180), (360, 740), (1280, 900)])
def test_strip_takes_no_more_than_a_tenth_of_the_screen(browser, report, width, height):
    """1280 by 1024 and 1280 by 720 at 400 %: there it scrolls along with the text."""
    page = open_page(browser, report, width, height)
    page.evaluate("window.scrollTo(0, 4000)")
    box = page.locator(".proefstrook").bounding_box()
    seen = max(0, min(height, box["y"] + box["height"]) - max(0, box["y"]))
    assert seen <= height / 10
    page.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_strip_does_not_cover_what_a_link_leads_to(browser, report, width):
    page = open_page(browser, report, width)
    page.locator("main a.quarto-xref[href='#sec-eerste']").first.click()
    heading = page.locator("#sec-eerste h2").bounding_box()
    strip = page.locator(".proefstrook").bounding_box()
    assert strip["height"] <= heading["y"] < 120
    page.context.close()


def test_keyboard_reaches_the_text_first(browser, report):
    page = open_page(browser, report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Naar de tekst"
    assert page.locator(".sla-over").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhoud"


def test_keyboard_reaches_contents_that_scroll(browser, report):
    page = open_page(browser, report)
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Samenvatting"
    nav = page.locator("nav")
    assert nav.evaluate("nav => nav.scrollHeight > nav.clientHeight")
    page.locator("nav a").last.focus()
    assert nav.evaluate("nav => nav.scrollTop") > 0
    page.context.close()


def test_contents_fold_on_a_phone_and_stand_beside_the_text_on_a_screen(browser, report):
    page = open_page(browser, report, 390)
    link = page.locator("nav a").first
    assert not link.is_visible()
    page.locator("nav summary").click()
    assert link.is_visible()
    page.context.close()
    page = open_page(browser, report, 1280)
    nav, text = page.locator("nav").bounding_box(), page.locator("main").bounding_box()
    assert nav["x"] + nav["width"] <= text["x"]
    assert page.locator("nav a").first.is_visible()
    page.context.close()


def test_lines_are_of_readable_length(browser, report):
    page = open_page(browser, report, 1280)
    width, size = (
        page.locator("main p")
        .nth(2)
        .evaluate("p => [p.getBoundingClientRect().width, parseFloat(getComputedStyle(p).fontSize)]")
    )
    assert 55 < width / (size * 0.5) < 80  # half an em a character, on average
    page.context.close()


def test_printed_page_leaves_out_what_only_serves_the_screen(browser, report):
    page = open_page(browser, report)
    page.emulate_media(media="print")
    assert not page.locator(".sla-over").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("main").is_visible()
    page.context.close()


def test_printing_hides_no_line(browser, report, tmp_path):
    """Every line of the text is in the print, folded or not, and the strip on every sheet lies on none."""
    page = open_page(browser, report)
    lines = page.evaluate("""[...document.querySelectorAll('main :is(p, li, dt, dd, td, th, figcaption)')]
        .filter(e => !e.querySelector('p, li, ul, ol, math')).map(e => e.textContent)""")
    page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    page.context.close()
    sheets = PdfReader(tmp_path / "print.pdf").pages
    text = squeezed("".join(sheet.extract_text() for sheet in sheets).replace(HEADER, ""))
    assert len(lines) > 60
    missing = [line for line in lines if squeezed(line) not in text]
    assert missing == []
    for number, sheet in enumerate(sheets, start=1):
        assert squeezed(HEADER) in squeezed(sheet.extract_text()), f"sheet {number}"
