"""Which cell published what, and what the report is told of it."""

from __future__ import annotations

import json

from build_project import PUBLISH

SECTION = """\
# Deel {#sec-deel}

{{< var a.value.full >}} en niet meer.

{{< include _generated/tbl-a.qmd >}}

{{< include _generated/herkomst.qmd >}}
"""


def provenance(project):
    return json.loads((project.root / "data/build/released/provenance.json").read_text(encoding="utf-8"))


def test_a_result_knows_its_cell(project, built):
    twice = PUBLISH.format(name="b", value="value").replace("b.value", "a.second")
    project.notebook("a", PUBLISH.format(name="a", value="value"), "value", "1 + 1", twice)
    built(project)
    content = provenance(project)
    cells = {name: (item["cell"], item["number"]) for name, item in content["results"].items() if item["run"]}
    assert cells == {"a.value": ("cell-0", 2), "a.second": ("cell-3", 5)}
    table = content["exhibits"]["tbl-a"]
    assert len(table["checksum"]) == 64
    run = content["runs"][table["run"]]
    assert run["file"] == "a.ipynb"
    assert run["code_hash"]


def test_injected_parameters_do_not_shift_the_numbers(project, built):
    publish = PUBLISH.format(name="a", value="value").replace('"a.value"', 'f"a.value_{seed}"')
    project.notebook("a", "1 + 1", publish, entry="[notebook.sweep]\nseed = [1, 2]")
    built(project)
    found = {
        name: (item["cell"], item["number"])
        for name, item in provenance(project)["results"].items()
        if item["run"]
    }
    assert found == {"a.value_1": ("cell-1", 3), "a.value_2": ("cell-1", 3)}


def test_without_a_kernel_the_cell_is_not_known(project, built):
    project.notebook("a", entry="keep_notebook = false")
    built(project)
    origin = provenance(project)["results"]["a.value"]
    assert origin["run"]
    assert "cell" not in origin


def test_the_appendix_follows_the_text(project, built):
    project.notebook("a", PUBLISH.format(name="a", value="value"))
    built(project)
    appendix = project.root / "reports/_generated/herkomst.qmd"
    assert not appendix.exists()
    project.write("reports/rapport.qmd", SECTION)
    assert not built(project).released.unchanged
    assert "#herkomst-a.value" in appendix.read_text(encoding="utf-8")
    assert "](#herkomst-a.value)" in (project.root / "_variables.yml").read_text(encoding="utf-8")
    assert built(project).released.unchanged
    project.write("reports/rapport.qmd", SECTION.replace("{{< var a.value.full >}}", "Niets"))
    built(project)
    assert "#herkomst-a.value" not in appendix.read_text(encoding="utf-8")
    project.write("reports/rapport.qmd", SECTION.replace("{{< var a.value.full >}}", "Weinig"))
    assert built(project).released.unchanged  # other words alone change nothing


def test_deviations_appear_at_the_build(project, built):
    from analysis.release.freeze import freeze

    regions = "code,name,kind,source,status\nPV20,Groningen,provincie,CBS,gepubliceerd\n"
    project.write("data/facts/geo/regions.csv", regions)
    project.notebook("a")
    freeze(project.workspace, "2026-11-02")
    project.write("reports/rapport.qmd", "{{< include _generated/afwijkingen.qmd >}}\n")
    built(project)
    fragment = project.root / "reports/_generated/afwijkingen.qmd"
    assert "geen." in fragment.read_text(encoding="utf-8")
    project.write("data/design/disclosure.toml", '[rule]\nminimum_n = 12\nsource = "bron"\n')
    built(project)
    assert "`rule.minimum_n`: was 10, is nu 12" in fragment.read_text(encoding="utf-8")
