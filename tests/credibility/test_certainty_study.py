"""Every check of one question at once: what can be had is had, and each that cannot says why."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from credibility_panels import COHORTS, NEVER, RING, make_panel

from analysis.credibility import Noise
from analysis.credibility.certainty_study import CertaintyStudy, Plan, certainty_study
from analysis.inference import answer
from analysis.unknown import NotEstimable

QUICK = Plan(
    placebo=(1, 2), leads=3, allowances=(0.0, 0.1), smallest=0.5, draws=50, reassigned=99,
    strata={f"P{g:02d}": g % 2 for g in range(12)},
)  # fmt: skip


def frame_of(cohorts=COHORTS, **planted):
    names = {"province": "cluster", "year": "time", "y": "value"}
    return make_panel(cohorts=cohorts, **planted).rename(columns=names)


def study(frame, **options):
    return certainty_study(
        frame, QUICK, other_weights=("w",), borders=RING, effects=(0.0, 1.0, 2.0),
        noise=lambda panel: Noise(panel, 0.5, sd_unit=1.0),
        other_starts={f"P{g:02d}": 2013.0 if g % 3 == 0 else None for g in range(12)}, **options,
    )  # fmt: skip


def test_all_checks_of_a_question_rest_on_the_same_estimate():
    frame = frame_of(effect=1.0)
    found = study(frame)
    assert [
        field.name for field in fields(found) if isinstance(getattr(found, field.name), NotEstimable)
    ] == []
    names = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "value", "cluster": "cluster"}
    main = answer(frame, **names)
    assert found.main == main
    assert found.within_strata.n_assignments < main.n_assignments
    first = found.allowance.table.iloc[0]
    assert (first["low"], first["high"], first["p_value"]) == pytest.approx(
        (main.low, main.high, main.p_value)
    )
    assert found.hidden.p_value == main.p_value
    assert found.sensitivity.estimate == pytest.approx(main.estimate)
    row = found.curve.table.query("estimator == 'not_yet' and sample == 'headline' and without == ''").iloc[0]
    assert row["estimate"] == pytest.approx(main.estimate)
    assert found.weights["weights"].tolist() == ["w", "clusters"]
    assert found.estimators["estimator"].tolist() == ["never", "imputation", "two_way"]
    assert found.sizes["model"].nunique() == 6
    assert found.power.table["effect"].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "cohorts",
    [
        [2014.0] * 5 + [2016.0] * 7,
        [2014.0] * 12,
        [2014.0] + [NEVER] * 11,
        [2014.0] * 11 + [NEVER],
        [2011.0] * 5 + [NEVER] * 7,
        [2009.0] * 12,
        [2009.0] + [2014.0] * 5 + [NEVER] * 6,
        [NEVER] * 12,
    ],
    ids=[
        "all in the end",
        "all at once",
        "one treated",
        "one never",
        "one before",
        "all before",
        "one early",
        "nobody",
    ],
)
def test_no_design_takes_the_other_checks_with_it(cohorts):
    found = study(frame_of(cohorts))
    assert isinstance(found, CertaintyStudy)
    for field in fields(found):
        value = getattr(found, field.name)
        assert not isinstance(value, NotEstimable) or value.reason


def test_holes_in_the_panel_are_no_reason_to_stop():
    frame = frame_of(effect=1.0)
    holes = frame[np.random.default_rng(1).uniform(size=len(frame)) > 0.3]
    found = study(holes)
    assert found.main.n_units == holes["unit"].nunique()
    assert not isinstance(found.curve, NotEstimable)
    assert not isinstance(found.sensitivity, NotEstimable)
