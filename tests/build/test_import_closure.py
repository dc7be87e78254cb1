import pytest

from analysis.build import closure as module
from analysis.build.closure import FirstParty, Memory
from analysis.build.closure import closure as run_closure
from analysis.workspace import Workspace


@pytest.fixture
def reach(project):
    """Modules of a package `toy`, and a function that says what code reaches."""
    for name, text in {
        "toy/__init__.py": "",
        "toy/a.py": "from toy.b import thing\n",
        "toy/b.py": "thing = 1\n",
        "toy/lazy.py": "def f():\n    from . import b\n    return b\n",
        "toy/sub/__init__.py": "from .deep import x\n",
        "toy/sub/deep.py": "from ..b import thing as x\n",
        "toy/sub/style.txt": "blue\n",
        "toy/unused.py": "",
        "toy/dynamic.py": "import importlib\n\ndef f(name):\n    return importlib.import_module(name)\n",
        "toy/named.py": "import importlib\nimportlib.import_module('toy.b')\n",
        "toy/late/__init__.py": "from importlib import import_module\n\n"
        "_PLACES = {'one': ('x', 'one'), 'two': ('y',)}\n"
        "def __getattr__(name):\n    return import_module(f'{__name__}.{name}')\n",
        "toy/late/one.py": "import toy.b\n",
        "toy/late/two.py": "",
        "toy/map.py": "import toy.b\n_PLACES = ('PV20', 'PV21')\n",
        "toy/circle.py": "import toy.around\n",
        "toy/around.py": "import toy.circle\n",
    }.items():
        project.write(name, text)

    def run(code):
        found = run_closure(code, FirstParty.of(project.workspace))
        return {name for name in found.files if name.startswith("toy")}

    return run


def test_imports_are_followed_to_their_end(reach):
    assert reach("import toy.a") == {"toy/__init__.py", "toy/a.py", "toy/b.py"}


def test_what_is_called_places_and_is_no_table_of_names_is_left_alone(reach):
    assert reach("import toy.map") == {"toy/__init__.py", "toy/map.py", "toy/b.py"}


def test_a_name_taken_from_a_package_may_be_a_module(reach):
    assert "toy/b.py" in reach("from toy import b")


def test_imports_in_functions_count(reach):
    assert "toy/b.py" in reach("from toy import lazy")
    assert "toy/b.py" in reach("def f():\n    import toy.b")


def test_relative_imports_and_files_beside_a_package(reach):
    assert reach("import toy.sub") == {
        "toy/__init__.py", "toy/sub/__init__.py", "toy/sub/deep.py", "toy/sub/style.txt", "toy/b.py",
    }  # fmt: skip


def test_circles_end(reach):
    assert reach("import toy.circle") == {"toy/__init__.py", "toy/circle.py", "toy/around.py"}


@pytest.mark.parametrize(
    "code", ["import toy.dynamic", "__import__(input())", "exec('import toy')", "eval('1')"]
)
def test_what_cannot_be_followed_counts_everything(reach, code):
    assert {"toy/unused.py", "toy/sub/style.txt"} <= reach(code)


LATE = {"toy/__init__.py", "toy/late/__init__.py", "toy/late/one.py", "toy/b.py"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from toy.late.one import x", LATE),
        ("import toy.late.one", LATE),
        ("from toy.late import x", LATE),
        ("from toy.late import one", LATE),
        ("from toy.late import x, y", {*LATE, "toy/late/two.py"}),
        ("from toy.late import *", {*LATE, "toy/late/two.py"}),
        ("import toy.late", {*LATE, "toy/late/two.py"}),
        ("from toy import late", {*LATE, "toy/late/two.py"}),
        ("import toy.late.one\nfrom toy import late", {*LATE, "toy/late/two.py"}),
    ],
)
def test_a_name_of_a_package_that_loads_late_counts_for_its_module(reach, code, expected):
    """Who takes the package whole depends on all of its modules; nothing outside it in either case."""
    assert reach(code) == expected


def test_a_literal_name_and_a_frames_eval_can_be_followed(reach):
    assert reach("import toy.named") == {"toy/__init__.py", "toy/named.py", "toy/b.py"}
    assert reach("frame.eval('a + b')") == set()


def test_modules_beside_the_notebook_count(project):
    project.write("notebooks/helper.py", "x = 1\n")
    assert "helper.py" in run_closure("import helper", FirstParty.of(project.workspace)).files


def test_the_package_itself_is_found_without_running_it(tmp_path):
    found = run_closure("from analysis.results import publish", FirstParty.of(Workspace(tmp_path, tmp_path)))
    assert {"analysis/results/publish.py", "analysis/workspace.py", "analysis/dutch.py"} <= set(found.files)
    assert not any(name.startswith("analysis/build") for name in found.files)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("read_design('rollout')", {"rollout"}),
        ("read.read_design('a'); read_design('b', ws)", {"a", "b"}),
        ("x = 1", set()),
        ("read_design(name)", None),
        ("FILE = 'a'\ndef f():\n    return read_design(FILE)", {"a"}),
        ("FILE = 'a'\nFILE = 'b'\nread_design(FILE)", None),
        ("def f(FILE):\n    return read_design(FILE)", None),
    ],
)
def test_design_files_by_name_or_all_of_them(project, code, expected):
    found = run_closure(code, FirstParty.of(project.workspace))
    assert found.any_design == (expected is None)
    assert found.designs == (expected or set())


def test_a_room_that_only_draws_is_not_entered_and_what_lies_behind_it_neither():
    """Restyling a figure then reruns no notebook; what the notebook reaches by another way still counts."""
    workspace = Workspace.current()
    code = "from analysis.results import publish\nfrom analysis.chapters.effect import exhibits"
    whole = run_closure(code, FirstParty.of(workspace))
    found = run_closure(code, FirstParty.of(workspace), without=module.DRAWING)
    assert {"analysis/chapters/effect.py", "analysis/figures/theme.py"} <= set(whole.files)
    rooms = {name.split("/")[1].removesuffix(".py") for name in found.files}
    assert not rooms & set(module.DRAWING)
    assert "analysis/results/publish.py" in found.files
    assert "analysis/answers/effect_names.py" in whole.files  # behind a chapter only, here
    assert "analysis/answers/effect_names.py" not in found.files


def test_third_party_modules_are_left_to_the_lock_file(project):
    assert not run_closure("import numpy, pandas", FirstParty.of(project.workspace)).files


def test_what_was_read_once_is_remembered_and_gives_the_same(project, monkeypatch):
    project.write("toy/__init__.py", "from . import a\n")
    project.write("toy/a.py", "import numpy\nread_design('x')\n")
    path = project.root / "memory.json"

    def found():
        memory = Memory(path)
        result = run_closure("import toy", FirstParty.of(project.workspace), memory)
        memory.save()
        return result

    first = found()
    monkeypatch.setattr(module, "read_mentions", lambda code: pytest.fail("read again"))
    assert found() == first
    assert first.designs == {"x"}
    path.write_text("{")
    monkeypatch.undo()
    assert found() == first


def test_what_was_asked_for_only_later_in_a_build_is_remembered_too(tmp_path, monkeypatch):
    """A build writes what it read twice: after planning, and after drawing."""
    path = tmp_path / "memory.json"
    read = []
    whole = module.read_mentions
    monkeypatch.setattr(module, "read_mentions", lambda code: read.append(code) or whole(code))

    def build(plans, draws):
        read.clear()
        memory = Memory(path)
        for part in (plans, draws):
            for code in part:
                memory.mentions(code)
            memory.save()
        return set(read)

    planned, drawn = ["import a", "import b"], ["import c", "import d"]
    assert build(planned, drawn) == {*planned, *drawn}
    for _ in range(3):
        assert build(planned, drawn) == set()
    assert build(["import a", "import e"], drawn) == {"import e"}
    assert build(planned, drawn) == set()  # what was put back is known still
    monkeypatch.setattr(module, "REMEMBERED", 3)
    assert build(["import f"], []) == {"import f"}
    assert build(["import a", "import c", "import e", "import f"], []) == {"import c"}
