"""What a file holds, whatever its name says: a data file, a table of persons, a notebook with outputs?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatch

from analysis.design.privacy import PrivacyRule
from analysis.privacy.finding import Finding
from analysis.privacy.microdata import Matcher
from analysis.privacy.pdf import read_pdf
from analysis.privacy.persons import judge_table, judge_text
from analysis.privacy.reading import Reading, across, read
from analysis.privacy.strip import half_merged
from analysis.privacy.unfold import Leaf, unfold

_LONG_BY_NATURE = (".lock", ".py", ".bib", ".svg", ".html")


def inspect(
    path: str,
    content: bytes,
    rule: PrivacyRule,
    matcher: Matcher | None = None,
    *,
    published: bool = False,
) -> list[Finding]:
    """What is wrong with committing or publishing `content` as `path`; empty if nothing is.

    With `matcher` its lines are handed to that, which compares them with the microdata. What is `published`
    may hold long tables; a notebook that ran may hold outputs.
    """
    findings = []
    if matcher is not None:
        matcher.add(path, [(None, path)], "its name")
    for leaf in unfold(content):
        where = f"{leaf.inside}: " if leaf.inside else ""
        for line, said in _judged(path, leaf, rule, matcher, published):
            findings.append(Finding(path, where + said, None if leaf.inside else line))
    return findings


def _judged(
    path: str, leaf: Leaf, rule: PrivacyRule, matcher: Matcher | None, published: bool
) -> Iterator[tuple[int | None, str]]:
    if leaf.said:
        yield None, leaf.said
        return
    if leaf.pdf is not None:
        yield from _pdf(path, leaf.pdf, rule, matcher)
        return
    text = leaf.text or ""
    if path.endswith(".ipynb") and not leaf.inside:
        said = _notebook(text, published)
        if said:
            yield None, said
    name = "" if leaf.inside else path
    reading = read(name, text)
    if matcher is not None:
        lines = [*reading.lines, *((None, line) for line in across(reading.tables))]
        matcher.add(path, lines, leaf.inside, reading.tables, reading.drawn)
    found = _first(reading, rule, published)
    if not found and not published and not name.endswith(_LONG_BY_NATURE):
        found = _long(path, reading, rule)
    if found:
        yield found


def _pdf(
    path: str, content: bytes, rule: PrivacyRule, matcher: Matcher | None
) -> Iterator[tuple[int | None, str]]:
    try:
        text, attached = read_pdf(content)
    except (ModuleNotFoundError, ValueError) as error:
        yield None, str(error)
        return
    yield from _judged(path, Leaf("PDF", text=text), rule, matcher, True)
    for name, inner in attached:
        for finding in inspect(path, inner, rule, matcher, published=True):
            yield None, f"attached {name}: {finding.said}"


def _first(reading: Reading, rule: PrivacyRule, published: bool) -> tuple[int | None, str] | None:
    for table in reading.tables:
        if said := judge_table(table, rule, published=published):
            return table.line, f"an HTML table: {said}" if table.form == "HTML" else said
    said = judge_text(reading, rule)
    return (None, said) if said else None


def _long(path: str, reading: Reading, rule: PrivacyRule) -> tuple[int | None, str] | None:
    if any(fnmatch(path, allowed.pattern) for allowed in rule.allow):
        return None
    for table in reading.tables:
        if len(table.rows) >= rule.table_rows:
            return table.line, (
                f"a table of {len(table.rows)} rows; is it microdata? If not, say why under [[allow]] in "
                "data/design/privacy.toml"
            )
    return None


def _notebook(text: str, ran: bool) -> str:
    if half_merged(text):
        return "both versions of a merge stand in this notebook (<<<<<<<): choose, then git add again"
    try:
        cells = json.loads(text)["cells"]
        kept = [
            number
            for number, cell in enumerate(cells, start=1)
            if cell.get("cell_type") == "code" and (cell.get("outputs") or cell.get("execution_count"))
        ]
    except (ValueError, AttributeError, TypeError, KeyError):
        return "this is no readable notebook"
    if not kept or ran:
        return ""
    shown = ", ".join(map(str, kept[:5])) + (" …" if len(kept) > 5 else "")
    return f"cell {shown} holds outputs; strip them: python -m analysis check --strip, and git add again"
