"""How long both documents take, from what was released, with the embedded renderer and nothing kept.

    python benchmarks/render.py [--rounds 5] [--steps]

Printed is the least of all rounds: what stands beside it on the machine only adds. Wall time is that of the
whole command, processor time that of the command and of Pandoc, which it starts. With --steps, the processor
time of each step as well, one after another. Run `make report` first: this measures a copy of what it left.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from analysis.release.release import released_edition
from analysis.render import embedded
from analysis.render.pandoc import sources_of
from analysis.render.project import Project, read_projects
from analysis.render.rowheads import with_row_headings
from analysis.render.source import fill, read_lines
from analysis.render.stage import staged

REPOSITORY = Path(__file__).resolve().parents[1]
NEEDED = (
    "_quarto.yml", "_variables.yml", "analysis", "reports", "data/facts", "data/design", "data/manifest.toml",
    "data/build/released", "data/build/drawn",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "report"
        for name in NEEDED:
            source, target = REPOSITORY / name, root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        whole(root, options.rounds)
        if options.steps:
            steps(root, options.rounds)


def whole(root: Path, rounds: int) -> None:
    """The command, of which the bar is four seconds for both documents."""
    edition = released_edition(root / "data" / "build" / "released")
    command = [sys.executable, "-m", "analysis", "render", "--engine", "embedded", "--edition", edition]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANALYSIS_")}

    def run(*asked: str) -> None:
        subprocess.run(
            [*command, *asked],
            cwd=root,
            env=clean | {"PYTHONPATH": str(root)},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    run()  # so that the code is compiled
    print(f"{os.cpu_count()} cores; least of {rounds} rounds; nothing kept, figures drawn before")
    for name, asked in (("both documents", ["--no-factsheets"]), ("and twelve sheets", [])):
        found = []
        for _ in range(rounds):
            shutil.rmtree(root / "data" / "build" / "cache", ignore_errors=True)
            before, started = _processor(resource.RUSAGE_CHILDREN), time.perf_counter()
            run(*asked)
            found.append((time.perf_counter() - started, _processor(resource.RUSAGE_CHILDREN) - before))
        wall, processor = (min(values) for values in zip(*found, strict=True))
        print(f"  {name:<24} {wall:6.2f} s   processor {processor:6.2f} s")


def steps(root: Path, rounds: int) -> None:
    """Each step of each document, alone."""
    print("\nprocessor time of each step")
    with staged(root) as stage, tempfile.TemporaryDirectory() as folder:
        for project in read_projects(root):
            _steps(project.at(stage), Path(folder), rounds)


def _steps(project: Project, folder: Path, rounds: int) -> None:
    text = fill(read_lines(project), project)
    made, papers = [], []
    standards = list(project.options("typst").get("pdf-standard") or [])

    page = _least(lambda: embedded.write_page(project, text, folder), rounds)
    both = _least(lambda: made.append(list(sources_of(project, text))), rounds)
    paper = _least(lambda: papers.append(embedded._compiled(project, made[0][0], standards)), rounds)
    told = _least(lambda: with_row_headings(papers[0]), rounds)
    print(
        f"  {project.document.stem:<16} page {page:5.2f}   page and source {both:5.2f}   PDF {paper:5.2f}"
        f"   headings of rows {told:5.2f}"
    )


def _least(action: Callable[[], object], rounds: int) -> float:
    def once() -> float:
        before = sum(map(_processor, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
        action()
        return sum(map(_processor, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))) - before

    return min(once() for _ in range(rounds))


def _processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
