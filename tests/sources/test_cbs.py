"""StatLine: fetched page by page by cbsodata, read back with codes, years and totals that hold."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from local_server import Answer
from open_examples import PROVINCES, ages, population, statline_service

from analysis.sources.cbs import fetch_statline, inhabitants, inhabitants_by_age, read_statline
from analysis.sources.download import DownloadError, Manners
from analysis.sources.receipts import read_record


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def manners(pauses):
    return Manners(attempts=3, first_wait=0.5, connect=2, read=2, sleep=pauses.append)


@pytest.fixture
def written(tmp_path):
    """Write a table, changed by a function, and give its path."""

    def write(content, change=None):
        content = copy.deepcopy(content)
        if change is not None:
            change(content)
        path = tmp_path / "cbs_70072ned.json"
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.mark.parametrize("pages", [1, 3])
def test_a_table_is_fetched_whole_and_read_back(server, tmp_path, manners, pages):
    url = statline_service(server, population(), "70072ned", pages=pages)
    target = tmp_path / "cbs_70072ned.json"
    select = ["RegioS", "Perioden", "TotaleBevolking_1"]
    receipt = fetch_statline(
        "70072ned", target, url=url, select=select, where="Perioden ge '2023JJ00'", manners=manners
    )
    assert read_record(tmp_path)[target.name] == receipt
    table = read_statline(target)
    assert (table.table, table.modified) == ("70072ned", "2024-07-01")
    assert len(table.frame) == len(population()["rows"])
    asked = [query for path, query, _ in server.asked if path.endswith("/TypedDataSet")]
    assert len(asked) == pages
    assert "$select=RegioS,Perioden,TotaleBevolking_1" in asked[0].replace("%2C", ",")
    assert "Perioden" in asked[0]


def test_codes_lose_their_spaces_and_stay_text(written):
    frame = read_statline(written(population())).frame
    assert set(frame["statcode"]) == {"NL01", *PROVINCES, "GM0363"}
    assert frame["statcode"].str.len().isin([4, 6]).all()
    assert frame["year"].tolist()[:1] == [2023]


def test_inhabitants_add_up(written):
    frame = inhabitants(written(population()))
    assert list(frame.columns) == ["statcode", "year", "inhabitants"]
    one = frame[frame["year"] == 2024].set_index("statcode")["inhabitants"]
    assert one["NL01"] == one[PROVINCES].sum()


def test_the_number_behind_a_topic_may_change_with_the_edition(written):
    frame = inhabitants(written(population(topic="TotaleBevolking_14")))
    assert len(frame) == 28


def test_provinces_that_do_not_add_up_are_named(written):
    def change(content):
        content["rows"][3]["TotaleBevolking_1"] += 1

    with pytest.raises(
        ValueError, match=r"TotaleBevolking_1, year 2023: the provinces add up to \d+, the country is"
    ):
        inhabitants(written(population(), change))


def test_what_is_missing_stays_missing_and_is_counted(written):
    def change(content):
        content["rows"][2]["TotaleBevolking_1"] = None
        content["rows"][3]["TotaleBevolking_1"] = "       ."

    table = read_statline(written(population(), change))
    assert table.missing == {"TotaleBevolking_1": 2}
    assert np.isnan(table.frame["TotaleBevolking_1"].iloc[[2, 3]]).all()
    assert not inhabitants(written(population(), change)).empty


def test_young_people_are_added_up_by_age(written):
    frame = inhabitants_by_age(written(ages()), range(12, 19))
    one = frame.set_index("statcode")["inhabitants"]
    expected = sum(100 + (100 * age + 10000) % 7 for age in range(12, 19))
    assert one["PV20"] == expected
    assert one["NL01"] == 12 * expected
    with pytest.raises(ValueError, match="20 jaar"):
        inhabitants_by_age(written(ages()), [18, 20])


def test_young_people_by_municipality(written):
    """The selection that is fetched: seven ages, no total of all ages, municipalities beside provinces."""
    content = ages(12, 18)
    rows = [row for row in content["rows"] if row["Leeftijd"] != "10000"]
    towns = [dict(row, RegioS="GM0014") for row in rows if row["RegioS"].strip() == "PV20"]
    content["rows"] = [*rows, *towns]
    found = inhabitants_by_age(written(content), range(12, 19)).set_index("statcode")["inhabitants"]
    assert found["GM0014"] == found["PV20"] == sum(row["BevolkingOp1Januari_1"] for row in towns)


def test_an_unknown_age_makes_the_sum_unknown(written):
    def change(content):
        row = next(r for r in content["rows"] if r["Leeftijd"] == "11200" and r["RegioS"].strip() == "PV20")
        row["BevolkingOp1Januari_1"] = None

    one = inhabitants_by_age(written(ages(), change), range(12, 19)).set_index("statcode")["inhabitants"]
    assert np.isnan(one["PV20"])
    assert one["PV21"] > 0


def edit(place, value):
    def change(content):
        row, column = place
        content["rows"][row][column] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edit((4, "RegioS"), "PV99  "), r"column RegioS, row 5: unknown region 'PV99'"),
        (edit((4, "RegioS"), 23), r"column RegioS, row 5: 23 is not text"),
        (edit((4, "Perioden"), "2024KW01"), r"column Perioden, row 5: '2024KW01' is no year"),
        (edit((4, "Perioden"), "2O24JJ00"), "is no year"),
        (
            edit((4, "TotaleBevolking_1"), "1.234,5"),
            r"column TotaleBevolking_1, row 5: '1.234,5' is not a number; is",
        ),
        (edit((4, "TotaleBevolking_1"), True), "row 5: True is not a number"),
        (edit((4, "TotaleBevolking_1"), "=cmd()"), "'=cmd\\(\\)' is not a number"),
        (edit((4, "TotaleBevolking_1"), float("inf")), "not a number"),
        (edit((4, "RegioS"), "PV20  "), r"row 2"),
        (lambda c: c.pop("rows"), "rows is absent"),
        (lambda c: c.update(rows=[]), "no rows"),
        (lambda c: c["rows"].__setitem__(3, {"x": 1}), r"row 4: other columns"),
        (lambda c: c.update(properties=[1]), "no property"),
        (lambda c: [r.update(Nieuw=1) for r in c["rows"]], "column Nieuw is not in the list of properties"),
        (lambda c: [r.pop("RegioS") for r in c["rows"]], "one region column"),
    ],
)
def test_damage_is_named(written, change, says):
    with pytest.raises(ValueError, match=says) as caught:
        inhabitants(written(population(), change))
    assert str(caught.value).startswith("cbs_70072ned.json")


def test_an_unknown_category_raises(written):
    def change(content):
        content["rows"][0]["Leeftijd"] = "99999"

    with pytest.raises(ValueError, match=r"column Leeftijd, row 1: unknown code '99999'"):
        read_statline(written(ages(), change))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!DOCTYPE html><html>Storing</html>", "no StatLine table"),
        (b'{"value": 3}', "no StatLine table"),
        (b'{"fout": []}', "no StatLine table"),
        (b'{"value": [{"name": ', "no StatLine table"),
    ],
)
def test_something_else_than_a_table_gets_no_name(server, tmp_path, manners, body, says):
    server.answer("/ODataFeed/odata/70072ned/", Answer(body))
    with pytest.raises(DownloadError, match=says):
        fetch_statline("70072ned", tmp_path / "t.json", url=server.url, manners=manners)
    assert list(tmp_path.iterdir()) == []


def test_a_busy_service_is_given_time_and_a_missing_table_is_not(server, tmp_path, manners, pauses):
    url = statline_service(server, population(), "70072ned")
    whole = server.answers["/ODataFeed/odata/70072ned/"]
    server.answer(
        "/ODataFeed/odata/70072ned/",
        Answer(status=429, headers={"Retry-After": "3"}),
        Answer(status=500),
        *whole,
    )
    fetch_statline("70072ned", tmp_path / "t.json", url=url, manners=manners)
    assert pauses == [3, 1.0]
    with pytest.raises(DownloadError, match="moved"):
        fetch_statline("99999ned", tmp_path / "u.json", url=url, manners=manners)


def test_a_selection_without_rows_is_an_error(server, tmp_path, manners):
    url = statline_service(server, population(), "70072ned")
    server.answer("/ODataFeed/odata/70072ned/TypedDataSet", Answer(b'{"value": []}'))
    with pytest.raises(DownloadError, match="no rows for this selection: RegioS eq"):
        fetch_statline("70072ned", tmp_path / "t.json", url=url, where="RegioS eq 'X'", manners=manners)


def test_an_edition_that_cannot_be_read_does_not_replace_the_old_file(server, tmp_path, manners):
    target = tmp_path / "t.json"
    target.write_text("old")
    content = population()
    content["rows"][0]["RegioS"] = "??"
    url = statline_service(server, content, "70072ned")
    with pytest.raises(ValueError, match="unknown region"):
        fetch_statline("70072ned", target, url=url, manners=manners)
    assert target.read_text() == "old"


def test_a_table_has_a_name_of_eight_characters():
    with pytest.raises(ValueError, match="five digits and three letters"):
        fetch_statline("../../etc", None)
