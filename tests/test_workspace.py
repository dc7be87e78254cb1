from pathlib import Path

import analysis
from analysis.workspace import Workspace, find_root


def test_the_environment_carries_a_workspace_to_another_process(monkeypatch, tmp_path):
    workspace = Workspace(root=tmp_path, data=tmp_path / "data", output=tmp_path / "run")
    for name, value in workspace.environment().items():
        monkeypatch.setenv(name, value)
    assert Workspace.current() == workspace


def test_the_defaults_look_in_data_real_and_write_nothing(monkeypatch):
    for name in ("ANALYSIS_ROOT", "ANALYSIS_DATA", "ANALYSIS_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    workspace = Workspace.current()
    assert workspace.data == workspace.root / "data" / "real"
    assert workspace.output is None


def test_the_root_is_found_from_below(tmp_path):
    (tmp_path / "data" / "design").mkdir(parents=True)
    (tmp_path / "_quarto.yml").touch()
    (tmp_path / "notebooks").mkdir()
    assert find_root(tmp_path / "notebooks") == tmp_path.resolve()


def test_an_editable_install_finds_its_repository_from_anywhere(tmp_path):
    assert find_root(tmp_path) == Path(analysis.__file__).resolve().parents[1]
