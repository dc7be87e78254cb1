"""Plain text as Markdown that reads back as that text, in Quarto and in Pandoc."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"([\\`*_\[\]<>$@^~|#{}&\"'])")
# At the start of a paragraph: a list, a title block, a definition, the caption of a table.
_BLOCK_START = re.compile(r"^([-+%](?=\s)|\(?\w{1,4}[.)](?=\s)|:|Table:)")
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\(#[^)\s]*\)(?:\{(?:[^{}\"]|\"(?:\\.|[^\"\\])*\")*\})?")
_ESCAPE = re.compile(r"\\(.)")
_DASHES = re.compile(r"-(?=-)|\.(?=\.\.)")


def escape(text: str) -> str:
    """`text` so that no character is markup, quotes stay straight and a shortcode stays text.

    Line breaks and runs of blanks become one blank.
    """
    text = " ".join(text.split())
    text = _SPECIAL.sub(r"\\\1", text)
    text = _DASHES.sub(r"\\\g<0>", text)
    return _BLOCK_START.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)


def spoken(escaped: str, english: Iterable[str]) -> str:
    """Escaped text, with the words that are `english` marked as that: a screen reader speaks them so."""
    for words in english:
        escaped = escaped.replace(escape(words), f"[{escape(words)}]{{lang=en}}")
    return escaped


def piece(text: str) -> str:
    """A part of a sentence, escaped, with the blank it begins or ends with."""
    if not text.strip():
        return " " if text else ""
    return f"{' ' * text[:1].isspace()}{escape(text)}{' ' * text[-1:].isspace()}"


def code(text: str) -> str:
    """`text` in the letters of code; nothing in it ends the code, and a shortcode stays text.

    Shortcodes are filled in within code too, so that what looks like one is written as plain text.
    """
    text = " ".join(text.split())
    if not text or "{{" in text:
        return escape(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def linked(text: str, result: str, label: str) -> str:
    """A number that leads to its origin, with a name of its own for who does not see where it stands.

    The name begins with what is seen, so that it can be spoken to click.
    """
    name = attribute(f"{text} (herkomst: {label})")
    return f"[{escape(text)}](#{anchor(result)}){{aria-label={name}}}"


def attribute(text: str) -> str:
    """`text` as the value of an attribute, between double quotes."""
    text = " ".join(text.split())
    return '"' + re.sub(r'([\\"&{])', r"\\\1", text) + '"'


def anchor(name: str) -> str:
    """Where the origin of a result, figure or table stands: the id of its row in the appendix."""
    return f"herkomst-{name}"


def visible(markdown: str) -> str:
    """What is read of a variable: without links, their attributes and escapes."""
    return _ESCAPE.sub(r"\1", _LINK.sub(r"\1", markdown))
