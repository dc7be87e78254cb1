"""The regional panel: the real file when it holds provinces, else the reason; never silently the twin."""

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.regio import regio_design
from analysis.panel.regio import LEVELS, regio_panel
from analysis.synthetic.regio import regio_twin
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

DESIGN = regio_design()
OUTCOME = "politiek_zelfvertrouwen"


@pytest.fixture
def workspace(tmp_path):
    """The repository's design with a data folder of its own, and the file's places mapped."""
    root = tmp_path / "root"
    (root / "data" / "design").mkdir(parents=True)
    for path in (find_root() / "data" / "design").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if path.name == "adks.toml":
            text = text.replace('municipality = ""', 'municipality = "gemeente"')
            text = text.replace('province = ""', 'province = "provincie"')
        (root / "data" / "design" / path.name).write_text(text, encoding="utf-8")
    (root / "data" / "facts").symlink_to(find_root() / "data" / "facts")
    data = tmp_path / "data"
    data.mkdir()
    return Workspace(root=root, data=data)


def real_file(workspace, schools=60):
    """A file of the adolescent panel with places, made of the twin: two waves, some answers missing."""
    frame = regio_twin(DESIGN, seed=3, schools=schools).frame
    rng = np.random.default_rng(1)
    parts = []
    for wave in (1, 2):
        part = pd.DataFrame({
            "leerling": frame["pupil_id"], "school": frame["school_id"], "meting": wave,
            "schoolsoort": frame["track"], "gemeente": frame["municipality"], "provincie": frame["province"],
        })  # fmt: skip
        for outcome in adks_design(workspace).outcome:
            part[outcome.file] = rng.integers(0, 2, len(part)).astype(float)
        part["politiek_zelfvertrouwen"] = np.where(
            rng.random(len(part)) < 0.3, np.nan, frame[OUTCOME].clip(1, 5) if wave == 2 else 1.0
        )
        parts.append(part)
    pd.concat(parts).to_csv(workspace.data / "adks.csv", index=False)
    return frame


def test_a_trial_takes_the_twin_whether_or_not_there_is_a_file(workspace):
    real_file(workspace)
    panel = regio_panel(OUTCOME, trial=True, workspace=workspace)
    assert panel.data.kind is DataKind.SYNTHETIC
    assert "synthetische tweeling" in panel.data.remark
    assert panel.data.dropped[0][0] == "politiek zelfvertrouwen onbekend"
    total = len(regio_twin(DESIGN).frame)
    assert len(panel.data.frame) + panel.data.dropped[0][1] == total
    assert set(LEVELS) <= set(panel.data.frame.columns)


def test_without_a_file_there_is_no_frame_but_the_reason_and_nothing_synthetic(workspace):
    panel = regio_panel(OUTCOME, workspace=workspace)
    assert isinstance(panel.data.frame, NotEstimable)
    assert "het bestand adks.csv van het Adolescentenpanel ontbreekt" in panel.data.frame.reason
    assert (panel.data.kind, panel.truth, panel.years) == (DataKind.FACT, None, ())


def test_a_file_with_places_is_used_and_the_last_answer_counts(workspace):
    frame = real_file(workspace)
    panel = regio_panel(OUTCOME, workspace=workspace)
    assert panel.data.kind is DataKind.REAL
    assert panel.truth is None
    assert "laatste antwoord" in panel.data.remark
    assert panel.data.frame["pupil_id"].is_unique
    assert set(panel.years) <= {"2018/19", "2019/20"}
    assert (panel.data.frame.loc[panel.data.frame["school_year"] == "2018/19", OUTCOME] == 1.0).all()
    assert len(panel.data.frame) < len(frame)


def test_an_outcome_the_file_does_not_hold_or_places_that_are_not_mapped_are_a_reason(workspace):
    real_file(workspace)
    panel = regio_panel("burgerschapskennis", workspace=workspace)
    assert isinstance(panel.data.frame, NotEstimable)
    assert (
        "geen bekend bestand noemt van leerlingen burgerschapskennis én provincie" in panel.data.frame.reason
    )
    plain = Workspace(root=find_root(), data=workspace.data)
    panel = regio_panel(OUTCOME, workspace=plain)
    assert "niet opgegeven welke kolom de gemeente" in panel.data.frame.reason
    assert panel.data.kind is DataKind.FACT


def test_a_file_without_an_answer_on_this_outcome_is_a_reason(workspace):
    real_file(workspace)
    path = workspace.data / "adks.csv"
    pd.read_csv(path).assign(politiek_zelfvertrouwen=np.nan).to_csv(path, index=False)
    panel = regio_panel(OUTCOME, workspace=workspace)
    assert "geen enkele leerling heeft een antwoord op politiek zelfvertrouwen" in panel.data.frame.reason


def test_a_broken_file_never_gives_way_to_the_twin(workspace):
    (workspace.data / "adks.csv").write_text("leerling,school\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is missing"):
        regio_panel(OUTCOME, workspace=workspace)


def test_unknown_outcome():
    with pytest.raises(ValueError, match="no outcome 'vertrouwen'"):
        regio_panel("vertrouwen")
