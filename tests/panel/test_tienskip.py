"""The Tienskip panel: as ProDemos', with the number reached turned into a dose."""

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.panel.tienskip import tienskip_panel, tienskip_truth
from analysis.synthetic.tienskip import tienskip_twin
from analysis.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(Workspace.current().root, tmp_path)


def test_without_a_file_the_twin_is_used_with_its_dose(workspace):
    panel = tienskip_panel(workspace)
    assert (panel.kind, panel.source) == (DataKind.SYNTHETIC, "tweeling_tienskip")
    frame = panel.frame
    np.testing.assert_allclose(frame["dose"], 1000 * frame["reached"] / frame["inhabitants"])
    assert tienskip_truth(panel, workspace).dose_slope > 0


def test_a_file_is_read_and_gets_its_dose(workspace):
    frame = tienskip_twin(seed=4).frame
    frame.to_csv(workspace.data / "tienskip.csv", index=False)
    panel = tienskip_panel(workspace)
    assert (panel.kind, panel.source) == (DataKind.REAL, "registratie_tienskip")
    pd.testing.assert_frame_equal(panel.frame.drop(columns="dose"), frame, check_dtype=False)
    assert tienskip_truth(panel, workspace) is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="reached"), "reached"),
        (lambda f: f.assign(reached=f["reached"].where(f["cohort"].isna(), 0)), "above zero exactly where"),
        (lambda f: f.assign(reached=f["reached"] + 1), "above zero exactly where"),
        (lambda f: f.assign(reached=f["reached"] - 1), "reached, row"),
        (
            lambda f: f.assign(reached=f["reached"] * (f["year"] - 2016)),
            "must not change within a municipality",
        ),
    ],
)
def test_a_wrong_number_reached_is_an_error(workspace, spoil, message):
    spoil(tienskip_twin().frame).to_csv(workspace.data / "tienskip.csv", index=False)
    with pytest.raises(ValueError, match=f"tienskip.csv.*{message}"):
        tienskip_panel(workspace)
