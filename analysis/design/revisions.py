"""Agreed revisions of the plan: which plan came before, and why each difference from it was made.

A plan that is frozen anew shows no deviations from itself. So the plan before stays in the repository as
``data/design/plan-<day>.lock``, and ``data/design/revisions.toml`` gives a reason for every difference from
it. A difference without a reason is an error, and so is a reason without a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.design.plan import (
    REVISIONS,
    Deviation,
    FrozenPlan,
    deviations,
    earlier_lock,
    frozen_plan,
    read_lock,
)
from analysis.design.read import read_design, record, records, require_table
from analysis.design.types import described
from analysis.workspace import Workspace

_PLACE = f"data/design/{REVISIONS}.toml"
_DAYS = {"from": "earlier", "to": "later"}  # `from` cannot be the name of a field


@dataclass(frozen=True)
class Change:
    """One change and its reason.

    Attributes
    ----------
    title, reason : str
        Dutch, as printed.
    seen : str
        Dutch: what had been seen, before the choice was made, of the data that it bears on; "" where nobody
        had seen any.
    covers : tuple of str
        Which differences: a design file, or a file and a key, as in ``robustness curve.weights``; a key holds
        all under it. Several changes may cover the same.
    elsewhere : tuple of str
        Files of the repository that hold the choice, where no design file does.
    """

    title: str
    reason: str
    seen: str
    covers: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("title", "reason"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} is empty")
        if not (self.covers or self.elsewhere):
            raise ValueError("covers or elsewhere must name what was changed")

    def covering(self, item: Deviation) -> list[str]:
        """Those of `covers` that hold `item`."""
        return [text for text in self.covers if item.under(*_split(text))]


@dataclass(frozen=True)
class Revision:
    """From the plan of one day to that of another; `checksum` is that of the plan before."""

    earlier: str
    later: str
    checksum: str
    changes: tuple[Change, ...]

    def __post_init__(self) -> None:
        if not self.earlier < self.later:
            raise ValueError(f"from {self.earlier} to {self.later}: expected a day and a later one")


@dataclass(frozen=True)
class Revised:
    """A revision, with the differences that each of its changes covers."""

    revision: Revision
    differences: tuple[tuple[Change, tuple[Deviation, ...]], ...]


def read_revisions(workspace: Workspace) -> tuple[Revision, ...]:
    """The entries of ``revisions.toml`` in their order; none where the file is absent.

    Raises
    ------
    ValueError
        If an entry is malformed; the message names it.
    """
    if not (workspace.design / f"{REVISIONS}.toml").is_file():
        return ()
    content = read_design(REVISIONS, workspace)
    unknown = sorted(set(content) - {"revision"})
    if unknown:
        raise ValueError(f"{_PLACE}: unknown table {', '.join(unknown)}; expected [[revision]]")
    tables = content.get("revision", [])
    if not isinstance(tables, list):
        raise ValueError(f"{_PLACE}: expected tables, each under [[revision]], found {described(tables)}")
    return tuple(
        _revision(table, f"{_PLACE}, revision {number}") for number, table in enumerate(tables, start=1)
    )


def revised(workspace: Workspace) -> tuple[Revised, ...]:
    """Every revision, held against the plans themselves.

    Raises
    ------
    ValueError
        If a plan before is absent, is not the one of the checksum, or is kept and named by no revision; the
        last revision does not lead to the plan that is frozen; a difference has no reason; or a reason
        covers nothing.
    """
    found = read_revisions(workspace)
    kept = sorted(path.name for path in workspace.design.glob(earlier_lock("*")))
    unnamed = sorted(set(kept) - {earlier_lock(revision.earlier) for revision in found})
    if unnamed:
        raise ValueError(
            f"data/design/{unnamed[0]}: this plan was replaced and {_PLACE} does not say why; add a "
            f"[[revision]] with checksum = {read_lock(workspace.design / unnamed[0]).checksum!r}"
        )
    if not found:
        return ()
    plans = [_before(revision, workspace) for revision in found]
    current = frozen_plan(workspace)
    if current is None:
        raise ValueError(f"{_PLACE}: there are revisions and no frozen plan")
    result = []
    for revision, before, after in zip(found, plans, [*plans[1:], current], strict=True):
        if revision.later != after.frozen:
            raise ValueError(
                f"{_PLACE}: the revision of {revision.earlier} leads to {revision.later}, the next plan is "
                f"of {after.frozen}; freeze with `python -m analysis plan --freeze {revision.later}`"
            )
        result.append(Revised(revision, _matched(revision, deviations(before, after.content), workspace)))
    return tuple(result)


def _revision(table: Any, place: str) -> Revision:
    written = dict(require_table(table, place))
    changes = records(Change, written.pop("change", []), f"{place}, change")
    absent = [name for name in _DAYS if name not in written]
    if absent:
        raise ValueError(f"{place}: {', '.join(absent)} is absent")
    content: Mapping[str, Any] = {_DAYS.get(key, key): value for key, value in written.items()}
    return record(Revision, {**content, "changes": changes}, place)


def _before(revision: Revision, workspace: Workspace) -> FrozenPlan:
    path = workspace.design / earlier_lock(revision.earlier)
    if not path.is_file():
        raise ValueError(f"{_PLACE}: {path.name}, the plan before, is absent; restore it from the history")
    plan = read_lock(path)
    if (plan.frozen, plan.checksum) != (revision.earlier, revision.checksum):
        raise ValueError(
            f"{_PLACE}: the plan of {revision.earlier} has checksum {revision.checksum}; {path.name} holds "
            f"that of {plan.frozen}, {plan.checksum}"
        )
    return plan


def _matched(
    revision: Revision, found: list[Deviation], workspace: Workspace
) -> tuple[tuple[Change, tuple[Deviation, ...]], ...]:
    place = f"{_PLACE}, revision of {revision.earlier}"
    bare = [item for item in found if not any(change.covering(item) for change in revision.changes)]
    if bare:
        listed = "; ".join(f"{item.file} {item.key}".strip() for item in bare)
        raise ValueError(f"{place}: no change gives a reason for {listed}")
    for change in revision.changes:
        used = {text for item in found for text in change.covering(item)}
        idle = [text for text in change.covers if text not in used]
        if idle:
            raise ValueError(f"{place}, change {change.title!r}: nothing differs under {', '.join(idle)}")
        gone = [name for name in change.elsewhere if not (workspace.root / name).is_file()]
        if gone:
            raise ValueError(f"{place}, change {change.title!r}: {', '.join(gone)} is no file")
    return tuple(
        (change, tuple(item for item in found if change.covering(item))) for change in revision.changes
    )


def _split(text: str) -> tuple[str, str]:
    """File and key of one of `covers`."""
    file, _, key = text.partition(" ")
    return file, key
