"""Runs see what is pinned, and nothing that happens to be installed beside it."""

from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from build_project import PUBLISH

from analysis.build import imports
from analysis.build.imports import Imports, imports_of


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment with the distributions `tops` names, each with one module; returns a list of pins."""

    def make(pins, **tops):
        found = []
        for name, top in tops.items():
            folder = tmp_path / f"{name}-1.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
            (folder / "RECORD").write_text(f"{top}/__init__.py,,\n{name}-1.dist-info/RECORD,,\n")
            found.append(PathDistribution(folder))
        monkeypatch.setattr(imports.importlib.metadata, "distributions", lambda: iter(found))
        lock = tmp_path / "requirements.lock"
        lock.write_text("".join(f"{pin}==1\n" for pin in pins))
        return lock

    return make


def test_what_is_not_pinned_is_hidden(environment):
    lock = environment(
        ["ipykernel", "Py-Yaml"], ipykernel="ipykernel", py_yaml="yaml", fast="fast", own="own"
    )
    assert imports_of(["yaml.loader"], lock, ["own"]) == Imports(("yaml.loader",), ("fast",))


def test_what_a_notebook_names_itself_is_visible_with_all_it_may_need(environment):
    lock = environment(["ipykernel"], ipykernel="ipykernel", fast="fast", other="other")
    assert imports_of(["fast.sub"], lock).hidden == ()


def test_a_list_of_pins_that_runs_no_notebooks_hides_nothing(environment):
    lock = environment(["nothing"], fast="fast", ipykernel="ipykernel")
    assert imports_of([], lock).hidden == ()
    assert imports_of([], lock.with_name("absent")).hidden == ()


@pytest.mark.parametrize("keep", ["true", "false"])
@pytest.mark.parametrize("way", ["auto", "spare", "stock"])
def test_a_run_does_not_see_what_is_hidden(project, built, monkeypatch, way, keep):
    monkeypatch.setattr("analysis.build.imports._not_pinned", lambda lock: {"defusedxml"})
    code = "try:\n    import defusedxml\nexcept ModuleNotFoundError:\n    seen = 0.0\nelse:\n    seen = 1.0\n"
    code = code.replace("import defusedxml", "__import__('defused' + 'xml')")
    project.notebook("a", code + PUBLISH.format(name="a", value="seen"), entry=f"keep_notebook = {keep}")
    monkeypatch.setattr("analysis.build.plan.closure", _without_dynamic)
    built(project, kernels=way)
    assert "a.value,Waarde,0.0," in next(iter(project.root.rglob("runs/a/*/results.csv"))).read_text()


def _without_dynamic(code: str, first_party, memory=None, **settings):
    """The imports of a notebook that publishes and does no more."""
    from analysis.build.closure import closure

    return closure("import analysis.results", first_party, memory, **settings)


def test_the_list_of_the_repository_hides_no_package_that_it_pins():
    lock = Path(__file__).resolve().parents[2] / "requirements.lock"
    hidden = set(imports_of([], lock).hidden)
    assert not hidden & {"pandas", "numpy", "linearmodels", "IPython", "zmq", "geopandas", "yaml", "typst"}
