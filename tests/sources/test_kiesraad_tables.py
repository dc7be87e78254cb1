"""Tables of votes by municipality in each form; what was renamed, cut off or does not add up is named."""

from __future__ import annotations

import pandas as pd
import pytest
from kiesraad_examples import TOWNS, anp, councils, fields, lists, names, wide
from open_examples import eml, eml_archive

from analysis.sources.kiesraad import is_turnout_file, province_differences, read_turnout
from analysis.sources.kiesraad_tables import read_anp
from analysis.sources.turnout import turnout_provinces

VOTERS = {name: sum(votes) + blank + invalid for _, name, _, _, votes, blank, invalid in TOWNS}
ENTITLED = {name: entitled for _, name, _, entitled, *_ in TOWNS}


@pytest.fixture
def written(tmp_path):
    def write(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Uitslag_alle_gemeenten_TK20300320.csv", wide()),
        ("TK20300320_uitslag_gemeente.csv", fields()),
    ],
)
def test_entitled_votes_and_province(written, name, text):
    found = read_turnout([written(name, text)])
    frame = found.frame.set_index("name")
    assert frame["eligible"].to_dict() == ENTITLED
    assert frame["voters"].to_dict() == VOTERS
    assert frame.loc["Nijmegen", ["code", "province", "election", "date"]].tolist() == [
        *("GM0268", "PV25", "TK", "2030-03-20")
    ]
    assert any("boven 100 procent in Vlieland" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("name", "text", "election"),
    [
        ("uitslag_TK20300320_Gemeente.csv", lists(), "TK"),
        ("uitslag_GR20260318_Gemeente.csv", councils(), "GR"),
    ],
)
def test_lists_alone_leave_the_people_entitled_unknown(written, name, text, election):
    found = read_turnout([written(name, text)])
    frame = found.frame.set_index("name")
    assert frame["valid"].to_dict() == {town[1]: sum(town[4]) for town in TOWNS}
    assert frame[["eligible", "voters", "voters_counted"]].isna().all(axis=None)
    assert frame["election"].unique().tolist() == [election]
    assert any("kiesgerechtigden ontbreken" in remark for remark in found.remarks)


def test_the_turnout_of_the_anp_is_rounded_and_the_votes_on_the_lists_are_not(written):
    frame = read_anp(written("ANP_TK2025_opkomst_per_gemeente.csv", anp()), "2025").set_index("name")
    assert frame["eligible"].to_dict() == ENTITLED
    rounded = {
        name: round(ENTITLED[name] * round(100 * votes / ENTITLED[name], 1) / 100)
        for name, votes in VOTERS.items()
    }
    assert frame["voters"].to_dict() == rounded
    assert rounded != VOTERS


def test_names_without_codes_are_placed_by_the_other_elections(written):
    by_name = written("PS2011.csv", names(), "cp1252")
    others = written("Uitslag_alle_gemeenten_TK20300320.csv", wide())
    frame = read_turnout([by_name, others]).frame
    old = frame[frame["date"] == "2011-03-02"].set_index("name")
    assert old.loc["Oss", ["code", "province"]].tolist() == ["GM0828", "PV30"]
    assert old["eligible"].to_dict() == ENTITLED
    alone = read_turnout([by_name])
    assert alone.frame["code"].isna().all()
    assert any("van 13 gemeenten is de provincie onbekend" in remark for remark in alone.remarks)


def test_letters_of_dos(written):
    towns = [("0051", "Skarsterlân", "K2", 500, (200, 100), 1, 1), *TOWNS]
    text = names(towns, "Verkiezingsuitslagen Gemeenteraad  2010 - Nederland")
    frame = read_turnout([written("GR2010.csv", text, "cp850")]).frame
    assert "Skarsterlân" in set(frame["name"])


def test_the_caribbean_bodies_and_the_voters_abroad_are_no_municipalities(written):
    towns = [
        *TOWNS,
        ("9001", "Bonaire", "K20", 100, (30, 20), 0, 0),
        ("9999", "Briefstemmen", "P28", 50, (20, 25), 0, 0),
    ]
    text = wide(towns).replace("G9001", "O9001")
    kinds = read_turnout([written("Uitslag_alle_gemeenten_TK20300320.csv", text)]).frame.set_index("name")[
        "kind"
    ]
    assert kinds[["Bonaire", "Briefstemmen", "Oss"]].tolist() == [
        "openbaar lichaam",
        "buitenland",
        "gemeente",
    ]


NAME = "Uitslag_alle_gemeenten_TK20300320.csv"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("opkomst.csv", wide(), "opkomst.csv: this name does not say which election"),
        ("Uitslag_alle_gemeenten_TK20170316.csv", wide(), "no election of Tweede Kamer is known on 2017-03"),
        ("Uitslag_alle_gemeenten_TK20170315.csv", wide(), "1 municipalities in PV20, 23 had an election"),
        (NAME, wide(parent=lambda town: "K21"), "column OuderRegioCode, row 1: 'K21' is no province"),
        (NAME, wide().replace(";700;", ";701;", 1), "Groningen: GeldigeStemmen is 701, the lists add up to"),
        (NAME, wide().replace(";712;", ";713;", 1), "Groningen: votes cast are not valid, blank and invalid"),
        (NAME, wide().replace(";G0014;", ";G0363;"), "GM0363 .Amsterdam. occurs twice"),
        (NAME, wide().replace(";1000;712", ";10;712"), "Groningen: far more votes than people entitled"),
        (NAME, wide().replace(";1000;712", ";0;712"), "Groningen: nobody is entitled"),
        (NAME, wide().replace(";1000;712", ";1,000;712"), "column Kiesgerechtigden, row 1: '1,000'"),
        (NAME, wide().replace("Groningen;G0014", "Groningen;Stad"), "column RegioCode, row 1: 'Stad'"),
        ("TK20300320_uitslag_gemeente.csv", fields().replace("gerechtigden;1000", "gerechtigden;999", 1),
         "Kring Groningen: eligible is 1000, the municipalities add up to 999"),
        ("TK20300320_uitslag_gemeente.csv", fields().replace("Opkomst", "Opkomsten"), "unknown 'Opkomsten'"),
        ("PS2011.csv", names().replace("Oss;680", "Osss;681"), "add up to"),
        ("PS2011.csv", names(title="Gemeenteraad 2014"), "the first line says 'Gemeenteraad 2014', not 2011"),
        ("PS2011.csv", names().replace("Naam;", "Plaats;"), "no header Naam"),
        ("uitslag_GR20260318_Gemeente.csv", councils().replace(";1;", ";", 1), "line 2: 6 cells"),
        ("ANP_TK2025_opkomst_per_gemeente.csv", anp().replace("2025-10-31", "2023-11", 1), "is not in 2025"),
        ("uitslag_TK20251029_Gemeente.csv", lists(), "13 municipalities in the country, 342 had"),
        ("ANP_TK2025_opkomst_per_gemeente.csv", anp(), "13 municipalities in the country, 342 had"),
        ("PS2015_stemmen_per_gemeente.xls", "geen werkmap", "the last line has no end"),
    ],
)  # fmt: skip
def test_damage_is_named(written, name, text, says):
    with pytest.raises(ValueError, match=says) as caught:
        read_turnout([written(name, text)])
    assert name in str(caught.value)


def test_what_two_files_say_of_one_municipality(written):
    """A whole table goes before the votes on lists; what it lacks they fill."""
    whole = written("Uitslag_alle_gemeenten_TK20300320.csv", wide())
    towns = [(*TOWNS[0][:3], 1001, *TOWNS[0][4:]), *TOWNS[1:]]
    fields_of = written("TK20300320_uitslag_gemeente.csv", fields(towns))
    found = read_turnout([whole, fields_of])
    assert len(found.frame) == len(TOWNS)
    assert found.frame["file"].str.contains("; ").all()
    assert any("ander aantal kiesgerechtigden in Groningen" in remark for remark in found.remarks)


def test_tables_in_an_archive(written):
    """As on the data portal: the table of results beside others, under the name it has there."""
    packed = {"TK2030_uitslag.csv": fields(), "map/TK2030_StemmenPerLijstPerStembureau.csv": "a;b\n"}
    path = written("kiesraad_tk2030_csv.zip", eml_archive(packed))
    with pytest.raises(ValueError, match=r"csv\.zip, TK2030_uitslag\.csv: no election .* is known on 2030"):
        read_turnout([path])
    packed = {"map/TK20300320_uitslag_gemeente.csv": fields(), "leesmij.txt": "tekst"}
    frame = read_turnout([written("kiesraad_tk2030_csv.zip", eml_archive(packed))]).frame
    assert frame.set_index("name")["eligible"].to_dict() == ENTITLED
    packed = {"TK20300320_uitslag_gemeente.csv": fields().replace("Opkomst", "Opkomsten")}
    path = written("kiesraad_tk2030_csv.zip", eml_archive(packed))
    with pytest.raises(ValueError, match=r"csv\.zip, TK20300320_uitslag_gemeente\.csv: .*VeldType"):
        read_turnout([path])


def test_documents_tell_the_province_by_constituency_or_name(written):
    by_name = read_turnout([written("Bunnik.eml.xml", eml())]).frame
    assert by_name["province"].tolist() == ["PV26"]
    text = eml("0268", "Nijmegen").replace("PS2023_Utrecht", "TK2023")
    text = text.replace('<ContestIdentifier Id="1"', '<ContestIdentifier Id="6"')
    assert read_turnout([written("Nijmegen.eml.xml", text)]).frame["province"].tolist() == ["PV25"]


def test_only_the_election_asked_for_is_opened(written):
    written("Uitslag_alle_gemeenten_TK20300320.csv", wide())
    broken = written("uitslag_GR20260318_Gemeente.csv", "geen tabel")
    paths = list(broken.parent.iterdir())
    assert len(read_turnout(paths, election="TK").frame) == len(TOWNS)
    assert read_turnout(paths, election="PS") is None


# --- the files as published -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(shared):
    return shared / "real" / "turnout"


@pytest.fixture(scope="module")
def real(published):
    """All elections of the Tweede Kamer, without the archive, which has a test of its own."""
    paths = [path for path in published.iterdir() if is_turnout_file(path) and path.suffix == ".csv"]
    return read_turnout(paths)


def test_published_files_add_up_to_the_facts(real):
    found = province_differences(real.frame)
    found = found[found["election"] == "TK"]
    assert len(found) == 10 * 12
    assert found["complete"].all()
    assert (found[["municipalities", "eligible", "voters"]] == 0).all(axis=None)


def test_published_files_add_up_to_the_national_totals_or_say_so(real):
    frame = real.frame[real.frame["election"] == "TK"]
    sums = frame.groupby("date")[["eligible", "voters"]].sum()
    pct = (100 * sums["voters"] / sums["eligible"]).astype(float).round(2)
    assert pct[["1998-05-06", "2002-05-15", "2003-01-22", "2006-11-22"]].tolist() == [
        73.35,
        79.06,
        80.04,
        80.35,
    ]
    assert pct[["2010-06-09", "2012-09-12", "2017-03-15", "2021-03-17"]].tolist() == [
        75.40,
        74.57,
        81.40,
        78.71,
    ]
    assert pct["2023-11-22"] == 77.75
    told = [remark for remark in real.remarks if "landelijke totaal" in remark]
    assert any("2017-03-15: alles opgeteld +95097 kiesgerechtigden en +8882 stemmen" in one for one in told)
    assert any("2021-03-17: alles opgeteld +0 kiesgerechtigden en -1 stemmen" in one for one in told)
    assert not any("2023" in one for one in told)


def test_counted_votes_of_2025_are_those_of_the_facts(real):
    frame = real.frame[(real.frame["date"] == "2025-10-29") & (real.frame["kind"] == "gemeente")]
    facts = turnout_provinces().set_index(["date", "province"])["voters_counted"]["2025-10-29"]
    assert frame.groupby("province")["voters_counted"].sum().to_dict() == facts.to_dict()


def test_the_archive_of_2021(published):
    """Six municipalities without people entitled, as its own note says; the other 346 as in the table."""
    found = read_turnout([published / "kiesraad_EML_TK2021_deel_1.zip"])
    frame = found.frame[found.frame["kind"] == "gemeente"].set_index("code")
    assert len(frame) == 352
    blank = frame[frame["eligible"].isna()]
    assert set(blank["name"]) == {
        *("Berg en Dal", "Bloemendaal", "Haarlem", "Leidschendam-Voorburg", "Weststellingwerf", "Zandvoort")
    }
    table = read_turnout([published / "Uitslag_alle_gemeenten_TK20210317.csv"]).frame
    table = table[table["kind"] == "gemeente"].set_index("code").reindex(frame.index)
    differ = frame.index[(frame["eligible"] != table["eligible"]).fillna(False)]
    assert frame.loc[differ, "name"].tolist() == ["'s-Gravenhage"], "without its voters abroad"
    assert (frame["voters"] == table["voters"]).all()


def test_a_published_file_under_the_name_of_another_year_is_found_out(published, tmp_path):
    renamed = tmp_path / "Uitslag_alle_gemeenten_TK20210317.csv"
    renamed.write_bytes((published / "Uitslag_alle_gemeenten_TK20170315.csv").read_bytes())
    with pytest.raises(
        ValueError, match=r"TK20210317\.csv: 12973846 people .* those of TK 2017-03-15, not of TK 2021"
    ):
        read_turnout([renamed])


def test_a_published_file_cut_off_at_a_line_is_found_out(published, tmp_path):
    text = (published / "Uitslag_alle_gemeenten_TK20170315.csv").read_text(encoding="utf-8-sig")
    cut = tmp_path / "Uitslag_alle_gemeenten_TK20170315.csv"
    cut.write_text("".join(text.splitlines(keepends=True)[:-2]))
    with pytest.raises(
        ValueError, match=r"TK20170315\.csv: \d+ municipalities in PV\d\d, \d+ had an election"
    ):
        read_turnout([cut])


def test_workbooks_of_provinciale_staten(published):
    paths = [path for path in published.iterdir() if path.suffix in (".xls", ".xlsx")]
    found = province_differences(read_turnout(paths).frame)
    assert found.groupby("date")["complete"].sum().tolist() == [12, 12, 12]
    assert (found[["municipalities", "eligible", "voters"]] == 0).all(axis=None)


def test_provinciale_staten_2011_and_councils_2010_match_their_own_totals(real):
    sums = real.frame.groupby(["election", "date"])[["eligible", "voters"]].sum()
    assert sums.loc[("PS", "2011-03-02")].tolist() == [12_532_127, 7_013_929]
    assert sums.loc[("GR", "2010-03-03")].tolist() == [12_216_546, 6_613_134]
    placed = real.frame[(real.frame["date"] == "2011-03-02")]
    assert placed["province"].notna().all()
    assert pd.Series(placed["province"].unique()).nunique() == 12
