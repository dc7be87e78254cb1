"""Published figures beside the same figures reproduced from the microdata."""

from __future__ import annotations

from statistics import NormalDist

import pandas as pd
from matplotlib.axes import Axes

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import checked
from analysis.figures.kept import kept
from analysis.results import interval_name

_LABEL_CHARACTERS = 24, 14  # on a page, and on a narrow screen
_SE_DECIMALS = 1


@kept
def published_against_reproduced(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    kind: DataKind,
    source: str,
    level: float = 0.95,
    caption: str,
) -> FigureExhibit:
    """One row a figure: an open ring where it was published, a dot where it was reproduced.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``label``, ``published``, ``reproduced``, ``published_se``, ``reproduced_se``, ``panel`` (rows
        of one panel share an axis: a level and a difference do not) and ``decimals`` (digits the figure was
        printed with). A published value may be NaN: not published; so may standard errors.
    outcome_label : str
        Dutch.
    level : float
        Coverage of the intervals, from the normal distribution.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or holds a value that cannot be drawn.
    """
    table = checked(
        table,
        id,
        texts=("label", "panel"),
        numbers=("reproduced", "decimals"),
        gaps=("published", "published_se", "reproduced_se"),
    ).astype({"decimals": int})
    table["verdict"] = [_verdict(row) for row in table.itertuples()]

    panels = list(table["panel"].unique())
    counts = [int((table["panel"] == name).sum()) for name in panels]
    figure, axes = theme.new_figure(
        0.75 + 0.62 * len(panels) + 0.3 * len(table), rows=len(panels), height_ratios=[1 + n for n in counts]
    )
    with theme.settings():
        for ax, name in zip(axes[:, 0], panels, strict=True):
            _draw_panel(ax, table[table["panel"] == name], name, level)
        rings = [_ring(axes[0, 0], [], []), _dot(axes[0, 0], [], [])]
        theme.key(axes[0, 0], rings, ["gepubliceerd", "gereproduceerd"], panels[0])
    return FigureExhibit(
        id,
        theme.finished(figure),
        f"{words.sentence(caption)} Rechts: gepubliceerd | gereproduceerd (standaardfout). Streep: "
        f"{interval_name(level)}.",
        _alt(table, outcome_label),
        kind,
        source,
        _twin(table),
    )


def _verdict(row) -> str:
    """Whether the printed digits agree: "gelijk", "verschilt", or "niet gepubliceerd"."""
    pairs = (
        (row.published, row.reproduced, row.decimals),
        (row.published_se, row.reproduced_se, _SE_DECIMALS),
    )
    known = [pair for pair in pairs if not (words.unknown(pair[0]) or words.unknown(pair[1]))]
    if not known:
        return "niet gepubliceerd"
    same = all(dutch.number(one, digits) == dutch.number(other, digits) for one, other, digits in known)
    return "gelijk" if same else "verschilt"


def _ring(ax: Axes, x, y):
    (drawn,) = ax.plot(
        x, y, marker="o", markersize=11, markerfacecolor="none", markeredgecolor=theme.SERIES[1].color,
        markeredgewidth=1.6, linestyle="none", zorder=3,
    )  # fmt: skip
    return drawn


def _dot(ax: Axes, x, y):
    (drawn,) = ax.plot(
        x, y, marker="o", markersize=5, color=theme.SERIES[0].color, linestyle="none", zorder=4
    )
    return drawn


def _draw_panel(ax: Axes, rows: pd.DataFrame, name: str, level: float) -> None:
    reach = NormalDist().inv_cdf((1 + level) / 2)
    heights = theme.rows(
        ax, [theme.wrapped(label, theme.by_width(*_LABEL_CHARACTERS)) for label in rows["label"]]
    )
    for height, row in zip(heights, rows.itertuples(), strict=True):
        for value, se, color, width, shift in (
            (row.published, row.published_se, theme.SERIES[1].color, 1.4, 0.13),
            (row.reproduced, row.reproduced_se, theme.SERIES[0].color, 1.4, -0.13),
        ):
            if not (words.unknown(value) or words.unknown(se)):
                ax.hlines(
                    height + shift,
                    value - reach * se,
                    value + reach * se,
                    color=color,
                    linewidth=width,
                    zorder=2,
                )
        theme.write_beside(
            ax,
            height,
            f"{_printed(row.published, row.published_se, row.decimals)} | "
            f"{_printed(row.reproduced, row.reproduced_se, row.decimals)}",
            bold=row.verdict == "verschilt",
        )
    _ring(ax, rows["published"], heights)
    _dot(ax, rows["reproduced"], heights)
    if name and ax.get_subplotspec().rowspan.start > 0:
        theme.heading(ax, name)
    theme.dutch_axis(ax, "x", ticks=theme.by_width(5, 4))


def _printed(value: float, se: float, decimals: int) -> str:
    text = dutch.number(value, decimals)
    return text if words.unknown(value) or words.unknown(se) else f"{text} ({dutch.number(se, _SE_DECIMALS)})"


def _alt(table: pd.DataFrame, outcome: str) -> str:
    compared = table[table["verdict"] != "niet gepubliceerd"]
    same = int((compared["verdict"] == "gelijk").sum())
    apart = [label for label in compared.loc[compared["verdict"] != "gelijk", "label"]]
    return words.within(
        f"{dutch.capital(outcome)}. Van de {len(compared)} gepubliceerde uitkomsten komen er {same} "
        "tot op de gedrukte cijfers overeen.",
        f"Niet gelijk: {dutch.join(apart)}." if apart else "",
    )


def _twin(table: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "panel": "onderdeel",
        "label": "uitkomst",
        "published": "gepubliceerd",
        "published_se": "standaardfout gepubliceerd",
        "reproduced": "gereproduceerd",
        "reproduced_se": "standaardfout gereproduceerd",
        "verdict": "oordeel",
    }
    return table[list(columns)].rename(columns=columns)
