"""What the runs published, brought together and passed through disclosure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.build.errors import BuildError
from analysis.build.plan import Plan
from analysis.design.disclosure import disclosure_rule
from analysis.manifest import Source, named_sources
from analysis.results import (
    ROWS_FILE,
    SERIES_FOLDER,
    Released,
    Result,
    Series,
    read_rows,
    read_series,
    stamped,
)
from analysis.results.disclosure import disclose, summary

_NAMED = 3  # rows named for each unknown source


@dataclass(frozen=True)
class Gathered:
    """What may be shown of all runs.

    Attributes
    ----------
    released : Released
        With rows on what was withheld.
    suppressed : int
        Rows and points withheld.
    """

    released: Released
    suppressed: int


def gather(plan: Plan) -> Gathered:
    """Stamped rows and series of all runs that are there, as disclosure lets them through.

    Raises
    ------
    BuildError
        If two runs publish the same id.
    """
    rows: list[Result] = []
    series: list[Series] = []
    publisher: dict[str, str] = {}
    for run in plan.runs.values():
        if run.published is None:
            continue
        folder = run.published.folder
        found = read_rows(folder / ROWS_FILE) if ROWS_FILE in run.published.outputs else []
        points = read_series(folder / SERIES_FOLDER)
        for item in (*found, *points):
            if item.id in publisher:
                raise BuildError(
                    f"{item.id} is published by {publisher[item.id]} and by {run.label}: give each its own "
                    "id. In a sweep, make the swept parameter part of the id."
                )
            publisher[item.id] = run.label
        rows += stamped(found, run.stamp())
        series += stamped(points, run.stamp())
    rule = disclosure_rule(plan.workspace)
    disclosed = disclose(rows, rule, series)
    everything = sorted([*disclosed.rows, *summary(disclosed, rule)], key=lambda row: row.id)
    ordered = sorted(disclosed.series, key=lambda item: item.id)
    return Gathered(Released(tuple(everything), tuple(ordered)), len(disclosed.suppressed) + disclosed.points)


def require_known(named: Iterable[tuple[str, str]], manifest: dict[str, Source]) -> None:
    """Raise BuildError if something names a source of which nothing is known: it proves nothing.

    Parameters
    ----------
    named : iterable of (name, sources)
        As read in the message, and keys separated by "; ".
    """
    unknown: dict[str, list[str]] = {}
    for name, keys in named:
        for key in named_sources(keys, manifest)[1]:
            unknown.setdefault(key, []).append(name)
    if not unknown:
        return
    lines = [
        f"  {key}: named by {', '.join(names[:_NAMED])}"
        + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        for key, names in sorted(unknown.items())
    ]
    raise BuildError(
        "\n".join(
            [
                "nothing was released: these sources are neither in data/manifest.toml nor in data/facts",
                *lines,
                "Correct `source` where the row is made, or add the source to data/manifest.toml.",
            ]
        )
    )
