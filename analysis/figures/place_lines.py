"""A place's own line beside the country's: one place at a time, or all as small multiples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import checked
from analysis.figures.kept import kept

_PLACE, _WHOLE = theme.SERIES[0], theme.SERIES[1]
_COLUMNS = 3
_COUNTRY = "Nederland"


@kept
def lines_by_place(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    caption: str,
) -> FigureExhibit:
    """One small panel a place, all on the same axes: its line and that of the whole.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``label`` (place), ``time`` (year, with decimals), ``value`` and ``whole`` (the value of the
        country at that time). At most fifteen places, drawn in the order of the table.
    outcome_label, unit : str
        Dutch.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, holds a value that cannot be drawn or a place twice at a time,
        or has too many places.
    """
    table = _lines(table, id)
    places = list(table["label"].unique())
    rows = -(-len(places) // _COLUMNS)
    if rows > 5:
        raise ValueError(f"{id}: {len(places)} places; at most {5 * _COLUMNS} panels fit a page")
    figure, axes = theme.new_figure(1.0 + 1.12 * rows, rows, _COLUMNS, sharex=True, sharey=True)
    with theme.settings():
        for ax, place in zip(axes.flat, places, strict=False):
            drawn = table[table["label"] == place]
            own, other = _draw(ax, drawn)
            ax.set_title(
                place, loc="left", fontsize=theme.SMALL, fontfamily=theme.FONT, color=theme.INK, pad=3
            )
        for ax in axes.flat[len(places) :]:
            ax.set_axis_off()
        theme.dutch_axis(axes[0, 0], "y", ticks=4)
        _years(axes[0, 0], table["time"], most=2)
        for ax in axes.flat:
            ax.tick_params(labelsize=theme.SMALL)
            for tick, side in zip(ax.get_xticklabels(), ("left", "right"), strict=False):
                tick.set_horizontalalignment(side)  # the years of neighbours do not touch
        figure.legend(
            [own, other],
            ["provincie" if len(places) == 12 else "gebied", _COUNTRY],
            title=theme.wrapped(f"{dutch.capital(outcome_label)} ({unit})", theme.characters() - 2),
            loc="outside upper left", ncols=2, frameon=False, alignment="left", borderpad=0, handlelength=2.2,
        )  # fmt: skip
    return FigureExhibit(
        id,
        theme.finished(figure),
        words.sentence(caption),
        _alt(table, places, outcome_label, unit, _COUNTRY, 1),
        kind,
        source,
        _twin(table, unit, _COUNTRY),
    )


@kept
def line_beside_whole(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    caption: str,
    whole: str = _COUNTRY,
    since: float | None = None,
    since_label: str = "",
    decimals: int = 1,
    height: float = 3.1,
) -> FigureExhibit:
    """The line of one place and that of the whole, labelled at their ends.

    Takes what :func:`lines_by_place` takes, of one place; and

    Parameters
    ----------
    whole : str
        Dutch: what the second line is of.
    since : float, optional
        A year at which a thin line marks `since_label`.
    decimals : int
        Of numbers in words.
    height : float
        In inches.

    Raises
    ------
    ValueError
        As :func:`lines_by_place`, or if there is more than one place.
    """
    table = _lines(table, id)
    places = list(table["label"].unique())
    if len(places) != 1:
        raise ValueError(f"{id}: {len(places)} places, expected one; lines_by_place draws more")
    figure, axes = theme.new_figure(height)
    ax = axes[0, 0]
    with theme.settings():
        _draw(ax, table, since)
        theme.dutch_axis(ax, "y", ticks=max(2, round(2 * height)))
        ax.grid(axis="y")
        _years(ax, table["time"], most=theme.by_width(10, 4))
        theme.heading(ax, f"{dutch.capital(outcome_label)} ({unit})")
        gap = 1.4 * theme.TEXT * np.ptp(ax.get_ylim()) / (72 * (height - 0.8))
        last = table.iloc[-1]
        ends = ((last["value"], places[0], _PLACE), (last["whole"], whole, _WHOLE))
        heights = theme.spread([value for value, *_ in ends], gap)
        for (value, name, style), height in zip(ends, heights, strict=True):
            theme.write(
                ax,
                1.0,
                height,
                theme.wrapped(f"{name} {dutch.number(value, decimals)}", 20),
                color=style.color,
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontweight="bold",
            )
    return FigureExhibit(
        id,
        theme.finished(figure),
        words.sentence(caption) + _marked(since, since_label),
        _alt(table, places, outcome_label, unit, whole, decimals),
        kind,
        source,
        _twin(table, unit, whole),
    )


def _lines(table: pd.DataFrame, id: str) -> pd.DataFrame:
    table = checked(table, id, texts=("label",), numbers=("time", "value", "whole"))
    twice = table.duplicated(["label", "time"])
    if twice.any():
        row = table[twice].iloc[0]
        raise ValueError(f"{id}: {row['label']} has two values in {row['time']:g}")
    order = {label: place for place, label in enumerate(table["label"].unique())}
    return table.sort_values(
        ["label", "time"], key=lambda s: s.map(order) if s.name == "label" else s
    ).reset_index(drop=True)


def _draw(ax: Axes, rows: pd.DataFrame, since: float | None = None):
    if since is not None:
        theme.reference_line(ax, since, "x", color=theme.MUTED, linestyle=(0, (2, 2)))
    small = {"markersize": 3.4, "markeredgewidth": 0.4, "linewidth": 1.5}
    (other,) = ax.plot(rows["time"], rows["whole"], **{**_WHOLE.line, **small}, zorder=2)
    (own,) = ax.plot(rows["time"], rows["value"], **{**_PLACE.line, **small}, zorder=3)
    return own, other


def _years(ax: Axes, times: pd.Series, *, most: int) -> None:
    """Ticks at times of measurement; those too near the one before are left out."""
    times = np.array(sorted(times.unique()))
    chosen = [times[0]]
    step = (times[-1] - times[0]) / max(most - 1, 1) if most == 2 else 0.9 / most * (times[-1] - times[0])
    for time in times[1:]:
        if time - chosen[-1] >= step - 1e-9:
            chosen.append(time)
    if chosen[-1] != times[-1]:
        chosen[-1 if len(chosen) > 1 else len(chosen) :] = [times[-1]]
    ax.set_xticks(chosen, labels=[str(int(time)) for time in chosen])


def _marked(since: float | None, label: str) -> str:
    return f" Verticale lijn: {label}." if since is not None and label else ""


def _alt(
    table: pd.DataFrame, places: Sequence[str], outcome: str, unit: str, whole: str, decimals: int
) -> str:
    first, last = table["time"].min(), table["time"].max()
    ends = {}
    for place in places:
        rows = table[table["label"] == place].sort_values("time")
        ends[place] = rows.assign(gap=rows["value"] - rows["whole"]).iloc[[0, -1]]

    def told(name: str, rows: pd.DataFrame, *, sign: bool = False) -> str:
        begun, ended = (dutch.number(value, decimals, sign=sign) for value in rows[name])
        return f"van {begun} naar {ended}"

    of_whole = table[["time", "whole"]].drop_duplicates("time").sort_values("time").iloc[[0, -1]]
    # of several the one that says most: numbers of all stand in the table under the figure
    most = max(places, key=lambda place: abs(ends[place]["gap"].diff().iloc[-1]))
    own, gap = told("value", ends[most]), told("gap", ends[most], sign=True)
    return words.within(
        f"{dutch.capital(outcome)}, in {unit}, bij {table['time'].nunique()} metingen van {int(first)} tot "
        f"en met {int(last)}. {whole}: {told('whole', of_whole)}.",
        f"{most} {own}, verschil met {whole} {gap}."
        if len(places) == 1
        else f"Het verschil met {whole} veranderde het meest in {most}: {gap}.",
    )


def _twin(table: pd.DataFrame, unit: str, whole: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gebied": table["label"],
            "jaar": table["time"].astype(int),
            f"waarde ({unit})": table["value"],
            f"{whole} ({unit})": table["whole"],
        }
    )
