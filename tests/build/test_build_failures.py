"""What goes wrong stays with the run it goes wrong in, and is said in full."""

import contextlib
import io
import json
import os
import shlex
import signal
import sys
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from build_project import PUBLISH, failing

from analysis.build import engine
from analysis.build.build import build
from analysis.build.progress import Lines
from analysis.build.schedule import _interrupts_held

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and process groups")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def state(pid):
    """State and parent of a process."""
    letter, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return letter, int(parent)


def alive(pid):
    try:
        return state(pid)[0] != "Z"
    except OSError:
        return False


def gone(pid, seconds=10):
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def wait_for(path, seconds=30):
    deadline = time.monotonic() + seconds
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, f"{path.name} did not appear"
        time.sleep(0.02)
    return path.read_text()


def test_a_failing_cell_is_named_and_the_rest_goes_on(project, built):
    project.notebook("good")
    built(project)
    project.notebook("good", PUBLISH.format(name="good", value="value + 1"))
    project.notebook(
        "bad",
        "x = 1",
        "def f():\n    raise ValueError('kapot')\n\nf()",
        parameters="share = 0.5\nplace = 'PV20'",
    )
    message = failing(project, built)
    assert message.startswith("1 run failed\n")
    assert "bad.ipynb, cell 4, line 2: raise ValueError" in message
    assert "bad: the cell raised an error" in message
    assert "bad.ipynb, cell 4" in message
    assert "share = 0.5, place = 'PV20'" in message
    assert "| ValueError: kapot" in message
    assert f"run again   {shlex.quote(sys.executable)} -m analysis build --only bad" in message
    folder = next(line.split("look at")[1].strip() for line in message.splitlines() if "look at" in line)
    executed = json.loads(Path(folder, "notebook.ipynb").read_text())
    assert any(
        output["output_type"] == "error"
        for output in next(cell for cell in executed["cells"] if cell["id"] == "cell-1")["outputs"]
    )
    assert len(project.runs("good")) == 2
    assert not project.runs("bad")
    released = (project.root / "data/build/released/results.csv").read_text()
    assert "good.value,Waarde,2.5," in released
    assert "bad.value" not in released
    project.notebook("bad")
    assert [outcome.label for outcome in built(project).built.outcomes] == ["bad"]
    assert not (project.root / "data/build/failed").exists()


def test_a_failure_costs_its_own_runs_and_is_kept_until_it_is_mended(project):
    project.notebook("a", "x = 1", "def f():\n    raise KeyError('kolom')\n\nfor _ in range(2):\n    f()")
    project.notebook("good")
    project.notebook("late", entry="sources = ['nergens']")

    def done():
        return build(project.workspace, Lines(io.StringIO()), executor=ThreadPoolExecutor, jobs=2)

    found = done()
    assert len(project.runs("good")) == 1
    assert [run.label for run in found.failed] == ["a", "late"]
    first, last = (run.failure for run in found.failed)
    assert (first.reason, first.cell, first.message) == ("the cell raised an error", 4, "KeyError: 'kolom'")
    assert first.frame == "line 2: raise KeyError('kolom')"
    assert "declares source nergens" in last.message
    assert set(found.plan.failures) == {"a"}
    store = found.plan.store
    assert store.failures == list(found.failed)
    project.notebook("a")
    project.notebook("late")
    assert not done().failed
    assert store.failures == []
    assert not store.failed.exists()


STOPS = {
    "sys.exit(0)": "import sys\nsys.exit(0)",
    "sys.exit()": "import sys\nsys.exit()",
    "sys.exit(3)": "import sys\nsys.exit(3)",
    "raise SystemExit": "raise SystemExit",
    "exit()": "exit()",
    "exit(3)": "exit(3)",
    "quit()": "quit()",
    "exit in a function": "def f():\n    exit(0)\nf()",
    "os._exit(0)": "import os\nos._exit(0)",
}


@pytest.mark.parametrize("keep", ["true", "false"])
@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_a_notebook_that_stops_early_has_failed(project, keep, stop):
    """Before its last result, in its last cell and in one before, with a kernel and without."""
    entry = f"keep_notebook = {keep}"
    one, two = (PUBLISH.format(name=name, value="1") for name in ("a", "a.two"))
    project.notebook("a", one, f"{stop}\n{two}", entry=entry)
    project.notebook("b", PUBLISH.format(name="b", value="1"), stop, "x = 1", entry=entry)
    found = build(project.workspace, Lines(io.StringIO()), executor=ThreadPoolExecutor, jobs=2)
    assert [run.label for run in found.failed] == ["a", "b"]
    assert not project.runs("a")
    assert not project.runs("b")


@pytest.mark.parametrize("keep", ["true", "false"])
def test_a_cell_may_await_with_a_kernel_and_without(project, built, keep):
    cells = (
        "import asyncio\n\nasync def f():\n    await asyncio.sleep(0)\n    return 2.0\n",
        "found = await f()",
        PUBLISH.format(name="a", value="found"),
    )
    project.notebook("a", *cells, entry=f"keep_notebook = {keep}")
    assert len(built(project).built.outcomes) == 1


def test_an_output_declared_afterwards_is_checked_too(project, built):
    project.notebook("a")
    built(project)
    project.notebook("a", entry='outputs = ["a.value", "fig-a"]')
    assert "a did not publish fig-a" in failing(project, built)


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_what_runs_keep_is_for_their_user_alone(project, built):
    project.notebook("a")
    project.notebook("b", "1 / 0")
    built(project)
    base = project.root / "data/build"
    private = [base / "runs", base / "failed", *project.runs("a"), *(base / "failed/b").iterdir()]
    private.append(base / "failures.json")  # an error may tell a value
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_rows_of_closed_data_are_not_kept_in_executed_notebooks(project, built):
    show = (
        "import pandas as pd\nfrom analysis.workspace import Workspace\n"
        "frame = pd.read_csv(Workspace.current().data / 'micro.csv')\n"
        "print(frame.head(), frame['x'], frame['x'].to_numpy(), frame.index)\n"
        "print(frame.to_string(), frame['x'].tolist(), frame.iloc[3].to_dict(), frame.to_csv())\n"
        "from IPython.display import HTML\ndisplay(HTML(frame.to_html()), frame.iloc[4].to_dict())\n"
        "frame.head()"
    )
    project.write("data/real/micro.csv", "x\n" + "\n".join(map(str, range(770, 800))) + "\n")
    project.notebook("a", show, PUBLISH.format(name="a", value="1"), entry='sources = ["microdata"]')
    built(project)
    executed = json.loads((project.runs("a")[0] / "notebook.ipynb").read_text(encoding="utf-8"))
    shown = json.dumps([cell["outputs"] for cell in executed["cells"] if cell["cell_type"] == "code"])
    assert "DataFrame, 5" in shown
    assert not [number for number in range(770, 800) if str(number) in shown]


def test_a_run_that_leaves_too_much_is_refused_with_the_name_of_its_limit(project, built):
    publish = PUBLISH.format(name="a", value="1")
    project.notebook("a", "print('x' * 3_000_000)", publish, entry="output_mb = 2")
    assert "a leaves 3 MB, more than the 2 MB of output_mb" in failing(project, built)


@LINUX
def test_too_little_memory_is_told_with_the_name_of_its_limit(project, built):
    project.notebook("a", "import numpy\nnumpy.ones(10**9)", entry="memory_gb = 4")
    assert "memory_gb = 4 in data/design/notebooks.toml" in failing(project, built)


def test_the_frame_told_of_is_the_notebooks_own(project, built):
    """Not the line of a library it called, with a kernel and without."""
    for keep in ("", "keep_notebook = false"):
        project.notebook("a", "import json\n\njson.loads(\n    '{'\n)", entry=keep)
        message = failing(project, built)
        assert "a.ipynb, cell 3, line 3: json.loads(" in message
        assert "JSONDecodeError: Expecting property name" in message


@pytest.mark.parametrize(
    ("code", "entry", "says"),
    [
        ("x = 1", "", "a published nothing: hand over rows with publish"),
        (None, 'outputs = ["a.value", "fig-a"]', "a did not publish fig-a, which the registry declares"),
    ],
)
def test_incomplete_outputs_are_a_failure(project, built, code, entry, says):
    project.notebook("a", *([code] if code else []), entry=entry)
    assert says in failing(project, built)
    assert not project.runs("a")


ELSEWHERE = {
    "a file beside the notebook": ("open('naast.csv').read()", "it reads notebooks/naast.csv, which"),
    "a file of the repository": ("open('../los.csv').read()", "it reads los.csv, which"),
    "a file outside the repository": ("open({outside!r}).read()", "it reads {outside}, which"),
    "an SPSS file, opened in C": (
        "import pyreadstat\npyreadstat.read_sav(str(data / 'stil.sav'))",
        "it reads data/real/stil.sav, which",
    ),
    "the same, through pandas": (
        "import pandas\npandas.read_spss(data / 'stil.sav')",
        "it reads data/real/stil.sav, which",
    ),
    "a map, opened in C": (
        "import geopandas\ngeopandas.read_file(data / 'kaart.geojson')",
        "it reads data/real/kaart.geojson, which",
    ),
    "a map within an archive": (
        "import geopandas\ngeopandas.read_file(f'zip://{{data}}/kaart.zip')",
        "it reads data/real/kaart.zip, which",
    ),
    "a database": (
        "import sqlite3\nsqlite3.connect(data / 'tabel.db').execute('select 1')",
        "it reads data/real/tabel.db, which",
    ),
    "a variable": ("import os\nos.environ.get('MIJN_KEUZE', '1')", "environment variable MIJN_KEUZE, which"),
    "a variable by getenv": ("import os\nos.getenv('MIJN_KEUZE')", "environment variable MIJN_KEUZE, which"),
    "whether a variable is there": ("import os\n'MIJN_KEUZE' in os.environ", "variable MIJN_KEUZE, which"),
}


@pytest.mark.parametrize("keep", ["true", "false"])
@pytest.mark.parametrize(("code", "says"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_no_key_covers_is_refused_by_name(project, built, tmp_path, monkeypatch, keep, code, says):
    """A change in it would not have the notebook run again."""
    import sqlite3
    import zipfile

    import pandas as pd
    import pyreadstat

    outside = tmp_path / "elders.csv"
    for path in (outside, project.root / "notebooks/naast.csv", project.root / "los.csv"):
        path.write_text("x\n1\n")
    data = project.root / "data/real"
    pyreadstat.write_sav(pd.DataFrame({"x": [1.0]}), str(data / "stil.sav"))
    point = '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [5, 52]}}'
    text = f'{{"type": "FeatureCollection", "features": [{point}]}}'
    (data / "kaart.geojson").write_text(text)
    with zipfile.ZipFile(data / "kaart.zip", "w") as archive:
        archive.writestr("kaart.geojson", text)
    sqlite3.connect(data / "tabel.db").execute("create table t (x)").connection.close()
    monkeypatch.setenv("MIJN_KEUZE", "2")
    where = "from analysis.workspace import Workspace\ndata = Workspace.current().data\n"
    code = code.format(outside=str(outside))
    project.notebook("a", where + code, PUBLISH.format(name="a", value="1"), entry=f"keep_notebook = {keep}")
    assert says.format(outside=outside) in failing(project, built)
    assert not project.runs("a")


def test_what_a_run_made_itself_and_what_belongs_to_the_system_may_be_read(project, built):
    code = (
        "import os, tempfile, pathlib, zoneinfo\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    path = pathlib.Path(folder) / 'tussen.csv'\n"
        "    path.write_text('1')\n"
        "    assert path.read_text() == '1'\n"
        "pathlib.Path.home(), tempfile.gettempdir(), os.path.expanduser('~')\n"
        "import matplotlib.font_manager, pandas\n"
        "matplotlib.font_manager.findfont('DejaVu Sans')\n"
    )
    project.notebook("a", code + PUBLISH.format(name="a", value="1"))
    assert len(built(project).built.outcomes) == 1


def test_reading_what_is_not_declared_is_a_failure(project, built):
    project.write("data/real/micro.csv", "x\n1\n")
    read = "from analysis.workspace import Workspace\n(Workspace.current().data / 'micro.csv').read_text()\n"
    project.notebook("a", read + PUBLISH.format(name="a", value="value"))
    message = failing(project, built)
    assert "it reads data/real/micro.csv, which its key does not cover" in message
    project.notebook("a", read + PUBLISH.format(name="a", value="value"), entry='sources = ["microdata"]')
    built(project)


def test_an_import_that_cannot_be_seen_is_a_failure(project, built):
    project.write("toy/__init__.py", "")
    project.write("toy/hidden.py", "x = 1\n")
    hide = "import runpy\nfind = getattr(__import__('importlib'), 'import_' + 'module')\nfind('toy.hidden')\n"
    project.notebook("a", hide + PUBLISH.format(name="a", value="value"))
    assert "it reads toy/__init__.py, toy/hidden.py, which its key does not cover" in failing(project, built)


def test_writing_into_the_data_is_a_failure(project, built):
    write = (
        "from analysis.workspace import Workspace\n(Workspace.current().facts / 'x.csv').write_text('1')\n"
    )
    project.notebook("a", write + PUBLISH.format(name="a", value="value"))
    assert "it writes data/facts/x.csv" in failing(project, built)


@POSIX
def test_a_dead_kernel_is_a_failure_even_after_the_last_publish(project, built):
    end = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    project.notebook("a", PUBLISH.format(name="a", value="value"), end)
    message = failing(project, built)
    assert "a: the kernel died" in message
    assert "a.ipynb, cell 4" in message
    assert not project.runs("a")


@LINUX
def test_a_run_that_takes_too_long_is_ended_with_all_it_started(project, built, tmp_path):
    start = "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
    start += f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))"
    project.notebook("a", start, "import time\ntime.sleep(600)", entry="timeout_minutes = 0.05")
    message = failing(project, built)
    assert "a: it took longer than 0.05 minutes and was ended" in message
    assert "a.ipynb, cell 4" in message
    assert gone(int((tmp_path / "pid").read_text()))


@LINUX
def test_a_limit_of_memory_is_an_error_in_the_cell(project, built):
    project.notebook("a", "x = bytearray(3_000_000_000)", entry="memory_gb = 2")
    assert "| MemoryError" in failing(project, built)


def test_a_failed_start_is_tried_again_and_a_cell_error_never(project, built, monkeypatch, tmp_path):
    real, tries = engine._start, []

    def start(client, session, folder):
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return real(client, session, folder)

    monkeypatch.setattr(engine, "_start", start)
    project.notebook("a")
    assert len(built(project).built.outcomes) == 1
    assert len(tries) == 3
    count = tmp_path / "count"
    project.notebook("b", f"open({str(count)!r}, 'a').write('x')\nraise RuntimeError('port in use')")
    failing(project, built)
    assert count.read_text() == "x"


class Dying(Executor):
    """Its workers die with everything they were given, the first times."""

    def __init__(self, deaths):
        self.deaths = deaths
        self._broken = False

    def submit(self, function, job):
        future = Future()
        if self.deaths:
            self.deaths.pop()
            self._broken = True
            future.set_exception(BrokenProcessPool("a worker died"))
        else:
            future.set_result(function(job))
        return future


def test_a_worker_that_died_is_replaced_and_its_run_done_again(project, built):
    project.notebook("a")
    project.notebook("b")
    deaths = [1, 1]
    assert len(built(project, executor=lambda slots: Dying(deaths)).built.outcomes) == 2
    assert not deaths


def test_a_run_that_keeps_killing_its_worker_is_given_up(project, built):
    project.notebook("a")
    assert "a: its worker died 3 times" in failing(project, built, executor=lambda slots: Dying([1] * 9))


@LINUX
def test_killing_the_build_costs_the_runs_in_flight_and_leaves_no_process(project, built, tmp_path):
    flag, go = tmp_path / "flag", tmp_path / "go"
    project.notebook("quick")
    told = 'f"{os.getpid()} {get_ipython_dir()}"'
    slow = "import os, time, pathlib\nfrom IPython.paths import get_ipython_dir\n"
    slow += f"pathlib.Path({str(flag)!r}).write_text({told})\n"
    slow += f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.05)\n"
    project.notebook("slow", slow + PUBLISH.format(name="slow", value="value"))
    first = project.start("build", "--jobs", "1", "--only", "quick", "slow")
    number, _, folder = wait_for(flag).partition(" ")
    kernel, private = int(number), Path(folder).parents[1]
    worker = state(kernel)[1]
    if b"--fork" in Path(f"/proc/{worker}/cmdline").read_bytes():  # what forks kernels stands in between
        worker = state(worker)[1]
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert gone(worker)
    assert gone(kernel)
    assert len(project.runs("quick")) == 1
    assert not project.runs("slow")
    assert list((project.root / "data/build/tmp").iterdir())
    os.utime(private, (0, 0))
    go.touch()
    assert [outcome.label for outcome in built(project).built.outcomes] == ["slow"]
    assert not list((project.root / "data/build/tmp").iterdir())
    assert not private.exists()


@LINUX
def test_interrupting_ends_everything_and_says_so(project, tmp_path):
    flag = tmp_path / "flag"
    start = f"import os, time, pathlib\npathlib.Path({str(flag)!r}).write_text(str(os.getpid()))\n"
    project.notebook("slow", start + "time.sleep(600)")
    run = project.start("build")
    kernel = int(wait_for(flag))
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "Finished runs are kept" in output
    assert "Traceback" not in output
    assert gone(kernel)


def test_an_interrupted_build_waits_for_its_pool(project):
    """A pool left to end by itself closes its pipe while Python, closing too, writes to it: a traceback."""
    waited = []

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait=True, **settings):
            waited.append(wait)
            super().shutdown(wait, **settings)

    class Interrupted(Lines):
        def started(self, label):
            raise KeyboardInterrupt

    project.notebook("a")
    with pytest.raises(KeyboardInterrupt):
        build(project.workspace, Interrupted(io.StringIO()), jobs=1, executor=Pool)
    assert waited == [True]


@LINUX
def test_an_interrupt_from_the_terminal_reaches_workers_that_still_import(project):
    """It goes to the whole group; a worker that is not ready for it would write a traceback."""
    for name in ("a", "b", "c"):
        project.notebook(name, "import time\ntime.sleep(600)")
    run = project.start("build", "--jobs", "2", start_new_session=True)
    deadline = time.monotonic() + 60
    while not any(b"spawn_main" in words for words in group(run.pid).values()):
        assert time.monotonic() < deadline, "no worker started"
    os.killpg(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in output
    assert all(gone(pid) for pid in group(run.pid))


@LINUX
def test_an_interrupt_that_another_thread_gets_waits_too():
    """Python raises it in the main thread, whichever thread the system chose: a mask of one is not enough."""
    done, begin = [], threading.Event()
    other = threading.Thread(target=begin.wait)
    other.start()

    def start_a_worker():
        with _interrupts_held():
            signal.pthread_kill(other.ident, signal.SIGINT)
            for _ in range(20):
                time.sleep(0.01)
            done.append("started")

    try:
        with pytest.raises(KeyboardInterrupt):
            start_a_worker()
    finally:
        begin.set()
        other.join()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def group(number):
    """Processes of a group, and what started them."""
    found = {}
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and os.getpgid(int(folder.name)) == number:
                found[int(folder.name)] = (folder / "cmdline").read_bytes()
    return found


@POSIX
def test_two_builds_at_once_wait_or_refuse(project, tmp_path):
    flag, go = tmp_path / "flag", tmp_path / "go"
    slow = f"import time, pathlib\npathlib.Path({str(flag)!r}).write_text('x')\n"
    slow += f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.05)\n"
    project.notebook("slow", slow + PUBLISH.format(name="slow", value="value"))
    first = project.start("build")
    wait_for(flag)
    refused = project.analysis("build", "--no-wait")
    assert refused.returncode == 1
    assert f"another build (process {first.pid}) is at work" in refused.stderr
    second = project.start("build")
    assert "waiting until it is done" in second.stdout.readline()
    go.touch()
    assert first.wait(timeout=60) == 0
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "0 run, 1 unchanged" in output


def test_a_failure_in_our_own_worker_is_that_runs_failure(project, monkeypatch):
    import io

    class Refusing(Executor):
        def submit(self, function, job):
            future = Future()
            future.set_exception(OSError("disk full"))
            return future

    project.notebook("a")
    found = build(project.workspace, Lines(io.StringIO()), executor=lambda slots: Refusing())
    (failed,) = found.failed
    assert (failed.label, failed.failure.reason) == ("a", "the worker raised an error")
    assert failed.failure.message == "OSError: disk full"


@pytest.mark.parametrize("entry", ["", "keep_notebook = false"])
def test_the_cell_that_called_is_told_beneath_the_traceback_of_a_library(project, built, entry):
    """With a kernel and without one: pandas alone fills the lines that are shown."""
    project.notebook("lang", "x = 1", "import pandas as pd\n\npd.read_csv('geen.csv')", entry=entry)
    lines = failing(project, built).splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("  | "))
    assert "geen.csv" in lines[last]
    assert "cell 4, line 3" not in "".join(line for line in lines if line.startswith("  | "))
    assert lines[last + 1] == "  called from cell 4, line 3: pd.read_csv('geen.csv')"


def test_one_cause_is_told_once_with_all_runs_that_met_it(project, built):
    for name in ("first", "second"):
        project.notebook(name, "raise ValueError('uitslag.csv, column Score, line 3: kapot')")
    project.notebook("third", "raise ValueError('iets anders')")
    message = failing(project, built)
    assert message.startswith("3 runs failed\n")
    assert message.count("| ValueError: uitslag") == 1
    assert "  the same in second\n" in message
    assert "| ValueError: iets anders" in message
