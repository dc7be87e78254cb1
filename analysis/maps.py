"""Maps of the provinces: values in classes, and the same on tiles of equal size.

Every map writes its values in the provinces, so that no reader has to match shades; what is not known is
hatched and reads "onbekend". The table behind the map travels with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import surface, theme, words
from analysis.figures.classes import Classes
from analysis.figures.kept import kept
from analysis.figures.surface import Fill
from analysis.sources.geography import province_names


@kept
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


@kept
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
    hidden: Collection[str] = (),
    caption: str,
) -> FigureExhibit:
    """A map of numbers.

    Parameters
    ----------
    id : str
        ``fig-…``.
    label, unit : str
        What is shown, in Dutch, and in which unit ("punten", "%", "").
    tiles : bool
        Tiles rather than boundaries.
    decimals : int
        Digits shown; the class of a province follows from the number as shown.
    classes : int or sequence of float
        How many classes at most, with round bounds; or the bounds themselves, ascending.
    middle : float, optional
        Shade in two directions from here, for differences and effects; values get a sign.
    hidden : collection of str
        Codes of provinces that disclosure withholds: they read "niet getoond".
    """
    names = province_names()
    known = surface.known_values(values, id)
    numbers = {code: round(known[code], decimals) if code in known else np.nan for code in names}
    division = Classes.of(list(known.values()), classes, decimals=decimals, middle=middle)
    signed = middle is not None
    fills = _fills(known, division, decimals, signed, hidden)
    key = [(Fill(color), text) for color, text in division.key(sign=signed)]
    figure = surface.draw_one(fills, key, surface.key_title(label, unit), tiles)

    shown = {
        names[code]: words.quantity(known[code], unit, decimals, sign=signed)
        for code in names
        if code in known
    }
    highest, lowest = max(known, key=known.get), min(known, key=known.get)
    withheld = [names[code] for code in names if code in hidden]
    unknown = [names[code] for code in names if code not in known and code not in hidden]
    alt = words.within(
        f"{surface.ground(tiles)}: {label} per provincie. "
        f"Het hoogst in {names[highest]} ({shown[names[highest]]}), "
        f"het laagst in {names[lowest]} ({shown[names[lowest]]}).",
        f"Onbekend: {dutch.join(unknown)}." if unknown else "",
        f"Niet getoond: {dutch.join(withheld)}." if withheld else "",
    )
    table = pd.DataFrame(
        {
            "code": list(names),
            "provincie": list(names.values()),
            "waarde": [numbers[code] for code in names],
            "eenheid": unit,
            "klasse": [
                surface.HIDDEN.value if code in hidden else division.text(numbers[code], sign=signed)
                for code in names
            ],
        }
    )
    return FigureExhibit(id, figure, words.sentence(caption), alt, kind, source, table)


@kept
def map_panels(
    panels: Mapping[str, Mapping[str, float]],
    *,
    id: str,
    label: str,
    unit: str,
    kind: DataKind,
    source: str,
    decimals: int = 0,
    classes: int | Sequence[float] = 5,
    middle: float | None = None,
    hidden: Collection[str] = (),
    caption: str,
) -> FigureExhibit:
    """Several maps of tiles on one set of classes, for instance raw beside shrunken, or one a year.

    Parameters
    ----------
    panels : mapping of heading to values
        Dutch headings, in order; values as for :func:`province_map`.
    id, label, unit, kind, source, decimals, classes, middle, hidden, caption
        As for :func:`value_exhibit`.

    Raises
    ------
    ValueError
        As :func:`province_map`; or if there are no panels.
    """
    if not panels:
        raise ValueError(f"{id}: no panels given, so there is nothing to draw")
    names = province_names()
    signed = middle is not None
    known = {head: surface.known_values(values, f"{id}, {head}") for head, values in panels.items()}
    every = [value for values in known.values() for value in values.values()]
    division = Classes.of(every, classes, decimals=decimals, middle=middle)
    figure, axes = surface.panel_axes(len(panels), min(len(panels), theme.by_width(2, 1)))
    every_fill = [
        fill
        for values in known.values()
        for fill in _fills(values, division, decimals, signed, hidden).values()
    ]
    with theme.settings():
        for ax, (head, values) in zip(axes, known.items(), strict=False):
            fills = _fills(values, division, decimals, signed, hidden)
            surface.draw_tiles(ax, fills, beside_key=False)
            theme.heading(ax, head)
        surface.draw_shared_key(
            figure,
            dutch.capital(label) + (f" ({unit})" if unit else ""),
            surface.used([(Fill(color), text) for color, text in division.key(sign=signed)], every_fill)
            + surface.without_number(every_fill),
        )
    measured = f"{label} per provincie{f', in {unit}' if unit else ''}"
    parts = [f"Kaarten van Nederland, {len(panels)} naast elkaar: {measured}."]
    if hidden:
        parts.append(
            f"{dutch.capital(surface.HIDDEN.value)}: {dutch.join([names[c] for c in names if c in hidden])}."
        )
    for head, values in known.items():
        spread = dutch.interval(min(values.values()), max(values.values()), decimals)
        ends = [names[extreme(values, key=values.get)] for extreme in (min, max)]
        parts.append(f"{dutch.capital(head)}: {spread} ({ends[0]} en {ends[1]}).")
    table = pd.DataFrame(
        [
            {
                "kaart": head,
                "code": code,
                "provincie": name,
                "waarde": round(values.get(code, np.nan), decimals),
            }
            for head, values in known.items()
            for code, name in names.items()
        ]
    )
    return FigureExhibit(
        id,
        theme.finished(figure),
        words.sentence(caption),
        words.within(*parts),
        kind,
        source,
        table,
    )


def _fills(
    values: Mapping[str, float], division: Classes, decimals: int, signed: bool, hidden: Collection[str]
) -> dict[str, Fill]:
    """How each province is filled; values are put into classes as they are shown."""
    rounded = {code: round(value, decimals) for code, value in values.items()}
    return {
        code: Fill(division.color(rounded[code]), value=dutch.number(rounded[code], decimals, sign=signed))
        if code in rounded
        else surface.HIDDEN
        if code in hidden
        else surface.UNKNOWN
        for code in province_names()
    }
