"""Disclosure control of result rows: what rests on too few units is withheld, and counted.

First form: one threshold on the number of units behind a row. Synthetic rows go through the same rule,
so that it is exercised long before real rows come; cited facts are public already and pass.

What this form does not do: a row without `n` cannot be checked and is counted as such; differences
between two released rows are not protected by withholding a second one; and the cells of figures and
tables are not looked at. Whoever publishes an exhibit on real rows answers for its cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.disclosure import DisclosureRule
from analysis.results import Result, Stamp

SECTION = "ontsluiting"


@dataclass(frozen=True)
class Disclosed:
    """Rows as they may be released.

    Attributes
    ----------
    rows : tuple of Result
        All rows, the withheld ones without their numbers.
    suppressed : tuple of Result
        The withheld rows.
    unchecked : tuple of Result
        Rows on microdata or a twin that do not say over how many units they are.
    """

    rows: tuple[Result, ...]
    suppressed: tuple[Result, ...]
    unchecked: tuple[Result, ...]


def disclose(rows: Iterable[Result], rule: DisclosureRule) -> Disclosed:
    """Withhold every row over fewer than ``rule.minimum_n`` units."""
    released, suppressed, unchecked = [], [], []
    for row in rows:
        if row.kind is not DataKind.FACT:
            if row.n is None:
                unchecked.append(row)
            elif row.n < rule.minimum_n:
                row = withheld(row, rule)
                suppressed.append(row)
        released.append(row)
    return Disclosed(tuple(released), tuple(suppressed), tuple(unchecked))


def withheld(row: Result, rule: DisclosureRule) -> Result:
    """`row` without its numbers, the count of units included."""
    note = f"Niet getoond: minder dan {dutch.number(rule.minimum_n)} eenheden."
    return replace(row, value=None, se=None, low=None, high=None, n=None, clusters=None, note=note)


def summary(disclosed: Disclosed, rule: DisclosureRule) -> list[Result]:
    """Result rows that say what was withheld: in all, and on real rows alone."""
    real = [row for row in disclosed.suppressed if row.kind is DataKind.REAL]
    counts = {
        "suppressed": ("Uitkomsten die niet worden getoond", len(disclosed.suppressed)),
        "suppressed_real": ("Uitkomsten op echte gegevens die niet worden getoond", len(real)),
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
