"""Sentences that are long or passive are named, with file and line; what is generated is not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.render.project import read_projects
from analysis.render.source import Line
from analysis.render.style import LONGEST, remarks, sentences

ROOT = Path("/x")


def read(*texts: str, folder: str = "reports") -> list:
    path = ROOT / folder / "_a.qmd"
    return list(sentences([Line(text, path, n) for n, text in enumerate(texts, start=1)], ROOT))


def test_sentences_are_told_apart_across_lines_with_their_place():
    found = read("# Kop {#sec-a}", "", "Dit is een. En dit", "is twee.", "", "- Punt een.", "- Punt twee.")
    assert [(s.text, s.place) for s in found] == [
        ("Dit is een.", "reports/_a.qmd:3"),
        ("En dit is twee.", "reports/_a.qmd:3"),
        ("Punt een.", "reports/_a.qmd:6"),
        ("Punt twee.", "reports/_a.qmd:7"),
    ]


def test_tables_and_what_the_build_makes_are_no_prose():
    assert read("| a | b |", "|---|---|") == []
    assert read("Een zin.", folder="reports/_generated") == []


def test_markup_and_variables_count_as_they_read():
    (one,) = read("Zie [de **bijlage**](verantwoording.html#sec-a): {{< var a.b.full >}} punten.")
    assert one.text == "Zie de bijlage: … punten."
    assert one.words == 4


@pytest.mark.parametrize(
    ("text", "passive"),
    [
        ("De scholen worden door de provincie gekozen.", True),
        ("Het verschil werd berekend.", True),
        ("Het wordt koud.", False),
        ("De provincie koos de scholen.", False),
    ],
)
def test_passive(text, passive):
    (one,) = read(text)
    assert one.passive is passive


def test_long():
    (one,) = read(" ".join(["woord"] * (LONGEST + 1)) + ".")
    assert one.words == LONGEST + 1


def test_no_build_is_needed(repository_copy, tmp_path):
    """`make lint` comes before anything is built: includes of what the build makes are passed over."""
    project = read_projects(repository_copy(tmp_path / "clone"))[0]
    assert not (project.document.parent / "_generated").exists()
    assert any(remark.startswith("reports/") for remark in remarks(project))
