import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from build_project import Project

from analysis.pipeline.build import build
from analysis.pipeline.progress import Lines


@pytest.fixture
def project(tmp_path):
    """An empty project."""
    return Project(tmp_path / "project")


@pytest.fixture
def built():
    """Build a project in this process; kernels are real, workers are threads."""

    def run(project, **settings):
        settings.setdefault("executor", ThreadPoolExecutor)
        settings.setdefault("jobs", 2)
        return build(project.workspace, Lines(io.StringIO()), say=lambda line: None, **settings)

    return run
