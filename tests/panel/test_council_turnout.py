"""Turnout at elections of municipal councils: from counts by municipality, or not at all."""

from __future__ import annotations

import csv
import zipfile

import pytest

from analysis.panel.question import question_panel
from analysis.panel.turnout import turnout_panel
from analysis.unknown import NotEstimable
from analysis.workspace import Workspace, find_root

ELIGIBLE = 1000
DAYS = ("2018-03-21", "2022-03-16", "2026-03-18")
LANGEDIJK, HEERHUGOWAARD, DIJK_EN_WAARD = "GM0416", "GM0398", "GM1980"  # one from 2022 on
ASSEN, EMMEN, VOORNE = "GM0106", "GM0114", "GM1992"


def document(code: str, date: str, voted: int) -> str:
    votes = (
        '<Selection><AffiliationIdentifier Id="1"><RegisteredName>A</RegisteredName></AffiliationIdentifier>'
        f"<ValidVotes>{voted - 5}</ValidVotes></Selection><Cast>{ELIGIBLE}</Cast>"
        f'<TotalCounted>{voted - 5}</TotalCounted><RejectedVotes ReasonCode="ongeldig">2</RejectedVotes>'
        '<RejectedVotes ReasonCode="blanco">3</RejectedVotes>'
    )
    number = code.removeprefix("GM")
    return (
        '<EML xmlns="urn:oasis:names:tc:evs:schema:eml" '
        'xmlns:kr="http://www.kiesraad.nl/extensions" Id="510b">'
        f'<ManagingAuthority><AuthorityIdentifier Id="{number}">{code}</AuthorityIdentifier>'
        f'</ManagingAuthority><Count><Election><ElectionIdentifier Id="GR{date[:4]}_{code}">'
        f"<kr:ElectionDate>{date}</kr:ElectionDate></ElectionIdentifier><Contests><Contest>"
        f'<ContestIdentifier Id="geen"/><TotalVotes>{votes}</TotalVotes><ReportingUnitVotes>'
        f'<ReportingUnitIdentifier Id="{number}::SB1">S</ReportingUnitIdentifier>{votes}</ReportingUnitVotes>'
        "</Contest></Contests></Election></Count></EML>"
    )


def towns(date: str) -> dict[str, str]:
    """Province by municipality, as in the register of the year nearest to the election."""
    year = "2019" if date < "2021" else "2026"
    with (find_root() / "data/facts/municipalities.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: row["province"] for row in csv.DictReader(handle) if row["year"] == year}


def councils(folder, days=DAYS, without=(), voted=lambda code, province, date: 500):
    """An archive an election; `without` are pairs of a municipality and a date."""
    for date in days:
        with zipfile.ZipFile(folder / f"kiesraad_gr{date[:4]}.zip", "w") as archive:
            for code, province in towns(date).items():
                if (code, date) not in without:
                    archive.writestr(f"{code}.eml.xml", document(code, date, voted(code, province, date)))
    return Workspace(find_root(), folder)


def test_counts_of_three_elections_answer_by_municipality(tmp_path):
    """Six in ten vote in Drenthe in 2026 and half elsewhere; two that merged are one before it too."""

    def voted(code, province, date):
        return {LANGEDIJK: 400, HEERHUGOWAARD: 450}.get(
            code, 600 if (province, date) == ("PV22", DAYS[2]) else 500
        )

    workspace = councils(tmp_path, without={(EMMEN, DAYS[1])}, voted=voted)
    (tmp_path / "between.eml.xml").write_text(document(VOORNE, "2025-11-26", 500), encoding="utf-8")
    panel = turnout_panel("GR", workspace=workspace)
    turnout = panel.frame.pivot_table(index="place", columns="date", values="turnout_pct")
    assert turnout.loc[DIJK_EN_WAARD].tolist() == pytest.approx([42.5, 50.0, 50.0])
    assert turnout.loc[ASSEN].tolist() == pytest.approx([50.0, 50.0, 60.0])
    assert {EMMEN, "GM0518"}.isdisjoint(turnout.index), "lacking once, and left out by design"
    assert panel.frame["province"].nunique() == 12
    assert dict(panel.dropped) == {
        "'s-Gravenhage, per verkiezing": 3,
        "gebieden die niet in elke verkiezing volledig voorkomen": 1,
        "verkiezingen van een gemeenteraad op een andere dag dan de algemene": 1,
        "verkiezingen waarvan niet alle bestanden er zijn": 2,
    }
    assert "3 gemeenteraadsverkiezingen (2018 tot en met 2026) is genomen per gemeente" in panel.remark
    assert "kiezers in het buitenland" not in panel.remark, "these do not vote for a council"
    asked = question_panel("prodemos-opkomst-gr", workspace=workspace)
    assert asked.labels == ("2018", "2022", "2026")
    change = asked.frame.pivot_table(index="unit", columns="time", values="value").diff(axis=1)[2]
    assert change[asked.frame.loc[asked.frame["province"] == "PV22", "unit"].unique()].tolist() == [10.0] * 11


@pytest.mark.parametrize(
    ("days", "lost", "years"),
    [
        (DAYS[1:], {}, "2010, 2014, 2018"),
        (DAYS, {"PV29": DAYS[1]}, "2010, 2014, 2022"),
        (DAYS[:2], {}, "2010, 2014, 2026"),
    ],
    ids=["two elections", "hardly a municipality of Zeeland", "none after the start"],
)
def test_too_little_is_said_and_gives_no_number(tmp_path, days, lost, years):
    without = {(code, lost[home]) for code, home in towns(DAYS[1]).items() if home in lost}
    kept = sorted(without)[: len(without) // 2 - 1]  # one fewer than half
    workspace = councils(tmp_path, days, without - set(kept))
    panel = question_panel("prodemos-opkomst-gr", workspace=workspace)
    assert isinstance(panel.frame, NotEstimable)
    assert panel.frame.reason.startswith("er is geen reeks van de opkomst bij de gemeenteraadsverkiezingen: ")
    said = panel.frame.reason.partition("onvolledig voor ")[2].partition(";")[0]
    assert said == years
    assert "nodig is het aantal kiesgerechtigden per gemeente" in panel.frame.reason


def test_half_of_the_municipalities_of_a_province_will_do(tmp_path):
    """Where many merge, as in Groningen in 2018, the others chose their council on the day of all."""
    zeeland = sorted(code for code, home in towns(DAYS[1]).items() if home == "PV29")
    without = {(code, DAYS[1]) for code in zeeland[: len(zeeland) // 2]}
    panel = turnout_panel("GR", workspace=councils(tmp_path, without=without))
    assert (panel.frame["province"] == "PV29").groupby(panel.frame["date"]).sum().unique().tolist() == [7]


def test_votes_on_lists_alone_do_not_say_how_many_might_vote(tmp_path, shared):
    for path in (shared / "real" / "turnout").glob("uitslag_GR*_Gemeente.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    panel = question_panel("prodemos-opkomst-gr", workspace=Workspace(find_root(), tmp_path))
    assert "onvolledig voor 2010, 2014, 2018, 2022, 2026" in panel.frame.reason
