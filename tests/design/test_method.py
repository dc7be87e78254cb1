"""The estimators and the test of an effect are a choice of the design, and nothing else is done."""

from __future__ import annotations

import pytest
from question_files import edited_design

from analysis.answers.effect import effect_items
from analysis.credibility.effect_study import ESTIMATORS
from analysis.design.method import method
from analysis.inference.setting import MIN_CLUSTERS
from analysis.panel.question import question_panel


def test_the_design_names_what_the_inference_does():
    chosen = method()
    assert (chosen.estimator, chosen.beside, chosen.compared) == ESTIMATORS
    assert chosen.minimum_clusters == MIN_CLUSTERS


def test_another_order_is_another_co_primary_estimator(tmp_path):
    workspace = edited_design(tmp_path, "method", '"imputation" ', '"two_way" ')
    with pytest.raises(ValueError, match="beside and compared are both two_way"):
        method(workspace)
    path = workspace.design / "method.toml"
    path.write_text(path.read_text().replace('compared = "two_way"', 'compared = "imputation"'))
    chosen = method(workspace)
    panel = question_panel("prodemos-kennis")
    names = [item.id for item in effect_items(panel, panel.frame, level=0.95, chosen=chosen)]
    assert names.index("prodemos.kennis.effect_two_way") < names.index("prodemos.kennis.effect_imputation")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"group_time"', '"sun_abraham"', "estimator is 'sun_abraham': use one of group_time"),
        ('"randomisation"', '"wald"', "test is 'wald': use one of randomisation"),
        ('"history"', '"start"', "moved is 'start': use one of history"),
        ('"jackknife"', '"score"', "studentised is 'score': use one of jackknife"),
        ("minimum_clusters = 5", "minimum_clusters = 1", "minimum_clusters is 1: two or more"),
    ],
)
def test_a_choice_that_is_not_offered_is_named(tmp_path, old, new, message):
    with pytest.raises(ValueError, match=message):
        method(edited_design(tmp_path, "method", old, new))
