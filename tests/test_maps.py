"""Maps: unknown stays unknown, classes agree with the printed numbers, wrong codes are refused."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from shapely.geometry import Point

from analysis import maps
from analysis.figures import surface, theme
from analysis.figures.classes import Classes
from analysis.sources.geography import boundaries, province_names

VALUES = {code: 40.0 + place for place, code in enumerate(province_names())}
BASE = {
    "id": "fig-kaart", "label": "scholen die meedoen", "unit": "%", "kind": "real", "source": "een bron",
    "caption": "Scholen die meedoen.",
}  # fmt: skip
BOTH = pytest.mark.parametrize("draw", [maps.province_map, maps.tile_map])


def texts(exhibit) -> list[str]:
    return [text.get_text() for text in exhibit.figure.findobj(mpl.text.Text)]


def hatched(exhibit) -> int:
    patches = exhibit.figure.findobj(mpl.patches.Patch)
    return sum(patch.get_hatch() == theme.HATCH_UNKNOWN for patch in patches)


def fills(ax) -> set[str]:
    return {mpl.colors.to_hex(patch.get_facecolor()) for patch in ax.patches if patch.get_fill()}


@BOTH
def test_every_value_is_written_in_the_picture(draw):
    written = texts(draw(VALUES, **BASE))
    for value in VALUES.values():
        assert f"{value:.0f}" in written
    assert "Fryslân" in written
    assert "onbekend" not in written


@BOTH
@pytest.mark.parametrize("absent", ["left out", "nan", "none"])
def test_an_unknown_value_reads_onbekend(draw, absent):
    values = dict(VALUES)
    if absent == "left out":
        del values["PV25"]
    else:
        values["PV25"] = np.nan if absent == "nan" else None
    exhibit = draw(values, **BASE)
    assert texts(exhibit).count("onbekend") == 2  # in the province and in the key
    assert hatched(exhibit) == 2
    assert "Onbekend: Gelderland." in exhibit.alt
    row = exhibit.table.set_index("code").loc["PV25"]
    assert np.isnan(row["waarde"])
    assert row["klasse"] == "onbekend"


@BOTH
def test_a_series_serves_as_well(draw):
    assert draw(pd.Series(VALUES), **BASE).alt == draw(VALUES, **BASE).alt


@BOTH
@pytest.mark.parametrize("code", ["PV32", "Friesland", 21, "pv21"])
def test_an_unknown_code_is_refused(draw, code):
    with pytest.raises(ValueError, match=r"fig-kaart, values: not a province code. row 13"):
        draw({**VALUES, code: 1.0}, **BASE)


@BOTH
@pytest.mark.parametrize("values", [{}, dict.fromkeys(VALUES, np.nan), dict.fromkeys(VALUES)])
def test_nothing_known_is_nothing_drawn(draw, values):
    with pytest.raises(ValueError, match="no province has a value"):
        draw(values, **BASE)


@BOTH
def test_an_infinite_value_is_refused(draw):
    with pytest.raises(ValueError, match="value of PV20 is inf"):
        draw({**VALUES, "PV20": np.inf}, **BASE)


def test_alt_text_names_highest_and_lowest():
    alt = maps.province_map(VALUES, **BASE).alt
    assert "Het hoogst in Limburg (51%), het laagst in Groningen (40%)" in alt


def test_differences_carry_their_sign_and_two_hues():
    exhibit = maps.province_map(
        {code: value - 45.5 for code, value in VALUES.items()}, middle=0, decimals=1, **BASE
    )
    assert "+5,5" in texts(exhibit)
    assert "−5,5" in texts(exhibit)
    division = Classes.of([-5.5, 5.5], 4, decimals=1, middle=0)
    assert division.color(-5.5) == theme.DIVERGING[0]
    assert division.color(5.5) == theme.DIVERGING[-1]
    assert division.color(-0.5) == theme.DIVERGING[1]
    assert division.color(0.5) == theme.DIVERGING[3]


def test_the_class_follows_the_number_as_printed():
    # 49.6 prints as 50 and belongs to the class that starts at 50.
    exhibit = maps.province_map({**VALUES, "PV20": 49.6}, classes=[40, 50, 60], **BASE)
    row = exhibit.table.set_index("code").loc["PV20"]
    assert (row["waarde"], row["klasse"]) == (50.0, "50 tot 60")


def test_classes_are_round_cover_all_and_keep_their_order_in_grey():
    rng = np.random.default_rng(4)
    for _ in range(200):
        values = rng.normal(rng.uniform(-50, 50), 10 ** rng.uniform(-1, 3), 12)
        division = Classes.of(values, 5, decimals=1)
        rounded = np.round(values, 1)
        assert 1 <= len(division.colors) <= 5
        assert division.bounds[0] <= rounded.min()
        assert division.bounds[-1] >= rounded.max()
        for value in rounded:
            place = division.index(value)
            assert division.bounds[place] <= value <= division.bounds[place + 1]
        light = [theme.luminance(color) for color in division.colors]
        assert light == sorted(light, reverse=True)


def test_equal_values_make_one_class():
    assert Classes.of([3.0] * 12, 5, decimals=0).key() == [(theme.SEQUENTIAL[2], "3 tot 4")]


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ([40, 45], "outside the class bounds"),
        ([40, 60, 50], "must ascend"),
        ([60], "must ascend"),
        (range(38, 60, 3), "at most 5"),
        (1, "between 2 and 5"),
        (6, "between 2 and 5"),
    ],
)
def test_impossible_classes_are_refused(classes, said):
    with pytest.raises(ValueError, match=said):
        maps.province_map(VALUES, classes=classes if isinstance(classes, int) else list(classes), **BASE)


def test_panels_share_their_classes():
    raw = {code: value - 45.5 for code, value in VALUES.items()}
    shrunken = {code: 0.2 * value for code, value in raw.items()}
    exhibit = maps.map_panels({"ruw": raw, "gekrompen": shrunken}, middle=0, decimals=1, **BASE)
    assert len(exhibit.table) == 24
    colors = [fills(ax) for ax in exhibit.figure.axes]
    assert theme.DIVERGING[0] in colors[0]
    assert theme.DIVERGING[0] not in colors[1]  # small values stay pale on the shared scale


def test_panels_refuse_nothing_and_unknown_codes():
    with pytest.raises(ValueError, match="no panels"):
        maps.map_panels({}, **BASE)
    with pytest.raises(ValueError, match="fig-kaart, later, values: not a province code"):
        maps.map_panels({"eerst": VALUES, "later": {"PV00": 1.0}}, **BASE)


def test_names_that_stand_in_a_province_fit_there():
    exhibit = maps.province_map(VALUES, **BASE)
    FigureCanvasAgg(exhibit.figure).draw()
    ax = exhibit.figure.axes[0]
    elsewhere = {"Zeeland", "Limburg", "Flevoland"}  # beside the province, or on a ground of their own
    shapes = boundaries().set_index("name").geometry.drop(list(elsewhere)).buffer(2500)
    fitting = 0
    for text in ax.texts:
        name = text.get_text().replace("-\n", "-")
        if name in shapes.index:
            box = text.get_window_extent().transformed(ax.transData.inverted())
            corners = [Point(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
            assert all(shapes[name].contains(corner) for corner in corners), name
            fitting += 1
    assert fitting == 9


def test_the_key_shows_the_shades_of_the_map():
    exhibit = maps.province_map(VALUES, **BASE)
    division = Classes.of(list(VALUES.values()), 5, decimals=0)
    used = fills(exhibit.figure.axes[0])
    assert set(division.colors) <= used
    assert surface.UNKNOWN.color not in used
    for _, text in division.key():
        assert text in texts(exhibit)


@BOTH
def test_the_key_holds_no_class_that_the_map_does_not_use(draw):
    """Of five classes around zero only the middle one, where no province deviates much."""
    calm = {code: 0.1 for code in VALUES}
    exhibit = draw(calm, **BASE, classes=[-4, -2, -1, 1, 2, 4], middle=0, decimals=1)
    assert [text for text in texts(exhibit) if " tot " in text] == ["−1 tot +1"]
    one_more = draw(calm | {"PV20": -3.0}, **BASE, classes=[-4, -2, -1, 1, 2, 4], middle=0, decimals=1)
    assert [text for text in texts(one_more) if " tot " in text] == ["−1 tot +1", "−4 tot −2"]


def test_each_tile_of_each_panel_carries_its_name():
    written = texts(maps.map_panels({"Ruw": VALUES, "Bijgesteld": VALUES}, **BASE))
    for name in province_names().values():
        assert written.count(name.replace("-", "-\n")) == 2, name
