"""What to measure from now on, and what the Kamer can decide: tables and a figure from the disclosed rows."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.meten_names import AVAILABLE, SECTION
from analysis.answers.systems import NAMES as SYSTEMS
from analysis.datakind import DataKind
from analysis.design.meten import Decision, Meten, Planned, meten
from analysis.exhibits import Exhibit, FigureExhibit, TableExhibit, sources_of
from analysis.figures.designs import designs_to_come
from analysis.results import Released, Result, interval_name
from analysis.sources.facts import letter_facts, letter_sections, variation
from analysis.sources.sourced import STUDY
from analysis.workspace import Workspace

LETTERS = "letter_facts"
NOTHING = "niet van toepassing"
CURVES = f"{SECTION}.vermogen"


def exhibits(released: Released, workspace: Workspace | None = None) -> list[Exhibit]:
    """Designs, what to arrange, decisions, the figure of the chances, and for the reviewer the rest."""
    design = meten(workspace)
    return [
        designs_table(released, design),
        arrange_table(released, design),
        decisions_table(design, _cited(workspace)),
        curves_figure(released, design),
        check_table(released, design),
        variation_table(released, design, variation(workspace)),
        assumptions_table(released, design),
    ]


def _full(released: Released, planned: Planned, name: str) -> str:
    return _row(released, planned, name).variables()["full"]


def _row(released: Released, planned: Planned, name: str) -> Result:
    return released.row(f"{SECTION}.{planned.name}_{name}")


def _rows(released: Released, design: Meten, *names: str) -> list[Result]:
    """The rows that a table rests on, of every design that has them."""
    wanted = [f"{SECTION}.{planned.name}_{name}" for planned in design.designs for name in names]
    return [row for id in wanted if (row := released.find(id)) is not None]


def designs_table(released: Released, design: Meten) -> TableExhibit:
    """What each design needs and can see: ``tbl-meten``."""
    cells = pd.DataFrame(
        {
            "Ontwerp": [f"{planned.label}. Gemeten: {planned.outcome}." for planned in design.designs],
            "Gekozen effect": [_full(released, planned, "smallest") for planned in design.designs],
            "Nodig": [_needed(released, planned) for planned in design.designs],
            "Wat er is": [_available(released, planned) for planned in design.designs],
        }
    )
    target = released.row(f"{SECTION}.target").variables()["full"]
    return TableExhibit(
        id="tbl-meten",
        cells=cells,
        caption=f"Ontwerpen om vanaf nu te meten: hoeveel nodig is om het gekozen effect met {target} kans "
        "te zien. Dat effect is geen verwachting.",
        kind=DataKind.FACT,
        source=sources_of(_rows(released, design, "smallest", "needed")),
        widths=(34, 17, 22, 37),
    )


def _needed(released: Released, planned: Planned) -> str:
    row = _row(released, planned, "needed")
    if row.value is None or not planned.persons:
        return dutch.capital(row.variables()["full"])
    return (
        f"{row.variables()['full']}; {dutch.number(planned.persons)} per {planned.unit}, "
        f"{planned.measurements} keer"
    )


def _available(released: Released, planned: Planned) -> str:
    """What there is, and what that could see; the reason stands in the text."""
    told = []
    for name in planned.available:
        count = _row(released, planned, f"available_{name}").variables()["value"]
        seen = _row(released, planned, f"detectable_{name}")
        verdict = f"te zien vanaf {seen.variables()['full']}" if seen.value is not None else seen.unknown
        told.append(f"{count} ({AVAILABLE[name][1]}): {verdict}.")
    return " ".join(told) or dutch.capital(dutch.UNKNOWN)


def arrange_table(released: Released, design: Meten) -> TableExhibit:
    """How long, what must be arranged before, and at what cost to compute with: ``tbl-meten-regelen``."""
    cells = pd.DataFrame(
        {
            "Ontwerp": [planned.short for planned in design.designs],
            "Duur": [dutch.capital(planned.duration) for planned in design.designs],
            "Vooraf te regelen": [planned.arrange for planned in design.designs],
            "Rekenbedrag": [_cost(released, planned) for planned in design.designs],
        }
    )
    return TableExhibit(
        id="tbl-meten-regelen",
        cells=cells,
        caption="Duur, wat vooraf geregeld moet zijn, en een bedrag om mee te rekenen. Dat is geen prijs en "
        "geen offerte: het zegt welk ontwerp groter is dan een ander. De kosten van het programma zitten "
        "er niet in. Geen: de uitslagen zijn openbaar.",
        kind=DataKind.FACT,
        source=sources_of([*_rows(released, design, "cost"), *_prices(released, design)]),
        align="lllr",
        widths=(17, 27, 46, 17),
    )


def _cost(released: Released, planned: Planned) -> str:
    row = released.find(f"{SECTION}.{planned.name}_cost")
    if row is None or row.value is None:
        return dutch.UNKNOWN
    return row.variables()["full"] if row.value else "geen"


def _prices(released: Released, design: Meten) -> list[Result]:
    return [
        released.row(f"{SECTION}.aanname_{item.name}")
        for item in design.assumptions.values()
        if item.status == "rekenbedrag"
    ]


def _cited(workspace: Workspace | None) -> dict[str, str]:
    """Place of every fact of the letters: ``brief A, 1.1 (eerste)``."""
    label = letter_sections(workspace).set_index(["letter", "section"])["label"]
    return {
        row.id: f"brief {row.letter}, {label[row.letter, row.section]}"
        for row in letter_facts(workspace).itertuples()
    }


def decisions_table(design: Meten, places: dict[str, str]) -> TableExhibit:
    """What to ask the minister, what is known, and what each choice would make known."""
    return TableExhibit(
        id="tbl-meten-besluiten",
        cells=pd.DataFrame(
            [
                (
                    decision.ask,
                    f"{decision.known} ({_places(decision, places)})",
                    " ".join(
                        f"({letter}) {option.choose}: {dutch.lower(option.yields)}"
                        for letter, option in zip("abcdef", decision.options, strict=False)
                    ),
                )
                for decision in design.decisions
            ],
            columns=[
                "Vraag aan de minister",
                "Wat de brieven melden",
                "Keuzes, en wat elke keuze bekend maakt",
            ],
        ),
        caption="Wat de Kamer de minister kan vragen, en wat elke keuze bekend zou maken. De keuzes sluiten "
        "elkaar niet uit.",
        kind=DataKind.FACT,
        source=f"{LETTERS}; {STUDY}",
        widths=(26, 28, 54),
    )


def _places(decision: Decision, places: dict[str, str]) -> str:
    absent = [fact for fact in decision.facts if fact not in places]
    if absent:
        raise ValueError(f"meten.toml, decision {decision.name}: no fact {', '.join(absent)} in the letters")
    return "; ".join(dict.fromkeys(places[fact] for fact in decision.facts))


def curves_figure(released: Released, design: Meten) -> FigureExhibit:
    """The chance to see the chosen effect by number of units: ``fig-meten-vermogen``."""
    series = released.points(CURVES)
    points = series.points.copy()
    told = {planned.name: planned for planned in design.designs}
    points["label"] = [told[name].short for name in points["design"]]
    points["unit"] = [told[name].units for name in points["design"]]
    points["needed"] = [_row(released, told[name], "needed").value for name in points["design"]]
    points["there"] = [_there(released, told[name]) for name in points["design"]]
    return designs_to_come(
        points,
        [name for name in told if name in set(points["design"])],
        id="fig-meten-vermogen",
        target=released.row(f"{SECTION}.target").value,
        kind=series.kind,
        source=series.source,
        caption="Kans om het gekozen effect te zien, naar aantal eenheden. Lijn: formule. "
        f"Vierkant: nagebootst, met {interval_name(series.level)} van het toeval in de nabootsing. Streep: "
        "het aantal dat nodig is. Ruit op de as: wat er is, waar dat bekend is en in beeld past.",
    )


def _there(released: Released, planned: Planned) -> float | None:
    """The most units that there are, where that is known."""
    return max(
        (_row(released, planned, f"available_{name}").value for name in planned.available), default=None
    )


def check_table(released: Released, design: Meten) -> TableExhibit:
    """Formula beside simulation at every number that was simulated: ``tbl-meten-controle``."""
    series = released.points(CURVES)
    known = series.points.dropna(subset=["simulated"])
    told = {planned.name: planned for planned in design.designs}
    cells = pd.DataFrame(
        [
            (
                told[row.design].short,
                f"{dutch.number(row.units)} {told[row.design].units}",
                f"{dutch.number(row.formula)}%",
                f"{dutch.number(row.simulated)}% ({dutch.interval(row.low, row.high)})",
                f"{dutch.number(row.size)}%",
            )
            for row in known.itertuples()
        ],
        columns=["Ontwerp", "Aantal", "Kans, formule", "Kans, nagebootst", "Vals alarm, nagebootst"],
    )
    alpha = dutch.number(100 * design.test.alpha)
    return TableExhibit(
        id="tbl-meten-controle",
        cells=cells,
        caption="Kans om het gekozen effect te zien: volgens de formule, en nagebootst met "
        f"de schatters van dit rapport ({interval_name(series.level)} tussen haakjes). Zonder effect hoort "
        f"de toets in {alpha}% van de gevallen aan te slaan.",
        kind=series.kind,
        source=series.source,
        align="lrrrr",
        widths=(26, 20, 16, 24, 18),
    )


def variation_table(released: Released, design: Meten, known: pd.DataFrame) -> TableExhibit:
    """How outcomes vary by themselves, and how many schools that would ask: ``tbl-meten-spreiding``."""
    schools = [planned for planned in design.designs if planned.other_noise]
    cells = []
    for row in known.itertuples():
        cells.append(
            (
                f"{row.study} {row.cycle}, {_system(row)}: {row.outcome}"
                + (f" ({row.note})" if row.note else ""),
                released.row(f"{SECTION}.spreiding_{row.id}").variables()["full"],
                f"{dutch.number(row.groups)}; {dutch.number(row.n)}",
                *(_asked(released, planned, row.id, design) for planned in schools),
            )
        )
    own = _own_files(released, known)
    for row in own:
        name = row.id.removeprefix(f"{SECTION}.spreiding_")
        counted = f"{dutch.number(row.clusters)}; {dutch.number(row.n)}"
        about = row.label.partition(":")[0]
        cells.append(
            (
                f"{about}: {row.reason}" if row.reason else about,
                row.unknown_word if row.reason else row.variables()["full"],
                counted if row.value is not None else _lacking(row),
                *(_word(released, planned, name) for planned in schools),
            )
        )
    return TableExhibit(
        id="tbl-meten-spreiding",
        cells=pd.DataFrame(
            cells,
            columns=[
                "Bron",
                "Deel tussen scholen, of spreiding van een verandering",
                "Scholen of plaatsen; leerlingen of veranderingen",
                *(f"Nodig: {dutch.lower(planned.short)}" for planned in schools),
            ],
        ),
        caption="Hoe uitkomsten uit zichzelf verschillen, nagerekend uit openbare bestanden, en "
        "hoeveel scholen een ontwerp vraagt als dat de spreiding zou zijn.",
        kind=DataKind.combine([DataKind.FACT, *(row.kind for row in own)]),
        source="; ".join(dict.fromkeys(["variation", *(row.source for row in own)])),
        align="lrr" + "r" * len(schools),
        widths=(40, 18, 18, *[14] * len(schools)),
    )


def _own_files(released: Released, known: pd.DataFrame) -> list[Result]:
    """Shares from files of Dutch pupils: those that are no fact."""
    start, facts = f"{SECTION}.spreiding_", set(known["id"])
    return [
        row for row in released.rows if row.id.startswith(start) and row.id.removeprefix(start) not in facts
    ]


def _word(released: Released, planned: Planned, name: str) -> str:
    """What a share from a file of pupils would ask; where it is unknown, the reason stands beside it."""
    row = _row(released, planned, f"needed_{name}")
    return _lacking(row) if row.value is None else row.variables()["full"]


def _lacking(row: Result) -> str:
    """Beside the cell that says why there is no number."""
    return row.unknown_word if row.withheld else NOTHING


def _system(row) -> str:
    return row.group if row.system == "NLD" else f"{SYSTEMS[row.system]}, {row.group}"


def _asked(released: Released, planned: Planned, noise: str, design: Meten) -> str:
    """How many units a design would need; that of places, not of schools, is no noise of this one."""
    name = "needed" if noise == planned.noise else f"needed_{noise}"
    row = released.find(f"{SECTION}.{planned.name}_{name}")
    if row is not None:
        return row.variables()["full"]
    elsewhere = any(noise == other.noise for other in design.designs)
    return NOTHING if elsewhere else "niet gebruikt"


def assumptions_table(released: Released, design: Meten) -> TableExhibit:
    """What was chosen, with its status: ``tbl-meten-aannamen``."""
    items = list(design.assumptions.values())
    rows = [released.row(f"{SECTION}.aanname_{item.name}") for item in items]
    return TableExhibit(
        id="tbl-meten-aannamen",
        cells=pd.DataFrame(
            {
                "Aanname": [dutch.capital(item.label) for item in items],
                "Waarde": [row.variables()["full"] for row in rows],
                "Status": [item.status for item in items],
                "Waarop dat rust": [dutch.capital(item.source) for item in items],
            }
        ),
        caption="Aannamen en rekenbedragen onder de ontwerpen. Een voormeting of een offerte kan elk ervan "
        "vervangen.",
        kind=DataKind.FACT,
        source=sources_of(rows),
        align="lrll",
        widths=(40, 20, 14, 34),
    )
