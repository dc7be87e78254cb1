"""Sentences of the chapters on gaps, attitudes and regions: from the rows, true whatever can be had."""

from dataclasses import replace

import pytest

from analysis.conclusions import conclude
from analysis.datakind import DataKind
from analysis.design.conclusions import read_conclusions
from analysis.results import Result
from analysis.workspace import Workspace

DECLARED = {plan.id: plan for plan in read_conclusions().conclusions}
NAMES = ("kenniskloof", "houdingen", "regio", "regio_houding")


def said(id, value=None, low=None, high=None, *, kind=DataKind.REAL, p=(0.5, 0.5), **given) -> str:
    plan, design = DECLARED[id], read_conclusions()
    result = Result(plan.result, "x", value, "punten", kind, "bron", low=low, high=high, decimals=1, **given)
    rows = [result]
    for name, number in zip((plan.joint_p, plan.equivalence_p), p, strict=True):
        if name:
            rows.append(Result(name, "p", number if value is not None else None, "", kind, "bron"))
    (conclusion,) = conclude(replace(design, conclusions=(plan,)), rows)
    return conclusion.sentence


@pytest.mark.parametrize("id", NAMES)
def test_what_cannot_be_had_is_said_with_its_reason(id):
    sentence = said(id, reason="er is geen bestand")
    assert sentence.endswith("is niet vast te stellen: er is geen bestand.")
    assert said(id, withheld="minder dan 10 eenheden").endswith("is niet getoond: minder dan 10 eenheden.")


@pytest.mark.parametrize("id", NAMES)
def test_every_sentence_has_one_of_its_own_on_trial(id):
    trial = DECLARED[f"proef.{id}"]
    assert trial.result == f"proef.{DECLARED[id].result}"
    assert trial.rules == DECLARED[id].rules
    sentence = said(f"proef.{id}", 3.0, 1.0, 5.0, kind=DataKind.SYNTHETIC)
    assert sentence.startswith("Synthetisch, geen bevinding: ")


def test_the_gap_is_no_effect_of_the_track():
    sentence = said("kenniskloof", 40.0, 30.0, 50.0)
    assert "scoren gemiddeld hoger op burgerschapskennis dan" in sentence
    assert "40,0 punten (95%-interval van 30,0 tot 50,0)" in sentence
    assert "scoren gemiddeld lager op" in said("kenniskloof", -40.0, -50.0, -30.0)
    assert "niet aangetoond" in said("kenniskloof", 1.0, -5.0, 7.0)


@pytest.mark.parametrize("name", ["kenniskloof", "houdingen"])
def test_a_chapter_on_tracks_says_once_that_a_difference_is_no_effect(name):
    told = "niet het effect van de schoolsoort"
    reports = Workspace.current().reports
    texts = [(reports / f"_{part}{name}.qmd").read_text(encoding="utf-8") for part in ("", "uitkomst-")]
    assert " ".join(" ".join(texts).split()).count(told) == 1
    assert told not in said(name, 40.0, 30.0, 50.0)


def test_the_change_of_the_gap_follows_its_interval():
    assert "neemt met de jaren toe, per jaar met 0,4 punten" in said("houdingen", 0.4, 0.1, 0.7)
    assert "neemt met de jaren af" in said("houdingen", -0.4, -0.7, -0.1)
    assert "niet aangetoond" in said("houdingen", 0.1, -0.3, 0.5)


@pytest.mark.parametrize(
    ("p", "told"),
    [
        ((0.5, 0.01), "kleiner dan vooraf"),
        ((0.01, 0.5), "Provincies verschillen in"),
        ((0.5, 0.5), "is niet vast te stellen: een verschil is niet aangetoond"),
    ],
)
@pytest.mark.parametrize("id", ["regio", "regio_houding"])
def test_absence_of_differences_between_provinces_needs_its_own_test(id, p, told):
    assert told in said(id, 3.0, 0.0, 6.0, p=p)
