"""Exhibits and rows become fragments in which no text turns into markup."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pandas as pd
import pypandoc
import pytest
import yaml
from small_report import LONG, exhibits, rows

from analysis.conclusions import Conclusion
from analysis.datakind import DataKind
from analysis.exhibits import TableExhibit, write_exhibit
from analysis.release.fragments import natural_widths, status_markdown, write_fragments
from analysis.release.markdown import attribute, escape, visible
from analysis.release.variables import parsed, write_variables
from analysis.results import Released, Result
from analysis.unknown import NotEstimable

TEXTS = [
    "5 * 3 = *x* en __y__", "a_b_c_", "$5 en $6", "@fig-x en a@b.nl", "hij zei \"ja\" en 'nee'",
    "[a](b) {#x}", "{{< var x >}}", "a | b", "- lijst", "+ lijst", "1. lijst", "(a) lijst", "iv. x",
    "a -- b --- c ... d", "<b>x</b> & &amp;", "^x^ ~y~ ~~z~~", "# kop", "\\alpha \\",
    "https://voorbeeld.nl/?a=b",
    "`code`", "% titel", "!", "![x](y)", "−1,0", ": y", ":::", "www.voorbeeld.nl", ":smile:", "---",
    "Table: x", "'s Avonds", "twee  blanks\nen een regel", "2024. Zin",
    "{.klasse}", "x^2^", "[^1]", "^[noot]", "| cel",
]  # fmt: skip


def plain(nodes) -> str:
    """Text of Pandoc inlines; anything but text and blanks shows up as its name."""
    if isinstance(nodes, list):
        return "".join(plain(node) for node in nodes)
    kind = nodes["t"]
    return {"Str": nodes.get("c"), "Space": " ", "SoftBreak": " "}.get(kind, f"<{kind}>")


def blocks(markdown: str) -> list:
    result = subprocess.run(
        [pypandoc.get_pandoc_path(), "--from=markdown", "--to=json"],
        input=markdown, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return json.loads(result.stdout)["blocks"]


@pytest.fixture(scope="module")
def read_once():
    """All texts in every position, in one run of Pandoc."""
    parts = []
    for number, text in enumerate(TEXTS):
        e = escape(text)
        parts.append(f"x\n\n{e}\n")
        parts.append(f"| {e} | k |\n|---|---|\n| {e} | {e} |\n\n: {e} {{#tbl-n{number}}}\n")
        parts.append(f"![{e}](x.svg){{#fig-n{number} fig-alt={attribute(text)}}}\n")
    return blocks("\n".join(parts))


@pytest.mark.parametrize("number", range(len(TEXTS)), ids=TEXTS)
def test_text_reads_back_as_itself(read_once, number):
    wanted = " ".join(TEXTS[number].split())
    _, paragraph, table, figure = read_once[4 * number : 4 * number + 4]
    assert (paragraph["t"], table["t"], figure["t"]) == ("Para", "Table", "Figure")
    assert plain(paragraph["c"]) == wanted
    assert table["c"][0][0] == f"tbl-n{number}"
    assert plain(table["c"][1][1][0]["c"]) == wanted
    heads = table["c"][3][1][0][1]
    assert plain(heads[0][4][0]["c"]) == wanted
    cells = table["c"][4][0][3][0][1]
    assert [plain(cell[4][0]["c"]) for cell in cells] == [wanted, wanted]
    image = figure["c"][2][0]["c"][0]["c"]
    assert figure["c"][0][0] == f"fig-n{number}"
    assert plain(figure["c"][1][1][0]["c"]) == wanted
    assert dict(image[0][2])["fig-alt"] == wanted


def test_fragments_of_exhibits(tmp_path):
    described = write_fragments(
        [exhibits(tmp_path / "uit")], Released(tuple(rows())), tmp_path / "reports" / "_generated"
    )
    made = sorted(path.name for path in (tmp_path / "reports" / "_generated").iterdir())
    assert made == [
        "fig-kloof-lijn.qmd", "fig-kloof-lijn.svg", "status-feiten.qmd", "status-kloof.qmd",
        "status-rapport.qmd", "tbl-kloof-breed.qmd", "tbl-kloof-smal.qmd",
    ]  # fmt: skip
    assert [exhibit.id for exhibit in described] == ["fig-kloof-lijn", "tbl-kloof-breed", "tbl-kloof-smal"]
    assert described[0].section == "kloof"


def test_what_was_there_before_is_gone(tmp_path):
    folder = tmp_path / "_generated"
    folder.mkdir()
    (folder / "fig-oud.qmd").write_text("oud")
    write_fragments([], Released(), folder)
    assert [path.name for path in folder.iterdir()] == ["status-rapport.qmd"]


def column_widths(path) -> list:
    (table,) = blocks(path.read_text(encoding="utf-8"))
    return [width.get("c") for _, width in table["c"][2]]


def table_exhibit(cells: dict, **options) -> TableExhibit:
    return TableExhibit("tbl-x-y", pd.DataFrame(cells), "Bijschrift.", "fact", "x", **options)


def test_given_widths_hold_also_in_a_short_table(tmp_path):
    write_exhibit(table_exhibit({"a": ["1"], "b": ["2"]}, widths=(1, 3)), tmp_path / "uit")
    write_fragments([tmp_path / "uit"], Released(), tmp_path / "_generated")
    assert column_widths(tmp_path / "_generated" / "tbl-x-y.qmd") == pytest.approx([0.25, 0.75], abs=0.02)


def test_short_table_takes_what_it_needs(tmp_path):
    write_exhibit(table_exhibit({"a": ["1"], "b": ["2"]}), tmp_path / "uit")
    write_fragments([tmp_path / "uit"], Released(), tmp_path / "_generated")
    assert column_widths(tmp_path / "_generated" / "tbl-x-y.qmd") == [None, None]


def test_long_texts_get_room_and_numbers_keep_theirs(tmp_path):
    write_exhibit(table_exhibit({"tekst": [LONG], "n": ["1.000"]}, align="lr"), tmp_path / "uit")
    write_fragments([tmp_path / "uit"], Released(), tmp_path / "_generated")
    text, number = column_widths(tmp_path / "_generated" / "tbl-x-y.qmd")
    assert text > 3 * number > 0
    assert natural_widths([["woord"], ["onderwijsachterstandenbeleid"]])[0] > 28


def test_same_id_twice(tmp_path):
    first, second = exhibits(tmp_path / "een"), exhibits(tmp_path / "twee")
    with pytest.raises(ValueError, match="fig-kloof-lijn is published twice"):
        write_fragments([first, second], Released(), tmp_path / "_generated")


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "is not the description"), ('{"id": "fig-a-b"}', "is not the description")],
)
def test_malformed_description(tmp_path, content, message):
    (tmp_path / "fig-a-b.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        write_fragments([tmp_path], Released(), tmp_path / "_generated")


def test_picture_that_is_not_there(tmp_path):
    folder = exhibits(tmp_path / "uit")
    (folder / "fig-kloof-lijn.svg").unlink()
    with pytest.raises(ValueError, match=r"fig-kloof-lijn\.svg is not beside it"):
        write_fragments([folder], Released(), tmp_path / "_generated")


def kinds_of(*kinds: DataKind) -> list[Result]:
    return [Result(f"a.r{number}", "x", 1.0, "", kind, "y") for number, kind in enumerate(kinds)]


def test_status_says_on_what_kind_of_data_a_section_rests():
    fact, real, synthetic = DataKind.FACT, DataKind.REAL, DataKind.SYNTHETIC
    note = status_markdown(kinds_of(fact, synthetic, synthetic))
    assert ".synthetisch" in note
    assert "Van de 3 uitkomsten met een getal in dit deel zijn er 2 synthetisch" in note
    assert "Alle uitkomsten in dit rapport zijn synthetisch" in status_markdown(
        kinds_of(synthetic), subject="dit rapport"
    )
    for kinds in ((fact,), (real,), (fact, real), ()):
        assert "synthetisch" not in status_markdown(kinds_of(*kinds)).lower()
    assert "echte gegevens" in status_markdown(kinds_of(fact, real))
    assert "openbaar" in status_markdown(kinds_of(fact))


def test_beside_synthetic_results_those_without_a_number_are_counted_apart():
    """One count, one sentence: what is unknown is not a share of what is synthetic."""
    unknown = Result("a.x", "x", NotEstimable("er is geen meting"), "", DataKind.SYNTHETIC, "y")
    note = status_markdown([*kinds_of(DataKind.SYNTHETIC), unknown, replace(unknown, id="a.y")])
    assert "Alle uitkomsten in dit deel zijn synthetisch" in note
    assert "Daarnaast zijn er 2 niet vast te stellen; de reden staat erbij." in note


def test_a_question_without_a_twin_is_no_outcome_of_the_trials(tmp_path):
    tried = Result("proef.a_x", "x", 1.0, "", DataKind.SYNTHETIC, "y")
    unknown = NotEstimable("er zijn te weinig metingen")
    rows = (
        tried,
        replace(tried, id="proef.a_y", value=None, reason=unknown.reason),
        Result(
            "proef.b_x", "x", NotEstimable("voor deze vraag is geen tweeling gemaakt"), "", DataKind.FACT, "y"
        ),
    )
    write_fragments([], Released(rows), tmp_path / "_generated")
    note = (tmp_path / "_generated" / "status-proef.qmd").read_text(encoding="utf-8")
    assert "Daarnaast is er 1 niet vast te stellen" in note


def test_remark_is_plain_text():
    note = status_markdown(kinds_of(DataKind.REAL), ["Een *opmerking* over {{< var x >}}."])
    assert "\\*opmerking\\*" in note
    assert "{{<" not in note


def test_section_without_results_can_ask_for_a_note(tmp_path):
    write_fragments(
        [], Released(), tmp_path / "_generated", sections=["leeg"], remarks={"leeg": ["Nog niets."]}
    )
    text = (tmp_path / "_generated" / "status-leeg.qmd").read_text(encoding="utf-8")
    assert "Hier staan geen uitkomsten. Nog niets." in text


def test_variables_are_nested_sorted_and_the_same_every_time(tmp_path):
    path = tmp_path / "_variables.yml"
    write_variables(rows(), path)
    first = path.read_bytes()
    write_variables(rows()[::-1], path)
    assert path.read_bytes() == first
    content = yaml.safe_load(first)
    assert list(content) == ["feiten", "kloof"]
    assert content["kloof"]["gap"]["full"] == "52,3 punten (95%-interval van 40,1 tot 64,5; synthetisch)"
    assert content["feiten"]["budget"]["value"] == "1.250.000"
    assert set(content["kloof"]["gap"]) == set(rows()[0].variables())
    assert all(isinstance(value, str) for value in content["kloof"]["share"].values())


def test_variables_are_read_as_they_were_written_as_yaml_and_as_json(tmp_path):
    """Quarto reads YAML, which knows more ends of lines than JSON does."""
    path = tmp_path / "_variables.yml"
    strange = "a\x07b\x7fc\x85d\u2028e\ufefff\U0001f600g\\h\"i: {j}, [k] #l 'm' \n- n"
    parts = ((strange, ""), (" é % @ ! & *", ""))
    write_variables(rows(), path, [Conclusion("kloof", "above", parts, DataKind.REAL, ("kloof.gap",))])
    text = path.read_text(encoding="utf-8")
    assert parsed(text) == yaml.safe_load(text)
    told = visible(parsed(text)["conclusie"]["kloof"]["value"])
    assert told.split() == f"{strange} é % @ ! & *".split()
    json.loads(text.partition("\n")[2])
    assert len(text.splitlines()) < 20  # a line each
    assert parsed(text.replace('"52,3"', "52")) == yaml.safe_load(text.replace('"52,3"', "52"))
    assert parsed("kloof:\n  gap:\n    value: x # by hand\n") == {"kloof": {"gap": {"value": "x"}}}
    with pytest.raises(yaml.YAMLError):
        parsed("{ [")


def test_one_id_in_another(tmp_path):
    nested = [Result(i, "x", 1.0, "", "fact", "y") for i in ("a.b", "a.b.c")]
    with pytest.raises(ValueError, match=r"result a\.b\.c: another id is the beginning"):
        write_variables(nested, tmp_path / "_variables.yml")


def test_conclusions_stand_beside_the_rows(tmp_path):
    path = tmp_path / "_variables.yml"
    conclusion = Conclusion(
        "kloof", "above", (("Een toename van *2* punten.", ""),), DataKind.REAL, ("kloof.gap",)
    )
    write_variables(rows(), path, [conclusion])
    written = yaml.safe_load(path.read_text(encoding="utf-8"))["conclusie"]["kloof"]
    told = r"Een toename van \*2\* punten."
    assert written == {"value": told, "gewoon": told, "kind": "echt"}


def test_what_is_unknown_is_told_in_plain_words_without_what_is_needed(tmp_path):
    path = tmp_path / "_variables.yml"
    parts = (("Of het zo is, is niet vast te stellen: er is niets. Nodig is een lange lijst.", ""),)
    why = "niet vast te stellen: er is niets"
    write_variables(rows(), path, [Conclusion("kloof", "unknown", parts, DataKind.REAL, ("kloof.gap",), why)])
    written = yaml.safe_load(path.read_text(encoding="utf-8"))["conclusie"]["kloof"]
    assert written["gewoon"] == "Dat is niet vast te stellen: er is niets."
    assert "Nodig is een lange lijst." in written["value"]
