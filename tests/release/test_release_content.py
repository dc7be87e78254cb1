"""What a release holds: what was asked, what was withheld, what failed, what was rehearsed."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
import yaml

from analysis.render.editions import require_edition
from analysis.render.project import RenderError
from analysis.results import read_rows, read_series

SECRET = """\
import pandas as pd
from analysis.results import Result, Series, publish

points = pd.DataFrame({"jaar": [2025, 2026], "estimate": [71234.5, 2.5], "low": [61234.5, 1.5],
                       "high": [81234.5, 3.5], "n": [9, 900]})
publish(
    Result("a.geheim", "Geheim", 91234.5, "punten", "real", "microdata", se=4123.25, low=83123.5,
           high=98123.5, p_value=0.0371234, n=9, clusters=7, decimals=1),
    Result("a.open", "Open", 12.5, "punten", "real", "microdata", low=11.5, high=13.5, n=900, decimals=1),
    Series("a.jaren", "Per jaar", "punten", "real", "microdata", points, decimals=1),
)
"""
WITHHELD = (
    "91234", "91.234", "4123", "4.123", "83123", "83.123", "98123", "98.123", "0371", "0,037",
    "71234", "71.234", "61234", "61.234", "81234", "81.234",
)  # fmt: skip
REHEARSED = """\
from analysis.results import Result, publish

def found(value, kind, reason=""):
    return Result("a.effect", "Effect", value, "punten", kind, "bron", low=value and 1.0, high=value and 2.0,
                  n=100, decimals=1, reason=reason)

publish(found(None, "real", "er is geen bestand"), Result("a.feit", "Feit", 7.0, "", "fact", "bron"))
publish(found(1.7, "synthetic"), trial=True)
"""
DOCUMENT = """\
# Deel {#sec-deel}

{{< var a.value.full >}} en {{< var b.value.full >}}. {{< var conclusie.b.value >}}

{{< include _generated/tbl-a.qmd >}}

{{< include _generated/tbl-b.qmd >}}

{{< include _generated/fig-b-lijn.qmd >}}

{{< include _generated/status-b.qmd >}}

{{< include _generated/vragen-b.qmd >}}
"""


def released(project):
    return {row.id: row for row in read_rows(project.root / "data/build/released/results.csv")}


def variables(project):
    return yaml.safe_load((project.root / "_variables.yml").read_text(encoding="utf-8"))


def fragment(project, name):
    return (project.root / "reports/_generated" / name).read_text(encoding="utf-8")


def everything_handed_over(project):
    """Text of every file that is released, drawn or generated, by name."""
    folders = ("data/build/released", "data/build/drawn", "reports/_generated")
    files = [path for folder in folders for path in (project.root / folder).rglob("*") if path.is_file()]
    files.append(project.root / "_variables.yml")
    return {str(path.relative_to(project.root)): path.read_text(encoding="utf-8") for path in files}


def test_of_a_withheld_result_no_digit_is_in_any_file(project, built):
    project.notebook("a", SECRET, entry='sources = ["microdata"]')
    project.write("reports/rapport.qmd", "{{< var a.geheim.full >}} {{< include _generated/tbl-a.qmd >}}\n")
    assert built(project).released.suppressed == 2
    handed_over = everything_handed_over(project)
    assert {"_variables.yml", "reports/_generated/tbl-a.qmd", "data/build/released/results.csv"} <= set(
        handed_over
    )
    leaks = [(name, digits) for name, text in handed_over.items() for digits in WITHHELD if digits in text]
    assert not leaks
    assert variables(project)["a"]["geheim"]["full"] == "niet getoond: minder dan 10 eenheden"
    assert "niet getoond: minder dan 10 eenheden" in fragment(project, "tbl-a.qmd")
    # what is not withheld stands there: the search looks where numbers are
    assert "12,5" in fragment(project, "tbl-a.qmd")
    (series,) = read_series(project.root / "data/build/released/series")
    assert series.points["estimate"].isna().tolist() == [True, False]


def test_a_notebook_that_fails_costs_its_own_chapter(project, built):
    project.notebook("a")
    project.notebook("b", "raise ValueError('kapot')")
    project.write("reports/rapport.qmd", DOCUMENT)
    made = built(project)
    assert made.released.missing == ("b (b.ipynb): ValueError: kapot",)
    assert "ValueError: kapot" in made.problems
    # its places say so, and are of the form the text expects there
    assert "ontbreekt" in fragment(project, "tbl-b.qmd")
    assert "{#tbl-b" in fragment(project, "tbl-b.qmd")
    assert "{#fig-b-lijn" in fragment(project, "fig-b-lijn.qmd")
    assert "ontbreekt" in fragment(project, "status-b.qmd")
    assert "ontbreekt" in fragment(project, "vragen-b.qmd")
    found = variables(project)
    assert found["b"]["value"]["full"] == "niet berekend"
    assert "ontbreekt" in found["conclusie"]["b"]["value"]
    # the other chapter is whole
    assert found["a"]["value"]["full"] == "2"
    assert "ontbreekt" not in fragment(project, "tbl-a.qmd")
    require_edition("standard", project.workspace)
    with pytest.raises(RenderError, match=r"no final edition yet:\n  failed: b \(b\.ipynb\): ValueError"):
        require_edition("final", project.workspace)
    project.notebook("b")
    assert built(project).problems == ""
    require_edition("final", project.workspace)


def test_the_rehearsal_puts_the_trial_in_the_place_of_an_unknown(project, built):
    project.notebook("a", REHEARSED)
    built(project)
    assert variables(project)["a"]["effect"]["full"] == "niet vast te stellen: er is geen bestand"
    assert "Synthetisch" not in fragment(project, "tbl-a.qmd")
    require_edition("standard", project.workspace)
    with pytest.raises(RenderError, match="what was released is the standard edition"):
        require_edition("mock", project.workspace)

    made = built(project, edition="mock")
    assert not made.built.outcomes  # a rehearsal runs nothing
    row = released(project)["a.effect"]
    assert (row.value, row.low, row.high, row.kind) == (1.7, 1.0, 2.0, "synthetic")
    full = "1,7 punten (95%-interval van 1,0 tot 2,0; synthetisch)"
    assert variables(project)["a"]["effect"]["full"] == full
    assert "Synthetische gegevens, geen bevinding." in fragment(project, "tbl-a.qmd")
    assert released(project)["a.feit"].kind == "fact"  # what is known is not replaced
    require_edition("mock", project.workspace)
    with pytest.raises(RenderError, match="what was released is the mock edition"):
        require_edition("standard", project.workspace)


DRAWS = """\
from analysis.chapters.a import exhibits
from analysis.results import Result, publish

released = publish(Result("a.value", "Waarde", value, "", "fact", "bron"))
exhibits(released)
"""
CHAPTER = """\
from matplotlib.figure import Figure

from analysis.exhibits import FigureExhibit
from analysis.figures.a_style import COLOUR


def exhibits(released, workspace=None):
    figure = Figure()
    figure.subplots().plot([1, 2, released.row("a.value").value], color=COLOUR)
    alt = "Een lijn die stijgt van 1 naar 2."
    return [FigureExhibit("fig-a-lijn", figure, "Een lijn.", alt, "fact", "bron")]
"""


def test_a_restyled_figure_runs_no_notebook(project, repository_package):
    """Seen in another process, with a package of its own to restyle.

    The two styles differ in length: Python takes a module of the same size and second for the same.
    """
    repository_package(project.root / "analysis")
    project.write("analysis/chapters/a.py", CHAPTER)
    project.write("analysis/figures/a_style.py", 'COLOUR = "red"\n')
    project.notebook("a", DRAWS)

    def build():
        outcome = project.analysis("build", "--jobs", "1", PYTHONPATH=str(project.root))
        assert outcome.returncode == 0, outcome.stderr
        picture = (project.root / "reports/_generated/fig-a-lijn.svg").read_text(encoding="utf-8")
        return outcome.stdout, picture

    told, red = build()
    assert "1 run, 0 unchanged" in told
    assert "#ff0000" in red
    project.write("analysis/figures/a_style.py", 'COLOUR = "blue"\n')
    told, blue = build()
    assert "0 run, 1 unchanged" in told
    assert "#0000ff" in blue
    assert "#ff0000" not in blue

    # What the picture leaves as it was is not written again, and all is as it would be from nothing.
    variables = project.root / "_variables.yml"
    written, handed_over = variables.stat().st_mtime_ns, everything_released(project)
    project.write("analysis/figures/a_style.py", 'COLOUR = "red"\n')
    assert build()[1] == red
    assert everything_released(project) != handed_over
    project.write("analysis/figures/a_style.py", 'COLOUR = "blue"\n')
    assert build()[1] == blue
    assert everything_released(project) == handed_over
    assert variables.stat().st_mtime_ns == written
    shutil.rmtree(project.root / "data/build/released")
    assert build()[1] == blue
    assert everything_released(project) == handed_over
    assert variables.stat().st_mtime_ns != written

    # Words that change with the picture, and numbers somebody changed by hand, are handed over anew.
    chapter = CHAPTER.replace("Een lijn.", "Een andere lijn.")
    project.write("analysis/chapters/a.py", chapter)
    told, _ = build()
    assert "0 run, 1 unchanged" in told
    assert "Een andere lijn" in fragment(project, "fig-a-lijn.qmd")
    variables.write_text("{}", encoding="utf-8")
    project.write("analysis/figures/a_style.py", 'COLOUR = "red"\n')
    build()
    assert "a" in yaml.safe_load(variables.read_text(encoding="utf-8"))


def everything_released(project):
    """What a release hands over, by name, but for what it notes of itself."""
    found = {path: path.read_bytes() for path in (project.root / "data/build/released").rglob("*.*")}
    found |= {path: path.read_bytes() for path in (project.root / "reports/_generated").rglob("*.*")}
    return {path.relative_to(project.root): content for path, content in found.items()}


OUTCOME = """
[[outcome]]
name = "opkomst_nieuw"
label = "Opkomst voor de Tweede Kamer, opnieuw"
subject = "de opkomst voor de Tweede Kamer"
unit = "procentpunten"
source = "turnout"
select = "TK"
scale = [0, 120]
level = "province"
weight = "equal"
decimals = 1
smallest_of_interest = 2.0
smallest_reason = "gekozen"
status = "aanname"
needed = "een uitslag"
"""
QUESTION = """
[[question]]
id = "tienskip-nieuw"
chapter = "tienskip"
title = "Een nieuwe uitkomst"
text = "Verandert de opkomst waar Tienskip actief wordt?"
exposure = "tienskip"
outcome = "opkomst_nieuw"
population = "tienskip_bekend"
comparison = "not_yet"
estimand = "effect"
role = "secondary"
family = "tienskip"
leads = 3
lags = 2
"""


@pytest.fixture
def asking(project):
    """A project with the design, the facts and the notebook `effect` of the repository, and one question."""
    from repository import REPOSITORY

    for folder in ("data/design", "data/facts"):
        shutil.copytree(REPOSITORY / folder, project.root / folder, dirs_exist_ok=True)
    shutil.copyfile(REPOSITORY / "data/manifest.toml", project.root / "data/manifest.toml")
    text = (REPOSITORY / "notebooks/02-effect.ipynb").read_text(encoding="utf-8")
    project.write("notebooks/02-effect.ipynb", text.replace("level = 0.95", "level = 0.80"))
    registry = (project.root / "data/design/notebooks.toml").read_text(encoding="utf-8")
    effect = next(part for part in registry.split("[[notebook]]") if 'name = "effect"' in part)
    entry = effect.replace("trial = [false, true]", "trial = [false]").replace(
        'file = "02-effect.ipynb"', 'file = "02-effect.ipynb"\nkeep_notebook = false'
    )
    project.write("data/design/notebooks.toml", f"[[notebook]]{entry}")
    for name, table in (("questions", "question"), ("conclusions", "conclusion")):
        path = project.root / f"data/design/{name}.toml"
        head = path.read_text(encoding="utf-8").partition(f"\n[[{table}]]")[0]
        path.write_text(head if table == "question" else f"conclusion = []\n{head}", encoding="utf-8")
    return project


def test_a_question_added_to_the_design_is_in_the_report_with_the_level_it_was_answered_at(asking, built):
    """Entries in data/design, and no line of code or prose: section, table, figure and sentence are there."""
    design = asking.root / "data/design"
    with (design / "outcomes.toml").open("a", encoding="utf-8") as handle:
        handle.write(OUTCOME)
    with (design / "questions.toml").open("a", encoding="utf-8") as handle:
        handle.write(QUESTION)
    made = built(asking)
    assert made.problems == ""
    row = released(asking)["tienskip.nieuw.effect"]
    assert row.value is not None
    assert (row.question, row.outcome, row.level, row.kind) == (
        "tienskip-nieuw",
        "opkomst_nieuw",
        0.8,
        "real",
    )

    section = fragment(asking, "vraag-tienskip-nieuw.qmd")
    assert section.startswith("## Een nieuwe uitkomst {#sec-tienskip-nieuw}\n")
    assert "**Vraag.** Verandert de opkomst waar Tienskip actief wordt?" in section
    assert "{{< var conclusie.tienskip.nieuw.value >}}" in section
    for exhibit in ("tbl-tienskip-nieuw", "fig-tienskip-nieuw-pad"):
        assert f"{{{{< include _generated/{exhibit}.qmd >}}}}" in section
        assert f"{{#{exhibit}" in fragment(asking, f"{exhibit}.qmd")
    assert "vraag-tienskip-nieuw.qmd" in fragment(asking, "vragen-tienskip.qmd")
    assert (asking.root / "reports/_generated/fig-tienskip-nieuw-pad.svg").is_file()

    sentence = variables(asking)["conclusie"]["tienskip"]["nieuw"]["value"]
    assert "de opkomst voor de Tweede Kamer" in sentence.replace("De opkomst", "de opkomst")
    assert "(80%-interval van" in sentence
    exhibits = asking.root / "data/build/released/exhibits"
    with (exhibits / "tbl-tienskip-nieuw.csv").open(encoding="utf-8") as handle:
        cells = list(csv.DictReader(handle))
    assert "80%-interval" in cells[0]
    assert cells[0]["80%-interval"] == row.interval_text
    described = json.loads((exhibits / "fig-tienskip-nieuw-pad.json").read_text(encoding="utf-8"))
    assert "80%" in described["caption"] + described["alt"]
    handed_over = everything_handed_over(asking)
    handed_over["_variables.yml"] = str(variables(asking)["tienskip"])
    assert not [name for name, text in handed_over.items() if "95%-interval" in text]
