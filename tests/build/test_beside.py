"""What is done in a copy of the process is what would be done here."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from analysis.build.beside import beside

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is done in a copy")


@pytest.fixture
def alone(monkeypatch):
    """The threads by which a runner of tests is led hold nothing that a copy needs."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def children() -> set[str]:
    with open(f"/proc/self/task/{threading.get_native_id()}/children") as told:
        return set(told.read().split())


@pytest.fixture
def leaves_none():
    """No process stays behind; those of other tests may."""
    before = children()
    yield
    assert children() <= before


@LINUX
@pytest.mark.usefixtures("alone", "leaves_none")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_it_is_done_in_a_copy_at_the_same_time():
    reading, writing = os.pipe()
    large = 3 * 2**20  # more than a pipe holds

    def make():
        os.read(reading, 1)  # waits for what only this process does after it began
        return f"{os.getpid()} ".encode().ljust(large)

    with beside(make) as other:
        os.write(writing, b"x")
        made = other()
    assert len(made) == large
    assert int(made.split()[0]) != os.getpid()


@LINUX
@pytest.mark.usefixtures("alone", "leaves_none")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_what_fails_in_the_copy_is_raised_here(capfd):
    def make():
        raise ValueError(f"no room, said {os.getpid()}")

    with pytest.raises(ValueError, match=f"said {os.getpid()}"), beside(make) as other:
        other()
    assert capfd.readouterr() == ("", "")


@LINUX
@pytest.mark.usefixtures("alone", "leaves_none")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_copy_that_dies_costs_nothing():
    first = os.getpid()

    def make():
        if os.getpid() != first:
            os.kill(os.getpid(), 9)
        return b"made"

    with beside(make) as other:
        assert other() == b"made"


@LINUX
@pytest.mark.usefixtures("alone", "leaves_none")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_one_that_is_not_asked_for_leaves_no_process():
    with pytest.raises(KeyError), beside(lambda: b"x" * 2**20):
        raise KeyError("the other failed")


def test_with_other_threads_it_is_done_here():
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with beside(lambda: str(os.getpid()).encode()) as asked:
            assert int(asked()) == os.getpid()
    finally:
        done.set()
        other.join()
