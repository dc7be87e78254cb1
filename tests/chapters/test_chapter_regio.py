"""Exhibits of the regional chapter: known, unknown and withheld."""

import pytest
from panels import (
    ATTITUDE_OUTCOME,
    KNOWLEDGE_OUTCOME,
    REGIO,
    region_areas,
    region_panel,
    region_studied,
    without_pupils,
)

from analysis import dutch
from analysis.answers.regio import region_items
from analysis.answers.regio_gebieden import area_series
from analysis.answers.regio_names import ATTITUDE
from analysis.chapters.regio import exhibits
from analysis.datakind import DataKind
from analysis.panel.regio import RegioPanel
from analysis.results import publish
from analysis.sources.sourced import Sourced

FIGURES = {
    "fig-regio-kaart", "fig-regio-ruw", "fig-regio-tegels", "fig-regio-houding-kaart", "fig-regio-houding-ruw"
}  # fmt: skip
TABLES = {"tbl-regio", "tbl-regio-gebieden", "tbl-regio-houding-gebieden"}


def absent(outcome, why):
    return RegioPanel(outcome, Sourced.absent(why), (), None)


def released(knowledge, attitudes, *, trial=False, plan_power=None):
    items = [
        *region_items(knowledge, region_studied(knowledge), REGIO, plan_power=plan_power),
        *region_items(attitudes, region_studied(attitudes), REGIO, plan_power=plan_power, prefix=ATTITUDE),
    ]
    areas = [area_series(panel, region_areas(panel), REGIO) for panel in (knowledge, attitudes)]
    return publish(*items, *areas, trial=trial)


def drawn(some):
    return {exhibit.id: exhibit for exhibit in exhibits(some)}


def test_a_trial_has_what_was_planted_in_table_and_figures():
    some = released(
        region_panel(KNOWLEDGE_OUTCOME, trial=True), region_panel(trial=True), trial=True, plan_power=0.3
    )
    found = drawn(some.trial())
    assert set(found) == {name.replace("-", "-proef-", 1) for name in (*TABLES, *FIGURES)}
    table = found["tbl-proef-regio"].cells.set_index("Uitkomst")
    assert list(table.columns) == ["Burgerschapskennis (punten)", "Politiek zelfvertrouwen (schaalpunten)"]
    assert table.loc["Gekozen in de tweeling: spreiding tussen provincies"].to_list() == [
        "3,0 punten", "0,020 schaalpunten"
    ]  # fmt: skip
    assert table.loc["Dezelfde kans met de omvang van het Adolescentenpanel"].to_list() == ["30%", "30%"]
    assert found["tbl-proef-regio"].kind is DataKind.SYNTHETIC
    assert "ware waarde (synthetisch)" in found["fig-proef-regio-ruw"].table.columns


def test_one_outcome_may_be_there_and_the_other_not():
    some = released(absent(KNOWLEDGE_OUTCOME, "reden kennis"), region_panel())
    found = drawn(some)
    assert set(found) == {*TABLES, *FIGURES}
    table = found["tbl-regio"]
    cells = table.cells.set_index("Uitkomst")
    assert len(cells) == 13
    assert cells.loc["Spreiding tussen provincies", "Burgerschapskennis (punten)"] == "niet vast te stellen"
    spread = some.row("regio.houding_sd_province")
    assert cells.loc["Spreiding tussen provincies", "Politiek zelfvertrouwen (schaalpunten)"] == (
        f"{spread.variables()['value']} ({spread.interval_text})"
    )
    assert "Burgerschapskennis, niet vast te stellen: reden kennis." in table.caption
    assert "niet het effect van een schoolsoort" in table.caption
    assert "95%-interval" in table.caption
    assert table.kind is DataKind.REAL
    assert found["fig-regio-kaart"].alt == "Geen figuur. Niet vast te stellen: reden kennis."
    assert found["fig-regio-kaart"].kind is DataKind.FACT
    assert found["fig-regio-houding-kaart"].kind is DataKind.REAL


def test_a_withheld_province_is_hatched_reads_niet_getoond_and_the_others_stand():
    frame = without_pupils(region_panel().data.frame, "PV29", 9)
    some = released(region_panel(KNOWLEDGE_OUTCOME), region_panel(frame=frame))
    found = drawn(some)
    figure = found["fig-regio-houding-kaart"]
    table = figure.table.set_index("code")
    assert table.loc["PV29", "klasse"] == "niet getoond"
    assert table["waarde"].drop("PV29").notna().all()
    assert "Niet getoond: Zeeland." in figure.alt
    assert "Niet getoond: punten over minder dan 10 eenheden of 3 scholen." in figure.caption
    written = [text.get_text() for axes in figure.figure.axes for text in axes.texts]
    assert written.count("niet getoond") == 2  # in the province and in the key
    side = found["fig-regio-houding-ruw"]
    assert len(side.table) == 11
    assert "Zeeland" not in side.alt
    assert "Niet getoond: punten" in side.caption


def test_everything_is_absent_without_files():
    found = drawn(
        released(absent(KNOWLEDGE_OUTCOME, "geen bestand"), absent(ATTITUDE_OUTCOME, "geen bestand"))
    )
    for name in FIGURES:
        assert found[name].alt == "Geen figuur. Niet vast te stellen: geen bestand."
    table = found["tbl-regio"]
    assert table.caption.endswith("Niet vast te stellen: geen bestand.")
    assert table.cells.set_index("Uitkomst").loc["Kleinste spreiding die ertoe doet"].to_list() == [
        "10,0 punten", "0,080 schaalpunten"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["fig-regio-tegels", "fig-regio-kaart"])
def test_tiles_say_niet_getoond_too(name):
    frame = without_pupils(region_panel(KNOWLEDGE_OUTCOME).data.frame, "PV29", 9)
    some = released(region_panel(KNOWLEDGE_OUTCOME, frame), absent(ATTITUDE_OUTCOME, "geen bestand"))
    figure = drawn(some)[name]
    assert "niet getoond" in figure.alt.lower()
    assert "Zeeland" in figure.alt


def test_areas_show_both_estimates_with_their_errors_and_what_was_planted():
    panel = region_panel(trial=True)
    some = released(region_panel(KNOWLEDGE_OUTCOME, trial=True), panel, trial=True, plan_power=0.3)
    table = drawn(some.trial())["tbl-proef-regio-houding-gebieden"]
    assert list(table.cells.columns) == [
        "Provincie", "Scholen (leerlingen)", "Rechtstreeks (fout)", "Fay–Herriot (fout)", "95%-interval",
        "Eigen gewicht (%)", "Gekozen",
    ]  # fmt: skip
    line = region_areas(panel).table.set_index("area").loc["PV27"]
    cells = table.cells.set_index("Provincie").loc["Noord-Holland"]
    assert cells["Scholen (leerlingen)"] == f"{dutch.number(line['schools'])} ({dutch.number(line['n'])})"
    assert cells["Rechtstreeks (fout)"] == (
        f"{dutch.number(line['direct'], 3)} ({dutch.number(line['direct_se'], 3)})"
    )
    assert (
        cells["Fay–Herriot (fout)"] == f"{dutch.number(line['estimate'], 3)} ({dutch.number(line['se'], 3)})"
    )
    assert cells["95%-interval"] == dutch.interval(line["low"], line["high"], 3)
    assert table.kind is DataKind.SYNTHETIC


def test_an_area_with_few_pupils_is_not_shown_and_none_says_why():
    frame = without_pupils(region_panel().data.frame, "PV29", 9)
    some = released(absent(KNOWLEDGE_OUTCOME, "reden kennis"), region_panel(frame=frame))
    found = drawn(some)
    hidden = found["tbl-regio-houding-gebieden"].cells.set_index("Provincie").loc["Zeeland"]
    assert set(hidden) == {"niet getoond"}
    assert "minder dan 10 eenheden of 3 scholen" in found["tbl-regio-houding-gebieden"].caption
    none = found["tbl-regio-gebieden"]
    assert none.cells.iloc[0, 0] == "niet vast te stellen"
    assert "Niet vast te stellen: reden kennis." in none.caption
    assert none.kind is DataKind.FACT
