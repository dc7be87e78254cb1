"""The adolescent panel: the real file or why there is none, one track and school a pupil."""

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.panel.adolescents import adolescent_panel
from analysis.synthetic.adks import adks_twin
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

DESIGN = adks_design()


def real_file(folder, change=None):
    frame = adks_twin(DESIGN, seed=5, pupils=800).frame
    raw = pd.DataFrame({
        "leerling": frame["pupil"], "school": frame["school"], "meting": frame["wave"],
        "schoolsoort": frame["track"],
    })  # fmt: skip
    for outcome in DESIGN.outcome:
        raw[outcome.file] = frame[outcome.name] / outcome.factor
    if change is not None:
        raw = change(raw)
    raw.to_csv(folder / "adks.csv", index=False)
    return Workspace(root=find_root(), data=folder)


def test_a_trial_takes_the_twin_whether_or_not_there_is_a_file(tmp_path):
    panel = adolescent_panel(trial=True, workspace=real_file(tmp_path))
    assert panel.data.kind is DataKind.SYNTHETIC
    assert "synthetische tweeling" in panel.data.remark
    assert panel.changed_track == panel.changed_school == 0
    assert set(panel.truth) == {one.name for one in DESIGN.outcome}


def test_without_a_file_there_is_no_frame_but_the_reason_and_nothing_synthetic(tmp_path):
    panel = adolescent_panel(workspace=Workspace(root=find_root(), data=tmp_path))
    assert isinstance(panel.data.frame, NotEstimable)
    assert (panel.data.kind, panel.data.source) == (DataKind.FACT, "studie")
    assert "het bestand adks.csv van het Adolescentenpanel ontbreekt" in panel.data.frame.reason
    assert panel.truth is None


def test_a_real_file_is_used_and_a_broken_one_is_an_error(tmp_path):
    panel = adolescent_panel(workspace=real_file(tmp_path))
    assert panel.data.kind is DataKind.REAL
    assert panel.truth is None
    assert panel.data.frame["pupil"].nunique() == 800
    broken = real_file(tmp_path, lambda raw: raw.drop(columns="school"))
    with pytest.raises(ValueError, match=r"school \(for school\) is missing"):
        adolescent_panel(workspace=broken)


def test_pupils_keep_their_first_track_and_changes_are_counted(tmp_path):
    def switch(raw):
        later = (raw["leerling"] == mover) & (raw["meting"] > 1)
        raw.loc[later, "schoolsoort"] = np.where(raw.loc[later, "schoolsoort"] == "vwo", "havo", "vwo")
        raw.loc[later, "school"] = "elders"
        return raw

    raw = adks_twin(DESIGN, seed=5, pupils=800).frame
    mover = raw.loc[raw["wave"] == 2, "pupil"].iloc[0]
    panel = adolescent_panel(workspace=real_file(tmp_path, switch))
    assert panel.changed_track == 1
    assert panel.changed_school == 1
    kept = panel.data.frame[panel.data.frame["pupil"] == mover]
    assert len(kept) > 1
    assert set(kept["track"]) == {raw.loc[raw["pupil"] == mover, "track"].iloc[0]}
    assert set(kept["school"]) == {raw.loc[raw["pupil"] == mover, "school"].iloc[0]}


def test_rows_without_any_answer_are_dropped_and_counted(tmp_path):
    def silence(raw):
        raw.loc[raw.index[:7], [one.file for one in DESIGN.outcome]] = np.nan
        return raw

    panel = adolescent_panel(workspace=real_file(tmp_path, silence))
    assert dict(panel.data.dropped)["geen enkele vraag beantwoord"] >= 7


def test_a_file_without_any_answer_says_so(tmp_path):
    def silent(raw):
        return raw.assign(**{one.file: np.nan for one in DESIGN.outcome})

    panel = adolescent_panel(workspace=real_file(tmp_path, silent))
    assert "geen enkele leerling heeft een van de vragen beantwoord" in panel.data.frame.reason


def test_the_end_of_school_is_told_from_dropping_out_in_a_real_file_and_not_in_the_twin(tmp_path):
    def four_years(raw):  # vmbo takes four years in a real file
        return raw[(raw["schoolsoort"] != "vmbo") | (raw["meting"] <= 4)]

    panel = adolescent_panel(workspace=real_file(tmp_path, four_years))
    frame = panel.data.frame
    last = frame.groupby("pupil").tail(1)
    ends = last["wave"] >= last["track"].map({"vmbo": 4, "havo": 5, "vwo": 6})
    gone = last["wave"] < 6
    assert panel.finished == (ends & gone).sum() > 20
    assert panel.dropped_out == (~ends & gone).sum() > 20
    assert set(frame.loc[frame["ends"], "wave"]) == {4, 5, 6}
    trial = adolescent_panel(trial=True, workspace=Workspace(root=find_root(), data=tmp_path))
    assert trial.finished == 0
    assert set(trial.data.frame.loc[trial.data.frame["ends"], "wave"]) == {6}
