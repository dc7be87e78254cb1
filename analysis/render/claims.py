"""A directional word in prose is bound to a result, and the result is asked at every rendering.

Sentences about results come from the declared rules (:mod:`analysis.conclusions`). What a section says beside
them, "minder kennis dan jongeren in Denemarken", is listed in ``data/design/claims.toml`` with the results
and the condition under which it holds; or, where it claims nothing, with the reason. Questions claim
nothing. A claim never rests on synthetic rows: such a sentence must change when real data come, so it
belongs to the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from analysis.datakind import DataKind
from analysis.design.prose import CLAIMS, CONDITIONS, Claim, Exempt, directions
from analysis.render.entries import block, idle, reworded
from analysis.render.project import Project, RenderError
from analysis.render.rules_numbers import own_words, sentence_span, spans
from analysis.render.source import Line
from analysis.render.text import Text
from analysis.results import Result
from analysis.workspace import Workspace

_DUTCH = (
    r"(?:hoger|lager|groter|kleiner|sterker|zwakker|beter|slechter)e?",
    r"(?:ge)?(?:stijg|steeg|steg|daal|dal)(?:t|en|de|den|ing|ingen)?|gestegen|gedaald",
    r"(?:toe|af)(?:name|namen|neemt|nemen|nam|genomen)",
    r"(?:neemt|nemen|nam|namen)\b[^.?!\n]{1,60}\b(?:toe|af)",
    r"(?:ver(?:beter|slechter|groot|klein|hoog|laag))(?:t|d|de|en|ing|ingen)",
    r"geen\s+(?:\w+\s+)?(?:verschil|effect|verband|samenhang|verandering)\w*",
    r"minder|vaker",
    r"meer(?=[^.;:?!]{1,90}\bdan\b)",
)
_ENGLISH = (
    r"higher|lower|larger|smaller|greater|fewer|less|stronger|weaker|better|worse",
    r"(?:in|de)creas(?:e|es|ed|ing)|rises?|rose|risen|falls|fell|fallen|improv\w+|worsen\w*",
    r"no\s+(?:\w+\s+)?(?:difference|effect|change)s?",
    r"more(?=[^.;:?!]{1,90}\bthan\b)",
)
_VARIABLE = re.compile(r"\{\{<\s*var\s+(\S+)\s*>\}\}")
_BRACES = re.compile(r"[\s{}]*[{}][\s{}]*")  # where a variable stood
DIRECTIONAL = re.compile(rf"\b(?:{'|'.join((*_DUTCH, *_ENGLISH))})\b", re.IGNORECASE)


def check_claims(
    lines: list[Line], project: Project, rows: Sequence[Result], *, incomplete: bool = False
) -> None:
    """Raise RenderError if a directional word is not bound, or what it is bound to no longer holds.

    Parameters
    ----------
    lines : list of Line
        The report with includes expanded.
    rows : sequence of Result
        Released rows.
    incomplete : bool
        A notebook failed: a claim of which a result is lacking is not held against the sentence.
    """
    declared = directions(Workspace(project.root, project.root))
    if declared is None:
        return
    text = Text(lines, project.root)
    words = own_words(text)
    by_id = {row.id: row for row in rows}
    covered = [span for item in declared.exempt for span in spans(words, item.text)]
    problems: list[str] = []
    for claim in declared.claims:
        places = list(spans(words, claim.text))
        covered += places
        if incomplete and not set(claim.results) <= set(by_id):
            continue
        for start, _ in places:
            problems += [f"{text.place(start)}: {problem}" for problem in failures(claim, by_id)]
    entries = (*declared.claims, *declared.exempt)
    for match in DIRECTIONAL.finditer(words):
        if any(start <= match.start() and match.end() <= end for start, end in covered):
            continue
        span = sentence_span(words, match.start())
        sentence = " ".join(words[slice(*span)].split())
        if not sentence.endswith("?"):
            read = _BRACES.sub(" … ", sentence)
            problems.append(
                f"{text.place(match.start())}: {match[0]!r} is bound to no result, in {read!r}. "
                + _advice(match[0], sentence, text.prose[slice(*span)], entries, by_id, project.root)
            )
    if problems:
        raise RenderError("Sentences that results do not hold up:\n" + "\n".join(problems))


def _advice(
    word: str,
    sentence: str,
    written: str,
    entries: Sequence[Claim | Exempt],
    rows: Mapping[str, Result],
    root: Path,
) -> str:
    """What to do about a directional `word` in a sentence: as read, and as `written` with its variables."""
    inside = [entry for entry in entries if any(spans(sentence, entry.text))]
    if inside:
        return (
            f"The entry {inside[0].text!r} of data/design/{CLAIMS}.toml lies in this sentence, but lacks the "
            f"word {word!r}: let its text hold that too"
        )
    old = reworded(sentence, idle(entries, root))
    if old is not None:
        return (
            f"The entry {old.text!r} of data/design/{CLAIMS}.toml fits nothing any more: was it of this "
            "sentence, put its text right"
        )
    named = [".".join(match[1].split(".")[:-1]) for match in _VARIABLE.finditer(written)]
    used = [rows[name] for name in dict.fromkeys(named) if name in rows]
    if any(row.kind is DataKind.SYNTHETIC for row in used):
        return _as_conclusion(used[0].id)
    piece = next(part for part in _BRACES.split(sentence) if word in part).rstrip(".")
    results = [row.id for row in used] or ["section.name"]
    fitting = [
        how for how in CONDITIONS if how != "first_larger" and used and all(holds(how, r) for r in used)
    ]
    return (
        "Leave it to a conclusion ({{< var conclusie.….value >}}), or list it in "
        f"data/design/{CLAIMS}.toml, bound to results by one of {', '.join(CONDITIONS)}"
        + block("claim", text=piece, results=results, condition=(fitting or CONDITIONS)[0])
        + "\n  or, where it claims nothing,"
        + block("exempt", text=piece, reason="…")
    )


def _as_conclusion(name: str) -> str:
    """What to write of a result that is synthetic now: the sentence must turn when real data come."""
    return (
        f"{name} is synthetic now, and cannot bear a sentence of its own. Let a rule write it: "
        f"{{{{< var conclusie.{name}.value >}}}}, with in data/design/conclusions.toml"
        + block("conclusion", id=name, rules="effect", result=name, subject="…", where="…", without="…")
    )


def failures(claim: Claim, rows: Mapping[str, Result]) -> Iterator[str]:
    """Why `claim` does not hold; nothing if it does."""
    absent = [name for name in claim.results if name not in rows]
    if absent:
        yield f"{claim.text!r} rests on {', '.join(absent)}, which was not released"
        return
    used = [rows[name] for name in claim.results]
    for row in used:
        if row.kind is DataKind.SYNTHETIC and not claim.method:
            yield (
                f"{claim.text!r} rests on {row.id}, which is synthetic now. Only the declared rules make "
                f"sentences of such a result: take the entry out of data/design/{CLAIMS}.toml. "
                + _as_conclusion(row.id)
            )
    if claim.condition == "first_larger":
        broken = [] if _first_larger(used) else used
    else:
        broken = [row for row in used if not holds(claim.condition, row)]
    if broken:
        found = ", ".join(f"{row.id} is {row.variables()['full']}" for row in broken)
        yield (
            f"{claim.text!r} no longer holds: {found}, and the sentence asks for {claim.condition!r}. "
            f"Rewrite the sentence and its entry in data/design/{CLAIMS}.toml"
        )


def holds(condition: str, row: Result) -> bool:
    """Whether a condition of :class:`analysis.design.prose.Claim` on one result holds for `row`."""
    if condition == "unknown":
        return row.value is None
    if row.value is None:
        return False
    if condition in ("positive", "negative"):
        return row.value > 0 if condition == "positive" else row.value < 0
    if row.low is None:
        return False
    if condition == "above":
        return row.low > 0
    if condition == "below":
        return row.high < 0
    return row.low <= 0 <= row.high


def _first_larger(rows: Sequence[Result]) -> bool:
    values = [row.value for row in rows]
    return None not in values and all(values[0] > value for value in values[1:])
