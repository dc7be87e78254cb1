"""Exhibits of the chapter on attitudes: known, unknown and withheld."""

import dataclasses

import numpy as np
import pytest
from panels import ADKS, adks_panel, adks_studied

from analysis.answers.houdingen import attitude_items
from analysis.chapters.houdingen import exhibits, verdict
from analysis.datakind import DataKind
from analysis.panel.adolescents import AdolescentPanel
from analysis.results import Result, publish
from analysis.sources.sourced import Sourced

OUTCOME = "politiek_zelfvertrouwen"


def released(panel, *, trial=False):
    return publish(*attitude_items(panel, *adks_studied(panel), ADKS, OUTCOME), trial=trial)


def drawn(some):
    return {exhibit.id: exhibit for exhibit in exhibits(some)}


@pytest.fixture(scope="module")
def real():
    return released(adks_panel())


def test_a_file_gives_the_table_and_both_figures(real):
    found = drawn(real)
    assert set(found) == {"tbl-houdingen", "fig-houdingen-groei", "fig-houdingen-kloof"}
    table = found["tbl-houdingen"]
    assert len(table.cells) == len(ADKS.outcome)
    assert table.cells.shape[1] == 7
    assert "niet het effect van een schoolsoort" in table.caption
    assert "95%-interval, gewogen voor uitval, met standaardfouten door telkens één school" in table.caption
    row = real.row(f"houdingen.{OUTCOME}_gap_start")
    assert table.cells.iloc[0, 1] == f"{row.variables()['value']} ({row.interval_text})"
    assert "niet het effect van een schoolsoort" in found["fig-houdingen-groei"].caption
    assert table.kind is DataKind.REAL


def test_a_trial_puts_what_was_planted_beside_what_was_found():
    found = drawn(released(adks_panel(trial=True), trial=True).trial())
    assert set(found) == {"tbl-proef-houdingen", "fig-proef-houdingen-groei", "fig-proef-houdingen-kloof"}
    cells = found["tbl-proef-houdingen"].cells
    assert cells["Gekozen: verschil"].iloc[0] == "0,40"
    assert cells["Gekozen: verandering"].iloc[0] == "+0,03"
    assert "ware waarde (synthetisch)" in found["fig-proef-houdingen-groei"].table.columns


def test_without_a_file_every_place_says_why():
    found = drawn(released(AdolescentPanel(Sourced.absent("er is geen bestand"), None, 0, 0)))
    cells = found["tbl-houdingen"].cells
    assert set(cells.iloc[:, 1:].to_numpy().ravel()) == {"niet vast te stellen"}
    assert found["tbl-houdingen"].caption.endswith("Niet vast te stellen: er is geen bestand.")
    for name in ("fig-houdingen-groei", "fig-houdingen-kloof"):
        assert found[name].alt == "Geen figuur. Niet vast te stellen: er is geen bestand."
        assert found[name].kind is DataKind.FACT


def test_what_is_withheld_is_in_no_figure(real):
    panel = adks_panel()
    frame = panel.data.frame
    last = frame["wave"].max()
    lot = frame.index[(frame["wave"] == last) & (frame["track"] == "vwo") & frame[OUTCOME].notna()]
    found = drawn(released(adks_panel(frame.drop(lot[9:]).reset_index(drop=True))))
    for name in ("fig-houdingen-groei", "fig-houdingen-kloof"):
        assert "Niet getoond: punten over minder dan 10 eenheden." in found[name].caption
    table = found["fig-houdingen-groei"].table
    assert not ((table["meting"] == last) & (table["groep"] == "vwo")).any()
    assert last not in set(found["fig-houdingen-kloof"].table["meting"])
    assert not found["fig-houdingen-groei"].table.isna().to_numpy().any()
    assert np.isfinite(found["fig-houdingen-kloof"].table["schatting"]).all()


@pytest.mark.parametrize(
    ("start", "low", "high", "words"),
    [
        (0.4, 0.01, 0.05, "wordt groter"),
        (0.4, -0.05, -0.01, "wordt kleiner"),
        (0.4, -0.01, 0.05, "niet aangetoond dat het verandert"),
        (-0.4, -0.05, -0.01, "wordt groter"),
        (-0.4, 0.01, 0.05, "wordt kleiner"),
    ],
)
def test_verdict_follows_sign_and_interval(start, low, high, words):
    common = {"label": "x", "unit": "", "kind": DataKind.REAL, "source": "adks"}
    first = Result(id="houdingen.gap_start", value=start, **common)
    change = Result(id="houdingen.gap_change", value=(low + high) / 2, low=low, high=high, **common)
    assert verdict(first, change) == words
    assert verdict(first, Result(id="houdingen.gap_change", value=None, **common)) == "onbekend"
    unknown = Result(id="houdingen.gap_change", value=None, reason="er is maar één meting", **common)
    assert verdict(first, unknown) == "niet vast te stellen"
    hidden = Result(id="houdingen.gap_start", value=None, withheld="minder dan 10 eenheden", **common)
    assert verdict(hidden, change) == "niet getoond"


def test_the_caption_says_who_finished_dropped_out_and_changed_track(real):
    panel = dataclasses.replace(adks_panel(), finished=120, dropped_out=1230, changed_track=9)
    caption = drawn(released(panel))["tbl-houdingen"].caption
    assert "120 leerlingen gingen van school toen hun schoolsoort eindigde; dat is geen uitval." in caption
    assert "1.230 leerlingen vielen eerder uit." in caption
    assert "veranderden van schoolsoort" not in caption  # nine are too few to be shown
    assert "vielen eerder uit" not in drawn(real)["tbl-houdingen"].caption


def test_the_caption_says_which_rows_do_not_count_and_why(real):
    panel = adks_panel()
    lost = (("schoolsoort havo/vwo, weggelaten volgens de kolommenkaart", 345),)
    panel = dataclasses.replace(panel, data=dataclasses.replace(panel.data, dropped=lost))
    caption = drawn(released(panel))["tbl-houdingen"].caption
    assert (
        "Niet meegeteld: 345 regels (schoolsoort havo/vwo, weggelaten volgens de kolommenkaart)." in caption
    )
    assert "Niet meegeteld" not in drawn(real)["tbl-houdingen"].caption
