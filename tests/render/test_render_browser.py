"""The page in a browser: no accessibility violation, nothing cut off, nothing fetched, no script needed."""

from __future__ import annotations

import os
import shutil

import pytest
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


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_accessibility_violation(browser, report, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(browser, report, width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    outcome = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in outcome["violations"]] == []
    assert len(outcome["passes"]) > 30
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, *WIDTHS])
def test_page_does_not_scroll_sideways_but_a_wide_table_does(browser, report, width):
    """320 CSS pixels is what 1280 pixels are at 400 % zoom."""
    page = open_page(browser, report, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    frame = page.locator(".tabelvenster").last
    scrolls = frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert scrolls == (width < 700)
    frame.focus()
    assert frame.evaluate("frame => document.activeElement === frame")
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
    for _ in range(3):
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
