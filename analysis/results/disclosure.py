"""Disclosure control: what tells of too few people is withheld, and counted.

Every released row and every point of a series passes here before anything is drawn, written or said.
Synthetic ones go through the same rules, so that they are exercised long before real ones come; cited facts
are public already and pass.

In this order: suppress (too few units; a small count of people; an extreme of people; a part that the total
would give away), round to the digits that are shown, and only then is anything derived: intervals in words,
conclusions and variables are made from what this module returns.

A row or series without `n` cannot be checked and is counted as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatch

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.disclosure import DisclosureRule, Group
from analysis.results.released import Released
from analysis.results.row import Result, Stamp
from analysis.results.series import LEAST, SCHOOLS, N, Series

SECTION = "ontsluiting"


class Withheld(StrEnum):
    """Why a row is withheld."""

    FEW = "few units"
    COUNT = "a small count of people"
    EXTREME = "an extreme of people"
    PART = "a part that the total gives away"


@dataclass(frozen=True)
class Disclosed:
    """Rows and series as they may be released.

    Attributes
    ----------
    released : Released
        All of them, the withheld ones without their numbers, the others rounded to the digits shown.
    suppressed : tuple of Result
        The withheld rows.
    reasons : tuple of Withheld
        Why, for each of `suppressed`.
    points : int
        Points of series that are withheld.
    unchecked : tuple of str
        Ids on microdata or a twin that do not say over how many units they are.
    """

    released: Released
    suppressed: tuple[Result, ...] = ()
    reasons: tuple[Withheld, ...] = ()
    points: int = 0
    unchecked: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Result, ...]:
        return self.released.rows

    @property
    def series(self) -> tuple[Series, ...]:
        return self.released.series


def disclose(rows: Iterable[Result], rule: DisclosureRule, series: Iterable[Series] = ()) -> Disclosed:
    """Withhold what the rule does not let through, and round the rest.

    Raises
    ------
    ValueError
        If a group names a total that is not among the rows while parts of it are, so that nobody could say
        whether a withheld part can be worked out.
    """
    rows, series = list(rows), list(series)
    reasons = {row.id: reason for row in rows if (reason := _reason(row, rule)) is not None}
    compared = [
        pattern for one in rule.contrasts if set(one.groups) & set(reasons) for pattern in one.results
    ]
    reasons |= {row.id: Withheld.FEW for row in rows if row.id not in reasons and _fits(row, compared)}
    for group in rule.groups:
        reasons |= {name: Withheld.PART for name in _given_away(group, rows, set(reasons), rule)}
    shown = [
        withheld(row, rule, reasons[row.id])
        if row.id in reasons
        else row
        if row.kind is DataKind.FACT
        else rounded(row)
        for row in rows
    ]
    suppressed = [row for row in shown if row.id in reasons]
    passed = [_points(item, rule, whole=_fits(item, compared)) for item in series]
    unchecked = [row.id for row in shown if row.id not in reasons and _uncheckable(row)]
    unchecked += [item.id for item in series if _uncheckable(item)]
    return Disclosed(
        Released(tuple(shown), tuple(item for item, _ in passed)),
        tuple(suppressed),
        tuple(reasons[row.id] for row in suppressed),
        sum(count for _, count in passed),
        tuple(unchecked),
    )


def _uncheckable(item: Result | Series) -> bool:
    if item.kind is DataKind.FACT:
        return False
    if isinstance(item, Series):
        return bool(len(item.points)) and N not in item.points.columns
    return item.value is not None and item.n is None


def _fits(item: Result | Series, patterns: Iterable[str]) -> bool:
    return item.kind is not DataKind.FACT and any(fnmatch(item.id, pattern) for pattern in patterns)


UNITLESS = ("p_value",)  # no quantity of people, whatever the unit of its series: it keeps its digits


def _points(series: Series, rule: DisclosureRule, *, whole: bool = False) -> tuple[Series, int]:
    """`series` without the numbers of points over too few units, or of any with `whole`; and how many."""
    import pandas as pd

    points = series.points.copy()
    if series.kind is DataKind.FACT or points.empty:
        return series, 0
    measures = list(series.measures)
    counted_in_unit = [name for name in measures if name not in UNITLESS]
    if series.unit and counted_in_unit:
        for column in counted_in_unit:  # as rows are: pandas would round a half another way
            rounded = [round(value, series.decimals) for value in points[column].astype(float)]
            points[column] = rounded
    few = pd.Series(False, index=points.index)
    for counted in (N, LEAST):
        if counted in points.columns:
            few |= points[counted].lt(rule.minimum_n)
    if series.unit in rule.person_units:
        few |= (
            points[measures].apply(lambda column: column.round().between(1, rule.minimum_n - 1)).any(axis=1)
        )
    if SCHOOLS in points.columns:
        few |= points[SCHOOLS].lt(rule.minimum_schools)
    few |= whole
    if not few.any():
        return series.with_points(points), 0
    points[measures] = points[measures].astype(float)
    points.loc[few, measures] = float("nan")
    for counted in (N, LEAST, SCHOOLS):
        if counted in points.columns:
            points[counted] = points[counted].astype(float).mask(few)
    limit = WORDS[Withheld.FEW].format(dutch.number(rule.minimum_n))
    if SCHOOLS in points.columns:
        limit += f" of {dutch.number(rule.minimum_schools)} scholen"
    note = f"{series.note} Niet getoond: punten over {limit}.".strip()
    reason = limit if few.all() else ""
    return replace(series, points=points, note=note, withheld=reason), int(few.sum())


WORDS = {
    Withheld.FEW: "minder dan {} eenheden",
    Withheld.COUNT: "een aantal van minder dan {} personen",
    Withheld.EXTREME: "een uiterste waarde van personen",
    Withheld.PART: "een niet getoonde uitkomst zou anders te berekenen zijn",
}


def withheld(row: Result, rule: DisclosureRule, reason: Withheld = Withheld.FEW) -> Result:
    """`row` without its numbers, the count of units included."""
    return replace(
        row,
        value=None,
        se=None,
        low=None,
        high=None,
        p_value=None,
        smallest_p=None,
        n=None,
        clusters=None,
        least=None,
        reason="",
        withheld=WORDS[reason].format(dutch.number(rule.minimum_n)),
    )


def rounded(row: Result) -> Result:
    """`row` with no more digits than are shown, so that no difference of two rows tells more than they do.

    A row without a unit (a p-value, a ratio, a coefficient) is no quantity of people and keeps its digits. Of
    what was tested an end of the interval stays on its side of zero, by its first digit, or it would
    contradict the p-value.
    """
    if not row.unit:
        return row

    def cut(value: float | None, decimals: int) -> float | None:
        return None if value is None else round(value, decimals)

    def end(value: float | None) -> float | None:
        shown = cut(value, row.decimals)
        beside = shown == 0 and value != 0 and row.p_value is not None and cut(row.value, row.decimals)
        return float(f"{value:.0e}") if beside else shown

    return replace(
        row,
        value=cut(row.value, row.decimals),
        se=cut(row.se, row.decimals + 1),
        low=end(row.low),
        high=end(row.high),
    )


def summary(disclosed: Disclosed, rule: DisclosureRule) -> list[Result]:
    """Result rows that say what was withheld and why: in all, and on real rows alone."""
    real = [row for row in disclosed.suppressed if row.kind is DataKind.REAL]
    counts = {
        "suppressed": ("Uitkomsten die niet worden getoond", len(disclosed.suppressed)),
        "suppressed_real": ("Uitkomsten op echte gegevens die niet worden getoond", len(real)),
        "suppressed_few": ("Niet getoond: te weinig eenheden", _count(disclosed, Withheld.FEW)),
        "suppressed_count": ("Niet getoond: een klein aantal personen", _count(disclosed, Withheld.COUNT)),
        "suppressed_extreme": (
            "Niet getoond: een uiterste van personen",
            _count(disclosed, Withheld.EXTREME),
        ),
        "suppressed_part": ("Niet getoond: om een ander te beschermen", _count(disclosed, Withheld.PART)),
        "suppressed_points": ("Punten in figuren en tabellen die niet worden getoond", disclosed.points),
        "unchecked": ("Uitkomsten zonder aantal eenheden, niet te toetsen", len(disclosed.unchecked)),
        "minimum_n": ("Kleinste aantal eenheden onder een getoonde uitkomst", rule.minimum_n),
    }
    # What is counted are rows of this report, whatever these rest on: a count of rows is a fact.
    return [
        Result(
            id=f"{SECTION}.{name}",
            label=label,
            value=count,
            unit="",
            kind=DataKind.FACT,
            source=rule.source,
            stamp=Stamp(notebook=SECTION),
        )
        for name, (label, count) in counts.items()
    ]


def _count(disclosed: Disclosed, reason: Withheld) -> int:
    return sum(one is reason for one in disclosed.reasons)


def _reason(row: Result, rule: DisclosureRule) -> Withheld | None:
    if row.kind is DataKind.FACT:
        return None
    if any(count is not None and count < rule.minimum_n for count in (row.n, row.least)):
        return Withheld.FEW
    if row.value is not None and row.unit in rule.person_units and 0 < round(row.value) < rule.minimum_n:
        return Withheld.COUNT
    words = set(row.id.replace(".", "_").split("_"))
    if words & set(rule.extreme_words) and not any(
        fnmatch(row.id, allowed.pattern) for allowed in rule.extreme_allowed
    ):
        return Withheld.EXTREME
    return None


def _given_away(group: Group, rows: list[Result], already: set[str], rule: DisclosureRule) -> set[str]:
    """Parts to withhold besides, so that total minus the shown parts does not give one away.

    One withheld part equals the total minus the others. Two or more are protected only if together they are
    not small themselves, so parts are added, smallest first, until the withheld ones hold the minimum.
    """
    fitting = [
        row for row in rows if any(fnmatch(row.id, part) for part in group.parts) and row.id != group.total
    ]
    parts = [row for row in fitting if row.kind is not DataKind.FACT]
    total = next((row for row in rows if row.id == group.total), None)
    hidden = [row for row in parts if row.id in already]
    if not hidden:
        return set()
    if total is None:
        raise ValueError(f"disclosure: no result {group.total}, the total of {', '.join(group.parts)}")
    if total.id in already:
        return set()
    shown = sorted((row for row in parts if row.id not in already), key=lambda row: (_size(row), row.id))
    extra: set[str] = set()
    held = sum(_size(row) for row in hidden)
    while shown and (len(hidden) + len(extra) < 2 or held < rule.minimum_n):
        row = shown.pop(0)
        extra.add(row.id)
        held += _size(row)
    if len(hidden) + len(extra) < 2 or held < rule.minimum_n:
        extra.add(total.id)
    return extra


def _size(row: Result) -> float:
    """People behind a part: its count of units, else its value."""
    return float(row.n if row.n is not None else row.value or 0)
