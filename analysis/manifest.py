"""The sources of the report: who publishes them, on what terms, and which files are expected.

Nothing here opens a data file's content but to compute its checksum; reading is the work of
:mod:`analysis.sources`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from analysis.design.read import record
from analysis.sources.receipts import RECORD, read_record
from analysis.workspace import Workspace

MANIFEST = "manifest.toml"
ACCESS = ("open", "op aanvraag", "synthetisch")
FORMS = ("csv", "json", "xml", "zip", "statline")  # of what is fetched; statline is a table of CBS
_FETCH_KEYS = ("form", "url", "table", "select", "where")
_ADDRESS = re.compile(r"https://[^/\s]+\S*|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True)
class Source:
    """One source.

    Attributes
    ----------
    key : str
        What result rows name as their source.
    title, publisher, licence, reference : str
        In Dutch, as the report's table prints them.
    access : str
        One of :data:`ACCESS`.
    files : tuple of str
        Names or patterns in the folder with real files; empty for what the repository holds or makes.
    facts : tuple of str
        Tables in ``data/facts``, by stem, that carry figures of this source.
    sha256 : mapping of str to str
        Checksums of files that are the same for everyone; "" where not known.
    remark : str
        True whether or not the files are there.
    lacking : str
        What is missing, said only where no result rests on the files.
    fetch : mapping of str to mapping
        How a file is fetched: form (one of :data:`FORMS`) and url; for a table of StatLine also table, and
        which columns (select) and rows (where, in the words of OData).
    renew_days : int
        A fetched file older than this is stale; 0 never is.
    readers : str
        Who may see the files, in Dutch; by default what `access` implies.
    """

    key: str
    title: str
    publisher: str
    licence: str
    reference: str
    access: str
    files: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    lacking: str = ""
    fetch: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    renew_days: int = 0
    readers: str = ""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(
                f"key {self.key!r}: expected lower case letters, digits, hyphens and underscores"
            )
        if self.access not in ACCESS:
            raise ValueError(f"access {self.access!r}: expected one of {', '.join(ACCESS)}")
        for pattern in self.files:
            if Path(pattern).name != pattern or "**" in pattern:
                raise ValueError(
                    f"file {pattern!r}: expected the name or pattern of a file, without a folder"
                )
        for name, value in self.sha256.items():
            if not any(Path(name).match(pattern) for pattern in self.files):
                raise ValueError(f"sha256 of {name!r}: the name fits none of {', '.join(self.files)}")
            if value and not _SHA256.fullmatch(value):
                raise ValueError(f"sha256 of {name!r}: expected 64 hexadecimal digits, got {value!r}")
        if self.access == "synthetisch" and self.files:
            raise ValueError("a synthetic source is made here and has no files")
        for name, how in self.fetch.items():
            self._require_fetchable(name, how)
        if self.renew_days < 0:
            raise ValueError(f"renew_days must be zero or more, got {self.renew_days}")

    def _require_fetchable(self, name: str, how: Mapping[str, object]) -> None:
        if Path(name).name != name or not any(Path(name).match(pattern) for pattern in self.files):
            raise ValueError(f"fetch of {name!r}: the name fits none of {', '.join(self.files)}")
        unknown = sorted(set(how) - set(_FETCH_KEYS))
        if unknown:
            raise ValueError(f"fetch of {name!r}: unknown key {', '.join(unknown)}")
        if how.get("form") not in FORMS:
            raise ValueError(
                f"fetch of {name!r}: form {how.get('form')!r}; expected one of {', '.join(FORMS)}"
            )
        if not _ADDRESS.fullmatch(str(how.get("url", ""))):
            raise ValueError(f"fetch of {name!r}: url {how.get('url', '')!r}; expected https://…")
        if (how["form"] == "statline") != ("table" in how):
            raise ValueError(f"fetch of {name!r}: table belongs to form statline, and to no other")
        if self.access != "open":
            raise ValueError(f"fetch of {name!r}: only an open source is fetched, this one is {self.access}")

    @property
    def has_files(self) -> bool:
        return bool(self.files)

    @property
    def may_see(self) -> str:
        """Who may see the files, in Dutch."""
        return self.readers or (
            "wie het van de uitgever kreeg" if self.access == "op aanvraag" else "iedereen"
        )


class Presence(StrEnum):
    """What was found of a source."""

    REPOSITORY = "part of the repository"
    PRESENT = "present"
    ABSENT = "absent"
    ALTERED = "altered"
    STALE = "stale"

    @property
    def dutch(self) -> str:
        return {
            Presence.REPOSITORY: "in de repository",
            Presence.PRESENT: "aanwezig",
            Presence.ABSENT: "niet aanwezig",
            Presence.ALTERED: "aanwezig, maar gewijzigd",
            Presence.STALE: "aanwezig, maar verouderd",
        }[self]


@dataclass(frozen=True)
class Found:
    """A source, the files of it that are there, and what is to be said of these.

    Attributes
    ----------
    altered : tuple of Path
        Files whose checksum differs from the manifest's, or from the one they were fetched with.
    accessed : mapping of str to str
        Date on which a file was fetched, for those that were.
    stale : tuple of Path
        Files that were fetched too long ago.
    """

    source: Source
    files: tuple[Path, ...]
    altered: tuple[Path, ...]
    accessed: Mapping[str, str] = field(default_factory=dict)
    stale: tuple[Path, ...] = ()

    @property
    def presence(self) -> Presence:
        if not self.source.has_files:
            return Presence.REPOSITORY
        if self.altered:
            return Presence.ALTERED
        if self.stale:
            return Presence.STALE
        return Presence.PRESENT if self.files else Presence.ABSENT


def read_manifest(workspace: Workspace | None = None) -> dict[str, Source]:
    """All sources by key, in the order of the file.

    Raises
    ------
    FileNotFoundError, ValueError
        If the manifest is absent or malformed; the message names the entry.
    """
    path = (workspace or Workspace.current()).root / "data" / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"{path} is absent: it belongs in the repository")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    sources = {}
    for key, table in content.items():
        if not isinstance(table, dict):
            raise ValueError(f"data/{MANIFEST}: {key} is not a table; a source is written as [key]")
        sources[key] = record(Source, {"key": key, **table}, f"data/{MANIFEST}, {key}")
    return sources


def present_files(source: Source, folder: Path) -> list[Path]:
    """The files of `source` that are in `folder`, by name, in whatever case it is. No folder, no files."""
    found = folder.iterdir() if folder.is_dir() else ()
    patterns = [pattern.lower() for pattern in source.files]
    return sorted(
        path
        for path in found
        if path.is_file() and any(fnmatchcase(path.name.lower(), pattern) for pattern in patterns)
    )


def unrecognised_files(sources: Iterable[Source], folder: Path) -> list[Path]:
    """Files in `folder` that fit no source. Hidden files and read-me files do not count."""
    known = {path for source in sources for path in present_files(source, folder)}
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        path
        for path in found
        if path.is_file()
        and path not in known
        and path.name != RECORD
        and not path.name.lower().startswith((".", "readme"))
    )


def find_sources(
    workspace: Workspace, checksum: Callable[[Path], str] | None = None, today: date | None = None
) -> list[Found]:
    """What is there of every source in the manifest, with checksums compared where they are known.

    `today` decides what is stale; without it nothing is, so that a build does not depend on the day.
    """
    checksum = checksum or _sha256
    receipts = read_record(workspace.data)
    found = []
    for source in read_manifest(workspace).values():
        files = tuple(present_files(source, workspace.data))
        fetched = {path.name: receipts[path.name] for path in files if path.name in receipts}
        expected = {name: receipt.sha256 for name, receipt in fetched.items()}
        expected |= {name: value for name, value in source.sha256.items() if value}
        altered = tuple(
            path for path in files if path.name in expected and checksum(path) != expected[path.name]
        )
        accessed = {name: receipt.accessed for name, receipt in fetched.items()}
        stale = tuple(
            path
            for path in files
            if today is not None
            and source.renew_days
            and path.name in accessed
            and (today - date.fromisoformat(accessed[path.name])).days > source.renew_days
        )
        found.append(Found(source, files, altered, accessed, stale))
    return found


def named_sources(keys: str, manifest: Mapping[str, Source]) -> tuple[list[Source], list[str]]:
    """The sources behind `keys`, and the keys that are none.

    Parameters
    ----------
    keys : str
        Keys of the manifest or names of tables in ``data/facts``, separated by "; ".
    """
    found: dict[str, Source] = {}
    unknown = []
    for key in filter(None, (key.strip() for key in keys.split(";"))):
        fitting = [source for source in manifest.values() if key == source.key or key in source.facts]
        found |= {source.key: source for source in fitting}
        if not fitting:
            unknown.append(key)
    return list(found.values()), unknown


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
