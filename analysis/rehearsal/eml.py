"""Stand-ins for counts in EML_NL 510b, as a municipality hands them in and the Kiesraad packs them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

_WRITTEN = (2026, 1, 1, 0, 0, 0)  # of every document in an archive: the same bytes whenever it is written
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<EML xmlns="urn:oasis:names:tc:evs:schema:eml" '
    'xmlns:kr="http://www.kiesraad.nl/extensions" Id="510b" SchemaVersion="5">'
    "<TransactionId>1</TransactionId>"
)


class Counted(Protocol):
    """Votes in one municipality, see :class:`analysis.rehearsal.votes.Count`."""

    name: str
    code: str
    eligible: int
    blank: int
    invalid: int
    lists: tuple[int, ...]

    @property
    def valid(self) -> int: ...


def write_counts(
    path: Path, counts: Sequence[Counted], elections: Mapping[str, str], date: str, lists: Sequence[str]
) -> None:
    """One document a municipality in a zip archive.

    Parameters
    ----------
    elections : mapping of str to str
        The election of each municipality, by its code: ``GR2022_Assen``.
    date : str
        Day of the election, ISO.
    lists : sequence of str
        Names of the lists that have votes.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in counts:
            election = elections[one.code]
            name = f"Telling_{election}_{one.code}.eml.xml"
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN), _document(one, election, date, lists))


def _document(one: Counted, election: str, date: str, lists: Sequence[str]) -> str:
    number = one.code.removeprefix("GM")
    votes = "".join(
        f"<Selection><AffiliationIdentifier Id={quoteattr(str(place))}><RegisteredName>{escape(title)}"
        f"</RegisteredName></AffiliationIdentifier><ValidVotes>{count}</ValidVotes></Selection>"
        for place, (title, count) in enumerate(zip(lists, one.lists, strict=True), start=1)
    )
    counted = (
        f"{votes}<Cast>{one.eligible}</Cast><TotalCounted>{one.valid}</TotalCounted>"
        f'<RejectedVotes ReasonCode="ongeldig">{one.invalid}</RejectedVotes>'
        f'<RejectedVotes ReasonCode="blanco">{one.blank}</RejectedVotes>'
    )
    station = f'<ReportingUnitIdentifier Id="{number}::SB1">Alle stembureaus</ReportingUnitIdentifier>'
    return (
        f'{_HEAD}<ManagingAuthority><AuthorityIdentifier Id="{number}">{escape(one.name)}'
        "</AuthorityIdentifier></ManagingAuthority><Count><Election>"
        f"<ElectionIdentifier Id={quoteattr(election)}><ElectionCategory>{election[:2]}</ElectionCategory>"
        f"<kr:ElectionDate>{date}</kr:ElectionDate></ElectionIdentifier><Contests><Contest>"
        f'<ContestIdentifier Id="geen"/><TotalVotes>{counted}</TotalVotes>'
        f"<ReportingUnitVotes>{station}{counted}</ReportingUnitVotes>"
        "</Contest></Contests></Election></Count></EML>\n"
    )
