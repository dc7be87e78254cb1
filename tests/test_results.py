import dataclasses
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.results import (
    Released,
    Result,
    Series,
    Stamp,
    interval_name,
    publish,
    read_rows,
    read_series,
    stamped,
    write_rows,
    write_series,
)
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

GAP = Result(
    id="kenniskloof.gap",
    label="Verschil in burgerschapskennis tussen vwo en vmbo",
    value=0.1 + 0.2,
    unit="punten",
    kind=DataKind.SYNTHETIC,
    source="iccs2022",
    se=1 / 3,
    low=-1.0,
    high=2.0,
    n=2609,
    decimals=1,
)


def test_rows_survive_a_round_trip_to_the_last_bit(tmp_path):
    rows = stamped(
        [GAP, replace(GAP, id="a.b", value=None, se=None, low=None, high=None)], Stamp("kenniskloof", "k")
    )
    write_rows(rows, tmp_path / "rows.csv")
    assert read_rows(tmp_path / "rows.csv") == sorted(rows, key=lambda row: row.id)


def test_rows_are_written_in_one_order(tmp_path):
    rows = [GAP, replace(GAP, id="a.b"), replace(GAP, id="z.b")]
    write_rows(rows, tmp_path / "one.csv")
    write_rows(rows[::-1], tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_unknown_number_is_none_and_nothing_else(value):
    with pytest.raises(ValueError, match=r"kenniskloof\.gap: value is"):
        replace(GAP, value=value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Kloof"}, "section.name"),
        ({"low": 3.0}, "down to"),
        ({"high": None}, "both ends"),
        ({"source": ""}, "no source"),
        ({"kind": "mock"}, "not a valid DataKind"),
    ],
)
def test_a_malformed_row_says_what_is_wrong(change, message):
    with pytest.raises(ValueError, match=message):
        replace(GAP, **change)


def test_two_rows_cannot_share_an_id(tmp_path):
    with pytest.raises(ValueError, match=r"two results carry the id kenniskloof\.gap"):
        write_rows([GAP, GAP], tmp_path / "rows.csv")


def test_a_damaged_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "rows.csv"
    write_rows([GAP], path)
    path.write_text(path.read_text().replace("2609", "veel"))
    with pytest.raises(ValueError, match=r"rows\.csv, line 2"):
        read_rows(path)
    path.write_text("id,value\n")
    with pytest.raises(ValueError, match=r"columns .* are missing"):
        read_rows(path)


def test_a_synthetic_row_says_so_in_the_sentence():
    assert GAP.variables()["full"] == "0,3 punten (95%-interval van −1,0 tot 2,0; synthetisch)"
    assert "synthetisch" not in replace(GAP, kind=DataKind.REAL).variables()["full"]


def test_the_english_summary_has_its_own_form():
    row = replace(GAP, value=-1234.5, low=-1300.0, high=-1000.0)
    assert row.variables()["english"] == "−1,234.5 (95% interval −1,300.0 to −1,000.0; synthetic)"
    assert replace(GAP, value=None, low=None, high=None).variables()["english"] == "unknown"


def test_an_unknown_value_reads_onbekend():
    row = replace(GAP, value=None, low=None, high=None, kind=DataKind.FACT)
    assert row.variables()["full"] == "onbekend"
    assert row.variables()["interval"] == "onbekend"


def test_synthetic_anywhere_makes_it_synthetic():
    assert DataKind.combine(["fact", "real", "synthetic"]) is DataKind.SYNTHETIC
    assert DataKind.combine(["fact", "real"]) is DataKind.REAL
    assert DataKind.combine(["fact"]) is DataKind.FACT
    with pytest.raises(ValueError, match="at least one"):
        DataKind.combine([])


REAL = replace(GAP, kind=DataKind.REAL)


def test_publishing_adds_to_the_run_and_writes_nothing_without_one(tmp_path):
    output = tmp_path / "run"
    output.mkdir()
    workspace = Workspace(root=find_root(), data=tmp_path, output=output)
    publish(REAL, POINTS, workspace=workspace)
    shown = publish(replace(REAL, id="a.b"), workspace=workspace)
    assert [row.id for row in read_rows(output / "results.csv")] == ["a.b", "kenniskloof.gap"]
    assert [item.id for item in read_series(output / "series")] == ["kenniskloof.pad"]
    assert "echt" in shown._repr_html_()
    with pytest.raises(ValueError, match="two results"):
        publish(REAL, workspace=workspace)

    publish(REAL, workspace=Workspace(root=find_root(), data=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_nothing_but_rows_and_series_leaves_a_notebook():
    with pytest.raises(TypeError, match="publish takes rows and series, got DataFrame"):
        publish(REAL, pd.DataFrame({"x": [1.0]}))


def test_what_rests_on_a_twin_is_published_as_a_trial_or_not_at_all():
    with pytest.raises(
        ValueError, match=r"kenniskloof\.gap rests on a synthetic twin: publish\(…, trial=True\)"
    ):
        publish(GAP)
    with pytest.raises(ValueError, match=r"kenniskloof\.pad rests on a synthetic twin"):
        publish(replace(POINTS, kind=DataKind.SYNTHETIC))
    shown = publish(GAP, POINTS, trial=True)
    assert [row.id for row in shown.rows] == ["proef.kenniskloof.gap"]
    assert [item.id for item in shown.series] == ["proef.kenniskloof.pad"]
    trial = shown.trial()
    assert trial.row("kenniskloof.gap").kind is DataKind.SYNTHETIC
    assert trial.points("kenniskloof.pad").id == "kenniskloof.pad"
    assert trial.exhibit("fig", "kenniskloof-pad") == "fig-proef-kenniskloof-pad"
    assert shown.exhibit("fig", "kenniskloof-pad") == "fig-kenniskloof-pad"


def test_an_answer_without_a_number_is_a_row_with_its_reason(tmp_path):
    row = replace(REAL, value=NotEstimable("er is geen bestand"), low=None, high=None, se=None)
    assert (row.value, row.reason) == (None, "er is geen bestand")
    assert row.variables()["full"] == "niet vast te stellen: er is geen bestand"
    assert row.variables()["value"] == "niet vast te stellen"
    assert row.variables()["english"] == "cannot be established"
    write_rows([row], tmp_path / "rows.csv")
    assert read_rows(tmp_path / "rows.csv") == [row]
    with pytest.raises(ValueError, match="a value and a reason why it cannot be had"):
        replace(REAL, reason="er is geen bestand")


def test_level_and_p_are_read_from_the_row():
    assert interval_name(0.95) == "95%-interval"
    assert interval_name(0.999) == "99,9%-interval"
    row = replace(REAL, level=0.8, p_value=0.0004, decimals=1)
    assert row.variables()["full"] == "0,3 punten (80%-interval van −1,0 tot 2,0)"
    assert row.p_text == "< 0,001"
    assert replace(row, p_value=None, no_statement="te weinig provincies").p_text == "geen uitspraak"


# --- series ---

POINTS = Series(
    id="kenniskloof.pad",
    label="Verschil naar leerjaar",
    unit="punten",
    kind=DataKind.REAL,
    source="iccs2022",
    points=pd.DataFrame(
        {
            "group": ["vmbo", "", "vwo"],
            "code": ["01", "02", "03"],
            "wave": [1, 2, 3],
            "shown": [True, False, True],
            "estimate": [0.1 + 0.2, np.nan, 1 / 3],
            "low": [-1.0, np.nan, 0.0],
            "high": [1e-17, np.nan, 2.0],
            "n": [40, 50, 60],
        }
    ),
    level=0.9,
    estimator="schatter",
    decimals=2,
    note="een noot",
    stamp=Stamp("kenniskloof", "k"),
)


def test_series_survive_a_round_trip_to_the_last_bit(tmp_path):
    unknown = replace(POINTS, id="kenniskloof.weg", points=NotEstimable("er is geen bestand"))
    write_series([POINTS, unknown], tmp_path)
    again, gone = read_series(tmp_path)
    pd.testing.assert_frame_equal(again.points, POINTS.points, check_exact=True)
    for field in dataclasses.fields(Series):
        if field.name != "points":
            assert getattr(again, field.name) == getattr(POINTS, field.name), field.name
    assert gone.points.empty
    assert gone.unknown == "niet vast te stellen: er is geen bestand"
    assert list(gone.points.columns) == ["estimate", "low", "high"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "pad"}, "section.name"),
        ({"source": ""}, "no source"),
        ({"level": 1.0}, "not between 0 and 1"),
        ({"measures": ("mean",)}, "measure mean is no column"),
        ({"points": POINTS.points.head(0)}, "no points, and no reason why"),
        ({"points": POINTS.points.assign(low=-np.inf)}, "an infinite number"),
    ],
)
def test_a_malformed_series_says_what_is_wrong(change, message):
    with pytest.raises(ValueError, match=message):
        replace(POINTS, **change)


def test_a_damaged_series_is_named(tmp_path):
    write_series([POINTS], tmp_path)
    (tmp_path / "kenniskloof.pad.csv").write_text("group\n1\n")
    with pytest.raises(ValueError, match=r"kenniskloof\.pad\.json: not a series as the build writes it"):
        read_series(tmp_path)
    with pytest.raises(ValueError, match=r"two results carry the id kenniskloof\.pad"):
        write_series([POINTS, POINTS], tmp_path)


def test_what_was_not_published_is_not_found():
    released = Released((REAL,), (POINTS,))
    assert "kenniskloof.gap" in released
    assert released.find("kenniskloof.x") is None
    with pytest.raises(LookupError, match=r"no row kenniskloof\.x"):
        released.row("kenniskloof.x")
    with pytest.raises(LookupError, match=r"no series kenniskloof\.x"):
        released.points("kenniskloof.x")


def test_a_rehearsal_puts_the_trial_in_the_place_of_what_cannot_be_had():
    unknown = replace(REAL, value=NotEstimable("er is geen bestand"), low=None, high=None, se=None)
    trial = replace(GAP, id="proef.kenniskloof.gap")
    filled = Released((unknown, trial)).with_trials_for_unknowns()
    assert filled.row("kenniskloof.gap").kind is DataKind.SYNTHETIC
    assert filled.row("kenniskloof.gap").value == GAP.value
    kept = Released((REAL, trial)).with_trials_for_unknowns()
    assert kept.row("kenniskloof.gap") == REAL
