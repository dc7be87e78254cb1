"""Rows and table of a roll-out chapter: same ids for a twin and for a file, no verdict on too little."""

import dataclasses
import math

import numpy as np
import pytest

from analysis.credibility.pretrend import pretrend_test
from analysis.datakind import DataKind
from analysis.design.rollout import rollout
from analysis.estimate.did import (
    bacon,
    cluster_effects,
    cluster_jackknife,
    dose_response,
    group_time_att,
    imputation,
    sun_abraham,
    two_way_fe,
)
from analysis.estimate.regional import joint_test
from analysis.inference import infer, randomisation_inference
from analysis.panel.prodemos import prodemos_panel, prodemos_truth
from analysis.panel.tienskip import tienskip_panel, tienskip_truth
from analysis.results import Result
from analysis.sources.sourced import Sourced
from analysis.tables.rollout import (
    Chapter,
    design_rows,
    dose_rows,
    effect_rows,
    effect_table,
    finite,
    map_rows,
    other_rows,
    p_rows,
)

NEEDED = set(
    [
        "att",
        "att_twfe",
        "truth",
        "smallest_of_interest",
        "att_imputation",
        "att_sun_abraham",
        "forbidden_share",
        "p_value",
        "p_twfe",
        "smallest_p",
        "pretrend_p",
        "pretrend_detectable",
        "provinces_p",
        "n_provinces",
        "n_treated_provinces",
        "n_assumed_provinces",
        "n_municipalities",
        "n_treated_municipalities",
        "n_left_out",
    ]
)


def names(design):
    return {
        "unit": "municipality",
        "time": "year",
        "cohort": "cohort",
        "outcome": design.outcome.name,
        "cluster": "province",
    }


def rows_of(chapter: Chapter) -> tuple[Result, ...]:
    frame, own = chapter.panel.frame, names(chapter.design)
    apart = {key: value for key, value in own.items() if key != "cluster"}
    provinces = cluster_effects(frame, **own)
    randomisation = randomisation_inference(frame, statistic="att_not_yet", **own)
    inference = infer(frame, **own)
    rows = (
        *effect_rows(
            chapter,
            effects=group_time_att(frame, control="not_yet", **own).aggregate(),
            randomisation=randomisation,
            classic=two_way_fe(frame, **own),
            inference=inference,
        ),
        *other_rows(
            chapter,
            imputed=cluster_jackknife(imputation, frame, cluster="province", **apart),
            interacted=cluster_jackknife(sun_abraham, frame, cluster="province", **apart),
            parts=bacon(frame, **apart),
        ),
        *p_rows(
            chapter,
            randomisation=randomisation,
            inference=inference,
            pretrend=pretrend_test(frame, periods=4, power=False, **own),
        ),
        *map_rows(chapter, provinces, joint_test(provinces)),
        *design_rows(chapter),
    )
    if chapter.design.reach:
        slope = cluster_jackknife(
            dose_response, frame, cluster="province", value="slope", dose="dose", **apart
        )
        rows += dose_rows(chapter, slope)
    return rows


@pytest.fixture(scope="module")
def prodemos() -> Chapter:
    panel = prodemos_panel()
    return Chapter(panel, rollout("prodemos"), prodemos_truth(panel))


@pytest.fixture(scope="module")
def prodemos_rows(prodemos):
    return rows_of(prodemos)


@pytest.fixture(scope="module")
def real_rows(prodemos):
    return rows_of(as_real(prodemos))


def by_name(rows):
    return {row.id.partition(".")[2]: row for row in rows}


def as_real(chapter: Chapter, frame=None) -> Chapter:
    frame = chapter.panel.frame if frame is None else frame
    panel = Sourced(frame, DataKind.REAL, f"registratie_{chapter.design.name}", "", (("leeg", 3),))
    return Chapter(panel, chapter.design, None)


def test_a_twin_gives_every_row_and_says_that_it_is_one(prodemos_rows):
    rows = by_name(prodemos_rows)
    assert set(rows) == NEEDED
    assert {row.kind for row in prodemos_rows} == {DataKind.SYNTHETIC, DataKind.FACT}
    assert rows["smallest_of_interest"].kind is DataKind.FACT
    assert rows["n_treated_provinces"].value == 8
    assert rows["n_assumed_provinces"].value == 3
    assert rows["att"].clusters == 12
    assert rows["att"].low < rows["truth"].value < rows["att"].high


def test_a_file_gives_the_same_ids_without_a_truth(real_rows):
    rows = by_name(real_rows)
    assert set(rows) == NEEDED
    assert rows["truth"].value is None
    assert rows["att"].kind is DataKind.REAL
    assert rows["att"].source == "registratie_prodemos"
    assert rows["n_assumed_provinces"].value == 0
    assert rows["n_left_out"].value == 3


def test_tienskip_adds_the_slope_with_its_caveat():
    panel = tienskip_panel()
    chapter = Chapter(panel, rollout("tienskip"), tienskip_truth(panel))
    rows = by_name(rows_of(chapter))
    assert set(rows) == NEEDED | {"dose_slope", "dose_truth"}
    assert rows["dose_truth"].value == pytest.approx(0.6)
    assert "evenveel baat" in rows["dose_slope"].note
    table = effect_table(chapter, tuple(rows.values()))
    assert list(table.cells["Schatting"])[-1] == "Per eenheid bereik"


def test_below_five_treated_provinces_there_is_no_verdict(prodemos):
    frame = prodemos.panel.frame
    keep = frame["province"].isin(["PV20", "PV22", "PV24", "PV29"])
    few = as_real(prodemos, frame.assign(cohort=np.where(keep, frame["cohort"], np.nan)))
    rows = by_name(rows_of(few))
    assert rows["n_treated_provinces"].value == 4
    assert rows["p_value"].value is None
    assert rows["p_twfe"].value is None
    assert "Geen uitspraak over significantie" in rows["p_value"].note
    table = effect_table(few, tuple(rows.values()))
    assert list(table.cells["p-waarde"])[:2] == ["geen uitspraak"] * 2
    assert "Geen uitspraak over significantie" in table.caption
    assert "significant" not in table.cells.to_csv()


def test_the_table_prints_the_rows(prodemos, prodemos_rows, real_rows):
    table = effect_table(prodemos, prodemos_rows)
    rows = by_name(prodemos_rows)
    assert table.id == "tbl-prodemos"
    assert table.cells.iloc[0, 2] == rows["att"].interval_text
    assert table.cells.iloc[0, 1].startswith("+1,")
    assert list(table.cells["Schatting"])[-1] == "Wat in de tweeling is gestopt"
    assert len(effect_table(as_real(prodemos), real_rows).cells) == 4


def test_an_interval_without_an_end_is_no_interval(prodemos):
    assert finite((-math.inf, 2.0)) == (None, None)
    assert finite((1.0, 2.0)) == (1.0, 2.0)


def test_captions_follow_the_data(prodemos):
    assert "brief A" in prodemos.schedule_caption
    assert "aanname" in prodemos.map_caption
    real = as_real(prodemos)
    assert "registratie" in real.schedule_caption
    assert "aanname" not in real.map_caption
    assert dataclasses.is_dataclass(real)
