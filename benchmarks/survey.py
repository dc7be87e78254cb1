"""Survey engine beside its peers: ratios, parity and memory, measured in one run.

    python benchmarks/survey.py                  speed, parity, memory
    python benchmarks/survey.py --coverage 2000  coverage of intervals on twins as well

Run it with a Python that has the optional peers (extra ``peers``) to compare with svy.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.estimate.survey import (
    ReplicateDesign,
    correlation,
    difference,
    mean,
    quantile,
    regression,
    share_at_or_above,
    standard_deviation,
    with_interval,
)

PUPILS, COUNTRIES, ZONES, VALUES, REGRESSORS = 80_000, 22, 75, 5, 5


def simulated(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Pupils of 22 countries, two groups in each."""
    country = rng.integers(0, COUNTRIES, PUPILS)
    regressors = rng.normal(size=(PUPILS, REGRESSORS))
    level = 500 + 10 * country[:, None] / COUNTRIES + 80 * rng.normal(size=(PUPILS, 1))
    return {
        "country": country,
        "group": country * 2 + rng.integers(0, 2, PUPILS),
        "zone": rng.integers(1, ZONES + 1, PUPILS),
        "rep": rng.integers(0, 2, PUPILS),
        "weight": rng.lognormal(3.0, 0.5, PUPILS),
        "regressors": regressors,
        "values": level + regressors[:, :1] * 20 + 30 * rng.normal(size=(PUPILS, VALUES)),
    }


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median time of `call` after one call to warm up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def times_slower(peer: Callable[[], object], own: Callable[[], object], rounds: int) -> float:
    """How many times the time of `own` `peer` takes: median over rounds that measure both in turn."""
    return statistics.median(seconds(peer, 1) / seconds(own, 15) for _ in range(rounds))


def replicate_weights(data: dict[str, np.ndarray]) -> np.ndarray:
    """All replicate weights as a matrix (n, 75), which the engine itself never makes."""
    inside = data["zone"][:, None] == np.arange(1, ZONES + 1)
    return data["weight"][:, None] * np.where(inside, 2.0 * data["rep"][:, None], 1.0)


def loop_means(data: dict[str, np.ndarray], replicates: np.ndarray) -> pd.DataFrame:
    """Means by group as the manuals write them: a loop over plausible values, groups and replicates."""
    rows = []
    for group in np.unique(data["group"]):
        inside = data["group"] == group
        values, weight, parts = data["values"][inside], data["weight"][inside], replicates[inside]
        full = [np.average(values[:, m], weights=weight) for m in range(VALUES)]
        sampling = [
            sum((np.average(values[:, m], weights=parts[:, r]) - full[m]) ** 2 for r in range(ZONES))
            for m in range(VALUES)
        ]
        rows.append((np.mean(full), np.sqrt(np.mean(sampling) + (1 + 1 / VALUES) * np.var(full, ddof=1))))
    return pd.DataFrame(rows, columns=["estimate", "se"])


def loop_lstsq(data: dict[str, np.ndarray], replicates: np.ndarray) -> pd.DataFrame:
    """A regression by numpy.linalg.lstsq for every plausible value and replicate."""
    matrix = np.column_stack([np.ones(PUPILS), data["regressors"]])

    def fit(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
        root = np.sqrt(weight)
        return np.linalg.lstsq(matrix * root[:, None], values * root, rcond=None)[0]

    full = np.array([fit(data["values"][:, m], data["weight"]) for m in range(VALUES)])
    sampling = np.zeros_like(full)
    for m in range(VALUES):
        for r in range(ZONES):
            sampling[m] += (fit(data["values"][:, m], replicates[:, r]) - full[m]) ** 2
    total = sampling.mean(axis=0) + (1 + 1 / VALUES) * full.var(axis=0, ddof=1)
    return pd.DataFrame({"estimate": full.mean(axis=0), "se": np.sqrt(total)})


def svy_means(data: dict[str, np.ndarray], replicates: np.ndarray) -> Callable[[], pd.DataFrame]:
    """The means by svy, one call a plausible value; the frame is prepared outside the clock."""
    import polars as pl
    import svy

    columns = {"group": data["group"], "w": data["weight"]}
    columns |= {f"pv{m + 1}": data["values"][:, m] for m in range(VALUES)}
    columns |= {f"rw{r + 1}": replicates[:, r] for r in range(ZONES)}
    weights = svy.JackknifeWgts(prefix="rw", n_reps=ZONES, df=ZONES, scale=1.0)
    sample = svy.Sample(pl.DataFrame(columns), svy.Design(wgt="w", rep_wgts=weights))

    def call() -> pd.DataFrame:
        full, sampling = [], []
        for m in range(VALUES):
            found = sample.estimation.mean(
                f"pv{m + 1}", by="group", method="replication", variance_center="estimate"
            )
            parts = sorted(found.estimates, key=lambda part: float(part.by_level[0]))
            full.append([part.est for part in parts])
            sampling.append([part.se**2 for part in parts])
        full, sampling = np.array(full), np.array(sampling)
        total = sampling.mean(axis=0) + (1 + 1 / VALUES) * full.var(axis=0, ddof=1)
        return pd.DataFrame({"estimate": full.mean(axis=0), "se": np.sqrt(total)})

    return call


def apart(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Largest relative difference in estimate and standard error."""
    return max(float(np.max(np.abs(one[name] / other[name].to_numpy() - 1))) for name in ("estimate", "se"))


def speed(data: dict[str, np.ndarray]) -> None:
    design = ReplicateDesign.jk2(data["weight"], data["zone"], data["rep"])
    replicates = replicate_weights(data)
    print(f"{PUPILS:,} pupils, {ZONES} replicates, {VALUES} plausible values\n")

    def means() -> pd.DataFrame:
        return mean(data["values"], design, by=data["group"])

    ours = means()
    print(f"means of 44 groups: {1000 * seconds(means, 15):.1f} ms")
    loop = loop_means(data, replicates)
    print(f"  loop over replicates   x {times_slower(lambda: loop_means(data, replicates), means, 1):8.0f}   "
          f"largest relative difference {apart(ours, loop):.1e}")  # fmt: skip
    try:
        peer = svy_means(data, replicates)
    except ImportError:
        print("  svy                      not installed (extra `peers`)")
    else:
        print(f"  svy                    x {times_slower(peer, means, 9):8.0f}   "
              f"largest relative difference {apart(ours, peer()):.1e}")  # fmt: skip

    def fit() -> pd.DataFrame:
        return regression(data["values"], design, data["regressors"])

    ours = fit()
    print(f"regression on {REGRESSORS} variables: {1000 * seconds(fit, 15):.1f} ms")
    loop = loop_lstsq(data, replicates)
    print(f"  loop over lstsq        x {times_slower(lambda: loop_lstsq(data, replicates), fit, 1):8.0f}   "
          f"largest relative difference {apart(ours, loop):.1e}")  # fmt: skip


def everything(data: dict[str, np.ndarray]) -> None:
    """All statistics of 22 countries: time and peak memory beyond the data."""
    values, by = data["values"], data["country"]
    side = data["group"] % 2

    def call() -> None:
        design = ReplicateDesign.jk2(data["weight"], data["zone"], data["rep"])
        mean(values, design, by=by)
        standard_deviation(values, design, by=by)
        difference(values, design, group=side, minuend=1, subtrahend=0, by=by)
        share_at_or_above(values, design, [311, 395, 479, 563], by=by)
        correlation(values, data["regressors"][:, 0], design, by=by)
        regression(values, design, data["regressors"], by=by)
        quantile(values, design, [0.05, 0.25, 0.5, 0.75, 0.95], by=by)

    took = seconds(call, 3)
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"\n{COUNTRIES} countries, {PUPILS:,} pupils: {took:.2f} s, {peak / 2**20:.0f} MB beyond the data")
    print("  for mean, SD, difference, four levels, correlation, regression and five quantiles by country")


def memory(rng: np.random.Generator) -> None:
    """Peak memory of a mean as the number of replicates grows."""
    n = 40_000
    values, weight = rng.normal(size=(n, VALUES)), rng.lognormal(size=n)
    print("\npeak memory of a mean, MB beyond the data")
    for count in (75, 300, 1200):
        zone = rng.integers(1, count + 1, n)
        design = ReplicateDesign.jk2(weight, zone, rng.integers(0, 2, n))
        print(f"  jackknife, {count:5d} replicates  {_peak(lambda d=design: mean(values, d)):6.1f}")
    for count in (80, 320):
        design = ReplicateDesign.brr(weight, weight[:, None] * rng.choice([0.5, 1.5], (n, count)))
        print(f"  Fay,       {count:5d} replicates  {_peak(lambda d=design: mean(values, d)):6.1f}")
        print(f"   its median                    {_peak(lambda d=design: quantile(values, d, 0.5)):6.1f}")


def _peak(call: Callable[[], object]) -> float:
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def coverage(draws: int) -> None:
    """How often the interval holds the truth of the twin of ICCS 2022."""
    from analysis.design.gap import gap_design
    from analysis.estimate.decomposition import decompose
    from analysis.estimate.gap import adjusted_difference, standardised_difference
    from analysis.sources.iccs_contract import PV_COLUMNS
    from analysis.synthetic.iccs import civic_truth, civic_twin

    design = gap_design()
    truth = civic_truth(design.twin)
    planted = {
        "mean": truth.mean,
        "gap": truth.gap,
        "gap in SD": truth.gap / truth.sd,
        "adjusted gap": truth.gap_adjusted,
        "explained, vmbo": truth.gap - truth.gap_adjusted,
        "unexplained, vwo": truth.gap_adjusted,
    }
    rows = []
    for seed in range(draws):
        frame = civic_twin(design.twin, seed=seed).frame
        survey = ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"])
        values, covariates = frame[list(PV_COLUMNS)], frame[list(design.adjusted_for)]
        groups = {"group": frame["track"], "minuend": design.minuend, "subtrahend": design.subtrahend}
        parts = decompose(values, survey, covariates=covariates, **groups)
        found = with_interval(
            pd.concat(
                [
                    mean(values, survey),
                    difference(values, survey, **groups),
                    standardised_difference(values, survey, **groups),
                    adjusted_difference(values, survey, covariates=covariates, **groups).iloc[[1]],
                    parts.query("reference == 'vmbo' and component == 'explained' and term == 'total'"),
                    parts.query("reference == 'vwo' and component == 'unexplained'"),
                ]
            )
        )
        rows.append(found[["estimate", "se", "low", "high"]].to_numpy())
    rows = np.array(rows)
    print(f"\n{draws} twins of ICCS 2022")
    print(f"{'':18s} {'truth':>8s} {'bias':>7s} {'spread':>7s} {'mean se':>7s} {'coverage':>9s}")
    for k, (name, value) in enumerate(planted.items()):
        estimate, se, low, high = rows[:, k].T
        inside = np.mean((low <= value) & (value <= high))
        print(f"{name:18s} {value:8.2f} {np.mean(estimate) - value:7.2f} {estimate.std(ddof=1):7.2f} "
              f"{np.sqrt(np.mean(se**2)):7.2f} {100 * inside:8.1f}%")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--coverage", type=int, default=0, metavar="DRAWS", help="twins to draw")
    arguments = parser.parse_args()
    rng = np.random.default_rng(2022)
    data = simulated(rng)
    speed(data)
    everything(data)
    memory(rng)
    if arguments.coverage:
        coverage(arguments.coverage)


if __name__ == "__main__":
    main()
