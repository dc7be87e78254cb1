"""Roll-outs as they may turn out: each gives what can be given, and a reason in Dutch for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pytest
from question_files import PROVINCES, QUESTION, YEARS, outcome, starts, workspace_with

from analysis.answers.effect import answer_question
from analysis.answers.zekerheid import check_question
from analysis.chapters import antwoord, effect, zekerheid
from analysis.design.robustness import robustness
from analysis.panel.question import question_panel
from analysis.results import publish
from analysis.sources.geography import neighbours, province_names
from analysis.workspace import Workspace

FIVE, SEVEN = PROVINCES[:5], PROVINCES[5:]
PLANTED = 2.0
EXHIBITS = [
    "fig-prodemos-uitrol",
    "tbl-prodemos-kennis",
    "fig-prodemos-kennis-pad",
    "tbl-prodemos-kennis-opzet",
    "tbl-antwoord",
    "fig-antwoord",
]
MEASURED = ["fig-prodemos-kennis-verloop", "tbl-prodemos-kennis-metingen"]  # fmt: skip
ENGLISH = re.compile(r"\b(the|cluster|period|estimate|nan|inf|none)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """Starts, what is odd about the measurements, and what can be said.

    `why` is in the reason of the effect where it cannot be had, `mute` in the reason why no statement on
    significance is made.
    """

    begun: dict
    files: dict = field(default_factory=dict)
    why: str = ""
    mute: str = ""
    left_out: int = 0
    unknown: tuple[str, ...] = ()


CASES = {
    "all provinces in the end": Case({**dict.fromkeys(FIVE, 2024), **dict.fromkeys(SEVEN, 2025)}),
    "all in one year": Case(dict.fromkeys(PROVINCES, 2024), why="met een andere te vergelijken"),
    "one province": Case({FIVE[0]: 2023}, mute="1 van de 12 provincies is een start te vergelijken"),
    "two provinces": Case(
        dict.fromkeys(FIVE[:2], 2023), mute="2 van de 12 provincies is een start te vergelijken"
    ),
    "three provinces": Case(
        dict.fromkeys(FIVE[:3], 2023), mute="3 van de 12 provincies is een start te vergelijken"
    ),
    "one province never": Case({code: 2021 + place % 4 for place, code in enumerate(PROVINCES[:11])}),
    "one province before the measurements": Case(
        {PROVINCES[0]: 2015, **dict.fromkeys(PROVINCES[1:6], 2023)}, left_out=len(YEARS)
    ),
    "all starts before the measurements": Case(
        dict.fromkeys(FIVE, 2015), why="geen meting van de kennis van jongeren over de democratie van vóór"
    ),
    "all starts after the measurements": Case(
        dict.fromkeys(FIVE, 2030), why="geen meting van de kennis van jongeren over de democratie van na de"
    ),
    "one start after the measurements": Case({**dict.fromkeys(FIVE, 2023), SEVEN[0]: 2030}),
    "one measurement before the start": Case(dict.fromkeys(FIVE, 2019), unknown=("pretrend_p",)),
    "two measurements before the start": Case(dict.fromkeys(FIVE, 2020)),
    "two measurements in all": Case(dict.fromkeys(FIVE, 2023), {"years": (2020, 2024)}),
    "one measurement in all": Case(dict.fromkeys(FIVE, 2023), {"years": (2024,)}, why="maar één meting"),
    "a province without one wave": Case(dict.fromkeys(FIVE, 2023), {"without": [(FIVE[2], 2021)]}),
    "a province without the wave before its start": Case(
        dict.fromkeys(FIVE, 2023), {"without": [(FIVE[2], 2022)]}
    ),
    "30 % of cells missing": Case(dict.fromkeys(FIVE, 2023), {"missing": 0.3}),
    "every other year": Case(dict.fromkeys(FIVE, 2023), {"years": range(2011, 2026, 2)}),
}


def named(chapter: str) -> set[str]:
    """Names of rows that sentences of the reports take of a question on turnout; all but the ceiling."""
    texts = "".join(path.read_text(encoding="utf-8") for path in Workspace.current().reports.glob("*.qmd"))
    found = set(re.findall(rf"var {chapter}\.([a-z_]+)\.", texts)) - {"ceiling"}
    assert found
    return found


def workspace_of(case: Case, folder):
    text = outcome(case.begun, noise=0.05, effect=PLANTED, **case.files)
    return workspace_with(folder, democratiekennis=text, start_prodemos=starts(case.begun))


def texts(exhibits):
    """All that a reader can read or copy of exhibits."""
    found = []
    for exhibit in exhibits:
        found += [exhibit.full_caption, getattr(exhibit, "alt", "")]
        table = exhibit.cells if hasattr(exhibit, "cells") else exhibit.table
        if table is not None:
            found.append(table.to_csv(index=False))
    return found


@pytest.mark.parametrize("name", CASES)
def test_every_roll_out_gives_rows_and_exhibits(name, tmp_path):
    case = CASES[name]
    workspace = workspace_of(case, tmp_path)
    panel = question_panel(QUESTION, workspace=workspace)
    released = publish(*answer_question(panel), workspace=workspace)
    effect_row = released.row("prodemos.kennis.effect")
    if case.why:
        assert effect_row.value is None
        assert case.why in effect_row.reason
    else:
        assert effect_row.value == pytest.approx(PLANTED, abs=0.15)
        assert effect_row.reason == ""
    lacking = {name for name in named("prodemos.opkomst_tk") if f"prodemos.kennis.{name}" not in released}
    assert not lacking, "sentences name these rows whatever the roll-out"
    assert case.mute in effect_row.no_statement
    stated = not case.why and not case.mute
    assert (effect_row.p_value is not None) is stated
    assert (effect_row.low is not None) is stated
    if stated:
        assert effect_row.p_value <= 0.05
        assert effect_row.low <= PLANTED <= effect_row.high
    left = released.find("prodemos.kennis.n_left_out")
    assert left is None or left.value == case.left_out
    for row in released.rows:
        assert row.value is not None or row.reason, f"{row.id} is unknown and does not say why"
        assert not ENGLISH.search(row.reason), row.reason
        assert not row.reason.endswith("."), "a clause"
    assert all(released.row(f"prodemos.kennis.{one}").value is None for one in case.unknown)
    drawn = [*effect.exhibits(released, workspace), *antwoord.exhibits(released, workspace)]
    measured = [] if case.why else MEASURED
    if name == "all provinces in the end":  # nobody to draw the other path of
        measured = MEASURED[1:]
    assert [exhibit.id for exhibit in drawn] == [*EXHIBITS[:4], *measured, *EXHIBITS[4:]]
    said = "\n".join(texts(drawn))
    assert "nan" not in said.lower()
    if case.why:
        assert case.why in drawn[2].alt, "the place of the figure says why"
        answers = next(exhibit for exhibit in drawn if exhibit.id == "tbl-antwoord")
        assert case.why in answers.cells.iloc[0]["Antwoord"]
        assert answers.cells.iloc[0]["Bewijs (Maryland)"] == "geen"
    if case.mute:
        assert case.mute in drawn[1].caption
        assert "geen uitspraak" in drawn[1].cells["p-waarde"].tolist()
        # nothing is said of chance in one way that is not said in another
        assert (
            drawn[1]
            .cells.filter(like="interval")
            .isin(["niet te geven", "niet vast te stellen"])
            .all(axis=None)
        )
        assert "streep" not in drawn[2].caption
        assert "is geen interval te geven" in drawn[2].alt
    assert all(exhibit.svg() for exhibit in drawn if hasattr(exhibit, "svg"))


@pytest.fixture(scope="module")
def light():
    """The plan with few specifications and draws."""
    plan = robustness()
    return replace(
        plan,
        curve=replace(plan.curve, estimators=("not_yet", "two_way"), leave_one_out=False, draws=39),
        power=replace(plan.power, draws=20, reassigned=39, effects=(0.0, 1.0, 3.0)),
        alarm=replace(plan.alarm, draws=20, reassigned=39),
    )


@pytest.mark.parametrize(
    "name",
    [
        "all provinces in the end",
        "all in one year",
        "one province",
        "three provinces",
        "one province never",
        "one measurement before the start",
        "a province without one wave",
        "30 % of cells missing",
        "every other year",
        "one measurement in all",
    ],
)
def test_every_roll_out_says_how_sure_its_answer_is(name, tmp_path, light):
    case = CASES[name]
    workspace = workspace_of(case, tmp_path)
    panel = question_panel(QUESTION, workspace=workspace)
    items = check_question(panel, light, neighbours=neighbours(), provinces=province_names())
    released = publish(*items, workspace=workspace)
    lacking = {
        name
        for name in named(r"zekerheid\.\w+_opkomst_tk")
        if f"zekerheid.prodemos_kennis.{name}" not in released
    }
    assert not lacking, "sentences name these rows whatever the roll-out"
    main = released.row("zekerheid.prodemos_kennis.main")
    if case.why or name == "one province":  # its error cannot be had without a second
        assert main.reason
        checks, *figures, before, alarm, limits, seen, drift = zekerheid.exhibits(released, workspace)
        assert all(table.cells.iloc[0, 0].startswith("niet vast te stellen: ") for table in (before, alarm))
        assert limits.cells.iloc[:, 1].tolist() == [f"niet vast te stellen: {main.reason}"]
        assert checks.cells.iloc[:, 1].tolist() == ["niet vast te stellen"]
        assert all(figure.alt.startswith("Geen figuur. ") for figure in figures)
        assert set(seen.cells.iloc[:, 1]) == {"niet vast te stellen"}
        assert set(drift.cells.iloc[:, 1]) == {"niet vast te stellen"}
    else:
        assert main.value == pytest.approx(PLANTED, abs=0.15)
        drawn = zekerheid.exhibits(released, workspace)
        assert [exhibit.id for exhibit in drawn] == [
            "tbl-zekerheid-prodemos-kennis", "fig-zekerheid-prodemos-kennis-provincies",
            "fig-zekerheid-prodemos-kennis-curve", "fig-zekerheid-prodemos-kennis-vermogen",
            "tbl-zekerheid-prodemos-kennis-voorloop", "tbl-zekerheid-prodemos-kennis-alarm",
            "tbl-zekerheid-prodemos-kennis-balans", "tbl-zekerheid-prodemos-kennis-grenzen", "tbl-zekerheid",
            "tbl-zekerheid-gevoeligheid",
        ]  # fmt: skip
        assert "nan" not in "\n".join(texts(drawn)).lower()
    for row in released.rows:
        assert row.value is not None or row.reason or row.note, f"{row.id} is unknown and does not say why"
        assert not ENGLISH.search(row.reason), row.reason


def test_of_nine_municipalities_no_digit_of_the_effect_is_shown(tmp_path):
    """One in each of nine provinces, below the ten that disclosure asks for; the file counts no people."""
    from analysis.sources.gazetteer import province_of

    home = {}
    for code, province in sorted(province_of().items()):
        if province in PROVINCES[:9] and province not in home.values():
            home[code] = province
    begun = dict.fromkeys(PROVINCES[:5], 2023)
    text = outcome(begun, places=home, home=home, n=None, noise=0.05, effect=3.17)
    workspace = workspace_with(tmp_path, democratiekennis=text, start_prodemos=starts(begun))
    panel = question_panel(QUESTION, workspace=workspace)
    assert panel.frame["unit"].nunique() == 9
    items = answer_question(panel)
    numbers = {item.id: item.value for item in items if hasattr(item, "value")}
    assert numbers["prodemos.kennis.effect"] == pytest.approx(3.17, abs=0.2)
    released = publish(*items, workspace=workspace)
    hidden = [row for row in released.rows if row.withheld]
    assert {"effect", "effect_imputation", "effect_two_way", "effect_sun_abraham"} <= {
        row.name for row in hidden
    }
    drawn = [*effect.exhibits(released, workspace), *antwoord.exhibits(released, workspace)]
    assert [exhibit.id for exhibit in drawn] == EXHIBITS
    said = "\n".join(texts(drawn))
    for row in hidden:
        if row.name.startswith("effect"):
            for digits in (f"{numbers[row.id]:.2f}", f"{numbers[row.id]:.1f}"):
                assert digits.replace(".", ",") not in said, row.id
                assert digits not in said, row.id
    assert "niet getoond" in said


def test_an_outcome_that_runs_alike_everywhere_has_an_answer_and_reasons(tmp_path, light):
    """No noise and no effect: nothing spreads, so that tests before the start have nothing to go by."""
    begun = dict.fromkeys(FIVE, 2023)
    text = outcome(begun, noise=0.0, effect=0.0)
    workspace = workspace_with(tmp_path, democratiekennis=text, start_prodemos=starts(begun))
    panel = question_panel(QUESTION, workspace=workspace)
    rows = {item.name: item for item in answer_question(panel) if hasattr(item, "p_text")}
    assert rows["effect"].value == pytest.approx(0.0, abs=1e-9)
    assert all(row.value is not None or row.reason for row in rows.values())
    items = check_question(panel, light, neighbours=neighbours(), provinces=province_names())
    assert all(row.value is not None or row.reason or row.note for row in items if hasattr(row, "p_text"))
