"""Turnout from counts of votes: EML_NL documents 510 of the Kiesraad, one by one or in their zip archive.

A document holds the total of a municipality (510b), a constituency (510c) or the country (510d) and the units
below it. ``Cast`` is the number of people entitled to vote, whatever its name suggests; those who voted are
the valid, blank and invalid votes together. XML comes from outside, so entities are refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import pandas as pd
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from analysis.sources.archive import read_bytes, zip_members
from analysis.sources.contract import conform
from analysis.sources.kiesraad_contract import DOCUMENTS, TURNOUT

SUFFIX = ".eml.xml"
LARGEST = 256 * 2**20  # bytes of one document
LARGEST_ARCHIVE = 8 * 2**30
_EML = "urn:oasis:names:tc:evs:schema:eml"
_KR = "http://www.kiesraad.nl/extensions"
_SPACES = {"e": _EML, "kr": _KR}
_BLANK, _INVALID = "blanco", "ongeldig"
_MUNICIPALITY = "510b"


def read_turnout(path: Path) -> pd.DataFrame:
    """Turnout per document, as :data:`analysis.sources.kiesraad_contract.TURNOUT`.

    Parameters
    ----------
    path : path
        One ``.eml.xml`` document, or a zip archive of them. Documents other than counts (lists of
        candidates, results) are left out, as are counts without votes for the municipality.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, damaged or of another kind; a count is missing or no whole number; units do
        not add up to their total; or more people voted than are entitled. Names file, document and element.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file in {path.parent.name}/")
    rows = []
    for name, content in _documents(path):
        root = _root(content, name)
        kind = root.get("Id", "")
        if kind[:3] == "510":
            if kind not in DOCUMENTS:
                raise ValueError(f"{name}: unknown kind of count {kind!r}; known are {', '.join(DOCUMENTS)}")
            rows.extend(_turnout(root, kind, name))
    if not rows:
        raise ValueError(f"{path.name}: no count of votes (EML 510) in it")
    seen: set[tuple] = set()
    for row in rows:
        key = (row["election"], row["level"], row["authority"], row["contest"])
        if key in seen:
            raise ValueError(
                f"{path.name}: {row['level']} {row['authority']} ({row['name']}) is counted twice"
            )
        seen.add(key)
    frame = pd.DataFrame(rows).astype({"statcode": "str"})
    frame["statcode"] = frame["statcode"].where(frame["statcode"] != "")
    return conform(
        frame.sort_values(["level", "authority", "contest"], ignore_index=True), TURNOUT, path.name
    )


def _documents(path: Path) -> Iterable[tuple[str, bytes]]:
    if zipfile.is_zipfile(path):
        for member, content in zip_members(path, SUFFIX, LARGEST, LARGEST_ARCHIVE):
            yield f"{path.name}, {member}", content
    else:
        yield path.name, read_bytes(path, LARGEST)


def _root(content: bytes, name: str) -> Element:
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ValueError(
            f"{name}: holds a document type or entities, which no count of votes does; do not trust it"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise ValueError(f"{name}: not whole XML ({error}); get it again") from error
    if root.tag != f"{{{_EML}}}EML":
        raise ValueError(f"{name}: this is {root.tag[:60]}, not an EML document; a web page, perhaps")
    return root


def _turnout(root: Element, kind: str, name: str) -> Iterable[dict]:
    authority = _one(root, "e:ManagingAuthority/e:AuthorityIdentifier", name)
    election = _one(root, "e:Count/e:Election/e:ElectionIdentifier", name)
    day = _day(_text(election, "kr:ElectionDate", name), name)
    contests = root.findall("e:Count/e:Election/e:Contests/e:Contest", _SPACES)
    if not contests:
        raise ValueError(f"{name}: no contest in it")
    identifier = _attribute(authority, "Id", name)
    for contest in contests:
        total = _votes(_one(contest, "e:TotalVotes", name), name, "TotalVotes")
        units = contest.findall("e:ReportingUnitVotes", _SPACES)
        _require_units_add_up(units, total, name)
        if total["voted"] > total["entitled"]:
            raise ValueError(
                f"{name}: {total['voted']} votes by {total['entitled']} people entitled (element Cast)"
            )
        yield {
            "election": _attribute(election, "Id", name),
            "date": day,
            "level": DOCUMENTS[kind],
            "authority": identifier,
            "contest": _attribute(_one(contest, "e:ContestIdentifier", name), "Id", name),
            "name": (authority.text or "").strip(),
            "statcode": _statcode(identifier, name) if kind == _MUNICIPALITY else "",
            **total,
            "turnout_pct": 100 * total["voted"] / total["entitled"],
            "stations": len(units),
        }


def _votes(element: Element, name: str, place: str) -> dict[str, int]:
    """Counts of a total or unit; the valid votes of the lists must add up to their total."""
    counted = _count(element, "e:TotalCounted", name, place)
    lists = [
        _count(selection, "e:ValidVotes", name, f"{place}, list")
        for selection in element.findall("e:Selection", _SPACES)
        if selection.find("e:AffiliationIdentifier", _SPACES) is not None
    ]
    if lists and sum(lists) != counted:
        raise ValueError(f"{name}: {place}: the lists add up to {sum(lists)}, TotalCounted is {counted}")
    rejected = {item.get("ReasonCode", ""): item for item in element.findall("e:RejectedVotes", _SPACES)}
    for reason in (_BLANK, _INVALID):
        if reason not in rejected:
            raise ValueError(f"{name}: {place}: RejectedVotes {reason} is absent")
    blank = _whole(rejected[_BLANK].text, name, f"{place}, RejectedVotes {_BLANK}")
    invalid = _whole(rejected[_INVALID].text, name, f"{place}, RejectedVotes {_INVALID}")
    return {
        "entitled": _count(element, "e:Cast", name, place),
        "valid": counted,
        "blank": blank,
        "invalid": invalid,
        "voted": counted + blank + invalid,
    }


def _require_units_add_up(units: list[Element], total: dict[str, int], name: str) -> None:
    if not units:
        return
    seen: set[str] = set()
    sums = dict.fromkeys(("valid", "blank", "invalid"), 0)
    for unit in units:
        identifier = _attribute(_one(unit, "e:ReportingUnitIdentifier", name), "Id", name)
        if identifier in seen:
            raise ValueError(f"{name}: unit {identifier} occurs twice")
        seen.add(identifier)
        votes = _votes(unit, name, f"unit {identifier}")
        for key in sums:
            sums[key] += votes[key]
    for key, added in sums.items():
        if added != total[key]:
            raise ValueError(
                f"{name}: {key} votes of the {len(units)} units add up to {added}, the total is {total[key]}"
            )


def _statcode(identifier: str, name: str) -> str:
    """``0312`` as ``GM0312``; the Caribbean bodies (``9001`` and on) are no municipality."""
    if not (identifier.isascii() and identifier.isdigit() and len(identifier) <= 4):
        raise ValueError(f"{name}: AuthorityIdentifier {identifier!r} is no number of a municipality")
    return "" if identifier.startswith("9") and len(identifier) == 4 else f"GM{identifier.zfill(4)}"


def _one(element: Element, path: str, name: str) -> Element:
    found = element.findall(path, _SPACES)
    if len(found) != 1:
        raise ValueError(f"{name}: {len(found)} elements {_plain(path)}, expected one")
    return found[0]


def _text(element: Element, path: str, name: str) -> str:
    text = (_one(element, path, name).text or "").strip()
    if not text:
        raise ValueError(f"{name}: {_plain(path)} is empty")
    return text


def _count(element: Element, path: str, name: str, place: str) -> int:
    return _whole(_one(element, path, f"{name}: {place}").text, name, f"{place}, {_plain(path)}")


def _whole(text: str | None, name: str, place: str) -> int:
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"{name}: {place}: {text[:40]!r} is not a whole number of zero or more")
    return int(text)


def _attribute(element: Element, attribute: str, name: str) -> str:
    value = (element.get(attribute) or "").strip()
    if not value:
        raise ValueError(f"{name}: {element.tag.partition('}')[2]} has no {attribute}")
    return value


def _day(text: str, name: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"{name}: ElectionDate {text!r} is no date") from error


def _plain(path: str) -> str:
    return path.replace("kr:", "").replace("e:", "")
