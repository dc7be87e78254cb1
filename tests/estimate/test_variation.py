"""How outcomes vary by themselves: by hand, and the rows of the facts from the real files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from repository import REPOSITORY

from analysis.answers.variation import variation_rows
from analysis.estimate.variation import change_sd, intraclass
from analysis.sources.facts import variation
from analysis.unknown import NotEstimableError
from analysis.workspace import Workspace


def pupils(schools=40, size=20, icc=0.3, seed=2, values=3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), size)
    level = rng.normal(0, np.sqrt(icc), schools)[school]
    pupil = rng.normal(0, np.sqrt(1 - icc), len(school))
    drawn = {f"v{k}": level + pupil + rng.normal(0, 0.3, len(school)) for k in range(values)}
    return pd.DataFrame({"school": school, "kind": school % 2, **drawn})


def anova(values: pd.Series, school: pd.Series) -> float:
    """Share between schools of even size, from the two mean squares."""
    size = school.value_counts().iloc[0]
    means = values.groupby(school).mean()
    between = size * means.var(ddof=1)
    within = ((values - means.loc[school].to_numpy()) ** 2).sum() / (len(values) - len(means))
    return ((between - within) / size) / ((between - within) / size + within)


def test_even_schools_give_the_analysis_of_variance():
    frame = pupils()
    expected = [anova(frame[name], frame["school"]) for name in ("v0", "v1", "v2")]
    found = intraclass(frame, values=["v0", "v1", "v2"], group="school")
    assert found.value == pytest.approx(np.mean(expected), abs=1e-5)
    assert (found.groups, found.n) == (40, 800)
    share = found.value
    sampling = 2 * ((1 - share) * (1 + 19 * share)) ** 2 / (20 * 19 * 39)
    between = np.var(expected, ddof=1) * 4 / 3
    assert found.se == pytest.approx(np.sqrt(sampling + between), rel=1e-3)


def test_error_is_how_far_it_moves_from_sample_to_sample():
    found = [intraclass(pupils(seed=seed, values=1), values=["v0"], group="school") for seed in range(150)]
    spread = np.std([item.value for item in found], ddof=1)
    assert np.mean([item.se for item in found]) == pytest.approx(spread, rel=0.2)


def test_what_is_held_equal_is_no_difference_between_schools():
    frame = pupils()
    frame["v0"] += 5 * frame["kind"]
    free = intraclass(frame, values=["v0"], group="school").value
    held = intraclass(frame, values=["v0"], group="school", fixed="kind").value
    assert free > 0.8
    assert held == pytest.approx(intraclass(pupils(), values=["v0"], group="school").value, abs=0.03)


def test_spread_of_changes_by_hand():
    frame = pd.DataFrame(
        {
            "place": list("abc") * 3,
            "year": np.repeat([2017, 2021, 2025], 3),
            "turnout": [70.0, 80, 90, 71, 82, 90, 70, 84, 93],
        }
    )
    # Changes 1, 2, 0 and then −1, 2, 3: variances 1 and 13/3.
    both = change_sd(frame, unit="place", time="year", outcome="turnout", last=2)
    assert both.value == pytest.approx(np.sqrt((1 + 13 / 3) / 2))
    assert both.se == pytest.approx(both.value / np.sqrt(8))
    assert (both.groups, both.n) == (3, 6)
    assert change_sd(frame, unit="place", time="year", outcome="turnout", last=1).value == pytest.approx(
        np.sqrt(13 / 3)
    )
    with pytest.raises(NotEstimableError, match="2 changes of 3 units: 3 changes"):
        change_sd(frame, unit="place", time="year", outcome="turnout", last=3)
    with pytest.raises(ValueError, match="place 'a' misses a year"):
        change_sd(frame.iloc[1:], unit="place", time="year", outcome="turnout", last=1)
    with pytest.raises(ValueError, match="place 'b' has more than one row at year 2017"):
        change_sd(pd.concat([frame, frame.iloc[[1]]]), unit="place", time="year", outcome="turnout", last=1)


def test_pupils_alone_in_their_school_tell_nothing_of_schools():
    with pytest.raises(NotEstimableError):
        intraclass(pupils(size=1), values=["v0"], group="school")
    with pytest.raises(ValueError, match="v9"):
        intraclass(pupils(), values=["v9"], group="school")


def told(rows: pd.DataFrame, names: set[str]) -> None:
    """The rows are those of the facts, as printed there."""
    facts, found = variation().set_index("id"), rows.set_index("id")
    assert set(found.index) == names
    for name, row in found.iterrows():
        assert facts.loc[name, "value"] == pytest.approx(row["value"], abs=5.1e-5), name
        assert facts.loc[name, "se"] == pytest.approx(row["se"], abs=5.1e-5), name
        assert (facts.loc[name, "groups"], facts.loc[name, "n"]) == (row["groups"], row["n"]), name


def test_turnout_by_province_follows_from_the_facts(tmp_path):
    told(variation_rows(Workspace(REPOSITORY, tmp_path)), {"opkomst_tk_provincie"})


def test_shares_between_schools_follow_from_the_real_files(shared):
    names = {f"pisa2003_{track}{held}" for track in ("vmbo", "havo", "vwo") for held in ("", "_leerweg")}
    names |= {"iccs2016_chl", "iccs2016_col", "iccs2016_per", "opkomst_tk_provincie"}
    told(variation_rows(Workspace(REPOSITORY, shared / "real")), names)


def test_turnout_by_municipality_follows_from_the_real_files(shared):
    rows = variation_rows(Workspace(REPOSITORY, shared / "real" / "turnout"))
    told(rows, {"opkomst_tk_provincie", "opkomst_tk_gemeente"})


def test_real_shares_by_another_road(shared):
    """Mean squares with the mean size of uneven schools (Donner 1986), from the file itself."""
    table = pd.read_csv(shared / "real" / "pisa2003_nld.csv.gz")
    facts = variation().set_index("id")["value"]
    for track, codes in {"havo": (528007, 528008), "vwo": (528009, 528010)}.items():
        own = table[table["PROGN"].isin(codes)]
        shares = []
        for column in [f"PV{k}MATH" for k in range(1, 6)]:
            grouped = own.groupby("SCHOOLID")[column]
            sizes, means = grouped.size(), grouped.mean()
            within = grouped.apply(lambda part: ((part - part.mean()) ** 2).sum()).sum() / (
                len(own) - len(sizes)
            )
            between = (sizes * (means - own[column].mean()) ** 2).sum() / (len(sizes) - 1)
            size = (len(own) - (sizes**2).sum() / len(own)) / (len(sizes) - 1)
            spread = (between - within) / size
            shares.append(spread / (spread + within))
        assert facts[f"pisa2003_{track}"] == pytest.approx(np.mean(shares), abs=0.02)
