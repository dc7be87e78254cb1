"""What the maps draw on: the country's outline or one tile a province, with a name and a key.

Every view is set here, so shapes are added as artists: ``add_patch`` would trace each outline for limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from analysis import dutch
from analysis.figures import narrow, theme
from analysis.sources import geography


@dataclass(frozen=True)
class Fill:
    """How one province, or one entry of the key, is filled; `value` is written in the province."""

    color: str
    hatch: str = ""
    value: str = ""


UNKNOWN = Fill(theme.UNKNOWN_FILL, theme.HATCH_UNKNOWN, "onbekend")
HIDDEN = Fill(theme.PAPER, theme.HATCH_UNKNOWN, "niet getoond")  # withheld by disclosure

# Where name and value stand, in km (RD New): chosen so that both fit inside the province.
_ANCHORS = {
    "PV20": (237, 588),
    "PV21": (185, 569),
    "PV22": (241, 541),
    "PV23": (223, 500),
    "PV24": (168, 498),
    "PV25": (196, 453),
    "PV26": (141, 455),
    "PV27": (116, 502),
    "PV28": (95, 441),
    "PV29": (42, 345),
    "PV30": (150, 396),
    "PV31": (234, 362),
}
_BESIDE = frozenset({"PV29", "PV31"})  # too narrow for a name: it stands beside the province
_TIGHT = frozenset({"PV24"})  # the name is as wide as the province: it brings its own ground
_VIEW_KM = (-46, 294, 302, 625)  # west, east, south, north: room for the key over the sea
_TILE_ROWS = 4


def map_height() -> float:
    """Inches of a map as wide as the text."""
    return narrow.width() * (_VIEW_KM[3] - _VIEW_KM[2]) / (_VIEW_KM[1] - _VIEW_KM[0])


def tile_height() -> float:
    return theme.by_width(3.6, 3.4)


def draw_one(fills: Mapping[str, Fill], key: Sequence[tuple[Fill, str]], title: str, tiles: bool) -> Figure:
    """A figure with one map and its key; the key says "onbekend" and "niet getoond" wherever the map does.

    On a narrow screen names do not fit within boundaries: there each province is a tile.
    """
    tiles = tiles or narrow.is_narrow()
    key = [*used(key, fills.values()), *without_number(fills.values(), key)]
    above = 0.0
    if (
        narrow.is_narrow()
    ):  # the tiles begin where the key ends, but for the two rows that leave room beside it
        above = max(0.0, _key_height(title, key) / 72 - 2 * tile_height() / _TILE_ROWS)
    figure, axes = theme.blank(tile_height() + above if tiles else map_height())
    with theme.settings():
        if tiles:
            draw_tiles(axes, fills, above=above)
        else:
            draw_outline(axes, fills)
        draw_key(axes, title, key)
    return figure


def used(key: Sequence[tuple[Fill, str]], fills: Iterable[Fill]) -> list[tuple[Fill, str]]:
    """The entries of `key` that some province looks like."""
    fills = list(fills)
    colors = {fill.color for fill in fills if fill not in (UNKNOWN, HIDDEN)}
    hatches = {fill.hatch for fill in fills}
    return [
        entry for entry in key if (entry[0].hatch in hatches if entry[0].hatch else entry[0].color in colors)
    ]


def without_number(fills: Iterable[Fill], key: Sequence[tuple[Fill, str]] = ()) -> list[tuple[Fill, str]]:
    """Entries for the key of the kinds of province without a number among `fills`, if not in `key` yet."""
    there, told = set(fills), {fill for fill, _ in key}
    return [(fill, fill.value) for fill in (UNKNOWN, HIDDEN) if fill in there and fill not in told]


def draw_outline(ax: Axes, fills: Mapping[str, Fill]) -> None:
    """The provinces by their boundaries, each with its name and value."""
    provinces = geography.boundaries()
    for province in provinces.itertuples():
        fill = fills[province.code]
        ax.add_artist(_patch(PathPatch(_outline(province.geometry)), fill))
        x, y = (1000 * km for km in _ANCHORS[province.code])
        if province.code in _BESIDE:
            fill = replace(fill, color=theme.PAPER, hatch="")
        _label(ax, x, y, province.name, fill, ground=bool(fill.hatch) or province.code in _TIGHT)
    ax.add_artist(_edge(PathPatch(_outline(provinces.union_all("coverage")))))
    west, east, south, north = (1000 * km for km in _VIEW_KM)
    ax.set(xlim=(west, east), ylim=(south, north), aspect="equal")
    ax.set_axis_off()


def draw_tiles(ax: Axes, fills: Mapping[str, Fill], *, above: float = 0.0, beside_key: bool = True) -> None:
    """One square a province, each with its name and value; `above` are inches for the key over them."""
    grid = geography.tile_grid().set_index("code")
    spelled = geography.province_names()
    for code, (column, row) in grid[["column", "row"]].iterrows():
        tile = Rectangle((column + 0.03, -row + 0.03), 0.94, 0.94)
        ax.add_artist(_patch(tile, fills[code]))
        ax.add_artist(_edge(Rectangle(tile.get_xy(), 0.94, 0.94)))
        _label(
            ax,
            column + 0.5,
            0.5 - row,
            spelled[code],
            fills[code],
            ground=bool(fills[code].hatch),
        )
    right, bottom = grid["column"].max() + 1.02, -grid["row"].max() - 0.02
    top = 1.02 + above * (1.02 - bottom) / tile_height()
    width = (1.02 - bottom) * (
        narrow.width() / tile_height() if beside_key else 1
    )  # room for the key on the left
    ax.set(xlim=(right - width, right), ylim=(bottom, top), aspect="equal")
    ax.set_axis_off()


def _key_height(title: str, entries: Sequence[tuple[Fill, str]]) -> float:
    """Points that :func:`draw_key` takes."""
    return theme.SMALL * (1.35 * len(title.splitlines()) + 1.65 * len(entries)) + 12


def draw_key(ax: Axes, title: str, entries: Sequence[tuple[Fill, str]]) -> None:
    """Swatches with their meaning, downward from the upper left corner."""
    at = (0.0, 0.99)
    points = theme.SMALL * 1.65
    lines = title.splitlines()
    style = {"xycoords": "axes fraction", "textcoords": "offset points", "fontsize": theme.SMALL}
    for number, line in enumerate(lines):
        theme.write(
            ax, *at, line, xytext=(0, -number * theme.SMALL * 1.35), va="top", fontweight="bold", **style
        )
    start = -len(lines) * theme.SMALL * 1.35 - 6
    scale = 72 * ax.figure.get_figwidth(), 72 * ax.figure.get_figheight()
    box = ax.get_position()
    unit = 1 / (scale[0] * box.width), 1 / (scale[1] * box.height)
    for number, (fill, meaning) in enumerate(entries):
        down = start - number * points
        for paint in (lambda shape, fill=fill: _patch(shape, fill), _edge):
            box = ((at[0], at[1] + (down - 10) * unit[1]), 20 * unit[0], 11 * unit[1])
            ax.add_artist(paint(Rectangle(*box, transform=ax.transAxes)))
        theme.write(ax, *at, meaning, xytext=(26, down - 4.5), va="center", **style)


def panel_axes(count: int, columns: int) -> tuple[Figure, Sequence[Axes]]:
    """A figure for `count` maps of tiles in `columns`, and their axes; places left over stay empty."""
    rows = -(-count // columns)
    figure, axes = theme.new_figure(
        0.65 + rows * (1.1 * narrow.width() / max(columns, theme.by_width(2, 1.3)) + 0.3), rows, columns
    )
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])  # the layout would measure the labels, drawn or not
        ax.set_axis_off()
    return figure, list(axes.flat)


def draw_shared_key(figure: Figure, title: str, entries: Sequence[tuple[Fill, str]]) -> None:
    """One key above several maps."""
    handles = [_edge_filled(Rectangle((0, 0), 1, 1), fill) for fill, _ in entries]
    figure.legend(
        handles, [text for _, text in entries], title=theme.wrapped(title, theme.characters() - 2),
        loc="outside upper left", ncols=theme.columns([text for _, text in entries]), frameon=False,
        alignment="left", borderpad=0,
        handlelength=1.6, fontsize=theme.SMALL, columnspacing=1.2,
    )  # fmt: skip


def key_title(label: str, unit: str = "") -> str:
    """Heading of a map's key, in lines that fit beside the country."""
    space = "\u00a0" if len(unit) < 4 else " "  # a short unit is not left alone on a line
    return theme.wrapped(dutch.capital(label) + (f"{space}({unit})" if unit else ""), 26)


def ground(tiles: bool) -> str:
    """What kind of map this is, for alt texts."""
    return "Tegelkaart van de twaalf provincies" if tiles else "Kaart van Nederland"


def known_values(values: Mapping[str, float], place: str) -> dict[str, float]:
    """The values that are there, by code; absent, None and NaN are unknown.

    Raises
    ------
    ValueError
        If a code is unknown, a value is infinite, or no province has one.
    """
    values = dict(values)
    geography.require_provinces(values, f"{place}, values")
    known = {}
    for code, value in values.items():
        if value is None or pd.isna(value):
            continue
        if not np.isfinite(float(value)):
            raise ValueError(f"{place}: the value of {code} is {value}; an unknown value is NaN")
        known[code] = float(value)
    if not known:
        raise ValueError(f"{place}: no province has a value, so there is nothing to draw")
    return known


def _edge_filled(shape, fill: Fill):
    _patch(shape, fill).set(edgecolor=theme.MUTED, linewidth=0.6)
    return shape


def _patch(shape, fill: Fill):
    shape.set(facecolor=fill.color, edgecolor=theme.PAPER, linewidth=1.0, clip_on=False)
    if fill.hatch:
        light = theme.luminance(fill.color) > 0.3
        shape.set(hatch=fill.hatch, hatchcolor=theme.MUTED if light else theme.PAPER)
    return shape


def _edge(shape):
    shape.set(facecolor="none", edgecolor=theme.MUTED, linewidth=0.6, clip_on=False)
    return shape


def _outline(shape) -> Outline:
    rings = [ring for part in shape.geoms for ring in (part.exterior, *part.interiors)]
    return Outline.make_compound_path(*(Outline(np.asarray(ring.coords), closed=True) for ring in rings))


def _label(ax: Axes, x: float, y: float, name: str, fill: Fill, *, ground: bool) -> None:
    """Name above value, over a plain ground of their own where asked for."""
    unknown = fill.value in (UNKNOWN.value, HIDDEN.value)
    box = {"boxstyle": "round,pad=0.12", "facecolor": fill.color, "edgecolor": "none"}
    style = {
        "textcoords": "offset points",
        "ha": "center",
        "color": theme.text_on(fill.color),
        "linespacing": 1.0,
        "bbox": box if ground else None,
    }
    name = name.replace("-", "-\n")
    at = {"xytext": (0, 1.5), "va": "bottom"} if fill.value else {"xytext": (0, 0), "va": "center"}
    theme.write(ax, x, y, name, fontsize=theme.SMALL, **at, **style)
    if fill.value:
        face = {"fontsize": theme.SMALL, "fontstyle": "italic"} if unknown else {"fontweight": "bold"}
        theme.write(ax, x, y, fill.value, xytext=(0, -1.5), va="top", **face, **style)
