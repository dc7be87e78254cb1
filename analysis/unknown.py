"""What cannot be had, as an answer: the reason, in Dutch for the reader and in English for the researcher.

An estimator deep down raises :class:`NotEstimableError` where the data, though well formed, cannot answer.
Whoever asked turns that into :class:`NotEstimable` by :func:`attempt`, and goes on with the other questions.
Malformed input is something else: that stays a ``ValueError`` and is mended, not reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class NotEstimableError(ValueError):
    """The input is well formed, and what is asked of it cannot be had.

    Parameters
    ----------
    detail : str
        English: what was found, where, and what would help.
    reason : str
        Dutch, a clause that follows "niet vast te stellen: " and ends without a full stop.
    """

    def __init__(self, detail: str, *, reason: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason

    def __reduce__(self):  # crosses processes with both texts
        return _rebuilt, (self.detail, self.reason)


def _rebuilt(detail: str, reason: str) -> NotEstimableError:
    return NotEstimableError(detail, reason=reason)


@dataclass(frozen=True)
class NotEstimable:
    """An answer without a number.

    Attributes
    ----------
    reason : str
        Dutch, as printed after "niet vast te stellen: ".
    detail : str
        English, for who mends it.
    """

    reason: str
    detail: str = ""

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("an answer without a number needs the reason why")

    def __bool__(self) -> bool:
        """False: ``if answer:`` asks whether there is a number."""
        return False

    @property
    def sentence(self) -> str:
        return f"niet vast te stellen: {self.reason}"


def attempt(call: Callable[..., T], *args, **kwargs) -> T | NotEstimable:
    """``call(*args, **kwargs)``, or why it cannot be had. Other errors pass through.

    Where one of `args` is itself an answer without a number, that is the answer: one unknown gives the next.
    """
    for argument in args:
        if isinstance(argument, NotEstimable):
            return argument
    try:
        return call(*args, **kwargs)
    except NotEstimableError as error:
        return NotEstimable(error.reason, error.detail)
