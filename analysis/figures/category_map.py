"""The provinces by named category, such as which take part since when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import surface, theme, words
from analysis.figures.kept import kept
from analysis.figures.surface import Fill
from analysis.sources.geography import province_names, require_provinces


@kept
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
    figure = surface.draw_one(fills, key, surface.key_title(label), tiles)

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
    alt = words.within(
        f"{surface.ground(tiles)}: {label} per provincie ({counts}).",
        *(f"{dutch.capital(group)}." for group in groups),
    )
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
