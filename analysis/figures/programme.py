"""The programme in pictures: what was done and promised when, and which provinces the letters name."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analysis import dutch
from analysis.datakind import DataKind
from analysis.exhibits import BEGIN, CONTINUED, FigureExhibit
from analysis.figures import surface, theme, words
from analysis.figures.kept import kept
from analysis.figures.surface import Fill
from analysis.sources.geography import province_names, require_provinces

STATUSES = ("gerealiseerd", "toegezegd", "verwacht", "onbekend")
LETTERS = "programma"  # the line whose events brief_a and brief_b are the letters themselves
_LETTER_EVENTS = {"brief_a": "brief A", "brief_b": "brief B"}
_MOMENT_DAYS = 45  # what is shorter is drawn as a moment, what is longer as a span
# Inches: a line of the programme, with its name and steps above its bars; each line of text more; half a bar.
_LANE, _LINE, _BAR = 0.325, 0.17, 0.056
# Above the lanes for key and years, on a page and on a narrow screen, and below for years.
_HEAD, _FOOT = (0.82, 1.04), 0.28


@dataclass(frozen=True)
class StatusStyle:
    """How a step of one status is drawn; fill, hatch and marker all differ."""

    face: str
    edge: str
    hatch: str
    marker: str

    def bar(self) -> dict:
        style = {"facecolor": self.face, "edgecolor": self.edge, "linewidth": 1.1, "zorder": 6}
        return {**style, "hatch": self.hatch, "hatchcolor": self.edge} if self.hatch else style

    def point(self) -> dict:
        return {
            "marker": self.marker,
            "markersize": 9.5,
            "markerfacecolor": self.face,
            # a filled marker gets a white rim, so that it stands out on a bar of its own colour
            "markeredgecolor": theme.PAPER if self.face == self.edge else self.edge,
            "markeredgewidth": 1.4,
            "linestyle": "none",
            "zorder": 7,
        }


_BLUE, _ORANGE, _GREEN = (style.color for style in theme.SERIES[:3])
STYLES = {
    "gerealiseerd": StatusStyle(_BLUE, _BLUE, "", "o"),
    "toegezegd": StatusStyle(theme.PAPER, _ORANGE, "", "D"),
    "verwacht": StatusStyle("#d6ebe8", _GREEN, "////", "^"),
    "onbekend": StatusStyle(theme.UNKNOWN_FILL, theme.MUTED, "xxx", "X"),
}


@kept
def programme_timeline(
    events: pd.DataFrame, lines: pd.DataFrame, *, first_year: int, last_year: int
) -> FigureExhibit:
    """The steps of each programme line in time, by status: ``fig-programma-tijdlijn``.

    A step whose date the letters leave open is a bar over the whole time it may fall in; a dated step is a
    marker.

    Parameters
    ----------
    events, lines : pandas.DataFrame
        As :func:`analysis.sources.facts.programme_events` and ``programme_lines`` return them.
    first_year, last_year : int
        Years shown, both included; a step that reaches beyond them is cut off there.

    Raises
    ------
    ValueError
        If no event falls in these years, or a status or line is unknown.
    """
    id = "fig-programma-tijdlijn"
    first, last = pd.Timestamp(first_year, 1, 1), pd.Timestamp(last_year + 1, 1, 1)
    steps = _steps(events, lines, first, last, id)
    letters = events[events["id"].isin(_LETTER_EVENTS)]
    order = [line for line in lines["line"] if line in set(steps["line"])]

    owned = [steps[steps["line"] == line] for line in order]
    tops = np.cumsum([0.0, *(_LANE + _LINE * len(_beneath(own)) for own in owned)])
    head = theme.by_width(*_HEAD)
    height = tops[-1] + head + _FOOT
    figure, axes = theme.new_figure(height)
    figure.set_layout_engine("none")
    ax = axes[0, 0]
    ax.set_position((0.01, _FOOT / height, 0.98, tops[-1] / height))
    with theme.settings():
        _years(ax, first, last, tops[-1])
        for letter in letters.itertuples():
            _letter(ax, _LETTER_EVENTS[letter.id], _position(letter.start))
        for number, own in enumerate(owned):
            _lane(ax, number, tops[number : number + 2], own, first.year, last.year)
        _key(ax, [status for status in STATUSES if status in set(steps["status"])])
    return FigureExhibit(
        id,
        theme.finished(figure),
        "De stappen van het programma volgens de twee brieven. Een teken is een stap met een datum; een "
        "balk beslaat de hele tijd die de brief openlaat. De stippellijnen zijn de brieven zelf; brief B is "
        "van na 2 juli 2026.",
        _timeline_alt(steps, order, first_year, last_year),
        DataKind.FACT,
        "programme_events; letter_facts",
        _timeline_table(steps),
    )


def _steps(
    events: pd.DataFrame, lines: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, id: str
) -> pd.DataFrame:
    steps = events[~events["id"].isin(_LETTER_EVENTS) & (events["end"] >= first) & (events["start"] < last)]
    if steps.empty:
        raise ValueError(
            f"{id}: no event falls in {first.year} to {last.year - 1}, so there is nothing to draw"
        )
    strange = sorted(set(steps["status"]) - set(STATUSES))
    if strange:
        raise ValueError(f"{id}: status {', '.join(strange)} is not one of {', '.join(STATUSES)}")
    missing = sorted(set(steps["line"]) - set(lines["line"]))
    if missing:
        raise ValueError(f"{id}: line {', '.join(missing)} is not a line of the programme")
    short = lines.set_index("line")["short"]
    return steps.assign(short=steps["line"].map(short)).sort_values(
        ["start", "end", "id"], ignore_index=True, kind="stable"
    )


def _position(day: pd.Timestamp) -> float:
    """`day` in years, so that a year is as long as another."""
    start = pd.Timestamp(day.year, 1, 1)
    return day.year + (day - start).days / (pd.Timestamp(day.year + 1, 1, 1) - start).days


def _beneath(steps: pd.DataFrame) -> list[str]:
    """The steps in lines beneath the name, where there is no room for them beside it."""
    return theme.by_width([], textwrap.wrap(" · ".join(steps["label"]), theme.characters() - 1))


def _years(ax: Axes, first: pd.Timestamp, last: pd.Timestamp, foot: float) -> None:
    ax.set_xlim(first.year, last.year)
    ax.set_ylim(foot - 0.04, -0.04)  # inches from the top
    ax.set_yticks([])
    ax.set_xticks(
        [year + 0.5 for year in range(first.year, last.year)],
        labels=[str(year) for year in range(first.year, last.year)],
    )
    ax.tick_params(axis="x", length=0, labeltop=True, labelbottom=True, top=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    for year in range(first.year, last.year + 1):
        ax.axvline(year, color=theme.RULE, linewidth=0.8, zorder=0)


def _letter(ax: Axes, name: str, position: float) -> None:
    ax.axvline(position, color=theme.INK, linewidth=1.0, linestyle=(0, (2, 2)), zorder=1)
    theme.write(
        ax, position, 1.0, name, xycoords=("data", "axes fraction"), xytext=(0, 17),
        textcoords="offset points", ha="center", va="bottom", fontsize=theme.SMALL, fontweight="bold",
    )  # fmt: skip


def _lane(ax: Axes, number: int, ends: Sequence[float], steps: pd.DataFrame, left: int, right: int) -> None:
    top, foot = ends
    ground = {"boxstyle": "square,pad=0.1", "facecolor": theme.PAPER, "edgecolor": "none"}
    style = {"va": "center", "fontsize": theme.TEXT, "bbox": ground}
    name = theme.write(ax, left, top + 0.11, steps["short"].iloc[0], fontweight="bold", zorder=5, **style)
    beneath = _beneath(steps)
    for place, text in enumerate(beneath, start=1):
        theme.write(ax, left, top + 0.11 + _LINE * place, text, zorder=4, **style)
    if not beneath:
        name.set_gid(f"{BEGIN}-{number}")
        labels = ": " + " · ".join(steps["label"])
        beside = theme.write(ax, 1.0, 0.5, labels, xycoords=name, zorder=4, **style)
        beside.set_gid(f"{CONTINUED}-{number}")
    middle = foot - 0.08
    for step in steps.itertuples():
        style = STYLES[step.status]
        start, end = _position(step.start), _position(step.end + pd.Timedelta(days=1))
        if (step.end - step.start).days > _MOMENT_DAYS:
            start, end, gap = max(start, left), min(end, right), 0.012
            box = Rectangle((start + gap, middle - _BAR), end - start - 2 * gap, 2 * _BAR, **style.bar())
            ax.add_patch(box)
        else:
            ax.plot([(start + end) / 2], [middle], **style.point())


def _key(ax: Axes, statuses: list[str]) -> None:
    handles = []
    for status in statuses:
        point = STYLES[status].point()
        handles.append((Rectangle((0, 0), 1, 1, **STYLES[status].bar()), Line2D([0], [0], **point)))
    ax.legend(
        handles,
        statuses,
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        bbox_transform=ax.figure.transFigure,
        ncols=theme.by_width(len(statuses), 2),
        frameon=False,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.6)},
        handlelength=2.9,
        columnspacing=1.1,
    )


def _timeline_alt(steps: pd.DataFrame, order: list[str], first: int, last: int) -> str:
    counts = [f"{int((steps['status'] == status).sum())} {status}" for status in STATUSES]
    return words.within(
        f"Tijdlijn van {first} tot en met {last} met {len(steps)} stappen van {len(order)} programmalijnen: "
        f"{dutch.join(counts)}.",
        "De tabel eronder noemt elke stap.",
    )


def _when(step) -> str:
    """When, as precisely as the letters say."""
    if step.period:
        return step.period
    start, end = step.start, step.end
    if start == end:
        return dutch.day(start)
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31) and start.year == end.year:
        return str(start.year)
    if (start.year, start.month) == (end.year, end.month):
        return f"{dutch.MONTHS[start.month - 1]} {start.year}"
    return f"van {dutch.day(start)} tot en met {dutch.day(end)}"


def _timeline_table(steps: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "programmalijn": steps["short"],
            "stap": steps["label"],
            "wanneer": [_when(row) for row in steps.itertuples()],
            "status": steps["status"],
            "noot": steps["note"],
        }
    )


_COUNTS = (
    "nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf",
)  # fmt: skip
_NAMED, _PLACE, _NOT_NAMED = (
    "ProDemos: provincie genoemd",
    "alleen een plaats genoemd",
    "niet met name genoemd",
)


@kept
def programme_map(facts: pd.DataFrame) -> FigureExhibit:
    """Which provinces the letters name, and what stays unknown: ``fig-programma-kaart``.

    Parameters
    ----------
    facts : pandas.DataFrame
        As :func:`analysis.sources.facts.letter_facts` returns them.

    Raises
    ------
    ValueError
        If no province is named for ProDemos, or a place has an unknown province.
    """
    id = "fig-programma-kaart"
    names = province_names()
    places = facts[(facts["kind"] == "plaats") & (facts["statcode"] != "")]
    require_provinces(places["statcode"], f"{id}, column statcode")
    is_province = places["text"] == places["statcode"].map(names)
    prodemos = set(places.loc[is_province & (places["line"] == "prodemos"), "statcode"])
    if not prodemos:
        raise ValueError(f"{id}: the facts name no province for ProDemos, so there is nothing to draw")
    elsewhere = places[places["line"] != "prodemos"]
    # A province may share its name with a city (Utrecht, Groningen): listed once, as the letter writes it.
    by_province = {code: sorted(set(own["text"])) for code, own in elsewhere.groupby("statcode")}
    category = {
        code: _NAMED if code in prodemos else _PLACE if code in by_province else _NOT_NAMED for code in names
    }
    colors = dict(zip((_NAMED, _PLACE, _NOT_NAMED), reversed(theme.shades(3)), strict=True))
    key = [(Fill(color), label) for label, color in colors.items()]
    fills = {code: Fill(colors[category[code]]) for code in names}
    figure = surface.draw_one(fills, key, "Genoemd in de brieven", tiles=False)

    named = dutch.join([names[code] for code in names if code in prodemos])
    listed = "; ".join(f"{names[code]} ({'; '.join(found)})" for code, found in sorted(by_province.items()))
    not_named = dutch.join([names[code] for code in names if category[code] == _NOT_NAMED])
    alt = words.within(
        f"Kaart van Nederland. Voor ProDemos noemt brief A {_COUNTS[len(prodemos)]} provincies: {named}.",
        f"Niet met name genoemd: {not_named}.",
        f"Genoemde plaatsen bij andere programmalijnen: {listed}.",
    )
    table = pd.DataFrame(
        {
            "code": list(names),
            "provincie": list(names.values()),
            "prodemos": ["genoemd" if code in prodemos else "niet genoemd" for code in names],
            "tienskip": surface.UNKNOWN.value,
            "genoemde plaatsen": ["; ".join(by_province.get(code, [])) for code in names],
        }
    )
    return FigureExhibit(
        id,
        figure,
        "Waar de twee brieven het programma noemen. Voor ProDemos noemt brief A "
        f"{_COUNTS[len(prodemos)]} provincies, al spreekt de tekst van vier regio's. Naar welke provincies "
        "Tienskip uitbreidt, zegt brief B niet: onbekend. Landelijke lijnen, Caribisch Nederland en Curaçao "
        "staan niet op de kaart.",
        alt,
        DataKind.FACT,
        "letter_facts",
        table,
    )
