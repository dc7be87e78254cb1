"""The regional panel: the real file when it holds provinces, else the twin; never silently."""

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.regio import regio_design
from analysis.estimate.region_study import Margins, RegionColumns, region_study
from analysis.panel.regio import LEVELS, regio_panel
from analysis.synthetic.regio import regio_twin
from analysis.tables.regio import regio_table, shown_provinces
from analysis.tables.regio_rows import regio_rows
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


def studied(panel):
    margins = Margins(**DESIGN.margins(panel.outcome))
    return region_study(panel.data.frame, panel.outcome, RegionColumns(**panel.columns(DESIGN)), margins)


def test_without_a_file_the_twin_and_a_remark_that_says_so():
    panel = regio_panel(OUTCOME)
    assert panel.data.kind is DataKind.SYNTHETIC
    assert "synthetische tweeling" in panel.data.remark
    assert panel.data.dropped[0][0] == "politiek zelfvertrouwen onbekend"
    total = len(regio_twin(DESIGN).frame)
    assert len(panel.data.frame) + panel.data.dropped[0][1] == total


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


def test_real_and_twin_give_the_same_ids_and_truth_is_unknown_for_real(workspace):
    real_file(workspace)
    rows = {}
    for name, panel in (("real", regio_panel(OUTCOME, workspace=workspace)), ("twin", regio_panel(OUTCOME))):
        rows[name] = regio_rows(panel, studied(panel), DESIGN, plan_power=0.3)
    assert [row.id for row in rows["real"]] == [row.id for row in rows["twin"]]
    truths = [row for row in rows["real"] if ".truth_" in row.id]
    assert truths
    assert all(row.value is None for row in truths)
    assert all(row.value is not None for row in rows["twin"])
    kinds = {row.id: row.kind for row in rows["real"]}
    assert kinds["regio.sd_province"] is DataKind.REAL
    assert kinds["regio.power_panel"] is DataKind.SYNTHETIC
    assert kinds["regio.smallest_of_interest"] is DataKind.FACT
    for row in rows["twin"]:
        assert row.kind is DataKind.FACT or row.n is not None


def test_an_outcome_the_file_does_not_hold_or_places_that_are_not_mapped_give_the_twin(workspace, tmp_path):
    real_file(workspace)
    panel = regio_panel("burgerschapskennis", workspace=workspace)
    assert panel.data.kind is DataKind.SYNTHETIC
    assert "Geen bekend bestand" in panel.data.remark
    plain = Workspace(root=find_root(), data=workspace.data)
    panel = regio_panel(OUTCOME, workspace=plain)
    assert panel.data.kind is DataKind.SYNTHETIC
    assert "niet opgegeven welke kolom" in panel.data.remark


def test_a_broken_file_never_gives_way_to_the_twin(workspace):
    (workspace.data / "adks.csv").write_text("leerling,school\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is missing"):
        regio_panel(OUTCOME, workspace=workspace)


def test_unknown_outcome():
    with pytest.raises(ValueError, match="no outcome 'vertrouwen'"):
        regio_panel("vertrouwen")


def test_rows_table_and_provinces_that_may_be_shown():
    panel = regio_panel(OUTCOME)
    study = studied(panel)
    rows = regio_rows(panel, study, DESIGN, plan_power=0.3)
    by_id = {row.id: row for row in rows}
    assert by_id["regio.n"].value == len(panel.data.frame)
    assert (
        by_id["regio.sd_province"].low <= by_id["regio.sd_province"].value <= by_id["regio.sd_province"].high
    )
    assert by_id["regio.max_abs_effect"].value == pytest.approx(study.level.table["raw"].abs().max())
    knowledge = regio_panel("burgerschapskennis")
    second = regio_rows(knowledge, studied(knowledge), DESIGN, plan_power=0.3, prefix="houding_")
    table = regio_table([*rows, *second])
    assert list(table.cells.columns) == [
        "uitkomst",
        "politiek zelfvertrouwen (schaalpunten)",
        "burgerschapskennis (punten)",
    ]
    assert len(table.cells) == 14
    assert "niet het effect van een schoolsoort" in table.caption
    everyone = shown_provinces(study.level.table, panel, minimum_n=10, minimum_schools=3)
    assert len(everyone) == 12
    assert list(everyone["truth"]) == pytest.approx(list(panel.truth.level))
    few = study.level.table.assign(n=[5] + [100] * 11, schools=[9, 2] + [9] * 10)
    assert len(shown_provinces(few, panel, minimum_n=10, minimum_schools=3)) == 10
    assert set(LEVELS) <= set(panel.data.frame.columns)
