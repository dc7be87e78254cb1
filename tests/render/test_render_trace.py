"""Numbers and captions lead to their origin."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from small_report import MANIFEST, PROVENANCE, exhibits, make_project, rows

from analysis.conclusions import Conclusion
from analysis.datakind import DataKind
from analysis.release.fragments import write_fragments
from analysis.release.markdown import linked, piece, visible
from analysis.release.shown import Shown, shown
from analysis.release.trace import _named, trace_markdown
from analysis.release.variables import write_variables
from analysis.results import Released


def test_the_appendix_holds_what_is_shown_and_no_more():
    text = trace_markdown(
        Shown(("kloof.gap.full",), ("_generated/fig-kloof-lijn.qmd",)), rows(), PROVENANCE, MANIFEST
    )
    assert "[Kloof]{#herkomst-kloof.gap}" in text
    assert "7, `uitkomst`" in text
    assert "[@fig-kloof-lijn]{#herkomst-fig-kloof-lijn}" in text
    assert f"controlegetal `{'f' * 16}`" in text
    assert "Hoe groot is de \\*kloof\\*?" in text
    for part in ("`k1`", "d" * 16, "p" * 16, "c" * 16, "`twin`: Een tweeling", "04-kloof.ipynb"):
        assert part in text
    assert "budget" not in text
    assert "share" not in text


def test_sources_are_listed_by_the_names_that_the_tables_give_them():
    """Facts go by the names of their tables: the key of the source stands in none."""
    given = replace(next(iter(MANIFEST.values())), key="brief", facts=("letter_facts", "commitments"))
    (told,) = _named(["letter_facts", "x; letter_facts"], {"brief": given})
    assert f"`letter_facts`: {given.title}" in told
    assert "`brief`" not in told
    assert "commitments" not in told


def test_a_conclusion_brings_the_results_it_rests_on():
    text = trace_markdown(Shown(("conclusie.kloof.value",), ()), rows(), PROVENANCE, MANIFEST)
    assert "#herkomst-kloof.share" in text
    assert "niet bewaard" in text  # the run kept no notebook


def test_what_the_build_makes_itself():
    text = trace_markdown(Shown(("feiten.budget.value",), ()), rows(), PROVENANCE, MANIFEST)
    assert "De bouw zelf" in text
    assert "#herkomst-feiten.budget" in text


def test_what_the_text_shows(tmp_path):
    workspace = make_project(tmp_path / "project")
    found = shown(workspace)
    assert "kloof.gap.full" in found.variables
    assert "fig-kloof-lijn" in found.exhibits
    assert not found.traced
    section = workspace.reports / "_eerste.qmd"
    section.write_text(
        section.read_text(encoding="utf-8") + "\n{{< include _generated/herkomst.qmd >}}\n", encoding="utf-8"
    )
    assert shown(workspace).traced


def test_numbers_become_links_and_words_do_not(tmp_path):
    path = tmp_path / "_variables.yml"
    gap = rows()[0]
    parts = (("De kloof is ", ""), (gap.variables()["full"], gap.id), (". Dat is veel.", ""))
    conclusion = Conclusion("kloof", "above", parts, DataKind.SYNTHETIC, ("kloof.gap", "kloof.share"))
    write_variables(rows(), path, [conclusion], traced=True)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (
        content["kloof"]["gap"]["value"] == '[52,3](#herkomst-kloof.gap){aria-label="52,3 (herkomst: Kloof)"}'
    )
    assert content["kloof"]["gap"]["unit"] == "punten"
    assert content["kloof"]["gap"]["kind"] == "synthetisch"
    assert "](#herkomst-kloof.gap){" in content["kloof"]["gap"]["english"]
    told = content["conclusie"]["kloof"]["value"]
    assert told.startswith("De kloof is [52,3 punten (")
    assert told.endswith('; synthetisch) (herkomst: Kloof)"}. Dat is veel.')
    assert told.count("](#herkomst-") == 1


def test_only_the_number_that_a_result_gave_is_a_link(tmp_path):
    """The share is "12"; the sentence holds those digits in its own words and in another number too."""
    share, gap = rows()[1], rows()[0]
    told = share.variables()["value"]
    assert told == "12"
    parts = (
        (f"Van {told} naar 1{told} en {told}-jarigen is ", ""),
        (f"{gap.variables()['value']}{told}", gap.id),
        (" meer dan ", ""),
        (told, share.id),
        (".", ""),
    )
    conclusion = Conclusion("kloof", "above", parts, DataKind.SYNTHETIC, (gap.id, share.id))
    path = tmp_path / "_variables.yml"
    write_variables(rows(), path, [conclusion], traced=True)
    said = yaml.safe_load(path.read_text(encoding="utf-8"))["conclusie"]["kloof"]["value"]
    assert said == (
        "Van 12 naar 112 en 12-jarigen is "
        '[52,312](#herkomst-kloof.gap){aria-label="52,312 (herkomst: Kloof)"} meer dan '
        '[12](#herkomst-kloof.share){aria-label="12 (herkomst: Aandeel)"}.'
    )
    assert conclusion.sentence == "Van 12 naar 112 en 12-jarigen is 52,312 meer dan 12."
    write_variables(rows(), path, [conclusion])
    said = yaml.safe_load(path.read_text(encoding="utf-8"))["conclusie"]["kloof"]["value"]
    assert said == conclusion.sentence


@pytest.mark.parametrize("traced", [True, False])
def test_captions_lead_to_the_origin(tmp_path, traced):
    source = exhibits(tmp_path / "exhibits")
    write_fragments([source], Released(tuple(rows())), tmp_path / "_generated", traced=traced)
    for name in ("fig-kloof-lijn", "tbl-kloof-smal"):
        text = (tmp_path / "_generated" / f"{name}.qmd").read_text(encoding="utf-8")
        assert (f"[Herkomst](#herkomst-{name})" in text) is traced


def test_what_is_read_of_a_number_is_its_text():
    """The name of the link is not: a label that says "synthetisch" does not mark a number that does not."""
    for text in ("52,3 [x] (a} b)", "1 \\ 2", '5 "x"'):
        assert visible(linked(text, "kloof.gap", 'Kloof "synthetisch" {a}')) == text
        assert visible(f"Van {piece(' ')}{linked(text, 'a.b', 'L')}.") == f"Van  {text}."
