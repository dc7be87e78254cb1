"""Text from notebooks, design files and data that tries to be more than text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pypdf import PdfReader
from readback import page, words
from small_report import MANIFEST, PROVENANCE, RUN, make_two, rows

from analysis.build.store import RUN_FILE
from analysis.design.plan import Deviation, FrozenPlan
from analysis.release.deviations_text import deviations_markdown
from analysis.release.markdown import code, escape
from analysis.release.provenance import _cells as cells_of
from analysis.release.shown import shown
from analysis.release.trace import trace_markdown
from analysis.render import RenderError, render
from analysis.render.stage import staged
from analysis.workspace import Workspace

SECRET = "leerling-8812-vmbo"
HOSTILE = [
    "x`{=typst} `#read(\"/data/real/leerlingen.csv\")`{=typst} `",
    "x`\n\n```{=typst}\n#read(\"/data/real/leerlingen.csv\")\n```\n\n`",
    "x`\n\n```{=html}\n<script>alert(1)</script><img src=\"../data/real/leerlingen.csv\">\n```\n\n`",
    "x` <b id=\"aanval\">vet</b> `",
    "x`]{#aanval} [y](javascript:alert(1)) `",
    "{{< include ../data/real/leerlingen.csv >}}",
    "`{{< include ../data/real/leerlingen.csv >}}`",
    "{{< var kloof.gap.full >}}",
    "x | y | z ``` ```` `",
    "`",
    "``{=typst}",
    "x\\",
    "$x$ @aanval [^1] ^[noot] ::: {.callout-note}",
]  # fmt: skip


def with_secret(root: Path) -> Workspace:
    workspace = make_two(root)
    workspace.data.mkdir(parents=True)
    (workspace.data / "leerlingen.csv").write_text(f"id\n{SECRET}\n", encoding="utf-8")
    return workspace


def everything(folder: Path) -> str:
    """All that a reader can get out of a report."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))]
    for path in sorted(folder.glob("*.pdf")):
        texts += [sheet.extract_text() for sheet in PdfReader(path).pages]
        texts.append(path.read_bytes().decode("latin-1"))
    return "\n".join(texts)


def test_whatever_a_notebook_calls_its_things_is_text(tmp_path):
    """Ids of cells, names of files, labels, questions and sources: a run and a row for each hostile text."""
    workspace = with_secret(tmp_path / "project")
    text_shows = shown(workspace)
    given, runs, results = [*rows()], {}, dict(PROVENANCE["results"])
    for number, text in enumerate(HOSTILE):
        name, key = f"aanval.a{number}", f"{text}{number}"
        given.append(
            replace(rows()[0], id=name, label=text, specification=text, outcome=text, source=text, unit=text)
        )
        runs[key] = RUN | dict.fromkeys(("file", "question", "data_hash", "code_hash"), text)
        runs[key] |= {"label": f"aanval {number}"}
        results[name] = {"run": key, "cell": text, "number": 1}
    content = PROVENANCE | {"runs": PROVENANCE["runs"] | runs, "results": results}
    names = tuple(f"aanval.a{number}.full" for number in range(len(HOSTILE)))
    text_shows = replace(text_shows, variables=(*text_shows.variables, *names))
    origins = workspace.reports / "_generated" / "herkomst.qmd"
    appendix = trace_markdown(text_shows, given, content, MANIFEST)
    origins.write_text(appendix, encoding="utf-8", newline="\n")
    folder = render(workspace, engine="embedded")
    assert SECRET not in everything(folder)
    tree = page(folder / "verantwoording.html")
    assert [el.tag for el in tree.iter() if el.get("id") == "aanval" or el.tag == "script"] == []
    assert [a.get("href") for a in tree.iter("a") if "javascript" in a.get("href", "")] == []
    main = next(tree.iter("main"))
    assert len(list(main.iter("table"))) == 2 + len(HOSTILE)  # of the runs, and one a notebook
    assert {len(list(tr)) for tr in main.iter("tr")} == {4, 5}
    for number, text in enumerate(HOSTILE):  # each stands there, as it was written
        row = next(
            tr
            for tr in main.iter("tr")
            if any(el.get("id") == f"herkomst-aanval.a{number}" for el in tr.iter())
        )
        cells = [words(cell) for cell in row]
        told = " ".join(text.split())
        assert cells[0].startswith(told)
        assert cells[2].startswith(f"1, {told}")
        assert cells[2].endswith(f"aanval.a{number}")
        assert cells[3].endswith(told)


@pytest.mark.parametrize("text", HOSTILE)
def test_code_and_text_are_one_piece(text):
    """In code no run of backticks is as long as the fence; elsewhere every mark is escaped."""
    written = code(text)
    if "{{" in text:
        assert written == escape(text)
        return
    fence = re.match("`+", written)[0]
    assert written.endswith(fence)
    assert fence not in re.findall("`+", written[len(fence) : -len(fence)])


def test_a_deviation_is_text():
    plan = FrozenPlan("2026-11-02", {})
    for text in HOSTILE:
        said = deviations_markdown(plan, [Deviation("exposures", text, text, None)], ())
        assert code(text) in said
        assert "```{=" not in said.replace(code(text), "")


RAW = {
    "Typst reads data": "```{=typst}\n#read(\"/data/real/leerlingen.csv\")\n```",
    "Typst climbs": "```{=typst}\n#read(\"../../../../data/real/leerlingen.csv\")\n```",
    "Typst embeds": "```{=typst}\n#image(\"/data/real/leerlingen.csv\")\n```",
    "HTML embeds": "```{=html}\n<img src=\"../data/real/leerlingen.csv\" alt=\"\">\n```",
    "HTML embeds by an absolute path": "```{=html}\n<img src=\"ABSOLUTE\" alt=\"\">\n```",
    "HTML embeds a style": "```{=html}\n<link rel=\"stylesheet\" href=\"ABSOLUTE\">\n```",
    "HTML loads by a style": '```{=html}\n<p style="background: url(//elders.nl/x.png)">x</p>\n```',
    "HTML draws from elsewhere": '```{=html}\n<svg><image href="ABSOLUTE"/></svg>\n```',
    "HTML obeys a script": "```{=html}\n<script>alert(1)</script>\n```",
    "picture": '![Een lijn.](../data/real/leerlingen.csv){#fig-x fig-alt="Een lijn."}',
    "picture by an absolute path": '![Een lijn.](ABSOLUTE){#fig-x fig-alt="Een lijn."}',
    "include": "{{< include ../data/real/leerlingen.csv >}}",
}  # fmt: skip


@pytest.mark.parametrize("text", RAW.values(), ids=RAW.keys())
def test_renderers_see_no_data(tmp_path, text):
    """Even a fragment that holds markup reaches nothing of data: the render stops."""
    workspace = with_secret(tmp_path / "project")
    secret = str(workspace.data / "leerlingen.csv")
    path = workspace.reports / "_generated" / "tbl-kloof-smal.qmd"
    path.write_text(
        f"{path.read_text(encoding='utf-8')}\n{text.replace('ABSOLUTE', secret)}\n", encoding="utf-8"
    )
    with pytest.raises(RenderError):
        render(workspace, engine="embedded")
    assert not (workspace.root / "_report").exists()


def test_the_stage_holds_sources_and_no_link(tmp_path):
    workspace = with_secret(tmp_path / "project")
    (workspace.reports / "koppeling").symlink_to(workspace.data)
    (workspace.reports / "koppeling.qmd").symlink_to(workspace.data / "leerlingen.csv")
    (workspace.reports / "leerlingen.csv").write_text(SECRET, encoding="utf-8")
    with staged(workspace.root) as stage:
        found = [path for path in stage.rglob("*") if path.is_file()]
        assert {path.relative_to(stage).parts[0] for path in found} == {
            "_quarto.yml",
            "_variables.yml",
            "reports",
        }
        assert not any(SECRET in path.read_bytes().decode("latin-1") for path in found)
        assert (stage / "reports" / "_generated" / "fig-kloof-lijn.svg").is_file()
    assert not stage.exists()


def test_what_a_killed_render_left_is_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    workspace = with_secret(tmp_path / "project")
    killed = (
        "import os, sys; from pathlib import Path; from analysis.render.stage import staged\n"
        "with staged(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    subprocess.run([sys.executable, "-c", killed, str(workspace.root)], env=environment, check=False)
    (left,) = (tmp_path / "temporary").iterdir()
    os.utime(left, (0, 0))
    with staged(workspace.root) as stage:
        assert [stage.parent] == list((tmp_path / "temporary").iterdir())
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("text", [*HOSTILE, "", "a" * 65, "x y", "x\ny"])
def test_a_cell_has_an_id_as_jupyter_gives(tmp_path, text):
    """Refused with the name of its notebook, before anything is released."""
    for identifier in ("cel-1", text):
        noted = {"cells": {"a.b": {"cell": identifier, "number": 1}}}
        (tmp_path / RUN_FILE).write_text(json.dumps(noted), encoding="utf-8")
        run = SimpleNamespace(
            published=SimpleNamespace(folder=tmp_path), entry=SimpleNamespace(file="02-a.ipynb")
        )
        if identifier == "cel-1":
            assert cells_of(run) == noted["cells"]
            continue
        with pytest.raises(ValueError, match=r"02-a\.ipynb: a cell has the id"):
            cells_of(run)
