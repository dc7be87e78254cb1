"""What the plan asks: questions, exposures and outcomes, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import dutch
from analysis.release.markdown import escape
from analysis.release.plan_table import Content, Named, by_name, table
from analysis.release.plan_words import plain


def questions(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """Each question: for whom, compared with whom, what of it, and in which role."""
    design = content.get("questions", {})
    populations = by_name(design.get("population", []))
    labels = {
        key: by_name(content.get(f"{key}s", {}).get(key, [])) for key in ("exposure", "outcome")
    }  # fmt: skip
    head = ["Naam en vraag", "Programma en uitkomst", "Geschat", "Rol en familie", "Metingen vóór en na"]
    rows: list[list[Any]] = [head]
    compared: dict[tuple[str, str], list[str]] = {}
    for item in design.get("question", ()):
        rows.append(
            [
                f"{item['id']}: {item['text']}",
                " – ".join(labels[key][item[key]]["label"] for key in ("exposure", "outcome")),
                item.words("estimand"),
                f"{item.words('role')}, {item['family']}",
                " en ".join(plain(item[key]) for key in ("leads", "lags")),
            ]
        )
        whom = populations[item["population"]]["text"], item.words("comparison")
        compared.setdefault(whom, []).append(item["id"])
    if len(rows) > 1:
        yield (
            "Elke vraag verbindt een programma, een uitkomst en een vergelijking. De hoofdvraag van een "
            "familie telt het zwaarst; de nevenvragen horen erbij. Wie op de dag van een meting al begonnen "
            "was, telt als bereikt. Elke gemeente of provincie weegt even zwaar, tenzij er iets anders "
            "staat."
        )
    yield table(rows, (38, 26, 16, 11, 9), "Vragen van het plan.", "vragen")
    if compared:
        yield "Over wie het gaat, en met wie wordt vergeleken:"
        yield "\n".join(
            f"- {escape(dutch.join(ids))}: {escape(population)}; vergeleken met {escape(others)}."
            for (population, others), ids in compared.items()
        )


def exposures(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """Where each programme came and when, and what that rests on."""
    design = content.get("exposures", {})
    known = by_name(design.get("exposure", []))
    rows: list[list[Any]] = [["Programma", "Plaats", "Vanaf", "Status", "Bron", "Omvang"]]
    for item in design.get("spell", ()):
        until = f" tot {item['end']}" if item.get("end") else ""
        rows.append(
            [
                known[item["exposure"]]["label"],
                provinces.get(item["place"], item["place"]),
                f"{item['start']}{until}",
                item["status"],
                item["source"],
                dutch.number(item["intensity"]) if "intensity" in item else "niet bekend",
            ]
        )
    if len(rows) > 1:
        yield (
            "*Gerealiseerd* betekent dat een bron meldt dat het is gebeurd, *gepland* dat een bron meldt "
            "dat het de bedoeling was, *aanname* dat niemand het heeft gemeld. Een bron is een brief aan de "
            "Kamer, of een regel van `data/facts/evidence.csv`. Plaatsen die er niet staan, zijn voor zover "
            "bekend niet bereikt."
        )
    for item in known.values():
        counted = f"De omvang telt {item['intensity']}." if item.get("intensity") else ""
        said = " ".join(filter(None, (item.get("before"), counted)))
        if said:
            yield f"{escape(item['label'])}: {escape(dutch.lower(said))}"
    yield table(rows, (14, 18, 12, 16, 29, 11), "Waar het programma kwam, en vanaf wanneer.", "programmas")


def outcomes(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """What is measured, and which difference would matter; what is said alike is said once."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for item in content.get("outcomes", {}).get("outcome", ()):
        low, high = item["scale"]
        smallest = f"{plain(item['smallest_of_interest'])} {item['unit']} ({item['status']})"
        # of a value, not of a difference
        unit = "%" if item["unit"] == "procentpunten" else f" {item['unit']}"
        scale = f"{plain(low)} tot {plain(high)}{unit}, {item.words('level')}"
        alike.setdefault((scale, smallest, item["smallest_reason"]), []).append(item["label"])
    for item in content.get("regio", {}).get("outcome", ()):
        alike[(item["unit"], *_regional(item))] = [f"Regionale verschillen: {item['label']}"]
    for item in content.get("adks", {}).get("outcome", ()):
        scale = f"{dutch.number(item['low'])} tot {dutch.number(item['high'])}"
        said = (scale, "niet bepaald", "beschrijving")
        alike.setdefault(said, []).append(f"Adolescentenpanel: {item['label']}")
    rows = [["Uitkomst", "Schaal", "Kleinste verschil dat ertoe doet", "Waarom zo groot"]]
    rows += [["; ".join(labels), *said] for said, labels in alike.items()]
    about = "Uitkomsten, en welk verschil ertoe zou doen. Een waarde buiten de schaal wordt geweigerd."
    yield table(rows, (30, 13, 20, 37), about, "uitkomsten")


def _regional(item: Named) -> tuple[str, str]:
    spread, single = plain(item["smallest_sd"]), plain(item["smallest_deviation"])
    text = f"spreiding {spread}, afwijking van één provincie {single} {item['unit']} ({item['status']})"
    return text, "een tiende en twee tiende van de spreiding tussen leerlingen"
