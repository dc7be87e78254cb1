"""The adolescent panel: real file or twin, one track and school a pupil, and rows with stable ids."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.regio import TRACKS
from analysis.estimate.attrition import attrition_weights
from analysis.estimate.growth_study import growth_study
from analysis.panel.adolescents import adolescent_panel
from analysis.results import Result
from analysis.synthetic.adks import adks_twin
from analysis.tables.panel import gap_line, not_shown, panel_table, track_lines, verdict
from analysis.tables.panel_rows import panel_rows
from analysis.workspace import Workspace, find_root

DESIGN = adks_design()
OUTCOME = "politiek_zelfvertrouwen"


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


def studied(panel):
    frame = panel.data.frame
    weights = attrition_weights(
        frame, unit="pupil", time="wave", group="track", groups=TRACKS, last_answer=OUTCOME, cluster="school",
        trim=(0, 0.999), base_weight="weight",
    )  # fmt: skip
    study = growth_study(frame, OUTCOME, weights.weights, groups=TRACKS, minuend="vwo", subtrahend="vmbo")
    return weights, study


@pytest.fixture(scope="module")
def twin():
    panel = adolescent_panel()
    return panel, *studied(panel)


def test_without_a_file_the_twin_and_a_remark_that_says_so(twin):
    panel = twin[0]
    assert panel.data.kind is DataKind.SYNTHETIC
    assert "synthetische tweeling" in panel.data.remark
    assert panel.changed_track == panel.changed_school == 0
    assert set(panel.truth) == {one.name for one in DESIGN.outcome}


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


def test_real_and_twin_give_the_same_ids_and_truth_is_unknown_for_real(tmp_path, twin):
    real = adolescent_panel(workspace=real_file(tmp_path))
    weights, study = studied(real)
    rows = panel_rows(real, weights, study, DESIGN, OUTCOME)
    expected = panel_rows(*twin, DESIGN, OUTCOME)
    assert [row.id for row in rows] == [row.id for row in expected]
    assert all(row.value is None for row in rows if ".truth_" in row.id)
    assert all(row.n is not None for row in rows)
    ids = {row.id for row in panel_rows(*twin, DESIGN, OUTCOME, named=True)}
    assert "panel.politiek_zelfvertrouwen_gap_change" in ids
    assert "panel.n_schools" not in ids


def test_rows_say_what_the_models_found(twin):
    panel, weights, study = twin
    by_id = {row.id: row for row in panel_rows(panel, weights, study, DESIGN, OUTCOME)}
    change = by_id["panel.gap_change"]
    found = study.weighted["pooled"].gap_change
    assert (change.value, change.se, change.low, change.high) == (
        found.value,
        found.se,
        found.low,
        found.high,
    )
    assert change.clusters == 49
    assert "niet het effect" in change.note
    assert by_id["panel.truth_gap_change"].value == pytest.approx(0.03)
    assert by_id["panel.share_last"].value == pytest.approx(28.4, abs=1.5)


def test_table_and_lines(twin):
    panel, weights, study = twin
    rows = panel_rows(panel, weights, study, DESIGN, OUTCOME, named=True)
    table = panel_table(rows)
    assert len(table.cells) == 1
    assert "niet het effect van een schoolsoort" in table.caption
    lines = track_lines(study, panel, OUTCOME, minimum_n=10)
    assert len(lines) == 18
    assert lines.loc[(lines["group"] == "vwo") & (lines["wave"] == 1), "truth"].item() == 2.85
    assert gap_line(study, panel, OUTCOME, DESIGN, minimum_n=10)["truth"].iloc[0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("start", "low", "high", "words"),
    [
        (0.4, 0.01, 0.05, "wordt groter"),
        (0.4, -0.05, -0.01, "wordt kleiner"),
        (0.4, -0.01, 0.05, "niet vast te stellen"),
        (-0.4, -0.05, -0.01, "wordt groter"),
        (-0.4, 0.01, 0.05, "wordt kleiner"),
    ],
)
def test_verdict_follows_sign_and_interval(start, low, high, words):
    common = {"label": "x", "unit": "", "kind": DataKind.REAL, "source": "adks"}
    first = Result(id="panel.gap_start", value=start, **common)
    change = Result(id="panel.gap_change", value=(low + high) / 2, low=low, high=high, **common)
    assert verdict(first, change) == words
    assert verdict(first, Result(id="panel.gap_change", value=None, **common)) == "onbekend"


def test_means_and_gaps_over_too_few_pupils_are_not_drawn(twin):
    panel, _, study = twin
    first = study.means["wave"].min()
    small = study.means.assign(n=study.means["n"].where(
        (study.means["wave"] != first) | (study.means["group"] != DESIGN.minuend), 9))  # fmt: skip
    few = replace(study, means=small)
    lines = track_lines(few, panel, OUTCOME, minimum_n=10)
    assert len(lines) == len(study.means) - 1
    assert not ((lines["wave"] == first) & (lines["group"] == DESIGN.minuend)).any()
    assert first not in set(gap_line(few, panel, OUTCOME, DESIGN, minimum_n=10)["wave"])
    assert not_shown(few, minimum_n=10) == ". Niet getoond: 1 gemiddelde over minder dan 10 leerlingen"
    assert not_shown(study, minimum_n=10) == ""
