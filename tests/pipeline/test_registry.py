import pytest

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


def test_what_is_needed_comes_first(registry):
    text = ENTRY.format("b") + 'needs = ["a"]\n' + ENTRY.format("c") + ENTRY.format("a")
    assert [entry.name for entry in registry(text)] == ["c", "a", "b"]


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
        (ENTRY.format("a") + 'needs = ["z"]\n', "needs z, not registered"),
        (ENTRY.format("a") + 'needs = ["a"]\n', "in a circle"),
        (ENTRY.format("a") + "[notebook.sweep]\nx = []\n", "x needs a list of values"),
        (ENTRY.format("a") + "[notebook.sweep]\nx = [1, 1]\n", "occurs twice"),
        (ENTRY.format("a") + '[notebook.sweep]\n"a b" = [1]\n', "cannot be the name of a parameter"),
        (ENTRY.format("a") + "timeout_minutes = 0\n", "timeout_minutes must be above zero"),
        ("[[notebook]\n", "notebooks.toml"),
    ],
)
def test_mistakes_are_named_with_their_place(registry, text, says):
    with pytest.raises(ValueError, match=says):
        registry(text)


def test_one_and_true_are_two_values(registry):
    (entry,) = registry(ENTRY.format("a") + "[notebook.sweep]\nx = [1, true]\n")
    assert len(list(entry.combinations())) == 2
