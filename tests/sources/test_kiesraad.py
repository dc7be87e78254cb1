"""Turnout: votes found per hundred people entitled, from documents whose units add up."""

from __future__ import annotations

import pandas as pd
import pytest
from open_examples import eml, eml_archive

from analysis.sources.kiesraad_eml import read_eml


@pytest.fixture
def written(tmp_path):
    def write(content, name="Telling_PS2023_gemeente_Bunnik.eml.xml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_one_municipality(written):
    row = read_eml(written(eml())).iloc[0]
    assert (row["election"], row["date"], row["level"]) == ("PS2023_Utrecht", "2023-03-15", "gemeente")
    assert (row["statcode"], row["name"], row["stations"]) == ("GM0312", "Bunnik", 2)
    assert (row["valid"], row["blank"], row["invalid"], row["voted"]) == (600, 4, 6, 610)
    assert row["turnout_pct"] == pytest.approx(61.0)


def test_an_archive_gives_a_row_a_count_and_leaves_out_other_documents(written):
    frame = read_eml(written(eml_archive(), "kiesraad_ps2023_1.zip"))
    assert frame["statcode"].tolist() == ["GM0312", "GM0355"]
    assert frame["turnout_pct"].tolist() == pytest.approx([61.0, 30.5])


def test_the_caribbean_bodies_are_no_municipality(written):
    frame = read_eml(written(eml("9001", "Bonaire")))
    assert frame["statcode"].isna().all()
    assert frame["name"].tolist() == ["Bonaire"]


def of_units(kind: str = "510c") -> str:
    """A count of a constituency by its municipalities; each has its own people entitled."""
    text = eml("HSB8", "Utrecht", kind, cast=2000)
    text = text.replace("HSB8::SB1", "HSB8::0312").replace("Stembureau 1", "Bunnik")
    text = text.replace("HSB8::SB2", "HSB8::0355").replace("Stembureau 2", "Zeist")
    first, last = text.rsplit("<Cast>2000<", 1)
    middle = first.rsplit("<Cast>2000<", 1)
    return "<Cast>600<".join(middle) + "<Cast>1400<" + last


def test_the_municipalities_within_a_constituency(written):
    frame = read_eml(written(of_units()))
    towns = frame[frame["level"] == "gemeente"].set_index("statcode")
    assert towns["entitled"].to_dict() == {"GM0312": 600, "GM0355": 1400}
    assert towns["voted"].to_dict() == {"GM0312": 405, "GM0355": 205}
    district = frame[frame["level"] == "kieskring"].iloc[0]
    assert (district["entitled"], district["voted"], district["stations"]) == (2000, 610, 2)


def test_the_units_of_the_country_are_no_municipalities(written):
    assert read_eml(written(of_units("510d")))["level"].tolist() == ["verkiezing"]


def test_more_votes_than_people_entitled_is_lawful_in_a_municipality(written):
    """Voters come to an island with a pass; three votes a head is a slip of the pen."""
    row = read_eml(written(eml().replace("<Cast>1000<", "<Cast>600<"))).iloc[0]
    assert row["turnout_pct"] == pytest.approx(100 * 610 / 600)


def test_nobody_entitled_is_not_filled_in(written):
    row = read_eml(written(eml().replace("<Cast>1000<", "<Cast>0<"))).iloc[0]
    assert pd.isna(row["entitled"])
    assert pd.isna(row["turnout_pct"])
    assert row["voted"] == 610


def test_a_unit_that_was_not_filled_in_leaves_its_total_unknown(written):
    text = of_units().replace("<Cast>600<", "<Cast>0<").replace("<Cast>2000<", "<Cast>1400<")
    frame = read_eml(written(text)).set_index("name")
    assert frame["entitled"].isna().to_dict() == {"Bunnik": True, "Zeist": False, "Utrecht": True}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: x.replace("<Cast>1000<", "<Cast>200<"), "0312: 610 votes by 200 people entitled"),
        (lambda x: of_units().replace("<Cast>600<", "<Cast>500<"), "entitled of the 2 units add up to 1900"),
        (
            lambda x: x.replace("<Cast>1000<", "<Cast>1.000<", 1),
            "TotalVotes, Cast: '1.000' is not a whole number",
        ),
        (lambda x: x.replace("<Cast>1000<", "<Cast>-1<", 1), "'-1' is not a whole number"),
        (lambda x: x.replace("<Cast>1000</Cast>", "", 1), "0 elements Cast"),
        (lambda x: eml(cast=0, units=[([0, 0], 0, 0)]), "0 people entitled .* and 0 votes"),
        (
            lambda x: x.replace("<TotalCounted>600<", "<TotalCounted>601<"),
            "lists add up to 600, TotalCounted is 601",
        ),
        (
            lambda x: x.replace('"blanco">3<', '"blanco">30<'),
            "blank votes of the 2 units add up to 31, the total is 4",
        ),
        (lambda x: x.replace('ReasonCode="blanco"', 'ReasonCode="leeg"'), "RejectedVotes blanco is absent"),
        (lambda x: x.replace("::SB2", "::SB1"), "unit 0312::SB1 occurs twice"),
        (
            lambda x: x.replace('<AuthorityIdentifier Id="0312"', '<AuthorityIdentifier Id="Bunnik"'),
            "no number of a",
        ),
        (lambda x: x.replace("2023-03-15", "15-03-2023"), "'15-03-2023' is no date"),
        (lambda x: x.replace("2023-03-15", "2023-02-30"), "'2023-02-30' is no date"),
        (lambda x: x.replace('Id="510b"', 'Id="510x"'), "unknown kind of count '510x'"),
        (lambda x: x.replace('Id="510b"', 'Id="520"'), "no count of votes"),
        (lambda x: x[:-200], "not whole XML"),
        (lambda x: x.replace("oasis:names:tc:evs", "andere"), "not an EML document"),
        (lambda x: "<html><body>Storing</body></html>", "not an EML document"),
        (lambda x: "a;b\n1;2\n", "not whole XML"),
        (lambda x: x.replace("Bunnik<", "\0<"), "not whole XML"),
    ],
)
def test_damage_is_named(written, change, says):
    with pytest.raises(ValueError, match=says) as caught:
        read_eml(written(change(eml())))
    assert "Bunnik.eml.xml" in str(caught.value)


def test_entities_are_refused(written):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    text = eml().replace("<EML", laughs + "<EML", 1).replace(">Bunnik<", ">&b;<")
    with pytest.raises(ValueError, match="document type or entities"):
        read_eml(written(text))
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    with pytest.raises(ValueError, match="document type or entities"):
        read_eml(written(eml().replace("<EML", outside + "<EML", 1).replace(">Bunnik<", ">&a;<")))


@pytest.mark.parametrize(
    "name", ["../../x.eml.xml", "/etc/x.eml.xml", "C:\\x.eml.xml", "a\\..\\..\\x.eml.xml"]
)
def test_names_that_lead_out_of_the_archive_are_refused(written, name):
    with pytest.raises(ValueError, match="leads out of the archive"):
        read_eml(written(eml_archive({name: eml()}), "kiesraad.zip"))


def test_an_archive_without_counts_and_a_cut_off_one(written):
    with pytest.raises(ValueError, match=r"kiesraad\.zip: no count of votes"):
        read_eml(written(eml_archive({"a.txt": "x"}), "kiesraad.zip"))
    with pytest.raises(ValueError, match=r"kiesraad\.zip: this is a zip archive|damaged"):
        read_eml(written(eml_archive()[:-40], "kiesraad.zip"))


def test_a_municipality_counted_twice_is_named(written):
    twice = eml_archive({"a.eml.xml": eml(), "b.eml.xml": eml()})
    with pytest.raises(ValueError, match=r"kiesraad\.zip: gemeente 0312 \(Bunnik\) is counted twice"):
        read_eml(written(twice, "kiesraad.zip"))


def test_an_archive_that_unpacks_without_end_is_stopped(written, monkeypatch):
    monkeypatch.setattr("analysis.sources.kiesraad_eml.LARGEST", 2**20)
    bomb = eml_archive({"a.eml.xml": eml() + " " * 50_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(ValueError, match=r"a\.eml\.xml unpacks to more than 1 MB"):
        read_eml(written(bomb, "kiesraad.zip"))
