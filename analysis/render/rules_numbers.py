"""Rules for numbers in prose: each is a released result or a cited fact, or is listed as no finding.

Digits and number words from two on are looked for in what people write, not in generated fragments, code,
formulas, citations, shortcodes and attributes. "Een" is an article far more often than a number, and is left
alone. Years and Kamerstuk numbers are no findings; other exceptions stand with their reason in
``data/design/prose_numbers.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analysis.design.prose import NUMBERS, exempt_numbers
from analysis.release.shown import FOLDER
from analysis.render.entries import block, idle, names, reworded
from analysis.render.project import Project, read_variables
from analysis.render.text import Text, blank
from analysis.results import TRIAL
from analysis.workspace import Workspace

_UNITS = (
    "punt", "procent", "euro", "miljoen", "miljard", "jongere", "leerling", "gemeente", "school", "scholen",
    "provincie", "persoon", "personen", "inwoner", "keer", "maal", "points", "pupils", "students", "young",
)  # fmt: skip
_NO_FINDING = tuple(
    re.compile(pattern, re.MULTILINE | re.DOTALL)
    for pattern in (
        r"\{\{<.*?>\}\}",
        r"(?<!\\)\$\$.+?\$\$",
        r"(?<![\\$])\$(?=\S)[^$\n]*?(?<=\S)\$(?!\d)",
        r"\[[^\[\]]*@[A-Za-z_][^\[\]]*\]",
        r"@[A-Za-z_][\w:.#$%&+?<>~/-]*",
        r"\]\([^)\s]*\)",
        r"https?://\S+",
        r"\[\^[^\]]+\]:?",
        r"^[ \t]*\(?\d{1,3}[.)](?=\s)",
        r"\bKamerstuk(?:ken)?\s+(?:I{1,2}\s+)?\d{4}/\d{2},\s+\d{5}(?:-[IVXLC]+)?,\s+nr\.\s+\d+",
    )
)
_YEAR = re.compile(
    r"(?<![\w.,/-])(?:19|20)\d\d(?:/\d\d(?:\d\d)?)?(?![\w%]|[.,]\d)"
    rf"(?!\s+(?:{'|'.join(_UNITS)})\w*)(?!\s*%)"
)
_NUMBER = re.compile(r"[^\s()\[\]*\"]*\d[^\s()\[\]*\"]*")
_NUMBER_WORDS = (
    "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf", "dertien",
    "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien", "twintig", "dertig", "veertig",
    "vijftig", "zestig", "zeventig", "tachtig", "negentig", "honderd", "duizend", "miljoen", "miljard",
    "anderhalf", "anderhalve", "helft", "kwart", "tientallen", "honderden", "duizenden", "verdubbeld",
    "gehalveerd",
)  # fmt: skip
_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_END = re.compile(r"[.!?](?=[\"'”’)*_]*(?:\s|$))|\n[ \t]*\n")
_HEADING = re.compile(r"#{1,6}\s")
_VARIABLE = re.compile(r"\{\{<\s*var\s+\S+\.(?!unit\b|kind\b)\w+\s*>\}\}")
_IN_ATTRIBUTE = re.compile(rf'=\s*"[^"]*{_VARIABLE.pattern}')
_IN_LINK = re.compile(rf"\[[^\]]*{_VARIABLE.pattern}[^\]]*\]\(")


def numbers_have_a_source(text: Text, project: Project) -> Iterator[str]:
    exempt = exempt_numbers(Workspace(project.root, project.root))
    if exempt is None:
        return
    words = own_words(text)
    left = without(words, (item.text for item in exempt))
    found = sorted([*_NUMBER.finditer(_YEAR.sub(blank, left)), *_WORD.finditer(left)], key=re.Match.start)
    lost = idle(exempt, project.root) if found else []
    said = names(read_variables(project.root)) if found else {}
    for match in found:
        number = match[0].strip(".,;:")
        same = [name for name, value in said.items() if _could_be(name) and value == number]
        write = ", or ".join(f"{{{{< var {name} >}}}}" for name in same[:3] or ["section.name.value"])
        old = reworded(sentence_at(words, match.start()), lost)
        entry = (
            f"the entry {old.text!r} of data/design/{NUMBERS}.toml fits nothing any more: put its text right"
            if old
            else f"list it with the reason in data/design/{NUMBERS}.toml"
            + block("exempt", text=_around(words, match), reason="…")
        )
        yield (
            f"{text.place(match.start())}: {number!r} is neither a released result nor a "
            f"cited fact. Write {write}; if it is no finding, {entry}"
        )


def _could_be(name: str) -> bool:
    """Whether a typed number may be the variable `name`: a value, and none of a trial on a twin."""
    return name.endswith(".value") and not name.startswith(f"{TRIAL}.")


def sentence_at(words: str, position: int) -> str:
    """The sentence of `words` around `position`, with its mark at the end."""
    start, end = sentence_span(words, position)
    return " ".join(words[start:end].split())


def sentence_span(words: str, position: int) -> tuple[int, int]:
    """Where that sentence begins and ends."""
    start, end = 0, len(words)
    for match in _END.finditer(words):
        if match.end() <= position:
            start = match.end()
        else:
            end = match.end()
            break
    return start, end


def _around(words: str, match: re.Match) -> str:
    """The number of `match` with the words beside it: an entry for it alone would let it pass anywhere."""
    start, end = sentence_span(words, match.start())
    before, after = words[start : match.start()].split(), words[match.start() : end].split()
    return " ".join([*before[-2:], *after[:2]]).rstrip(".,;:")


def numbers_stand_in_running_text(text: Text, project: Project) -> Iterator[str]:
    """A number may be a link to its origin; in a heading, an attribute or a link it cannot be one."""
    for line in text.lines:
        if line.code:
            continue
        heading = _HEADING.match(line.text) and _VARIABLE.search(line.text)
        if heading or _IN_ATTRIBUTE.search(line.text) or _IN_LINK.search(line.text):
            yield (
                f"{line.place(text.root)}: a result in a heading, an attribute or the text of a link; "
                "name it in a sentence"
            )


def own_words(text: Text) -> str:
    """The prose that people wrote, without what is no sentence; every character at its place."""
    lines = text.outside.split("\n")
    kept = [
        " " * len(words) if line.path.parent.name == FOLDER else words
        for words, line in zip(lines, text.lines, strict=True)
    ]
    left = "\n".join(kept)
    for pattern in _NO_FINDING:
        left = pattern.sub(blank, left)
    return left


def spans(text: str, phrase: str) -> Iterator[tuple[int, int]]:
    """Where `phrase` stands in `text`; a line break counts as a blank."""
    pattern = r"\s+".join(map(re.escape, phrase.split()))
    for match in re.finditer(pattern, text):
        yield match.span()


def without(text: str, phrases: Iterable[str]) -> str:
    """`text` with blanks in the place of `phrases`."""
    for phrase in phrases:
        for start, end in spans(text, phrase):
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text
