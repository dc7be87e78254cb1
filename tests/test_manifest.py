import hashlib
from pathlib import Path

import pytest

from analysis.design.notebooks import read_notebooks
from analysis.manifest import (
    Presence,
    find_sources,
    named_sources,
    present_files,
    read_manifest,
    unrecognised_files,
)
from analysis.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
ENTRY = """\
[bron]
title = "T"
publisher = "P"
licence = "L"
reference = "R"
access = "open"
"""


@pytest.fixture
def repository():
    return Workspace(ROOT, ROOT / "data" / "real")


@pytest.fixture
def manifest(tmp_path):
    """Write a manifest and give the workspace."""
    (tmp_path / "data" / "real").mkdir(parents=True)

    def write(text):
        (tmp_path / "data" / "manifest.toml").write_text(text)
        return Workspace(tmp_path, tmp_path / "data" / "real")

    return write


def test_the_files_a_user_may_have_are_recognised(repository, tmp_path):
    names = [
        "ISGNLDC4.sav", "ISGCHLC3.sav", "ISGNLDC2.sav", "pisa2003_nld.csv.gz", "prodemos.csv", "tienskip.csv",
        "adks.csv",
    ]  # fmt: skip
    for name in [*names, "ISGNLDB4.sav", "README.md", "brief.docx"]:
        (tmp_path / name).touch()
    sources = read_manifest(repository).values()
    assert {path.name for source in sources for path in present_files(source, tmp_path)} == set(names)
    assert [path.name for path in unrecognised_files(sources, tmp_path)] == ["ISGNLDB4.sav", "brief.docx"]


def test_every_source_of_a_notebook_has_files(repository):
    manifest = read_manifest(repository)
    for entry in read_notebooks(repository):
        for key in entry.sources:
            assert manifest[key].has_files, f"{entry.name} declares {key}"


def test_no_file_belongs_to_two_sources(repository):
    patterns = [pattern for source in read_manifest(repository).values() for pattern in source.files]
    assert len(set(patterns)) == len(patterns)


def test_present_absent_altered_and_part_of_the_repository(manifest):
    right = hashlib.sha256(b"1").hexdigest()
    workspace = manifest(
        ENTRY
        + ENTRY.replace("bron", "weg")
        + 'files = ["weg.csv"]\n'
        + ENTRY.replace("bron", "er")
        + 'files = ["er*.csv"]\n'
        + ENTRY.replace("bron", "goed")
        + f'files = ["goed.csv"]\nsha256 = {{"goed.csv" = "{right}"}}\n'
        + ENTRY.replace("bron", "anders")
        + f'files = ["anders.csv"]\nsha256 = {{"anders.csv" = "{right}"}}\n'
    )
    for name, text in {"er1.csv": "x", "er2.csv": "y", "goed.csv": "1", "anders.csv": "2"}.items():
        (workspace.data / name).write_text(text)
    found = {found.source.key: found for found in find_sources(workspace)}
    assert {key: item.presence for key, item in found.items()} == {
        "bron": Presence.REPOSITORY,
        "weg": Presence.ABSENT,
        "er": Presence.PRESENT,
        "goed": Presence.PRESENT,
        "anders": Presence.ALTERED,
    }
    assert [path.name for path in found["er"].files] == ["er1.csv", "er2.csv"]
    assert [path.name for path in found["anders"].altered] == ["anders.csv"]


def test_an_unknown_checksum_is_not_compared(manifest):
    workspace = manifest(ENTRY + 'files = ["a.csv"]\nsha256 = {"a.csv" = ""}\n')
    (workspace.data / "a.csv").write_text("x")
    assert find_sources(workspace)[0].presence is Presence.PRESENT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ENTRY.replace('"open"', '"geheim"'), "bron: access 'geheim': expected one of open, op aanvraag"),
        (ENTRY.replace("publisher", "publiser"), "bron: unknown key publiser"),
        (ENTRY.replace('licence = "L"\n', ""), "bron: licence is absent"),
        (ENTRY + 'files = ["map/a.csv"]\n', "without a folder"),
        (ENTRY + 'files = ["../a.csv"]\n', "without a folder"),
        (ENTRY + 'files = ["a.csv"]\nsha256 = {"b.csv" = ""}\n', "fits none of a.csv"),
        (ENTRY + 'files = ["a.csv"]\nsha256 = {"a.csv" = "12"}\n', "64 hexadecimal digits"),
        (ENTRY.replace('"open"', '"synthetisch"') + 'files = ["a.csv"]\n', "has no files"),
        ("losse = 1\n", "losse is not a table"),
        ("[Bron]\n" + ENTRY.partition("\n")[2], "expected lower case"),
        ("[bron\n", "manifest.toml"),
    ],
)
def test_mistakes_are_named(manifest, text, says):
    with pytest.raises(ValueError, match=says):
        read_manifest(manifest(text))


def test_a_missing_manifest_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"manifest\.toml is absent"):
        read_manifest(Workspace(tmp_path, tmp_path))


def test_rows_name_keys_or_tables_of_facts(repository):
    found, unknown = named_sources("pisa2003; letter_facts; nergens", read_manifest(repository))
    assert [source.key for source in found] == ["pisa2003", "brief_2025", "brief_2026"]
    assert unknown == ["nergens"]


def test_every_table_of_facts_has_a_source(repository):
    tables = {path.stem for suffix in ("csv", "geojson") for path in repository.facts.rglob(f"*.{suffix}")}
    assert tables == {table for source in read_manifest(repository).values() for table in source.facts}
