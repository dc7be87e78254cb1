"""What a person or a machine sees of a build while it goes on."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from analysis.build.worker import Outcome


class Progress(Protocol):
    """Told of everything that happens; calls come from one thread."""

    def begin(self, total: int, done_before: int) -> None: ...

    def started(self, label: str) -> None: ...

    def finished(self, outcome: Outcome) -> None: ...

    def unchanged(self, label: str) -> None:
        """A run proved not to be needed: the results of what it waits for came out the same."""

    def end(self) -> None: ...


class Lines:
    """One line a finished run: for CI, files and pipes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._done = self._total = 0

    def begin(self, total: int, done_before: int) -> None:
        self._total = total
        if total:
            self._say(f"{total} to run, {done_before} done before")

    def started(self, label: str) -> None:
        pass

    def finished(self, outcome: Outcome) -> None:
        self._done += 1
        state = "done" if outcome.failure is None else "FAILED"
        self._say(f"[{self._done}/{self._total}] {outcome.label}: {state} in {outcome.seconds:.1f} s")

    def unchanged(self, label: str) -> None:
        self._done += 1
        self._say(f"[{self._done}/{self._total}] {label}: not needed, its inputs came out the same")

    def end(self) -> None:
        pass

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class JsonLines:
    """One JSON object a line, for machines."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def begin(self, total: int, done_before: int) -> None:
        self._say(event="begin", total=total, done_before=done_before)

    def started(self, label: str) -> None:
        self._say(event="started", run=label)

    def finished(self, outcome: Outcome) -> None:
        failure = outcome.failure
        self._say(
            event="failed" if failure else "done",
            run=outcome.label,
            seconds=round(outcome.seconds, 3),
            **({"reason": failure.reason, "cell": failure.cell, "folder": failure.folder} if failure else {}),
        )

    def unchanged(self, label: str) -> None:
        self._say(event="unchanged", run=label)

    def end(self) -> None:
        self._say(event="end")

    def _say(self, **content) -> None:
        print(json.dumps(content, ensure_ascii=False), file=self._stream, flush=True)


class Bar:
    """A moving bar with what is running now, for a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._running: list[str] = []
        self._slowest = ("", 0.0)
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}"),
            console=console,
        )
        self._task = None

    def begin(self, total: int, done_before: int) -> None:
        if total:
            self._bar.start()
            self._task = self._bar.add_task(f"notebooks ({done_before} done before)", total=total, now="")

    def started(self, label: str) -> None:
        self._running.append(label)
        self._show()

    def finished(self, outcome: Outcome) -> None:
        if outcome.label in self._running:
            self._running.remove(outcome.label)
        if outcome.seconds > self._slowest[1]:
            self._slowest = (outcome.label, outcome.seconds)
        if outcome.failure is not None:
            line = f"FAILED {outcome.label}"
            self._bar.console.print(line, style="red", markup=False, highlight=False)
        self._show(advance=1)

    def unchanged(self, label: str) -> None:
        self._show(advance=1)

    def end(self) -> None:
        if self._task is not None:
            self._bar.stop()

    def _show(self, advance: int = 0) -> None:
        if self._task is None:
            return
        words = [f"running: {', '.join(self._running[:4])}" if self._running else ""]
        if self._slowest[0]:
            words.append(f"slowest: {self._slowest[0]} {self._slowest[1]:.1f} s")
        now = _escaped("; ".join(word for word in words if word))
        self._bar.update(self._task, advance=advance, now=now)


def choose(json_lines: bool = False) -> Progress:
    """A bar on a terminal, plain lines in CI and in a pipe, JSON when asked for."""
    if json_lines:
        return JsonLines()
    return Bar() if sys.stdout.isatty() and not os.environ.get("CI") else Lines()


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
