"""Kernels forked, spare and stock: the same results, nothing left over, nothing handed on."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from build_project import PUBLISH, failing

from analysis.build import kernel, launch
from analysis.build.imports import Imports
from analysis.build.plan import make_plan
from analysis.build.schedule import make_job
from analysis.build.worker import execute

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forked kernels and /proc")
WAYS = ["spare", "stock", *(["fork"] if launch.resolve("auto") == "fork" else [])]

PROBES = """\
import builtins, os, random, sys, warnings
import matplotlib, numpy, pandas

assert 'left' not in globals()
assert not hasattr(builtins, 'left')
assert 'LEFT' not in list(os.environ)
assert 'left' not in sys.path and 'left' not in sys.modules
assert os.getcwd() == start
assert ('error', None, FutureWarning, None, 0) not in warnings.filters
assert matplotlib.rcParams['font.size'] != 3.5
assert pandas.options.display.max_rows != 7
assert numpy.geterr()['over'] != 'raise'

left = builtins.left = 1
os.environ['LEFT'] = '1'
sys.path.append('left')
sys.modules['left'] = sys
warnings.simplefilter('error', FutureWarning)
matplotlib.rcParams['font.size'] = 3.5
pandas.options.display.max_rows = 7
numpy.seterr(over='raise')
with open(draws, 'a') as handle:
    handle.write(f'{random.random()} {numpy.random.random()}\\n')
os.chdir('/')
"""


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_one_run_reaches_the_next(project, built, tmp_path, way):
    code = f"draws = {str(tmp_path / 'draws')!r}\nstart = {str(project.root / 'notebooks')!r}\n" + PROBES
    publish = PUBLISH.format(name="a", value="seed").replace('"a.value"', 'f"a.value_{seed}"')
    publish = publish.replace('"a.value_', '"a.value_s')
    project.notebook("a", code + publish, entry="[notebook.sweep]\nseed = [1, 2, 3]")
    built(project, kernels=way, jobs=1)
    draws = (tmp_path / "draws").read_text().split()
    assert len(draws) == len(set(draws)) == 6


def test_every_way_gives_the_same_bytes(project, built):
    code = (
        "import numpy as np\nprint('uit', value)\n"
        "frame = np.random.default_rng(seed).normal(size=(200, 3))\n"
        "gap = float(np.linalg.lstsq(frame[:, :2], frame[:, 2], rcond=None)[0][0])\n"
    )
    project.notebook("a", code, PUBLISH.format(name="a", value="gap"))
    found = {}
    for way in WAYS:
        project.analysis("clean")
        built(project, kernels=way)
        (folder,) = project.runs("a")
        found[way] = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(found["stock"]) == 4
    assert all(files == found["stock"] for files in found.values())


@LINUX
def test_run_after_run_nothing_is_left(project):
    """No process and no descriptor more after seven runs of one worker than after two."""
    publish = PUBLISH.format(name="a", value="seed").replace('"a.value"', 'f"a.s{seed}"')
    project.notebook("a", publish, entry=f"[notebook.sweep]\nseed = {list(range(7))}")
    plan = make_plan(project.workspace)
    left = []
    for run in plan.runs.values():
        assert execute(make_job(plan, run)).failure is None
        children = Path("/proc/self/task").glob("*/children")
        processes = sum(len(path.read_text().split()) for path in children)
        left.append((processes, len(os.listdir("/proc/self/fd"))))
    assert left[-1] <= left[1]
    assert list((project.root / "data/build/tmp").iterdir()) == []


@LINUX
def test_where_forking_is_not_safe_a_kernel_that_waits_is_used(project, built, tmp_path):
    """A module that starts a thread when it is imported."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "threadstarter.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    parent = (
        f"open({str(tmp_path / 'command')!r}, 'w').write(open(f'/proc/{{os.getpid()}}/cmdline').read())\n"
    )
    code = "import os\ntry:\n    import threadstarter\nexcept ImportError:\n    pass\n" + parent
    project.notebook("a", code + PUBLISH.format(name="a", value="value"))
    outcome = project.analysis(
        "build", PYTHONPATH=os.pathsep.join([str(site), str(Path(kernel.__file__).parents[2])])
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "--spare" in (tmp_path / "command").read_text()


@LINUX
def test_the_parent_of_forks_that_was_killed_is_replaced(tmp_path):
    forks = launch._Forks()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANALYSIS_")}
    request = {"environment": environment, "folder": str(tmp_path), "connection": str(tmp_path / "none.json")}
    first = forks.start(request, Imports())
    parent = forks._parent
    launch.end(first)
    assert first.poll() is not None
    parent.kill()
    parent.wait()
    second = forks.start(request, Imports())
    assert forks._parent is not parent
    launch.end(second)
    forks._discard()


@LINUX
def test_workers_share_what_was_imported_and_go_on_alone_without_it(tmp_path):
    """Each connection has a process of its own, which ends with it; all end with the shared one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANALYSIS_")}
    request = {"environment": environment, "folder": str(tmp_path), "connection": str(tmp_path / "none.json")}
    workers = [launch._Forks(), launch._Forks()]
    with launch.shared(tmp_path, "fork", environment, Imports()) as imports:
        for worker in workers:
            launch.end(worker.start(request, imports))
            assert isinstance(worker._parent, launch._Branch)
            assert worker._parent.poll() is None
        workers[0]._discard()
        launch.end(workers[1].start(request, imports))
        assert isinstance(workers[1]._parent, launch._Branch)
    deadline = time.monotonic() + 20
    while workers[1]._parent.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    for worker in workers:
        launch.end(worker.start(request, imports))
        assert not isinstance(worker._parent, launch._Branch)
        worker._discard()


def test_auto_is_one_of_the_ways():
    assert launch.resolve("auto") in ("fork", "spare")
    assert launch.resolve("stock") == "stock"


@pytest.mark.parametrize("way", WAYS[-1:])
def test_without_a_kernel_the_same_is_published(project, built, way):
    code = (
        "import numpy as np\nprint('uit', value)\ndisplay(value)\n"
        "frame = np.random.default_rng(seed).normal(size=(200, 3))\n"
        "gap = float(np.linalg.lstsq(frame[:, :2], frame[:, 2], rcond=None)[0][0])\n"
    )
    publish = PUBLISH.format(name="a", value="gap").replace('"a.value"', 'f"a.s{seed}"')
    entry = "{}[notebook.sweep]\nseed = [1, 2]"
    project.notebook("a", code, publish, entry=entry.format(""))
    built(project)
    kept = {path.parent.name: path.read_bytes() for path in project.root.rglob("runs/a/*/results.csv")}
    project.analysis("clean")
    project.notebook("a", code, publish, entry=entry.format("keep_notebook = false\n"))
    built(project, kernels=way)
    direct = {path.parent.name: path.read_bytes() for path in project.root.rglob("runs/a/*/results.csv")}
    assert direct == kept
    assert len(direct) == 2
    assert not list(project.root.rglob("runs/**/notebook.ipynb"))


def test_without_a_kernel_an_error_is_told_as_well(project, built):
    project.notebook(
        "a", "x = 1", "def f():\n    raise ValueError('kapot')\n\nf()", entry="keep_notebook = false"
    )
    message = failing(project, built)
    assert "a.ipynb, cell 4" in message
    assert "| ValueError: kapot" in message
    assert "|     raise ValueError('kapot')" in message


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (PUBLISH.format(name="a", value="value") + "import os\nos._exit(0)", "the kernel died"),
        ("import os\nos._exit(3)", "the kernel died"),
        ("raise SystemExit(0)", "the cell raised an error"),
        ("import time\ntime.sleep(600)", "it took longer than 0.02 minutes"),
    ],
)
def test_without_a_kernel_no_end_passes_for_a_good_one(project, built, code, says):
    project.notebook("a", code, entry="keep_notebook = false\ntimeout_minutes = 0.02")
    assert says in failing(project, built)


LISTENING = """\
import os, re
fds = [f'/proc/self/fd/{n}' for n in os.listdir('/proc/self/fd')]
own = {os.readlink(fd) for fd in fds if os.path.islink(fd)}
lines = [line.split() for name in ('tcp', 'tcp6') for line in open(f'/proc/self/net/{name}').readlines()[1:]]
ports = [line[1] for line in lines if line[3] == '0A' and f'socket:[{line[9]}]' in own]
assert not ports, ports
"""
CHILD = """\
import multiprocessing

def say():
    print('uit het kind', flush=True)

child = multiprocessing.get_context('fork').Process(target=say)
child.start()
child.join()
"""


@LINUX
@pytest.mark.parametrize("way", WAYS)
def test_a_kernel_listens_on_no_port(project, built, way):
    """Only on sockets in its private folder; what forked children print is still heard."""
    project.notebook("a", LISTENING, CHILD, PUBLISH.format(name="a", value="1"))
    made = built(project, kernels=way)
    assert not made.problems
    (folder,) = project.runs("a")
    assert "uit het kind" in (folder / "notebook.ipynb").read_text(encoding="utf-8")


ESCAPES = {
    "in a session of its own": (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', SLEEP], start_new_session=True)\n"
    ),
    "twice removed": (
        "import subprocess, sys\n"
        'again = f\'import subprocess, sys; subprocess.Popen([sys.executable, "-c", {SLEEP!r}], '
        "start_new_session=True)'\n"
        "subprocess.run([sys.executable, '-c', again])\n"
    ),
}


@LINUX
@pytest.mark.parametrize("keep", ["true", "false"])
@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_at_the_end_of_its_time_all_that_a_run_started_ends(project, built, tmp_path, escape, keep):
    told = tmp_path / "told"
    sleep = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    code = f"import os, time\nSLEEP = {sleep!r}\n{escape}time.sleep(600)"
    project.notebook("a", code, entry=f"timeout_minutes = 0.1\nkeep_notebook = {keep}")
    assert "took longer than 0.1 minutes" in failing(project, built)
    pid = int(told.read_text())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _alive(pid):
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@LINUX
@pytest.mark.parametrize("mode", ["--share", "--fork", "--spare"])
def test_who_was_killed_at_once_leaves_no_process(mode):
    """A build that is killed while such a process starts cannot be seen from it: it is told the number."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        words = [sys.executable, "-m", "analysis.build.kernel", mode, "[[], []]", str(gone.pid)]
        assert subprocess.run(words, stdin=theirs, timeout=60, check=False).returncode == 1
