"""What changed between two editions is told, and nothing else."""

from __future__ import annotations

import copy
import json

import pytest

from analysis.__main__ import main
from analysis.release.diff import Change, compare, in_words
from analysis.release.edition import Edition, Number, read_edition

OLD = {
    "runs": {"k": {"label": "kloof", "data_hash": "d1", "parameters_hash": "p1", "code_hash": "c1"}},
    "results": {
        "kloof.gap": {"run": "k", "label": "kloof", "text": "52,3 punten", "numbers": [52.31, 40.0, 64.0]},
        "kloof.n": {"run": "k", "label": "leerlingen", "text": "4.000", "numbers": [4000.0, None, None]},
    },
    "exhibits": {"fig-a-b": {"caption": "Een lijn.", "checksum": "1" * 64}},
    "conclusions": {"kloof": {"sentence": "Een verschil is aangetoond."}},
}


@pytest.fixture
def editions(tmp_path):
    """Write the old edition and one that `edit` changed; returns their folders."""

    def write(edit):
        new = copy.deepcopy(OLD)
        edit(new)
        for name, content in (("old", OLD), ("new", new)):
            (tmp_path / name).mkdir()
            (tmp_path / name / "herkomst.json").write_text(json.dumps(content), encoding="utf-8")
        return tmp_path / "old", tmp_path / "new"

    return write


def difference(folders):
    return compare(*map(read_edition, folders))


def test_nothing_changed(editions):
    found = difference(editions(lambda new: None))
    assert [line.split(":")[1] for line in in_words(found)] == [
        " 0 veranderd, 0 nieuw, 0 vervallen, 2 gelijk",
        " 0 veranderd, 0 nieuw, 0 vervallen, 1 gelijk",
        " 0 veranderd, 0 nieuw, 0 vervallen, 1 gelijk",
        " 0 veranderd, 0 nieuw, 0 vervallen, 1 gelijk",
    ]


def test_a_number_a_sentence_a_figure_and_what_lies_behind(editions):
    def edit(new):
        new["results"]["kloof.gap"] |= {"text": "48,0 punten", "numbers": [48.0, 40.0, 64.0]}
        new["conclusions"]["kloof"]["sentence"] = "Een verschil is niet aangetoond."
        new["exhibits"]["fig-a-b"]["checksum"] = "2" * 64
        new["runs"]["k"]["data_hash"] = "d2"

    found = difference(editions(edit))
    assert found.numbers.changed == (Change("kloof.gap", "52,3 punten", "48,0 punten", "kloof"),)
    assert found.sentences.changed[0].new == "Een verschil is niet aangetoond."
    assert "[1111111111111111]" in found.exhibits.changed[0].old
    assert found.notebooks.changed == (Change("kloof", "gegevens d1", "gegevens d2"),)
    assert "  kloof.gap (kloof): was 52,3 punten; is nu 48,0 punten" in list(in_words(found))


def test_ids_that_came_and_went(editions):
    def edit(new):
        new["results"]["kloof.new"] = new["results"].pop("kloof.n")

    found = difference(editions(edit))
    assert found.numbers.added == (("kloof.new", "4.000"),)
    assert found.numbers.removed == (("kloof.n", "4.000"),)


def test_a_change_behind_the_digits_shown(editions):
    found = difference(editions(lambda new: new["results"]["kloof.gap"].update(numbers=[52.34, 40.0, 64.0])))
    assert found.numbers.changed == ()
    assert found.unseen == ("kloof.gap",)
    noise = copy.deepcopy(OLD["results"]["kloof.gap"]["numbers"])
    noise[0] *= 1 + 1e-14
    assert not compare(
        read_edition_of({"kloof.gap": noise}), read_edition_of({"kloof.gap": [52.31, 40.0, 64.0]})
    ).unseen


def read_edition_of(numbers):
    return Edition({name: Number("x", "", tuple(values)) for name, values in numbers.items()})


def test_variables_are_compared_without_their_links(tmp_path):
    plain, linked = tmp_path / "a.yml", tmp_path / "b.yml"
    plain.write_text('kloof:\n  gap:\n    full: "52 \\\\[x\\\\]"\n', encoding="utf-8")
    linked.write_text('kloof:\n  gap:\n    full: "[52 \\\\[x\\\\]](#herkomst-kloof.gap)"\n', encoding="utf-8")
    found = difference((plain, linked))
    assert found.numbers.same == 1
    assert found.exhibits is None
    assert any("niet vergeleken" in line for line in in_words(found))


def test_results_files_are_compared_in_full(tmp_path, editions):
    header = "id,label,value,low,high,unit,kind\n"
    path = tmp_path / "resultaten.csv"
    path.write_text(f"{header}kloof.gap,kloof,52.32,40.0,64.0,punten,real\n", encoding="utf-8")
    old, _ = editions(lambda new: None)
    found = difference((old, path))
    assert found.numbers.changed == (
        Change("kloof.gap", "52,31 (van 40 tot 64)", "52,32 (van 40 tot 64)", "kloof"),
    )
    variables = tmp_path / "_variables.yml"
    variables.write_text('kloof:\n  gap:\n    full: "52"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="not with a CSV"):
        difference((variables, path))


def test_from_the_command_line(editions, capsys):
    old, new = editions(lambda new: new["results"]["kloof.n"].update(text="4.100"))
    assert main(["diff", str(old), str(new)]) == 0
    assert "kloof.n (leerlingen): was 4.000; is nu 4.100" in capsys.readouterr().out
    assert main(["diff", str(old), str(new), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["numbers"]["changed"][0]["id"] == "kloof.n"


@pytest.mark.parametrize("name", ["leeg", "weg", "tekst.txt", "kapot.json"])
def test_what_is_no_edition(tmp_path, name, capsys):
    (tmp_path / "leeg").mkdir()
    (tmp_path / "tekst.txt").write_text("x")
    (tmp_path / "kapot.json").write_text('{"results": 3}')
    assert main(["diff", str(tmp_path / name), str(tmp_path / "leeg")]) == 1
    assert name in capsys.readouterr().err
