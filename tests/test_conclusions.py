from dataclasses import replace

import pytest

from analysis.conclusions import conclude
from analysis.datakind import DataKind
from analysis.design.conclusions import ConclusionDesign, ConclusionPlan, Limits, Rule, read_conclusions
from analysis.results import Result
from analysis.workspace import find_root


def row(id, value, low=None, high=None, kind=DataKind.REAL) -> Result:
    return Result(
        id=id, label=id, value=value, unit="punten", kind=kind, source="x", low=low, high=high, decimals=1
    )


DECLARED = read_conclusions()
PRODEMOS = replace(
    DECLARED, conclusions=tuple(plan for plan in DECLARED.conclusions if plan.id == "prodemos")
)
REGIO = replace(DECLARED, conclusions=tuple(plan for plan in DECLARED.conclusions if plan.id == "regio"))


def effect(value, low=None, high=None, treated=8, kind=DataKind.REAL):
    rows = [
        row("prodemos.att", value, low, high, kind),
        row("prodemos.n_treated_provinces", treated),
        row("prodemos.smallest_of_interest", 1.0, kind=DataKind.FACT),
    ]
    (conclusion,) = conclude(PRODEMOS, rows)
    return conclusion


@pytest.mark.parametrize(
    ("result", "condition"),
    [
        (effect(None), "unknown"),
        (effect(3, 2, 4, treated=4), "too_few_treated"),
        (effect(3, 2, 4), "above"),
        (effect(-3, -4, -2), "below"),
        (effect(0.1, -0.5, 0.7), "negligible"),
        (effect(0.5, 0.2, 0.8), "negligible"),
        (effect(0.1, -3, 3.2), "otherwise"),
    ],
)
def test_the_sentence_follows_sign_and_interval(result, condition):
    assert result.condition == condition


def test_no_effect_shown_is_not_called_no_effect():
    sentence = effect(0.1, -3, 3.2).sentence
    assert "niet aangetoond" in sentence
    assert "0,1 punten (95%-interval van −3,0 tot 3,2)" in sentence
    assert "volgt hier niet uit" in sentence


def test_the_methods_section_names_the_declared_limit():
    words = {4: "vier", 5: "vijf", 6: "zes"}
    text = " ".join((find_root() / "reports" / "_methode.qmd").read_text(encoding="utf-8").split())
    limit = words[DECLARED.limits.treated_provinces]
    assert f"minder dan {limit} provincies met invoering, of minder dan {limit} zonder" in text


def test_below_five_treated_provinces_no_direction_is_named():
    sentence = effect(3, 2, 4, treated=4).sentence
    assert "te weinig provincies" in sentence
    assert "toename" not in sentence


def test_a_conclusion_on_synthetic_rows_says_so():
    conclusion = effect(3, 2, 4, kind=DataKind.SYNTHETIC)
    assert conclusion.kind is DataKind.SYNTHETIC
    assert conclusion.sentence.startswith("Synthetisch, geen bevinding: de gegevens wijzen op een toename")
    assert "synthetisch" in conclusion.sentence
    assert not effect(3, 2, 4).sentence.startswith("Synthetisch")


@pytest.mark.parametrize(
    ("joint", "equivalence", "condition"),
    [(0.5, 0.01, "equivalent"), (0.01, 0.5, "different"), (0.5, 0.5, "otherwise")],
)
def test_absence_of_regional_differences_needs_its_own_test(joint, equivalence, condition):
    rows = [
        row("regio.sd_province", 3.0),
        row("regio.joint_p", joint),
        row("regio.equivalence_p", equivalence),
    ]
    (conclusion,) = conclude(REGIO, rows)
    assert conclusion.condition == condition
    assert ("kleiner dan" in conclusion.sentence) == (condition == "equivalent")


def test_a_result_that_was_not_released_stops_the_build():
    with pytest.raises(ValueError, match=r"conclusion prodemos: no result prodemos\.n_treated_provinces"):
        conclude(PRODEMOS, [row("prodemos.att", 1.0), row("prodemos.smallest_of_interest", 1.0)])


def test_a_rule_with_an_unknown_condition_is_refused():
    with pytest.raises(ValueError, match="unknown condition 'maybe'"):
        Rule("maybe", "x")


def test_every_declared_list_has_a_last_resort():
    assert all(rules[-1].condition == "otherwise" for rules in DECLARED.rules.values())


def test_a_smallest_effect_of_zero_is_an_error():
    design = ConclusionDesign(
        Limits(5, 0.05),
        DECLARED.mark,
        {"effect": (Rule("negligible", "x"), Rule("otherwise", "y"))},
        (ConclusionPlan("a", "effect", "a.b", "s", smallest="a.c"),),
    )
    with pytest.raises(ValueError, match="must be positive"):
        conclude(design, [row("a.b", 1, 0, 2), row("a.c", 0)])


def test_a_sentence_knows_which_part_a_result_gave():
    """Eight provinces are treated, and the 8 of "1,8 punten" is no link to them."""
    conclusion = effect(1.8, 0.5, 3.1, treated=8)
    given = [(text, name) for text, name in conclusion.parts if name]
    assert given == [("1,8 punten (95%-interval van 0,5 tot 3,1)", "prodemos.att")]
    assert "".join(text for text, _ in conclusion.parts) == conclusion.sentence
