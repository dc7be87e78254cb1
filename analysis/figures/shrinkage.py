"""Raw effects beside shrunken ones: how far each region is drawn to the mean, and what is left."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept

_OFFSET = 0.19  # of a row's height, between the raw and the shrunken mark


@kept
def shrinkage(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    margin: float,
    decimals: int = 1,
    level: float = 0.95,
) -> FigureExhibit:
    """Deviation of each region from the mean of the regions, raw and shrunken, with the margin of interest.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``label``, ``raw``, ``raw_low``, ``raw_high``, ``shrunken``, ``low``, ``high``; optionally
        ``truth``. Ordered by the raw deviation, highest first.
    margin : float
        The smallest deviation of interest; the band from −margin to margin is shaded.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or holds a value that cannot be drawn.
    """
    numbers = ("raw", "raw_low", "raw_high", "shrunken", "low", "high")
    table = checked(table, id, texts=("label",), numbers=numbers, optional=("truth",))
    check_interval(table, id, "raw_low", "raw_high", inside="raw")
    check_interval(table, id, inside="shrunken")
    table = table.sort_values("raw", ascending=False, kind="stable", ignore_index=True)
    figure, axes = theme.new_figure(1.3 + theme.by_width(0.26, 0.36) * len(table))
    ax = axes[0, 0]
    with theme.settings():
        ax.axvspan(-margin, margin, color=theme.UNKNOWN_FILL, zorder=0)
        theme.reference_line(ax, 0, "x")
        heights = theme.rows(ax, list(table["label"]))
        handles = [_draw(ax, table, heights, name, place) for place, name in enumerate(("raw", "shrunken"))]
        names = ["ruw", "bijgesteld"]
        if "truth" in table.columns and table["truth"].notna().any():
            handles.append(theme.truth(ax, table["truth"], heights, linestyle="none"))
            names.append("waar (synthetisch)")
        for height, row in zip(heights, table.itertuples(), strict=True):
            both = [dutch.number(value, decimals, sign=True) for value in (row.raw, row.shrunken)]
            theme.write_beside(ax, height, " → ".join(both))
        theme.key(ax, handles, names)
        theme.dutch_axis(ax, "x", sign=True, ticks=5)
        theme.below(ax, f"{outcome_label}: afwijking van het gemiddelde ({unit})")
    percent = dutch.number(100 * level)
    caption = (
        f"{dutch.capital(outcome_label)} per provincie, als afwijking van het gemiddelde van de provincies: "
        f"de ruwe uitkomst en de uitkomst die naar dat gemiddelde is bijgesteld, met {percent}%-intervallen. "
        "Grijze band: kleiner dan de kleinste afwijking die ertoe doet "
        f"({words.quantity(margin, unit, decimals)})."
    )
    return FigureExhibit(
        id, theme.finished(figure), caption, _alt(table, outcome_label, unit, decimals, margin), kind, source,
        table[[name for name in _TWIN if name in table.columns]].rename(columns=_TWIN),
    )  # fmt: skip


def margin_bounds(values: Iterable[float], margin: float) -> list[float]:
    """Class bounds for a map of deviations: half the smallest deviation of interest, that one, and beyond.

    The shades then say how much a deviation matters, and a map of deviations that do not matter is pale.
    """
    reach = max([2 * margin, *(abs(value) for value in values if math.isfinite(value))])
    outer = margin * math.ceil(reach / margin)
    return [-outer, -margin, -margin / 2, margin / 2, margin, outer]


_TWIN = {
    "label": "provincie",
    "raw": "ruw",
    "raw_low": "ruw laag",
    "raw_high": "ruw hoog",
    "shrunken": "bijgesteld",
    "low": "bijgesteld laag",
    "high": "bijgesteld hoog",
    "truth": "ware waarde (synthetisch)",
}


def _draw(ax: Axes, table: pd.DataFrame, heights, name: str, place: int):
    style = theme.SERIES[place]
    low, high = ("raw_low", "raw_high") if name == "raw" else ("low", "high")
    shifted = heights + (_OFFSET if place == 0 else -_OFFSET)
    ax.hlines(shifted, table[low], table[high], color=style.color, linewidth=1.6 + place, zorder=2)
    (drawn,) = ax.plot(
        table[name], shifted, zorder=3, **{**style.line, "linestyle": "none", "markersize": 6.5}
    )
    return drawn


def _alt(table: pd.DataFrame, outcome: str, unit: str, decimals: int, margin: float) -> str:
    wide, narrow = table["raw"].abs().max(), table["shrunken"].abs().max()
    inside = int(((table["low"] > -margin) & (table["high"] < margin)).sum())
    return (
        f"{dutch.capital(outcome)} van {len(table)} provincies. De ruwe afwijkingen van het gemiddelde gaan "
        f"tot {words.quantity(wide, unit, decimals)}, de bijgestelde tot "
        f"{words.quantity(narrow, unit, decimals)}. Van {inside} provincies ligt het bijgestelde interval "
        f"geheel binnen de grens van {words.quantity(margin, unit, decimals)}."
    )
