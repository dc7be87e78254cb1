"""Which municipality a postcode lies in: the CBS table of addresses, or any table with both columns.

``pc6hnr<date>_gwb.csv`` (CBS, "Buurt, wijk en gemeente voor postcode-huisnummer") has a row an address and
many millions of them, so it is read in pieces; only the four digits are kept.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pandas as pd

from analysis.sources.archive import GZIP
from analysis.sources.register import municipality_code
from analysis.sources.texttable import read_text_pieces, shown

_POSTCODE = re.compile(r"(pc4|pc6|postcode)", re.IGNORECASE)
_MUNICIPALITY = re.compile(r"(gm_?code|gemeente(code|nummer)?(\d{4})?)", re.IGNORECASE)
_SEPARATORS = (";", ",", "\t")


def postcode_places(path: Path) -> pd.DataFrame:
    """Postcode (four digits) and municipality (``GM0363``), each pair once.

    A postcode in two municipalities has two rows, and is then not placed by
    :func:`analysis.sources.places.place_postcodes`.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, lacks a column, or holds something that is no postcode or no code of a
        municipality; names file, column and row.
    """
    pairs = [_pairs(piece, path) for piece in read_text_pieces(path, separator=_separator(path))]
    return pd.concat(pairs).drop_duplicates().sort_values(["postcode", "municipality"], ignore_index=True)


def _separator(path: Path) -> str:
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file in {path.parent.name}/")
    with path.open("rb") as handle:
        packed = handle.read(2) == GZIP
    with gzip.open(path) if packed else path.open("rb") as handle:
        header = handle.readline(4096).decode("utf-8", errors="replace")
    return max(_SEPARATORS, key=header.count)


def _pairs(piece: pd.DataFrame, path: Path) -> pd.DataFrame:
    names = {
        "postcode": next((name for name in piece if _POSTCODE.fullmatch(name)), None),
        "municipality": next((name for name in piece if _MUNICIPALITY.fullmatch(name)), None),
    }
    absent = [ours for ours, name in names.items() if name is None]
    if absent:
        raise ValueError(
            f"{path.name}: no column for {' and '.join(absent)}; expected PC6 or postcode, and "
            f"Gemeente<year> or gemeentecode; the file has {', '.join(list(piece)[:12])}"
        )
    distinct = piece[list(names.values())].drop_duplicates()
    digits = distinct[names["postcode"]].str.extract(r"^(\d{4})(?:\s*[A-Za-z]{2})?$")[0]
    codes = distinct[names["municipality"]].map(municipality_code)
    for ours, found in (("postcode", digits), ("municipality", codes)):
        if found.isna().any():
            row = int(found.index[found.isna()][0])
            value = distinct.loc[row, names[ours]]
            raise ValueError(
                f"{path.name}: column {names[ours]}, row {row + 1}: {shown(value)} is no {ours}"
                f"{' code' if ours == 'municipality' else ''}"
            )
    return pd.DataFrame({"postcode": digits, "municipality": codes}).drop_duplicates()
