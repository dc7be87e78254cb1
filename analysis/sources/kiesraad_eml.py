"""Counts of votes in EML_NL documents 510 of the Kiesraad, one by one or in their zip archive.

A document holds the total of a municipality (510b), a constituency (510c) or the country (510d) and the units
below it; the units of a constituency are municipalities, and are read as such. ``Cast`` is the number of
people entitled to vote, whatever its name suggests; those who voted are the valid, blank and invalid votes
together. More votes than people entitled is lawful in a municipality (voter passes). A municipality with
votes and nobody entitled is one whose number was not filled in: unknown, and so is that of a total over it.
XML comes from outside, so entities are refused.
"""

from __future__ import annotations

import re
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
from analysis.sources.kiesraad_contract import COUNTS, DOCUMENTS, MOST_VOTES

SUFFIX = ".eml.xml"
LARGEST = 256 * 2**20  # bytes of one document
LARGEST_ARCHIVE = 8 * 2**30
_EML = "urn:oasis:names:tc:evs:schema:eml"
_KR = "http://www.kiesraad.nl/extensions"
_SPACES = {"e": _EML, "kr": _KR}
_BLANK, _INVALID = "blanco", "ongeldig"
_MUNICIPALITY, _CONSTITUENCY, _COUNTRY = "510b", "510c", "510d"
_ENTITLED_ADD_UP = (_CONSTITUENCY, _COUNTRY)  # polling stations share the voters of their municipality
_UNIT = re.compile(r"[A-Z]+\d+::(\d{4})")  # a municipality within a constituency


def read_eml(path: Path) -> pd.DataFrame:
    """Counts by document and, below constituencies, by municipality, as :data:`COUNTS`.

    Parameters
    ----------
    path : path
        One ``.eml.xml`` document, or a zip archive of them. Documents other than counts (lists of
        candidates, results) are left out, as are counts without votes for the municipality.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is absent, damaged or of another kind; a count is missing or no whole number; units do
        not add up to their total; or more people voted than can be. Names file, document and element.
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
            rows.extend(_counts(root, kind, name))
    if not rows:
        raise ValueError(f"{path.name}: no count of votes (EML 510) in it")
    seen: set[tuple] = set()
    for row in rows:
        key = (row["election"], row["document"], row["level"], row["authority"], row["contest"])
        if key in seen:
            raise ValueError(
                f"{path.name}: {row['level']} {row['authority']} ({row['name']}) is counted twice"
            )
        seen.add(key)
    frame = pd.DataFrame(rows).astype({"statcode": "str", "entitled": "Int64", "turnout_pct": float})
    frame["statcode"] = frame["statcode"].where(frame["statcode"] != "")
    ordered = frame.sort_values(["level", "authority", "contest", "document"], ignore_index=True)
    return conform(ordered, COUNTS, path.name)


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


def _counts(root: Element, kind: str, name: str) -> Iterable[dict]:
    authority = _one(root, "e:ManagingAuthority/e:AuthorityIdentifier", name)
    election = _one(root, "e:Count/e:Election/e:ElectionIdentifier", name)
    shared = {
        "election": _attribute(election, "Id", name),
        "date": _day(_text(election, "kr:ElectionDate", name), name),
        "document": kind,
    }
    contests = root.findall("e:Count/e:Election/e:Contests/e:Contest", _SPACES)
    if not contests:
        raise ValueError(f"{name}: no contest in it")
    identifier = _attribute(authority, "Id", name)
    for contest in contests:
        total = _votes(_one(contest, "e:TotalVotes", name), name, "TotalVotes")
        shared["contest"] = _attribute(_one(contest, "e:ContestIdentifier", name), "Id", name)
        units = _units(contest, total, name, entitled_too=kind in _ENTITLED_ADD_UP)
        if kind in _ENTITLED_ADD_UP and any(votes["entitled"] == 0 < votes["voted"] for *_, votes in units):
            total["entitled"] = 0  # the units that were not filled in are lacking in the sum
        named = (identifier, (authority.text or "").strip())
        yield shared | _row(DOCUMENTS[kind], *named, total, name, stations=len(units))
        if kind == _CONSTITUENCY:
            for unit, title, votes in units:
                if found := _UNIT.fullmatch(unit):
                    yield shared | _row(DOCUMENTS[_MUNICIPALITY], found[1], title, votes, name)


def _row(
    level: str, identifier: str, title: str, votes: dict[str, int], name: str, *, stations: int = 0
) -> dict:
    entitled, voted = votes["entitled"], votes["voted"]
    if entitled == 0 == voted:
        raise ValueError(
            f"{name}: 0 people entitled (element Cast) and 0 votes in {identifier}; not filled in"
        )
    municipal = level == DOCUMENTS[_MUNICIPALITY]
    if entitled and voted > entitled * (MOST_VOTES if municipal else 1):
        raise ValueError(f"{name}: {identifier}: {voted} votes by {entitled} people entitled (element Cast)")
    return {
        "level": level,
        "authority": identifier,
        "name": title,
        "statcode": _statcode(identifier, name) if municipal else "",
        **votes,
        "entitled": entitled or None,
        "turnout_pct": 100 * voted / entitled if entitled else None,
        "stations": stations,
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


def _units(
    contest: Element, total: dict[str, int], name: str, *, entitled_too: bool
) -> list[tuple[str, str, dict[str, int]]]:
    """Identifier, name and counts of the units, which must add up to their total."""
    found = []
    for unit in contest.findall("e:ReportingUnitVotes", _SPACES):
        label = _one(unit, "e:ReportingUnitIdentifier", name)
        identifier = _attribute(label, "Id", name)
        if any(identifier == other for other, *_ in found):
            raise ValueError(f"{name}: unit {identifier} occurs twice")
        found.append((identifier, (label.text or "").strip(), _votes(unit, name, f"unit {identifier}")))
    for key in ("valid", "blank", "invalid", *(["entitled"] if entitled_too else [])) if found else ():
        added = sum(votes[key] for *_, votes in found)
        if added != total[key]:
            what = "people entitled" if key == "entitled" else f"{key} votes"
            raise ValueError(
                f"{name}: {what} of the {len(found)} units add up to {added}, the total is {total[key]}"
            )
    return found


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
