"""What a question about an effect is answered with: ``method.toml``."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.design.read import read_design, record
from analysis.workspace import Workspace

HEADLINES = ("group_time",)  # the sensitivity to trends and the event study are of this one
BESIDE = ("imputation", "two_way")
TESTS = ("randomisation",)
MOVED = ("history",)
ERRORS = ("jackknife",)
STOPPED = ("switch_path", "switchers")
_OFFERED = {
    "estimator": HEADLINES, "beside": BESIDE, "compared": BESIDE, "test": TESTS, "moved": MOVED,
    "studentised": ERRORS, "stopped": STOPPED,
}  # fmt: skip


@dataclass(frozen=True)
class Method:
    """The estimators of an effect, and how it is tested.

    Attributes
    ----------
    estimator : {"group_time"}
        Of the headline.
    beside : {"imputation", "two_way"}
        The co-primary estimator, with a test of its own.
    compared : {"imputation", "two_way"}
        Printed for comparison; the other one.
    test : {"randomisation"}
    moved : {"history"}
        By a re-assignment; start, size and volatility of a province stay.
    studentised : {"jackknife"}
    stopped : {"switch_path", "switchers"}
        Beside the headline where a programme stopped somewhere: the headline leaves out what was measured
        after that, this one keeps it.
    minimum_clusters : int
        With a start, and without: below it no statement is made.
    """

    estimator: str
    beside: str
    compared: str
    test: str
    moved: str
    studentised: str
    stopped: str
    minimum_clusters: int

    def __post_init__(self) -> None:
        for name, offered in _OFFERED.items():
            if getattr(self, name) not in offered:
                raise ValueError(f"{name} is {getattr(self, name)!r}: use one of {', '.join(offered)}")
        if self.beside == self.compared:
            raise ValueError(f"beside and compared are both {self.beside}: each once")
        if self.minimum_clusters < 2:
            raise ValueError(f"minimum_clusters is {self.minimum_clusters}: two or more")


def method(workspace: Workspace | None = None) -> Method:
    """The content of ``data/design/method.toml``.

    Raises
    ------
    ValueError
        If a key is absent or unknown, or a choice is not one that is offered.
    """
    return record(Method, read_design("method", workspace).get("headline", {}), "method.toml, headline")
