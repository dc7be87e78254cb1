"""Whatever rests on synthetic data says so where it stands, or the build stops."""

from __future__ import annotations

import pytest

from analysis.render import RenderError, render
from analysis.render.labelling import chapters, check_labelling, sentences, synthetic_variables
from analysis.render.project import read_project
from analysis.render.source import read_lines

NOTE = "{{< include _generated/status-kloof.qmd >}}"
REPORT_NOTE = "{{< include _generated/status-rapport.qmd >}}"


def labelling(workspace) -> None:
    project = read_project(workspace.root)
    check_labelling(read_lines(project), project)


def write(workspace, text: str) -> None:
    (workspace.reports / "rapport.qmd").write_text(f'---\ntitle: "Proef"\n---\n\n{text}\n', encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        f"{REPORT_NOTE}\n\n# Kloof\n\n{NOTE}\n\nHet is {{{{< var kloof.gap.value >}}}} punten.",
        f"{REPORT_NOTE}\n\n# Samenvatting\n\nHet is {{{{< var kloof.gap.full >}}}}.",
        f"{REPORT_NOTE}\n\n# Samenvatting\n\nHet synthetische verschil is {{{{< var kloof.gap.value >}}}}.",
        f"{REPORT_NOTE}\n\n# Feiten\n\nHet budget is {{{{< var feiten.budget.value >}}}} euro.",
        "# Feiten\n\nHet budget is {{< var feiten.budget.value >}} euro.",
        f"{REPORT_NOTE}\n\n# Kloof\n\n{NOTE}\n\n{{{{< include _generated/fig-kloof-lijn.qmd >}}}}",
    ],
)
def test_labelled(project, text):
    write(project, text)
    labelling(project)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{REPORT_NOTE}\n\n# Kloof\n\nHet is {{{{< var kloof.gap.value >}}}}.",
            r"rapport\.qmd:9: a synthetic number",
        ),
        (
            f"{REPORT_NOTE}\n\n# Kloof\n\nDit is synthetisch. Het is {{{{< var kloof.gap.value >}}}}.",
            r"'Het is \{\{< var kloof\.gap\.value >\}\}\.'",
        ),
        (
            f"{REPORT_NOTE}\n\n# Kloof\n\n{{{{< include _generated/fig-kloof-lijn.qmd >}}}}",
            r"fig-kloof-lijn\.qmd:1: a synthetic exhibit in 'Kloof'",
        ),
        (
            f"{REPORT_NOTE}\n\n# Een\n\n{NOTE}\n\n# Twee\n\nHet is {{{{< var kloof.gap.interval >}}}}.",
            r"in 'Twee'",
        ),
        ("# Samenvatting\n\nHet is {{< var kloof.gap.full >}}.", "no note marks it as a trial"),
        (
            "# Kloof\n\n{{< include _generated/status-feiten.qmd >}}\n\nHet is {{< var kloof.gap.n >}}.",
            "a synthetic number without the word",
        ),
    ],
)
def test_not_labelled(project, text, message):
    write(project, text)
    with pytest.raises(RenderError, match=message):
        labelling(project)
    with pytest.raises(RenderError, match=message):
        render(project, engine="embedded")


def test_chapters_begin_at_headings_of_level_one(project):
    found = chapters(read_lines(read_project(project.root)))
    assert [chapter.title for chapter in found] == [
        "", "Samenvatting", "Eerste hoofdstuk", "Tweede hoofdstuk", "Literatuur",
    ]  # fmt: skip
    assert [chapter.labelled for chapter in found] == [False, True, True, False, False]


def test_points_inside_a_shortcode_end_no_sentence():
    text = "Eerst {{< var a.b.C >}}. Dan “nog een” van 3.000 euro! Laatste?"
    assert sentences(text) == ["Eerst {{< var a.b.C >}}.", "Dan “nog een” van 3.000 euro!", "Laatste?"]


def test_synthetic_variables_of_any_depth():
    variables = {
        "a": {"b": {"kind": "synthetisch", "value": "1"}, "c": {"d": {"kind": "synthetisch"}}},
        "e": {"kind": "feit", "value": "2"},
    }
    assert synthetic_variables(variables) == {
        "a.b.kind": "synthetisch",
        "a.b.value": "1",
        "a.c.d.kind": "synthetisch",
    }
