"""The report is the old one or the new one at every look, whatever ends the render."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from analysis.render import swap
from analysis.render.swap import fresh_folder, sweep

PARTS = ("een", "twee")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def write(folder, text):
    for part in PARTS:
        (folder / part).mkdir()
        (folder / part / "blad").write_text(text)


def whole(text):
    return {f"{part}/blad": text for part in PARTS}


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "_report"
    folder.mkdir()
    write(folder, "oud")
    return folder


@pytest.fixture(params=["in one step", "by two renames", "in place of a mount"])
def way(request, monkeypatch):
    if request.param == "by two renames":
        monkeypatch.setattr(swap, "_exchanged", lambda first, second: False)
    if request.param == "in place of a mount":
        monkeypatch.setattr(os.path, "ismount", lambda path: True)
    return request.param


def test_the_new_folder_takes_the_place_of_the_old(target, way):
    (target / "weg").mkdir()
    (target / "weg" / "blad").write_text("oud")
    (target / "map").write_text("hier komt een map")
    with fresh_folder(target) as folder:
        write(folder, "nieuw")
        (folder / "map").mkdir()
        (folder / "map" / "blad").write_text("nieuw")
        assert contents(target) == whole("oud") | {"weg/blad": "oud", "map": "hier komt een map"}
    assert contents(target) == whole("nieuw") | {"map/blad": "nieuw"}
    assert list(target.parent.iterdir()) == [target]


def test_a_mount_stays_the_same_folder(target, monkeypatch):
    monkeypatch.setattr(os.path, "ismount", lambda path: True)
    before = target.stat().st_ino
    with fresh_folder(target) as folder:
        write(folder, "nieuw")
    assert target.stat().st_ino == before
    assert contents(target) == whole("nieuw")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges two folders in one step")
def test_the_exchange_is_one_step(target, monkeypatch):
    """Neither folder is renamed by itself, so that there is no moment without a report."""
    monkeypatch.setattr(type(target), "rename", lambda *_: pytest.fail("renamed"))
    with fresh_folder(target) as folder:
        write(folder, "nieuw")
    assert contents(target) == whole("nieuw")


@pytest.mark.parametrize(
    ("number", "known"), [(errno.EINVAL, True), (errno.ENOSYS, True), (errno.EACCES, False)]
)
def test_a_disk_that_cannot_exchange(target, monkeypatch, number, known):
    """Some file systems have no exchange: two renames. Another failure is told, and the old one stays."""

    class Library:
        def __init__(self, *_, **__):
            pass

        def renameat2(self, *_):
            return -1

    monkeypatch.setattr(swap.ctypes, "CDLL", Library)
    monkeypatch.setattr(swap.ctypes, "get_errno", lambda: number)
    monkeypatch.setattr(swap.sys, "platform", "linux")
    if known:
        with fresh_folder(target) as folder:
            write(folder, "nieuw")
        assert contents(target) == whole("nieuw")
        return
    with pytest.raises(PermissionError), fresh_folder(target) as folder:
        write(folder, "nieuw")
    assert contents(target) == whole("oud")


def ended() -> int:
    """The number of a process that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_what_the_dead_left_is_swept_and_what_the_living_make_is_not(target):
    dead, living = ended(), os.getppid()
    for number in (dead, living):
        for role in ("new", "old"):
            (target.parent / f"_report.{number}.{role}").mkdir()
    (target.parent / "_report.bewaard").mkdir()
    sweep(target)
    assert sorted(path.name for path in target.parent.iterdir()) == sorted(
        ["_report", f"_report.{living}.new", f"_report.{living}.old", "_report.bewaard"]
    )


def test_who_died_between_two_renames_gets_the_old_report_back(target):
    target.rename(target.with_name(f"_report.{ended()}.old"))
    sweep(target)
    assert contents(target) == whole("oud")


KILLED = """
import sys, time
from pathlib import Path
from analysis.render import swap
target = Path(sys.argv[1])
if sys.argv[2] == "renames":
    swap._exchanged = lambda first, second: False
number = 0
while True:
    number += 1
    with swap.fresh_folder(target) as folder:
        for part in ("een", "twee"):
            (folder / part).mkdir()
            (folder / part / "blad").write_text(str(number))
    if number == 1:
        print("begun", flush=True)
"""


@pytest.mark.parametrize("by", ["exchange", "renames"])
def test_killed_at_any_moment_a_whole_report_stands(target, by):
    """Twelve kills in a loop of swaps; each time one whole report is there after a sweep."""
    for moment in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(target), by], stdout=subprocess.PIPE
        )
        assert child.stdout.readline() == b"begun\n"
        time.sleep(0.003 * moment)
        child.send_signal(signal.SIGKILL)
        child.wait()
        if by == "exchange" and sys.platform == "linux":
            assert target.is_dir()
        sweep(target)
        found = contents(target)
        assert set(found) == set(whole("")), moment
        assert len(set(found.values())) == 1, moment
        assert list(target.parent.iterdir()) == [target]


def test_a_folder_of_the_same_disk_that_is_mounted_there_is_filled(target, monkeypatch):
    """Such a mount has the number of its disk, and cannot be renamed."""

    def busy(first, second):
        raise OSError(errno.EBUSY, "busy", str(second))

    monkeypatch.setattr(swap, "_exchanged", busy)
    number = target.stat().st_ino
    with fresh_folder(target) as folder:
        write(folder, "nieuw")
    assert contents(target) == {f"{part}/blad": "nieuw" for part in PARTS}
    assert target.stat().st_ino == number
    assert sorted(path.name for path in target.parent.iterdir()) == [target.name]


def test_a_mount_that_is_full_keeps_the_old_report(target, monkeypatch):
    before = contents(target)
    copied = []

    def full(source, place):
        if copied:
            raise OSError(errno.ENOSPC, "No space left on device")
        copied.append(place)
        place.write_text("half")

    monkeypatch.setattr(os.path, "ismount", lambda path: True)
    monkeypatch.setattr(swap.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"), fresh_folder(target) as folder:
        write(folder, "nieuw")
    assert copied
    assert contents(target) == before


def test_where_the_report_is_a_link_the_folder_behind_it_is_replaced(target):
    link = target.with_name("koppeling")
    link.symlink_to(target)
    with fresh_folder(link) as folder:
        write(folder, "nieuw")
    assert link.is_symlink()
    assert contents(target) == {f"{part}/blad": "nieuw" for part in PARTS}
    assert sorted(path.name for path in target.parent.iterdir()) == sorted([target.name, link.name])
