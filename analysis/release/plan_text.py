"""The analysis plan in Dutch, as Markdown, from the content of the design files.

A file that the plan does not hold is left out, so that a plan frozen long ago can still be read. A key that a
table does not hold is a mistake, here as in the study, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.design.plan import PARAMETERS, FrozenPlan
from analysis.release import plan_methods, plan_questions, plan_rules
from analysis.release.plan_table import named

_SECTIONS = (
    ("Vragen", "vragen", plan_questions.questions),
    ("Waar en wanneer het programma kwam", "programmas", plan_questions.exposures),
    ("Uitkomsten", "uitkomsten", plan_questions.outcomes),
    ("Hoe wordt geschat", "schatters", plan_methods.estimators),
    ("Controles en onderscheidend vermogen", "controles", plan_methods.checks),
    ("Proef op tweelingen", "tweelingen", plan_methods.twins),
    ("Van uitkomst naar zin", "regels", plan_rules.conclusions),
    ("Wat niet wordt getoond", "onthulling", plan_rules.disclosure),
    ("Notebooks en hun parameters", "notebooks", plan_rules.notebooks),
    ("Beginwaarden van het toeval", "toeval", plan_rules.seeds),
    ("Bestanden", "bestanden", plan_rules.files),
)


def plan_markdown(plan: FrozenPlan, provinces: Mapping[str, str], *, level: int = 2) -> str:
    """The plan as sections that begin with headings of `level`.

    Parameters
    ----------
    provinces : mapping of str to str
        Names of provinces by code.

    Raises
    ------
    ValueError
        If a table of the plan lacks a key; names file, table and key.
    """
    content = {
        name: named(tables, "notebooks" if name == PARAMETERS else f"data/design/{name}.toml")
        for name, tables in plan.content.items()
    }
    parts = []
    for title, label, build in _SECTIONS:
        blocks = [block for block in build(content, provinces) if block]
        if blocks:
            parts.append(f"{'#' * level} {title} {{#sec-plan-{label}}}\n\n" + "\n\n".join(blocks))
    return "\n\n".join(parts) + "\n"
