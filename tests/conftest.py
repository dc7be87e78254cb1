"""One built report for all tests that look at it, whatever the number of test workers."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from build_project import Project
from repository import BUILD_LIMIT, REPOSITORY, run_analysis, shared_folder

from analysis.bytecode import keep_bytecode

keep_bytecode()  # for the commands that tests run, and on each worker
# Before numpy is loaded: threads of BLAS spin while they wait for work. On matrices as small as here that
# takes several times what the work does, and the tests occupy each core as it is.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Files that take longest begin first, so that no worker is left with one at the end. A file stays with one
# worker (`--dist loadfile` in pyproject.toml): what its fixtures make is made once.
LONGEST = (
    "render/test_render_factsheets.py",
    "test_end_to_end.py",
    "render/test_render_report.py",
    "build/test_build_failures.py",
    "test_cli.py",
    "build/test_launch.py",
    "build/test_cluster.py",
    "answers/test_answers_cases.py",
    "figures/test_every_figure.py",
    "sources/test_malformed.py",
    "build/test_build.py",
    "inference/test_answer.py",
    "render/test_render_browser.py",
    "privacy/test_plants.py",
    "render/test_render_attacks.py",
    "test_setup.py",
)


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what runs in its background, and so would all that the tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Long files first; among themselves and otherwise in the order in which they stand."""
    rank = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_make_parametrize_id(config, val, argname):
    """Bytes are named after their argument: with a clock in them (gzip) workers would disagree about ids."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def project(tmp_path):
    """An empty project."""
    return Project(tmp_path / "project")


@pytest.fixture
def built():
    """Build and release a project in this process; kernels are real, workers are threads."""
    from analysis.build.progress import Lines
    from analysis.report import build_and_release

    def run(project, **settings):
        settings.setdefault("executor", ThreadPoolExecutor)
        settings.setdefault("jobs", 2)
        return build_and_release(project.workspace, Lines(io.StringIO()), **settings)

    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with letters and real microdata; the test is skipped where it is not there."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"{folder.name}/ with letters and real microdata is not beside the repository")
    return folder


@pytest.fixture(scope="session")
def repository_copy(tmp_path_factory):
    """A function that copies the repository, as git would clone it with its edits, into a folder."""

    def copy(target: Path) -> Path:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
        )
        for name in listed.stdout.decode().split("\0"):
            source = REPOSITORY / name
            if name and source.is_file():
                destination = target / name
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, destination)
        return target

    return copy


@pytest.fixture(scope="session")
def repository_package():
    """A function that copies the package into a folder, so that a test can change its code."""

    def copy(target: Path) -> Path:
        return shutil.copytree(REPOSITORY / "analysis", target, ignore=shutil.ignore_patterns("__pycache__"))

    return copy


@pytest.fixture(scope="session")
def report(tmp_path_factory, worker_id, repository_copy) -> Path:
    """The root of a copy of the repository in which ``python -m analysis report`` has run.

    Runs, drawings and renderings that stand in ``data/build`` are taken along: their keys say whether they
    still hold.
    """
    base = tmp_path_factory.getbasetemp()
    shared_base = base if worker_id == "master" else base.parent
    root, done = shared_base / "report", shared_base / "report-done"
    try:
        root.mkdir()
    except FileExistsError:
        return _wait_for(root, done)
    message = "the report was not built"
    try:
        repository_copy(root)
        build = Path("data", "build")
        for name in ("runs", "drawn", "cache/rendered"):
            if (REPOSITORY / build / name).is_dir():
                shutil.copytree(REPOSITORY / build / name, root / build / name)
        outcome = run_analysis(root, "report", "--engine", "embedded")
        message = "" if outcome.returncode == 0 else f"{outcome.stdout}\n{outcome.stderr}"
    finally:
        half = done.with_suffix(".half")
        half.write_text(message)
        half.rename(done)
    return _wait_for(root, done)


def _wait_for(root: Path, done: Path) -> Path:
    deadline = time.monotonic() + BUILD_LIMIT
    while not done.exists():
        if time.monotonic() > deadline:
            pytest.fail(f"another test worker did not finish the report within {BUILD_LIMIT} s")
        time.sleep(0.2)
    message = done.read_text()
    if message:
        pytest.fail(f"python -m analysis report failed:\n{message}")
    return root
