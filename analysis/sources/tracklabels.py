"""Names of types of secondary education, as labels of survey files write them: one level each, or none."""

from __future__ import annotations

import re
import unicodedata

from analysis.design.gap import BRIDGE, PRACTICAL

_PATHS = {  # learning paths of the vmbo
    "vmbo-b": r"bb|bbl|b|basis\w*|basic",
    "vmbo-k": r"kb|kbl|k|kader\w*|middle",
    "vmbo-gt": r"gt|gtl|tl|gl|t|g|theoretisch\w*|theoretical|gemengde?|mavo",
}
_SENIOR = r"havo|senior general( secondary)?( education)?"
_UNIVERSITY = r"vwo|vwo\+|gymnasium|gym|atheneum|ath|pre university( education)?"
_VMBO = r"vmbo|(lower )?pre vocational( secondary)?( education)?"
_PRACTICAL = r"praktijkonderwijs|pro|practical( training)?|praktijk"
_BRIDGE = r"brugklas\w*|brugjaar|onderbouw|bridge( class| year)?"
_MISSING = re.compile(
    r"omitted|not administered|not reached|invalid|missing|logically not applicable|not applicable|"
    r"niet van toepassing|onbekend|geen antwoord",
)


def is_missing(label: str) -> bool:
    """Whether a label says that there is no answer."""
    return bool(_MISSING.match(_plain(label)))


def level_named(label: str) -> str | None:
    """The level that a label names, such as ``vmbo-b``, ``havo``, ``havo/vwo``; None if it names none.

    A class of several types together is named by all of them from low to high, whatever the order in the
    label. A learning path is kept where a label names one; several paths together are ``vmbo``.
    """
    text = _plain(label)
    found = {name: bool(_word(pattern, text)) for name, pattern in _KINDS.items()}
    paths = {
        name
        for name, pattern in _PATHS.items()
        if _word(_long(pattern) if not found["vmbo"] else pattern, text)
    }
    mixed = bool(re.fullmatch(r"(mixed|gemengd)( class)?", text))
    vmbo = found["vmbo"] or (bool(paths) and not mixed)
    types = [
        name for name, there in (("vmbo", vmbo), ("havo", found["havo"]), ("vwo", found["vwo"])) if there
    ]
    if types == ["vmbo"]:
        return next(iter(paths)) if len(paths) == 1 else "vmbo"
    if types:
        return "/".join(types)
    if found[PRACTICAL]:
        return PRACTICAL
    return BRIDGE if found[BRIDGE] else None


_KINDS = {"vmbo": _VMBO, "havo": _SENIOR, "vwo": _UNIVERSITY, PRACTICAL: _PRACTICAL, BRIDGE: _BRIDGE}


def _plain(label: str) -> str:
    """Lower case without accents; all that separates words is a space."""
    text = unicodedata.normalize("NFKD", label).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9+]+", " ", text).strip()


def _word(pattern: str, text: str) -> re.Match | None:
    return re.search(rf"(?<!\S)(?:{pattern})(?!\S)", text)


def _long(pattern: str) -> str:
    """Without the single letters, which name a path only beside the word vmbo."""
    return "|".join(word for word in pattern.split("|") if len(word) > 1)
