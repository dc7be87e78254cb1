"""One row a result: what was estimated, how sure it is, on what it rests; or why it cannot be had.

Rows and series of rows (:mod:`analysis.results.series`) are all that leaves a notebook. The build stamps them
with the hashes of what produced them, disclosure lets through what may be seen, and only from what it lets
through are exhibits drawn and sentences made.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from analysis import dutch
from analysis.datakind import DataKind
from analysis.unknown import NotEstimable

ID_PATTERN = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
NOT_SHOWN = "niet getoond"
NOT_ESTABLISHED = "niet vast te stellen"
TRIAL = "proef"  # first part of the ids of what is computed on a synthetic twin


@dataclass(frozen=True)
class Stamp:
    """What produced a row: set by the build, empty in JupyterLab."""

    notebook: str = ""
    run: str = ""  # key of the run: everything below in one hash
    data_hash: str = ""
    parameters_hash: str = ""
    code_hash: str = ""


@dataclass(frozen=True)
class Result:
    """One released number.

    Attributes
    ----------
    id : str
        ``section.name``, lower case; the report writes ``{{< var section.name.value >}}``.
    label : str
        What the number is, in Dutch, for tables and the results file.
    value : float or None
        None is unknown: it reads "onbekend", or "niet vast te stellen" where there is a `reason`.
    unit : str
        Dutch unit as it follows the number ("punten", "%", "leerlingen"), or "".
    source : str
        Keys of the sources in ``data/manifest.toml`` or ``data/facts``, separated by "; ".
    se, low, high : float or None
        Standard error and interval, in the unit of `value`.
    level : float
        Coverage of the interval.
    p_value, smallest_p : float or None
        Of the test of no effect, and the least it could have been. None where no statement is made.
    n, clusters : int or None
        Observations and clusters at the level of assignment.
    least : int or None
        People in the smallest of the groups that are compared, where the number compares groups: disclosure
        acts on them as on `n`.
    question, outcome, estimator, specification, test, weighting : str
        Names in ``data/design``, or "" where it does not apply.
    decimals : int
        Digits shown.
    reason : str
        Why there is no value, in Dutch, as it follows "niet vast te stellen: ".
    withheld : str
        Why disclosure does not show it, in Dutch, as it follows "niet getoond: ".
    no_statement : str
        Why no statement on significance is made, in Dutch; "" where one may be made.
    note : str
        A caveat in Dutch that travels with the number.
    """

    id: str
    label: str
    value: float | None
    unit: str
    kind: DataKind
    source: str
    se: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    p_value: float | None = None
    smallest_p: float | None = None
    n: int | None = None
    clusters: int | None = None
    least: int | None = None
    question: str = ""
    outcome: str = ""
    estimator: str = ""
    specification: str = ""
    test: str = ""
    weighting: str = ""
    decimals: int = 0
    reason: str = ""
    withheld: str = ""
    no_statement: str = ""
    note: str = ""
    stamp: Stamp = Stamp()

    def __post_init__(self) -> None:
        if not ID_PATTERN.fullmatch(self.id):
            raise ValueError(
                f"result id {self.id!r}: expected section.name in lower case, such as kenniskloof.gap"
            )
        object.__setattr__(self, "kind", DataKind(self.kind))
        if isinstance(self.value, NotEstimable):
            object.__setattr__(self, "reason", self.value.reason)
            object.__setattr__(self, "value", None)
        for name in ("value", "se", "low", "high", "p_value", "smallest_p"):
            number = getattr(self, name)
            if number is None:
                continue
            number = float(number)
            if not math.isfinite(number):
                raise ValueError(
                    f"result {self.id}: {name} is {number}; an unknown number is None, never {number}"
                )
            object.__setattr__(self, name, number)
        if not self.source:
            raise ValueError(f"result {self.id}: no source given")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"result {self.id}: an interval needs both ends, got {self.low} and {self.high}")
        if self.low is not None and self.low > self.high:
            raise ValueError(f"result {self.id}: interval runs from {self.low} down to {self.high}")
        if not 0 < self.level < 1:
            raise ValueError(f"result {self.id}: level {self.level} is not between 0 and 1")
        if self.reason and self.value is not None:
            raise ValueError(f"result {self.id}: it has a value and a reason why it cannot be had")

    @property
    def section(self) -> str:
        """First part of the id: ``prodemos``, or ``proef`` for what rests on a twin."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """The last part of the id: what the number is within its question."""
        return self.id.rpartition(".")[2]

    @property
    def unknown(self) -> str:
        """What is read where the number would stand."""
        return _because(NOT_SHOWN, self.withheld) or _because(NOT_ESTABLISHED, self.reason) or dutch.UNKNOWN

    @property
    def unknown_word(self) -> str:
        """The same without the reason."""
        return self.unknown.partition(":")[0]

    def variables(self) -> dict[str, str]:
        """What a sentence may name; ``full`` is value, unit, interval and, if so, the word "synthetisch"."""
        value = dutch.number(self.value, self.decimals)
        if self.value is None:
            value = self.unknown_word
        unit = self.unit if self.unit in ("", "%") else f" {self.unit}"
        full = self.unknown if self.value is None else value + unit
        remarks = []
        if self.low is not None:
            remarks.append(f"{interval_name(self.level)} {self.interval_text}")
        if self.kind is DataKind.SYNTHETIC:
            remarks.append(self.kind.dutch)
        if remarks:
            full += f" ({'; '.join(remarks)})"
        return {
            "value": value,
            "unit": self.unit,
            "interval": self.interval_text,
            "se": dutch.number(self.se, self.decimals + 1),
            "n": dutch.number(self.n),
            "clusters": dutch.number(self.clusters),
            "p": self.p_text,
            "level": interval_name(self.level),
            "reason": self.reason,
            "kind": self.kind.dutch,
            "full": full,
            "english": self._english(),
        }

    def _english(self) -> str:
        """Value and interval for the English summary; the sentence around it names the unit."""

        def number(value: float) -> str:
            return f"{value:,.{self.decimals}f}".replace("-", dutch.MINUS)

        if self.value is None:
            return "not shown" if self.withheld else "cannot be established" if self.reason else "unknown"
        remarks = []
        if self.low is not None:
            remarks.append(f"{100 * self.level:g}% interval {number(self.low)} to {number(self.high)}")
        if self.kind is DataKind.SYNTHETIC:
            remarks.append("synthetic")
        return number(self.value) + (f" ({'; '.join(remarks)})" if remarks else "")

    @property
    def interval_text(self) -> str:
        return dutch.interval(self.low, self.high, self.decimals)

    @property
    def p_text(self) -> str:
        """The p-value as a table shows it."""
        if self.p_value is not None:
            return dutch.p_value(self.p_value)
        return "geen uitspraak" if self.no_statement else "niet getoetst"


def interval_name(level: float) -> str:
    """``95%-interval``, as headings and sentences name an interval of this coverage."""
    text = f"{100 * level:.10g}".replace(".", ",")
    return f"{text}%-interval"


def _because(word: str, reason: str) -> str:
    return f"{word}: {reason}" if reason else ""
