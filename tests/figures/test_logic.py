"""The drawn logic says what the facts say, in boxes that hold their text, also in grey."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.patches import FancyBboxPatch
from test_every_figure import PHONE, drawn_texts

from analysis.figures import narrow, theme
from analysis.figures.logic import STAGE_NAMES, STATUS_NAMES, STYLES, programme_logic_figure
from analysis.sources import facts
from analysis.sources.facts_contract import LOGIC_STAGES, LOGIC_STATUS

DRAWN = ("prodemos", "tienskip", "onderzoek_burgerschap")
PAGE_HEIGHT = 8.6  # inch left on an A4 page beside a caption of three lines


@pytest.fixture(scope="module")
def logic():
    return facts.programme_logic()


@pytest.fixture(scope="module")
def lines():
    return facts.programme_lines()


@pytest.fixture(scope="module")
def exhibit(logic, lines):
    return programme_logic_figure(logic, lines, DRAWN)


def boxes(exhibit) -> list[FancyBboxPatch]:
    return [patch for patch in exhibit.figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def test_the_table_holds_every_stage_and_the_alt_text_what_is_unknown(exhibit, logic):
    drawn = logic[logic["line"].isin(DRAWN)]
    assert len(exhibit.table) == len(drawn) == 15
    assert list(exhibit.table["inhoud"]) == list(
        drawn.set_index("line").loc[list(dict.fromkeys(DRAWN)), "text"]
    )
    assert "Van de 15 vakken zijn er 2 onbekend." in exhibit.alt
    assert "ProDemos: bereik onbekend." in exhibit.alt


def test_a_box_a_stage_and_an_arrow_between(exhibit):
    assert len(boxes(exhibit)) == 15 + len(STATUS_NAMES)
    arrows = [text for text in exhibit.figure.axes[0].texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 3 * (len(LOGIC_STAGES) - 1)
    words = [text.get_text() for text, _ in drawn_texts(exhibit.figure)]
    for name in STAGE_NAMES.values():
        assert words.count(name) == 3


def test_every_text_lies_in_its_box(exhibit):
    figure = exhibit.figure
    texts = drawn_texts(figure)
    frames = [box.get_window_extent() for box in boxes(exhibit)][len(STATUS_NAMES) :]
    inside = 0
    for text, place in texts:
        around = [
            frame for frame in frames if frame.x0 <= place.x0 <= frame.x1 and frame.y0 <= place.y1 <= frame.y1
        ]
        for frame in around:
            inside += 1
            assert place.x1 <= frame.x1 - 1, text.get_text()
            assert place.y0 >= frame.y0 + 1, text.get_text()
    assert inside > 50
    for (one, box), (other, second) in itertools.combinations(texts, 2):
        width = min(box.x1, second.x1) - max(box.x0, second.x0)
        height = min(box.y1, second.y1) - max(box.y0, second.y0)
        assert width < 1.5 or height < 1.5, f"{one.get_text()!r} overlaps {other.get_text()!r}"


def test_legible_on_a_phone_and_whole_on_a_page(exhibit, logic, lines):
    assert exhibit.figure.get_figwidth() == theme.WIDTH
    assert exhibit.figure.get_figheight() < PAGE_HEIGHT
    with narrow.narrow():
        small = programme_logic_figure(logic, lines, DRAWN).figure
    assert small.get_figwidth() == narrow.NARROW
    for text, _ in drawn_texts(small):
        assert text.get_fontsize() / 72 * PHONE / narrow.NARROW >= 11, text.get_text()


def test_statuses_differ_without_colour():
    assert set(STYLES) == set(LOGIC_STATUS)
    assert len({style.line for style in STYLES.values()}) == len(STYLES)
    for style in STYLES.values():
        assert theme.contrast(theme.INK, style.face) > 7
        assert theme.contrast(style.edge, theme.PAPER) > 4.5


def test_same_bytes_at_every_run(exhibit, logic, lines):
    assert exhibit.svg() == programme_logic_figure(logic, lines, DRAWN).svg()


def test_lines_that_cannot_be_drawn(logic, lines):
    with pytest.raises(ValueError, match="nergens is not a line of the programme"):
        programme_logic_figure(logic, lines, ("prodemos", "nergens"))
    with pytest.raises(ValueError, match="two or three lines"):
        programme_logic_figure(logic, lines, ("prodemos",))
