"""Exhibits of the regional chapter: known, unknown and withheld."""

import pytest
from panels import (
    ATTITUDE_OUTCOME,
    KNOWLEDGE_OUTCOME,
    REGIO,
    region_panel,
    region_studied,
    without_pupils,
)

from analysis.answers.regio import region_items
from analysis.answers.regio_names import ATTITUDE
from analysis.chapters.regio import exhibits
from analysis.datakind import DataKind
from analysis.panel.regio import RegioPanel
from analysis.results import publish
from analysis.sources.sourced import Sourced

FIGURES = {
    "fig-regio-kaart", "fig-regio-ruw", "fig-regio-tegels", "fig-regio-houding-kaart", "fig-regio-houding-ruw"
}  # fmt: skip


def absent(outcome, why):
    return RegioPanel(outcome, Sourced.absent(why), (), None)


def released(knowledge, attitudes, *, trial=False, plan_power=None):
    items = [
        *region_items(knowledge, region_studied(knowledge), REGIO, plan_power=plan_power),
        *region_items(attitudes, region_studied(attitudes), REGIO, plan_power=plan_power, prefix=ATTITUDE),
    ]
    return publish(*items, trial=trial)


def drawn(some):
    return {exhibit.id: exhibit for exhibit in exhibits(some)}


def test_a_trial_has_what_was_planted_in_table_and_figures():
    some = released(
        region_panel(KNOWLEDGE_OUTCOME, trial=True), region_panel(trial=True), trial=True, plan_power=0.3
    )
    found = drawn(some.trial())
    assert set(found) == {"tbl-proef-regio", *(name.replace("fig-", "fig-proef-") for name in FIGURES)}
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
    assert set(found) == {"tbl-regio", *FIGURES}
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
