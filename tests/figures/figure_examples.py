"""One plausible call a figure builder; numbers are made up and never leave the tests."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pandas as pd

from analysis import maps
from analysis.figures.designs import designs_to_come
from analysis.figures.distribution import quantile_gap
from analysis.figures.event_study import event_study
from analysis.figures.forest import forest
from analysis.figures.growth import growth
from analysis.figures.one_look import one_look
from analysis.figures.place_lines import line_beside_whole, lines_by_place
from analysis.figures.power import power_curve
from analysis.figures.published import published_against_reproduced
from analysis.figures.rollout import rollout
from analysis.figures.specification_curve import specification_curve
from analysis.sources.geography import province_names

VALUES = dict(zip(province_names(), (61, 58, 55, 49, 63, 60, 52, 57, 59, 47, 54, 50), strict=True))


def event_rows() -> pd.DataFrame:
    times = np.array([-4, -3, -2, 0, 1, 2, 3])
    estimate = np.array([0.3, -0.4, 0.2, 2.1, 3.4, 4.2, 5.1])
    half = np.array([1.9, 1.6, 1.4, 1.5, 1.6, 1.9, 2.4])
    return pd.DataFrame(
        {
            "series": "groepen en metingen",
            "event_time": times,
            "estimate": estimate,
            "low": estimate - half,
            "high": estimate + half,
            "low_simultaneous": estimate - 1.4 * half,
            "high_simultaneous": estimate + 1.4 * half,
            "truth": np.where(times >= 0, 2 + times, 0.0),
        }
    )


def design_rows() -> pd.DataFrame:
    units = np.arange(10, 205, 10)
    one = pd.DataFrame(
        {"design": "scholen", "label": "Scholen in stappen", "unit": "scholen", "units": units}
    )
    one["formula"] = 100 * (1 - np.exp(-units / 60.0))
    two = one.assign(design="loket", label="Loket D", unit="aanvragen", units=8 * units)
    rows = pd.concat([one.assign(needed=100.0, there=np.nan), two.assign(needed=800.0, there=322.0)])
    halfway = rows["units"].isin([50, 100, 400, 800])
    rows["simulated"] = rows["formula"].where(halfway) + 1
    return rows.assign(low=rows["simulated"] - 4, high=rows["simulated"] + 4)


def look_rows() -> pd.DataFrame:
    nan = np.nan
    rows = [
        (
            "ProDemos: opkomst bij de Tweede Kamerverkiezingen",
            0.2,
            -0.15,
            0.55,
            0.1,
            1.59,
            "procentpunten",
            "",
        ),
        ("Tienskip: opkomst", 2.4, 0.7, 4.1, 0.1, 2.17, "procentpunten", ""),
        ("Kloof in burgerschapskennis", 71.0, nan, nan, 10.0, nan, "punten", ""),
        ("ProDemos: kennis", nan, nan, nan, 1.0, nan, "punten", "er is geen bestand"),
        ("Spreiding", nan, nan, nan, nan, nan, "punten", "van geen bestand is bekend dat het " * 4),
    ]
    names = ["label", "estimate", "low", "high", "smallest", "detectable", "unit", "reason"]
    return pd.DataFrame(rows, columns=names)


def forest_rows() -> pd.DataFrame:
    estimate = np.array(list(VALUES.values()), dtype=float)
    half = np.linspace(2, 5, 12)
    rows = pd.DataFrame({"label": list(province_names().values()), "estimate": estimate})
    rows = rows.assign(low=estimate - half, high=estimate + half)
    rows.loc[12] = ["Nederland", 56.0, 55.0, 57.0]
    return rows


def place_rows() -> pd.DataFrame:
    times = np.array([1998.4, 2002.4, 2003.1, 2006.9, 2010.4, 2012.7, 2017.2, 2021.2, 2023.9, 2025.8])
    whole = np.array([73.6, 79.3, 80.3, 80.6, 75.5, 74.7, 81.7, 79.1, 78.2, 78.7])
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "label": name,
                    "time": times,
                    "value": whole + shift - 0.3 * shift * (times > 2020),
                    "whole": whole,
                }
            )
            for shift, name in zip(np.linspace(-5, 6, 12), province_names().values(), strict=True)
        ],
        ignore_index=True,
    )


def published_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["Chili", "Colombia", "Peru", "jongens min meisjes"],
            "published": [482, 482, 438, 5.1],
            "published_se": [3.1, 3.4, 3.5, 4.3],
            "reproduced": [481.8, 482.3, 437.6, 7.12],
            "reproduced_se": [3.1, 3.38, 3.52, 4.33],
            "panel": [*["ICCS 2016, gemiddelde"] * 3, "PISA 2003, verschil"],
            "decimals": [0, 0, 0, 1],
        }
    )


def rollout_rows() -> pd.DataFrame:
    rows = [
        ("PV30", 2022, "bekend"),
        ("PV20", 2023, "bekend"),
        ("PV31", 2026, "aanname"),
        ("PV28", np.nan, "niet"),
        ("PV27", np.nan, "onbekend"),
    ]
    return pd.DataFrame(rows, columns=["code", "start", "status"])


def quantile_rows() -> pd.DataFrame:
    quantile = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    estimate = 90 + 30 * quantile
    return pd.DataFrame(
        {
            "quantile": quantile,
            "estimate": estimate,
            "low": estimate - 9,
            "high": estimate + 9,
        }
    )


def growth_rows() -> pd.DataFrame:
    rows = [
        (group, wave, 2.5 + 0.3 * place + (0.1 + 0.05 * place) * wave)
        for place, group in enumerate(("vmbo", "havo", "vwo"))
        for wave in range(1, 7)
    ]
    table = pd.DataFrame(rows, columns=["group", "wave", "estimate"])
    return table.assign(
        low=table["estimate"] - 0.12, high=table["estimate"] + 0.12, truth=table["estimate"] + 0.03
    )


def specification_rows() -> pd.DataFrame:
    chosen = itertools.product(("twee-weg", "imputatie"), ("bevolking", "gelijk"), ("zonder", "met"))
    table = pd.DataFrame(list(chosen), columns=["estimator", "weights", "covariates"])
    estimate = np.array([-0.4, 1.2, 2.2, 2.9, 3.1, 3.6, 4.4, 5.2])
    return table.assign(estimate=estimate, low=estimate - 2, high=estimate + 2, main=np.arange(8) == 5)


def power_rows() -> pd.DataFrame:
    effect = np.linspace(0, 6, 13)
    return pd.DataFrame({"effect": effect, "power": 0.05 + 0.95 * (1 - np.exp(-((effect / 2.6) ** 2.2)))})


CHOICES = {"estimator": "schatter", "weights": "weging", "covariates": "covariaten"}
SAID = {"caption": "Wat er te zien is."}
KNOWLEDGE = {"outcome_label": "kennis van de democratie", "unit": "punten"}
TAKING_PART = {"label": "scholen die meedoen", "unit": "%"}

# Name: builder taking kind and source, and what its alt text must tell.
TURNOUT = {"outcome_label": "opkomst", "unit": "procent"}
EXAMPLES = {
    "event-study": (
        lambda **k: event_study(event_rows(), id="fig-event-study", **KNOWLEDGE, **k),
        ["sluiten 4 van de 4", "sluiten 0 van de 3 95%-intervallen nul uit"],
    ),
    "designs": (
        lambda **k: designs_to_come(
            design_rows(),
            ["scholen", "loket"],
            id="fig-designs",
            target=80.0,
            caption="Kans om het effect te zien.",
            **k,
        ),
        ["Scholen in stappen 100; Loket D 800", "Voor 80%"],
    ),
    "one-look": (
        lambda **k: one_look(look_rows(), id="fig-one-look", caption="De antwoorden.", **k),
        ["Van 5 vragen hebben er 3", "1 van de 2 schattingen", "+0,20 procentpunten (van −0,15 tot 0,55)"],
    ),
    "forest": (
        lambda **k: forest(
            forest_rows(),
            id="fig-forest",
            highlight=["Nederland"],
            **SAID,
            **KNOWLEDGE,
            **k,
        ),
        ["Flevoland (+63,0 punten)", "Zeeland (+47,0 punten)", "13 rijen"],
    ),
    "lines-by-place": (
        lambda **k: lines_by_place(place_rows(), id="fig-lines-by-place", **SAID, **TURNOUT, **k),
        [
            "Nederland: van 73,6 naar 78,7",
            "veranderde het meest in Limburg: van +6,0 naar +4,2",
            "10 metingen",
        ],
    ),
    "line-beside-whole": (
        lambda **k: line_beside_whole(
            place_rows().query("label == 'Limburg'"),
            id="fig-line-beside-whole",
            since=2024,
            since_label="begin",
            **SAID,
            **TURNOUT,
            **k,
        ),
        [
            "Limburg van 79,6 naar 82,9",
            "verschil met Nederland van +6,0 naar +4,2",
            "van 1998 tot en met 2025",
        ],
    ),
    "published": (
        lambda **k: published_against_reproduced(
            published_rows(), id="fig-published", outcome_label="cijfers", **SAID, **k
        ),
        ["Van de 4 gepubliceerde uitkomsten komen er 3", "Niet gelijk: "],
    ),
    "rollout": (
        lambda **k: rollout(
            rollout_rows(), id="fig-rollout", programme="Tienskip", years=range(2021, 2028), **SAID, **k
        ),
        ["Vanaf 2022: Noord-Brabant", "Vanaf 2026 (aanname): Limburg", "Geen deelname: Zuid-Holland"],
    ),
    "quantile-gap": (
        lambda **k: quantile_gap(quantile_rows(), id="fig-quantile-gap", mean=105.0, **KNOWLEDGE, **k),
        [
            "93 bij het 10e percentiel",
            "117 bij het 90e percentiel",
            "loopt het verschil op met 24 punten",
        ],
    ),
    "growth": (
        lambda **k: growth(growth_rows(), id="fig-growth", **SAID, **KNOWLEDGE, **k),
        ["+0,5 punten", "van 0,7 punten in meting 1 naar 1,2 punten"],
    ),
    "specification-curve": (
        lambda **k: specification_curve(
            specification_rows(),
            id="fig-specification-curve",
            choices=CHOICES,
            p_value=0.012,
            **SAID,
            **KNOWLEDGE,
            **k,
        ),
        ["8 specificaties", "−0,4 punten tot +5,2 punten", "6 keer boven en 0 keer onder nul"],
    ),
    "power": (
        lambda **k: power_curve(power_rows(), id="fig-power", **SAID, **KNOWLEDGE, **k),
        ["Vanaf een effect van 3,2 punten", "ten minste 80%"],
    ),
    "province-map": (
        lambda **k: maps.province_map(VALUES, id="fig-province-map", **SAID, **TAKING_PART, **k),
        ["Flevoland (63%)", "Zeeland (47%)"],
    ),
    "tile-map": (
        lambda **k: maps.tile_map(
            {code: value - 55 for code, value in VALUES.items() if code != "PV25"},
            id="fig-tile-map",
            middle=0,
            **SAID,
            **TAKING_PART,
            **k,
        ),
        ["Flevoland (+8%)", "Zeeland (−8%)", "Onbekend: Gelderland"],
    ),
    "map-panels": (
        lambda **k: maps.map_panels(
            {"zoals gemeten": VALUES, "na krimping": {c: 55 + (v - 55) / 2 for c, v in VALUES.items()}},
            id="fig-map-panels",
            **SAID,
            **TAKING_PART,
            **k,
        ),
        ["Zoals gemeten: van 47 tot 63", "Na krimping: van 51 tot 59 (Zeeland en Flevoland)"],
    ),
}


def build(name: str, kind: str = "real"):
    """The exhibit `name`, made anew."""
    return EXAMPLES[name][0](kind=kind, source="een bron")


@cache
def built(name: str):
    """The exhibit `name` on real data, made once; for tests that only look."""
    return build(name)
