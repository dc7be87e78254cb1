"""One line of an estimator's frame, or why it is not there; and the sentence that no gap goes without."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.unknown import NotEstimable

NOT_AN_EFFECT = (
    "Een verschil tussen schoolsoorten is niet het effect van een schoolsoort: leerlingen verschillen ook in "
    "andere dingen."
)


def line(
    frame: pd.DataFrame | NotEstimable, absent: str = "deze groep komt niet voor", **keys: Any
) -> pd.Series | NotEstimable:
    """The line of `frame` with these values in these columns.

    Parameters
    ----------
    absent : str
        Dutch: why there is no such line, where there is none.
    """
    if isinstance(frame, NotEstimable):
        return frame
    for column, value in keys.items():
        frame = frame[frame[column] == value]
    return frame.iloc[0] if len(frame) else NotEstimable(absent)
