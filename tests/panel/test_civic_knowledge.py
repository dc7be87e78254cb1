"""Real file, or why there is none; the twin on trial only; and both give the same numbers."""

from pathlib import Path

import numpy as np
import pyreadstat
import pytest

from analysis.datakind import DataKind
from analysis.design.gap import TRACKS, gap_design
from analysis.estimate.survey import ReplicateDesign, difference
from analysis.panel.civic_knowledge import civic_knowledge, civic_knowledge_truth, plausible_values
from analysis.sources.iccs_contract import PV_COLUMNS, STUDENTS
from analysis.synthetic.iccs import civic_twin
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

NAMES = {
    "pupil": "IDSTUD",
    "school": "IDSCHOOL",
    "classroom": "IDCLASS",
    "weight": "TOTWGTS",
    "zone": "JKZONES",
    "rep": "JKREPS",
    "female": "S_GENDER",
    "ses": "S_NISB",
    "migration": "S_IMMIG",
    **{name: f"PV{k}CIV" for k, name in enumerate(PV_COLUMNS, start=1)},
}
LABELS = {"STREAM": {1.0: "vmbo", 2.0: "havo", 3.0: "vwo", 4.0: "brugklas"}}


@pytest.fixture
def workspace(tmp_path):
    return Workspace(root=find_root(Path(__file__).parent), data=tmp_path)


@pytest.fixture(scope="module")
def twin():
    return civic_twin(gap_design().twin).frame


def write_dutch_file(twin, folder, *, without=(), name="ISGNLDC4.sav", unknown=0):
    """The twin as the IEA would deliver it, with the track in STREAM."""
    table = twin.rename(columns=NAMES)[list(NAMES.values())].astype(float)
    table["S_IMMIG"] = table["S_IMMIG"] + 1  # 1 native, 2 second generation
    table["STREAM"] = twin["track"].map({track: k + 1.0 for k, track in enumerate(TRACKS)})
    table.loc[: unknown - 1, "STREAM"] = 4.0
    table.insert(0, "COUNTRY", "NLD")
    pyreadstat.write_sav(table.drop(columns=list(without)), folder / name, variable_value_labels=LABELS)


def test_a_trial_uses_the_twin_and_says_so(workspace):
    panel = civic_knowledge(trial=True, workspace=workspace)
    assert panel.kind is DataKind.SYNTHETIC
    assert panel.source == "tweeling_iccs2022"
    assert "zeggen niets over Nederland" in panel.remark
    assert civic_knowledge_truth(panel, workspace).gap == gap_design(workspace).twin.gap
    STUDENTS.validate(panel.frame)


def test_a_trial_leaves_the_file_alone(workspace, twin):
    (workspace.data / "ISGNLDC4.sav").write_bytes(b"$FL2 not really")
    panel = civic_knowledge("STREAM", trial=True, workspace=workspace)
    assert panel.kind is DataKind.SYNTHETIC
    assert len(panel.frame) == len(twin)


@pytest.mark.parametrize("track", ["", "STREAM"])
def test_without_a_file_there_is_no_frame_but_the_reason_and_nothing_synthetic(workspace, track):
    panel = civic_knowledge(track, workspace=workspace)
    assert isinstance(panel.frame, NotEstimable)
    assert (panel.kind, panel.source) == (DataKind.FACT, "studie")
    assert (
        "het bestand ISGNLDC4.sav van ICCS 2022 met de schoolsoort van leerlingen ontbreekt"
        in panel.frame.reason
    )
    assert "IEA" in panel.remark
    assert civic_knowledge_truth(panel, workspace) is None


def test_with_a_file_and_no_track_variable_the_reason_says_what_is_needed(workspace, twin):
    write_dutch_file(twin, workspace.data)
    panel = civic_knowledge(workspace=workspace)
    assert isinstance(panel.frame, NotEstimable)
    assert panel.kind is DataKind.FACT
    assert "niet welke kolom de schoolsoort bevat" in panel.frame.reason
    assert "IEA" in panel.remark
    assert "track_variable" in panel.frame.detail


@pytest.mark.parametrize("name", ["ISGNLDC4.sav", "isgnldc4.SAV"])
def test_with_file_and_track_variable_the_file_is_used(workspace, twin, name):
    write_dutch_file(twin, workspace.data, name=name, unknown=25)
    panel = civic_knowledge("stream", workspace=workspace)
    assert panel.kind is DataKind.REAL
    assert panel.source == "iccs2022"
    assert name in panel.remark
    assert panel.dropped == (("brugklas, volgens het ontwerp weggelaten", 25),)
    assert len(panel.frame) == len(twin) - 25
    assert civic_knowledge_truth(panel, workspace) is None


def test_two_files_of_the_same_pupils_stop(workspace, twin):
    write_dutch_file(twin, workspace.data)
    write_dutch_file(twin, workspace.data, name="ISGNLDC4_RUF.sav")
    with pytest.raises(ValueError, match=r"ISGNLDC4.sav, ISGNLDC4_RUF.sav: 2 files of the Dutch pupils"):
        civic_knowledge("STREAM", workspace=workspace)


def test_the_file_gives_the_numbers_of_the_frame_it_was_made_from(workspace, twin):
    write_dutch_file(twin, workspace.data)
    panel = civic_knowledge("STREAM", workspace=workspace)

    def gap(frame):
        design = ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"])
        pair = {"group": frame["track"], "minuend": "vwo", "subtrahend": "vmbo"}
        return difference(frame[list(PV_COLUMNS)], design, **pair).iloc[0]

    np.testing.assert_allclose(gap(panel.frame), gap(twin), rtol=1e-12)
    assert panel.frame[list(plausible_values(panel))].shape == (len(twin), 5)


def test_a_configured_track_variable_that_is_absent_stops_and_says_what_to_ask_for(workspace, twin):
    write_dutch_file(twin, workspace.data, without=["STREAM"])
    with pytest.raises(ValueError, match=r"track variable STREAM is absent.*Ask the IEA"):
        civic_knowledge("STREAM", workspace=workspace)


def test_a_covariate_that_is_absent_stops(workspace, twin):
    write_dutch_file(twin, workspace.data, without=["S_NISB"])
    with pytest.raises(ValueError, match=r"ISGNLDC4\.sav: ses is absent and adjusted_for"):
        civic_knowledge("STREAM", workspace=workspace)


def test_a_track_without_pupils_leaves_the_others_and_no_track_at_all_is_a_reason(workspace, twin):
    write_dutch_file(twin[twin["track"] != "vwo"].reset_index(drop=True), workspace.data)
    panel = civic_knowledge("STREAM", workspace=workspace)
    assert set(panel.frame["track"]) == {"vmbo", "havo"}
    write_dutch_file(twin, workspace.data, unknown=len(twin))
    panel = civic_knowledge("STREAM", workspace=workspace)
    assert "van geen leerling in ISGNLDC4.sav is de schoolsoort" in panel.frame.reason


def test_a_damaged_file_never_gives_way_to_the_twin(workspace):
    (workspace.data / "ISGNLDC4.sav").write_bytes(b"$FL2 not really")
    with pytest.raises(ValueError, match="damaged or cut off"):
        civic_knowledge("STREAM", workspace=workspace)
