"""What holds for every figure: told in words, marked, the same twice, legible, and free of global state."""

from __future__ import annotations

import html
import itertools
import re

import matplotlib as mpl
import pytest
from figure_examples import EXAMPLES, build, built
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.exhibits import SYNTHETIC_CAPTION
from analysis.figures import narrow, theme

every_figure = pytest.mark.parametrize("name", EXAMPLES)
PHONE = 355  # pixels that the text is wide on a screen of 390


@pytest.fixture(params=["wide", "narrow"])
def drawing(request):
    """Draws the example of a name at one of the two widths."""
    if request.param == "wide":
        return built

    def small(name):
        with narrow.narrow():
            return build(name)

    return small


def drawn_texts(figure):
    """Texts that are drawn and say something, with their boxes in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    hidden = {id(text) for ax in figure.axes for text in _undrawn(ax)}
    return [
        (text, text.get_window_extent(canvas.get_renderer()))
        for text in figure.findobj(mpl.text.Text)
        if text.get_visible()
        and text.get_text().strip()
        and text.get_gid() != "synthetic-mark"
        and id(text) not in hidden
    ]


def _undrawn(ax):
    """Labels of ticks beyond the limits, and everything of an axis that is switched off."""
    for axis in (ax.xaxis, ax.yaxis):
        drawn = {id(tick) for tick in axis._update_ticks()} if ax.axison else set()
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if id(tick) not in drawn:
                yield from (tick.label1, tick.label2)
        if not ax.axison:
            yield from (axis.label, axis.offsetText)


@every_figure
def test_alt_text_says_the_finding_in_few_words(name):
    """The numbers stand in the table under the figure, which every figure has."""
    alt = built(name).alt
    assert len(alt) <= 250
    for told in EXAMPLES[name][1]:
        assert told in alt, f"{told!r} is not in {alt!r}"
    assert "nan" not in alt.lower()
    assert "  " not in alt
    assert alt[0].isupper()
    assert alt.endswith(".")


@every_figure
def test_caption_is_a_dutch_sentence(name):
    caption = built(name).caption
    assert caption[0].isupper()
    assert caption.endswith(".")
    assert ".." not in caption


@every_figure
def test_the_table_holds_what_is_drawn(name):
    table = built(name).table
    assert len(table) > 0
    assert all(str(column).strip() for column in table.columns)


@every_figure
def test_synthetic_data_mark_picture_and_caption(name):
    synthetic, real = build(name, "synthetic"), built(name)
    assert b"synthetic-mark" in synthetic.svg()
    assert b"synthetic-mark" not in real.svg()
    assert SYNTHETIC_CAPTION in synthetic.full_caption
    assert SYNTHETIC_CAPTION not in real.full_caption


@every_figure
def test_same_bytes_at_every_run(name):
    first = build(name, "synthetic")
    written = first.svg()
    assert first.svg() == written  # written again
    assert build(name, "synthetic").svg() == written  # made again


@every_figure
def test_settings_of_the_user_change_nothing(name):
    expected = built(name).svg()
    before = dict(mpl.rcParams)
    hostile = {
        "font.size": 30,
        "font.family": ["serif"],
        "text.color": "red",
        "axes.grid": True,
        "axes.facecolor": "black",
        "xtick.labelsize": 25,
        "ytick.color": "green",
        "lines.linewidth": 9,
        "hatch.linewidth": 5,
        "legend.frameon": True,
        "axes.formatter.use_locale": True,
    }
    with mpl.rc_context(hostile):
        assert build(name).svg() == expected
    assert dict(mpl.rcParams) == before


@every_figure
def test_nothing_is_left_in_pyplot(name):
    import matplotlib.pyplot as plt

    build(name)
    assert plt.get_fignums() == []


@every_figure
def test_width_fits_the_page_and_type_can_be_read(name):
    figure = built(name).figure
    assert figure.get_figwidth() == pytest.approx(theme.WIDTH)
    assert 1.5 < figure.get_figheight() < 8
    texts = drawn_texts(figure)
    assert len(texts) >= 8
    for text, _ in texts:
        assert text.get_fontsize() >= 9, text.get_text()


@every_figure
def test_on_a_phone_no_text_is_under_eleven_pixels(name):
    with narrow.narrow():
        figure = build(name).figure
    texts = drawn_texts(figure)
    assert len(texts) >= 8
    for text, _ in texts:
        assert text.get_fontsize() / 72 * PHONE / figure.get_figwidth() >= 11, text.get_text()


@every_figure
def test_every_text_lies_within_the_picture(name, drawing):
    figure = drawing(name).figure
    picture = figure.bbox
    for text, box in drawn_texts(figure):
        assert box.x0 >= picture.x0 - 1, text.get_text()
        assert box.x1 <= picture.x1 + 1, text.get_text()
        assert box.y0 >= picture.y0 - 1, text.get_text()
        assert box.y1 <= picture.y1 + 1, text.get_text()


@every_figure
def test_no_text_overlaps_another(name, drawing):
    for (one, box), (other, second) in itertools.combinations(drawn_texts(drawing(name).figure), 2):
        width = min(box.x1, second.x1) - max(box.x0, second.x0)
        height = min(box.y1, second.y1) - max(box.y0, second.y0)
        assert width < 1.5 or height < 1.5, f"{one.get_text()!r} overlaps {other.get_text()!r}"


@every_figure
def test_text_is_written_as_text(name):
    """Every word of the picture can be searched, in the type of the document."""
    exhibit = built(name)
    svg = exhibit.svg().decode()
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)", svg))
    for text, _ in drawn_texts(exhibit.figure):
        for line in text.get_text().split("\n"):
            assert html.escape(line, quote=False) in said, line
    assert "DejaVu" not in svg
    assert svg.count("font-family") == 1


def test_the_check_on_overlap_sees_one():
    figure = build("forest").figure
    place = next(text for text, _ in drawn_texts(figure) if text.get_text() == "Zeeland")
    x, y = place.get_window_extent().get_points().mean(axis=0) / figure.bbox.size
    figure.text(x, y, "eroverheen")
    boxes = [box for text, box in drawn_texts(figure) if text.get_text() in ("Zeeland", "eroverheen")]
    assert boxes[0].overlaps(boxes[1])
