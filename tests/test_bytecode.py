"""Compiled modules are kept in the environment where Python was told to keep none beside their source."""

import importlib.util
import json
import os
import sys

import pytest

from analysis.build.reads import undeclared, watch
from analysis.build.watching import RULES_VARIABLE
from analysis.bytecode import FOLDER, keep_bytecode, source_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="paths of compiled modules leave out the drive")


@pytest.fixture
def told(monkeypatch, tmp_path):
    """A process in an environment of its own that was told to write no bytecode."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    return tmp_path


def test_they_are_kept_in_the_environment_for_this_process_and_those_it_starts(told):
    keep_bytecode()
    assert sys.pycache_prefix == os.environ["PYTHONPYCACHEPREFIX"] == str(told / FOLDER)
    assert not sys.dont_write_bytecode
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


@pytest.mark.parametrize("why", ["the system's Python", "nothing told"])
def test_otherwise_nothing_changes(told, monkeypatch, why):
    if why == "nothing told":
        monkeypatch.setattr(sys, "dont_write_bytecode", False)
    else:
        monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    before = sys.dont_write_bytecode
    keep_bytecode()
    assert sys.pycache_prefix is None
    assert sys.dont_write_bytecode == before
    assert os.environ["PYTHONDONTWRITEBYTECODE"] == "1"


@pytest.mark.parametrize("prefix", [None, "/somewhere/else"])
@pytest.mark.parametrize("being_written", ["", ".139871"])
def test_the_source_of_a_compiled_module_is_known(monkeypatch, prefix, being_written):
    monkeypatch.setattr(sys, "pycache_prefix", prefix)
    source = "/home/room/module_1.py"
    assert source_of(importlib.util.cache_from_source(source) + being_written) == source
    assert source_of(source) == source
    assert source_of("/home/room/elsewhere.cpython-311.pyc") == "/home/room/elsewhere.cpython-311.pyc"


def test_a_module_that_was_compiled_there_counts_as_read(project, tmp_path, monkeypatch):
    """Or a run could use a module that its key does not cover, once it was compiled."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / FOLDER))
    compiled = importlib.util.cache_from_source(str(project.write("helpers.py", "x = 1\n")))
    rules = json.loads(watch(project.workspace, tmp_path / "record")[RULES_VARIABLE])
    assert next(counts for start, counts in rules if compiled.startswith(start))  # the longest that fits
    record = tmp_path / "record"
    record.write_text(f"r {compiled}\n")
    (sentence,) = undeclared(record, ["module analysis/dutch.py"], project.workspace, [])
    assert sentence.startswith("it reads helpers.py, which its key does not cover")
    assert undeclared(record, ["module helpers.py"], project.workspace, []) == []
