import re
from dataclasses import replace

import pytest
from repository import REPOSITORY

from analysis.conclusions import conclude
from analysis.datakind import DataKind
from analysis.design.conclusions import ConclusionDesign, ConclusionPlan, Limits, Rule, read_conclusions
from analysis.design.questions import questions
from analysis.inference.setting import MIN_CLUSTERS
from analysis.results import Result
from analysis.workspace import Workspace, find_root


def row(id, value, low=None, high=None, kind=DataKind.REAL) -> Result:
    return Result(
        id=id, label=id, value=value, unit="punten", kind=kind, source="x", low=low, high=high, decimals=1
    )


DECLARED = read_conclusions()
REGIO = replace(DECLARED, conclusions=tuple(plan for plan in DECLARED.conclusions if plan.id == "regio"))
RULES = replace(DECLARED, conclusions=())
(ASKED,) = (item for item in questions() if item.id == "prodemos-opkomst-tk")
SMALLEST = row("prodemos.opkomst_tk.smallest_of_interest", 1.0, kind=DataKind.FACT)
FEW = "van 4 van de 12 provincies is een start te vergelijken, te weinig voor een toets"


def effect(value, low=None, high=None, *others, kind=DataKind.REAL, **given):
    """The conclusion of a question, from its row, the smallest effect of interest and `others`."""
    main = replace(row("prodemos.opkomst_tk.effect", value, low, high, kind), **given)
    (conclusion,) = conclude(RULES, [main, SMALLEST, *others], [ASKED])
    return conclusion


def reach(ceiling, detectable):
    """The largest effect that is possible, and the smallest that could be seen."""
    return (
        row("prodemos.opkomst_tk.ceiling", ceiling),
        row("zekerheid.prodemos_opkomst_tk.detectable", detectable),
    )


@pytest.mark.parametrize(
    ("result", "condition"),
    [
        (effect(None), "unknown"),
        (effect(3, 2, 4, no_statement=FEW), "no_statement"),
        (effect(3, 2, 4), "above"),
        (effect(0.5, 0.2, 0.8), "above"),  # wholly above zero is said before that it is small
        (effect(-3, -4, -2), "below"),
        (effect(-0.5, -0.8, -0.2), "below"),
        (effect(0.1, -0.5, 0.7), "negligible"),
        (effect(0.1, -3, 3.2), "otherwise"),
        (effect(3, 2, 4, *reach(0.4, 0.9)), "out_of_reach"),
        (effect(3, 2, 4, *reach(0.9, 0.4)), "above"),
        (effect(3, 2, 4, *reach(0.9, None)), "above"),
    ],
)
def test_the_sentence_follows_sign_and_interval(result, condition):
    assert result.condition == condition


def test_no_effect_shown_is_not_called_no_effect():
    sentence = effect(0.1, -3, 3.2).sentence
    assert "niet aangetoond" in sentence.lower()
    assert "0,1 punten (95%-interval van −3,0 tot 3,2)" in sentence
    assert "volgt hier niet uit" in sentence


def test_the_methods_section_names_the_limit_that_the_inference_keeps():
    words = {4: "vier", 5: "vijf", 6: "zes"}
    text = " ".join((find_root() / "reports" / "_methode.qmd").read_text(encoding="utf-8").split())
    limit = words[MIN_CLUSTERS]
    assert f"minder dan {limit} plaatsen met invoering, of minder dan {limit} zonder" in text


@pytest.mark.parametrize("estimate", [3, -3])
def test_where_the_inference_makes_no_statement_no_direction_is_named(estimate):
    """The same words as in the table: the row says why, and the sentence repeats it."""
    sentence = effect(estimate, no_statement=FEW).sentence
    assert FEW in sentence
    assert not [word for word in ("toename", "afname", "hoger", "lager") if word in sentence]


def test_what_cannot_be_had_says_why_in_the_sentence():
    why = "van geen verkiezing na de start is de uitslag bekend"
    assert f"is niet vast te stellen: {why}." in effect(None, reason=why).sentence


def test_a_conclusion_on_synthetic_rows_says_so():
    conclusion = effect(3, 2, 4, kind=DataKind.SYNTHETIC)
    assert conclusion.kind is DataKind.SYNTHETIC
    assert conclusion.sentence.startswith("Synthetisch, geen bevinding: de opkomst")
    assert "synthetisch" in conclusion.sentence
    assert not effect(3, 2, 4).sentence.startswith("Synthetisch")


def test_result_and_trial_of_a_question_each_have_their_conclusion():
    main = row("prodemos.opkomst_tk.effect", 3, 2, 4)
    trial = row("proef.prodemos.opkomst_tk.effect", -3, -4, -2, DataKind.SYNTHETIC)
    smallest = [SMALLEST, replace(SMALLEST, id=f"proef.{SMALLEST.id}")]
    found = conclude(RULES, [main, trial, *smallest], [ASKED])
    assert [(item.id, item.condition) for item in found] == [
        ("prodemos.opkomst_tk", "above"),
        ("proef.prodemos.opkomst_tk", "below"),
    ]


def test_the_level_of_the_row_is_that_of_the_sentence():
    assert "3,0 punten (80%-interval van 2,0 tot 4,0)" in effect(3, 2, 4, level=0.80).sentence


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
    rows = [row("regio.sd_province", 3.0), row("regio.joint_p", 0.5)]
    with pytest.raises(ValueError, match=r"conclusion regio: no result regio\.equivalence_p"):
        conclude(REGIO, rows)
    assert conclude(REGIO, rows, incomplete=True) == []  # where a notebook failed, it is left out


def test_a_rule_with_an_unknown_condition_is_refused():
    with pytest.raises(ValueError, match="unknown condition 'maybe'"):
        Rule("maybe", "x")


def test_every_declared_list_has_a_last_resort():
    assert all(rules[-1].condition == "otherwise" for rules in DECLARED.rules.values())


def test_a_smallest_effect_of_zero_is_an_error():
    design = ConclusionDesign(
        Limits(0.05),
        DECLARED.mark,
        {"effect": (Rule("negligible", "x"), Rule("otherwise", "y"))},
        (ConclusionPlan("a", "effect", "a.b", "s", smallest="a.c"),),
    )
    with pytest.raises(ValueError, match="must be positive"):
        conclude(design, [row("a.b", 1, -1, 2), row("a.c", 0)])


def test_a_sentence_knows_which_part_a_result_gave():
    """The digits of one result are no link to another that has the same."""
    conclusion = effect(1.0, 0.5, 3.1)
    given = [(text, name) for text, name in conclusion.parts if name]
    assert given == [("1,0 punten (95%-interval van 0,5 tot 3,1)", "prodemos.opkomst_tk.effect")]
    assert "".join(text for text, _ in conclusion.parts) == conclusion.sentence
    small = effect(0.1, -0.5, 0.7)
    assert ("1,0 punten", "prodemos.opkomst_tk.smallest_of_interest") in small.parts


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('"Of {subject}', '"Of {treated}'),
            "rule.effect 1: the sentence names {treated}, which no",
        ),
        (
            ('rules = "gap"', 'rules = "effect"'),
            'conclusion kenniskloof: where is absent, and rule.effect 1 (unknown) needs it; add where = "in',
        ),
        (('joint_p = "', 'ceiling = "'), "joint_p is absent, and rule.regions"),
        (("{full}.", "{full."), "rule.effect"),
    ],
)
def test_a_rule_that_lacks_a_key_is_told_when_it_is_read(tmp_path, change, message):
    text = (REPOSITORY / "data" / "design" / "conclusions.toml").read_text(encoding="utf-8")
    assert change[0] in text
    workspace = Workspace(tmp_path, tmp_path)
    workspace.design.mkdir(parents=True)
    (workspace.design / "conclusions.toml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        read_conclusions(workspace)
    assert "data/design/conclusions.toml" in str(error.value)
