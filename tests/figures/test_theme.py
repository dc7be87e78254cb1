"""The palette holds without colour vision and without colour; ticks and labels read Dutch."""

from __future__ import annotations

import itertools

import matplotlib as mpl
import numpy as np
import pytest

from analysis.figures import theme

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(color: str, matrix=None) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour, as someone with a colour vision deficiency sees it."""
    srgb = np.array(mpl.colors.to_rgb(color))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    if matrix is not None:
        linear = np.clip(np.array(matrix) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    scaled = to_xyz @ linear / (0.9505, 1.0, 1.089)
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_series_colours_can_be_read_as_text():
    for style in theme.SERIES:
        assert theme.contrast(style.color, theme.PAPER) >= 4.5
    assert theme.contrast(theme.MUTED, theme.PAPER) >= 4.5


def test_series_differ_in_colour_marker_line_and_hatch():
    for feature in ("color", "marker", "linestyle", "hatch"):
        assert len({getattr(style, feature) for style in theme.SERIES}) == len(theme.SERIES)


@pytest.mark.parametrize("deficiency", [None, *DEFICIENCIES])
def test_the_first_three_series_differ_for_every_eye(deficiency):
    matrix = DEFICIENCIES.get(deficiency)
    for one, other in itertools.combinations(theme.SERIES[:3], 2):
        distance = np.linalg.norm(lab(one.color, matrix) - lab(other.color, matrix))
        assert distance > 12, (one.color, other.color, distance)


@pytest.mark.parametrize("scale", [theme.SEQUENTIAL, theme.DIVERGING])
def test_text_on_every_shade_can_be_read(scale):
    for color in scale:
        assert theme.contrast(theme.text_on(color), color) >= 4.5


def test_shades_keep_their_order_in_grey():
    grey = [lab(color)[0] for color in theme.SEQUENTIAL]
    assert all(one - other > 8 for one, other in itertools.pairwise(grey))
    middle = len(theme.DIVERGING) // 2
    grey = [lab(color)[0] for color in theme.DIVERGING]
    assert max(grey) == grey[middle]
    assert grey[:middle] == sorted(grey[:middle])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_both_sides_of_the_middle_differ_for_every_eye(deficiency):
    matrix = DEFICIENCIES[deficiency]
    for low, high in zip(theme.DIVERGING[:2], theme.DIVERGING[:2:-1], strict=True):
        assert np.linalg.norm(lab(low, matrix) - lab(high, matrix)) > 15


@pytest.mark.parametrize("count", range(1, 6))
def test_as_many_shades_as_asked(count):
    assert len(set(theme.shades(count))) == count


@pytest.mark.parametrize("count", [0, 6])
def test_no_more_shades_than_there_are(count):
    with pytest.raises(ValueError, match="there are 5"):
        theme.shades(count)


@pytest.mark.parametrize(
    ("locs", "options", "expected"),
    [
        ([0, 0.5, 1], {}, ["0,0", "0,5", "1,0"]),
        ([-10, 0, 10], {"sign": True}, ["−10", "0", "+10"]),
        ([0, 25, 50], {"unit": "%"}, ["0%", "25%", "50%"]),
        ([1000, 1500], {}, ["1.000", "1.500"]),
        ([0.025, 0.05], {}, ["0,025", "0,050"]),
        ([0.1 + 0.2, 0.6], {}, ["0,3", "0,6"]),
    ],
)
def test_ticks_read_dutch(locs, options, expected):
    assert theme.DutchFormatter(**options).format_ticks(locs) == expected


def test_years_carry_no_point():
    _, axes = theme.new_figure(2)
    theme.whole_ticks(axes[0, 0], "x", range(2019, 2027))
    assert [label.get_text() for label in axes[0, 0].get_xticklabels()] == [str(y) for y in range(2019, 2027)]


def test_many_whole_ticks_are_thinned_and_keep_zero():
    _, axes = theme.new_figure(2)
    theme.whole_ticks(axes[0, 0], "x", range(-12, 13), sign=True)
    labels = [label.get_text() for label in axes[0, 0].get_xticklabels()]
    assert "0" in labels
    assert len(labels) <= 9


def test_labels_are_spread_as_little_as_needed():
    assert theme.spread([1.0, 5.0, 9.0], 1.0) == pytest.approx([1, 5, 9])
    assert theme.spread([2.0, 2.0], 1.0) == pytest.approx([1.5, 2.5])
    rng = np.random.default_rng(1)
    for _ in range(100):
        positions = rng.normal(0, 2, rng.integers(1, 9))
        placed = theme.spread(positions, 0.7)
        order = np.argsort(positions, kind="stable")
        assert (np.diff(placed[order]) >= 0.7 - 1e-9).all()
        assert placed.mean() == pytest.approx(positions.mean())


def test_contrast_is_that_of_wcag():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
