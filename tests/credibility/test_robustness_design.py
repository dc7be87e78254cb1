"""What robustness.toml declares is complete, and what the chapters print keeps the rules of the house."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.credibility.lee_bounds import lee_bounds
from analysis.credibility.rollout_study import rollout_power, twin_cells, weighted_cells
from analysis.credibility.specification_curve import specification_curve, specifications
from analysis.datakind import DataKind
from analysis.design.robustness import robustness
from analysis.design.rollout import rollout
from analysis.inference import Setting, randomised
from analysis.panel.prodemos import prodemos_panel
from analysis.panel.robustness import measured_changes, placebo_frame
from analysis.panel.tienskip import tienskip_panel
from analysis.tables.credibility import (
    Checks,
    bounded,
    checks_table,
    choices,
    curve_rows,
    curve_table,
    result_rows,
    starts,
)
from analysis.tables.power import detectable_sentence, power_rows
from analysis.workspace import Workspace

REFUSAL = "Geen uitspraak over significantie: te weinig provincies."


@pytest.fixture(scope="module")
def plan():
    return robustness()


@pytest.fixture(scope="module")
def checks():
    design, panel = rollout("prodemos"), prodemos_panel()
    return Checks(panel, design, tienskip_panel(), twin_cells(design, panel.frame))


@pytest.fixture(scope="module")
def samples(plan, checks):
    return weighted_cells(checks.design, checks.panel.frame, plan.curve.weights)


@pytest.fixture(scope="module")
def curve(plan, samples):
    chosen = specifications(estimators=plan.curve.estimators, samples=plan.curve.weights)
    return specification_curve(samples, chosen, draws=39)


def edited(tmp_path, old: str, new: str) -> Workspace:
    """A workspace whose robustness.toml has `old` replaced by `new`."""
    here = Workspace.current()
    shutil.copytree(here.design, tmp_path / "data" / "design")
    path = tmp_path / "data" / "design" / "robustness.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return Workspace(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('estimand = "prodemos.att_twfe"', 'estimand = "prodemos.att"', "estimand prodemos.att_twfe has no"),
        ('weights = "municipalities"', 'weights = "votes"', "not among the options of the curve"),
        ("missing_treated = 0.10", "missing_treated = 1.0", "attrition: a share of 1.0 goes missing"),
        ("target = 0.8", "goal = 0.8", "power: unknown key goal"),
    ],
)
def test_an_incomplete_plan_is_refused(tmp_path, old, new, message):
    with pytest.raises(ValueError, match=message):
        robustness(edited(tmp_path, old, new))


def test_the_main_specification_is_marked_once(plan, checks, curve, samples):
    table = curve_table(curve, checks, plan, 1.8)
    assert table["main"].sum() == 1
    main = table[table["main"]].iloc[0]
    cells = samples[plan.main.weights]
    assert main["estimate"] == pytest.approx(randomised(cells, Setting("not_yet")).estimate)
    assert not table[[*choices(plan, "Tienskip")]].isna().any().any()


def test_a_synthetic_registration_makes_every_row_synthetic(checks, curve):
    rows = curve_rows(checks, curve)
    assert {row.kind for row in rows} == {DataKind.SYNTHETIC}
    real = replace(checks, panel=replace(checks.panel, kind=DataKind.REAL))
    assert {row.kind for row in curve_rows(real, curve)} == {DataKind.SYNTHETIC}  # the other is a twin still
    assert result_rows(real, "main", "x", randomised_row())[0].kind is DataKind.REAL


def randomised_row(treated: int = 8):
    ends = {"low": -np.inf, "high": np.inf}
    counts = {"clusters": 12, "treated_clusters": treated, "comparison_clusters": 7}
    return pd.Series({"estimate": 1.0, "se": 0.5, "p_value": 0.3, **ends, **counts})


def test_a_single_check_with_too_few_provinces_has_no_p_value(checks):
    assert result_rows(checks, "main", "x", randomised_row(5))[1].value == 0.3
    p = result_rows(checks, "main", "x", randomised_row(4))[1]
    assert p.value is None
    assert p.note.startswith("Geen uitspraak over significantie: minder dan 5")


def test_with_too_few_provinces_no_p_value_is_printed(checks, curve):
    refused = replace(checks, refusal=REFUSAL)
    rows = (*curve_rows(refused, curve), *result_rows(refused, "main", "hoofdschatting", randomised_row()))
    tests = [row for row in rows if row.id.endswith(("_p", "_sign", "_significant")) or ".curve_p" in row.id]
    withheld = [row for row in tests if row.id != "robuustheid.curve_share_sign"]
    assert len(withheld) == (4 if curve.p_sign is None else 5)
    assert all(row.value is None and row.note == REFUSAL for row in withheld)
    cells = checks_table(refused, rows).cells
    assert cells["p-waarde"].tolist() == ["geen uitspraak"]
    assert REFUSAL in checks_table(refused, rows).caption


def test_an_interval_without_ends_is_not_printed_but_can_be_drawn(checks):
    value, _ = result_rows(checks, "main", "x", randomised_row())
    assert value.low is None
    assert value.high is None
    drawn = bounded(pd.DataFrame([randomised_row()]), 12)
    assert (drawn["low"][0], drawn["high"][0]) == pytest.approx((1 - 0.5 * 2.201, 1 + 0.5 * 2.201), abs=1e-3)


def test_the_twin_loses_measurements_as_declared_and_a_real_file_as_it_is(plan, checks):
    changes = measured_changes(checks.panel, checks.design, plan.attrition)
    gone = changes["change"].isna().groupby(changes["treated"]).mean()
    assert gone[True] == pytest.approx(plan.attrition.missing_treated, abs=0.1)
    assert gone[False] == pytest.approx(plan.attrition.missing_control, abs=0.06)
    real = replace(checks.panel, kind=DataKind.REAL)
    frame = real.frame
    lost = (frame["municipality"] == "PV20-01") & (frame["year"] == 2025)
    whole = measured_changes(real, checks.design, plan.attrition)
    assert whole["change"].notna().all()
    holed = measured_changes(replace(real, frame=frame[~lost]), checks.design, plan.attrition)
    assert holed.loc[holed["change"].isna(), "municipality"].tolist() == ["PV20-01"]
    bounds = lee_bounds(whole["change"].to_numpy(), whole["treated"].to_numpy())
    assert bounds.low == bounds.high


def test_only_a_twin_has_a_placebo_outcome(plan, checks):
    real = replace(checks.panel, kind=DataKind.REAL)
    assert placebo_frame(real, checks.design, plan.checks.placebo_seed) is None
    frame = placebo_frame(checks.panel, checks.design, plan.checks.placebo_seed)
    assert frame[["municipality", "year"]].equals(checks.panel.frame[["municipality", "year"]])


def test_starts_keep_the_unknown_unknown():
    schedule = pd.DataFrame(
        {"code": ["PV20", "PV21"], "start": [2024.0, np.nan], "status": ["bekend", "onbekend"]}
    )
    assert starts(schedule) == {"PV20": 2024.0, "PV21": None}


def test_what_could_be_seen_is_said_in_words(plan):
    design = rollout("prodemos")
    small = replace(plan.power, draws=12, reassigned=49, effects=(0.0, 1.0, 4.0))
    found, formula = rollout_power(design, small)
    rows = {row.id: row for row in power_rows(design, small, found, formula)}
    assert rows["vermogen.mde_prodemos"].value == found["hoofd"].detectable
    assert rows["vermogen.mde_formula_prodemos"].value == formula["hoofd"]
    assert "met deze opzet is een effect vanaf" in detectable_sentence(design, small, found["hoofd"])
    blind = replace(found["hoofd"], detectable=None, detectable_se=None)
    assert "betekent hier niet dat er geen effect is" in detectable_sentence(design, small, blind)
    rows = {row.id: row for row in power_rows(design, small, {"hoofd": blind}, formula)}
    assert rows["vermogen.mde_prodemos"].value is None
    assert "haalt 80% niet" in rows["vermogen.mde_prodemos"].note
