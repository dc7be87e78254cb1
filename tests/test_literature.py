"""The bibliography holds both letters and every study they name."""

from __future__ import annotations

import re

from analysis.sources import facts
from analysis.workspace import find_root

REPORTS = find_root() / "reports"
ENTRY = re.compile(r"^@(?P<type>\w+)\{(?P<key>[^,]+),(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
# A person with a particle; an organisation stands in double braces.
PARTICLE = re.compile(r"(?:author|editor)\s*=\s*\{(?!\{)[^}]*\b(?:van|den|ten|de) [A-Z]")


def entries() -> dict[str, str]:
    text = (REPORTS / "literatuur.bib").read_text(encoding="utf-8")
    found = [(match["key"], match["body"]) for match in ENTRY.finditer(text)]
    assert len(found) == len(re.findall(r"^@", text, re.MULTILINE)), "an entry does not close"
    assert len(dict(found)) == len(found), "a key is used twice"
    return dict(found)


def test_keys_are_author_year_word():
    assert all(re.fullmatch(r"[a-z]+\d{4}[a-z]+", key) for key in entries())


def test_both_letters_are_in():
    assert set(facts.letters()["bib"]) <= set(entries())


def test_every_study_of_the_letters_is_in():
    table = facts.letter_facts()
    studies = [text for text in table.loc[table["kind"] == "studie", "text"] if re.search(r"\(\d{4}\)", text)]
    assert len(studies) == 8
    keys = entries()
    for text in studies:
        author = re.split(r" e\.a\.|,| en ", text)[0].lower().replace(" ", "")
        year = re.search(r"\((\d{4})\)", text)[1]
        assert any(key.startswith(author + year) for key in keys), text


def test_particles_stay_with_the_name():
    for key, body in entries().items():
        if PARTICLE.search(body):
            assert "useprefix=true" in body, key


def test_every_citation_of_the_report_is_in():
    cited = set()
    for path in REPORTS.glob("*.qmd"):
        cited |= set(re.findall(r"@([a-z]+\d{4}[a-z]+)", path.read_text(encoding="utf-8")))
    assert cited
    assert cited <= set(entries())


def test_a_title_that_is_not_dutch_says_its_language():
    """A screen reader would read it by the rules of Dutch."""
    told = {key: "langid" in body or r"\foreignlanguage{" in body for key, body in entries().items()}
    assert [key for key, says in told.items() if not says] == []
