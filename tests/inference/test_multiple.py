"""Holm and Romano–Wolf against published steps and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from inference_panels import COLUMNS, DESIGNS, make_panel

from analysis.inference import adjust_outcomes, answer, holm, romano_wolf

NAMES = {name: value for name, value in COLUMNS.items() if name != "outcome"}


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == pytest.approx([1.0, 1.0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.2, float("nan")])


def test_romano_wolf_by_hand():
    observed = np.array([2.0, 3.0])
    drawn = np.array([[2.0, 0.1, 2.5, 1.0], [3.0, 2.9, 0.2, 3.5]])
    # The second outcome goes first: largest draws 3, 2.9, 2.5, 3.5. Then the first alone: 2, 0.1, 2.5, 1.
    assert romano_wolf(observed, drawn) == pytest.approx([0.5, 0.5])
    assert romano_wolf(np.array([2.4, 3.0]), drawn) == pytest.approx([0.5, 0.5])
    assert romano_wolf(np.array([0.05, 3.6]), drawn) == pytest.approx([1.0, 0.0])
    with pytest.raises(ValueError, match="one row of draws"):
        romano_wolf(observed, drawn[:1])


def test_outcomes_share_their_draws():
    frame = make_panel(DESIGNS["one date"], effect=1.0)
    rng = np.random.default_rng(5)
    frame["copy"] = 2 * frame["y"] + 1
    frame["noise"] = rng.normal(size=len(frame))
    frame["late"] = (frame["y"] + 0.3 * rng.normal(size=len(frame))).where(frame["year"] > 2011)
    found = adjust_outcomes(frame, **NAMES, outcomes=["y", "copy", "noise", "late"])
    # A copy of an outcome is not another chance to find something, which Holm does not know.
    alone = adjust_outcomes(frame, **NAMES, outcomes=["y"])
    pair = adjust_outcomes(frame, **NAMES, outcomes=["y", "copy"])
    assert alone.loc["y", "romano_wolf"] == alone.loc["y", "p"]
    assert pair.loc["y", "romano_wolf"] == pair.loc["copy", "romano_wolf"] == alone.loc["y", "p"]
    assert pair.loc["y", "holm"] == pytest.approx(2 * alone.loc["y", "p"])
    assert (found["romano_wolf"] >= found["p"]).all()
    assert (found["romano_wolf"] <= found["holm"] + 1e-12).all()
    assert found.loc["late", "missing"] == (frame["year"] <= 2011).sum()
    assert found.loc["y", "missing"] == 0


def test_single_p_values_are_those_of_the_test_alone():
    frame = make_panel(DESIGNS["staggered"], effect=0.5)
    table = adjust_outcomes(frame, **NAMES, outcomes=["y", "x"])
    alone = answer(frame, **COLUMNS)
    assert table.loc["y", "p"] == alone.p_value
    assert table.loc["y", "estimate"] == pytest.approx(alone.estimate, rel=1e-12)


def test_outcome_unseen_in_a_cluster_is_an_error():
    frame = make_panel(DESIGNS["one date"])
    frame["part"] = frame["y"].where(frame["province"] != "PV24")
    with pytest.raises(ValueError, match="'part' is observed in 11 of 12 clusters"):
        adjust_outcomes(frame, **NAMES, outcomes=["y", "part"])
    with pytest.raises(ValueError, match="different columns"):
        adjust_outcomes(frame, **NAMES, outcomes=["y", "y"])
    with pytest.raises(ValueError, match="leeg are not in the frame"):
        adjust_outcomes(frame, **NAMES, outcomes=["leeg"])
