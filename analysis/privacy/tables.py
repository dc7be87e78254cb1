"""Files of the data folder as tables, with the readers that are there for their format."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd

from analysis.privacy.reading import read
from analysis.privacy.unfold import unfold
from analysis.sources.sheets import require_size

MICRODATA_MB = 1024  # a larger file of the data folder is not compared with
_SPSS = (".sav", ".zsav", ".por")
_BOOKS = (".xlsx", ".xls", ".ods", ".xlsb", ".xlsm")
_SEPARATORS = (",", ";", "\t", "|")


def data_frames(path: Path) -> list[pd.DataFrame]:
    """The tables of `path`.

    Raises
    ------
    ValueError
        If there is no reader for it; the message says what then is not compared.
    """
    if path.stat().st_size > MICRODATA_MB * 2**20:
        raise ValueError(
            f"{path.name}: larger than MICRODATA_MB = {MICRODATA_MB} MB, nothing compared with it"
        )
    suffix = path.suffix.lower()
    try:
        if suffix in _SPSS:
            return [_spss(path)]
        if suffix in _BOOKS:
            return _sheets(path)
        if suffix in (".parquet", ".feather"):
            return [(pd.read_parquet if suffix == ".parquet" else pd.read_feather)(path)]
        if suffix == ".dta":
            return [pd.read_stata(path, convert_categoricals=False)]
        return _texts(path)
    except Exception as error:  # whatever a reader raises on a file from outside
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path.name}: not readable here, nothing compared with it ({said})") from error


def _spss(path: Path) -> pd.DataFrame:
    import pyreadstat

    reader = pyreadstat.read_por if path.suffix.lower() == ".por" else pyreadstat.read_sav
    frame, _ = reader(str(path), disable_datetime_conversion=True)
    return frame


def _sheets(path: Path) -> list[pd.DataFrame]:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise ValueError("python-calamine is not installed; pip install python-calamine") from error
    require_size(path)
    book = CalamineWorkbook.from_path(path)
    found = []
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        if len(rows) > 1:
            found.append(pd.DataFrame(rows[1:], columns=[str(cell) for cell in rows[0]]))
    return found


def _texts(path: Path) -> list[pd.DataFrame]:
    """Text, packed or not: tables by a separator, or of JSON."""
    found = []
    for leaf in unfold(path.read_bytes(), MICRODATA_MB, hidden=False):
        if leaf.text is None:
            raise ValueError(leaf.said or "no text")
        text = leaf.text
        if text.lstrip()[:1] in ("{", "["):
            json.loads(text)
            found += [pd.DataFrame(table.rows, columns=table.names) for table in read("", text).tables]
            continue
        header = text.partition("\n")[0]
        separator = max(_SEPARATORS, key=header.count)
        found.append(
            pd.read_csv(
                io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, on_bad_lines="skip"
            )
        )
    return found
