"""Difference-in-differences estimators: speed beside peers, cost by rows, recovery of the twins' truth.

Run from the repository::

    python benchmarks/did.py speed       # ratios against whatever peers are installed, in one run
    python benchmarks/did.py scaling     # seconds and memory from 1e4 to 1e7 rows
    python benchmarks/did.py recovery    # bias, spread and coverage on the twins of the roll-out

``--rows`` sets the sizes of ``speed``, ``--draws`` the panels of ``recovery``. Every repetition runs all
programs in turn on the same data, so that a busy machine slows all alike; medians are shown. Set
``OMP_NUM_THREADS=1``.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.util
import io
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from linearmodels import PanelOLS

from analysis.design.rollout import rollout
from analysis.estimate.did import (
    cluster_jackknife,
    dose_response,
    group_time_att,
    imputation,
    sun_abraham,
    two_way_fe,
)
from analysis.synthetic.rollout import rollout_twin

PERIODS = 10
NAMES = {"unit": "unit", "time": "year", "cohort": "cohort", "outcome": "y"}
PEER_NAMES = {"unit": "unit", "time": "year", "first_treat": "first", "outcome": "y"}
DID_NAMES = {"yname": "y", "tname": "year", "idname": "unit", "gname": "first"}


def panel(rows: int, seed: int = 1) -> pd.DataFrame:
    """Units by ten years, three cohorts and never-treated, sorted by unit and year."""
    rng = np.random.default_rng(seed)
    units = rows // PERIODS
    start = rng.choice([np.nan, 2020.0, 2022.0, 2024.0], size=units)
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), PERIODS),
            "year": np.tile(np.arange(2017, 2017 + PERIODS), units),
            "cohort": np.repeat(start, PERIODS),
        }
    )
    frame["first"] = frame["cohort"].fillna(0).astype(int)
    frame["d"] = (frame["year"] >= frame["cohort"]).astype(float)
    frame["province"] = frame["unit"] % 12
    frame["y"] = rng.normal(size=units)[frame["unit"]] + rng.normal(size=len(frame)) + frame["d"]
    return frame


def quiet(run: Callable) -> Callable:
    def wrapped(*arguments):
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return run(*arguments)

    return wrapped


def has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def group_time_programs() -> dict[str, Callable]:
    """Group-time effects with analytic errors; never-treated controls, no covariates."""
    programs = {"analysis": lambda f: group_time_att(f, **NAMES).table}
    if has("diff_diff"):
        from diff_diff import CallawaySantAnna

        programs["diff-diff"] = lambda f: CallawaySantAnna().fit(f, **PEER_NAMES)
    if has("moderndid"):
        import moderndid

        programs["moderndid"] = lambda f: moderndid.att_gt(f, boot=False, **DID_NAMES)
    if has("csdid"):
        from csdid.att_gt import ATTgt

        programs["csdid"] = lambda f: ATTgt(data=f, xformla="y~1", **DID_NAMES).fit(
            est_method="reg", bstrap=False
        )
    return programs


def saturated(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    cells = [
        (g, t) for g in sorted(frame["cohort"].dropna().unique()) for t in sorted(frame["year"].unique())
    ]
    cells = [(g, t) for g, t in cells if t != g - 1]
    columns = {
        f"d{i}": ((frame["cohort"] == g) & (frame["year"] == t)).astype(float)
        for i, (g, t) in enumerate(cells)
    }
    return pd.concat([frame, pd.DataFrame(columns)], axis=1), list(columns)


def saturated_programs() -> dict[str, Callable]:
    """The saturated regression of Sun & Abraham, clustered by unit; dummies are made outside the clock."""
    programs = {"analysis": lambda f, columns: sun_abraham(f, **NAMES).table}
    if has("pyfixest"):
        import pyfixest

        programs["pyfixest"] = lambda f, columns: pyfixest.feols(
            f"y ~ {' + '.join(columns)} | unit + year", f, vcov={"CRV1": "unit"}
        )

    def linear(f, columns):
        indexed = f.set_index(["unit", "year"])
        model = PanelOLS(indexed["y"], indexed[columns], entity_effects=True, time_effects=True)
        return model.fit(cov_type="clustered", cluster_entity=True)

    programs["linearmodels"] = linear
    return programs


def two_way_programs() -> dict[str, Callable]:
    """Static two-way fixed effects, clustered by province."""
    programs = {"analysis (linearmodels)": lambda f: two_way_fe(f, cluster="province", **NAMES)}
    if has("pyfixest"):
        import pyfixest

        programs["pyfixest"] = lambda f: pyfixest.feols("y ~ d | unit + year", f, vcov={"CRV1": "province"})
    return programs


def imputation_programs() -> dict[str, Callable]:
    """Imputation with conservative errors."""
    programs = {"analysis": lambda f: imputation(f, **NAMES).aggregate()}
    if has("diff_diff"):
        from diff_diff import ImputationDiD

        programs["diff-diff"] = lambda f: ImputationDiD().fit(f, **PEER_NAMES)
    return programs


def race(programs: dict[str, Callable], arguments: tuple, repeats: int) -> dict[str, float]:
    """Median seconds of each program; all take their turn in every repetition."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for repeat in range(repeats + 1):
        for name, run in programs.items():
            # A program that alters its frame must not change what the next one sees.
            own = tuple(a.copy() if isinstance(a, pd.DataFrame) else a for a in arguments)
            gc.collect()  # nobody pays for what the one before left behind
            start = time.perf_counter()
            quiet(run)(*own)
            if repeat:  # the first round warms up
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def show(title: str, times: dict[str, float]) -> None:
    ours = next(iter(times.values()))
    print(f"\n{title}")
    for name, value in times.items():
        print(f"  {name:24s} {1000 * value:12.2f} ms   x {value / ours:8.1f}")


def speed(rows: list[int]) -> None:
    for size in rows:
        frame = panel(size)
        repeats = 25 if size <= 10_000 else 3
        label = f"{len(frame):,} rows ({frame['unit'].nunique():,} units x {PERIODS})"
        programs = group_time_programs()
        show(f"group-time effects, {label}", race(programs, (frame,), repeats))
        shuffled = frame.sample(frac=1, random_state=1)
        alone = {name: run for name, run in programs.items() if name in ("analysis", "diff-diff")}
        show(f"the same, rows in random order, {label}", race(alone, (shuffled,), repeats))
        show(f"imputation, {label}", race(imputation_programs(), (frame,), repeats))
        show(f"saturated regression, {label}", race(saturated_programs(), saturated(frame), repeats))
        show(f"two-way fixed effects, {label}", race(two_way_programs(), (frame,), repeats))


def scaling() -> None:
    runs = {
        "group_time_att": lambda f: group_time_att(f, **NAMES).table,
        "  by province": lambda f: group_time_att(f, cluster="province", **NAMES).table,
        "  event study": lambda f: group_time_att(f, **NAMES).aggregate("event").table,
        "  unbalanced": lambda f: group_time_att(f.drop(index=f.index[3]), **NAMES).table,
        "imputation": lambda f: imputation(f, **NAMES).aggregate(),
        "sun_abraham": lambda f: sun_abraham(f, **NAMES).table,
    }
    sizes = [10_000, 100_000, 1_000_000, 10_000_000]
    print("seconds (and peak memory beyond the frame, bytes a row)")
    print(f"{'':18s}" + "".join(f"{size:>22,}" for size in sizes))
    for name, run in runs.items():
        cells = []
        for size in sizes:
            frame = panel(size)
            run(frame)
            seconds = []
            for _ in range(3):
                start = time.perf_counter()
                run(frame)
                seconds.append(time.perf_counter() - start)
            tracemalloc.start()
            run(frame)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            cells.append(f"{statistics.median(seconds):.4f} ({peak / size:.0f})")
        print(f"{name:18s}" + "".join(f"{cell:>22s}" for cell in cells), flush=True)


def recovery(draws: int) -> None:
    print(f"{draws} panels each; coverage of the 95% interval with t(11), clustered by province")
    for programme in ("prodemos", "tienskip"):
        design = rollout(programme)
        names = {
            "unit": "municipality",
            "time": "year",
            "cohort": "cohort",
            "outcome": design.outcome.name,
            "cluster": "province",
        }
        found: dict[str, list[tuple[float, float, bool]]] = {}
        for seed in range(draws):
            twin = rollout_twin(design, seed=seed)
            fits = {
                "two_way_fe": two_way_fe(twin.frame, **names),
                "group_time, never": group_time_att(twin.frame, control="never", **names).aggregate(),
                "group_time, not yet": group_time_att(twin.frame, control="not_yet", **names).aggregate(),
                "sun_abraham": sun_abraham(twin.frame, **names),
                "imputation": imputation(twin.frame, **names).aggregate(),
            }
            apart = {key: value for key, value in names.items() if key != "cluster"}
            for name, run in (("sun_abraham, jackknife", sun_abraham), ("imputation, jackknife", imputation)):
                fits[name] = cluster_jackknife(run, twin.frame, cluster="province", **apart)
            for name, fit in fits.items():
                low, high = fit.interval()
                row = (fit.estimate - twin.truth.att, fit.se, low <= twin.truth.att <= high)
                found.setdefault(name, []).append(row)
            if design.reach is not None:
                dose = design.reach.per_inhabitants * twin.frame["reached"] / twin.frame["inhabitants"]
                dosed, truth = twin.frame.assign(dose=dose), twin.truth.dose_slope
                fit = dose_response(dosed, dose="dose", **names)
                jackknife = cluster_jackknife(
                    dose_response, dosed, cluster="province", value="slope", dose="dose", **apart
                )
                for name, slope, se, (low, high) in (
                    ("dose slope", fit.slope, fit.slope_se, fit.slope_interval()),
                    ("dose slope, jackknife", jackknife.estimate, jackknife.se, jackknife.interval()),
                ):
                    found.setdefault(name, []).append((slope - truth, se, low <= truth <= high))
        print(f"\n{programme}: truth {rollout_twin(design).truth.att:.3f}")
        print(f"  {'':24s} {'bias':>8s} {'(mc)':>7s} {'sd':>7s} {'mean se':>8s} {'coverage':>9s}")
        for name, rows in found.items():
            error, se, covered = (np.array(column) for column in zip(*rows, strict=True))
            print(
                f"  {name:24s} {error.mean():8.3f} {error.std() / np.sqrt(draws):7.3f} {error.std():7.3f} "
                f"{se.mean():8.3f} {covered.mean():9.3f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "scaling", "recovery"])
    parser.add_argument("--rows", type=int, nargs="+", default=[3_420, 1_000_000])
    parser.add_argument("--draws", type=int, default=500)
    options = parser.parse_args()
    if options.what == "speed":
        speed(options.rows)
    elif options.what == "scaling":
        scaling()
    else:
        recovery(options.draws)


if __name__ == "__main__":
    main()
