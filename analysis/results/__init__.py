"""Rows and series: the only things that leave a notebook, and the one door they leave by."""

from analysis.results.files import (
    COLUMNS,
    ROWS_FILE,
    SERIES_FOLDER,
    read_rows,
    read_series,
    require_unique,
    stamped,
    write_rows,
    write_series,
)
from analysis.results.publish import Published, publish
from analysis.results.released import Released
from analysis.results.row import NOT_ESTABLISHED, TRIAL, Result, Stamp, interval_name
from analysis.results.series import Series

__all__ = [
    "COLUMNS",
    "NOT_ESTABLISHED",
    "ROWS_FILE",
    "SERIES_FOLDER",
    "TRIAL",
    "Published",
    "Released",
    "Result",
    "Series",
    "Stamp",
    "interval_name",
    "publish",
    "read_rows",
    "read_series",
    "require_unique",
    "stamped",
    "write_rows",
    "write_series",
]
