"""The Dutch file of PISA 2003: what is read, and what is refused with a reason."""

import gzip

import numpy as np
import pandas as pd
import pytest
from pupil_files import pisa_table, write_pisa

from analysis.design.gap import gap_design
from analysis.estimate.survey import (
    ReplicateDesign,
    difference,
    mean,
    quantile,
    standard_deviation,
)
from analysis.sources.pisa import read_pisa2003
from analysis.sources.pisa_contract import PUPILS, REPLICATE_COLUMNS, pv_columns

PROGRAMMES = gap_design().programmes


def with_cell(column: str, row: int, value: str) -> pd.DataFrame:
    table = pisa_table()
    table.loc[row - 1, column] = value
    return table


def test_a_file_becomes_a_frame_that_keeps_the_contract(tmp_path):
    table = pisa_table()
    frame = read_pisa2003(write_pisa(table, tmp_path), PROGRAMMES)
    PUPILS.validate(frame)
    assert (frame["female"] == (table["ST03Q01"] == "1")).all()
    assert frame["ses"].isna().sum() == (table["ESCS"] == "").sum() > 0
    assert frame["track"].tolist() == [PROGRAMMES[int(code)] for code in table["PROGN"]]
    assert frame["migration"].isna().sum() == (table["IMMIG"] == "").sum()


def test_it_need_not_be_gzipped(tmp_path):
    path = tmp_path / "pisa2003_nld.csv"
    pisa_table().to_csv(path, index=False)
    assert len(read_pisa2003(path, PROGRAMMES)) == 200


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pisa_table().drop(columns="W_FSTR80"), "column W_FSTR80 is absent"),
        (with_cell("W_FSTUWT", 3, "0"), "column W_FSTUWT, row 3: weight 0; a weight is above zero"),
        (with_cell("W_FSTUWT", 3, "-2"), "column W_FSTUWT, row 3: weight -2"),
        (with_cell("W_FSTR7", 3, "-0.5"), "column W_FSTR7, row 3: weight -0.5; a weight is zero or more"),
        (with_cell("W_FSTR7", 3, ""), "column W_FSTR7, row 3: '' is not a number"),
        (
            with_cell("PV1MATH", 8, "512,4"),
            "column PV1MATH, row 8: '512,4' is not a number; is it a decimal comma",
        ),
        (with_cell("PV1MATH", 8, "9997"), "column PV1MATH, row 8: 9997 is no plausible value"),
        (with_cell("PROGN", 5, "528042"), "column PROGN, row 5: unknown code 528042"),
        (with_cell("ST03Q01", 5, "4"), "column ST03Q01, row 5: unknown code 4"),
        (with_cell("IMMIG", 5, "6"), "column IMMIG, row 5: unknown code 6"),
        (with_cell("ESCS", 5, "57"), "column ESCS, row 5: 57 is no value of the index"),
        (with_cell("STIDSTD", 2, "00001"), "pupil 00001 of school 00001 occurs more than once .* row 2"),
        (with_cell("CNT", 2, "BEL"), "CNT in row 2 is 'BEL'"),
        (pisa_table().head(0), "has a header and no rows"),
        (
            pisa_table().rename(columns={"W_FSTUWT": "PV1MATH", "PV1MATH": "W_FSTUWT"}),
            "the 80 replicate weights average",
        ),
    ],
)
def test_what_breaks_the_contract_is_refused_with_file_column_and_row(tmp_path, table, message):
    with pytest.raises(ValueError, match=rf"pisa2003_nld\.csv\.gz: {message}"):
        read_pisa2003(write_pisa(table, tmp_path), PROGRAMMES)


def test_missing_codes_of_the_oecd_become_missing(tmp_path):
    table = with_cell("ST03Q01", 1, "8")
    table.loc[1, "IMMIG"] = "9"
    table.loc[2, "ESCS"] = "999"
    frame = read_pisa2003(write_pisa(table, tmp_path), PROGRAMMES)
    assert frame.loc[0, "female"] != frame.loc[0, "female"]
    assert pd.isna(frame.loc[1, "migration"])
    assert pd.isna(frame.loc[2, "ses"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (gzip.compress(b"CNT,SCHOOLID\n" * 5000, mtime=0)[:-20], "damaged or cut off"),
        (b"\x1f\x8b\x08\x00garbage", "damaged or cut off"),
        (b"<html><body>Sign in</body></html>", "a web page"),
        (b"PK\x03\x04....", "a zip archive"),
        (b"CNT;SCHOOLID;STIDSTD\nNLD;1;1\n", "columns are separated by ';'"),
        ("CNT,SCHOOLID\nNLD,é\n".encode("utf-16"), "this is UTF-16"),
        (b"CNT,SCHOOLID\nNLD,1,5\n", "row 1: 3 cells where the header has 2"),
        (b"CNT,CNT\nNLD,NLD\n", "column CNT occurs more than once"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, content, message):
    path = tmp_path / "pisa2003_nld.csv.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"pisa2003_nld\.csv\.gz.*{message}"):
        read_pisa2003(path, PROGRAMMES)


def test_a_file_cut_off_in_its_last_cell_is_refused(tmp_path):
    path = tmp_path / "pisa2003_nld.csv"
    path.write_text(pisa_table().to_csv(index=False).rstrip("\n")[:-2])
    with pytest.raises(ValueError, match=r"pisa2003_nld.csv: the last line has no end; the file is cut off"):
        read_pisa2003(path, PROGRAMMES)


@pytest.mark.parametrize("factors", [(0.0, 2.0), (1.0, 1.0), (0.3, 1.7), (0.0, 1.0, 2.0)])
@pytest.mark.parametrize("columns", [range(1, 81), [7]])
def test_replicates_by_another_method_are_refused(tmp_path, factors, columns):
    """Fay's factor 0.5 is half the weight away from it; balanced replicates are once, a jackknife hardly."""
    table = pisa_table()
    weight = table["W_FSTUWT"].astype(float)
    rng = np.random.default_rng(0)
    for k in columns:
        table[f"W_FSTR{k}"] = (weight * rng.permutation(np.resize(factors, len(table)))).round(4).astype(str)
    says = rf"column W_FSTR{columns[0]} lies .* Fay's .* {len(columns)} of 80 columns"
    with pytest.raises(ValueError, match=says):
        read_pisa2003(write_pisa(table, tmp_path), PROGRAMMES)


def test_a_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.sources.pisa.LARGEST", 10_000)
    path = tmp_path / "pisa2003_nld.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 1_000_000))
    with pytest.raises(ValueError, match="unpacks to more than"):
        read_pisa2003(path, PROGRAMMES)


def test_an_absent_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_pisa2003(tmp_path / "pisa2003_nld.csv.gz", PROGRAMMES)


@pytest.fixture(scope="module")
def real(shared):
    path = shared / "real" / "pisa2003_nld.csv.gz"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the repository")
    frame = read_pisa2003(path, PROGRAMMES)
    return frame, ReplicateDesign.brr(frame["weight"], frame[list(REPLICATE_COLUMNS)])


@pytest.mark.real
def test_the_real_file_gives_the_published_figures(real):
    frame, design = real
    mathematics = frame[pv_columns("mathematics")]
    assert len(frame) == 3992
    assert round(mean(mathematics, design)["se"][0], 1) == 3.1
    assert round(mean(frame[pv_columns("reading")], design)["estimate"][0]) == 513
    gap = difference(mathematics, design, group=frame["female"], minuend=0.0, subtrahend=1.0)
    assert round(gap["estimate"][0], 1) == 5.1
    assert round(gap["se"][0], 1) == 4.3


@pytest.mark.real
def test_spread_and_percentiles_of_the_real_file_are_in_order(real):
    frame, design = real
    mathematics = frame[pv_columns("mathematics")]
    found = quantile(mathematics, design, [0.05, 0.25, 0.75, 0.95])
    assert found["estimate"].is_monotonic_increasing
    assert 88 < standard_deviation(mathematics, design)["estimate"][0] < 97
