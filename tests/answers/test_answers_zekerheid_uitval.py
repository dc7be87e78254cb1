"""Places that were lost: bounds by hand, and when there are none."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from question_files import PROVINCES, QUESTION, outcome, starts, workspace_with

from analysis.answers.zekerheid_uitval import LABELS, bounds, lost_rows
from analysis.panel.question import question_panel
from analysis.results import Result
from analysis.unknown import NotEstimable, NotEstimableError

SIX = PROVINCES[:6]
TESTED = SimpleNamespace(treated_clusters=6, comparison_clusters=6, clusters=12, smallest_p=0.001, reason="")


def panel_of(folder, begun=None, **given):
    begun = begun or dict.fromkeys(SIX, "2021")
    return question_panel(
        QUESTION,
        workspace=workspace_with(
            folder,
            start_prodemos=starts(begun),
            democratiekennis=outcome(dict.fromkeys(SIX, 2021), **given),
        ),
    )


class Rows:
    """As zekerheid makes them, with what these rows need."""

    def __init__(self, panel):
        self.panel = panel

    def row(self, name, label, value, unit="punten", **given):
        shared = {"kind": "real", "source": "x", "n": 900, "decimals": 2} | given
        return Result(f"zekerheid.vraag.{name}", label, value, unit, **shared)


def changes(panel):
    wide = panel.frame.pivot_table(index="unit", columns="time", values="value")
    return wide[7] - wide[2]  # 2025 and 2020, the last without a start


def test_the_bounds_by_hand_where_a_place_with_a_start_was_lost(tmp_path):
    """Of those with a start 5 of 6 are left: a sixth of the others is trimmed, the highest or the lowest."""
    panel = panel_of(tmp_path, without=[(SIX[2], 2025)])
    lost, found = bounds(panel, 0.95)
    change = changes(panel)
    others = np.sort(change.drop(list(SIX)).to_numpy())
    mean = change[list(SIX)].mean()  # without the one that was lost
    assert lost == 1
    assert found.trimmed == "control"
    assert found.low == pytest.approx(mean - others[1:].mean())
    assert found.high == pytest.approx(mean - others[:-1].mean())
    assert found.interval[0] < found.low < found.high < found.interval[1]


def test_rows_say_what_is_assumed_and_whose_interval_it_is(tmp_path):
    panel = panel_of(tmp_path, without=[(SIX[2], 2025)])
    lost, low, high = lost_rows(Rows(panel), TESTED, 0.95)
    _, found = bounds(panel, 0.95)
    assert lost.value == 1
    assert (low.value, high.value) == (found.low, found.high)
    assert (low.low, low.high) == (high.low, high.high) == found.interval
    assert low.test.endswith("interval van beide grenzen samen, niet van het effect")
    assert "als een start meten overal makkelijker maakt, of overal moeilijker" in low.note
    few = SimpleNamespace(**vars(TESTED) | {"treated_clusters": 3})
    silent = lost_rows(Rows(panel), few, 0.95)[1]
    assert (silent.value, silent.low) == (found.low, None)
    assert silent.no_statement


def test_nobody_lost_is_not_applicable_and_a_stop_is_no_loss(tmp_path):
    lost, low, high = lost_rows(Rows(panel_of(tmp_path / "all")), TESTED, 0.95)
    assert lost.value == 0
    assert low.value is high.value is None
    assert low.note.startswith("Niet van toepassing: elke plaats")
    stopped = {code: ("2021", "2023") if code in SIX[:3] else "2021" for code in SIX}
    panel = panel_of(tmp_path / "stopped", begun=stopped)
    with pytest.raises(NotEstimableError, match="that is no attrition"):
        bounds(panel, 0.95)
    assert {row.reason for row in lost_rows(Rows(panel), TESTED, 0.95)} == {
        "waar een programma stopte, is niet te zien wie daarna zou zijn uitgevallen"
    }


def test_without_data_every_row_gives_the_reason():
    rows = lost_rows(Rows(SimpleNamespace(frame=NotEstimable("er is geen bestand"))), TESTED, 0.95)
    assert [row.name for row in rows] == list(LABELS)
    assert {row.reason for row in rows} == {"er is geen bestand"}
