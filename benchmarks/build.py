"""How quick the build is beside its alternatives: ratios measured side by side in one run.

    python benchmarks/build.py [--jobs 2] [--rounds 3] [--real 24] [--trivial 40] [--flat 5000]
                                  [--kernels 500] [--snakemake .../bin/snakemake]
                                  [--only sweep nothing flat report]

sweep    The same notebook is swept in several ways on the same number of workers: this build with each way
         to start kernels and without kernels, stock papermill in a process pool, a plain script a run, and
         Snakemake that runs papermill. A round measures all ways in turn; printed is the median.
nothing  The whole command when every run was done before.
flat     Many runs: how many failed, and whether time a run and memory of the parent stay the same.
report   This repository's report after a figure was restyled, a sentence changed, and one code cell of one
         notebook, notebook by notebook, in a copy of the repository; wall clock and processor time.

Snakemake is not among the pinned packages: install it in an environment of its own and name its program.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from build_project import Project

from analysis.build.build import build
from analysis.build.errors import BuildError
from analysis.build.plan import make_plan
from analysis.build.progress import Lines
from analysis.build.schedule import run_all
from analysis.results import Result, write_rows
from analysis.workspace import Workspace

PARAMETERS = "seed = 1"
TRIVIAL = """\
from analysis.results import Result, publish
publish(Result(id=f"a.s{seed}", label="Waarde", value=float(seed), unit="", kind="fact", source="bron"))
"""
REAL = """\
import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS

from analysis.results import Result, Series, publish

rng = np.random.default_rng(seed)
index = pd.MultiIndex.from_product([range(342), range(2017, 2027)], names=["municipality", "year"])
frame = pd.DataFrame({"y": rng.normal(size=len(index)), "d": rng.integers(0, 2, len(index))}, index=index)
model = PanelOLS.from_formula("y ~ d + EntityEffects + TimeEffects", frame)
fit = model.fit(cov_type="clustered", cluster_entity=True)
value, se = fit.params["d"], fit.std_errors["d"]
means = frame.groupby("year", as_index=False)["y"].mean()
publish(
    Result(f"a.s{seed}", "Effect", value, "", "fact", "bron", se=se, n=len(frame)),
    Series(f"a.s{seed}.jaren", "Gemiddelde per jaar", "", "fact", "bron", means, measures=("y",)),
)
"""
# What was edited; where, what stood there, and what stands there now.
EDITS = (
    ("five figures restyled", "analysis/figures/forest.py", "else 2, zorder", "else 2.2, zorder"),
    ("one figure restyled", "analysis/figures/shrinkage.py", "linewidth=1.6 +", "linewidth=1.8 +"),
    ("a sentence changed", "reports/_kenniskloof.qmd", "beschrijft het verschil", "beschrijft dat verschil"),
)


def main() -> None:
    options = _options()
    print(f"{options.jobs} workers; medians of {options.rounds} rounds; python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        if "sweep" in options.only:
            for name, code, runs in (("real", REAL, options.real), ("trivial", TRIVIAL, options.trivial)):
                if runs:
                    compare_ways(Path(folder) / name, name, code, runs, options)
        if "nothing" in options.only:
            nothing_due(Path(folder) / "nothing", options)
        if "flat" in options.only:
            flat(Path(folder) / "flat", options.flat, options.jobs, keep=False)
            flat(Path(folder) / "kernels", options.kernels, options.jobs, keep=True)
        if "report" in options.only:
            one_changed(Path(folder) / "report", options)


def compare_ways(root: Path, name: str, code: str, runs: int, options: argparse.Namespace) -> None:
    ways: dict[str, Callable[[Project, int], None]] = {
        "this build": ours,
        "this build, spare": lambda project, jobs: ours(project, jobs, kernels="spare"),
        "this build, stock": lambda project, jobs: ours(project, jobs, kernels="stock"),
        "this build, no kernels": ours,
        "stock papermill": papermill_pool,
        "plain scripts": scripts,
    }
    if options.snakemake:
        ways["snakemake"] = lambda project, jobs: snakemake(project, jobs, options.snakemake)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(options.rounds):
        for way, run in ways.items():
            project = Project(root / f"{number}-{len(seconds[way])}-{abs(hash(way))}")
            sweep(project, code, runs, keep=way != "this build, no kernels")
            started = time.perf_counter()
            run(project, options.jobs)
            seconds[way].append(time.perf_counter() - started)
            shutil.rmtree(project.root)
    medians = {way: statistics.median(found) for way, found in seconds.items()}
    print(f"\n{name} notebook, {runs} runs")
    for way, median in medians.items():
        ratio = median / medians["this build"]
        print(f"  {way:<24} {runs / median:7.2f} runs/s   {ratio:5.2f} times the time of this build")


def sweep(project: Project, code: str, runs: int, keep: bool = True) -> None:
    lock = Path(__file__).resolve().parents[1] / "requirements.lock"
    project.write(lock.name, lock.read_text(encoding="utf-8"))
    entry = "" if keep else "keep_notebook = false\n"
    entry += f"[notebook.sweep]\nseed = {list(range(1, runs + 1))}"
    project.notebook("a", code, parameters=PARAMETERS, entry=entry)


def ours(project: Project, jobs: int, kernels: str = "auto") -> None:
    plan = make_plan(project.workspace)
    outcomes = run_all(plan, plan.runs.values(), Lines(io.StringIO()), slots=jobs, kernels=kernels)
    failed = [outcome for outcome in outcomes if outcome.failure]
    if failed:
        raise BuildError(str(failed[0]))


def papermill_pool(project: Project, jobs: int) -> None:
    seeds = [run.values["seed"] for run in make_plan(project.workspace).runs.values()]
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_quiet) as pool:
        list(pool.map(_papermill, [str(project.root)] * len(seeds), seeds))


def _quiet() -> None:
    """Stock kernels say at every start that they listen on TCP."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _papermill(root: str, seed: int) -> None:
    import papermill

    os.environ.update(_variables(root, seed))
    source = Path(root) / "notebooks" / "a.ipynb"
    target = Path(root) / f"out-{seed}.ipynb"
    for attempt in range(3):  # a start-up failure now and then is the known state of affairs
        try:
            papermill.execute_notebook(source, target, {"seed": seed}, progress_bar=False)
            return
        except RuntimeError:
            if attempt == 2:
                raise


def scripts(project: Project, jobs: int) -> None:
    seeds = [run.values["seed"] for run in make_plan(project.workspace).runs.values()]
    code = REAL if "PanelOLS" in (project.root / "notebooks" / "a.ipynb").read_text() else TRIVIAL

    def run(seed: int) -> None:
        path = project.write(f"script-{seed}.py", f"seed = {seed}\n{code}")
        variables = {**os.environ, **_variables(str(project.root), seed)}
        subprocess.run([sys.executable, str(path)], env=variables, check=True, stdout=subprocess.DEVNULL)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, seeds))


SNAKEFILE = """\
rule all:
    input: expand("out/{{seed}}.ipynb", seed={seeds})

rule run:
    input: "notebooks/a.ipynb"
    output: "out/{{seed}}.ipynb"
    shell: "{python} -m papermill --no-progress-bar {{input}} {{output}} -p seed {{wildcards.seed}}"
"""


def snakemake(project: Project, jobs: int, program: str, check: str = "") -> None:
    """The sweep as a Snakefile; what it says must hold `check`."""
    seeds = [run.values["seed"] for run in make_plan(project.workspace).runs.values()]
    project.write("Snakefile", SNAKEFILE.format(seeds=seeds, python=sys.executable))
    variables = {**os.environ, **_variables(str(project.root), 0)}
    outcome = subprocess.run(
        # Where another took the port a kernel fails at its start; the pool of papermill may try again too.
        [program, "--cores", str(jobs), "--nolock", "--retries", "2"],
        env=variables | {"XDG_CACHE_HOME": str(project.root / "cache")},
        cwd=project.root,
        capture_output=True,
        text=True,
    )
    if outcome.returncode or check not in outcome.stderr:
        raise BuildError(outcome.stderr)


def _variables(root: str, seed: int) -> dict[str, str]:
    output = Path(root) / "out" / str(seed)
    output.mkdir(parents=True, exist_ok=True)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    package = str(Path(__file__).resolve().parents[1])
    return (
        Workspace(Path(root), Path(root) / "data/real", output).environment()
        | threads
        | {"PYTHONPATH": package}
    )


def nothing_due(root: Path, options: argparse.Namespace) -> None:
    """The whole command, in a process of its own, when every run was done before."""
    print("\na build in which nothing is due")
    for runs in (20, 200, 2000):
        project = Project(root / str(runs))
        sweep(project, TRIVIAL, runs)
        plan = make_plan(project.workspace)
        for run in plan.runs.values():
            folder = plan.store.begin("a", run.key)
            row = Result(f"a.s{run.values['seed']}", "Waarde", 1.0, "", "fact", "bron")
            write_rows([row], folder / "results.csv")
            plan.store.publish(folder, "a", run.key, {"label": run.label}, run.inputs)
        build(project.workspace, Lines(io.StringIO()), say=lambda line: None)
        found = [_timed(partial(_idle, project)) for _ in range(5)]
        line = f"  {runs:5d} runs {statistics.median(found):6.2f} s"
        if options.snakemake:
            for seed in range(1, runs + 1):
                project.write(f"out/{seed}.ipynb", "{}")
            other = statistics.median(
                _timed(partial(snakemake, project, options.jobs, options.snakemake, "Nothing to be"))
                for _ in range(3)
            )
            line += f"   snakemake {other:6.2f} s, {other / statistics.median(found):.1f} times"
        print(line)


def _idle(project: Project) -> None:
    outcome = project.analysis("build")
    if not outcome.stdout.startswith("0 run,"):
        raise BuildError(outcome.stdout + outcome.stderr)


def _timed(action: Callable[[], None]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def flat(root: Path, runs: int, jobs: int, *, keep: bool) -> None:
    """Seconds a run and memory of this process, in a first and a last part of one sweep."""
    project = Project(root)
    sweep(project, TRIVIAL, runs, keep=keep)
    plan = make_plan(project.workspace)
    watch = _Watch()
    run_all(plan, plan.runs.values(), watch, slots=jobs)
    part = len(watch.times) // 5
    first = (watch.times[2 * part - 1] - watch.times[part]) / part
    last = (watch.times[-1] - watch.times[-part]) / part
    print(f"\n{len(watch.times)} runs {'in' if keep else 'without'} kernels: {watch.failed} failed")
    print(f"  time a run, last fifth against second fifth   {last / first:5.2f}")
    if watch.memory:
        megabytes = [pages * os.sysconf("SC_PAGE_SIZE") / 1e6 for pages in watch.memory]
        start, end = megabytes[part], megabytes[-1]
        print(f"  memory of the parent, end against first fifth {end / start:5.2f}")
        print(f"  from {start:.0f} MB, and {1e3 * (end - start) / (4 * part):.1f} kB a run")


def one_changed(root: Path, options: argparse.Namespace) -> None:
    """``report`` in a copy of this repository after an edit: of :data:`EDITS`, or a remark in a code cell."""
    repository = Path(__file__).resolve().parents[1]
    committed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=True)
    for name in committed.stdout.decode().rstrip("\0").split("\0"):
        if (repository / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(repository / name, root / name)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANALYSIS_")}
    command = [
        sys.executable,
        "-m",
        "analysis",
        "report",
        "--jobs",
        str(options.jobs),
        "--engine",
        "embedded",
    ]

    def report() -> None:
        subprocess.run(command, cwd=root, env=clean, check=True, stdout=subprocess.DEVNULL)

    print("\nthe report of this repository           wall    processor")
    print(f"  from nothing                 {_both_clocks(report)}")
    print(f"  nothing changed              {_both_clocks(report)}")
    for told, name, old, new in EDITS:
        path = root / name
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{name} holds no {old!r} any more: put the edit right")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        print(f"  {told:<28} {_both_clocks(report)}")
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        content = json.loads(path.read_text(encoding="utf-8"))
        cell = next(cell for cell in reversed(content["cells"]) if cell["cell_type"] == "code")
        cell["source"] = ["# changed\n", *cell["source"]]
        path.write_text(json.dumps(content), encoding="utf-8")
        print(f"  {path.stem:<28} {_both_clocks(report)}")


def _both_clocks(action: Callable[[], None]) -> str:
    """Seconds that pass, and seconds of processor time of the processes that `action` waits for."""
    before = os.times()
    seconds = _timed(action)
    after = os.times()
    used = sum(getattr(after, name) - getattr(before, name) for name in ("children_user", "children_system"))
    return f"{seconds:6.1f} s {used:8.1f} s"


class _Watch(Lines):
    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.times: list[float] = []
        self.memory: list[int] = []
        self.failed = 0

    def finished(self, outcome) -> None:
        self.times.append(time.perf_counter())
        self.failed += outcome.failure is not None
        statm = Path("/proc/self/statm")
        if statm.exists():
            self.memory.append(int(statm.read_text().split()[1]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--real", type=int, default=24, help="runs of the real notebook")
    parser.add_argument("--trivial", type=int, default=40, help="runs of the trivial notebook")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--flat", type=int, default=5000, help="runs without a kernel, in one go")
    parser.add_argument("--kernels", type=int, default=500, help="runs in kernels, in one go")
    parser.add_argument("--snakemake", help="its program")
    parts = ("sweep", "nothing", "flat", "report")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    return parser.parse_args()


if __name__ == "__main__":
    main()
