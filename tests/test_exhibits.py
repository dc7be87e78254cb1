import json
import re
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit, Gallery, TableExhibit, write_exhibit


def figure(kind=DataKind.SYNTHETIC) -> FigureExhibit:
    picture = Figure(figsize=(3, 2))
    picture.add_subplot().plot([0, 1], [1, 2])
    return FigureExhibit(
        id="fig-kloof",
        figure=picture,
        caption="De kloof.",
        alt="De lijn stijgt van 1 naar 2.",
        kind=kind,
        source="iccs",
    )


TABLE = TableExhibit(
    id="tbl-kloof",
    cells=pd.DataFrame({"Provincie": ["Drenthe"], "Verschil": ["1,2"]}),
    caption="De kloof.",
    kind=DataKind.SYNTHETIC,
    source="iccs",
    align="lr",
)


def test_the_same_figure_gives_the_same_bytes():
    assert figure().svg() == figure().svg()


def test_coordinates_have_no_more_digits_than_can_be_seen():
    svg = figure().svg().decode()
    paths = re.findall(r' d="([^"]*)"', svg)
    assert paths
    assert not any(re.search(r"\.\d{3}", path) for path in paths)
    assert re.search(r"font-size: \d+", svg)  # letters are text, and keep their size


def test_drawing_twice_marks_once():
    one = figure()
    assert one.svg() == one.svg()


def test_only_a_synthetic_picture_carries_the_mark():
    assert b"synthetic-mark" in figure().svg()
    assert b"synthetic-mark" not in figure(DataKind.REAL).svg()


def test_the_mark_lies_within_the_picture_and_below_what_is_drawn():
    """Whoever cuts out the picture, or looks at it, sees the mark: it may not lie beyond the edge."""
    real, marked = (figure(kind).svg().decode() for kind in (DataKind.REAL, DataKind.SYNTHETIC))
    heights = [float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[1]) for svg in (real, marked)]
    mark = re.search(
        r'<g id="synthetic-mark"><rect y="([\d.]+)".*?height="([\d.]+)".*?<text .*?y="([\d.]+)"', marked
    )
    top, high, line = map(float, mark.groups())
    assert top == heights[0]  # what is drawn is as high as without
    assert top + high == heights[1]
    assert top + 10 < line < heights[1]


def test_only_a_synthetic_caption_says_so():
    assert figure().full_caption == "De kloof. Synthetische gegevens, geen bevinding."
    assert TABLE.full_caption.endswith("Synthetische gegevens, geen bevinding.")
    assert replace(TABLE, kind=DataKind.REAL).full_caption == "De kloof."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "kloof"}, "expected"),
        ({"caption": " "}, "no caption"),
        ({"alt": "figuur"}, "what there is to see"),
        ({"source": ""}, "no source"),
    ],
)
def test_a_figure_without_words_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(figure(), **change)


def test_a_table_is_text_with_headings():
    with pytest.raises(TypeError, match="every cell is text"):
        replace(TABLE, cells=pd.DataFrame({"Provincie": ["Drenthe"], "Verschil": [1.2]}))
    with pytest.raises(ValueError, match="no heading"):
        replace(TABLE, cells=TABLE.cells.rename(columns={"Provincie": " "}))
    with pytest.raises(ValueError, match="does not fit"):
        replace(TABLE, align="l")


def test_writing_gives_picture_words_and_numbers(tmp_path):
    drawn = replace(figure(), table=pd.DataFrame({"x": [1]}))
    assert "aria-label" in drawn._repr_html_()
    write_exhibit(drawn, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "fig-kloof.csv",
        "fig-kloof.json",
        "fig-kloof.svg",
    ]
    words = json.loads((tmp_path / "fig-kloof.json").read_text(encoding="utf-8"))
    assert words["alt"] == "De lijn stijgt van 1 naar 2."
    assert words["kind"] == "synthetic"
    with pytest.raises(FileExistsError, match="drawn twice"):
        write_exhibit(figure(), tmp_path)


def test_the_numbers_behind_a_figure_have_no_digits_that_differ_between_machines(tmp_path):
    table = pd.DataFrame({"jaar": [2026, 2027], "waarde": [0.1 + 0.2, 1_234_567.0]})
    again = table.assign(waarde=table["waarde"] * (1 + 1e-13))
    for name, numbers in (("een", table), ("twee", again)):
        write_exhibit(replace(figure(), table=numbers), tmp_path / name)
    text = (tmp_path / "een" / "fig-kloof.csv").read_text(encoding="utf-8")
    assert text == "jaar,waarde\n2026,0.3\n2027,1234567\n"
    assert text == (tmp_path / "twee" / "fig-kloof.csv").read_text(encoding="utf-8")


def test_a_gallery_shows_its_exhibits_in_order():
    shown = Gallery([TABLE, replace(TABLE, id="tbl-tweede", caption="De tweede.")])._repr_html_()
    assert shown.index(TABLE.caption) < shown.index("De tweede.")
    assert Gallery()._repr_html_() == ""
