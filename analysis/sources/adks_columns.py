"""Columns of the adolescent panel, from text to the types of the panel; each names file, column and row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.design.adks import AdksDesign, AdksOutcome
from analysis.sources.geography import province_names
from analysis.sources.numerals import require_numbers
from analysis.sources.places import place_provinces
from analysis.sources.texttable import shown

MAP = "data/design/adks.toml"
_SHOWN = 5


def as_complete(column: pd.Series, path: Path, name: str) -> pd.Series:
    """The column, every cell of which holds something, and no half pair of quotes."""
    if column.isna().any():
        raise ValueError(
            f"{path.name}, column {name}: {int(column.isna().sum())} empty, first in row "
            f"{first_row(column.isna())}. Fill these in, or leave their rows out of the file"
        )
    quoted = column.str.contains('"', regex=False)
    if quoted.any():
        raise ValueError(
            f"{path.name}, column {name}, row {first_row(quoted)}: {shown(column[quoted].iloc[0])} holds a "
            "quote; is one missing at the other end?"
        )
    return column.astype(str)


def as_wave(column: pd.Series, path: Path, design: AdksDesign) -> pd.Series:
    """The wave as a whole number, one of the design."""
    waves = [str(wave) for wave in range(1, design.waves + 1)]
    name = design.file.used["wave"]
    whole = as_complete(column, path, name).str.replace(r"\.0+$", "", regex=True)
    wrong = ~whole.isin(waves)
    if wrong.any():
        raise ValueError(
            f"{path.name}, column {name}, row {first_row(wrong)}: {shown(column[wrong].iloc[0])} "
            f"is not one of {', '.join(waves)}. Number the measurements in the file, or change waves in {MAP}"
        )
    return whole.astype(int)


def as_track(column: pd.Series, path: Path, design: AdksDesign) -> pd.Series:
    """The track that the map gives each code; "" leaves out."""
    name = design.file.used["track"]
    wrong = ~as_complete(column, path, name).isin(design.file.tracks)
    if wrong.any():
        values = ", ".join(repr(value) for value in sorted(column[wrong].unique())[:_SHOWN])
        raise ValueError(
            f"{path.name}, column {name}, row {first_row(wrong)}: unknown code {values}; "
            f"known are {', '.join(design.file.tracks)}. Add it under [file.tracks] in {MAP}"
        )
    return column.map(dict(design.file.tracks)).astype("str")


def as_province(column: pd.Series, path: Path, name: str) -> pd.Series:
    """CBS code of each province."""
    placed = place_provinces(column, province_names())
    wrong = placed.codes.isna()
    if wrong.any():
        raise ValueError(
            f"{path.name}, column {name}, row {first_row(wrong)}: {shown(column[wrong].iloc[0])}: "
            f"{placed.unplaced[0].reason}"
        )
    return placed.codes


def as_recoded(column: pd.Series, path: Path, outcome: AdksOutcome) -> pd.Series:
    """The number that the map gives each answer."""
    wrong = column.notna() & ~column.isin(list(outcome.recode))
    if wrong.any():
        raise ValueError(
            f"{path.name}, column {outcome.file}, row {first_row(wrong)}: {shown(column[wrong].iloc[0])} is "
            f"not in the recode of this outcome; known are {', '.join(outcome.recode)}. Add it in "
            f"{MAP}, there or to missing"
        )
    return column.map(dict(outcome.recode)).astype(float)


def as_numbers(column: pd.Series, path: Path, name: str, design: AdksDesign) -> pd.Series:
    """Floats in the signs of the design."""
    if pd.api.types.is_numeric_dtype(column):  # recoded
        return column.astype(float)
    return require_numbers(
        column,
        f"{path.name}, column {name}",
        decimal=design.file.decimal,
        thousands=design.file.thousands,
        said=MAP,
        words="answers in words get their numbers by recode there, and a word for unknown goes among missing",
    )


def first_row(wrong: pd.Series) -> int:
    """Number of the first row that is wrong; the index counts on through the file."""
    return int(wrong.index[np.asarray(wrong).argmax()]) + 1
