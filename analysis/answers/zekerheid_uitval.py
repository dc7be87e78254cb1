"""Places that were measured before the first start and not in the end: what that may do to the answer."""

from __future__ import annotations

import numpy as np

from analysis.credibility.lee_bounds import LeeBounds, lee_bounds
from analysis.inference import no_statement
from analysis.panel.question import Panel
from analysis.results import Result
from analysis.unknown import NotEstimable, NotEstimableError, attempt

LOST = "lee_lost"
LABELS = {
    LOST: "plaatsen van vóór de eerste start die bij de laatste meting ontbreken",
    "lee_low": "laagste grens van het effect, als het programma bepaalt wie er nog wordt gemeten",
    "lee_high": "hoogste grens van het effect, als het programma bepaalt wie er nog wordt gemeten",
}
_TEST = "jackknife over provincies, Student's t: interval van beide grenzen samen, niet van het effect"
_NOTE = (
    "Lee (2009): geldt als een start meten overal makkelijker maakt, of overal moeilijker. Over hoe de "
    "starts zijn verdeeld, zegt dit interval niets."
)
_NONE = "Niet van toepassing: elke plaats van vóór de eerste start is ook bij de laatste meting gemeten."


def lost_rows(rows, whole, level: float) -> tuple[Result, ...]:
    """How many places were lost, and between which bounds the effect lies whatever those did.

    Parameters
    ----------
    rows : analysis.answers.zekerheid._Rows
    whole : Tested or NotEstimable
        The headline: where it says nothing of chance, no interval is given here either.
    """
    found = attempt(bounds, rows.panel, level)
    if isinstance(found, NotEstimable):
        return tuple(rows.row(name, label, found, *_unit(name)) for name, label in LABELS.items())
    count, lee = found
    lost = rows.row(LOST, LABELS[LOST], float(count), "", decimals=0)
    if lee is None:
        return lost, *(rows.row(name, LABELS[name], None, note=_NONE) for name in ("lee_low", "lee_high"))
    silent = whole.reason if isinstance(whole, NotEstimable) else no_statement(whole, level)
    interval = {"no_statement": silent} if silent else dict(zip(("low", "high"), lee.interval, strict=True))
    given = {"test": _TEST, "note": _NOTE, "clusters": lee.clusters} | interval
    return (
        lost,
        rows.row("lee_low", LABELS["lee_low"], lee.low, **given),
        rows.row("lee_high", LABELS["lee_high"], lee.high, **given),
    )


def _unit(name: str) -> tuple[str, ...]:
    return ("",) if name == LOST else ()


def bounds(panel: Panel, level: float) -> tuple[int, LeeBounds | None]:
    """Places lost, and the bounds on their change from the last measurement before any start to the last one.

    None where no place was lost.
    """
    frame = panel.frame
    if isinstance(frame, NotEstimable):
        raise NotEstimableError(frame.detail or frame.reason, reason=frame.reason)
    if panel.on_off is not None:
        raise NotEstimableError(
            "measurements after a stop are left out: that is no attrition",
            reason="waar een programma stopte, is niet te zien wie daarna zou zijn uitgevallen",
        )
    base, last = frame["cohort"].min() - 1, frame["time"].max()
    wide = frame.pivot_table(index="unit", columns="time", values="value")
    if base not in wide:
        raise NotEstimableError(
            "no measurement just before the first start", reason="er zijn te weinig metingen vóór de start"
        )
    began = wide[wide[base].notna()]
    of_unit = frame.groupby("unit")[["cohort", "cluster"]].first().loc[began.index]
    change = (began[last] - began[base]).to_numpy()
    lost = int(np.isnan(change).sum())
    if not lost:
        return 0, None
    treated = of_unit["cohort"].notna().to_numpy()
    return lost, lee_bounds(change, treated, cluster=of_unit["cluster"].to_numpy(), level=level)
