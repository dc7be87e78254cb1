"""``python -m analysis fetch`` on a small project whose addresses lead to this machine."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from local_server import Answer
from open_examples import duo, population, statline_service

from analysis.__main__ import main
from analysis.manifest import Presence, find_sources, read_manifest
from analysis.sources.download import Manners
from analysis.sources.fetch import fetch, incomplete
from analysis.sources.receipts import RECORD
from analysis.workspace import Workspace

ENTRY = """\
[{key}]
title = "T"
publisher = "P"
licence = "L"
reference = "R"
access = "open"
files = ["{file}"]
renew_days = 30
[{key}.fetch."{file}"]
url = "{url}"
form = "{form}"
{more}
"""
QUICK = Manners(attempts=2, first_wait=0, connect=2, read=2, sleep=lambda seconds: None)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write a manifest of (key, file, url, form, more) and give the workspace."""
    (tmp_path / "data" / "real").mkdir(parents=True)
    (tmp_path / "data" / "design").mkdir()
    (tmp_path / "data" / "design" / "notebooks.toml").write_text(
        '[[notebook]]\nname = "a"\nfile = "a.ipynb"\nquestion = "Wat?"\n'
    )
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    monkeypatch.delenv("ANALYSIS_DATA", raising=False)

    def write(*entries):
        text = "\n".join(
            ENTRY.format(key=key, file=file, url=url, form=form, more=more)
            for key, file, url, form, more in entries
        )
        (tmp_path / "data" / "manifest.toml").write_text(text)
        return Workspace(tmp_path, tmp_path / "data" / "real")

    return write


def test_what_can_be_had_is_fetched_and_the_rest_is_said(server, project):
    statline = statline_service(server, population(), "70072ned")
    workspace = project(
        ("cbs", "cbs_70072ned.json", statline, "statline", 'table = "70072ned"'),
        ("duo", "duo_vo_2024.csv", server.answer("/duo.csv", Answer(duo().encode())), "csv", ""),
        ("weg", "weg.csv", server.url + "/weg.csv", "csv", ""),
    )
    results = list(fetch(workspace, manners=QUICK))
    assert [result.state for result in results] == ["fetched", "fetched", "missing"]
    assert [result.source for result in incomplete(results)] == ["weg"]
    assert "has it moved?" in str(results[2])
    found = {item.source.key: item for item in find_sources(workspace)}
    assert found["cbs"].presence is Presence.PRESENT
    assert found["duo"].accessed == {"duo_vo_2024.csv": date.today().isoformat()}
    assert found["weg"].presence is Presence.ABSENT


def test_what_is_there_is_not_asked_for_again_unless_told(server, project):
    url = server.answer("/duo.csv", Answer(duo().encode()))
    workspace = project(("duo", "duo_vo_2024.csv", url, "csv", ""))
    list(fetch(workspace, manners=QUICK))
    assert [result.state for result in fetch(workspace, manners=QUICK)] == ["present"]
    assert len(server.asked) == 1
    assert [result.state for result in fetch(workspace, again=True, manners=QUICK)] == ["fetched"]
    server.answer("/duo.csv", Answer(status=404))
    kept = list(fetch(workspace, again=True, manners=QUICK))
    assert "the file of before is kept" in str(kept[0])
    assert (workspace.data / "duo_vo_2024.csv").read_text() == duo()


def test_a_host_that_cannot_be_reached_is_asked_once(project):
    workspace = project(
        *((key, f"{key}.csv", f"http://127.0.0.1:9/{key}.csv", "csv", "") for key in ("een", "twee"))
    )
    pauses = []
    results = list(fetch(workspace, manners=Manners(first_wait=0.1, connect=2, sleep=pauses.append)))
    assert len(pauses) == 1
    assert "Is there a network?" in results[0].said
    assert "cannot be reached, as said above" in results[1].said


def test_an_altered_and_a_stale_file_are_said_so(server, project):
    url = server.answer("/duo.csv", Answer(duo().encode()))
    workspace = project(("duo", "duo_vo_2024.csv", url, "csv", ""))
    list(fetch(workspace, manners=QUICK))
    later = date.today() + timedelta(days=31)
    assert find_sources(workspace, today=later)[0].presence is Presence.STALE
    assert find_sources(workspace, today=date.today())[0].presence is Presence.PRESENT
    assert find_sources(workspace)[0].presence is Presence.PRESENT
    (workspace.data / "duo_vo_2024.csv").write_text("anders")
    assert find_sources(workspace)[0].presence is Presence.ALTERED


def test_the_command_ends_well_offline_unless_strict(project, capsys):
    project(("weg", "weg.csv", "http://127.0.0.1:9/weg.csv", "csv", ""))
    assert main(["fetch"]) == 0
    text = capsys.readouterr().out
    assert "weg: missing: weg.csv" in text
    assert "0 of 1 files are there" in text
    assert "goes on with what it has" in text
    assert main(["fetch", "--strict", "weg"]) == 1
    assert "1 files could not be had" in capsys.readouterr().err
    assert main(["fetch", "nergens"]) == 1
    assert "unknown source nergens" in capsys.readouterr().err


def test_the_command_fetches_and_sources_tells_the_date(server, project, capsys):
    url = server.answer("/duo.csv", Answer(duo().encode()))
    workspace = project(("duo", "duo_vo_2024.csv", url, "csv", ""))
    assert main(["fetch", "--strict"]) == 0
    assert main(["sources"]) == 0
    text = capsys.readouterr().out
    assert f"found duo_vo_2024.csv (fetched {date.today().isoformat()})" in text
    assert "may be seen by: iedereen" in text
    assert "not recognised" not in text
    assert json.loads((workspace.data / RECORD).read_text())["duo_vo_2024.csv"]["url"] == url


def entry(**changes):
    values = {"key": "bron", "file": "a.csv", "url": "https://example.org/a.csv", "form": "csv", "more": ""}
    return tuple((values | changes).values())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "http://example.org/a"}, "expected https"),
        ({"url": "file:///etc/passwd"}, "expected https"),
        ({"form": "xlsx"}, "form 'xlsx'; expected one of csv"),
        ({"more": 'table = "70072ned"'}, "table belongs to form statline"),
        ({"form": "statline"}, "table belongs to form statline"),
        ({"more": 'wher = "x"'}, "unknown key wher"),
        (
            {"more": '[bron.fetch."../b.csv"]\nurl = "https://example.org"\nform = "csv"'},
            "fits none of a.csv",
        ),
    ],
)
def test_mistakes_in_the_manifest_are_named(project, change, says):
    with pytest.raises(ValueError, match=says):
        read_manifest(project(entry(**change)))


def test_a_source_on_request_is_never_fetched(project):
    workspace = project(entry())
    path = workspace.root / "data" / "manifest.toml"
    path.write_text(path.read_text().replace('"open"', '"op aanvraag"'))
    with pytest.raises(ValueError, match="only an open source is fetched"):
        read_manifest(workspace)
