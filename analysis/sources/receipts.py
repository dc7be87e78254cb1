"""The record of what was fetched: beside the files, with address, checksum and date of access of each."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

RECORD = "fetched.json"


@dataclass(frozen=True)
class Receipt:
    """What came in: file, address, SHA-256, bytes, date of access (ISO)."""

    file: str
    url: str
    sha256: str
    bytes: int
    accessed: str


def read_record(folder: Path) -> dict[str, Receipt]:
    """What was fetched into `folder`, by file name; empty if nothing was.

    Raises
    ------
    ValueError
        If the record is damaged.
    """
    path = folder / RECORD
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        notes = {name: Receipt(file=name, **note) for name, note in content.items()}
        for note in notes.values():
            date.fromisoformat(note.accessed)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged ({error}); delete it and fetch again") from error
    return notes


def write_record(folder: Path, receipt: Receipt) -> None:
    """Add `receipt` to the record of `folder`, in one move."""
    notes = read_record(folder) | {receipt.file: receipt}
    content = {
        name: {key: value for key, value in vars(note).items() if key != "file"}
        for name, note in sorted(notes.items())
    }
    half = folder / f".{RECORD}.part"
    half.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(half, folder / RECORD)
