"""Maps of the provinces: values in classes, named categories, and the same on tiles of equal size.

Every map writes its values in the provinces, so that no reader has to match shades; what is not known is
hatched and reads "onbekend". The table behind the map travels with it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import surface, theme, words
from analysis.figures.classes import Classes
from analysis.figures.surface import Fill
from analysis.sources.geography import province_names, require_provinces


def province_map(values: Mapping[str, float], **options) -> FigureExhibit:
    """The provinces shaded by value, by their boundaries.

    Parameters
    ----------
    values : mapping of CBS code to float
        A dict or a Series. A province that is absent, None or NaN is drawn as "onbekend".
    **options
        As for :func:`value_exhibit`.

    Raises
    ------
    ValueError
        If a code is unknown, a value is infinite, or no province has a value.
    """
    return value_exhibit(values, tiles=False, **options)


def tile_map(values: Mapping[str, float], **options) -> FigureExhibit:
    """The provinces shaded by value, one tile each, so that a large province weighs no more than a small one.

    Takes what :func:`province_map` takes.
    """
    return value_exhibit(values, tiles=True, **options)


def value_exhibit(
    values: Mapping[str, float],
    *,
    id: str,
    label: str,
    unit: str,
    kind: DataKind,
    source: str,
    tiles: bool,
    decimals: int = 0,
    classes: int | Sequence[float] = 5,
    middle: float | None = None,
    caption: str = "",
) -> FigureExhibit:
    """A map of numbers.

    Parameters
    ----------
    id : str
        ``fig-…``.
    label, unit : str
        What is shown, in Dutch, and in which unit ("punten", "%", "").
    kind, source : DataKind, str
    tiles : bool
        Tiles rather than boundaries.
    decimals : int
        Digits shown; the class of a province follows from the number as shown.
    classes : int or sequence of float
        How many classes at most, with round bounds; or the bounds themselves, ascending.
    middle : float, optional
        Shade in two directions from here, for differences and effects; values get a sign.
    caption : str
        Replaces the caption made of label and unit.
    """
    names = province_names()
    known = _known(values, id)
    numbers = {code: round(known[code], decimals) if code in known else np.nan for code in names}
    division = Classes.of(list(known.values()), classes, decimals=decimals, middle=middle)
    signed = middle is not None
    fills = {
        code: surface.UNKNOWN
        if np.isnan(number)
        else Fill(division.color(number), value=dutch.number(number, decimals, sign=signed))
        for code, number in numbers.items()
    }
    key = [(Fill(color), text) for color, text in division.key(sign=signed)]
    figure = _draw(fills, key, _key_title(label, unit), tiles)

    shown = {
        names[code]: words.quantity(known[code], unit, decimals, sign=signed)
        for code in names
        if code in known
    }
    highest, lowest = max(known, key=known.get), min(known, key=known.get)
    unknown = [names[code] for code in names if code not in known]
    alt = (
        f"{_ground(tiles)}: {label} per provincie. Het hoogst in {names[highest]} ({shown[names[highest]]}), "
        f"het laagst in {names[lowest]} ({shown[names[lowest]]}). Alle waarden: {words.listing(shown)}."
        + (f" Onbekend: {dutch.join(unknown)}." if unknown else "")
    )
    table = pd.DataFrame(
        {
            "code": list(names),
            "provincie": list(names.values()),
            "waarde": [numbers[code] for code in names],
            "eenheid": unit,
            "klasse": [division.text(numbers[code], sign=signed) for code in names],
        }
    )
    caption = caption or words.sentence(f"{label} per provincie{f', in {unit}' if unit else ''}")
    return FigureExhibit(id, figure, words.sentence(caption), alt, kind, source, table)


def category_map(
    categories: Mapping[str, str],
    *,
    id: str,
    label: str,
    kind: DataKind,
    source: str,
    levels: Sequence[str],
    assumed: Collection[str] = (),
    tiles: bool = False,
    caption: str = "",
) -> FigureExhibit:
    """The provinces by named category, for instance which take part since when.

    Parameters
    ----------
    categories : mapping of CBS code to str
        Dutch. A province that is absent is drawn as "onbekend".
    levels : sequence of str
        The categories in order, at most five; shaded from light to dark.
    assumed : collection of str
        Codes whose category is an assumption: hatched, and named so in key, alt text and table.
    id, label, kind, source, tiles, caption
        As for :func:`value_exhibit`.

    Raises
    ------
    ValueError
        If a code or a category is unknown, or there are more levels than shades.
    """
    names = province_names()
    categories = {code: value for code, value in dict(categories).items() if isinstance(value, str)}
    require_provinces(categories, f"{id}, categories")
    require_provinces(assumed, f"{id}, assumed")
    strange = sorted(set(categories.values()) - set(levels))
    if strange:
        raise ValueError(f"{id}: category {', '.join(strange)} is not among the levels {', '.join(levels)}")
    if not 0 < len(levels) <= len(theme.SEQUENTIAL):
        raise ValueError(f"{id}: {len(levels)} levels, and 1 to {len(theme.SEQUENTIAL)} shades to draw them")
    if not categories:
        raise ValueError(f"{id}: no province has a category, so there is nothing to draw")
    stray = sorted(set(assumed) - set(categories))
    if stray:
        raise ValueError(f"{id}: {', '.join(stray)} is assumed but has no category")

    colors = dict(zip(levels, theme.shades(len(levels)), strict=True))
    fills = {
        code: Fill(colors[categories[code]], theme.HATCH_ASSUMED if code in assumed else "")
        if code in categories
        else surface.UNKNOWN
        for code in names
    }
    key = [(Fill(colors[level]), level) for level in levels]
    if assumed:
        key.append((Fill(theme.PAPER, theme.HATCH_ASSUMED), "gestreept: aanname"))
    if len(categories) < len(names):
        key.append((surface.UNKNOWN, surface.UNKNOWN.value))
    figure = _draw(fills, key, _key_title(label, ""), tiles)

    def described(code: str) -> str:
        return names[code] + (" (aanname)" if code in assumed else "")

    members = {
        level: [described(code) for code in names if categories.get(code) == level] for level in levels
    }
    groups = [f"{level}: {dutch.join(found) or 'geen'}" for level, found in members.items()]
    unknown = [names[code] for code in names if code not in categories]
    if unknown:
        groups.append(f"onbekend: {dutch.join(unknown)}")
    counts = dutch.join([f"{len(found)} × {level}" for level, found in members.items()])
    alt = f"{_ground(tiles)}: {label} per provincie ({counts}). {'. '.join(map(words.capital, groups))}."
    table = pd.DataFrame(
        {
            "code": list(names),
            "provincie": list(names.values()),
            "categorie": [categories.get(code, surface.UNKNOWN.value) for code in names],
            "status": [
                "onbekend" if code not in categories else "aanname" if code in assumed else "bekend"
                for code in names
            ],
        }
    )
    caption = caption or words.sentence(f"{label} per provincie")
    return FigureExhibit(id, figure, words.sentence(caption), alt, kind, source, table)


def _draw(fills: Mapping[str, Fill], key: list[tuple[Fill, str]], title: str, tiles: bool):
    if any(fill == surface.UNKNOWN for fill in fills.values()) and all(
        fill != surface.UNKNOWN for fill, _ in key
    ):
        key = [*key, (surface.UNKNOWN, surface.UNKNOWN.value)]
    figure, axes = theme.blank(surface.TILE_HEIGHT if tiles else surface.MAP_HEIGHT)
    with theme.settings():
        (surface.draw_tiles if tiles else surface.draw_outline)(axes, fills)
        surface.draw_key(axes, title, key)
    return figure


def _known(values: Mapping[str, float], id: str) -> dict[str, float]:
    values = dict(values)
    require_provinces(values, f"{id}, values")
    known = {}
    for code, value in values.items():
        if value is None or pd.isna(value):
            continue
        if not np.isfinite(float(value)):
            raise ValueError(f"{id}: the value of {code} is {value}; an unknown value is NaN")
        known[code] = float(value)
    if not known:
        raise ValueError(f"{id}: no province has a value, so there is nothing to draw")
    return known


def _key_title(label: str, unit: str) -> str:
    text = words.capital(label) + (f" ({unit})" if unit else "")
    return "\n".join(textwrap.wrap(text, 26))


def _ground(tiles: bool) -> str:
    return "Tegelkaart van de twaalf provincies" if tiles else "Kaart van Nederland"
