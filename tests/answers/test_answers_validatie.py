"""Published figures reproduced from simulated files whose answers are known, and without any file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pupil_files import iccs_table, pisa_table, write_pisa, write_sav

from analysis.answers.validatie import NO_FILES, by_key, validation_items
from analysis.chapters.validatie import exhibits
from analysis.datakind import DataKind
from analysis.design.gap import TRACKS, gap_design
from analysis.estimate.published import reproduce, track_figures
from analysis.estimate.survey import ReplicateDesign, mean
from analysis.panel.published import references, samples
from analysis.results import Result, publish
from analysis.sources.iccs import read_iccs
from analysis.sources.iccs_contract import PV_COLUMNS
from analysis.workspace import Workspace, find_root


@pytest.fixture
def workspace(tmp_path):
    return Workspace(root=find_root(Path(__file__).parent), data=tmp_path)


def reproduced(workspace):
    present = samples(workspace)
    return reproduce(references(present, workspace), by_key(present)), by_key(present)


def tracks_of(present):
    design = gap_design()
    return track_figures(
        present.get(("PISA", 2003, "NLD")),
        "mathematics",
        tracks=TRACKS,
        minuend=design.minuend,
        subtrahend=design.subtrahend,
    )


def by_id(rows):
    return {row.id: row for row in rows}


def drawn(found, present, tracks):
    """Table and figure of what disclosure lets through."""
    return exhibits(publish(*validation_items(found, present, tracks)))


def test_without_files_nothing_is_reproduced_and_nothing_pretended(workspace):
    found, present = reproduced(workspace)
    assert present == {}
    assert set(found["outcome"]) == {"not reproduced"}
    assert found["reproduced"].isna().all()
    items = validation_items(found, present, tracks_of(present))
    counts = by_id(items)
    assert counts["validatie.files"].value == counts["validatie.matched"].value == 0
    assert counts["validatie.pisa2003_gap_maths"].value is None
    others = [row for row in items if isinstance(row, Result) and row.unit == "punten"]
    assert others
    assert all(row.value is None and row.kind is DataKind.FACT for row in others)
    assert {row.reason for row in others} == {"het leerlingbestand is er niet"}
    table, figure = drawn(found, present, tracks_of(present))
    assert NO_FILES in table.caption
    assert table.kind is DataKind.FACT
    assert set(table.cells["Nagerekend"]) == {"niet nagerekend"}
    assert figure.alt == "Geen figuur. Niet vast te stellen: er zijn geen leerlingbestanden."


def test_the_same_results_are_published_with_and_without_files(workspace):
    found, present = reproduced(workspace)
    before = {row.id for row in validation_items(found, present, tracks_of(present))}
    write_sav(iccs_table(country="CHL"), workspace.data, "ISGCHLC3.sav")
    write_pisa(pisa_table(), workspace.data)
    found, present = reproduced(workspace)
    assert {row.id for row in validation_items(found, present, tracks_of(present))} == before


def test_what_a_file_says_stands_beside_what_was_published(workspace):
    path = write_sav(iccs_table(country="CHL"), workspace.data, "ISGCHLC3.sav")
    frame = read_iccs(path)
    own = mean(frame[list(PV_COLUMNS)], ReplicateDesign.jk2(frame["weight"], frame["zone"], frame["rep"]))
    found, present = reproduced(workspace)
    row = found.set_index("id").loc["iccs2016_chl_mean"]
    assert row["reproduced"] == own["estimate"][0]
    assert row["reproduced_se"] == own["se"][0]
    assert row["outcome"] == "mismatch"  # simulated pupils do not know what Chile knew
    result = by_id(validation_items(found, present, tracks_of({})))["validatie.iccs2016_chl_mean"]
    assert result.kind is DataKind.REAL
    assert result.source == "iccs2016"
    assert "verschilt" in result.note.lower()
    table, figure = drawn(found, present, tracks_of(present))
    first = table.cells.iloc[0]
    assert first["Oordeel"] == "verschilt"
    assert first["Gepubliceerd"] == "482 (3,1)"
    assert figure.kind is DataKind.REAL


def test_a_match_is_on_all_printed_digits_of_value_and_error(workspace):
    write_sav(iccs_table(country="CHL"), workspace.data, "ISGCHLC3.sav")
    present = samples(workspace)
    table = references(present, workspace)
    row = table["id"] == "iccs2016_chl_mean"
    exact = reproduce(table, by_key(present))[row].iloc[0]
    table.loc[row, "value"], table.loc[row, "se"] = (
        round(exact["reproduced"]),
        round(exact["reproduced_se"], 1),
    )
    assert reproduce(table, by_key(present)).loc[row, "outcome"].item() == "match"
    for column, step in (("value", 1.0), ("se", 0.1)):
        other = table.copy()
        other.loc[row, column] += step
        assert reproduce(other, by_key(present)).loc[row, "outcome"].item() == "mismatch"


def test_a_file_without_a_published_figure_gets_a_row_of_its_own(workspace):
    write_sav(iccs_table(country="LTU"), workspace.data, "ISGLTUC4.sav")
    write_sav(iccs_table(), workspace.data, "ISGNLDC4.sav")
    found, present = reproduced(workspace)
    found = found.set_index("id")
    assert found.loc["iccs2022_ltu_mean", "outcome"] == "no reference"
    # of the Netherlands in 2022 only a mean recomputed by others is known
    assert found.loc["iccs2022_nld_mean", "status"] == "recomputed"
    assert found.loc["iccs2022_nld_mean", "value"] == pytest.approx(508.3, abs=0.05)
    cells = drawn(found.reset_index(), present, tracks_of(present))[0].cells
    assert cells.loc[cells["Onderzoek"] == "ICCS 2022, Litouwen", "Gepubliceerd"].item() == "onbekend"
    assert "door anderen nagerekend" in cells.loc[cells["Onderzoek"] == "ICCS 2022, Nederland"].iloc[0, 2]
    assert (
        by_id(validation_items(found.reset_index(), present, tracks_of({})))["validatie.compared"].value == 0
    )


def test_a_domain_the_file_lacks_is_not_reproduced_and_the_note_says_so(workspace):
    write_pisa(pisa_table(), workspace.data)
    found, present = reproduced(workspace)
    row = by_id(validation_items(found, present, tracks_of(present)))[
        "validatie.pisa2003_nld_space_and_shape_gender_gap"
    ]
    assert row.value is None
    assert row.reason == "het bestand bevat deze maat niet"


def test_the_gap_between_tracks_is_named_as_mathematics_and_not_as_an_effect(workspace):
    write_pisa(pisa_table(), workspace.data)
    found, present = reproduced(workspace)
    row = by_id(validation_items(found, present, tracks_of(present)))["validatie.pisa2003_gap_maths"]
    assert row.kind is DataKind.REAL
    assert row.low < row.value < row.high
    assert "wiskunde" in row.label
    assert "geen burgerschapskennis" in row.note
    assert "niet het effect van een schoolsoort" in row.note


def test_a_figure_over_too_few_pupils_is_in_no_cell_and_no_picture(workspace):
    write_sav(iccs_table(country="CHL"), workspace.data, "ISGCHLC3.sav")
    found, present = reproduced(workspace)
    found.loc[found["id"] == "iccs2016_chl_mean", "n"] = 9
    table, figure = drawn(found, present, tracks_of(present))
    assert list(table.cells.iloc[0])[3:] == ["niet getoond", "niet getoond"]
    assert "punten over minder dan 10 eenheden" in table.caption
    assert figure.alt.startswith("Geen figuur.")


def test_a_track_without_pupils_costs_the_gap_and_not_the_other_means(workspace):
    write_pisa(pisa_table(), workspace.data)
    found, present = reproduced(workspace)
    sample = present["PISA", 2003, "NLD"]
    frame = sample.frame.assign(track=sample.frame["track"].mask(sample.frame["track"] == "vwo"))
    tracks = tracks_of({sample.key: replace(sample, frame=frame)})
    rows = by_id(validation_items(found, present, tracks))
    assert rows["validatie.pisa2003_gap_maths"].reason == "in de gegevens is niemand van de groep vwo"
    assert rows["validatie.pisa2003_mean_maths_vwo"].reason == "in de gegevens is geen leerling op het vwo"
    assert rows["validatie.pisa2003_mean_maths_vmbo"].value is not None


def test_a_damaged_file_stops_the_validation(workspace):
    (workspace.data / "ISGCHLC3.sav").write_bytes(b"")
    with pytest.raises(ValueError, match=r"ISGCHLC3\.sav: the file is empty"):
        samples(workspace)


def test_two_files_of_the_same_pupils_stop_the_validation(workspace):
    for name in ("ISGCHLC3.sav", "ISGCHLC3_RUF.sav"):
        write_sav(iccs_table(country="CHL"), workspace.data, name)
    with pytest.raises(
        ValueError, match=r"ISGCHLC3\.sav, ISGCHLC3_RUF\.sav: 2 files .* of CHL in 2016; keep one"
    ):
        samples(workspace)


def test_an_unknown_statistic_is_an_error(workspace):
    write_sav(iccs_table(country="CHL"), workspace.data, "ISGCHLC3.sav")
    present = samples(workspace)
    table = references(present, workspace)
    table.loc[table["id"] == "iccs2016_chl_mean", "statistic"] = "mode"
    with pytest.raises(ValueError, match="iccs2016_chl_mean: statistic 'mode'"):
        reproduce(table, by_key(present))


@pytest.mark.real
def test_every_published_figure_with_a_real_file_is_matched(shared):
    real = shared / "real"
    if not any(real.glob("ISG*.sav")):
        pytest.skip("the real files are not beside the repository")
    found, present = reproduced(Workspace(root=find_root(Path(__file__).parent), data=real))
    compared = found[found["outcome"].isin(["match", "mismatch"])]
    assert len(compared) >= 3
    assert list(compared.loc[compared["outcome"] == "mismatch", "id"]) == []
    if ("PISA", 2003, "NLD") in present:
        gap = tracks_of(present)["gap"]["estimate"][0]
        assert np.isclose(gap, 142, atol=1)
