"""Citations are what Pandoc's own processor makes of the whole text, though it gets them alone."""

from __future__ import annotations

import subprocess

import pypandoc
import pytest

from analysis.render.pandoc import CITATIONS

BOOK = """
@article{fay1979, author={Fay, Robert and Herriot, Roger}, title={Small Places}, journal={JASA}, year={1979}}
@book{roth2022, author={Roth, Jonathan}, title={Pretest}, publisher={Press}, year={2022}}
@book{rothb2022, author={Roth, Jonathan}, title={Trends}, publisher={Press}, year={2022}}
@misc{naamloos, title={Zonder jaar}, note={Onbekend}}
"""
TEXT = """---
lang: nl
link-citations: true
nocite: '@naamloos'
---

Zie [@fay1979, p. 3; vgl. @roth2022], en @rothb2022 zegt het.[^een] Ook [-@fay1979].

[^een]: In een noot [@roth2022; @fay1979].

| wie | wat |
|-----|-----|
| @roth2022 | **vet [@rothb2022]** |

> Een citaat [@rothb2022].
"""
PLACED = "\n# Literatuur {.unnumbered}\n\n::: {#refs}\n:::\n\n# Na de literatuur\n\nTekst [@fay1979].\n"


def made(text: str, folder, *asked: str, to: str = "html") -> subprocess.CompletedProcess:
    book = folder / "boek.bib"
    book.write_text(BOOK, encoding="utf-8")
    command = [pypandoc.get_pandoc_path(), "--from=markdown", f"--to={to}", "--fail-if-warnings"]
    return subprocess.run(
        [*command, *asked, f"--bibliography={book}"], input=text, capture_output=True, encoding="utf-8"
    )


@pytest.mark.parametrize("to", ["html", "typst-citations", "native"])
@pytest.mark.parametrize("text", [TEXT, TEXT + PLACED, "Geen verwijzing.\n", "Geen.\n" + PLACED])
def test_each_citation_and_the_bibliography_are_those_of_pandoc(tmp_path, text, to):
    whole = made(text, tmp_path, "--citeproc", to=to)
    alone = made(text, tmp_path, f"--lua-filter={CITATIONS}", to=to)
    assert (alone.returncode, alone.stdout) == (0, whole.stdout)
    assert "Herriot" in whole.stdout or "Geen verwijzing" in text


def test_what_the_bibliography_lacks_is_told(tmp_path):
    found = made("Zie @onbekend2020.\n", tmp_path, f"--lua-filter={CITATIONS}")
    assert found.returncode
    assert "onbekend2020 not found" in found.stderr


def test_references_are_left_as_they_are(tmp_path):
    text = "Zie @fig-een, [@tbl-twee; @sec-drie] en @eq-vier.\n"
    found = made(text, tmp_path, f"--lua-filter={CITATIONS}", to="native")
    assert found.returncode == 0
    assert found.stdout.count("AuthorInText") == 2
    assert found.stdout.count("NormalCitation") == 2
