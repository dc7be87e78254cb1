"""The place of a figure that cannot be drawn."""

from __future__ import annotations

import matplotlib as mpl
import pytest

from analysis.datakind import DataKind
from analysis.exhibits import SYNTHETIC_CAPTION
from analysis.figures import theme
from analysis.figures.absent import absent

WHY = (
    "niet vast te stellen: er is geen bestand met de kennis van jongeren over de democratie; nodig is een "
    "meting van de kennis van jongeren per gemeente of provincie, van vóór en na de start"
)


def place(why=WHY, kind=DataKind.REAL):
    return absent(id="fig-leeg", caption="Verschil naar tijd.", why=why, kind=kind, source="studie")


def drawn(exhibit):
    return [text.get_text() for text in exhibit.figure.findobj(mpl.text.Text) if text.get_text().strip()]


def test_it_says_so_and_why_in_picture_and_alt_text():
    exhibit = place()
    sentence = WHY[0].upper() + WHY[1:] + "."
    assert exhibit.alt == f"Geen figuur. {sentence}"
    assert [" ".join(text.split()) for text in drawn(exhibit)] == [sentence]
    assert exhibit.table is None, "there are no numbers behind it"
    assert exhibit.caption == "Verschil naar tijd."
    assert exhibit.svg().startswith(b"<?xml")


@pytest.mark.parametrize(
    "why",
    ["niet getoond: minder dan 10 eenheden", WHY, WHY.replace("; nodig", " en " + WHY[21:] + "; nodig")],
)
def test_the_sentence_stays_within_the_picture_however_long(why):
    figure = place(why).figure
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (text,) = [one for one in figure.findobj(mpl.text.Text) if one.get_text().strip()]
    box = text.get_window_extent(canvas.get_renderer())
    assert box.x0 >= figure.bbox.x0 - 1
    assert box.x1 <= figure.bbox.x1 + 1
    assert box.y0 >= figure.bbox.y0 - 1
    assert box.y1 <= figure.bbox.y1 + 1
    assert text.get_fontsize() >= 9
    assert figure.get_figwidth() == pytest.approx(theme.WIDTH)


def test_a_twin_is_marked_and_the_same_bytes_come_back():
    synthetic = place(kind=DataKind.SYNTHETIC)
    assert SYNTHETIC_CAPTION in synthetic.full_caption
    assert b"synthetic-mark" in synthetic.svg()
    assert b"synthetic-mark" not in place().svg()
    assert place().svg() == place().svg()
