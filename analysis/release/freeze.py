"""Freezing the analysis plan, and handing it to the report.

``plan.lock`` and ``reports/analyseplan.qmd`` change only when the plan is frozen. What differs from the plan
at a build stands in ``reports/_generated/afwijkingen.qmd``; why it was frozen anew, in ``herzieningen.qmd``.
"""

from __future__ import annotations

from pathlib import Path

from analysis.design.plan import (
    LOCK,
    FrozenPlan,
    design_content,
    deviation_reasons,
    deviations,
    earlier_lock,
    frozen_plan,
    lock_text,
    require_reasons_match,
)
from analysis.design.revisions import revised
from analysis.release.shown import FOLDER, Shown
from analysis.workspace import Workspace

DOCUMENT = "analyseplan.qmd"
PLAN = f"{FOLDER}/analyseplan.qmd"
REVISIONS = f"{FOLDER}/herzieningen.qmd"
DEVIATIONS = f"{FOLDER}/afwijkingen.qmd"
_FRONT = """---
title: "Analyseplan"
subtitle: "Impactanalyse programma sterke democratische gemeenschap"
datum: "{date}"
lang: nl
format:
  html:
    output-file: analyseplan.html
  typst:
    output-file: analyseplan.pdf
---

# Wat dit is {{#sec-plan}}

{line}

Dit stuk is gemaakt uit `data/design`. Wat daarna verandert, staat in de verantwoording, bij de afwijkingen.

# Herzieningen {{#sec-plan-herzieningen}}

{revisions}
"""


def freeze(workspace: Workspace, day: str) -> FrozenPlan:
    """Freeze the design as it is now, dated `day` (YYYY-MM-DD), and write the plan as a document.

    A plan of an earlier day stays beside it, and ``revisions.toml`` must say why it was replaced.

    Raises
    ------
    ValueError
        If `day` is none or lies before the plan that is frozen, or a difference between the two plans has
        no reason; the plan is then as it was.
    """
    text = lock_text(day, design_content(workspace))
    lock, before = workspace.design / LOCK, frozen_plan(workspace)
    if before is not None and day < before.frozen:
        raise ValueError(f"the plan of {before.frozen} cannot be frozen anew on {day}, an earlier day")
    standing = None if before is None else lock.read_text(encoding="utf-8")
    kept = None
    if before is not None and day != before.frozen:
        path = workspace.design / earlier_lock(before.frozen)
        kept = None if path.exists() else path  # what this call made, it takes back
        _write(path, standing)
    _write(lock, text)
    try:
        return write_document(workspace)
    except ValueError:
        if standing is not None:
            _write(lock, standing)
        if kept is not None:
            kept.unlink()
        raise


def write_document(workspace: Workspace) -> FrozenPlan:
    """Write ``reports/analyseplan.qmd`` from the frozen plan.

    Raises
    ------
    FileNotFoundError
        If no plan was frozen.
    ValueError
        If ``revisions.toml`` does not say why an earlier plan was replaced.
    """
    plan = frozen_plan(workspace)
    if plan is None:
        raise FileNotFoundError(
            f"{workspace.design / LOCK} is absent: freeze with `python -m analysis plan --freeze YYYY-MM-DD`"
        )
    _write(workspace.reports / DOCUMENT, document_text(workspace, plan))
    return plan


def document_text(workspace: Workspace, plan: FrozenPlan) -> str:
    """The plan as a document of its own."""
    from analysis.release.deviations_text import plan_line
    from analysis.release.plan_text import plan_markdown
    from analysis.release.plan_words import dutch_date
    from analysis.release.revisions_text import revisions_markdown
    from analysis.sources.geography import province_names

    front = _FRONT.format(
        date=dutch_date(plan.frozen), line=plan_line(plan), revisions=revisions_markdown(revised(workspace))
    )
    return front + plan_markdown(plan, province_names(workspace), level=1)


def write_plan(workspace: Workspace, shown: Shown) -> None:
    """Write the plan, its revisions and the deviations from it, as far as the report includes them.

    Raises
    ------
    ValueError
        If a revision or a reason for a deviation does not fit what differs.
    """
    from analysis.release.deviations_text import deviations_markdown
    from analysis.release.plan_text import plan_markdown
    from analysis.release.revisions_text import revisions_markdown
    from analysis.sources.geography import province_names

    wanted = {PLAN, REVISIONS, DEVIATIONS} & set(shown.fragments)
    if not wanted:
        return
    plan = frozen_plan(workspace)
    if REVISIONS in wanted:
        _write(workspace.reports / REVISIONS, revisions_markdown(revised(workspace)))
    if DEVIATIONS in wanted:
        found = deviations(plan, design_content(workspace)) if plan else []
        reasons = deviation_reasons(workspace)
        require_reasons_match(reasons, found)
        _write(workspace.reports / DEVIATIONS, deviations_markdown(plan, found, reasons))
    if PLAN in wanted:
        text = plan_markdown(plan, province_names(workspace), level=2) if plan else ""
        _write(workspace.reports / PLAN, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
