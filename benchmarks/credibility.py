"""Robustness, power and diagnosis in full: the specification curve's speed, and many more draws.

Run from the repository::

    python benchmarks/credibility.py curve           # 10,000 specifications, beside refitting them
    python benchmarks/credibility.py size            # is the p-value of the whole curve uniform?
    python benchmarks/credibility.py power           # what the designs can see, independent shocks and AR(1)
    python benchmarks/credibility.py diagnosis       # the design diagnosis, with the draws of robustness.toml

``--draws`` sets the number of simulated panels (for ``curve``: of re-assignments), ``--workers`` the number
of processes; the output is the same for any number of workers. Set ``OMP_NUM_THREADS=1``.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from analysis.credibility.concurrent import policy_cells
from analysis.credibility.power import simulate_power
from analysis.credibility.replicate import Seeds, as_integer, replicate
from analysis.credibility.rollout_study import rollout_diagnosis, twin_cells
from analysis.credibility.size_table import shock_models
from analysis.credibility.specification_curve import Specification, specification_curve, specifications
from analysis.credibility.spillover import neighbour_shares
from analysis.design.robustness import robustness
from analysis.design.rollout import rollout
from analysis.estimate.did import group_time_att, imputation, two_way_fe
from analysis.inference import Setting, cluster_panel
from analysis.sources.geography import neighbours
from analysis.synthetic.rollout import rollout_twin

ROWS = 10_000
WEIGHTS = {
    "municipalities": {},
    "inhabitants": {"weights": "inhabitants"},
    "provinces": {"equal_clusters": True},
}
COLUMNS = {"unit": "municipality", "time": "year", "cohort": "cohort", "cluster": "province"}


def weighted_cells(design, frame) -> dict:
    """Panels by way of weighing: every municipality the same, by inhabitants, every province the same."""
    names = {**COLUMNS, "outcome": design.outcome.name}
    return {name: cluster_panel(frame, **names, **way) for name, way in WEIGHTS.items()}


def study(seed: int | None = None):
    """The twin's frame, six samples (three weights, two scales of the outcome), borders and other policy."""
    design = rollout("prodemos")
    frame = rollout_twin(design, seed=seed).frame
    name = design.outcome.name
    samples = weighted_cells(design, frame)
    logs = weighted_cells(design, frame.assign(**{name: 50 * np.log(frame[name])}))
    samples |= {f"log {way}": cells for way, cells in logs.items()}
    first = samples["municipalities"]
    return (
        frame,
        samples,
        neighbour_shares(first.clusters, neighbours()),
        policy_cells(first, rollout("tienskip").cohorts),
    )


def grid(samples, clusters) -> tuple[Specification, ...]:
    """All combinations, cut at ten thousand after an even shuffle."""
    everything = specifications(
        estimators=("not_yet", "never", "imputation", "two_way"),
        samples=tuple(samples),
        anticipation=(0, 1, 2),
        before=(0, 3, 4, 5, 6),
        without=("", *clusters),
        spillover=(False, True),
        policy=(False, True),
    )
    order = np.random.default_rng(0).permutation(len(everything))[:ROWS]
    return tuple(everything[place] for place in order)


def curve(draws: int, workers: int) -> None:
    frame, samples, borders, policy = study()
    clusters = samples["municipalities"].clusters
    chosen = grid(samples, clusters)
    shared = {"neighbours": borders, "policy": policy, "draws": draws, "seed": 1, "intervals": False}
    begin = time.perf_counter()
    found = specification_curve(samples, chosen, **shared, workers=workers)
    fast = time.perf_counter() - begin
    print(f"{len(chosen):,} specifications x {found.draws} assignments, {workers} workers: {fast:.1f} s")
    print(
        f"median {found.median:.3f}, share of the sign {found.share_sign:.3f}, "
        f"p {found.p_median:.4f} (simulation error {found.monte_carlo_se:.4f}) {found.p_significant:.4f}"
    )
    tracemalloc.start()
    specification_curve(samples, chosen[:200], **shared)
    print(f"peak beside the results, one worker: {tracemalloc.get_traced_memory()[1] / 1e6:.0f} MB")
    tracemalloc.stop()

    name = rollout("prodemos").outcome.name
    names = {**COLUMNS, "outcome": name}
    plain = {
        "two_way (linearmodels)": lambda: two_way_fe(frame, **names),
        "not_yet (group_time_att)": lambda: group_time_att(frame, **names, control="not_yet").aggregate(
            "simple"
        ),
        "imputation": lambda: imputation(frame, **names).estimate,
    }
    per_estimate = fast * workers / len(chosen) / found.draws
    for label, run in plain.items():
        once = statistics.median(timed(run) for _ in range(5))
        print(
            f"{label}: {once * 1e3:.1f} ms a fit, {once / per_estimate:,.0f} times an estimate of the curve"
        )


def timed(run) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


@dataclass(frozen=True)
class CurveP:
    """The p-values of a curve over a twin without effect, its starts as they are or drawn by lot."""

    reassigned: int
    by_lot: bool

    def __call__(self, seeds: Seeds) -> np.ndarray:
        return np.array([self.one(seed) for seed in seeds])

    def one(self, seed: np.random.SeedSequence) -> tuple[float, float]:
        world, lots, permuted = seed.spawn(3)
        design = rollout("prodemos")
        order = np.arange(len(design.adoptions))
        if self.by_lot:
            order = np.random.default_rng(lots).permutation(order)
        years = [design.adoptions[place].year for place in order]
        design = replace(
            design,
            adoptions=tuple(
                replace(item, year=year) for item, year in zip(design.adoptions, years, strict=True)
            ),
        )
        frame = rollout_twin(design, seed=as_integer(world), effect=0.0).frame
        samples = weighted_cells(design, frame)
        chosen = specifications(
            estimators=("not_yet", "never", "two_way"),
            samples=tuple(WEIGHTS),
            anticipation=(0, 1),
            without=("", "PV20", "PV28"),
        )
        found = specification_curve(
            samples, chosen, draws=self.reassigned, seed=as_integer(permuted), intervals=False
        )
        return found.p_median, found.p_significant


def size(draws: int, workers: int) -> None:
    for by_lot in (True, False):
        p = replicate(CurveP(199, by_lot), draws=draws, seed=2, workers=workers)
        for name, values in zip(("median", "share significant"), p.T, strict=True):
            rejected = (values <= 0.05).mean()
            error = np.sqrt(0.05 * 0.95 / draws)
            test = stats.kstest(values, "uniform").pvalue
            print(
                f"starts {'by lot' if by_lot else 'as they are'}, {name}: rejects {rejected:.3f} at .05 "
                f"(simulation error {error:.3f}), uniform p {test:.3f}",
                flush=True,
            )


def power(draws: int, workers: int) -> None:
    """The effect seen four times in five, how much too large it is when seen, by model of shocks."""
    for programme in ("prodemos", "tienskip"):
        panel = twin_cells(rollout(programme), rollout_twin(rollout(programme)).frame)
        settings = {name: Setting(name) for name in ("not_yet", "imputation", "two_way")}
        models = shock_models(panel, sd=0.8)
        for model in ("iid", "AR(.6)"):
            effects = np.linspace(0, 4, 17)
            found = simulate_power(
                panel, models[model], effects, settings, draws=draws, reassigned=1_999, workers=workers
            )
            for name, result in found.items():
                told = "none" if result.detectable is None else f"{result.detectable:.2f}"
                row = result.table.iloc[2]
                print(
                    f"{programme}, {model}, {name}: detectable {told}, size {result.size:.3f} "
                    f"({result.size_se:.3f}); at {row['effect']:.1f} power {row['power']:.2f}, "
                    f"type M {row['type_m']:.2f}, type S {row['type_s']:.3f}",
                    flush=True,
                )


def diagnosis(draws: int | None, workers: int) -> None:
    plan = robustness().diagnosis
    plan = replace(plan, draws=draws or plan.draws)
    designs = {name: rollout(name) for name in ("prodemos", "tienskip")}
    table = rollout_diagnosis(designs, plan, workers=workers)
    for row in table.itertuples():
        print(
            f"{row.answer}: truth {row.mean_truth:.3f}, bias {row.bias:+.3f} ({row.bias_se:.3f}), "
            f"rmse {row.rmse:.3f} ({row.rmse_se:.3f}), power {row.power:.3f}, "
            f"coverage {row.coverage:.3f} ({row.coverage_se:.3f}), "
            f"false positive {row.false_positive:.3f} ({row.false_positive_se:.3f})"
        )


RUNS = {"curve": (curve, 499), "size": (size, 400), "power": (power, 2000), "diagnosis": (diagnosis, None)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", choices=RUNS)
    parser.add_argument("--draws", type=int)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    run, draws = RUNS[asked.run]
    run(asked.draws or draws, asked.workers)


if __name__ == "__main__":
    main()
