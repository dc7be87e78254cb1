"""Open what arrives packed, without letting it write outside, or grow without end."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

_CHUNK = 2**20
GZIP = b"\x1f\x8b"
ZIP = b"PK"


def read_bytes(path: Path, largest: int) -> bytes:
    """The content of `path`, unpacked if it is gzip, of at most `largest` bytes.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, empty, damaged, a zip archive, or unpacks to more; the size is looked at while
        unpacking, so that a few bytes cannot fill the memory.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file in {path.parent.name}/")
    with path.open("rb") as handle:
        start = handle.read(2)
    if not start:
        raise ValueError(f"{path.name}: the file is empty; get it again, or remove it")
    if start == ZIP:
        raise ValueError(f"{path.name}: this is a zip archive (or an Excel file); unpack it first")
    try:
        with gzip.open(path) if start == GZIP else path.open("rb") as handle:
            content = handle.read(largest + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path.name}: the gzip file is damaged or cut off ({error}); get it again"
        ) from error
    if len(content) > largest:
        does = "unpacks to" if start == GZIP else "holds"
        raise ValueError(
            f"{path.name}: {does} more than {largest / 2**20:.3g} MB, the LARGEST that is read of such a "
            "file; this is not the file meant"
        )
    return content


def zip_members(path: Path, suffix: str, largest: int, largest_total: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file in the zip archive whose name ends in `suffix`, by name.

    Nothing is written. Names that lead out of the archive are refused all the same, since an archive with
    such names was not made by its publisher.

    Raises
    ------
    ValueError
        If the archive is damaged or encrypted, a name leads elsewhere or occurs twice, or a member or the
        members together unpack to more than allowed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            for info in infos:
                _require_inside(info.filename, path)
            names = [info.filename for info in infos]
            if len(set(names)) < len(names):
                raise ValueError(f"{path.name}: holds two files of one name")
            total = 0
            for info in sorted(infos, key=lambda info: info.filename):
                if not info.filename.lower().endswith(suffix):
                    continue
                content = _unpack(archive, info, path, largest)
                total += len(content)
                if total > largest_total:
                    raise ValueError(
                        f"{path.name}: unpacks to more than {largest_total / 2**20:.3g} MB in all, the "
                        "LARGEST of such an archive"
                    )
                yield info.filename, content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(
            f"{path.name}: the zip archive is damaged or cut off ({error}); get it again"
        ) from error


def _require_inside(name: str, path: Path) -> None:
    for kind in (PurePosixPath, PureWindowsPath):
        parts = kind(name)
        if parts.is_absolute() or parts.drive or ".." in parts.parts or "\0" in name:
            raise ValueError(f"{path.name}: the name {name!r} leads out of the archive; do not trust it")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, largest: int) -> bytes:
    if info.flag_bits & 1:
        raise ValueError(f"{path.name}: {info.filename} is encrypted; unpack it with its password first")
    pieces, size = [], 0
    with archive.open(info) as handle:
        while piece := handle.read(_CHUNK):
            size += len(piece)
            if size > largest:
                raise ValueError(
                    f"{path.name}: {info.filename} unpacks to more than {largest / 2**20:.3g} MB, the "
                    "LARGEST that is read of such a file; this is not the file meant"
                )
            pieces.append(piece)
    return b"".join(pieces)
