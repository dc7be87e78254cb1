"""Freezing the analysis plan, and handing it to the report.

``plan.lock`` and ``reports/analyseplan.qmd`` change only when the plan is frozen. What differs from the plan
at a build stands in ``reports/_generated/afwijkingen.qmd``.
"""

from __future__ import annotations

from pathlib import Path

from analysis.design.plan import (
    LOCK,
    FrozenPlan,
    design_content,
    deviation_reasons,
    deviations,
    frozen_plan,
    lock_text,
)
from analysis.release.shown import FOLDER, Shown
from analysis.workspace import Workspace

DOCUMENT = "analyseplan.qmd"
PLAN = f"{FOLDER}/analyseplan.qmd"
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

{line} Dit stuk is gemaakt uit `data/design`. Het zegt wat vooraf is gekozen. Wat daarna veranderde, staat
in het rapport, bij de afwijkingen.

"""


def freeze(workspace: Workspace, day: str) -> FrozenPlan:
    """Freeze the design as it is now, dated `day` (YYYY-MM-DD), and write the plan as a document."""
    text = lock_text(day, design_content(workspace))
    _write(workspace.design / LOCK, text)
    return write_document(workspace)


def write_document(workspace: Workspace) -> FrozenPlan:
    """Write ``reports/analyseplan.qmd`` from the frozen plan.

    Raises
    ------
    FileNotFoundError
        If no plan was frozen.
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
    from analysis.sources.geography import province_names

    front = _FRONT.format(date=dutch_date(plan.frozen), line=plan_line(plan))
    return front + plan_markdown(plan, province_names(workspace), level=1)


def write_plan(workspace: Workspace, shown: Shown) -> None:
    """Write the plan and the deviations from it, as far as the report includes them."""
    from analysis.release.deviations_text import deviations_markdown
    from analysis.release.plan_text import plan_markdown
    from analysis.sources.geography import province_names

    wanted = {PLAN, DEVIATIONS} & set(shown.fragments)
    if not wanted:
        return
    plan = frozen_plan(workspace)
    if DEVIATIONS in wanted:
        found = deviations(plan, design_content(workspace)) if plan else []
        text = deviations_markdown(plan, found, deviation_reasons(workspace))
        _write(workspace.reports / DEVIATIONS, text)
    if PLAN in wanted:
        text = plan_markdown(plan, province_names(workspace), level=2) if plan else ""
        _write(workspace.reports / PLAN, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
