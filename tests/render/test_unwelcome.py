"""Each unwelcome result stands, with its number, in the section that gives the answer; none is left out.

What is unwelcome is read here from the released rows, by name and number, not from the code that tells it.
"""

from __future__ import annotations

import re

import pytest
from readback import page, words

from analysis.datakind import DataKind
from analysis.design.questions import questions
from analysis.release.question_sections import _against
from analysis.results import Released, Result, read_rows
from analysis.workspace import Workspace

OTHERWISE = re.compile(r"weights_\w+|estimator_never|anticipation_\d|direct|concurrent")
NOTHING_THERE = re.compile(r"placebo_\d|before_\d")
ALPHA = 0.05


@pytest.fixture(scope="module")
def workspace(report):
    return Workspace(report, report / "data" / "real")


@pytest.fixture(scope="module")
def rows(report):
    return {row.id: row for row in read_rows(report / "data" / "build" / "released" / "results.csv")}


def unwelcome(question, rows) -> set[str]:
    """Ids of the rows of this question that do not go with its estimate."""
    main, found = rows[f"{question.prefix}.effect"], set()
    if main.value is None:
        return found
    checks = f"zekerheid.{question.prefix.replace('.', '_')}"
    for id, row in rows.items():
        start, _, name = id.rpartition(".")
        if row.value is None or start not in (question.prefix, checks):
            continue
        turned = row.value * main.value < 0
        if start == question.prefix:
            estimator = name.startswith("effect_") and "per" not in name.split("_")
            found |= {id} if (estimator and turned) or (name == "pretrend_p" and row.value < ALPHA) else set()
        elif OTHERWISE.fullmatch(name):
            found |= {id} if turned else set()
        elif NOTHING_THERE.fullmatch(name):
            found |= {id} if row.p_value is not None and row.p_value < ALPHA else set()
        elif name == "curve_sign":
            found |= {id} if row.value < 100 else set()
        elif name == "curve_median":
            found |= {id} if turned else set()
        elif name == "alarm_shared":
            found |= {id} if row.value - 2 * (row.se or 0) > 100 * ALPHA else set()
    return found


def section(html, label):
    """The part of the page from the heading with this label to the next one with a label."""
    inside, parts = False, []
    for element in html.iter():
        id = element.get("id", "")
        if element.tag == "section" and id == label:
            return [element]
        if re.fullmatch(r"h[1-6]", element.tag or "") and id.startswith("sec-"):
            inside = id == label
        if inside:
            parts.append(element)
    return parts


def links(elements) -> set[str]:
    return {
        link.get("href", "").partition("#herkomst-")[2]
        for element in elements
        for link in element.iter("a")
        if "#herkomst-" in link.get("href", "")
    }


def test_each_unwelcome_result_is_named_where_the_headline_stands(report, workspace, rows):
    html = page(report / "_report" / "rapport.html")
    seen = 0
    for question in questions(workspace):
        wanted = unwelcome(question, rows)
        there = section(html, f"sec-{question.id}")
        assert there, question.id
        assert wanted <= links(there), f"{question.id}: not named: {wanted - links(there)}"
        seen += len(wanted)
    assert seen >= 8


def test_a_share_of_one_sign_says_which(report, workspace, rows):
    """The share is that of the sign most specifications have; that need not be the sign of the answer."""
    html = page(report / "_report" / "rapport.html")
    for question in questions(workspace):
        main = rows[f"{question.prefix}.effect"].value
        median = rows.get(f"zekerheid.{question.prefix.replace('.', '_')}.curve_median")
        if main is None or median is None or median.value is None:
            continue
        told = " ".join(words(element) for element in section(html, f"sec-{question.id}"))
        other = "juist aan de andere kant van nul" in told
        assert other is (median.value * main < 0), f"{question.id}: {main} and a median of {median.value}"


def row(id, value, **more):
    return Result(id, id, value, "procentpunten", DataKind.REAL, "bron", decimals=2, **more)


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ((), ""),
        ((("prodemos.opkomst_tk.effect_imputation", -0.04, {}),), "andere kant van nul uit: imputatie op"),
        (
            (("prodemos.opkomst_tk.effect_imputation", 0.4, {"p_value": 0.02}),),
            "wel van toeval te onderscheiden: imputatie (p-waarde {{< var",
        ),
        ((("prodemos.opkomst_tk.effect_imputation", 0.4, {"p_value": 0.3}),), ""),
        ((("zekerheid.prodemos_opkomst_tk.direct", -0.5, {}),), "met buurprovincies meegerekend"),
        ((("zekerheid.prodemos_opkomst_tk.direct", 0.5, {}),), ""),
        ((("zekerheid.prodemos_opkomst_tk.placebo_3", 0.9, {"p_value": 0.02}),), "waar geen effect kan zijn"),
        ((("zekerheid.prodemos_opkomst_tk.placebo_3", 0.9, {"p_value": 0.2}),), ""),
        ((("prodemos.opkomst_tk.pretrend_p", 0.01, {}),), "liep vóór de start al uiteen"),
        (
            (
                ("zekerheid.prodemos_opkomst_tk.curve_sign", 63.0, {}),
                ("zekerheid.prodemos_opkomst_tk.curve_median", -0.2, {}),
            ),
            "juist aan de andere kant van nul",
        ),
        (
            (
                ("zekerheid.prodemos_opkomst_tk.curve_sign", 86.0, {}),
                ("zekerheid.prodemos_opkomst_tk.curve_median", 0.7, {}),
            ),
            "Niet alle combinaties van keuzes geven een schatting aan dezelfde kant van nul: wel {{<",
        ),
        ((("zekerheid.prodemos_opkomst_tk.alarm_shared", 10.0, {"se": 0.7}),), "te vaak vals alarm"),
        ((("zekerheid.prodemos_opkomst_tk.alarm_shared", 5.5, {"se": 0.7}),), ""),
    ],
)
def test_what_is_unwelcome_is_told_and_nothing_else(added, said, workspace):
    (question,) = [one for one in questions(workspace) if one.id == "prodemos-opkomst-tk"]
    main = row("prodemos.opkomst_tk.effect", 0.2, low=-0.1, high=0.5, p_value=0.2)
    told = _against(question, Released((main, *(row(id, value, **more) for id, value, more in added))))
    assert (said in told) if said else told == ""
