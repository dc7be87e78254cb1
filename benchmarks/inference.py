"""Inference with twelve provinces: speed beside peers, size and coverage by simulation.

Run from the repository::

    python benchmarks/inference.py speed             # ratios against whatever peers are installed
    python benchmarks/inference.py size              # rejection under the null, every test, many designs
    python benchmarks/inference.py coverage          # coverage of the intervals, effects alike and different
    python benchmarks/inference.py pretrend          # size of the joint pre-trend tests

``--draws`` sets the number of simulated panels, ``--workers`` the number of processes; the output is the same
for any number of workers, because every simulated panel has its own seed. Set ``OMP_NUM_THREADS=1``.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.credibility.pretrend import pretrend_test
from analysis.inference import infer
from analysis.inference.assignments import reassignments
from analysis.inference.crv import cluster_robust_from
from analysis.inference.moments import cluster_moments
from analysis.inference.panel import DensePanel, dense_panel
from analysis.inference.randomisation import randomisation_null
from analysis.inference.wild_bootstrap import sign_vectors, wild_null

# Municipalities by province, 2024 (CBS), PV20 to PV31: 342 in all.
MUNICIPALITIES = np.array([10, 18, 12, 25, 6, 51, 26, 44, 50, 13, 56, 31])
YEARS = 10
COLUMNS = {"unit": "unit", "time": "year", "cohort": "cohort", "cluster": "province"}
ALPHA = 0.05


def frame_of(cohorts: np.ndarray) -> pd.DataFrame:
    """342 municipalities by ten years, adopting by province; the outcome is still zero."""
    province = np.repeat(np.arange(12), MUNICIPALITIES)
    frame = pd.DataFrame({"unit": np.repeat(np.arange(342), YEARS), "year": np.tile(np.arange(YEARS), 342)})
    frame["province"] = province[frame["unit"]]
    frame["cohort"] = cohorts[frame["province"]]
    return frame.assign(y=0.0)


# Which provinces adopt, and when. A number is drawn by lot, anew for every panel; a tuple is fixed.
DESIGNS: dict[str, tuple[int | tuple[int, ...], tuple[int, ...]]] = {
    "2 by lot": (2, (5,)),
    "3 by lot": (3, (5,)),
    "5 by lot": (5, (5,)),
    "6 by lot": (6, (5,)),
    "8 by lot": (8, (5,)),
    "10 by lot": (10, (5,)),
    "5 by lot, staggered": (5, (3, 5, 7)),
    "GR DR FL ZE NB fixed": ((0, 2, 4, 9, 10), (5,)),
    "6 largest fixed": ((5, 7, 8, 10, 6, 11), (5,)),
    "7 mostly small fixed": ((0, 1, 2, 4, 9, 3, 10), (5,)),
    "GR DR FL ZE NB fixed, staggered": ((0, 2, 4, 9, 10), (3, 5, 7)),
}


def cohorts_of(design: str, rng: np.random.Generator) -> np.ndarray:
    who, when = DESIGNS[design]
    chosen = rng.permutation(12)[:who] if isinstance(who, int) else np.array(who)
    cohorts = np.full(12, np.nan)
    cohorts[chosen] = np.resize(when, len(chosen))
    return cohorts


@lru_cache(maxsize=64)
def empty_panel(cohorts: tuple[float, ...]) -> DensePanel:
    return dense_panel(frame_of(np.array(cohorts)), outcome="y", **COLUMNS)


def simulated(
    design: str, persistence: float, seed: int, effect: float = 0.0, spread: float = 0.0
) -> DensePanel:
    """A panel with municipality effects, province-by-year shocks (AR(1)) and noise.

    The effect has mean `effect` and standard deviation `spread` over provinces.
    """
    rng = np.random.default_rng([seed, 20_240_101])
    panel = empty_panel(tuple(cohorts_of(design, rng)))
    shock = rng.normal(size=(12, YEARS))
    shock[:, 0] /= np.sqrt(1 - persistence**2)
    for year in range(1, YEARS):
        shock[:, year] += persistence * shock[:, year - 1]
    outcome = (
        rng.normal(size=(342, 1))
        + 0.5 * shock[panel.cluster]
        + rng.normal(size=(342, YEARS))
        + (effect + spread * rng.normal(size=(12, 1)))[panel.cluster] * panel.treated
    )
    return replace(panel, outcome=outcome)


TESTS = (
    "CRV1 t(11)",
    "CRV3 t(11)",
    "wild restricted",
    "wild unrestricted",
    "randomisation t, CRV1",
    "randomisation t, CRV3",
    "randomisation",
    "ATT randomisation t",
)


def p_values(task: tuple[str, float, int, float, float]) -> list[float]:
    """Every p-value of one simulated panel, of the hypothesis that the effect is its mean."""
    design, persistence, seed, effect, spread = task
    panel = simulated(design, persistence, seed, effect, spread)
    # A test of an effect is the test of none on the outcome less that effect.
    panel = replace(panel, outcome=panel.outcome - effect * panel.treated)
    moments = cluster_moments(panel)
    robust = cluster_robust_from(moments)
    signs, _ = sign_vectors(12, "rademacher", 1, 0)
    drawn, _ = reassignments(panel.assigned)
    by_crv1, plain, _ = randomisation_null(panel, moments, drawn)
    by_crv3, _, _ = randomisation_null(panel, moments, drawn, studentise="crv3")
    att, _, _ = randomisation_null(panel, moments, drawn, statistic="att_not_yet")
    return [
        robust.p_crv1,
        robust.p_crv3,
        wild_null(moments, signs).p_value(),
        wild_null(moments, signs, restricted=False).p_value(),
        by_crv1.p_value(),
        by_crv3.p_value(),
        plain.p_value(),
        att.p_value(),
    ]


def simulate(
    designs: list[str], draws: int, workers: int, *, effect: float = 0.0, spread: float = 0.0
) -> None:
    """Print the share of panels in which the true mean effect is rejected, or with an effect, covered."""
    width = max(map(len, DESIGNS))
    print(f"{'design':{width}} AR   " + "  ".join(TESTS))
    with ProcessPoolExecutor(workers) as pool:
        for design in designs:
            for persistence in (0.0, 0.6):
                tasks = [(design, persistence, seed, effect, spread) for seed in range(draws)]
                rejected = np.array(list(pool.map(p_values, tasks, chunksize=20))) <= ALPHA + 1e-9
                shares = 1 - rejected.mean(axis=0) if effect else rejected.mean(axis=0)
                cells = "  ".join(
                    f"{share:{len(name)}.3f}" for share, name in zip(shares, TESTS, strict=True)
                )
                print(f"{design:{width}} {persistence:.1f}  {cells}", flush=True)


def pretrend_p(task: tuple[str, float, int]) -> list[float]:
    design, persistence, seed = task
    panel = simulated(design, persistence, seed)
    frame = frame_of(cohorts_of(design, np.random.default_rng([seed, 20_240_101])))
    frame["y"] = panel.outcome[panel_rows(panel), frame["year"]]
    found = pretrend_test(frame, outcome="y", power=False, **COLUMNS)
    return [found.p_chi2, found.p_f, found.p_randomisation]


def panel_rows(panel: DensePanel) -> np.ndarray:
    """Rows of the panel in order of the frame: both are ordered by province here."""
    return np.repeat(np.arange(len(panel.cluster)), YEARS)


def pretrend(designs: list[str], draws: int, workers: int) -> None:
    width = max(map(len, DESIGNS))
    print(f"{'design':{width}} AR   chi2   F(q, G-q)  randomisation")
    with ProcessPoolExecutor(workers) as pool:
        for design in designs:
            for persistence in (0.0, 0.6):
                tasks = [(design, persistence, seed) for seed in range(draws)]
                rejected = np.array(list(pool.map(pretrend_p, tasks, chunksize=20))) <= ALPHA + 1e-9
                shares = rejected.mean(axis=0)
                print(
                    f"{design:{width}} {persistence:.1f}  " + "  ".join(f"{x:.3f}" for x in shares),
                    flush=True,
                )


def clock(call, repeats: int) -> float:
    """Median seconds of `call`, after one warm-up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def speed() -> None:
    rng = np.random.default_rng(1)
    cohorts = np.repeat([3.0, 5.0, np.nan], [5, 3, 4])[rng.permutation(12)]
    frame = frame_of(cohorts)
    shock = rng.normal(size=(12, YEARS))
    frame["y"] = (
        rng.normal(size=342)[frame["unit"]]
        + 0.5 * shock[frame["province"], frame["year"]]
        + rng.normal(size=len(frame))
    )
    frame["treated"] = (frame["year"] >= frame["cohort"]).astype(float)
    panel = dense_panel(frame, outcome="y", **COLUMNS)
    assigned = panel.assigned

    def from_frame():
        return cluster_moments(dense_panel(frame, outcome="y", **COLUMNS))

    def wild():
        moments = from_frame()
        signs, _ = sign_vectors(12, "rademacher", 1, 0)
        return wild_null(moments, signs).p_value()

    def crv():
        return cluster_robust_from(from_frame())

    def permuted(studentise: str):
        moments = from_frame()
        drawn, _ = reassignments(assigned)
        studentised, plain, _ = randomisation_null(panel, moments, drawn, studentise=studentise)
        return studentised.p_value(), plain.p_value(), len(drawn)

    ours_wild = clock(wild, 15)
    ours_crv = clock(crv, 15)
    ours_permuted = clock(lambda: permuted("crv1"), 7)
    ours_permuted3 = clock(lambda: permuted("crv3"), 7)
    ours_all = clock(lambda: infer(frame, outcome="y", **COLUMNS), 7)
    print(
        f"342 x 10, twelve provinces adopting 5 + 3 + 4 ({len(reassignments(assigned)[0]):,} re-assignments)"
    )
    print(f"exact wild bootstrap, 4,096 sign vectors, p {wild():.4f}:  {1e3 * ours_wild:8.2f} ms")
    print(f"CRV1 and CRV3:                                        {1e3 * ours_crv:8.2f} ms")
    print(f"all re-assignments, by CRV1:                          {1e3 * ours_permuted:8.2f} ms")
    print(f"all re-assignments, by CRV3:                          {1e3 * ours_permuted3:8.2f} ms")
    print(f"infer(): all of these with their intervals:           {1e3 * ours_all:8.2f} ms")

    from linearmodels.panel import PanelOLS

    indexed = frame.set_index(["unit", "year"])

    def linear():
        model = PanelOLS(indexed["y"], indexed[["treated"]], entity_effects=True, time_effects=True)
        fitted = model.fit(cov_type="clustered", clusters=indexed["province"], group_debias=True)
        return fitted.std_errors["treated"]

    one_fit = clock(linear, 7)
    print(f"\nlinearmodels, one fit:                                {1e3 * one_fit:8.2f} ms")
    print(
        f"  all re-assignments cost {ours_permuted / one_fit:.2f} (CRV1), "
        f"{ours_permuted3 / one_fit:.2f} (CRV3) fits"
    )
    if importlib.util.find_spec("pyfixest"):
        import pyfixest

        def peer_fit():
            return pyfixest.feols("y ~ treated | unit + year", frame, vcov={"CRV1": "province"})

        fitted = peer_fit()

        def peer_wild():
            return fitted.wildboottest(reps=9_999, param="treated", cluster="province", seed=1)

        seconds = clock(peer_wild, 3)
        print(f"pyfixest, wild bootstrap of a fitted model:           {1e3 * seconds:8.2f} ms")
        print(f"  ratio {seconds / ours_wild:,.0f};  p {peer_wild()['Pr(>|t|)']:.4f}")
        seconds = clock(lambda: fitted.vcov({"CRV3": "province"}), 3)
        print(f"pyfixest, CRV3 of a fitted model:                     {1e3 * seconds:8.2f} ms")
        print(f"  ratio {seconds / ours_crv:,.0f}")
    else:
        print("pyfixest is not installed: no ratio")
    if importlib.util.find_spec("wildboottest"):
        from wildboottest.wildboottest import WildboottestCL

        # Spared the unit dummies, which lie within clusters: its best case.
        swept = frame.assign(
            y=frame["y"] - frame.groupby("unit")["y"].transform("mean"),
            treated=frame["treated"] - frame.groupby("unit")["treated"].transform("mean"),
        )
        for label, dummies in (
            ("unit effects swept out beforehand", swept),
            ("unit dummies", frame),
        ):
            x = [dummies["treated"], pd.get_dummies(frame["year"], drop_first=True, dtype=float)]
            if label == "unit dummies":
                x.append(pd.get_dummies(frame["unit"], prefix="u", dtype=float))
            else:
                year = x[1]
                x[1] = year - year.groupby(frame["unit"]).transform("mean")
            matrix = pd.concat(x, axis=1).to_numpy(dtype=float)
            select = np.zeros(matrix.shape[1])
            select[0] = 1.0

            def peer(matrix=matrix, outcome=dummies["y"], select=select):
                boot = WildboottestCL(
                    X=matrix,
                    Y=outcome.to_numpy(),
                    cluster=frame["province"],
                    R=select,
                    B=9_999,
                    seed=1,
                    parallel=False,
                )
                boot.get_scores(bootstrap_type="11", impose_null=True, adj=True, cluster_adj=True)
                boot.get_weights(weights_type="rademacher")
                boot.get_numer()
                boot.get_denom()
                boot.get_tboot()
                boot.get_vcov()
                boot.get_tstat()
                boot.get_pvalue(pval_type="two-tailed")
                return boot.pvalue

            seconds = clock(peer, 3)
            print(f"wildboottest, {label + ':':40}{1e3 * seconds:8.2f} ms")
            print(f"  ratio {seconds / ours_wild:,.0f};  p {float(np.squeeze(peer())):.4f}")
    else:
        print("wildboottest is not installed: no ratio")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "size", "coverage", "pretrend"])
    parser.add_argument("--draws", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS), choices=list(DESIGNS))
    given = parser.parse_args()
    if given.what == "speed":
        speed()
    elif given.what == "size":
        simulate(given.designs, given.draws, given.workers)
    elif given.what == "coverage":
        # A hypothesis lies in the interval if and only if its test does not reject.
        for spread in (0.0, 0.3):
            print(f"effect 0.4, standard deviation over provinces {spread}")
            simulate(given.designs, given.draws, given.workers, effect=0.4, spread=spread)
    else:
        pretrend(given.designs, given.draws, given.workers)


if __name__ == "__main__":
    main()
