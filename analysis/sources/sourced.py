"""A frame together with what it rests on, from the door to the estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.datakind import DataKind
from analysis.unknown import NotEstimable

if TYPE_CHECKING:  # rendering names sources without reading them, and need not wait for it
    import pandas as pd

STUDY = "studie"  # key in ``data/manifest.toml`` of what this study itself knows


def together(*sources: str) -> str:
    """The keys of all `sources`, each once, in the order in which they come."""
    return "; ".join(dict.fromkeys(key for source in sources for key in source.split("; ")))


@dataclass(frozen=True)
class Sourced:
    """Data ready for estimation, and what a reader must know of them.

    Attributes
    ----------
    frame : pandas.DataFrame or NotEstimable
        The rows, or why there are none.
    source : str
        Key in ``data/manifest.toml``.
    remark : str
        One or two Dutch sentences for the report: which file was used, or why a twin was.
    dropped : tuple of (str, int)
        Rows left out, by Dutch reason. Empty when none were; never silent.
    """

    frame: pd.DataFrame | NotEstimable
    kind: DataKind
    source: str
    remark: str
    dropped: tuple[tuple[str, int], ...] = ()

    @classmethod
    def absent(cls, reason: str, detail: str = "") -> Sourced:
        """No data: that they are not there is a fact, and `reason` says what is needed.

        Parameters
        ----------
        reason : str
            Dutch, as it follows "niet vast te stellen: ".
        detail : str
            English, for who brings the file.
        """
        why = NotEstimable(reason, detail)
        return cls(why, DataKind.FACT, STUDY, f"{why.sentence[0].upper()}{why.sentence[1:]}.")
