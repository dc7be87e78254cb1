"""The frozen analysis plan: every difference is named, and none is named where there is none."""

from __future__ import annotations

import copy
import json

import pytest

from analysis.design.plan import (
    LOCK,
    Deviation,
    FrozenPlan,
    checksum,
    design_content,
    deviation_reasons,
    deviations,
    frozen_plan,
    lock_text,
)
from analysis.design.questions import questions
from analysis.release.deviations_text import deviations_markdown
from analysis.release.freeze import document_text, freeze
from analysis.release.markdown import escape
from analysis.release.plan_text import plan_markdown
from analysis.release.plan_words import dutch_date, plain
from analysis.workspace import Workspace

CONTENT = {
    "rollout": {
        "panel": {"first_year": 2017, "last_year": 2026},
        "adoption": [
            {"programme": "prodemos", "province": "PV20", "year": 2024, "status": "gerealiseerd"},
            {"programme": "prodemos", "province": "PV21", "status": "aanname"},
        ],
        "years": [1, 2],
    },
    "rules": {"rule": {"effect": [{"condition": "above", "sentence": "a"}, {"condition": "below"}]}},
}
PLAN = FrozenPlan("2026-11-02", CONTENT)
START = {"programme": "prodemos", "province": "PV20", "year": 2024, "status": "gerealiseerd", "source": "A"}
SMALL = FrozenPlan("2026-11-02", {"rollout": {"adoption": [START]}})


def changed(edit) -> list[Deviation]:
    content = copy.deepcopy(CONTENT)
    edit(content)
    assert checksum(content) != PLAN.checksum
    return deviations(PLAN, content)


def test_no_difference_no_deviation():
    assert deviations(PLAN, copy.deepcopy(CONTENT)) == []


def test_layout_and_the_order_of_keys_do_not_count():
    turned = json.loads(json.dumps(CONTENT, indent=4))
    turned["rollout"] = dict(reversed(turned["rollout"].items()))
    assert checksum(turned) == PLAN.checksum
    assert deviations(PLAN, turned) == []


def test_a_changed_key_is_named_with_its_values():
    found = changed(lambda content: content["rollout"]["panel"].update(last_year=2027))
    assert found == [Deviation("rollout", "panel.last_year", 2026, 2027)]


def test_an_item_of_a_list_is_named_by_what_it_is():
    found = changed(lambda content: content["rollout"]["adoption"][0].update(year=2025))
    assert found == [Deviation("rollout", "adoption[prodemos, PV20].year", 2024, 2025)]


def test_a_start_that_is_filled_in_later():
    found = changed(lambda content: content["rollout"]["adoption"][1].update(year=2026))
    assert found == [Deviation("rollout", "adoption[prodemos, PV21].year", None, 2026)]


def test_an_item_added_and_one_removed():
    def edit(content):
        content["rollout"]["adoption"][1]["province"] = "PV31"

    first, second = changed(edit)
    assert first.key == "adoption[prodemos, PV21]"
    assert first.now is None
    assert second.key == "adoption[prodemos, PV31]"
    assert second.before is None


def test_the_order_of_rules_counts():
    found = changed(lambda content: content["rules"]["rule"]["effect"].reverse())
    assert found == [
        Deviation("rules", "rule.effect (volgorde)", ["above", "below"], ["below", "above"]),
    ]


def test_a_list_of_values_is_one_value():
    assert changed(lambda content: content["rollout"]["years"].append(3)) == [
        Deviation("rollout", "years", [1, 2], [1, 2, 3])
    ]


def test_a_whole_number_is_not_its_decimal_twin():
    assert changed(lambda content: content["rollout"]["panel"].update(first_year=2017.0))


def test_a_file_that_came_and_one_that_went():
    def edit(content):
        content["new"] = {"a": 1}
        del content["rules"]

    assert [(item.file, item.key) for item in changed(edit)] == [("new", ""), ("rules", "")]


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    design = tmp_path / "data" / "design"
    design.mkdir(parents=True)
    (design / "limits.toml").write_text("alpha = 0.05 # why\n", encoding="utf-8")
    (design / "notebooks.toml").write_text("[[notebook]]\nname = 'a'\n", encoding="utf-8")
    return Workspace(tmp_path, tmp_path / "data" / "real")


def lock(workspace, day="2026-11-02"):
    (workspace.design / LOCK).write_text(lock_text(day, design_content(workspace)), encoding="utf-8")


def test_freezing_and_reading_back(workspace):
    assert frozen_plan(workspace) is None
    lock(workspace)
    plan = frozen_plan(workspace)
    assert plan.frozen == "2026-11-02"
    assert plan.content == {"limits": {"alpha": 0.05}}  # the registry of notebooks is no part of the plan
    (workspace.design / "limits.toml").write_text("alpha = 0.05\n", encoding="utf-8")
    assert deviations(plan, design_content(workspace)) == []
    (workspace.design / "limits.toml").write_text("alpha = 0.1\n", encoding="utf-8")
    assert deviations(plan, design_content(workspace)) == [Deviation("limits", "alpha", 0.05, 0.1)]


def test_the_same_design_gives_the_same_bytes(workspace):
    assert lock_text("2026-11-02", design_content(workspace)) == lock_text(
        "2026-11-02", design_content(workspace)
    )


def test_a_plan_changed_by_hand_is_refused(workspace):
    lock(workspace)
    path = workspace.design / LOCK
    path.write_text(path.read_text(encoding="utf-8").replace("0.05", "0.10"), encoding="utf-8")
    with pytest.raises(ValueError, match="changed after freezing"):
        frozen_plan(workspace)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="is no frozen plan"):
        frozen_plan(workspace)


@pytest.mark.parametrize("day", ["2 november 2026", "2026-13-01", ""])
def test_the_day_must_be_a_day(workspace, day):
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        freeze(workspace, day)
    assert not (workspace.design / LOCK).exists()


def test_deviations_list_themselves(workspace):
    (workspace.design / "deviations.toml").write_text(
        '[[deviation]]\nfile = "rollout"\nkey = "adoption"\nreason = "Brief B noemt het jaar."\n',
        encoding="utf-8",
    )
    found = [
        Deviation("rollout", "adoption[prodemos, PV21].year", None, 2026),
        Deviation("rollout", "panel.last_year", 2026, 2027),
    ]
    text = deviations_markdown(PLAN, found, deviation_reasons(workspace))
    assert "2 november 2026" in text
    assert PLAN.checksum in text
    assert "2 afwijkingen" in text
    assert "- `rollout.toml`, `adoption[prodemos, PV21].year`: toegevoegd, 2026. Reden: Brief B noemt" in text
    assert "`panel.last_year`: was 2026, is nu 2027. Reden: niet opgegeven." in text
    assert "bij deze bouw: geen." in deviations_markdown(PLAN, [], ()).lower()
    assert "nog geen analyseplan" in deviations_markdown(None, [], ())


def test_a_plan_without_much_in_it_can_be_read():
    text = plan_markdown(SMALL, {"PV20": "Groningen"})
    assert "| Groningen | 2024; gerealiseerd (brief A) |" in text
    assert dutch_date("2026-03-09") == "9 maart 2026"


@pytest.mark.parametrize(
    ("file", "path", "key"),
    [
        ("rollout", ("adoption", 0), "source"),
        ("rollout", ("adoption", 0), "status"),
        ("rollout", ("specification", 0), "estimator"),
        ("rollout", ("outcome", 0), "smallest_of_interest"),
        ("rollout", ("estimand", 0), "population"),
        ("regio", ("outcome", 0), "smallest_sd"),
        ("regio", (), "level"),
        ("adks", ("outcome", 0), "low"),
        ("adks", (), "level"),
        ("kenniskloof", (), "minuend"),
        ("robustness", ("curve",), "before"),
        ("questions", ("question", 0), "comparison"),
        ("questions", ("question", 0), "role"),
        ("outcomes", ("outcome", 0), "smallest_of_interest"),
        ("exposures", ("spell", 0), "status"),
        ("robustness", ("power",), "target"),
        ("conclusions", ("rule", "effect", 0), "condition"),
        ("conclusions", ("limits",), "alpha"),
        ("disclosure", ("rule",), "minimum_n"),
        ("disclosure", ("rule",), "minimum_schools"),
    ],
)
def test_a_key_that_is_misspelt_is_named_in_the_plan_as_in_the_study(file, path, key):
    """Printed as "onbekend", or left out, it would be a plan that says less than the study does."""
    content = copy.deepcopy(design_content(Workspace.current()))
    table = content[file]
    for name in path:
        table = table[name]
    table[f"{key}x"] = table.pop(key)
    with pytest.raises(ValueError, match=rf"data/design/{file}\.toml.*: {key} is absent; .*{key}x"):
        plan_markdown(FrozenPlan("2026-11-02", content), {})


def test_the_plan_names_every_question_outcome_and_start_of_the_design():
    """A question that is data is part of the plan: its text, whom it is about, and its role."""
    text = plan_markdown(FrozenPlan("2026-11-02", design_content(Workspace.current())), {"PV20": "Groningen"})
    for asked in questions():
        assert escape(asked.text) in text
        assert escape(asked.population.text) in text
        assert escape(asked.outcome.label) in text
    assert "hoofdvraag van prodemos; gemiddeld effect" in text
    assert "| ProDemos | Groningen | 2024 | loopt door | gerealiseerd | brief A, 3.1 |" in text


def test_a_spell_that_changes_is_named_by_programme_and_place():
    spell = {"exposure": "prodemos", "place": "PV20", "start": "2024", "status": "gerealiseerd"}
    plan = FrozenPlan("2026-11-02", {"exposures": {"spell": [spell]}})
    found = deviations(plan, {"exposures": {"spell": [{**spell, "start": "2025"}]}})
    assert found == [Deviation("exposures", "spell[prodemos, PV20].start", "2024", "2025")]


def test_words_are_translated_by_the_key_they_stand_under():
    """Level A is no letter A, and a threshold called "above" is no condition."""
    assert plain(["A", "B", "all", "above", "never", "studie"]) == "A, B, all, above, never, studie"
    assert plain("A", "levels_shown") == "A"
    assert plain("A", "source") == "brief A"
    assert plain({"source": "A", "name": "A"}) == "source = brief A; name = A"
    text = deviations_markdown(
        PLAN,
        [
            Deviation("kenniskloof", "levels_shown", ["A", "B"], ["A", "all"]),
            Deviation("rollout", "adoption[prodemos, PV21].source", "A", "studie"),
        ],
        (),
    )
    assert "`levels_shown`: was A, B, is nu A, all." in text
    assert ".source`: was brief A, is nu deze studie." in text


def test_the_committed_plan_is_whole_and_its_document_is_that_of_the_plan():
    workspace = Workspace.current()
    plan = frozen_plan(workspace)
    assert plan is not None
    document = (workspace.reports / "analyseplan.qmd").read_text(encoding="utf-8")
    assert document == document_text(workspace, plan)  # else: python -m analysis plan
    for estimand in ("prodemos.att", "tienskip.dose"):
        assert estimand in document
    assert document.count("aanname (deze studie)") > 10
    assert plan.checksum in document
