"""Small files of an outcome and of starts, as a researcher would lay them in the data folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from analysis.sources.geography import province_names
from analysis.workspace import Workspace, find_root

QUESTION = "prodemos-kennis"
YEARS = tuple(range(2018, 2026))
PROVINCES = tuple(province_names())


def workspace_with(folder: Path, **files: str) -> Workspace:
    """The repository's design and facts, with `files` (name without ``.csv`` to text) as the data."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return Workspace(find_root(), folder)


def edited_design(folder: Path, file: str, old: str, new: str, data: Path | None = None) -> Workspace:
    """The repository's design and facts in `folder`, with `old` in the design's `file` replaced by `new`."""
    here = find_root()
    shutil.copytree(here / "data" / "design", folder / "data" / "design")
    (folder / "data" / "facts").symlink_to(here / "data" / "facts")
    path = folder / "data" / "design" / f"{file}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Workspace(folder, data or folder / "data" / "real")


def starts(begun: Mapping[str, object]) -> str:
    """A list of starts: province and date, and an end where the date is a pair."""
    rows = [(code, *(when if isinstance(when, tuple) else (when, ""))) for code, when in begun.items()]
    return "provincie;start;einde\n" + "".join(f"{code};{start};{end}\n" for code, start, end in rows)


def outcome(
    begun: Mapping[str, int],
    *,
    years: Iterable[int] = YEARS,
    places: Iterable[str] = PROVINCES,
    effect: float = 2.0,
    noise: float = 0.5,
    n: int | None = 400,
    missing: float = 0.0,
    without: Iterable[tuple[str, int]] = (),
    home: Mapping[str, str] | None = None,
    seed: int = 1,
) -> str:
    """A measurement of every place on 1 July of every year: level of place and year, effect, noise."""
    rng, home, without = np.random.default_rng(seed), home or {}, set(without)
    lines = []
    for number, place in enumerate(places):
        start = begun.get(home.get(place, place), np.inf)
        for year in years:
            value = 50 + number + 0.3 * (year - 2018) + effect * (year >= start) + noise * rng.normal()
            if rng.random() >= missing and (place, year) not in without:
                lines.append(f"{place};1-7-{year};{value:.4f}".replace(".", ",") + f";{n or ''}")
    column = "gemeente" if home else "provincie"
    return f"{column};datum;score;n\n" + "\n".join(lines) + "\n"
