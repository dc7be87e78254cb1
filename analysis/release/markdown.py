"""Plain text as Markdown that reads back as that text, in Quarto and in Pandoc."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]<>$@^~|#{}&\"'])")
# At the start of a paragraph: a list, a title block, a definition, the caption of a table.
_BLOCK_START = re.compile(r"^([-+%](?=\s)|\(?\w{1,4}[.)](?=\s)|:|Table:)")
_DASHES = re.compile(r"-(?=-)|\.(?=\.\.)")


def escape(text: str) -> str:
    """`text` so that no character is markup, quotes stay straight and a shortcode stays text.

    Line breaks and runs of blanks become one blank.
    """
    text = " ".join(text.split())
    text = _SPECIAL.sub(r"\\\1", text)
    text = _DASHES.sub(r"\\\g<0>", text)
    return _BLOCK_START.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)


def attribute(text: str) -> str:
    """`text` as the value of an attribute, between double quotes."""
    text = " ".join(text.split())
    return '"' + re.sub(r'([\\"&{])', r"\\\1", text) + '"'


def anchor(name: str) -> str:
    """Where the origin of a result, figure or table stands: the id of its row in the appendix."""
    return f"herkomst-{name}"
