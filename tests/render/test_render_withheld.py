"""Of a result that is withheld no digit is in what is printed: not in the pages, not in the papers."""

from __future__ import annotations

import base64
import io
import re
import shutil
import zipfile

import pytest
from build_project import Project
from pypdf import PdfReader
from repository import REPOSITORY

from analysis.render import render
from analysis.results import ROWS_FILE, read_rows

SECRET = """\
import pandas as pd
from analysis.results import Result, Series, publish

points = pd.DataFrame({"jaar": [2025, 2026], "estimate": [71234.5, 2.5], "low": [61234.5, 1.5],
                       "high": [81234.5, 3.5], "n": [9, 900]})
publish(
    Result("a.geheim", "Geheim", 91234.5, "punten", "real", "microdata", se=4123.25, low=83123.5,
           high=98123.5, p_value=0.0371234, n=9, clusters=7, decimals=1),
    Result("a.open", "Open", 55321.5, "punten", "real", "microdata", low=44321.5, high=66321.5, n=900,
           decimals=1),
    Series("a.jaren", "Per jaar", "punten", "real", "microdata", points, decimals=1),
)
"""
# As a file writes a number, and as a reader reads it.
WITHHELD = ("91234", "4123", "83123", "98123", "0371234", "71234", "61234", "81234")
SHOWN = ("55321", "44321", "66321")
TEXT = """\
---
title: Een rapport
subtitle: Proef
---

# Deel {#sec-deel}

Het geheim is {{< var a.geheim.full >}}. Open is {{< var a.open.full >}}.

{{< include _generated/tbl-a.qmd >}}

{{< include _generated/status-a.qmd >}}

# Herkomst {#sec-herkomst}

{{< include _generated/herkomst.qmd >}}
"""


def squeezed(text: str) -> str:
    """Without checksums, and without what stands between the digits of a number: points, blanks, links."""
    return re.sub(r"[0-9a-f]{16,}|[\s.\u00a0\u202f]|<[^>]*>", "", text)


def texts(path) -> list[str]:
    """All that can be read in a file: its text, and the text of what is packed in it."""
    content = path.read_bytes()
    if path.suffix == ".pdf":
        reader = PdfReader(io.BytesIO(content))
        return ["".join(page.extract_text() for page in reader.pages), str(reader.metadata)]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    text = content.decode("utf-8")
    packed = re.findall(r";base64,([A-Za-z0-9+/=]+)", text)
    return [text, *(base64.b64decode(item).decode("utf-8", "replace") for item in packed)]


@pytest.mark.parametrize("edition", ["standard", "public"])
def test_no_digit_of_a_withheld_result_is_printed(tmp_path, built, edition):
    project = Project(tmp_path / "project")
    for name in ("filters", "partials"):
        shutil.copytree(REPOSITORY / "reports" / name, project.root / "reports" / name)
    for name in ("stijl.css", "literatuur.bib", "literatuur.csl"):
        shutil.copy(REPOSITORY / "reports" / name, project.root / "reports")
    quarto = (REPOSITORY / "_quarto.yml").read_text(encoding="utf-8")
    quarto = quarto.replace("[reports/rapport.qmd, reports/verantwoording.qmd]", "[reports/rapport.qmd]")
    project.write("_quarto.yml", quarto.replace("verantwoording.html#sec", "rapport.html#sec"))
    project.write("reports/rapport.qmd", TEXT)
    project.notebook("a", SECRET, entry='sources = ["microdata"]')
    assert built(project).released.suppressed == 2
    folder = render(project.workspace, engine="embedded", edition=edition)
    found = {path.name: squeezed("\n".join(texts(path))) for path in folder.rglob("*") if path.is_file()}
    assert {"rapport.html", "rapport.pdf", "resultaten.csv", "index.html"} <= set(found)
    leaks = [(name, digits) for name, text in found.items() for digits in WITHHELD if digits in text]
    assert leaks == []
    for name in ("rapport.html", "rapport.pdf"):  # the search looks where numbers are
        assert "niet getoond: minder dan 10 eenheden".replace(" ", "") in found[name]
        assert [digits for digits in SHOWN if digits in found[name]] == list(SHOWN), name
    kept = {row.id: row for row in read_rows(next((project.root / "data/build/runs").rglob(ROWS_FILE)))}
    assert kept["a.geheim"].value == 91234.5  # the run has it: the door withheld it
