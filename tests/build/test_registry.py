import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from build_project import PUBLISH

from analysis.build.build import build
from analysis.build.progress import Lines
from analysis.design.notebooks import read_notebooks

ENTRY = '[[notebook]]\nname = "{0}"\nfile = "{0}.ipynb"\nquestion = "Wat?"\n'


@pytest.fixture
def registry(project):
    def read(text):
        project.write("data/design/notebooks.toml", text)
        return read_notebooks(project.workspace)

    return read


def test_a_sweep_is_every_combination_in_a_fixed_order(registry):
    (entry,) = registry(
        ENTRY.format("a") + '[notebook.sweep]\nprovince = ["PV20", "PV21"]\noutcome = ["x", "y"]\n'
    )
    assert list(entry.combinations()) == [
        {"outcome": "x", "province": "PV20"},
        {"outcome": "x", "province": "PV21"},
        {"outcome": "y", "province": "PV20"},
        {"outcome": "y", "province": "PV21"},
    ]


def test_without_a_sweep_there_is_one_run(registry):
    (entry,) = registry(ENTRY.format("a"))
    assert list(entry.combinations()) == [{}]


def test_the_order_is_that_of_the_file(registry):
    text = ENTRY.format("b") + ENTRY.format("c") + ENTRY.format("a")
    assert [entry.name for entry in registry(text)] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no notebook is registered"),
        ("[notebooks]\n", "unknown table notebooks"),
        (ENTRY.format("a") * 2, "name a occurs twice"),
        (ENTRY.format("a") + 'colour = "red"\n', "notebook a: unknown key colour"),
        ('[[notebook]]\nname = "a"\nquestion = "Wat?"\n', "notebook a: file is absent"),
        (ENTRY.format("a").replace("Wat?", "Wat"), "expected a question"),
        (ENTRY.format("../a"), "expected lower case letters"),
        (ENTRY.format("a").replace("a.ipynb", "../a.ipynb"), "expected the name of an .ipynb"),
        (ENTRY.format("a") + "[notebook.sweep]\nx = []\n", "x needs a list of values"),
        (ENTRY.format("a") + "[notebook.sweep]\nx = [1, 1]\n", "occurs twice"),
        (ENTRY.format("a") + '[notebook.sweep]\n"a b" = [1]\n', "cannot be the name of a parameter"),
        (ENTRY.format("a") + "timeout_minutes = 0\n", "timeout_minutes and output_mb must be above zero"),
        ("[[notebook]\n", "notebooks.toml"),
    ],
)
def test_mistakes_are_named_with_their_place(registry, text, says):
    with pytest.raises(ValueError, match=says):
        registry(text)


QUESTIONS = """\
[[question]]
id = "kennis"
outcome = "kennis"
estimand = "effect"
[[question]]
id = "opkomst"
outcome = "opkomst"
estimand = "effect"
sources = ["extra"]
[[question]]
id = "helling"
outcome = "opkomst"
estimand = "dose"
"""
OUTCOMES = """\
[[outcome]]
name = "kennis"
[[outcome]]
name = "opkomst"
sources = ["kiesraad"]
"""
REGISTERED = (
    '[notebook.sweep]\nquestion = {from = "questions", table = "question", key = "id", '
    'where = {estimand = "effect"}, sources = {outcome = "outcomes"}}\n'
)


@pytest.fixture
def questions(project):
    project.write("data/design/questions.toml", QUESTIONS)
    project.write("data/design/outcomes.toml", OUTCOMES)


def test_a_sweep_over_what_another_design_file_lists(registry, questions):
    (entry,) = registry(ENTRY.format("a") + 'sources = ["grenzen"]\n' + REGISTERED)
    assert list(entry.combinations()) == [{"question": "kennis"}, {"question": "opkomst"}]
    assert entry.sources_of({"question": "kennis"}) == ("grenzen",)
    assert entry.sources_of({"question": "opkomst"}) == ("extra", "grenzen", "kiesraad")
    assert entry.all_sources == ("grenzen", "extra", "kiesraad")


def test_only_the_runs_whose_source_changed_are_due(project):
    def ran():
        found = build(project.workspace, Lines(io.StringIO()), executor=ThreadPoolExecutor, jobs=2)
        assert not found.failed
        return [outcome.label for outcome in found.outcomes]

    code = PUBLISH.format(name="a.{question}", value="len(question)").replace('"a.{', 'f"a.{')
    outcomes = OUTCOMES.replace("kiesraad", "microdata")
    questions = QUESTIONS.replace('sources = ["extra"]\n', "")
    project.write("data/design/questions.toml", questions)
    project.write("data/design/outcomes.toml", outcomes)
    project.notebook("a", code, parameters='question = "kennis"', entry=REGISTERED)
    assert ran() == ["a[question=kennis]", "a[question=opkomst]"]
    project.write("data/real/micro.csv", "x\n1\n")
    assert ran() == ["a[question=opkomst]"]
    more = '[[question]]\nid = "derde"\noutcome = "kennis"\nestimand = "effect"\n'
    project.write("data/design/questions.toml", questions + more)
    assert ran() == ["a[question=derde]"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('key = "id"', 'sleutel = "id"', "notebook a, sweep of question: unknown key sleutel"),
        ('key = "id", ', "", "sweep of question: key is absent or no text"),
        ('from = "questions"', 'from = "vragen"', r"vragen\.toml is absent"),
        ('"effect"', '"iets"', r"no \[\[question\]\] in data/design/questions.toml fits"),
        ("estimand =", "schatting =", "questions.toml, question 1: schatting is absent"),
        ('"outcomes"', '"questions"', "no outcome 'kennis' in data/design/questions.toml"),
        ('table = "question"', 'table = "vraag"', r"no \[\[vraag\]\]"),
    ],
)
def test_a_mistake_in_a_sweep_over_a_register_names_file_and_key(registry, questions, before, after, says):
    with pytest.raises(ValueError, match=says):
        registry(ENTRY.format("a") + REGISTERED.replace(before, after))


def test_codes_keep_the_type_they_are_written_with(registry):
    """Of a municipality, a country, a year and a date that YAML would read as something else."""
    sweep = '[notebook.sweep]\ncode = ["0363", "NO", "1e5", "0o17", "null", "2018-01-01"]\nyear = [2018]\n'
    (entry,) = registry(ENTRY.format("a") + sweep)
    assert entry.sweep["code"] == ("0363", "NO", "1e5", "0o17", "null", "2018-01-01")
    assert all(type(code) is str for code in entry.sweep["code"])
    assert [type(year) for year in entry.sweep["year"]] == [int]


@pytest.mark.parametrize("value", ["2018-01-01", "{a = 1}", "[1]", "0363", "NO", "inf", "nan"])
def test_what_is_no_text_number_or_truth_value_is_refused(registry, project, value):
    """Bare 0363 and NO are no TOML; a date, a table and what is no finite number are no parameter."""
    from analysis.build.plan import make_plan

    text = ENTRY.format("a") + f"[notebook.sweep]\ncode = [{value}]\n"
    if value in ("inf", "nan"):
        project.notebook("a", "x = 1", parameters="code = 1.0", entry=text.split("\n", 4)[-1])
        assert f"a: code is {value}: expected a finite number" in make_plan(project.workspace).problems["a"]
        return
    with pytest.raises(ValueError, match=r"notebooks\.toml"):
        registry(text)


def test_a_notebook_is_added_by_a_file_and_an_entry(project, built):
    project.notebook("a")
    built(project)
    project.notebook("b")
    assert [outcome.label for outcome in built(project).built.outcomes] == ["b"]


@pytest.mark.parametrize(
    ("parameters", "sweep", "says"),
    [
        ("code = '0344'", "code = [363]", "code = 363 is int, the notebook's '0344' is str"),
        ("code = 'NL'", "code = [false]", "code = False is bool, the notebook's 'NL' is str"),
        ("share = 1", "share = [0.5]", "share = 0.5 is float, the notebook's 1 is int"),
        ("seed = 1", "sead = [1]", "sead is not in the parameters cell; there are: seed"),
        ("seed = int('1')", "seed = [2]", "cell 2: seed must be a plain value, got int('1')"),
    ],
)
def test_the_registry_is_held_against_the_parameters_cell(project, parameters, sweep, says):
    from analysis.build.plan import make_plan

    project.notebook("a", "x = 1", parameters=parameters, entry=f"[notebook.sweep]\n{sweep}")
    plan = make_plan(project.workspace)
    assert says in plan.problems["a"]
    assert not plan.runs


def test_one_and_true_are_two_values(registry):
    (entry,) = registry(ENTRY.format("a") + "[notebook.sweep]\nx = [1, true]\n")
    assert len(list(entry.combinations())) == 2


def test_a_notebook_may_read_the_sources_of_every_entry_of_a_design_file(project, registry):
    """An answer about one programme also asks where the other came: its file is an input too."""
    project.write(
        "data/design/exposures.toml",
        '[[exposure]]\nname = "a"\nsources = ["start_a"]\n\n'
        '[[exposure]]\nname = "b"\nsources = ["start_b"]\n',
    )
    (entry,) = registry(ENTRY.format("a") + 'sources_of_all = {exposure = "exposures"}\n')
    assert entry.sources_of({}) == ("start_a", "start_b")
    with pytest.raises(ValueError, match="notebook a: sources_of_all is a table"):
        registry(ENTRY.format("a") + 'sources_of_all = "exposures"\n')


def test_every_answer_about_an_effect_depends_on_every_list_of_starts():
    for entry in read_notebooks():
        if entry.name in ("effect", "zekerheid"):
            for overrides in entry.combinations():
                assert {"start_prodemos", "start_tienskip"} <= set(entry.sources_of(overrides))
