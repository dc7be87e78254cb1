"""Roll-out: which province takes part from which year, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import surface, theme, words
from analysis.figures.checks import checked
from analysis.figures.kept import kept
from analysis.sources.geography import province_names, require_provinces

KNOWN, ASSUMED, NEVER, UNKNOWN = "bekend", "aanname", "niet", "onbekend"
STATUSES = (KNOWN, ASSUMED, NEVER, UNKNOWN)


@kept
def rollout(
    table: pd.DataFrame,
    *,
    id: str,
    programme: str,
    years: Sequence[int],
    kind: DataKind,
    source: str,
    caption: str,
) -> FigureExhibit:
    """Provinces by year: a bar from the year a province starts, hatched where the start is an assumption.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``code`` (CBS code), ``start`` (year, NaN where there is none) and ``status``: ``bekend``,
        ``aanname``, ``niet`` (does not take part in these years) or ``onbekend``. A province that is
        absent is unknown.
    programme : str
        Dutch name.
    years : sequence of int
        Years shown, consecutive.

    Raises
    ------
    ValueError
        If a code, status or year cannot be right.
    """
    rows = _prepared(table, id, years)
    first, last = min(years), max(years)
    figure, axes = theme.new_figure(1.05 + 0.215 * len(rows))
    ax = axes[0, 0]
    with theme.settings():
        heights = theme.rows(ax, list(rows["provincie"]))
        for height, row in zip(heights, rows.itertuples(), strict=True):
            _draw_row(ax, height, row, first, last)
        ax.set_xlim(first - 0.02, last + 1.02)
        told = range(last, first - 1, -theme.by_width(1, -(-(last + 1 - first) // 5)))[::-1]
        ax.set_xticks([year + 0.5 for year in told], labels=map(str, told))
        ax.xaxis.set_ticks_position("top")
        ax.tick_params(axis="x", length=0)
        ax.spines[["bottom", "left"]].set_visible(False)
        ax.grid(visible=False)
        for year in range(first, last + 2):
            ax.axvline(year, color=theme.RULE, linewidth=0.7, zorder=0)
        _key(ax, set(rows["status"]))
    return FigureExhibit(
        id,
        theme.finished(figure),
        words.sentence(caption),
        _alt(rows, programme, first, last),
        kind,
        source,
        rows[["code", "provincie", "start", "status"]],
    )


def _prepared(table: pd.DataFrame, id: str, years: Sequence[int]) -> pd.DataFrame:
    years = sorted(int(year) for year in years)
    if not years or years != list(range(years[0], years[-1] + 1)):
        raise ValueError(f"{id}: years must be consecutive, got {', '.join(map(str, years)) or 'none'}")
    table = checked(table, id, texts=("code", "status"), numbers=(), optional=("start",))
    if "start" not in table.columns:
        raise ValueError(f"{id}: column start is absent")
    require_provinces(table["code"], f"{id}, column code")
    names = province_names()
    for number, row in enumerate(table.itertuples(), start=1):
        place = f"{id}: row {number} ({row.code})"
        if row.status not in STATUSES:
            raise ValueError(f"{place}: status {row.status!r} is not one of {', '.join(STATUSES)}")
        starts = row.status in (KNOWN, ASSUMED)
        if starts == np.isnan(row.start):
            raise ValueError(f"{place}: status {row.status!r} {'needs a' if starts else 'has no'} start year")
        if starts and not (float(row.start).is_integer() and row.start <= years[-1]):
            raise ValueError(f"{place}: start {row.start} is not a year up to {years[-1]}")
    if table["code"].duplicated().any():
        raise ValueError(f"{id}: {table.loc[table['code'].duplicated(), 'code'].iloc[0]} occurs twice")
    table = table.set_index("code").reindex(list(names)).rename_axis("code").reset_index()
    table["status"] = table["status"].fillna(UNKNOWN)
    table["provincie"] = table["code"].map(names)
    order = table["status"].map({KNOWN: 0, ASSUMED: 0, NEVER: 1, UNKNOWN: 2})
    table = table.assign(order=order).sort_values(["order", "start", "status", "code"], ignore_index=True)
    table["start"] = table["start"].astype("Int64")
    return table


def _style(status: str) -> dict:
    color = theme.SERIES[0].color
    return {
        KNOWN: {"facecolor": color, "edgecolor": color},
        ASSUMED: {"facecolor": theme.SEQUENTIAL[1], "edgecolor": color, "hatch": "///", "hatchcolor": color},
        NEVER: {"facecolor": theme.PAPER, "edgecolor": theme.MUTED},
        UNKNOWN: {
            "facecolor": theme.UNKNOWN_FILL,
            "edgecolor": theme.MUTED,
            "hatch": surface.UNKNOWN.hatch,
            "hatchcolor": theme.MUTED,
        },
    }[status]


def _draw_row(ax, height: float, row, first: int, last: int) -> None:
    start = first if pd.isna(row.start) else max(int(row.start), first)
    style = {**_style(row.status), "linewidth": 0.7, "zorder": 2}
    thick = 0.18 if row.status == NEVER else 0.66
    ax.add_patch(Rectangle((start, height - thick / 2), last + 1 - start, thick, **style))
    if row.status in (KNOWN, ASSUMED):
        early = f" (sinds {row.start})" if row.start < first else ""
        assumed = row.status == ASSUMED
        box = {"boxstyle": "round,pad=0.1", "facecolor": theme.SEQUENTIAL[1], "edgecolor": "none"}
        theme.write(
            ax, start, height, f"{start if not early else first}{early}", xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=theme.SMALL, fontweight="bold",
            color=theme.INK if assumed else theme.PAPER, bbox=box if assumed else None, zorder=3,
        )  # fmt: skip


def _key(ax, statuses: set[str]) -> None:
    meaning = {
        KNOWN: "neemt deel",
        ASSUMED: "deelname is een aanname",
        NEVER: "neemt niet deel",
        UNKNOWN: "onbekend",
    }
    shown = [status for status in STATUSES if status in statuses]
    handles = [Rectangle((0, 0), 1, 1, linewidth=0.7, **_style(status)) for status in shown]
    ax.figure.legend(
        handles, [meaning[status] for status in shown], loc="outside lower left",
        ncols=theme.by_width(2, 1) if len(shown) > 2 else len(shown), frameon=False, fontsize=theme.TEXT,
        handlelength=2.0, borderpad=0, columnspacing=1.6,
    )  # fmt: skip


def _alt(rows: pd.DataFrame, programme: str, first: int, last: int) -> str:
    parts = [f"Tijdbalk van {programme} per provincie, {first} tot en met {last}."]
    for (status, start), group in rows.groupby(["status", "start"], sort=True, dropna=True):
        names = dutch.join(list(group["provincie"]))
        parts.append(f"Vanaf {start}{' (aanname)' if status == ASSUMED else ''}: {names}.")
    parts[1:] = sorted(parts[1:])
    for status, lead in ((NEVER, "Geen deelname"), (UNKNOWN, "Onbekend")):
        group = rows[rows["status"] == status]
        if len(group):
            parts.append(f"{lead}: {dutch.join(list(group['provincie']))}.")
    known, assumed = (int((rows["status"] == status).sum()) for status in (KNOWN, ASSUMED))
    extra = f", en nog {assumed} bij aanname" if assumed else ""
    parts.insert(1, f"Van {known} van de twaalf provincies staat deelname vast{extra}.")
    return words.within(*parts)
