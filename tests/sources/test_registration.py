"""A registration whose places are written two ways holds each place once."""

import pandas as pd
import pytest

from analysis.sources.registration import PRODEMOS, read_registration

LINES = [
    ("0363", "PV27", 2019, "", 900000, 51.0),
    ("0363", "PV27", 2020, "", 900000, 52.0),
    ("0014", "PV20", 2019, 2020, 230000, 53.0),
    ("0014", "PV20", 2020, 2020, 230000, 54.0),
]
COLUMNS = ["municipality", "province", "year", "cohort", "inhabitants", "democratiekennis"]


def write(folder, change=lambda frame: frame):
    path = folder / "prodemos.csv"
    change(pd.DataFrame(LINES, columns=COLUMNS).astype(object)).to_csv(path, index=False)
    return path


def test_codes_that_lost_their_zeros_and_provinces_by_name_are_one_place(tmp_path):
    def change(frame):
        frame.loc[frame["year"] == 2020, "municipality"] = frame["municipality"].str.lstrip("0")
        frame.loc[1, "province"] = "Noord-Holland"
        return frame

    read = read_registration(write(tmp_path, change), PRODEMOS)
    assert list(read["municipality"]) == ["GM0363", "GM0363", "GM0014", "GM0014"]
    assert list(read["province"]) == ["PV27", "PV27", "PV20", "PV20"]


def test_a_first_year_that_is_no_whole_year_is_refused(tmp_path):
    path = write(tmp_path, lambda frame: frame.replace({"cohort": {2020: 2019.5}}))
    with pytest.raises(ValueError, match=r"prodemos.csv: column cohort, row 3: found '2019.5'.*a whole year"):
        read_registration(path, PRODEMOS)


@pytest.mark.parametrize("province", ["Holland", "BES"])
def test_an_unknown_province_is_named_as_it_stands(tmp_path, province):
    path = write(tmp_path, lambda frame: frame.assign(province=["PV27", "PV27", province, "PV20"]))
    with pytest.raises(ValueError, match=f"column province, row 3: found '{province}'"):
        read_registration(path, PRODEMOS)
