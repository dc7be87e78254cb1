"""The command line: ``python -m analysis build``, ``render``, ``report``, ``sources``, ``fetch`` and more.

Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from analysis.bytecode import keep_bytecode
from analysis.workspace import DATA_VARIABLE, Workspace, find_root

FAILED, INTERRUPTED = 1, 130
ENGINES = ("auto", "quarto", "embedded")
EDITIONS = ("standard", "mock", "final", "public")
KERNELS = ("auto", "fork", "spare", "stock")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status."""
    options = None
    try:
        keep_bytecode()
        gc.set_threshold(100_000, 20, 100)  # a command makes much and ends: a tenth went into collecting
        options = _parser().parse_args(arguments)
        options.run(options)
    except KeyboardInterrupt:
        print("\nInterrupted. Finished runs are kept; the same command goes on from there.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if options is None or options.debug or not _is_ours(error):
            raise
        print(f"\n{error}", file=sys.stderr)
        return FAILED
    return 0


def _is_ours(error: Exception) -> bool:
    """Errors whose message was written to be read; any other is a fault of ours and shows where."""
    names = {base.__name__ for base in type(error).__mro__}
    return bool(names & {"BuildError", "RenderError", "ValueError", "OSError"})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__.splitlines()[0])
    parser.add_argument("--debug", action="store_true", help="show where in the code an error arose")
    commands = parser.add_subparsers(required=True, metavar="command")

    alone = argparse.ArgumentParser(add_help=False)
    alone.add_argument("--no-wait", action="store_true", help="refuse when another build is at work")
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument("--data", type=Path, metavar="DIR", help="folder with the real files; else data/real")
    edition = argparse.ArgumentParser(add_help=False)
    edition.add_argument(
        "--edition",
        choices=EDITIONS,
        default="standard",
        help="mock rehearses with twins in the place of what is absent; final refuses what failed; public "
        "puts the released tables beside the report",
    )
    building = argparse.ArgumentParser(add_help=False, parents=[data, alone])
    building.add_argument(
        "--jobs", type=_positive, metavar="N", help="runs at the same time; else one a core"
    )
    building.add_argument("--kernels", choices=KERNELS, default="auto", help="how kernels are started")
    building.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the workers of this Dask scheduler (or scheduler file)"
    )
    building.add_argument("--json", action="store_true", help="progress as one JSON object a line")
    rendering = argparse.ArgumentParser(add_help=False)
    rendering.add_argument(
        "--engine", choices=ENGINES, default="auto", help="auto takes Quarto if it is there"
    )
    rendering.add_argument(
        "--no-factsheets",
        dest="factsheets",
        action="store_false",
        help="without the sheets of the provinces: quicker while writing",
    )

    command = commands.add_parser(
        "build", parents=[building, edition], help="run the notebooks whose inputs changed"
    )
    command.add_argument("--only", nargs="+", default=[], metavar="NAME", help="notebooks or single runs")
    command.add_argument(
        "--as-before", action="store_true", help="with the data folder of the last build, unless one is named"
    )
    command.add_argument("--explain", action="store_true", help="say what would be done, and why; do nothing")
    command.set_defaults(run=_build)
    command = commands.add_parser(
        "render", parents=[alone, rendering, edition], help="make the report from what was built"
    )
    command.set_defaults(run=_render)
    command = commands.add_parser("report", parents=[building, rendering, edition], help="build, then render")
    command.set_defaults(run=_report, only=[], explain=False)
    command = commands.add_parser(
        "rehearse",
        parents=[alone],
        help="the final edition on stand-ins for all files, and what is wrong with it",
    )
    command.add_argument("--jobs", type=_positive, metavar="N", help="runs at the same time; else one a core")
    command.add_argument("--engine", choices=ENGINES, default="auto", help="auto takes Quarto if it is there")
    command.add_argument("--seed", type=int, default=1, help="of the stand-ins")
    command.add_argument(
        "--size",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="of pupil files and outcomes; less is quicker",
    )
    command.set_defaults(run=_rehearse, json=False)
    command = commands.add_parser(
        "sources", parents=[data], help="which sources are present, absent, altered, stale"
    )
    command.set_defaults(run=_sources)
    command = commands.add_parser("fetch", parents=[data], help="fetch the open sources that are not there")
    command.add_argument("keys", nargs="*", metavar="SOURCE", help="keys of data/manifest.toml; else all")
    command.add_argument("--again", action="store_true", help="fetch what is there too")
    command.add_argument("--strict", action="store_true", help="end as failed when a file cannot be had")
    command.set_defaults(run=_fetch)
    command = commands.add_parser("plan", help="the analysis plan, and what differs from it")
    command.add_argument("--freeze", metavar="YYYY-MM-DD", help="freeze the design as it is, dated so")
    command.set_defaults(run=_plan)
    command = commands.add_parser(
        "check", parents=[data], help="look for microdata in what is committed and in what is published"
    )
    command.add_argument("--staged", action="store_true", help="only what the next commit adds or changes")
    command.add_argument("--strip", action="store_true", help="first take the outputs out of the notebooks")
    command.set_defaults(run=_check)
    command = commands.add_parser("variables", help="the numbers a sentence may name, and what they say")
    command.add_argument("words", nargs="*", metavar="WORD", help="only those that hold all of these")
    command.set_defaults(run=_variables)
    command = commands.add_parser(
        "diff", help="what changed between two reports: numbers, sentences, figures"
    )
    command.add_argument("old", type=Path, help="folder of a report, released results, or variables")
    command.add_argument("new", type=Path)
    command.add_argument("--json", action="store_true", help="as one JSON object")
    command.set_defaults(run=_diff)
    command = commands.add_parser("clean", help="remove what the build made; data/real is left alone")
    command.add_argument("--old", action="store_true", help="only runs that no longer belong to the plan")
    command.add_argument("--data", type=Path, metavar="DIR", help="with --old: as given to build")
    command.set_defaults(run=_clean)
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of one or more, got {text!r}")
    return number


def _workspace(options: argparse.Namespace) -> Workspace:
    """The workspace, with absolute paths: workers and kernels stand in other folders."""
    current = Workspace.current()
    chosen = getattr(options, "data", None)
    if chosen is None and getattr(options, "as_before", False) and DATA_VARIABLE not in os.environ:
        from analysis.build.build import last_data

        chosen = last_data(current)
    if chosen is not None and not chosen.is_dir():
        raise NotADirectoryError(f"--data {chosen}: there is no such folder")
    return Workspace(current.root.resolve(), (chosen or current.data).resolve())


def _build(options: argparse.Namespace) -> None:
    from analysis.build.build import explanation
    from analysis.build.form import out_of_form
    from analysis.build.unused import unused_inputs

    workspace = _workspace(options)
    if options.explain:
        for line in explanation(workspace, options.only):
            print(line)
        for note in (*unused_inputs(workspace), *out_of_form(workspace)):
            print(f"note: {note}")
        return
    with _alone(options, workspace):
        problems = _make(options, workspace)
    _require_none(problems)


def _render(options: argparse.Namespace) -> None:
    workspace = _workspace(options)
    with _alone(options, workspace):
        _print(options, workspace)


def _report(options: argparse.Namespace) -> None:
    """Both under one lock: what is printed is what was released here."""
    workspace = _workspace(options)
    with _alone(options, workspace):
        problems = _make(options, workspace)
        with _also_told(problems):
            _print(options, workspace)
    _require_none(problems)


@contextmanager
def _also_told(problems: str) -> Iterator[None]:
    """What failed before is told with what stops the next step: it may be the reason."""
    from analysis.build.errors import BuildError

    try:
        yield
    except Exception as error:
        if problems:
            raise BuildError(f"{problems}\n\n{error}") from error
        raise


def _require_none(problems: str) -> None:
    """End as failed where a notebook did, after everything else was made."""
    if problems:
        from analysis.build.errors import BuildError

        raise BuildError(problems)


def _alone(options: argparse.Namespace, workspace: Workspace):
    """While it is held nobody else builds, releases or renders in this repository."""
    from analysis.build.lock import build_lock

    return build_lock(workspace.build, wait=not options.no_wait, say=_say(options))


def _say(options: argparse.Namespace):
    return (lambda line: print(line, file=sys.stderr)) if getattr(options, "json", False) else print


def _make(options: argparse.Namespace, workspace: Workspace) -> str:
    """Build and release; what failed, for whoever mends it."""
    from analysis.build.form import out_of_form
    from analysis.build.progress import choose
    from analysis.build.unused import unused_inputs
    from analysis.report import build_and_release

    progress, say = choose(options.json), _say(options)
    jobs, executor = options.jobs, None
    if options.scheduler:
        from analysis.build.cluster import AHEAD, on_cluster

        jobs, executor = jobs or AHEAD, on_cluster(options.scheduler, workspace, say)
    made = build_and_release(
        workspace,
        progress,
        jobs=jobs,
        executor=executor,
        only=options.only,
        kernels=options.kernels,
        edition="mock" if options.edition == "mock" else "standard",
    )
    built, released = made.built, made.released
    say(f"{len(built.outcomes)} run, {built.unchanged} unchanged, {built.seconds:.1f} s")
    for note in (*unused_inputs(workspace), *out_of_form(workspace)):
        say(f"note: {note}")
    if released is None:
        say("Nothing was released: other notebooks are still to be run. Build without --only.")
        return made.problems
    for note in (*released.notes, *_unread(workspace)):
        say(f"note: {note}")
    say(f"{released.rows} results ({released.suppressed} withheld) and {released.exhibits} exhibits released")
    for line in made.changes:
        say(line)
    if options.edition not in ("mock", "standard"):
        from analysis.render import require_edition

        with _also_told(made.problems):
            require_edition(options.edition, workspace)
    return made.problems


def _unread(workspace: Workspace) -> Iterator[str]:
    """Files in the data folder that nothing will ever read, because their name fits no source."""
    from analysis.manifest import read_manifest, unrecognised_files

    for path in unrecognised_files(read_manifest(workspace).values(), workspace.data):
        yield f"{path.name} is not recognised; `python -m analysis sources` says which names are"


def _print(options: argparse.Namespace, workspace: Workspace) -> None:
    from analysis.render import render
    from analysis.render.unused import unused_texts

    folder = render(workspace, engine=options.engine, edition=options.edition, factsheets=options.factsheets)
    say = _say(options)
    for note in unused_texts(workspace):
        say(f"note: {note}")
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(path)


def _rehearse(options: argparse.Namespace) -> None:
    from analysis.build.progress import choose
    from analysis.rehearsal.rehearse import rehearse

    workspace = _workspace(options)
    with _alone(options, workspace):
        held = rehearse(
            workspace,
            choose(False),
            engine=options.engine,
            seed=options.seed,
            size=options.size,
            jobs=options.jobs,
        )
    print(f"the rehearsal stands in {held.report}")
    if held.problems:
        raise ValueError("\n".join([f"{len(held.problems)} things are wrong with it:", *held.problems]))


def _sources(options: argparse.Namespace) -> None:
    from datetime import date

    from analysis.design.notebooks import read_notebooks
    from analysis.manifest import find_sources, unrecognised_files

    workspace = _workspace(options)
    users: dict[str, list[str]] = {}
    for entry in read_notebooks(workspace):
        for key in entry.all_sources:
            users.setdefault(key, []).append(entry.name)
    print(f"files are looked for in {workspace.data}")
    everything = find_sources(workspace, today=date.today())
    for found in everything:
        source = found.source
        print(f"{source.key}: {found.presence}")
        print(f"  {source.title} ({source.publisher}; {source.access}; {source.licence})")
        if source.has_files:
            names = [
                path.name
                + (f" (fetched {found.accessed[path.name]})" if path.name in found.accessed else "")
                + (" (altered)" if path in found.altered else "")
                for path in found.files
            ]
            print(f"  expected {', '.join(source.files)}; found {', '.join(names) or 'nothing'}")
            print(f"  may be seen by: {source.may_see}")
            print(f"  read by {', '.join(users.get(source.key, ['no chapter: no result rests on it']))}")
    others = unrecognised_files((found.source for found in everything), workspace.data)
    if others:
        print(f"not recognised: {', '.join(path.name for path in others)}")


def _fetch(options: argparse.Namespace) -> None:
    from analysis.sources.fetch import fetch, incomplete

    workspace = _workspace(options)
    results = []
    for result in fetch(workspace, options.keys, again=options.again, show=sys.stderr.isatty()):
        results.append(result)
        print(result, flush=True)
    missing = len(incomplete(results))
    print(f"{len(results) - missing} of {len(results)} files are there, in {workspace.data}")
    if missing and options.strict:
        raise OSError(f"{missing} files could not be had")
    if missing:
        print("The build goes on with what it has.")


def _plan(options: argparse.Namespace) -> None:
    from analysis.design.plan import (
        design_content,
        deviation_reasons,
        deviations,
        require_reasons_match,
    )
    from analysis.release.freeze import freeze, write_document

    workspace = _workspace(options)
    plan = freeze(workspace, options.freeze) if options.freeze else write_document(workspace)
    print(f"plan of {plan.frozen}, checksum {plan.checksum}")
    found = deviations(plan, design_content(workspace))
    for item in found:
        print(f"{item.place} {item.key}: {item.before!r} -> {item.now!r}")
    print(f"{len(found)} deviations")
    require_reasons_match(deviation_reasons(workspace), found)


def _check(options: argparse.Namespace) -> None:
    from analysis.privacy.check import check

    workspace = _workspace(options)
    if options.strip:
        from analysis.privacy.strip import strip_outputs

        for path in sorted(workspace.notebooks.glob("*.ipynb")):
            if strip_outputs(path):
                print(f"stripped {path.relative_to(workspace.root)}")
    findings, notes, count = check(workspace, staged=options.staged)
    for note in notes:
        print(f"note: {note}")
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        raise ValueError(
            f"{len(findings)} findings in {count} files: this must not be committed or published. Take a "
            "file out of the commit with: git restore --staged FILE"
        )
    print(f"{count} files looked at: no microdata found")


def _variables(options: argparse.Namespace) -> None:
    from analysis.render.entries import names
    from analysis.render.project import read_variables

    said = names(read_variables(_workspace(options).root))
    if not said:
        raise ValueError("there are no variables yet: make them with python -m analysis build")
    wanted = [word.casefold() for word in options.words]
    found = {
        name: text
        for name, text in said.items()
        if all(word in f"{name} {text}".casefold() for word in wanted)
    }
    for name, text in found.items():
        print(f"{{{{< var {name} >}}}}  {text}")
    if not found:
        raise ValueError(f"no variable holds {', '.join(options.words)}; without a word all are listed")


def _diff(options: argparse.Namespace) -> None:
    import json
    from dataclasses import asdict

    from analysis.release.diff import compare, in_words
    from analysis.release.edition import read_edition

    found = compare(read_edition(options.old), read_edition(options.new))
    if options.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=1, sort_keys=True))
        return
    for line in in_words(found):
        print(line)


def _clean(options: argparse.Namespace) -> None:
    from analysis.build.lock import LOCK, build_lock

    workspace = _workspace(options)
    if not (workspace.root / "_quarto.yml").is_file():
        raise FileNotFoundError(f"{find_root()} is no repository of this analysis; nothing was removed")
    with build_lock(workspace.build, wait=False):
        if options.old:
            from analysis.build.plan import make_plan

            plan = make_plan(workspace)
            keep: dict[str, set[str]] = {}
            for run in plan.runs.values():
                keep.setdefault(run.entry.name, set()).add(run.key)
            print(f"{plan.store.prune(keep)} old runs removed")
            return
        for path in workspace.build.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink(missing_ok=True)
    for path in (workspace.reports / "_generated", workspace.root / "data" / "synthetic"):
        shutil.rmtree(path, ignore_errors=True)
    (workspace.root / "_variables.yml").unlink(missing_ok=True)
    from analysis.render.swap import sweep

    sweep(workspace.root / "_report")  # what a killed render left beside it
    shutil.rmtree(workspace.root / "_report", ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
