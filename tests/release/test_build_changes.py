"""A build says at its end what changed since what was released before."""

from __future__ import annotations

from analysis.__main__ import main
from analysis.release.diff import Change, Difference, Part, in_short

SEVERAL = """\
from analysis.results import Result, publish

rows = [Result(f"a.v{n}", "Waarde", float(value + n), "punten", "fact", "bron") for n in range(8)]
publish(*rows)
"""


def test_first_build_has_nothing_to_compare_and_an_unchanged_one_says_nothing(project, built):
    project.notebook("a", parameters="value = 3.0")
    assert built(project).changes == ()
    assert built(project).changes == ()


def test_a_changed_number_is_named(project, built):
    project.notebook("a", parameters="value = 3.0")
    built(project)
    project.notebook("a", parameters="value = 7.0")
    assert built(project).changes == (
        "numbers: 1 changed; figures or tables: 1 changed",
        "  a.value: was 3; is now 7",
    )


def test_of_many_the_first_are_named_on_the_command_line(project, built, monkeypatch, capsys):
    project.notebook("a", SEVERAL, parameters="value = 1.0")
    built(project)
    project.notebook("a", SEVERAL, parameters="value = 2.0")
    monkeypatch.setenv("ANALYSIS_ROOT", str(project.root))
    assert main(["build", "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("numbers: 8 changed; figures or tables: 1 changed")
    assert lines[start + 1] == "  a.v0: was 1 punten; is now 2 punten"
    assert lines[start + 6] == "  and 3 more"


def test_new_and_gone_and_behind_the_digits():
    found = Difference(
        numbers=Part(added=(("b.x", "1"),), removed=(("c.x", "2"), ("c.y", "3"))),
        unseen=("a.x",),
        sentences=Part(changed=(Change("kloof", "Hoger.", "Lager."),)),
        exhibits=Part(same=3),
    )
    assert list(in_short(found)) == [
        "numbers: 1 new, 2 gone; sentences: 1 changed; 1 numbers changed behind the digits shown",
        "  kloof: was Hoger.; is now Lager.",
    ]
    assert list(in_short(Difference(numbers=Part(same=4)))) == []
