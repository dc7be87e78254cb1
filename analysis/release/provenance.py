"""Where every released result and exhibit comes from, as data: ``released/provenance.json``.

Run, cell, hashes of data, parameters and code, and for an exhibit the checksum of its files. The
report's appendix (:mod:`analysis.release.trace`) and the comparison of two reports
(:mod:`analysis.release.diff`) read this file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.build.fingerprint import digest_of
from analysis.build.plan import Plan, Run
from analysis.build.store import RUN_FILE
from analysis.conclusions import Conclusion
from analysis.results import Released

_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # of nbformat 4.5
PROVENANCE_FILE = "provenance.json"
ORIGIN_FILE = "herkomst.json"  # the same, beside the report


def provenance(
    plan: Plan,
    released: Released,
    exhibits: Path,
    drawn: Mapping[str, str],
    conclusions: Iterable[Conclusion],
) -> dict[str, Any]:
    """What is known of the origin of what was released and of what lies in `exhibits`.

    Parameters
    ----------
    drawn : mapping of str to str
        Key of the run whose rows each exhibit is drawn from, by its id.

    Returns
    -------
    dict
        ``runs`` by key; ``results`` and ``exhibits`` by id, each with the key of its run ("" for what the
        build made itself) and the cell, where that is known; ``conclusions`` by id. With a result stands
        what it says, so that this file alone can be compared with that of another report.
    """
    runs = {run.key: run for run in plan.runs.values() if run.published is not None}
    cells = {key: _cells(run) for key, run in runs.items()}
    described = {}
    for path in sorted(exhibits.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        described[path.stem] = {
            "run": drawn.get(path.stem, ""),
            "caption": content["caption"],
            "kind": content["kind"],
            "source": content["source"],
            "checksum": _checksum(path),
            **({"english": content["english"]} if "english" in content else {}),
        }
    return {
        "runs": {key: _run(run) for key, run in sorted(runs.items())},
        "results": {
            row.id: {
                "run": row.stamp.run,
                **cells.get(row.stamp.run, {}).get(row.id, {}),
                "label": row.label,
                "text": row.variables()["full"],
                "numbers": [row.value, row.low, row.high],
            }
            for row in sorted(released.rows, key=lambda row: row.id)
        },
        "exhibits": described,
        "conclusions": {
            conclusion.id: {
                "condition": conclusion.condition,
                "sentence": conclusion.sentence,
                "kind": str(conclusion.kind),
                "rests_on": list(conclusion.rests_on),
            }
            for conclusion in conclusions
        },
    }


def read_provenance(folder: Path) -> dict[str, Any]:
    """What :func:`write_provenance` wrote into `folder`."""
    return json.loads((folder / PROVENANCE_FILE).read_text(encoding="utf-8"))


def with_pictures(
    content: dict[str, Any], exhibits: Path, redrawn: Iterable[str], drawn: Mapping[str, str]
) -> dict[str, Any]:
    """`content` where of what lies in `exhibits` only the pictures `redrawn`, names of files, look different.

    `drawn` as for :func:`provenance`.
    """
    described = {name: item | {"run": drawn.get(name, "")} for name, item in content["exhibits"].items()}
    for name in {name.partition(".")[0] for name in redrawn}:
        described[name]["checksum"] = _checksum(exhibits / f"{name}.json")
    return content | {"exhibits": described}


def write_provenance(content: dict[str, Any], folder: Path) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / PROVENANCE_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def _run(run: Run) -> dict[str, Any]:
    stamp = asdict(run.stamp())
    return {
        "label": run.label,
        "file": run.entry.file,
        "question": run.entry.question,
        "parameters": dict(run.values),
        **{name: stamp[name] for name in ("data_hash", "parameters_hash", "code_hash")},
    }


def _cells(run: Run) -> dict[str, dict]:
    """Cell by id; empty for a run of which no executed notebook is kept."""
    content = json.loads((run.published.folder / RUN_FILE).read_text(encoding="utf-8"))
    cells = content.get("cells", {})
    for cell in cells.values():
        if not _CELL_ID.fullmatch(str(cell["cell"])):
            raise ValueError(
                f"{run.entry.file}: a cell has the id {cell['cell']!r}; expected 1 to 64 letters, digits, "
                '- and _, as JupyterLab gives. Change it in the file, under "id"'
            )
    return cells


def _checksum(description: Path) -> str:
    """Of the files of an exhibit: its description, and its picture, cells or both."""
    import hashlib

    files = sorted(description.parent.glob(f"{description.stem}.*"))
    return digest_of({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
