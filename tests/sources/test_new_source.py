"""A researcher adds a source to a project: one module, one contract, one manifest entry; nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ENTRY = """
[vng_verordeningen]
title = "Gemeenten met een participatieverordening"
publisher = "VNG"
licence = "cijfers met bronvermelding"
reference = "eigen opgave van gemeenten"
access = "open"
files = ["vng.csv"]
"""

CONTRACT = '''
"""Contract of the ordinances: one row a municipality."""

import pandera.pandas as pa

from analysis.sources.cbs_contract import MUNICIPALITY_PATTERN

STATES = ("vastgesteld", "in voorbereiding", "geen")

ORDINANCES = pa.DataFrameSchema(
    {
        "municipality": pa.Column(str, pa.Check.str_matches(f"^{MUNICIPALITY_PATTERN}$"), unique=True),
        "state": pa.Column(str, pa.Check.isin(STATES)),
        "year": pa.Column(float, pa.Check.in_range(2000, 2100), nullable=True, coerce=True),
    },
    strict=True,
    name="vng.csv",
)
'''

MODULE = '''
"""Ordinances on participation, from the map of the VNG."""

from pathlib import Path

import pandas as pd

from analysis.sources.contract import conform
from analysis.sources.vng_contract import ORDINANCES
from analysis.sources.texttable import read_text_table


def read_ordinances(path: Path) -> pd.DataFrame:
    """Municipality, state and year of each ordinance."""
    return conform(read_text_table(path), ORDINANCES, path.name)
'''

GOOD = "municipality,state,year\nGM0363,vastgesteld,2024\nGM0014,geen,\n"

READ = """
from analysis.manifest import present_files, read_manifest
from analysis.sources.vng import read_ordinances
from analysis.workspace import Workspace

workspace = Workspace.current()
source = read_manifest(workspace)["vng_verordeningen"]
(path,) = present_files(source, workspace.data)
print(read_ordinances(path).to_csv(index=False))
"""


@pytest.fixture
def project(tmp_path, repository_copy):
    """A copy of this repository with the three additions, and the file in its place."""
    root = repository_copy(tmp_path / "project")
    manifest = root / "data" / "manifest.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8") + ENTRY, encoding="utf-8")
    (root / "analysis" / "sources" / "vng_contract.py").write_text(CONTRACT.lstrip())
    (root / "analysis" / "sources" / "vng.py").write_text(MODULE.lstrip())
    (root / "data" / "real" / "vng.csv").write_text(GOOD)
    return root


def run(root, *words):
    return subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env={"PATH": "", "PYTHONPATH": str(root), "ANALYSIS_ROOT": str(root)},
        capture_output=True,
        text=True,
    )


def test_the_source_is_known_and_read(project):
    listed = run(project, "-m", "analysis", "sources")
    assert listed.returncode == 0, listed.stderr
    assert "vng_verordeningen: present" in listed.stdout
    assert "expected vng.csv; found vng.csv" in listed.stdout
    assert "not recognised" not in listed.stdout
    read = run(project, "-c", READ)
    assert read.stdout.strip() == "municipality,state,year\nGM0363,vastgesteld,2024.0\nGM0014,geen,"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("geen", "misschien"), "vng.csv: column state, row 2: found 'misschien'"),
        (GOOD.replace("GM0014", "14"), "vng.csv: column municipality, row 2: found '14'"),
        (GOOD.replace("2024", "24"), "vng.csv: column year, row 1: found '24'"),
        (GOOD.replace(",", ";"), "vng.csv: columns are separated by ';'"),
        (GOOD + "GM0363,geen,\n", "vng.csv: column municipality, row 1"),
        ("", "vng.csv: the file is empty"),
    ],
)
def test_its_mistakes_are_named_by_file_column_and_row(project, text, says):
    (project / "data" / "real" / "vng.csv").write_text(text)
    read = run(project, "-c", READ)
    assert read.returncode == 1
    assert says in read.stderr.splitlines()[-1]


def test_the_additions_keep_to_the_floors(project):
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_imports.py", "-k", "vng")
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
