"""A folder that is replaced whole or not at all.

Where the system can (Linux), the old and the new folder change places in one step, so that at every look
the old report or the new one is there. Elsewhere two renames follow each other. Where the folder is a mount
it cannot be renamed: then its contents are replaced. What a process left that was killed is cleared by the
next one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h and linux/fs.h
_NOT_HERE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


@contextmanager
def fresh_folder(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its place when the block ends well.

    If the block raises, the new folder is removed and `target` is as it was. Where `target` is a link, the
    folder that it leads to is replaced.
    """
    target = target.resolve() if target.is_symlink() else target
    sweep(target)
    fresh, old = _beside(target, "new"), _beside(target, "old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
        _replace(target, fresh, old)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def sweep(target: Path) -> None:
    """Clear what processes that are no more left beside `target`.

    A process that ended between two renames left the old report under another name: it is put back.
    """
    pattern = re.compile(rf"{re.escape(target.name)}\.(\d+)\.(new|old)")
    if not target.parent.is_dir():
        return
    for path in sorted(target.parent.iterdir(), reverse=True):  # old before new
        match = pattern.fullmatch(path.name)
        if not match or int(match[1]) == os.getpid() or _alive(int(match[1])):
            continue
        if match[2] == "old" and not target.exists():
            path.rename(target)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _beside(target: Path, role: str) -> Path:
    return target.with_name(f"{target.name}.{os.getpid()}.{role}")


def _alive(process: int) -> bool:
    if os.name == "nt":  # os.kill would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _replace(target: Path, fresh: Path, old: Path) -> None:
    if not target.exists():
        fresh.rename(target)
    elif os.path.ismount(target):
        _fill(target, fresh)
    else:
        try:
            _exchange(target, fresh, old)
        except OSError as error:
            if error.errno != errno.EBUSY:  # a folder of the same disk that is mounted there
                raise
            _fill(target, fresh)


def _exchange(target: Path, fresh: Path, old: Path) -> None:
    """In one step, or by two renames."""
    if _exchanged(fresh, target):
        return
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise


def _exchanged(first: Path, second: Path) -> bool:
    """Whether two folders changed places in one step; False where the system or its disk cannot do that."""
    rename = (
        getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    )
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number), str(second))


def _fill(target: Path, fresh: Path) -> None:
    """Replace what lies in `target` by what lies in `fresh`: each file in one step, once all are there."""
    wanted = {path.relative_to(fresh) for path in fresh.rglob("*")}
    parts = {}
    try:
        for name in sorted(wanted):
            source, place = fresh / name, target / name
            if source.is_dir():
                if place.is_file() or place.is_symlink():
                    place.unlink()
                place.mkdir(exist_ok=True)
                continue
            parts[name] = place.with_name(f"{place.name}.part")
            shutil.copyfile(source, parts[name])
    except OSError:  # the disk is full, or closed: the old report stays, without what was begun
        for part in parts.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise
    for name, part in parts.items():
        if (target / name).is_dir() and not (target / name).is_symlink():
            shutil.rmtree(target / name)
        part.replace(target / name)
    for path in sorted(target.rglob("*"), reverse=True):
        if path.relative_to(target) not in wanted:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
