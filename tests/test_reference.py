"""What `make reference` makes: docstrings with examples that run, and a page that can be searched."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import os
import subprocess
import sys

import pytest
from repository import REPOSITORY

SHOWN = ("analysis.results.publish", "analysis.results.series", "analysis.exhibits")


@pytest.mark.parametrize("name", SHOWN)
def test_examples_give_what_they_say(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted >= 2
    assert outcome.failed == 0


def test_the_page_holds_parameters_and_examples_and_a_search(tmp_path):
    if importlib.util.find_spec("pdoc") is None:
        message = "pdoc is not installed (make test installs it)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert "pdoc --docformat numpy --output-directory _reference analysis" in makefile
    words = ["--docformat", "numpy", "--output-directory", str(tmp_path), *SHOWN]
    subprocess.run([sys.executable, "-m", "pdoc", *words], cwd=REPOSITORY, check=True, capture_output=True)
    page = (tmp_path / "analysis" / "results" / "publish.html").read_text(encoding="utf-8")
    assert '<h6 id="parameters">Parameters</h6>' in page.replace("h5", "h6")
    assert "kenniskloof.gap" in page
    assert (tmp_path / "search.js").is_file()
