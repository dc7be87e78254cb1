import json

import pytest

from analysis.build.errors import BuildError
from analysis.build.source import read_source


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def test_parameters_keep_their_values_and_types(project):
    path = project.notebook(
        "a",
        parameters="seed = 1\nshare: float = -0.5\nprovince = 'PV20'\n"
        "code = '0363'\nyes = True\nyears = [1, 2]",
    )
    assert read_source(path).defaults == {
        "seed": 1, "share": -0.5, "province": "PV20", "code": "0363", "yes": True, "years": [1, 2],
    }  # fmt: skip


def test_title_and_cell_numbers_are_those_a_reader_sees(project):
    source = read_source(project.notebook("a", "x = 1", "y = 2"))
    assert source.title == "A"
    assert [cell.number for cell in source.cells] == [3, 4]


def test_prose_outputs_metadata_and_line_ends_do_not_change_the_code(project):
    path = project.notebook("a", "x = 1\ny = 2")
    before = read_source(path).code_hash

    def change(content):
        content["cells"][0]["source"] = ["# Iets anders\n", "\n", "Andere woorden."]
        content["cells"][2]["source"] = ["x = 1   \n", "y = 2"]
        content["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hallo"}]
        content["cells"][2]["execution_count"] = 7
        content["metadata"]["iets"] = "anders"

    assert read_source(edit(path, change)).code_hash == before


def test_one_character_of_code_changes_it(project):
    first = read_source(project.notebook("a", "x = 1")).code_hash
    assert read_source(project.notebook("a", "x = 2")).code_hash != first


def test_code_moved_between_cells_counts_as_changed(project):
    first = read_source(project.notebook("a", "x = 1", "y = 2")).code_hash
    assert read_source(project.notebook("a", "x = 1\ny = 2")).code_hash != first


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ("seed = 1 + some_name", "seed must be a plain value"),
        ("a = b = 1", "one name a line"),
        ("import os", "only lines such as seed = 1"),
        ("seed = 1\nseed = 2", "given twice"),
        ("(a, b) = (1, 2)", "one name a line"),
    ],
)
def test_a_parameters_cell_holds_plain_values_only(project, parameters, says):
    with pytest.raises(BuildError, match=says):
        read_source(project.notebook("a", parameters=parameters))


def test_exactly_one_parameters_cell(project):
    path = project.notebook("a")
    edit(path, lambda content: content["cells"][1]["metadata"].update(tags=[]))
    with pytest.raises(BuildError, match="0 code cells carry the tag 'parameters'"):
        read_source(path)


def test_commands_of_the_shell_are_refused_with_the_cell(project):
    with pytest.raises(BuildError, match=r"a\.ipynb, cell 3: not plain Python"):
        read_source(project.notebook("a", "!ls"))


@pytest.mark.parametrize("text", ["{", "[]", '{"nbformat": 3, "cells": []}', '{"nbformat": 4}'])
def test_what_is_no_notebook_is_said_to_be_none(project, text):
    path = project.notebook("a")
    path.write_text(text)
    with pytest.raises(BuildError, match=r"a\.ipynb"):
        read_source(path)
