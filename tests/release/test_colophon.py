"""The report is dated and signed by CITATION.cff, and says what changed since the version before."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from repository import REPOSITORY

from analysis.dutch import day
from analysis.release.colophon import FIRST, PREVIOUS, changes, citation, colophon, sheets
from analysis.workspace import Workspace

HERE = Workspace(REPOSITORY, REPOSITORY / "data" / "real")
CFF = """\
title: Een analyse
authors:
  - name: Wie
version: 1.2.0
date-released: 2026-03-04
"""


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "CITATION.cff").write_text(CFF, encoding="utf-8")
    return Workspace(tmp_path, tmp_path)


def test_the_documents_and_the_citation_have_one_sender_version_and_day():
    known = citation(HERE)
    settings = yaml.safe_load((REPOSITORY / "_quarto.yml").read_text(encoding="utf-8"))
    assert settings["versie"] == known["version"]
    assert settings["uitgever"] == known["authors"][0]["name"]
    assert settings["dagtekening"] == known["date-released"].isoformat()
    assert settings["datum"] == day(known["date-released"])


def test_how_to_cite(workspace):
    text = colophon(workspace)
    assert "**Afzender en versie.** Wie. Versie 1.2.0, 4 maart 2026." in text
    assert "**Citeren.** Wie (2026). *Een analyse*. Versie 1.2.0, 4 maart 2026." in text


def test_a_citation_that_says_too_little_is_an_error(workspace):
    (workspace.root / "CITATION.cff").write_text(CFF.replace("version: 1.2.0\n", ""), encoding="utf-8")
    with pytest.raises(ValueError, match=r"CITATION.cff: version is not there"):
        colophon(workspace)


def test_without_a_citation_the_sender_is_unknown(tmp_path):
    assert colophon(Workspace(tmp_path, tmp_path)) == "Afzender en versie: onbekend.\n"


def edition(numbers: dict[str, str]) -> str:
    results = {name: {"text": text, "label": f"de {name}", "numbers": []} for name, text in numbers.items()}
    return json.dumps({"results": results, "conclusions": {}, "exhibits": {}, "runs": {}})


def test_what_changed_since_the_version_before(workspace, tmp_path):
    released = tmp_path / "released"
    released.mkdir()
    (released / "provenance.json").write_text(edition({"a": "2 punten", "b": "3"}), encoding="utf-8")
    assert changes(workspace, released) == f"{FIRST}\n"
    before = tmp_path / PREVIOUS
    before.parent.mkdir(parents=True)
    before.write_text(edition({"a": "1 punten", "c": "4"}), encoding="utf-8")
    told = changes(workspace, released)
    assert "- **Cijfers**: 1 veranderd, 1 nieuw, 1 vervallen." in told
    assert "- De a: was 1 punten; is nu 2 punten." in told


def test_every_province_has_a_sheet_to_go_to(tmp_path):
    links = re.findall(r"provincies/(PV\d\d)\.html", sheets(HERE))
    assert sorted(links) == [f"PV{number}" for number in range(20, 32)]
    assert sheets(Workspace(tmp_path, tmp_path)) == "\n"
