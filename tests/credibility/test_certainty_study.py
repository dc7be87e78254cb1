"""Every check of one question at once: all on the same estimate, and each that cannot be had says why."""

from __future__ import annotations

import importlib
from dataclasses import fields, replace

import numpy as np
import pytest
from credibility_panels import COHORTS, NEVER, RING, make_panel

from analysis.credibility import CertaintyStudy, certainty_study
from analysis.design.robustness import (
    AlarmPlan,
    ChecksPlan,
    CurvePlan,
    PowerPlan,
    StrataPlan,
    robustness,
)
from analysis.inference import Setting, answer
from analysis.unknown import NotEstimable

studied = importlib.import_module("analysis.credibility.certainty_study")
NAMES = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "value", "cluster": "cluster"}
PLAN = replace(
    robustness(),
    curve=CurvePlan(
        estimators=("not_yet", "two_way"), anticipation=(0, 1), before=(0,), leave_one_out=False, draws=99,
        seed=1,
    ),
    checks=ChecksPlan(placebo=(1, 2), anticipation=(1,), mbar=(0.0, 1.0), leads=3),
    strata=StrataPlan(randstad=("P00", "P01", "P06", "P07")),
    alarm=AlarmPlan(periphery=("P00", "P02"), reassigned=39, draws=20, seed=3),
    power=PowerPlan(effects=(0.0, 2.0, 4.0), target=0.8, alpha=0.05, reassigned=99, draws=50, seed=2),
)  # fmt: skip


def frame_of(cohorts=COHORTS, **planted):
    return make_panel(cohorts=cohorts, **planted).rename(
        columns={"province": "cluster", "year": "time", "y": "value"}
    )


def study(frame):
    other = {f"P{g:02d}": 2013.0 if g % 3 == 0 else None for g in range(12)}
    return certainty_study(
        frame, PLAN, control="not_yet", smallest=0.5, neighbours=RING, other=other,
        moments={year: float(year) for year in frame["time"]},
    )  # fmt: skip


@pytest.mark.parametrize("cohorts", [COHORTS, [2009.0] + [2014.0] * 5 + [NEVER] * 6], ids=["plain", "early"])
def test_all_checks_of_a_question_rest_on_the_same_estimate(cohorts):
    frame = frame_of(cohorts, effect=1.0)
    found = study(frame)
    assert not [name for name, item in vars(found).items() if isinstance(item, NotEstimable)]
    main = answer(frame, **NAMES)
    assert (found.whole.estimate, found.whole.low, found.whole.high) == (main.estimate, main.low, main.high)
    assert found.whole.clusters == main.n_clusters
    first = found.allowance.table.iloc[0]
    assert (first["low"], first["high"]) == pytest.approx((main.low, main.high))
    assert found.hidden.p_value == main.p_value == first["p_value"]
    assert found.drift.estimate == pytest.approx(main.estimate)
    plain = "estimator == 'not_yet' and sample == 'municipalities' and anticipation == 0"
    assert found.curve.table.query(plain)["estimate"].tolist() == pytest.approx([main.estimate])
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
        [NEVER] * 12,
    ],
    ids=["all in the end", "all at once", "one treated", "one never", "one before", "all before", "nobody"],
)
def test_no_design_takes_the_other_checks_with_it(cohorts):
    found = study(frame_of(cohorts))
    assert isinstance(found, CertaintyStudy)
    for field in fields(found):
        value = getattr(found, field.name)
        assert not isinstance(value, NotEstimable) or value.reason


def test_holes_in_the_panel_are_no_reason_to_stop():
    frame = frame_of([2014.0] * 5 + [NEVER] * 7, effect=1.0)
    holes = frame[np.random.default_rng(1).uniform(size=len(frame)) > 0.3]
    found = study(holes)
    assert found.whole.estimate == answer(holes, **NAMES).estimate
    assert not isinstance(found.curve, NotEstimable)
    assert not isinstance(found.drift, NotEstimable)


def test_means_with_an_error_are_also_weighted_by_their_precision():
    """Twelve respondents here and four hundred there: noise and sampling variance together set the weight."""
    frame = frame_of(effect=1.0)
    rng = np.random.default_rng(5)
    units = frame["unit"].unique()
    error = dict(zip(units, rng.choice([0.1, 3.0], len(units)), strict=True))
    frame["se"] = frame["unit"].map(error)
    frame["value"] += frame["se"] * rng.standard_normal(len(frame))
    found = studied.by_weights(
        {name: item for name, item in studied._samples(frame).items()}, setting=Setting("not_yet")
    ).set_index("weights")
    assert set(found.index) == {"municipalities", "precision", "provinces"}
    assert found.loc["precision", "se"] < found.loc["municipalities", "se"]
    weight = studied._precise(frame).groupby("unit")["precision"].first()
    small = frame.groupby("unit")["se"].first() == 0.1
    # Noise of a unit has a variance of about one, and 3 squared comes on top of it.
    assert weight[small].nunique() == weight[~small].nunique() == 1
    assert 6 < weight[small].iloc[0] / weight[~small].iloc[0] < 12
    whole = studied._precise(frame.assign(se=0.0))["precision"]
    assert whole.tolist() == pytest.approx([1.0] * len(frame))


def test_shocks_go_to_the_place_they_are_of_also_where_a_place_is_left_out():
    """The noise is of all places; the panel is without one that started before it."""

    class Shocks:
        places = tuple(f"P{g:02d}" for g in range(12))

        def draw(self, seeds, times):
            return np.stack([100.0 * np.arange(12)[:, None] + np.asarray(times) for _ in seeds])

    frame = frame_of([2009.0] + [2014.0] * 5 + [NEVER] * 6)
    frame["time"] -= frame["time"].min()
    frame["cohort"] -= 2010.0
    panel = studied._samples(frame)["municipalities"]
    assert "P00" not in panel.clusters
    moments = [2010.5 + time for time in range(int(frame["time"].max()) + 1)]
    worlds = studied._ByRow.of(Shocks(), panel, moments)([1, 2])
    assert worlds.shape == (2, len(panel.cluster), len(panel.times))
    for row, place in enumerate(panel.cluster):
        expected = 100.0 * int(panel.clusters[place][1:]) + np.array(moments)
        assert worlds[0, row].tolist() == expected.tolist()
