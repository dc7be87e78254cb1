"""How Dutch pupils differ between schools in what is to be measured, where a file is in the data folder.

These take the place of mathematics in the designs to come as soon as they can be had: civic knowledge of ICCS
2022 by track, and what the adolescent panel asks. Without a file each is unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.datakind import DataKind
from analysis.design.adks import AdksOutcome
from analysis.design.gap import TRACKS
from analysis.estimate.variation import Variation, intraclass
from analysis.sources.sourced import Sourced
from analysis.unknown import NotEstimable, attempt

KNOWLEDGE, PANEL = "iccs2022", "adks"


@dataclass(frozen=True)
class Measured:
    """A share of variance between schools, or why it cannot be had.

    Attributes
    ----------
    source : str
        Key in ``data/manifest.toml``.
    """

    id: str
    label: str
    kind: DataKind
    source: str
    found: Variation | NotEstimable


def measured(
    pupils: Sourced, values: Sequence[str], adolescents: Sourced, outcomes: Sequence[AdksOutcome]
) -> list[Measured]:
    """Shares by track: of civic knowledge, and of the outcomes of the panel in its first wave.

    Parameters
    ----------
    pupils : Sourced
        As :func:`analysis.panel.civic_knowledge.civic_knowledge` gives it.
    values : sequence of str
        Its columns with plausible values.
    adolescents : Sourced
        ``data`` of :func:`analysis.panel.adolescents.adolescent_panel`.
    """
    found = list(_knowledge(pupils, values))
    if isinstance(adolescents.frame, NotEstimable):
        return [*found, _absent(PANEL, "Adolescentenpanel", adolescents)]
    first = adolescents.frame[adolescents.frame["wave"] == adolescents.frame["wave"].min()]
    for one in outcomes:
        asked = f"Adolescentenpanel, eerste meting, {one.label}"
        answered = first[first[one.name].notna()]
        found += _by_track(f"{PANEL}_{one.name}", asked, answered, [one.name], adolescents)
    return found


def _knowledge(pupils: Sourced, values: Sequence[str]) -> Iterator[Measured]:
    label = "ICCS 2022, burgerschapskennis"
    if isinstance(pupils.frame, NotEstimable):
        yield _absent(KNOWLEDGE, label, pupils)
        return
    yield from _by_track(KNOWLEDGE, label, pupils.frame, values, pupils)


def _by_track(
    name: str, label: str, frame: pd.DataFrame, values: Sequence[str], rests_on: Sourced
) -> Iterator[Measured]:
    for track in TRACKS:
        own = frame[frame["track"] == track]
        share = attempt(lambda own=own: intraclass(own, values=values, group="school"))
        yield Measured(f"{name}_{track}", f"{label}, {track}", rests_on.kind, rests_on.source, share)


def _absent(name: str, label: str, rests_on: Sourced) -> Measured:
    return Measured(name, label, DataKind.FACT, rests_on.source, rests_on.frame)
