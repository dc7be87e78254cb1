"""The ProDemos panel: the file when it is there and right, an error when it is wrong, else the twin."""

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.design.rollout import rollout
from analysis.panel.prodemos import prodemos_panel, prodemos_truth
from analysis.panel.rollout import schedule, with_truth
from analysis.synthetic.rollout import rollout_twin
from analysis.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(Workspace.current().root, tmp_path)


@pytest.fixture
def frame():
    return rollout_twin(rollout("prodemos"), seed=99).frame


def write(workspace, frame):
    frame.to_csv(workspace.data / "prodemos.csv", index=False)


def test_without_a_file_the_twin_is_used_and_says_so(workspace):
    panel = prodemos_panel(workspace)
    assert panel.kind is DataKind.SYNTHETIC
    assert panel.source == "tweeling_prodemos"
    assert "prodemos.csv" in panel.remark
    assert "synthetische tweeling" in panel.remark
    assert prodemos_truth(panel, workspace).att > 0


def test_a_file_is_read_as_it_is(workspace, frame):
    write(workspace, frame)
    panel = prodemos_panel(workspace)
    assert (panel.kind, panel.source) == (DataKind.REAL, "registratie_prodemos")
    pd.testing.assert_frame_equal(panel.frame, frame, check_dtype=False)
    assert panel.dropped == ()
    assert prodemos_truth(panel, workspace) is None


def test_rows_without_an_outcome_are_left_out_and_counted(workspace, frame):
    frame.loc[[3, 8], "democratiekennis"] = np.nan
    write(workspace, frame)
    panel = prodemos_panel(workspace)
    assert len(panel.frame) == len(frame) - 2
    assert panel.dropped == (("kennis van jongeren over de democratie onbekend", 2),)


def spoilt(column, value):
    return lambda f: f.assign(**{column: f[column].astype(object).where(f.index != 7, value)})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="cohort"), "cohort"),
        (lambda f: f.assign(extra=1), "extra"),
        (spoilt("province", "PV32"), "province, row 8"),
        (spoilt("province", "32"), "province, row 8"),
        (spoilt("inhabitants", 0), "inhabitants, row 8"),
        (spoilt("democratiekennis", 101), "democratiekennis, row 8"),
        (spoilt("year", "soon"), "year, row 8"),
        (spoilt("cohort", 24), "cohort, row 8"),
        (spoilt("cohort", 2025), "must not change within a municipality"),
        (lambda f: pd.concat([f, f.iloc[[4]]]), "row 5 repeats another row in municipality, year"),
        (
            lambda f: f.assign(cohort=f["cohort"].where(f["municipality"] != "PV20-01", 2025)),
            "cohort must not change within a province",
        ),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: f.assign(democratiekennis=np.nan), "democratiekennis is empty in every row"),
    ],
)
def test_a_wrong_file_is_an_error_and_never_the_twin(workspace, frame, spoil, message):
    write(workspace, spoil(frame))
    with pytest.raises(ValueError, match=f"prodemos.csv.*{message}"):
        prodemos_panel(workspace)


def test_a_file_that_is_no_table_is_an_error(workspace):
    (workspace.data / "prodemos.csv").write_bytes(b"\xff\xfe\x00binary\x00")
    with pytest.raises(ValueError, match=r"prodemos\.csv: this is UTF-16"):
        prodemos_panel(workspace)
    (workspace.data / "prodemos.csv").write_bytes(b"")
    with pytest.raises(ValueError, match=r"prodemos\.csv: the file is empty"):
        prodemos_panel(workspace)


def test_the_schedule_tells_letters_from_assumptions(workspace):
    table = schedule(prodemos_panel(workspace), rollout("prodemos")).set_index("code")
    assert table["status"].value_counts().to_dict() == {"bekend": 5, "onbekend": 4, "aanname": 3}
    assert (table.loc[table["status"] == "bekend", "start"] == 2024).all()


def test_the_schedule_of_a_file_is_the_files(workspace, frame):
    write(workspace, frame)
    table = schedule(prodemos_panel(workspace), rollout("prodemos")).set_index("code")
    assert table["status"].value_counts().to_dict() == {"bekend": 8, "niet": 4}
    assert table.loc["PV31", "start"] == 2026


def test_truth_joins_an_event_study_and_is_zero_before_the_start():
    truth = rollout_twin(rollout("prodemos")).truth
    table = pd.DataFrame({"event_time": [-2.0, -1.0, 0.0, 1.0]})
    joined = with_truth(table, truth)
    expected = [0, 0, truth.by_event_time[0], truth.by_event_time[1]]
    np.testing.assert_allclose(joined["truth"], expected)
    assert "truth" not in with_truth(table, None)
