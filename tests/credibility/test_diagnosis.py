"""The diagnosis tells a good answer from a biased one, an honest interval from a narrow one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats

from analysis.credibility.diagnosis import Answer, Answered, Design, Drawn, diagnose
from analysis.credibility.dose_slope import dose_slopes
from analysis.credibility.rollout_study import rollout_design, twin_cells
from analysis.design.robustness import robustness
from analysis.design.rollout import rollout
from analysis.estimate.did import dose_response, two_way_fe
from analysis.estimate.did.jackknife import cluster_jackknife
from analysis.inference import Setting, randomised
from analysis.synthetic.rollout import rollout_twin


@dataclass(frozen=True)
class Sample:
    """Twenty-five normal draws around half a standard deviation."""

    def __call__(self, seeds: Sequence[int], effect: float) -> Drawn:
        mean = 0.5 * effect
        worlds = [np.random.default_rng(seed).normal(mean, 1.0, 25) for seed in seeds]
        return Drawn(np.array(worlds), {"mean": mean})


@dataclass(frozen=True)
class TTest:
    """The mean, with `shift` added and the interval scaled."""

    shift: float = 0.0
    scale: float = 1.0

    def __call__(self, data: np.ndarray, seeds: Sequence[int]) -> Answered:
        estimate, count = data.mean(axis=1) + self.shift, data.shape[1]
        se = self.scale * data.std(axis=1, ddof=1) / np.sqrt(count)
        half = stats.t.ppf(0.975, count - 1) * se
        p = 2 * stats.t.sf(abs(estimate) / se, count - 1)
        return Answered(estimate, p, lambda: (estimate - half, estimate + half))


def design() -> Design:
    return Design(
        Sample(),
        ("mean",),
        (
            Answer("good", "mean", TTest()),
            Answer("biased", "mean", TTest(shift=0.2)),
            Answer("narrow", "mean", TTest(scale=0.5)),
        ),
    )


@pytest.fixture(scope="module")
def table():
    return diagnose(design(), draws=1500, seed=1).set_index("answer")


def test_a_good_answer_has_the_properties_of_theory(table):
    good = table.loc["good"]
    assert abs(good["bias"]) <= 4 * good["bias_se"]
    assert good["rmse"] == pytest.approx(0.2, abs=4 * good["rmse_se"])
    assert good["coverage"] == pytest.approx(0.95, abs=4 * good["coverage_se"])
    assert good["false_positive"] == pytest.approx(0.05, abs=4 * good["false_positive_se"])
    # Noncentral t with 24 degrees of freedom and noncentrality 2.5.
    cut = stats.t.ppf(0.975, 24)
    power = stats.nct.sf(cut, 24, 2.5) + stats.nct.cdf(-cut, 24, 2.5)
    assert good["power"] == pytest.approx(power, abs=4 * good["power_se"])
    assert (good["mean_truth"], good["draws"]) == (0.5, 1500)


def test_bad_answers_are_shown_up(table):
    assert table.loc["biased", "bias"] == pytest.approx(0.2, abs=4 * table.loc["biased", "bias_se"])
    assert table.loc["biased", "false_positive"] > 0.12
    assert table.loc["narrow", "coverage"] < 0.75
    assert table.loc["narrow", "false_positive"] > 0.25


def test_monte_carlo_errors_are_the_spread_between_runs():
    runs = [diagnose(design(), draws=60, seed=seed).set_index("answer").loc["good"] for seed in range(40)]
    for name in ("bias", "rmse", "power", "coverage"):
        values = np.array([run[name] for run in runs])
        told = np.mean([run[f"{name}_se"] for run in runs])
        assert values.std(ddof=1) == pytest.approx(told, rel=0.5), name


def test_the_result_does_not_depend_on_the_workers():
    one, two = (diagnose(design(), draws=60, seed=5, workers=workers) for workers in (1, 2))
    assert one.to_csv() == two.to_csv()


def test_a_design_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no inquiry 'median'"):
        Design(Sample(), ("mean",), (Answer("a", "median", TTest()),))
    with pytest.raises(ValueError, match="each with its own id"):
        replace(design(), answers=(Answer("a", "mean", TTest()),) * 2)


@pytest.mark.parametrize("programme", ["prodemos", "tienskip"])
def test_the_declared_answers_recover_the_planted_effects(programme):
    """Thirty twins: every estimate within four errors of its estimand, the plain path giving the same."""
    plan = robustness().diagnosis
    answers = tuple(item for item in plan.of(programme) if item[0] not in (f"{programme}_twfe",))
    table = diagnose(rollout_design(rollout(programme), answers, reassigned=99), draws=30, seed=2)
    assert set(table["inquiry"]) == {item.id for item in rollout(programme).estimands}
    assert (table["bias"].abs() <= 4 * table["bias_se"]).all(), table[["answer", "bias", "bias_se"]]
    assert (table["coverage"] >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 30)).all()


def test_the_two_way_estimand_is_its_coefficient_on_the_planted_effects():
    programme = rollout("prodemos")
    with_effect, without = (rollout_twin(programme, effect=effect).frame for effect in (1.0, 0.0))
    name = programme.outcome.name
    planted = with_effect.assign(y=with_effect[name] - without[name])
    noise = np.random.default_rng(0).normal(0, 1e-6, len(planted))  # an exact fit has no standard error
    plain = two_way_fe(
        planted.assign(y=planted["y"] + noise),
        unit="municipality", time="year", cohort="cohort", outcome="y", cluster="province",
    ).estimate  # fmt: skip
    drawn = rollout_design(programme, (("a", "prodemos.att_twfe", "klassiek"),), reassigned=19).model(
        [7], 1.0
    )
    assert drawn.truth["prodemos.att_twfe"] == pytest.approx(plain, abs=1e-6)
    assert drawn.truth["prodemos.att_twfe"] != pytest.approx(drawn.truth["prodemos.att"], abs=0.02)


def test_the_fast_slope_of_the_dose_is_that_of_the_plain_path_with_its_jackknife():
    programme = rollout("tienskip")
    design = rollout_design(programme, (("a", "tienskip.dose_slope", "hoofd"),), reassigned=19)
    seeds = [3, 4]
    said = design.answers[0].answer(design.model(seeds, 1.0).data, seeds)
    low, high = said.interval()
    per = programme.reach.per_inhabitants
    for place, seed in enumerate(seeds):
        frame = rollout_twin(programme, seed=seed).frame
        plain = cluster_jackknife(
            dose_response, frame.assign(dose=per * frame["reached"] / frame["inhabitants"]),
            cluster="province", value="slope", dose="dose", control="not_yet",
            unit="municipality", time="year", cohort="cohort", outcome=programme.outcome.name,
        )  # fmt: skip
        assert said.estimate[place] == pytest.approx(plain.estimate, abs=1e-10)
        assert (low[place], high[place]) == pytest.approx(plain.interval(), abs=1e-10)


@pytest.mark.parametrize("programme", ["prodemos", "tienskip"])
@pytest.mark.parametrize("effect", [0.0, 1.0])
def test_the_answers_are_those_of_the_plain_path_through_frames(programme, effect):
    """Twin by twin: a frame, its cells, and the tests of one panel."""
    programme, seeds, lots = rollout(programme), [5, 6, 7], [11, 12, 13]
    options = {"max_exact": 0, "draws": 99}
    answers = tuple((name, f"{programme.name}.att", name) for name in ("hoofd", "klassiek"))
    design = rollout_design(programme, answers, reassigned=99)
    drawn = design.model(seeds, effect)
    main, two_way = (item.answer(drawn.data, lots) for item in design.answers)
    ends = main.interval(), two_way.interval()
    for place, seed in enumerate(seeds):
        twin = rollout_twin(programme, seed=seed, effect=effect)
        assert drawn.truth[f"{programme.name}.att"] == twin.truth.att
        cells = twin_cells(programme, twin.frame)
        plain = randomised(cells, Setting("not_yet"), seed=lots[0], **options)
        assert main.p_value[place] == plain.p_value
        assert main.estimate[place] == pytest.approx(plain.estimate, abs=1e-10)
        assert [end[place] for end in ends[0]] == pytest.approx([plain.low, plain.high], abs=1e-10)
        plain = randomised(cells, Setting("two_way"), seed=lots[0], **options)
        assert two_way.p_value[place] == plain.p_value
        assert two_way.estimate[place] == pytest.approx(plain.estimate, abs=1e-10)
        assert [end[place] for end in ends[1]] == pytest.approx([plain.low, plain.high], abs=1e-10)


def test_a_slope_needs_controls_and_different_doses():
    outcome, times, start = np.zeros((4, 3)), np.arange(3.0), np.array([1.0, 1, 1, np.inf])
    cluster = np.array([0, 1, 1, 2])
    with pytest.raises(ValueError, match="never treated"):
        dose_slopes(outcome, times, np.ones(4), np.arange(4.0), cluster)
    with pytest.raises(ValueError, match="does not vary"):
        dose_slopes(outcome, times, start, np.array([2.0, 2, 2, 0]), cluster)
