"""Disclosure control of result rows: what tells of too few people is withheld, and counted.

Every released row passes here. Synthetic rows go through the same rules, so that they are exercised long
before real rows come; cited facts are public already and pass.

In this order: suppress (too few units; a small count of people; an extreme of people; a part that the total
would give away), round to the digits that are shown, and only then is anything derived: intervals in words,
conclusions and variables are made from what this module returns.

A row without `n` cannot be checked and is counted as such. The cells of tables of people are protected where
they are made, by :mod:`analysis.disclosure.cells`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatch

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.disclosure import DisclosureRule, Group
from analysis.results import Result, Stamp

SECTION = "ontsluiting"


class Withheld(StrEnum):
    """Why a row is withheld."""

    FEW = "few units"
    COUNT = "a small count of people"
    EXTREME = "an extreme of people"
    PART = "a part that the total gives away"


@dataclass(frozen=True)
class Disclosed:
    """Rows as they may be released.

    Attributes
    ----------
    rows : tuple of Result
        All rows, the withheld ones without their numbers, the others rounded to the digits shown.
    suppressed : tuple of Result
        The withheld rows.
    unchecked : tuple of Result
        Rows on microdata or a twin that do not say over how many units they are.
    reasons : tuple of Withheld
        Why, for each of `suppressed`.
    """

    rows: tuple[Result, ...]
    suppressed: tuple[Result, ...]
    unchecked: tuple[Result, ...]
    reasons: tuple[Withheld, ...] = ()


def disclose(rows: Iterable[Result], rule: DisclosureRule) -> Disclosed:
    """Withhold what the rule does not let through, and round the rest.

    Raises
    ------
    ValueError
        If a group names a total that is not among the rows while parts of it are, so that nobody could say
        whether a withheld part can be worked out.
    """
    rows = list(rows)
    reasons = {row.id: reason for row in rows if (reason := _reason(row, rule)) is not None}
    for group in rule.groups:
        reasons |= {name: Withheld.PART for name in _given_away(group, rows, set(reasons), rule)}
    released, suppressed, unchecked = [], [], []
    for row in rows:
        if row.id in reasons:
            row = withheld(row, rule, reasons[row.id])
            suppressed.append(row)
        elif row.kind is not DataKind.FACT:
            if row.n is None:
                unchecked.append(row)
            row = rounded(row)
        released.append(row)
    return Disclosed(
        tuple(released), tuple(suppressed), tuple(unchecked), tuple(reasons[row.id] for row in suppressed)
    )


def withheld(row: Result, rule: DisclosureRule, reason: Withheld = Withheld.FEW) -> Result:
    """`row` without its numbers, the count of units included."""
    notes = {
        Withheld.FEW: f"Niet getoond: minder dan {dutch.number(rule.minimum_n)} eenheden.",
        Withheld.COUNT: f"Niet getoond: een aantal van minder dan {dutch.number(rule.minimum_n)} personen.",
        Withheld.EXTREME: "Niet getoond: een uiterste waarde van personen.",
        Withheld.PART: "Niet getoond: een niet getoonde uitkomst zou anders te berekenen zijn.",
    }
    return replace(row, value=None, se=None, low=None, high=None, n=None, clusters=None, note=notes[reason])


def rounded(row: Result) -> Result:
    """`row` with no more digits than are shown, so that no difference of two rows tells more than they do.

    A row without a unit (a p-value, a ratio, a coefficient) is no quantity of people and keeps its digits.
    """
    if not row.unit:
        return row

    def cut(value: float | None, decimals: int) -> float | None:
        return None if value is None else round(value, decimals)

    return replace(
        row,
        value=cut(row.value, row.decimals),
        se=cut(row.se, row.decimals + 1),
        low=cut(row.low, row.decimals),
        high=cut(row.high, row.decimals),
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
    if row.kind is DataKind.FACT or row.value is None:
        return None if row.n is None or row.n >= rule.minimum_n or row.kind is DataKind.FACT else Withheld.FEW
    if row.n is not None and row.n < rule.minimum_n:
        return Withheld.FEW
    if row.unit in rule.person_units and 0 < round(row.value) < rule.minimum_n:
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
