"""How alike pupils of a school are, in words that fit what is known: a file, or mathematics only."""

from __future__ import annotations

from pathlib import Path

from analysis.results import Released

_START = (
    "- **Scholen zijn de plaats om te meten.** Hoeveel er nodig zijn, hangt af van hoe sterk leerlingen van "
    "één school op elkaar lijken."
)
_MATHEMATICS = (
    "wiskunde in 2003: op het vmbo ligt {{< var meten.spreiding_pisa2003_vmbo.full >}} van de spreiding "
    "tussen scholen. Wie leerlingen van dezelfde leerweg vóór en na toetst, heeft genoeg aan "
    "{{< var meten.leerlingen_needed_pisa2003_vmbo_leerweg.full >}}."
)
_PUBLIC = f"Van burgerschap is dat voor Nederland niet openbaar. Hier is gerekend met {_MATHEMATICS}"
_FROM_FILE = (
    "In het gebruikte leerlingbestand van ICCS 2022 ligt op het vmbo "
    "{{< var meten.spreiding_iccs2022_vmbo.full >}} van de spreiding in burgerschapskennis tussen scholen. "
    "Wie dezelfde leerlingen vóór en na toetst, heeft daarmee genoeg aan "
    "{{< var meten.leerlingen_needed_iccs2022_vmbo.full >}}. De tabel rekent, zoals vooraf vastgelegd, met "
    f"{_MATHEMATICS}"
)
_NEEDED = ("meten.spreiding_iccs2022_vmbo", "meten.leerlingen_needed_iccs2022_vmbo")


def write_school_section(released: Released, folder: Path) -> None:
    """``uitkomst-meten-scholen.qmd``: by civic knowledge where a file has it, else by mathematics."""
    known = all((row := released.find(id)) is not None and row.value is not None for id in _NEEDED)
    text = f"{_START} {_FROM_FILE if known else _PUBLIC}\n"
    (folder / "uitkomst-meten-scholen.qmd").write_text(text, encoding="utf-8", newline="\n")
