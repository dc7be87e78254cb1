"""A series on provinces with few schools in a survey: its own estimate, and that of Fay and Herriot."""

from __future__ import annotations

import pandas as pd

from analysis.answers.regio_names import AREAS
from analysis.design.regio import RegioDesign
from analysis.estimate.small_areas import MEASURES, SmallAreas
from analysis.panel.regio import RegioPanel
from analysis.results import Series
from analysis.sources.geography import province_names
from analysis.unknown import NotEstimable

MODEL = "Fay–Herriot, aangepaste likelihood van Li en Lahiri"
TEST = "wortel van de gemiddelde gekwadrateerde fout (Datta–Lahiri)"


def area_series(panel: RegioPanel, found: SmallAreas | NotEstimable, design: RegioDesign) -> Series:
    """A point a province: both estimates with their errors, the weight of its own, pupils and schools.

    Parameters
    ----------
    found : SmallAreas or NotEstimable
        Of that panel.
    """
    outcome, points = design.named(panel.outcome), found
    if not isinstance(found, NotEstimable):
        names = province_names()
        points = found.table.rename(columns={"area": "region"})
        points.insert(1, "label", [names[code] for code in points["region"]])
        if panel.truth is not None:
            points["truth"] = _planted(panel, design).reindex(points["region"]).to_numpy()
    return Series(
        f"{AREAS}.{outcome.name}",
        f"{outcome.label}: gemiddelde per provincie, rechtstreeks en volgens Fay en Herriot",
        outcome.unit,
        points=points,
        measures=MEASURES,
        kind=panel.data.kind,
        source=panel.data.source,
        outcome=outcome.name,
        level=design.level,
        decimals=outcome.decimals,
        estimator=MODEL,
        test=TEST,
    )


def _planted(panel: RegioPanel, design: RegioDesign) -> pd.Series:
    """Mean of each province in the twin, at the mix of tracks and years of all its pupils."""
    outcome, frame, truth = design.named(panel.outcome), panel.data.frame, panel.truth
    tracks = frame["track"].value_counts(normalize=True)
    years = frame["school_year"].map({name: at for at, name in enumerate(design.twin.school_years)})
    middle = sum(share * outcome.mean[track] for track, share in tracks.items())
    lean = (tracks.get(design.minuend, 0.0) - tracks.get(design.subtrahend, 0.0)) / 2  # of half a gap each
    return middle + outcome.change_per_year * years.mean() + truth.level + lean * truth.gap
