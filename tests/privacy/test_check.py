"""No microdata in a commit, none in what is published: tried on real git repositories and made-up pupils."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from matplotlib.figure import Figure

from analysis.design.privacy import privacy_rule
from analysis.privacy.check import check_files
from analysis.privacy.content import inspect
from analysis.privacy.microdata import Matcher, Microdata
from analysis.privacy.pdf import read_pdf
from analysis.privacy.worktree import File
from analysis.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
RULE = privacy_rule(Workspace(ROOT, ROOT / "data" / "real"))


def pupils(n=40, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "IDSTUD": 10_000_000 + np.arange(n),
            "TOTWGTS": rng.lognormal(4, 0.3, n),
            "PV1CIV": rng.normal(500, 90, n),
            "PV2CIV": rng.normal(500, 90, n),
            "S_GENDER": rng.integers(0, 2, n),
        }
    )


def sav(tmp_path):
    path = tmp_path / "made.sav"
    pyreadstat.write_sav(pupils(), path)
    return path.read_bytes()


def packed(content):
    """Without a time in it: test workers that start in different seconds must name the same tests."""
    return gzip.compress(content, mtime=0)


def zipped(content, name="inner.dat"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def registration(n=60, column="leerling", separator=";"):
    lines = [separator.join(("school", column, "score"))]
    return "\n".join(
        lines + [separator.join((f"{k % 5}", f"{k}", f"{k * 1.7:.1f}")) for k in range(n)]
    ).encode()


def picture():
    """A drawing as matplotlib saves it."""
    figure = Figure()
    figure.subplots().plot([1, 2])
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


CSV = pupils().to_csv(index=False).encode()
PICTURE = picture()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notitie.txt", b"$FL2@(#) SPSS", "an SPSS data file"),
        ("x.zsav", b"$FL3@(#) SPSS", "an SPSS data file"),
        ("x", b"<stata_dta><header>", "a Stata data file"),
        ("x", b"\x72\x02\x01\x00", "a Stata data file"),
        ("x.bin", b"PAR1" + bytes(50), "a Parquet file"),
        ("x.db", b"SQLite format 3\0" + bytes(90), "an SQLite database"),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
        ("x.xlsx", zipped(b"<xml/>", "xl/workbook.xml"), "an Excel workbook"),
        ("x.rds", packed(b"X\n\0\0\0\x03"), "packed inside: this is an R data file"),
        ("x.gz", packed(b"$FL2"), "packed inside: this is an SPSS"),
        ("x.zip", zipped(zipped(b"$FL2")), "inner.dat in it: inner.dat in it: this is an SPSS"),
        (
            "x.gz",
            packed(CSV),
            "packed inside: columns idstud, pv1civ, pv2civ, totwgts of a pupil file",
        ),
        ("x.gz", packed(CSV)[:-9], "cannot be looked at"),
        ("tabel.csv", CSV, "columns idstud, pv1civ, pv2civ, totwgts of a pupil file, with 40 rows"),
        ("tabel.txt", CSV.replace(b",", b"\t"), "of a pupil file"),
        ("uitleg.md", b"Toelichting\n\n" + CSV, "line 3"),
        ("utf16.csv", CSV.decode().encode("utf-16"), "of a pupil file"),
        ("a.csv", registration(), "column leerling: one person a row, with 60 rows"),
        ("a.csv", registration(column="BSN"), "column bsn"),
        ("data/facts/a.csv", registration(), "column leerling"),
        ("groot.csv", b"a;b\n" + b"1;2\n" * 1000, "a table of 1000 rows; is it microdata"),
        ("p.html", pupils().to_html().encode(), "an HTML table: columns idstud"),
        (
            "r.json",
            pupils().rename(columns={"IDSTUD": "pupil"}).to_json(orient="records").encode(),
            "columns pv1civ, pv2civ, totwgts of a pupil file, with 40 rows",
        ),
        (
            "r.json",
            json.dumps([{"pupil": k, "item": k % 4} for k in range(12)]).encode(),
            "records with pupil",
        ),
    ],
)
def test_content_is_recognised_whatever_its_name(name, content, says):
    findings = inspect(name, content, RULE)
    assert findings
    assert says in str(findings[0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", registration(n=5)),
        ("a.csv", b"province;value\nPV20;1\nPV21;2\n"),
        ("data/facts/a.csv", b"a;b\n" + b"1;2\n" * 3000),
        ("code.py", b'columns = ("idstud", "totwgts", "pv1civ")\n' + b"x = 1\n" * 3000),
        ("leeg.txt", b""),
        ("plaatje.png", PICTURE),
        ("README.md", b"IDSTUD is the pupil, TOTWGTS the weight.\n"),
    ],
)
def test_what_is_no_microdata_passes(name, content):
    assert inspect(name, content, RULE) == []


def notebook(outputs=(), count=None):
    cell = {
        "cell_type": "code",
        "source": "1",
        "metadata": {},
        "outputs": list(outputs),
        "execution_count": count,
    }
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}, cell], "nbformat": 4}).encode()


def test_a_notebook_is_stored_without_outputs():
    assert inspect("a.ipynb", notebook(), RULE) == []
    shown = [{"output_type": "stream", "text": "1"}]
    assert "cell 2 holds outputs; strip them" in str(inspect("a.ipynb", notebook(shown), RULE)[0])
    assert inspect("a.ipynb", notebook(count=3), RULE)
    assert inspect("a.ipynb", b"{", RULE)


@pytest.fixture
def repository(tmp_path):
    """A git repository with the design and hook of this one."""
    root = tmp_path / "repository"
    (root / "data" / "design").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "design" / "privacy.toml", root / "data" / "design")
    shutil.copy(ROOT / ".gitignore", root)
    shutil.copytree(ROOT / "tools", root / "tools")
    (root / "data" / "manifest.toml").write_text("")
    (root / "_quarto.yml").write_text("")
    git(root, "init", "-q")
    git(root, "config", "user.email", "test@example.org")
    git(root, "config", "user.name", "Test")
    git(root, "config", "core.hooksPath", "tools/hooks")
    (root / ".venv" / "bin").mkdir(parents=True)
    python = root / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return root


def git(root, *words, check=True):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANALYSIS_", "GIT_"))
    }
    done = subprocess.run(
        ["git", *words], cwd=root, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def test_the_hook_lets_an_honest_commit_through(repository):
    git(repository, "add", ".")
    done = git(repository, "commit", "-m", "begin")
    assert "no microdata found" in done.stdout + done.stderr
    assert git(repository, "log", "--oneline").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notities/overzicht.txt", CSV, "of a pupil file"),
        ("notities/data.bin", b"$FL2@(#)", "an SPSS data file"),
        ("notebooks/01-a.ipynb", notebook(count=1), "holds outputs"),
        ("data/real/ISGNLDC4.sav", b"anything", "nothing in this folder is committed"),
    ],
)
def test_the_hook_stops_microdata_even_when_forced(repository, name, content, says):
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    git(repository, "add", "--force", name)
    done = git(repository, "commit", "-m", "sneak", check=False)
    assert done.returncode != 0
    assert says in done.stderr
    assert "git restore --staged" in done.stderr
    assert "Traceback" not in done.stderr
    assert git(repository, "log", check=False).returncode != 0


def test_what_is_staged_counts_not_what_is_on_disk(repository):
    path = repository / "a.csv"
    path.write_bytes(CSV)
    git(repository, "add", "a.csv")
    path.write_text("province;value\nPV20;1\n")
    assert git(repository, "commit", "-m", "sneak", check=False).returncode != 0
    git(repository, "add", "a.csv")
    assert git(repository, "commit", "-m", "fine").returncode == 0


def run(root, *words):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANALYSIS_", "GIT_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "analysis", "check", *words],
        cwd=root,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def test_the_command_looks_at_everything_that_could_be_committed(repository):
    assert run(repository).returncode == 0
    (repository / "nieuw.csv").write_bytes(CSV)
    done = run(repository)
    assert done.returncode == 1
    assert "nieuw.csv, line 1: columns idstud" in done.stderr
    assert run(repository, "--staged").returncode == 0


def test_outputs_are_stripped_and_nothing_else(repository):
    source = ROOT / "notebooks" / "01-programma.ipynb"
    path = repository / "notebooks" / "01-programma.ipynb"
    path.parent.mkdir()
    clean = json.loads(source.read_text(encoding="utf-8"))
    executed = json.loads(source.read_text(encoding="utf-8"))
    for number, cell in enumerate(cell for cell in executed["cells"] if cell["cell_type"] == "code"):
        cell["execution_count"] = number + 1
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
        cell["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01"}
    path.write_text(json.dumps(executed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert run(repository).returncode == 1
    done = run(repository, "--strip")
    assert done.returncode == 0, done.stderr
    assert "stripped notebooks/01-programma.ipynb" in done.stdout.replace("\\", "/")
    assert json.loads(path.read_text(encoding="utf-8")) == clean
    assert "stripped" not in run(repository, "--strip").stdout


def test_real_files_in_their_place_are_no_finding(repository):
    (repository / "data" / "real").mkdir()
    (repository / "data" / "real" / "ISGNLDC4.sav").write_bytes(b"$FL2")
    assert run(repository, "--staged").returncode == 0
    assert git(repository, "status", "--short", "data/real").stdout == ""


def test_outside_git_the_command_says_so(tmp_path):
    (tmp_path / "data" / "design").mkdir(parents=True)
    (tmp_path / "_quarto.yml").write_text("")
    shutil.copy(ROOT / "data" / "design" / "privacy.toml", tmp_path / "data" / "design")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "git" in done.stderr
    assert "Traceback" not in done.stderr


def test_this_repository_holds_no_microdata():
    done = run(ROOT)
    assert done.returncode == 0, done.stderr


# --- outputs ---


@pytest.fixture
def workspace(tmp_path):
    """A workspace with a pupil file and a manifest that knows it."""
    data = tmp_path / "data" / "real"
    data.mkdir(parents=True)
    pyreadstat.write_sav(pupils(2000), data / "ISGNLDC4.sav")
    (tmp_path / "data" / "manifest.toml").write_text(
        '[iccs]\ntitle = "T"\npublisher = "P"\nlicence = "L"\nreference = "R"\naccess = "op aanvraag"\n'
        'files = ["ISG???C4.sav"]\n'
    )
    return Workspace(tmp_path, data)


def looked_at(workspace, name, text):
    content = text if isinstance(text, bytes) else text.encode()
    return check_files(workspace, RULE, [File(name, content, published=True)])


def executed(frame):
    data = {"text/plain": [frame.to_string()], "text/html": frame.to_html()}
    return notebook([{"output_type": "display_data", "data": data}], 1).decode()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.ipynb", lambda rows: executed(rows)),
        ("a.html", lambda rows: f"<html><body>{rows.to_html()}</body></html>"),
        ("a.csv", lambda rows: rows.to_csv(index=False)),
        ("a.csv", lambda rows: rows.round(2).to_csv(index=False, sep=";", decimal=",")),
        ("a.txt", lambda rows: rows.drop(columns="IDSTUD").round(3).to_string()),
        ("a.html", lambda rows: "<p>" + "</p><p>".join(map(str, rows.round(3).to_numpy().tolist())) + "</p>"),
    ],
)
def test_rows_of_pupils_in_an_output_are_found(workspace, name, make):
    findings, notes, count = looked_at(workspace, name, make(pupils(2000).iloc[700:703]))
    rows = [one for one in findings if "values of one pupil of ISGNLDC4.sav stand together" in str(one)]
    assert len(rows) >= 3
    assert (notes, count) == ([], 1)


def test_statistics_of_the_same_pupils_are_none(workspace):
    frame = pupils(2000)
    summary = frame.describe().drop(["min", "max"])
    table = pd.concat([summary, frame.groupby("S_GENDER").mean()])
    mean = f"{frame['PV1CIV'].mean():.2f}"
    text = f"<html><body>{table.to_html()}<p>gemiddeld {mean} (482,35; 3,11; 0,25)</p></body></html>"
    assert looked_at(workspace, "a.html", text)[0] == []
    rng = np.random.default_rng(3)
    numbers = pd.DataFrame(rng.normal(500, 90, (300, 8))).round(2)
    assert looked_at(workspace, "b.csv", numbers.to_csv())[0] == []


def test_drawings_and_embedded_pictures_are_not_read_as_text(workspace):
    """Of geometry many numbers are near those of pupils. Its order is looked at, see test_disguised."""
    row = pupils(2000).iloc[5].round(3).astype(str).str.cat(sep=" ")
    page = f'<html><svg><path d="{row}"/></svg><img src="data:image/png;base64,AAAA"><p>klaar</p></html>'
    assert looked_at(workspace, "a.html", page)[0] == []


def test_without_real_files_it_is_said(workspace):
    (workspace.data / "ISGNLDC4.sav").unlink()
    assert "no microdata are there" in looked_at(workspace, "b.txt", "x")[1][0]


def test_a_file_of_the_data_folder_that_cannot_be_read_is_named(workspace):
    (workspace.data / "ISGNLDC4.sav").write_bytes(b"$FL2@(#) cut off")
    _, notes, _ = looked_at(workspace, "b.txt", "x")
    assert "ISGNLDC4.sav: not readable here, nothing compared with it" in notes[0]


def test_a_damaged_output_is_refused(workspace):
    findings, _, count = looked_at(workspace, "a.ipynb", "{")
    assert ("no readable notebook" in str(findings[0]), count) == (True, 1)
    assert "a PDF that cannot be looked at" in str(looked_at(workspace, "a.pdf", "%PDF-1.7 cut off")[0][0])


@pytest.fixture
def pdf(tmp_path):
    typst = pytest.importorskip("typst")
    (tmp_path / "a.typ").write_text(pupils(2000).iloc[:3].round(3).to_string(header=False))
    typst.compile(tmp_path / "a.typ", output=tmp_path / "a.pdf")
    return (tmp_path / "a.pdf").read_bytes()


@pytest.mark.parametrize("poppler", [True, False])
def test_pdf_is_read(workspace, pdf, poppler, monkeypatch):
    pytest.importorskip("pypdf")
    if not poppler:
        monkeypatch.setattr("shutil.which", lambda name: None)
    elif shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    assert "500" in read_pdf(pdf)[0] or len(read_pdf(pdf)[0]) > 50
    findings, notes, _ = looked_at(workspace, "a.pdf", pdf)
    assert "values of one pupil of ISGNLDC4.sav" in str(findings[0])
    assert notes == []


def test_a_file_attached_to_a_pdf_is_read(workspace, pdf):
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment("rijen.csv", pupils(2000).iloc[5:9].rename(columns=str.swapcase).to_csv().encode())
    buffer = io.BytesIO()
    writer.write(buffer)
    findings, _, _ = looked_at(workspace, "b.pdf", buffer.getvalue())
    assert any("ISGNLDC4.sav" in str(finding) for finding in findings)


def test_without_the_reader_of_pdf_the_check_fails_and_says_what_to_install(workspace, pdf, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdf", None)
    findings, _, _ = looked_at(workspace, "a.pdf", pdf)
    assert "pypdf is not installed; run `pip install pypdf`" in str(findings[0])


def test_a_value_that_many_share_tells_nothing():
    frame = pd.DataFrame({name: np.repeat(np.arange(30) + 0.25, 40) for name in "abc"})
    matcher = Matcher([Microdata.of("x", frame)], RULE)
    matcher.add("a.txt", [(1, "3.25 3.25 3.25")])
    assert matcher.findings() == []


RULE_TEXT = """\
[rule]
person = []
survey = []
person_rows = 1
survey_names = 1
table_rows = 1
values_of_one_row = 1
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[rule]\nperson_rows = 0\n", "is absent"),
        (
            RULE_TEXT.replace("person = []", 'person = ["A"]'),
            "lower case",
        ),
        (
            RULE_TEXT.replace("person_rows = 1", "person_rows = 0"),
            "one or more",
        ),
        ('[[allow]]\npattern = "x"\n', "reason is absent"),
    ],
)
def test_mistakes_in_the_rule_are_named(tmp_path, text, says):
    (tmp_path / "data" / "design").mkdir(parents=True)
    (tmp_path / "data" / "design" / "privacy.toml").write_text(text)
    with pytest.raises(ValueError, match=says):
        privacy_rule(Workspace(tmp_path, tmp_path))
