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
    earlier_lock,
    frozen_plan,
    lock_text,
    require_reasons_match,
)
from analysis.design.questions import questions
from analysis.design.revisions import revised
from analysis.release.deviations_text import deviations_markdown
from analysis.release.freeze import document_text, freeze
from analysis.release.markdown import escape
from analysis.release.plan_text import plan_markdown
from analysis.release.plan_words import dutch_date, plain
from analysis.release.revisions_text import revisions_markdown
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
START_RULE = {"condition": "above", "sentence": "a"}
PLAN = FrozenPlan("2026-11-02", CONTENT)


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


def test_the_order_of_what_stays_counts_where_rules_come_and_go():
    def edit(content):
        content["rules"]["rule"]["effect"] = [{"condition": "below"}, {"condition": "none"}, START_RULE]

    assert [item.key for item in changed(edit)] == ["rule.effect[none]", "rule.effect (volgorde)"]


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
    (design / "claims.toml").write_text("[[claim]]\n", encoding="utf-8")
    return Workspace(tmp_path, tmp_path / "data" / "real")


def registered(workspace, **parameters):
    """A registered notebook `a` whose parameters cell is the lines given by name."""
    entry = "[[notebook]]\nname = 'a'\nfile = 'a.ipynb'\nquestion = 'Wat is a?'\nsweep = {swept = [1, 2]}\n"
    (workspace.design / "notebooks.toml").write_text(entry, encoding="utf-8")
    lines = "\n".join(f"{name} = {value}" for name, value in parameters.items())
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# A"]},
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]},
            "source": lines.splitlines(keepends=True),
        },
        {"cell_type": "code", "metadata": {}, "source": "raise RuntimeError('never executed')"},
    ]
    path = workspace.notebooks / "a.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}), encoding="utf-8")


def lock(workspace, day="2026-11-02"):
    (workspace.design / LOCK).write_text(lock_text(day, design_content(workspace)), encoding="utf-8")


def test_freezing_and_reading_back(workspace):
    assert frozen_plan(workspace) is None
    lock(workspace)
    plan = frozen_plan(workspace)
    assert plan.frozen == "2026-11-02"
    assert plan.content == {"limits": {"alpha": 0.05}}  # rules for the text are no part of the plan
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


def test_a_parameter_of_a_notebook_lists_itself_but_not_one_that_is_swept(workspace):
    registered(workspace, level="0.95", swept="1")
    lock(workspace)
    registered(workspace, level="0.80", swept="2")
    found = deviations(frozen_plan(workspace), design_content(workspace))
    assert found == [Deviation("parameters", "a.level", 0.95, 0.8)]
    assert "`notebooks`, `a.level`: was 0,95, is nu 0,8." in deviations_markdown(PLAN, found, ())


def test_an_added_notebook_lists_itself(workspace):
    registered(workspace, level="0.95")
    lock(workspace)
    path = workspace.design / "notebooks.toml"
    text = path.read_text(encoding="utf-8")
    (workspace.notebooks / "b.ipynb").write_bytes((workspace.notebooks / "a.ipynb").read_bytes())
    path.write_text(text + text.replace("'a'", "'b'").replace("a.ipynb", "b.ipynb"), encoding="utf-8")
    found = deviations(frozen_plan(workspace), design_content(workspace))
    assert [(item.file, item.key) for item in found] == [("notebooks", "notebook[b]"), ("parameters", "b")]


@pytest.mark.parametrize(
    ("level", "says"),
    [("1 - 0.05", "level must be a plain value"), ("[", "not plain Python"), ("x = 1", "one name a line")],
)
def test_a_parameters_cell_that_is_none_is_named(workspace, level, says):
    registered(workspace, level=level)
    with pytest.raises(ValueError, match=rf"a\.ipynb, cell 2: {says}|{says}"):
        design_content(workspace)


def test_a_registered_notebook_that_is_absent_is_named(workspace):
    registered(workspace, level="0.95")
    (workspace.notebooks / "a.ipynb").unlink()
    with pytest.raises(ValueError, match=r"a\.ipynb is registered but absent"):
        design_content(workspace)


@pytest.mark.parametrize(
    ("file", "key", "fits"),
    [
        ("rollout", "", True),
        ("rollout", "adoption", True),
        ("rollout", "adoption[prodemos, PV21]", True),
        ("rollout", "adoption[prodemos, PV21].year", True),
        ("rollout", "adop", False),
        ("rollout", "adoption[prodemos, PV21].years", False),
        ("rollouts", "", False),
    ],
)
def test_a_reason_that_matches_nothing_is_named(workspace, file, key, fits):
    (workspace.design / "deviations.toml").write_text(
        f'[[deviation]]\nfile = "{file}"\nkey = "{key}"\nreason = "Brief B."\n', encoding="utf-8"
    )
    reasons = deviation_reasons(workspace)
    found = [Deviation("rollout", "adoption[prodemos, PV21].year", None, 2026)]
    if fits:
        require_reasons_match(reasons, found)
        assert "Reden: Brief B." in deviations_markdown(PLAN, found, reasons)
        return
    with pytest.raises(ValueError, match=rf"deviations\.toml, deviation 1: .*'{file}'") as error:
        require_reasons_match(reasons, found)
    assert "rollout adoption[prodemos, PV21].year" in str(error.value)


CHANGE = """
[[revision.change]]
title = "Grens"
reason = "De grens was te ruim."
seen = "{seen}"
covers = ["limits{key}"]
"""


def revise(
    workspace, *, key=" alpha", seen="", checksum="", earlier="2026-11-02", later="2026-11-28", more=""
):
    path = workspace.design / earlier_lock("2026-11-02")
    checksum = checksum or json.loads(path.read_text(encoding="utf-8"))["checksum"]
    head = f'[[revision]]\nfrom = "{earlier}"\nto = "{later}"\nchecksum = "{checksum}"\n'
    text = head + CHANGE.format(key=key, seen=seen) + more
    (workspace.design / "revisions.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def replaced(workspace) -> Workspace:
    """A plan of 2 November with alpha .05, and one of 28 November with .01."""
    lock(workspace)
    (workspace.design / LOCK).rename(workspace.design / earlier_lock("2026-11-02"))
    (workspace.design / "limits.toml").write_text("alpha = 0.01\n", encoding="utf-8")
    lock(workspace, "2026-11-28")
    return workspace


def test_a_revision_names_every_difference_with_its_reason(replaced):
    revise(replaced, seen="de opkomst van 2025")
    (found,) = revised(replaced)
    ((change, differences),) = found.differences
    assert change.title == "Grens"
    assert differences == (Deviation("limits", "alpha", 0.05, 0.01),)
    text = revisions_markdown((found,))
    assert found.revision.checksum in text
    assert "2 november 2026" in text
    assert "28 november 2026" in text
    assert "*Vooraf gezien: de opkomst van 2025.*\n\n- **Grens.** De grens was te ruim." in text
    assert "`limits.toml` (anders: `alpha` was 0,05, is nu 0,01)" in text


def test_what_changed_before_anything_was_seen_is_told_in_one_sentence(replaced):
    revise(replaced, seen="")
    text = revisions_markdown(revised(replaced))
    assert text.rstrip().endswith("van de gegevens was gezien, veranderde: grens (`limits.toml`).")
    assert "De grens was te ruim" not in text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": " beta"}, "no change gives a reason for limits alpha"),
        ({"more": CHANGE.format(key=" beta", seen="")}, "'Grens': nothing differs under limits beta"),
        ({"checksum": "abc"}, "has checksum abc; plan-2026-11-02.lock holds that of 2026-11-02"),
        ({"later": "2026-11-27"}, "leads to 2026-11-27, the next plan is of 2026-11-28"),
        ({"earlier": "2026-11-01"}, "plan-2026-11-02.lock: this plan was replaced"),
        ({"earlier": "2026-11-29"}, "expected a day and a later one"),
        ({"more": 'elsewhere = ["absent.py"]\n'}, "'Grens': absent.py is no file"),
        ({"more": 'why = "?"\n'}, "change 1: unknown key why"),
        ({"more": "elsewhere = 3\n"}, "elsewhere: expected a list, each text, found a whole number 3"),
    ],
)
def test_a_revision_that_does_not_fit_is_an_error(replaced, change, says):
    revise(replaced, **change)
    with pytest.raises(ValueError, match=says):
        revised(replaced)


def test_an_earlier_plan_without_a_revision_is_an_error(replaced):
    with pytest.raises(ValueError, match=r"plan-2026-11-02\.lock: this plan was replaced"):
        revised(replaced)


def test_freezing_anew_keeps_the_plan_before_and_wants_reasons(workspace):
    lock(workspace)
    before = (workspace.design / LOCK).read_bytes()
    (workspace.design / "limits.toml").write_text("alpha = 0.01\n", encoding="utf-8")
    kept = workspace.design / earlier_lock("2026-11-02")
    with pytest.raises(ValueError, match="does not say why"):
        freeze(workspace, "2026-11-28")
    assert (workspace.design / LOCK).read_bytes() == before
    assert not kept.exists()
    with pytest.raises(ValueError, match="an earlier day"):
        freeze(workspace, "2026-11-01")
    kept.write_bytes(before)
    with pytest.raises(ValueError, match=r"with checksum = '[0-9a-f]{64}'"):
        freeze(workspace, "2026-11-28")
    assert kept.read_bytes() == before  # it was there already
    revise(workspace, seen="de opkomst van 2025")
    facts = workspace.root / "data" / "facts" / "geo"
    facts.mkdir(parents=True)
    regions = "code,name,kind,source,status\nPV20,Groningen,provincie,CBS,gepubliceerd\n"
    (facts / "regions.csv").write_text(regions, encoding="utf-8")
    assert freeze(workspace, "2026-11-28").frozen == "2026-11-28"
    assert kept.read_bytes() == before
    assert "De grens was te ruim." in (workspace.reports / "analyseplan.qmd").read_text(encoding="utf-8")


def test_a_plan_without_much_in_it_can_be_read():
    spell = {"exposure": "a", "place": "PV20", "start": "2024", "status": "gerealiseerd", "source": "brief A"}
    small = FrozenPlan(
        "2026-11-02", {"exposures": {"exposure": [{"name": "a", "label": "A"}], "spell": [spell]}}
    )
    assert "| A | Groningen | 2024 | gerealiseerd | brief A | niet bekend |" in plan_markdown(
        small, {"PV20": "Groningen"}
    )
    assert dutch_date("2026-03-09") == "9 maart 2026"


@pytest.mark.parametrize(
    ("file", "path", "key"),
    [
        ("questions", ("question", 0), "comparison"),
        ("questions", ("question", 0), "role"),
        ("questions", ("population", 0), "text"),
        ("exposures", ("spell", 0), "source"),
        ("exposures", ("exposure", 0), "label"),
        ("outcomes", ("outcome", 0), "smallest_reason"),
        ("outcomes", ("outcome", 0), "scale"),
        ("rollout", ("twin", 0), "effect_start"),
        ("regio", ("outcome", 0), "smallest_sd"),
        ("regio", (), "alpha"),
        ("adks", ("outcome", 0), "low"),
        ("adks", (), "level"),
        ("kenniskloof", (), "minuend"),
        ("robustness", ("curve",), "before"),
        ("robustness", ("checks",), "mbar"),
        ("robustness", ("power",), "target"),
        ("conclusions", ("rule", "effect", 0), "condition"),
        ("conclusions", ("limits",), "alpha"),
        ("disclosure", ("rule",), "minimum_n"),
        ("disclosure", ("rule",), "minimum_schools"),
        ("adks", (), "last_wave"),
        ("notebooks", ("notebook", 0), "question"),
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
        assert escape(asked.outcome.smallest_reason) in text
    assert "| het gemiddelde effect sinds de start | hoofdvraag, prodemos | 5 en 2 |" in text
    assert "| ProDemos | Groningen | 2024 | gerealiseerd | brief A, 3.1 (tweede) | niet bekend |" in text


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
    for question in plan.content["questions"]["question"]:
        assert question["id"] in document
        assert question["text"] in document
    for spell in plan.content["exposures"]["spell"]:
        assert spell["status"] in document
    assert plan.checksum in document


def test_every_difference_from_the_first_plan_is_explained():
    """The plans themselves are compared, not what is said of them."""
    workspace = Workspace.current()
    (found,) = revised(workspace)
    assert (found.revision.earlier, found.revision.later) == ("2026-11-21", frozen_plan(workspace).frozen)
    explained = {(item.file, item.key) for _, items in found.differences for item in items}
    first = json.loads((workspace.design / earlier_lock("2026-11-21")).read_text(encoding="utf-8"))
    now = frozen_plan(workspace).content
    assert {file for file, _ in explained} >= set(first["content"]) ^ set(now)
    assert ("robustness", "power.draws") in explained
    turnout = next(change for change in found.revision.changes if "opkomst als tweede" in change.title)
    assert "niet vooraf vastgelegd" in turnout.reason
    assert turnout.seen
    text = revisions_markdown((found,))
    assert text in (workspace.reports / "analyseplan.qmd").read_text(encoding="utf-8")


def test_starts_rest_on_a_letter_or_on_evidence_that_is_there():
    workspace = Workspace.current()
    lines = (workspace.facts / "evidence.csv").read_text(encoding="utf-8").splitlines()
    known = {line.split(",")[0] for line in lines}
    for spell in design_content(workspace)["exposures"]["spell"]:
        source = spell["source"]
        assert source in known or source == "studie" or source.startswith(("brief A, ", "brief B, ")), source
