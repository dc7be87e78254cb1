"""Tables of CBS StatLine: fetched with cbsodata into one file, and read back as tidy figures by region.

The file keeps codes, not labels, because labels change between editions; region codes come padded with
spaces (``"PV20  "``), which are taken off once, here. What is missing in StatLine stays missing and is
counted; it is never zero.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import requests

from analysis.sources.archive import read_bytes
from analysis.sources.cbs_contract import PERIOD, REGION, require_provinces_add_up, statline_contract
from analysis.sources.contract import conform
from analysis.sources.download import (
    DownloadError,
    Manners,
    Receipt,
    politely,
    put_in_place,
    require_address,
)

LARGEST = 512 * 2**20
_TABLE_ID = re.compile(r"\d{5}[A-Za-z]{3}")
_REGION_DIMENSIONS = ("RegioS", "Regiokenmerken", "RegioKenmerken", "Woonregio", "WoonRegio")
_PERIOD_DIMENSION = "Perioden"
_DIMENSION_TYPES = ("Dimension", "TimeDimension", "GeoDimension", "GeoDetail")
_TOPIC = "Topic"
_UNKNOWN = frozenset({"", ".", "-", "x", "X"})  # signs for unknown, none and secret in untyped tables


@dataclass(frozen=True)
class StatLine:
    """A table as read.

    Attributes
    ----------
    table, title, modified : str
        Identifier, title and date of the edition.
    frame : pandas.DataFrame
        As :func:`analysis.sources.cbs_contract.statline_contract`.
    labels : dict of str to dict
        Title by code, for each dimension besides region and period.
    topics : dict of str to str
        Title and unit of each topic.
    missing : dict of str to int
        Cells without a figure, by topic.
    """

    table: str
    title: str
    modified: str
    frame: pd.DataFrame
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def topic(self, stem: str) -> str:
        """The column of the topic `stem`: StatLine puts a number behind it that differs by edition."""
        fitting = [name for name in self.topics if re.fullmatch(rf"{re.escape(stem)}(_\d+)?", name)]
        if len(fitting) != 1:
            raise ValueError(
                f"table {self.table}: {len(fitting)} topics {stem}; it has {', '.join(self.topics)}"
            )
        return fitting[0]


def fetch_statline(
    table: str,
    target: Path,
    *,
    url: str = "https://opendata.cbs.nl",
    select: Sequence[str] = (),
    where: str = "",
    manners: Manners | None = None,
) -> Receipt:
    """Fetch a table with its code lists into the one file `target`.

    Parameters
    ----------
    table : str
        Identifier, such as ``70072ned``.
    select : sequence of str
        Columns; all if empty.
    where : str
        Filter in the words of OData; whole tables run to millions of cells.

    Raises
    ------
    DownloadError, ValueError
        If the table cannot be had, is empty, or the server gives something else.
    """
    import cbsodata

    if not _TABLE_ID.fullmatch(table):
        raise ValueError(f"table {table!r}: expected five digits and three letters, such as 70072ned")
    require_address(url)
    manners = manners or Manners()
    parts = urlsplit(url)
    # cbsodata itself looks at neither no_proxy nor the certificates the environment names.
    around = requests.Session().merge_environment_settings(url, {}, None, None, None)

    def ask() -> dict:
        return cbsodata.download_data(
            table,
            select=list(select) or None,
            filters=where or None,
            catalog_url=parts.netloc,
            timeout=manners.timeout,
            proxies=around["proxies"],
            verify=around["verify"],
        )

    before = cbsodata.options.use_https
    cbsodata.options.use_https = parts.scheme == "https"
    try:
        parts_of_table = politely(ask, f"{target.name}: {url}, table {table}", manners)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DownloadError(
            f"{target.name}: {url} gave no StatLine table {table} but something else ({error}); a web page, "
            "or a service that changed"
        ) from error
    finally:
        cbsodata.options.use_https = before
    rows = parts_of_table.pop("TypedDataSet", None) or parts_of_table.pop("UntypedDataSet", None)
    if not rows:
        raise DownloadError(f"{target.name}: table {table} has no rows for this selection: {where or 'all'}")
    content = {
        "table": table,
        "info": (parts_of_table.pop("TableInfos", None) or [{}])[0],
        "properties": parts_of_table.pop("DataProperties", []),
        "dimensions": {name: values for name, values in parts_of_table.items() if name in rows[0]},
        "rows": rows,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as folder:
        made = Path(folder) / target.name
        made.write_text(json.dumps(content, ensure_ascii=False, indent=0), encoding="utf-8")
        read_statline(made)  # what cannot be read does not get a name
        return put_in_place(made, target, f"{url}/ODataFeed/odata/{table}")


def read_statline(path: Path) -> StatLine:
    """A table as :func:`fetch_statline` left it.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, no StatLine table, or holds an unknown region, a period that is no year, a
        text where a number belongs, or a region twice; names file, column and row.
    """
    path = Path(path)
    content = _content(path)
    rows = content["rows"]
    if not rows:
        raise ValueError(f"{path.name}: the table has no rows")
    raw = pd.DataFrame(rows)
    region = _only(raw.columns, _REGION_DIMENSIONS, path, "region")
    if _PERIOD_DIMENSION not in raw:
        raise ValueError(f"{path.name}: column {_PERIOD_DIMENSION} is absent among {', '.join(raw.columns)}")
    types = {item["Key"]: item.get("Type", "") for item in content["properties"] if item.get("Key")}
    topics = [name for name in raw.columns if types.get(name, "") == _TOPIC]
    dimensions = [
        name
        for name in raw.columns
        if types.get(name, "") in _DIMENSION_TYPES and name not in (region, _PERIOD_DIMENSION)
    ]
    unknown = set(raw.columns) - {region, _PERIOD_DIMENSION, "ID", *topics, *dimensions}
    if unknown:
        raise ValueError(f"{path.name}: column {', '.join(sorted(unknown))} is not in the list of properties")
    if not topics:
        raise ValueError(f"{path.name}: the table has no topic, only dimensions")
    labels = {name: _labels(content["dimensions"].get(name, []), path, name) for name in dimensions}
    frame = pd.DataFrame({"statcode": _codes(raw, region, path)})
    frame["year"] = _years(raw, path)
    for name in dimensions:
        frame[name] = _codes(raw, name, path)
        _require_listed(frame[name], labels[name], path, name)
    for name in topics:
        frame[name] = _figures(raw[name], path, name)
    wrong = ~frame["statcode"].str.match(REGION)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {region}, row {row + 1}: unknown region {frame['statcode'].iloc[row]!r}; "
            "read are country, parts, provinces, COROP areas and municipalities"
        )
    frame = conform(frame, statline_contract(dimensions, topics), path.name)
    info = content["info"]
    return StatLine(
        table=content["table"],
        title=str(info.get("Title", "")),
        modified=str(info.get("Modified", ""))[:10],
        frame=frame,
        labels=labels,
        topics={
            item["Key"]: f"{item.get('Title', '')} ({item.get('Unit', '') or 'aantal'})"
            for item in content["properties"]
            if item.get("Key") in topics
        },
        missing={name: int(frame[name].isna().sum()) for name in topics if frame[name].isna().any()},
    )


def inhabitants(path: Path) -> pd.DataFrame:
    """Inhabitants on 1 January by region and year, from table 70072ned: statcode, year, inhabitants.

    Raises
    ------
    ValueError
        Besides what :func:`read_statline` refuses: if the provinces do not add up to the country.
    """
    table = read_statline(path)
    topic = table.topic("TotaleBevolking")
    require_provinces_add_up(table.frame, topic, Path(path).name)
    return _counts(table.frame[["statcode", "year", topic]].rename(columns={topic: "inhabitants"}))


def inhabitants_by_age(path: Path, ages: Iterable[int]) -> pd.DataFrame:
    """Inhabitants of the given ages together, from table 03759ned: statcode, year, inhabitants.

    An age that is absent in the table is an error, since a sum without it would be too low.
    """
    path = Path(path)
    table = read_statline(path)
    topic = table.topic("BevolkingOp1Januari")
    frame = _totals_only(table, keep="Leeftijd", path=path)
    require_provinces_add_up(frame[["statcode", "year", "Leeftijd", topic]], topic, path.name)
    code_of = {label: code for code, label in table.labels["Leeftijd"].items()}
    absent = [f"{age} jaar" for age in ages if f"{age} jaar" not in code_of]
    codes = [code_of[f"{age} jaar"] for age in ages if f"{age} jaar" in code_of]
    if absent or not codes:
        raise ValueError(f"{path.name}: the ages {', '.join(absent) or 'asked for'} are absent in Leeftijd")
    chosen = frame[frame["Leeftijd"].isin(codes)]
    grouped = chosen.groupby(["statcode", "year"])[topic].agg(["sum", "count"])
    summed = grouped["sum"].where(grouped["count"] == len(codes))  # one age unknown: the sum is unknown
    return _counts(summed.rename("inhabitants").reset_index())


def _totals_only(table: StatLine, *, keep: str, path: Path) -> pd.DataFrame:
    """Rows at the total of every dimension but `keep`; a total is the code that begins with T001 or 10000."""
    frame = table.frame
    if keep not in table.labels:
        raise ValueError(f"{path.name}: dimension {keep} is absent; there are {', '.join(table.labels)}")
    for name, codes in table.labels.items():
        if name == keep:
            continue
        totals = [code for code, label in codes.items() if label.lower().startswith("totaal")]
        found = frame[name].unique()
        if len(found) > 1:
            if len(totals) != 1:
                raise ValueError(f"{path.name}: dimension {name} has {len(totals)} totals, expected one")
            frame = frame[frame[name] == totals[0]]
    return frame


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    negative = frame["inhabitants"] < 0
    if negative.any():
        row = frame[negative].iloc[0]
        raise ValueError(
            f"inhabitants of {row['statcode']} in {row['year']}: {row['inhabitants']:.0f}; no count"
        )
    return frame.sort_values(["statcode", "year"], ignore_index=True)


def _content(path: Path) -> dict:
    text = read_bytes(path, LARGEST)
    if text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise ValueError(f"{path.name}: this is a web page, not data; fetch it again")
    try:
        content = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: byte {error.start} is not UTF-8; fetch it again") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path.name}: this is not JSON, or it is cut off ({error}); fetch it again"
        ) from error
    wanted = {"table": str, "info": dict, "properties": list, "dimensions": dict, "rows": list}
    for key, kind in wanted.items():
        if not isinstance(content, dict) or not isinstance(content.get(key), kind):
            raise ValueError(
                f"{path.name}: {key} is absent or no {kind.__name__}; this is not a table fetched here. "
                "Fetch it with: python -m analysis fetch"
            )
    for number, row in enumerate(content["rows"], start=1):
        if not isinstance(row, dict) or row.keys() != content["rows"][0].keys():
            raise ValueError(f"{path.name}, row {number}: other columns than the first row has")
    if not all(isinstance(item, dict) for item in content["properties"]):
        raise ValueError(f"{path.name}: properties holds something that is no property; fetch it again")
    return content


def _only(columns: Iterable[str], names: Sequence[str], path: Path, what: str) -> str:
    found = [name for name in names if name in columns]
    if len(found) != 1:
        raise ValueError(f"{path.name}: expected one {what} column of {', '.join(names)}, found {len(found)}")
    return found[0]


def _codes(raw: pd.DataFrame, name: str, path: Path) -> pd.Series:
    text = raw[name].map(lambda value: isinstance(value, str))
    if not text.all():
        row = int((~text).to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {name}, row {row + 1}: {raw[name].iloc[row]!r} is not text; codes are text"
        )
    return raw[name].astype("str").str.strip()


def _years(raw: pd.DataFrame, path: Path) -> pd.Series:
    periods = _codes(raw, _PERIOD_DIMENSION, path)
    years = periods.str.extract(PERIOD)["year"]
    if years.isna().any():
        row = int(years.isna().to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {_PERIOD_DIMENSION}, row {row + 1}: {periods.iloc[row]!r} is no year "
            "(2024JJ00, or a school year 2024SJ00)"
        )
    return years.astype("int64")


def _figures(column: pd.Series, path: Path, name: str) -> pd.Series:
    text = column.map(lambda value: value.strip() if isinstance(value, str) else value)
    unknown = text.isna() | text.isin(list(_UNKNOWN))
    boolean = text.map(lambda value: isinstance(value, bool | list | dict))
    values = pd.to_numeric(text.where(~unknown & ~boolean), errors="coerce").astype(float)
    wrong = boolean | (~unknown & ~np.isfinite(values))
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {name}, row {row + 1}: {column.iloc[row]!r} is not a number"
            + ("; is it a decimal comma?" if "," in str(column.iloc[row]) else "")
        )
    return values


def _labels(codes: object, path: Path, name: str) -> dict[str, str]:
    try:
        return {str(item["Key"]).strip(): str(item["Title"]).strip() for item in codes}
    except (TypeError, KeyError) as error:
        raise ValueError(
            f"{path.name}: the code list of {name} is damaged ({error}); fetch it again"
        ) from error


def _require_listed(codes: pd.Series, labels: dict[str, str], path: Path, name: str) -> None:
    unknown = ~codes.isin(list(labels))
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise ValueError(
            f"{path.name}: column {name}, row {row + 1}: unknown code {codes.iloc[row]!r}, absent in the list"
        )
