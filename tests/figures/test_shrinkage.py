"""Raw beside shrunken effects: the text says what is drawn, and the map's classes say what matters."""

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.figures.classes import Classes
from analysis.figures.shrinkage import margin_bounds, shrinkage


def rows(**changes):
    frame = pd.DataFrame({
        "label": ["Zeeland", "Utrecht", "Limburg"],
        "raw": [13.8, 10.6, -12.1], "raw_low": [3.0, 2.5, -22.0], "raw_high": [24.0, 18.4, -2.0],
        "shrunken": [6.1, 6.0, -5.9], "low": [-3.0, -1.0, -21.0], "high": [15.0, 13.0, 2.0],
        "truth": [2.0, 4.0, -3.0],
    })  # fmt: skip
    return frame.assign(**changes)


def drawn(table=None, **options):
    settings = {
        "id": "fig-regio-ruw", "outcome_label": "burgerschapskennis", "unit": "punten",
        "kind": DataKind.SYNTHETIC, "source": "tweeling_regio", "margin": 20.0,
    }  # fmt: skip
    return shrinkage(rows() if table is None else table, **{**settings, **options})


def test_caption_and_alt_text_say_what_is_drawn():
    exhibit = drawn()
    assert "kleiner dan de kleinste afwijking die ertoe doet (20,0 punten)" in exhibit.caption
    assert "Synthetische gegevens, geen bevinding." in exhibit.full_caption
    assert "gaan tot 13,8 punten, de bijgestelde tot 6,1 punten" in exhibit.alt
    assert "Van 2 provincies ligt het bijgestelde interval geheel binnen de grens" in exhibit.alt
    assert exhibit.table.set_index("provincie").loc["Limburg"].iloc[:1].tolist() == [-12.1]
    assert list(exhibit.table["provincie"]) == ["Zeeland", "Utrecht", "Limburg"]


def test_the_same_bytes_twice_and_real_rows_without_a_mark():
    assert drawn().svg() == drawn().svg()
    real = drawn(rows().drop(columns="truth"), kind=DataKind.REAL, source="adks")
    assert "waar (synthetisch)" not in [
        text.get_text() for text in real.figure.axes[0].get_legend().get_texts()
    ]
    assert "synthetisch" not in real.full_caption.lower()


def test_bad_rows():
    with pytest.raises(ValueError, match="column raw is absent"):
        drawn(rows().drop(columns="raw"))
    with pytest.raises(ValueError, match="lies outside raw_low to raw_high"):
        drawn(rows(raw=[30.0, 10.6, -12.1]))
    with pytest.raises(ValueError, match="is not a finite number"):
        drawn(rows(shrunken=[np.nan, 6.0, -5.9]))


@pytest.mark.parametrize("values", [[0.0], [-3.0, 6.0], [-45.0, 12.0], [20.0]])
def test_map_classes_stand_at_what_matters_and_hold_every_value(values):
    bounds = margin_bounds(values, 20.0)
    assert bounds[1:5] == [-20.0, -10.0, 10.0, 20.0]
    division = Classes.of(values, bounds, decimals=1, middle=0.0)
    assert all(division.text(value) for value in values)
    assert bounds[-1] >= max(abs(value) for value in values)
