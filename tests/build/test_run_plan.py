"""Keys: what changes them, and what must not."""

import json
import shutil

import pytest

from analysis.build.errors import BuildError
from analysis.build.fingerprint import Fingerprints
from analysis.build.plan import make_plan
from analysis.workspace import Workspace

READS = "from toy import a\nfrom analysis.design.read import read_design\nread_design('rollout')\n"


@pytest.fixture
def keys(project):
    """A project with two notebooks, and a function that gives their keys."""
    project.write("toy/__init__.py", "")
    project.write("toy/a.py", "x = 1\n")
    project.write("toy/other.py", "x = 1\n")
    project.write("data/design/rollout.toml", "a = 1\n")
    project.write("data/design/other.toml", "a = 1\n")
    project.write("data/real/micro.csv", "1\n")
    project.notebook("reader", READS, entry='sources = ["microdata"]')
    project.notebook("plain", "x = 1")

    def read():
        return {name: run.key for name, run in make_plan(project.workspace).runs.items()}

    return read


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("toy/a.py", "x = 2\n", {"reader"}),
        ("toy/other.py", "x = 2\n", set()),
        ("data/design/rollout.toml", "a = 2\n", {"reader"}),
        ("data/design/other.toml", "a = 2\n", set()),
        ("data/real/micro.csv", "2\n", {"reader"}),
        ("data/real/micro2.csv", "2\n", {"reader"}),
        ("data/real/surprise.csv", "2\n", {"reader"}),
        ("data/real/README.md", "hallo", set()),
        ("data/facts/facts.csv", "id,value\na,2\n", {"reader", "plain"}),
        ("data/facts/new.csv", "id\n", {"reader", "plain"}),
        ("requirements.lock", "nothing==2\n", {"reader", "plain"}),
        ("data/synthetic/x.csv", "1\n", set()),
        ("data/manifest.toml", None, set()),
        ("README.md", "hallo", set()),
        ("reports/rapport.qmd", "hallo", set()),
    ],
)
def test_only_what_an_input_decides_is_due_again(keys, project, file, text, expected):
    before = keys()
    path = project.root / file
    old = path.read_text() if path.exists() else None
    project.write(file, (old or "") + "\n# a remark\n" if text is None else text)
    assert changed(before, keys()) == expected
    if old is None:
        path.unlink()
    else:
        path.write_text(old)
    assert keys() == before


def test_a_file_taken_away_is_seen(keys, project):
    before = keys()
    (project.root / "data/real/micro.csv").unlink()
    assert changed(before, keys()) == {"reader"}


def test_prose_and_outputs_do_not_count_and_code_does(keys, project):
    before = keys()
    path = project.notebook("plain", "x = 1", prose="Geheel andere woorden.")
    content = json.loads(path.read_text())
    content["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    path.write_text(json.dumps(content))
    assert keys() == before
    project.notebook("plain", "x = 2")
    assert changed(before, keys()) == {"plain"}


def test_a_default_counts_and_a_remark_beside_it_does_not(keys, project):
    before = keys()
    project.notebook("plain", "x = 1", parameters="value = 1.5   # waarde\nseed = 1")
    assert keys() == before
    project.notebook("plain", "x = 1", parameters="seed = 2\nvalue = 1.5")
    assert changed(before, keys()) == {"plain"}


def test_where_things_lie_does_not_count(keys, project, tmp_path):
    before = keys()
    elsewhere = tmp_path / "elders"
    shutil.copytree(project.root, elsewhere)
    (elsewhere / "data" / "real").rename(tmp_path / "mijn data")
    moved = make_plan(Workspace(elsewhere, tmp_path / "mijn data"))
    assert {name: run.key for name, run in moved.runs.items()} == before


def test_adding_a_notebook_leaves_the_others(keys, project):
    before = keys()
    project.notebook("new", "x = 1")
    assert not changed(before, keys())


def test_a_swept_code_stays_text(project):
    project.notebook(
        "a", "x = 1", parameters="code = '0344'", entry='[notebook.sweep]\ncode = ["0363", "NO"]'
    )
    runs = make_plan(project.workspace).runs
    assert list(runs) == ["a[code='0363']", "a[code=NO]"]
    assert runs["a[code='0363']"].values == {"code": "0363"}
    assert runs["a[code='0363']"].key != runs["a[code=NO]"].key


def test_a_type_that_differs_from_the_notebooks_is_a_problem_of_that_notebook_alone(project):
    project.notebook("a", "x = 1", parameters="code = '0344'", entry="[notebook.sweep]\ncode = [363]")
    project.notebook("b", "x = 1")
    plan = make_plan(project.workspace)
    assert list(plan.runs) == ["b"]
    assert "code = 363 is int, the notebook's '0344' is str" in plan.problems["a"]


def test_a_missing_notebook_is_a_problem_of_that_notebook_alone(project):
    project.notebook("a", "x = 1").unlink()
    project.notebook("b", "x = 1")
    plan = make_plan(project.workspace)
    assert "registered but absent" in plan.problems["a"]
    assert list(plan.runs) == ["b"]


def test_an_unknown_source_is_a_problem(project):
    project.notebook("a", "x = 1", entry='sources = ["nergens"]')
    assert "declares source nergens" in make_plan(project.workspace).problems["a"]


def test_runs_are_chosen_by_label_name_or_file(project):
    project.notebook("a", parameters="code = 'x'", entry='[notebook.sweep]\ncode = ["x", "y"]')
    project.notebook("b", "x = 1")
    plan = make_plan(project.workspace)

    def labels(*names):
        return [run.label for run in plan.select(names)]

    assert labels("a[code=y]") == ["a[code=y]"]
    assert labels("a") == labels("notebooks/a.ipynb") == ["a[code=x]", "a[code=y]"]
    assert labels("b") == ["b"]
    assert labels("b", "a[code=x]") == ["a[code=x]", "b"]
    with pytest.raises(BuildError, match="no run is called 'c'; there are: a\\[code=x\\], a\\[code=y\\], b"):
        labels("c")


def test_no_file_is_read_again_for_each_run_of_a_sweep(project):
    def files_read(runs):
        values = ", ".join(str(number) for number in range(runs))
        project.notebook("a", "x = 1", entry=f"[notebook.sweep]\nseed = [{values}]")
        fingerprints = Fingerprints()
        read = []
        fingerprints._hash = lambda path: read.append(path) or "0"
        keys = {run.key for run in make_plan(project.workspace, fingerprints).runs.values()}
        assert len(keys) == runs
        return len(read)

    assert files_read(300) == files_read(1)
