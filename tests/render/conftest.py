"""The small report, rendered once for the tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_report import make_project

from analysis.render import render
from analysis.workspace import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    """A project of one's own, to break."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Path:
    """The small document rendered by the embedded engine; not to be changed."""
    workspace = make_project(tmp_path_factory.mktemp("rendered"))
    return render(workspace, engine="embedded")


@pytest.fixture(scope="session")
def rendered_real(tmp_path_factory) -> Path:
    """The same with nothing synthetic in it."""
    workspace = make_project(tmp_path_factory.mktemp("real"), kind="real")
    return render(workspace, engine="embedded")
