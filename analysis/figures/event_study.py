"""Event study: the effect by time since the start, with the reference period marked."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import FigureExhibit
from analysis.figures import theme, words
from analysis.figures.checks import check_interval, checked
from analysis.figures.kept import kept

_REFERENCE = -1  # event time that all others are compared with


@kept
def event_study(
    table: pd.DataFrame,
    *,
    id: str,
    outcome_label: str,
    unit: str,
    kind: DataKind,
    source: str,
    cohort_note: str = "",
    level: float = 0.95,
    period: str = "jaar",
) -> FigureExhibit:
    """Estimates by event time, with pointwise and, where given, simultaneous intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``series`` (the estimator), ``event_time``, ``estimate``, ``low``, ``high`` (missing where no
        interval can be had); optionally ``low_simultaneous`` and ``high_simultaneous``, and ``truth`` (what a
        synthetic twin was made with). The reference, −1, may be left out; its interval is ignored.
    outcome_label, unit : str
        Dutch: "kennis van de democratie", "punten".
    cohort_note : str
        A sentence for the caption on who is compared with whom.
    level : float
        Coverage of the intervals.
    period : str
        Unit of event time, singular.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or holds a value that cannot be drawn.
    """
    table = _prepared(table, id)
    simultaneous = "low_simultaneous" in table.columns
    percent = dutch.number(100 * level) if table["low"].notna().any() else ""  # of nothing there is no level
    bare = bool(table.loc[table["event_time"] != _REFERENCE, "low"].isna().any())
    heading = f"Effect op {outcome_label}" + (f" ({unit})" if unit else "")
    figure, axes = theme.new_figure(theme.by_width(2.4, 3.2))
    ax = axes[0, 0]
    with theme.settings():
        theme.reference_line(ax, 0)
        points = _draw(ax, table)
        if "truth" in table.columns:
            known = table.dropna(subset="truth")
            truth = theme.truth(ax, known["event_time"], known["truth"])
            theme.key(ax, [points, truth], [table["series"].iloc[0], "ware effect (synthetisch)"], heading)
        else:
            theme.heading(ax, heading)
        theme.dutch_axis(ax, "y", sign=True)
        theme.whole_ticks(ax, "x", table["event_time"], sign=True)
        ax.set_xlim(table["event_time"].min() - 0.6, table["event_time"].max() + 0.6)
        _mark_start(ax)
        theme.below(ax, f"{period} sinds de start (open ruit: referentie)")
    return FigureExhibit(
        id,
        theme.finished(figure),
        _caption(outcome_label, unit, percent, simultaneous, bare, period, cohort_note),
        _alt(table, outcome_label, unit, percent, period),
        kind,
        source,
        _twin(table),
    )


def _prepared(table: pd.DataFrame, id: str) -> pd.DataFrame:
    bands = ("low_simultaneous", "high_simultaneous")
    table = checked(
        table,
        id,
        texts=("series",),
        numbers=("event_time",),
        optional=("estimate", "low", "high", "truth", *bands),
    )
    absent = [name for name in ("low", "high") if name not in table.columns]
    if absent:
        raise ValueError(f"{id}: column {', '.join(absent)} is absent")
    twice = table["event_time"].duplicated()
    if twice.any():
        row = int(twice.argmax())
        raise ValueError(f"{id}: column event_time, row {row + 1}: {table['event_time'][row]} occurs twice")
    away = table["event_time"] != _REFERENCE
    rest = checked(table[away], id, numbers=("estimate",), optional=("low", "high", "truth", *bands))
    check_interval(rest, id, inside="estimate")
    zero = {"series": table["series"].iloc[0], "event_time": float(_REFERENCE), "estimate": 0.0}
    if "truth" in table.columns:
        zero["truth"] = 0.0 if away.all() else table.loc[~away, "truth"].iloc[0]
    return pd.concat([rest, pd.DataFrame([zero])]).sort_values("event_time", ignore_index=True)


def _draw(ax: Axes, rows: pd.DataFrame):
    style, times = theme.SERIES[0], rows["event_time"]
    at = times == _REFERENCE
    if "low_simultaneous" in rows.columns:
        ax.vlines(
            times,
            rows["low_simultaneous"],
            rows["high_simultaneous"],
            color=style.color,
            linewidth=1.0,
            zorder=2,
        )
    ax.vlines(times, rows["low"], rows["high"], color=style.color, linewidth=3.2, alpha=0.55, zorder=2.5)
    ax.plot(times, rows["estimate"], color=style.color, linewidth=0.9, zorder=2.2)
    (points,) = ax.plot(
        times[~at], rows["estimate"][~at], color=style.color, marker=style.marker, markersize=7,
        markeredgecolor=theme.PAPER, markeredgewidth=0.8, linestyle="none", zorder=3,
    )  # fmt: skip
    ax.plot(
        times[at], rows["estimate"][at], marker="D", markersize=7, markerfacecolor=theme.PAPER,
        markeredgecolor=theme.INK, markeredgewidth=1.4, linestyle="none", zorder=5,
    )  # fmt: skip
    return points


def _mark_start(ax: Axes) -> None:
    """The line between before and after, and which side is which."""
    start = _REFERENCE + 0.5
    ax.axvline(start, color=theme.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.13 * (high - low))
    for side, words_, align in ((-6, "← vóór de start", "right"), (6, "na de start →", "left")):
        theme.write(
            ax, start, 1.0, words_, xycoords=("data", "axes fraction"), xytext=(side, -2),
            textcoords="offset points", ha=align, va="top", color=theme.MUTED,
        )  # fmt: skip


def _caption(
    outcome: str, unit: str, percent: str, simultaneous: bool, bare: bool, period: str, note: str
) -> str:
    bars = f"Dikke streep: {percent}%-interval per {period}" if percent else "Er is geen interval te geven"
    if percent and simultaneous:
        bars += "; dunne streep: voor alle punten tegelijk"
    if percent and bare:
        bars += "; zonder streep: geen interval"
    return " ".join(
        part
        for part in (
            words.sentence(
                f"effect op {outcome}{f', in {unit}' if unit else ''}, naar {period} sinds de start"
            ),
            f"Alles is gemeten ten opzichte van {period} {dutch.number(_REFERENCE, sign=True)}.",
            f"{bars}.",
            words.sentence(note),
        )
        if part
    )


def _alt(table: pd.DataFrame, outcome: str, unit: str, percent: str, period: str) -> str:
    def told(value: float) -> str:
        return dutch.number(value, 1, sign=True)

    measured = f" in {unit}" if unit else ""
    parts = [f"Effect op {outcome}{measured} per {period}."]
    before, after = table[table["event_time"] < _REFERENCE], table[table["event_time"] > _REFERENCE]
    if not after.empty:  # first: it is the finding
        last = told(after["estimate"].iloc[-1])
        if after["low"].notna().any() and pd.isna(after["low"].iloc[-1]):
            last += ", zonder interval"
        if "truth" in table.columns:
            last += f" (synthetisch; waar is {told(table['truth'].dropna().iloc[-1])})"
        parts.append(f"na de start {_clear(after, percent)}; de laatste schatting is {last}.")
    if not before.empty:
        parts.append(f"vóór de start {_clear(before, percent)}.")
    return words.within(*map(dutch.capital, parts))


def _clear(rows: pd.DataFrame, percent: str) -> str:
    """How many intervals do not hold zero, as the rest of a sentence."""
    known = int(rows["low"].notna().sum())
    clear = int(((rows["low"] > 0) | (rows["high"] < 0)).sum())
    if not known:
        return "is geen interval te geven"
    if known == 1:
        one = "ene " if len(rows) > 1 else ""
        return f"sluit het {one}{percent}%-interval nul {'uit' if clear else 'niet uit'}"
    return f"sluiten {clear} van de {known} {percent}%-intervallen nul uit"


def _twin(table: pd.DataFrame) -> pd.DataFrame:
    names = {
        "event_time": "tijd sinds start",
        "estimate": "effect",
        "low": "laag",
        "high": "hoog",
        "low_simultaneous": "laag (alle perioden)",
        "high_simultaneous": "hoog (alle perioden)",
        "truth": "waar effect (synthetisch)",
    }
    kept = [name for name in names if name in table.columns]
    return table[kept].rename(columns=names).astype({"tijd sinds start": int})
