"""Every figure in the facts stands in the letters, and every figure in the letters stands in the facts."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from repository import REPOSITORY

from analysis.sources import facts as source
from analysis.sources.facts_contract import LOGIC_PLACES, LOGIC_QUOTES

FILES = {"A": "000_*.txt", "B": "001_*.txt"}

NUMBER_WORDS = {
    "twee": 2,
    "drie": 3,
    "vier": 4,
    "vijf": 5,
    "zes": 6,
    "zeven": 7,
    "acht": 8,
    "negen": 9,
    "tien": 10,
    "elf": 11,
    "twaalf": 12,
    "honderd": 100,
    "tweehonderd": 200,
    "driehonderd": 300,
    "duizend": 1000,
    "helft": 0.5,
    "kwart": 0.25,
}
# "Een" is nearly always the article; "eerste" and "tweede" count no quantity here ("Eerste Kamer", "de eerste
# stap"). They are the only number words left out.

MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)

# Digits that are no figures. Each pattern is removed, in this order, before numbers are looked for.
HEADINGS = "numbering of headings and of the four directions, at the start of a line"
IGNORED = {
    "bookmarks of the word processor": r"\[bookmark: [^\]]*\]",
    "footnote markers": r"\[footnoteRef:\d+\]|\[\d+: ",
    "web addresses": r"https?://\S+",
    HEADINGS: r"(?m)^ *\d(\.\d)?\.? (?=\S)",
}

WEB_ADDRESSES = 5  # in both letters together

DIGITS = re.compile(r"\d+(?:\.\d{3})*(?:,\d+)?")
WORDS = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)


def strip(text: str) -> tuple[str, dict[str, int]]:
    """`text` without what is ignored and with single spaces, and how often each pattern was found."""
    counts = {}
    for reason, pattern in IGNORED.items():
        text, counts[reason] = re.subn(pattern, " ", text)
    return re.sub(r"\s+", " ", text), counts


def parse(token: str) -> float:
    return float(token.replace(".", "").replace(",", "."))


def numbers(text: str) -> list[tuple[int, float]]:
    """Position and value of each number in `text`, digits and words."""
    text = re.sub(r"(?<=\d)/(?=\d)", " ", text)  # 2024/25 is two numbers, and of the same length
    found = [(match.start(), parse(match.group())) for match in DIGITS.finditer(text)]
    found += [(match.start(), NUMBER_WORDS[match.group().lower()]) for match in WORDS.finditer(text)]
    return sorted(found)


def claimed(row) -> set[float]:
    """The numbers a fact puts down: its value, and those in its text, date and reference."""
    values = {value for cell in (row.text, row.kamerstuk) for _, value in numbers(cell)}
    values |= {float(part) for part in row.date.split("-") if part}
    if not pd.isna(row.number):
        values.add(float(row.number))
    return values


@pytest.fixture(scope="module")
def stripped(shared) -> dict[str, tuple[str, dict[str, int]]]:
    folder: Path = shared / "letters"
    if not folder.is_dir():
        pytest.skip(f"{folder.parent.name}/{folder.name} is not beside the repository")
    return {
        letter: strip(next(iter(sorted(folder.glob(pattern)))).read_text(encoding="utf-8"))
        for letter, pattern in FILES.items()
    }


@pytest.fixture(scope="module")
def letters(stripped) -> dict[str, str]:
    return {letter: text for letter, (text, _) in stripped.items()}


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return source.letter_facts()


def rows(facts: pd.DataFrame):
    return facts.itertuples(index=False)


def test_each_quote_stands_in_its_letter(letters, facts):
    missing = [row.id for row in rows(facts) if " ".join(row.quote.split()) not in letters[row.letter]]
    assert not missing


def test_each_value_stands_in_its_quote(facts):
    wrong = []
    for row in rows(facts):
        quoted = [value for _, value in numbers(row.quote)]
        if not pd.isna(row.number) and row.derived != "aantal" and float(row.number) not in quoted:
            wrong.append(f"{row.id}: {row.number}")
    assert not wrong


def test_each_qualifier_stands_in_its_quote_and_none_is_left_out(facts):
    counted = facts[facts["number"].notna()]
    for word in ("circa", "ruim", "maximaal"):
        quoted = counted["quote"].str.contains(rf"\b{word}\b")
        assert quoted.any()
        assert (quoted == (counted["qualifier"] == word)).all()


def test_each_date_stands_in_its_quote(facts):
    wrong = []
    for row in rows(facts):
        parts = row.date.split("-") if row.date else []
        quoted = {value for _, value in numbers(row.quote)}
        year, month, day = (parts + [None] * 3)[:3]
        if year and row.derived != "jaar" and float(year) not in quoted:
            wrong.append(f"{row.id}: {year}")
        if month and MONTHS[int(month) - 1] not in row.quote:
            wrong.append(f"{row.id}: month {month}")
        if day and float(day) not in quoted:
            wrong.append(f"{row.id}: day {day}")
    assert not wrong


def test_each_reference_stands_in_its_quote(facts):
    wrong = [row.id for row in rows(facts) if row.kamerstuk and row.kamerstuk not in row.quote]
    assert not wrong


def test_numbers_within_texts_stand_in_the_letter(letters, facts):
    known = {letter: {value for _, value in numbers(text)} for letter, text in letters.items()}
    wrong = [
        f"{row.id}: {value:g}"
        for row in rows(facts)
        for _, value in numbers(row.text)
        if value not in known[row.letter]
    ]
    assert not wrong


def test_a_derived_value_is_explained(facts):
    derived = facts[facts["derived"] != ""]
    assert len(derived) > 0
    assert (derived["note"] != "").all()


@pytest.mark.parametrize("letter", sorted(FILES))
def test_each_number_of_the_letter_stands_in_the_facts(letters, facts, letter):
    """Not somewhere: a fact quotes the very place, and puts that number down."""
    text = letters[letter]
    covering: list[tuple[int, int, set[float]]] = []
    for row in rows(facts[facts["letter"] == letter]):
        quote = " ".join(row.quote.split())
        covering += [
            (match.start(), match.end(), claimed(row)) for match in re.finditer(re.escape(quote), text)
        ]
    found = numbers(text)
    assert len(found) > 30, "the letter was not read"
    missing = [
        f"{value:g} in …{text[max(0, place - 40) : place + 40]}…"
        for place, value in found
        if not any(start <= place < end and value in values for start, end, values in covering)
    ]
    assert not missing


def test_a_number_left_out_would_be_noticed(letters, facts):
    without = facts[facts["id"] != "b_loketd_supported"]
    with pytest.raises(AssertionError, match="159 in"):
        test_each_number_of_the_letter_stands_in_the_facts(letters, without, "B")


def test_what_is_ignored_are_no_figures(stripped):
    """The ignore list takes only what it names: headings and list numbers are as many as there are."""
    counts = pd.DataFrame({letter: counts for letter, (_, counts) in stripped.items()}).sum(axis=1)
    numbered = source.letter_sections()["section"].str.match(r"[1-9]").sum()
    directions = 4
    assert counts[HEADINGS] == numbered + directions
    assert counts["web addresses"] == WEB_ADDRESSES


def test_contradictions_are_kept_and_noted(facts):
    facts = facts.set_index("id")
    named = facts[facts["kind"].eq("plaats") & facts.index.str.fullmatch(r"a_prodemos_pv\d\d")]
    assert set(named["statcode"]) == {"PV22", "PV20", "PV24", "PV29", "PV30"}
    assert facts.loc["a_prodemos_regions", "number"] == 4
    assert "vijf" in facts.loc["a_prodemos_regions", "note"]
    assert facts.loc["b_tienskip_provinces", "status"] == "onbekend"
    tienskip = facts[(facts["line"] == "tienskip") & (facts["kind"] == "plaats")]
    assert set(tienskip["text"]) == {"Dokkum"}, "the six provinces are not named in the letter"
    assert facts.loc["a_iccs_year", "date"] == "2022"
    assert facts.loc["a_iccs_study", "date"] == "2023"
    assert "2023" in facts.loc["a_iccs_year", "note"]


def test_section_numbers_used_twice_are_told_apart():
    sections = source.letter_sections()
    a = sections[sections["letter"] == "A"].set_index("section")
    assert a.loc[["1.1a", "1.1b"], "label"].tolist() == ["1.1 (eerste)", "1.1 (tweede)"]
    assert a.loc[["3.1a", "3.1b"], "label"].tolist() == ["3.1 (eerste)", "3.1 (tweede)"]
    assert "2.3" in a.index


def test_every_commitment_number_and_motion_of_the_letters_has_a_row(letters):
    references = set()
    for text in letters.values():
        references |= set(re.findall(r"\bT0\d{4}\b|\bTZ\d{6}-\d{3}\b", text))
    assert references == {"T03914", "T03923", "T03913", "TZ202404-038"}
    known = source.commitments()
    assert references <= set(known["reference"])
    named = {name for text in letters.values() for name in re.findall(r"motie ([A-Z]\w+)", text)}
    amendments = {
        name for text in letters.values() for name in re.findall(r"amendement ((?:Van )?[A-Z]\w+)", text)
    }
    assert named
    assert amendments
    for kind, names in (("motie", named), ("amendement", amendments)):
        listed = " ".join(known.loc[known["kind"] == kind, "who"])
        assert all(name in listed for name in names)


# A capital that begins a paragraph after a heading, or names no place, organisation, study or person.
PARAGRAPHS = frozenset({"Burgers", "Om", "Dan", "Niet", "Onze", "Als", "Mensen", "Specifiek", "Onlangs"})
PARAGRAPHS |= {"Ambtenaren", "Deze"}
HEADINGS_WORDS = frozenset({"Invloed", "Onderzoek", "Decentraal", "Internationaal", "Decentrale"})
NO_NAMES = frozenset(
    {"Bestuurscolleges", "Europees", "Nederlanders", "Eritrese", "Rekenkamerrapporten", "Rijksoverheid"}
    | {"Kennisbank", "Openbaar", "Bestuur", "Ambtelijk", "Vakmanschap", "Huis"}
)


def test_every_name_of_the_letters_stands_in_the_facts(letters, facts):
    """Names carry no digits; a capital within a sentence gives them away."""
    missing = []
    for letter, text in letters.items():
        own = facts[facts["letter"] == letter]
        known = set(re.findall(r"\w+", " ".join(own["quote"] + " " + own["text"])))
        known |= PARAGRAPHS | HEADINGS_WORDS | NO_NAMES
        for match in re.finditer(r"(?<=[a-zé,] )[A-ZÉ][\w-]+", text):
            missing += [
                f"{letter}: {word} in …{text[max(0, match.start() - 30) : match.end() + 30]}…"
                for word in re.findall(r"\w+", match.group())
                if word[0].isupper() and word not in known
            ]
    assert missing == []


def test_each_stage_of_the_logic_stands_in_its_letter(letters):
    logic = source.programme_logic()
    logic = logic[logic["places"] != ""]
    missing = [
        f"{row.line}, {row.stage}: {quote}"
        for row in logic.itertuples()
        for place, quote in zip(row.places.split(LOGIC_PLACES), row.quotes.split(LOGIC_QUOTES), strict=True)
        if quote not in letters[place[0]]
    ]
    assert not missing
    assert len(logic) > 100


def test_numbers_of_the_logic_stand_in_the_letter_it_quotes(letters):
    """A number in the text of a stage is in its letter; a year may also be that letter's own."""
    counted = {("beroepsverenigingen", 7.0)}  # in the list that the letter gives; see b_beroepen
    known = {letter: {value for _, value in numbers(text)} for letter, text in letters.items()}
    known["A"] |= {2025.0}
    known["B"] |= {2026.0}
    wrong = [
        f"{row.line}, {row.stage}: {value:g}"
        for row in source.programme_logic().itertuples()
        for _, value in numbers(row.text)
        if (row.line, value) not in counted
        and not any(value in known[place[0]] for place in row.places.split(LOGIC_PLACES))
    ]
    assert not wrong


def test_the_text_gives_a_fact_the_word_that_its_letter_gives_it(facts):
    """``ruim {{< var … >}}``: of a fact the letter's own word, and of what is computed from it none."""
    words = {row.result: row.qualifier for row in rows(facts) if row.result}
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "reports").glob("_*.qmd"))
    )
    found = re.findall(r"(\w+)\s+\{\{< var ([a-z]+)\.(\w+)\.(?:full|value) >}}", text)
    said = [(word, name) for word, section, name in found if word in ("circa", "ruim", "bijna", "maximaal")]
    assert said
    assert [(word, name) for word, name in said if words.get(name) != word] == []
    told = {name for _, section, name in found if section == "programma"}
    assert [name for name in told if words.get(name) and (words[name], name) not in said] == []
