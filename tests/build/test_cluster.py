"""Runs on a real Dask scheduler with workers of its own, on this machine."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from build_project import PUBLISH

from analysis.build import cluster
from analysis.build.errors import BuildError
from analysis.build.progress import Lines
from analysis.report import build_and_release

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals")
REPOSITORY = str(Path(__file__).resolve().parents[2])
SEEDS = list(range(6))


class Dask:
    """A scheduler and workers with one thread each, as processes."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes = []
        self.scheduler = self.start("scheduler", "--port", "0", "--scheduler-file", self.file)

    def start(self, what, *words, **variables):
        command = [
            sys.executable,
            "-m",
            "dask",
            what,
            "--host",
            "127.0.0.1",
            "--no-dashboard",
            *map(str, words),
        ]
        environment = {**os.environ, "PYTHONPATH": REPOSITORY, **variables}
        with (self.folder / f"{what}-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process

    def worker(self, **variables):
        wait_until(self.file.exists, "the scheduler file")
        words = (
            "--scheduler-file",
            self.file,
            "--nthreads",
            "1",
            "--no-nanny",
            "--local-directory",
            self.folder,
        )
        return self.start("worker", *words, **variables)

    def stop(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


@pytest.fixture
def dask(tmp_path):
    folder = tmp_path / "dask"
    folder.mkdir()
    dask = Dask(folder)
    yield dask
    dask.stop()


def sweep(project, code=""):
    draw = "import numpy as np\ndraw = np.random.default_rng(seed).normal(size=200).mean()\n"
    publish = PUBLISH.format(name="a", value="draw").replace('"a.value"', 'f"a.s{seed}"')
    project.notebook("a", code + draw + publish, entry=f"[notebook.sweep]\nseed = {SEEDS}")


def on_dask(project, dask, jobs=cluster.AHEAD):
    said = []
    executor = cluster.on_cluster(str(dask.file), project.workspace, said.append)
    build_and_release(project.workspace, Lines(io.StringIO()), jobs=jobs, executor=executor)
    return said


def files(project):
    """Everything a build leaves that is not a memory of its own."""
    kept = [*(project.root / "data/build").rglob("*"), project.root / "_variables.yml"]
    kept += (project.root / "reports/_generated").rglob("*")
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in kept
        # The release file names the version of this program too.
        if path.is_file() and "cache" not in path.parts and path.name not in (".lock", "release.json")
    }


@POSIX
def test_a_worker_is_killed_and_the_same_bytes_come_out(project, dask, tmp_path):
    flags, go = tmp_path / "flags", tmp_path / "go"
    flags.mkdir()
    wait = f"import os, pathlib, time\n(pathlib.Path({str(flags)!r}) / f'{{seed}}-{{os.getpid()}}').touch()\n"
    wait += f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)\n"
    sweep(project, wait)
    killed, _ = dask.worker(), dask.worker()
    wait_until(lambda: len(dask_workers(dask)) == 2, "two workers")
    ended = []
    run = threading.Thread(target=lambda: ended.append(on_dask(project, dask)), daemon=True)
    run.start()
    wait_until(lambda: len(list(flags.iterdir())) == 2, "a run on either worker")
    killed.kill()
    killed.wait()
    go.touch()
    run.join(timeout=120)
    assert any("2 Dask workers" in line for line in ended[0])
    started = [path.name.partition("-")[0] for path in flags.iterdir()]
    assert sorted(set(started)) == [str(seed) for seed in SEEDS]
    assert len(started) == len(SEEDS) + 1  # the run of the killed worker was done again
    found = files(project)
    assert not list((project.root / "data/build/tmp").iterdir())
    for jobs in (1, 2, 4):
        project.analysis("clean")
        outcome = project.analysis("build", "--jobs", str(jobs))
        assert outcome.returncode == 0, outcome.stderr
        assert files(project) == found, f"{jobs} workers here give other bytes"


def dask_workers(dask):
    from distributed import Client

    wait_until(dask.file.exists, "the scheduler file")
    with Client(scheduler_file=str(dask.file), set_as_default=False, timeout=30) as client:
        return client.ncores()


@POSIX
def test_the_command_and_what_a_worker_must_have_in_common(project, dask, tmp_path, monkeypatch):
    sweep(project)
    dask.worker()
    first = project.analysis("build", "--scheduler", str(dask.file), "--only", "a[seed=1]")
    assert first.returncode == 0, first.stderr
    assert "1 Dask workers, 1 runs at the same time" in first.stdout
    assert len(project.runs("a")) == 1
    # Nothing due: no scheduler is needed.
    again = project.analysis("build", "--scheduler", "tcp://127.0.0.1:1", "--only", "a[seed=1]")
    assert again.returncode == 0, again.stderr
    # A worker that sees another disk, other packages or other data does no run.
    real = cluster.expectation
    for change, says in (
        ({"root": tmp_path / "elsewhere"}, "does not see"),
        ({"packages": {"numpy": "0.1"}}, "package numpy is .*, expected 0.1"),
        ({"python": "2.7"}, "expected 2.7"),
        ({"program": "old"}, "another version of this program: restart"),
        ({"files": "other"}, "the files in .* are not the same there"),
    ):
        monkeypatch.setattr(
            cluster, "expectation", lambda workspace, change=change: changed(real(workspace), change)
        )
        # The folder as the builder sees it is the one the worker does not have.
        if "root" in change:
            monkeypatch.setattr(cluster, "_token_path", lambda expected: tmp_path / "here" / expected.token)
        with pytest.raises(BuildError, match=says):
            on_dask(project, dask)
        monkeypatch.undo()
    assert len(project.runs("a")) == 1


def changed(expected, change):
    from dataclasses import replace

    return replace(expected, **change)


def test_a_worker_that_joined_later_is_asked_before_its_first_run(project, tmp_path):
    expected = cluster.expectation(project.workspace)
    with pytest.raises(cluster.ClusterError, match=r"a worker on .*: it does not see"):
        cluster._checked(lambda job: "done", None, expected)
    path = cluster._token_path(expected)
    path.parent.mkdir(parents=True)
    path.write_text(expected.token)
    assert cluster._checked(lambda job: "done", None, expected) == "done"


@pytest.mark.parametrize(
    ("scheduler", "says"),
    [
        ("nergens.json", "neither an address such as tcp://host:8786 nor a file"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_a_scheduler_that_is_not_there(project, monkeypatch, scheduler, says):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    project.notebook("a")
    with pytest.raises(BuildError, match=says):
        build_and_release(
            project.workspace, Lines(io.StringIO()), executor=cluster.on_cluster(scheduler, project.workspace)
        )


def test_what_is_published_is_awaited_where_a_network_disk_lags(project, built):
    """A folder that another machine made may show itself a moment later."""
    from concurrent.futures import ThreadPoolExecutor

    class Lagging(ThreadPoolExecutor):
        lag_seconds = 10.0

        def submit(self, function, job):
            def run(job):
                outcome = function(job)
                folder = project.root / "data/build/runs" / job.notebook / job.key
                folder.rename(tmp := folder.with_name("unseen"))
                threading.Timer(0.5, tmp.rename, (folder,)).start()
                return outcome

            return super().submit(run, job)

    project.notebook("a")
    assert built(project, executor=Lagging).released is not None


def test_the_same_run_published_twice_stays_as_it_was_first(project, built):
    from analysis.build.plan import make_plan
    from analysis.build.schedule import make_job
    from analysis.build.worker import execute

    project.notebook("a")
    plan = make_plan(project.workspace)
    job = make_job(plan, plan.runs["a"])
    assert execute(job).failure is None
    before = (project.runs("a")[0] / "run.json").stat().st_ino
    assert execute(job).failure is None
    assert (project.runs("a")[0] / "run.json").stat().st_ino == before
    assert not list((project.root / "data/build/tmp").iterdir())
