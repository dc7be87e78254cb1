"""What a figure can draw of a released series, and what its caption says of the rest."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis import dutch
from analysis.exhibits import FigureExhibit
from analysis.results import Series


def drawable(series: Series) -> pd.DataFrame:
    """The points of which every measure is known."""
    return series.points.dropna(subset=list(series.measures)).reset_index(drop=True)


def no_points(series: Series) -> str:
    """Why nothing of `series` can be drawn, as read where the number would stand."""
    return series.unknown or "niet vast te stellen: van geen enkel punt is een interval bekend"


def noted(figure: FigureExhibit, series: Series, drawn: pd.DataFrame) -> FigureExhibit:
    """`figure` with what is not in it told in its caption."""
    told = [series.note] if series.note else []
    without = len(series.shown()) - len(drawn)
    if without:
        points = "één punt" if without == 1 else f"{dutch.number(without)} punten"
        told.append(f"Niet getekend: {points} zonder bekend interval.")
    return replace(figure, caption=" ".join([figure.caption, *told])) if told else figure
