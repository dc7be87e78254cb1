"""Planted violations are found, and a clean panel raises no alarm more often than it should."""

from __future__ import annotations

import numpy as np
import pytest
from credibility_panels import COLUMNS, RING, make_panel

from analysis.credibility.alternatives import by_estimator, by_weights
from analysis.credibility.anticipation import anticipation
from analysis.credibility.concurrent import concurrent, policy_cells
from analysis.credibility.leave_one_out import leave_one_out
from analysis.credibility.placebo import placebo_dates
from analysis.credibility.spillover import neighbour_shares, spillover
from analysis.estimate.did import group_time_att
from analysis.inference import Setting, cluster_panel, randomised

FEW = {"max_exact": 0, "draws": 199}


def cells_of(seed=0, **planted):
    return cluster_panel(make_panel(seed, **planted), **COLUMNS)


def test_planted_anticipation_is_found_and_allowing_for_it_mends_the_effect():
    cells = cells_of(effect=2.0, early=2.0, shock=0.1)
    found = anticipation(cells, (1, 2))
    before = found.before.set_index("periods")
    assert before.loc[1, "p_value"] < 0.01
    assert before.loc[1, "low"] < 2.0 < before.loc[1, "high"]
    plain = randomised(cells, Setting("not_yet"))
    allowed = found.effect.set_index("periods").loc[1]
    assert plain.estimate < 0.8  # the base period carries the early effect, so the effect nearly vanishes
    assert allowed["estimate"] == pytest.approx(2.0, abs=0.3)
    assert placebo_dates(cells, (1,))["p_value"][0] < 0.01


def test_the_effect_before_the_start_is_the_event_study_with_that_window():
    frame = make_panel(effect=1.0)
    found = anticipation(cluster_panel(frame, **COLUMNS), (2,), **FEW).before["estimate"][0]
    groups = group_time_att(frame, **COLUMNS, control="not_yet", anticipation=2, base_period="universal")
    event = groups.table.assign(event=lambda table: table["time"] - table["cohort"])
    sizes = frame.drop_duplicates("unit").groupby("cohort").size()
    kept = event[event["event"].isin([-1, -2])]
    assert found == pytest.approx(np.average(kept["estimate"], weights=kept["cohort"].map(sizes)), abs=1e-10)


def test_planted_spillover_is_found_and_the_direct_effect_mended():
    cohorts = [2014.0, 2014.0, np.nan, np.nan, 2014.0, np.nan, 2016.0, 2016.0, np.nan, np.nan, 2014.0, np.nan]
    cells = cells_of(effect=2.0, spill=2.0, shock=0.1, cohorts=cohorts)
    shares = neighbour_shares(cells.clusters, RING)
    found = spillover(cells, shares)
    assert found.exposure.estimate == pytest.approx(2.0, abs=0.5)
    assert found.exposure.p_value < 0.05
    assert found.direct.estimate == pytest.approx(2.0, abs=0.4)
    assert randomised(cells, Setting("two_way")).estimate < 1.7


def test_neighbours_are_checked():
    with pytest.raises(ValueError, match="no neighbours are given for P99"):
        neighbour_shares(["P00", "P99"], RING)
    with pytest.raises(ValueError, match="named both ways"):
        neighbour_shares(["A", "B"], {"A": ("B",), "B": ()})
    assert np.allclose(neighbour_shares(sorted(RING), RING).sum(axis=1), 1)


def test_another_policy_is_told_apart():
    frame = make_panel(effect=1.0, shock=0.05)
    cells = cluster_panel(frame, **COLUMNS)
    starts = {name: 2013.0 if place in (1, 3, 6, 9) else None for place, name in enumerate(cells.clusters)}
    policy = policy_cells(cells, starts)
    touched = cluster_panel(
        frame.assign(
            y=frame["y"]
            + 3 * frame.apply(lambda row: row["year"] >= (starts[row["province"]] or 9999), axis=1)
        ),
        **COLUMNS,
    )
    found = concurrent(touched, policy)
    assert found.adjusted.estimate == pytest.approx(1.0, abs=0.25)
    assert abs(found.interaction.estimate) < 0.4
    with pytest.raises(ValueError, match="not given for P11"):
        policy_cells(cells, {name: None for name in cells.clusters[:-1]})


def test_leaving_out_the_cluster_that_carries_the_effect_shows():
    frame = make_panel(effect=0.0, shock=0.1)
    carried = frame.assign(y=frame["y"] + 8.0 * ((frame["province"] == "P02") & (frame["year"] >= 2014)))
    table = leave_one_out(cluster_panel(carried, **COLUMNS), **FEW).set_index("cluster")
    assert abs(table.loc["P02", "estimate"]) < 0.3
    assert table["estimate"].drop("P02").min() > 0.5
    assert list(table["clusters"].unique()) == [11]


def test_clusters_of_a_group_are_left_out_together():
    """What two carry shows only without both."""
    frame = make_panel(effect=0.0, shock=0.1)
    after = frame["year"] >= 2014
    carried = frame.assign(y=frame["y"] + 8.0 * (frame["province"].isin(["P01", "P02"]) & after))
    cells = cluster_panel(carried, **COLUMNS)
    rest = [name for name in cells.clusters if name not in ("P01", "P02")]
    table = leave_one_out(cells, {"both": ["P01", "P02"], "others": rest[-2:]}, **FEW).set_index("cluster")
    assert abs(table.loc["both", "estimate"]) < 0.3 < table.loc["others", "estimate"]
    assert list(table["clusters"]) == [len(cells.clusters) - 2] * 2


def test_placebos_hold_their_size():
    """Placebo dates under no effect: rejections at 5 % over 120 panels, within four errors."""
    rejected = [
        placebo_dates(cells_of(seed, effect=0.0), (2,), **FEW, seed=seed)["p_value"][0] <= 0.05
        for seed in range(120)
    ]
    assert np.mean(rejected) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 120)


def test_a_true_effect_does_not_leak_into_placebo_dates():
    clean, planted = cells_of(effect=0.0), cells_of(effect=5.0)
    assert placebo_dates(clean, (1, 2), **FEW).equals(placebo_dates(planted, (1, 2), **FEW))


def test_impossible_placebos_are_refused():
    row = placebo_dates(cells_of(), (4,)).iloc[0]
    assert np.isnan(row["estimate"])
    assert row["reason"] == "er liggen te weinig metingen vóór de start"
    with pytest.raises(ValueError, match="shifts are positive"):
        placebo_dates(cells_of(), (0,))


def test_weights_and_estimators_are_what_their_names_say():
    frame = make_panel(effect=1.0)
    samples = {"equal": cluster_panel(frame, **COLUMNS), "w": cluster_panel(frame, **COLUMNS, weights="w")}
    table = by_weights(samples, **FEW).set_index("weights")
    plain = group_time_att(frame, **COLUMNS, control="not_yet", weights="w").aggregate("simple").estimate
    assert table.loc["w", "estimate"] == pytest.approx(plain, abs=1e-10)
    assert table.loc["w", "estimate"] != pytest.approx(table.loc["equal", "estimate"], abs=1e-6)
    never = by_estimator(samples["equal"], {"never": Setting("never")}, **FEW)["estimate"][0]
    plain = group_time_att(frame, **COLUMNS, control="never").aggregate("simple").estimate
    assert never == pytest.approx(plain, abs=1e-10)
