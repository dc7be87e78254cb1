import io
import json

from rich.console import Console

from analysis.build.progress import Bar, JsonLines, Lines, choose
from analysis.build.worker import Failure, Outcome

FAILED = Outcome("regio[outcome=x]", 1.25, Failure("the cell raised an error", 4, folder="folder"))


def tell(progress):
    progress.begin(total=3, done_before=5)
    progress.started("a")
    progress.finished(Outcome("a", 2.0))
    progress.started("regio[outcome=x]")
    progress.finished(FAILED)
    progress.unchanged("c")
    progress.end()


def test_a_line_a_run():
    stream = io.StringIO()
    tell(Lines(stream))
    assert stream.getvalue().splitlines() == [
        "3 to run, 5 done before",
        "[1/3] a: done in 2.0 s",
        "[2/3] regio[outcome=x]: FAILED in 1.2 s",
        "[3/3] c: not needed, its inputs came out the same",
    ]


def test_an_object_a_line():
    stream = io.StringIO()
    tell(JsonLines(stream))
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events] == [
        "begin",
        "started",
        "done",
        "started",
        "failed",
        "unchanged",
        "end",
    ]
    assert events[4] == {
        "event": "failed", "run": "regio[outcome=x]", "seconds": 1.25,
        "reason": "the cell raised an error", "cell": 4, "folder": "folder",
    }  # fmt: skip


def test_a_bar_says_how_far_what_now_and_what_was_slowest():
    stream = io.StringIO()
    tell(Bar(Console(file=stream, force_terminal=True, width=160)))
    text = stream.getvalue()
    assert "3/3" in text
    assert "FAILED" in text
    assert "regio[outcome=x]" in text
    assert "slowest: a 2.0 s" in text


def test_nothing_to_do_draws_no_bar():
    stream = io.StringIO()
    bar = Bar(Console(file=stream, force_terminal=True))
    bar.begin(0, 7)
    bar.end()
    assert stream.getvalue() == ""


def test_a_bar_is_for_terminals_only(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.delenv("CI", raising=False)
    assert isinstance(choose(), Bar)
    monkeypatch.setenv("CI", "true")
    assert isinstance(choose(), Lines)
    assert isinstance(choose(json_lines=True), JsonLines)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.delenv("CI")
    assert isinstance(choose(), Lines)
