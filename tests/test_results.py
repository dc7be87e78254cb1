import math
from dataclasses import replace

import pytest

from analysis.datakind import DataKind
from analysis.results import Result, Stamp, publish, read_rows, stamped, write_rows
from analysis.workspace import Workspace

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


def test_publishing_adds_to_the_run_and_writes_nothing_without_one(tmp_path):
    output = tmp_path / "run"
    output.mkdir()
    workspace = Workspace(root=tmp_path, data=tmp_path, output=output)
    publish(GAP, workspace=workspace)
    shown = publish(replace(GAP, id="a.b"), workspace=workspace)
    assert [row.id for row in read_rows(output / "results.csv")] == ["a.b", "kenniskloof.gap"]
    assert shown.loc[0, "soort"] == "synthetisch"
    with pytest.raises(ValueError, match="two results"):
        publish(GAP, workspace=workspace)

    publish(GAP, workspace=Workspace(root=tmp_path, data=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
