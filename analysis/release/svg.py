"""Pictures without the blanks and remarks that matplotlib writes for people: smaller, and the same."""

from __future__ import annotations

import re

_REMARK = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<!DOCTYPE[^>]*>", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_PATH = re.compile(r'(?<= d=")[^"]*')
_COMMAND = re.compile(r"\s*([A-Za-z])\s*")


def compact(svg: str) -> str:
    """`svg` with one blank where there were many, and none between elements or around the commands of a path.

    A blank at the end of a text is one that is read; one between texts is not.
    """
    svg = _BLANKS.sub(" ", _REMARK.sub("", svg)).replace("> <", "><").strip()
    return _PATH.sub(lambda match: _COMMAND.sub(r"\1", match[0]).strip(), svg) + "\n"
