"""The analysis plan in Dutch, as Markdown, from the content of the design files.

A file or table that the plan does not hold is left out, so that a plan frozen long ago can still be read. A
key that a table does not hold is a mistake, here as in the study, and is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis import dutch
from analysis.design.plan import FrozenPlan
from analysis.release.fragments import pipe_table
from analysis.release.markdown import escape
from analysis.release.plan_words import plain, say

Content = Mapping[str, Mapping[str, Any]]


def plan_markdown(plan: FrozenPlan, provinces: Mapping[str, str], *, level: int = 2) -> str:
    """The plan as sections that begin with headings of `level`.

    Parameters
    ----------
    provinces : mapping of str to str
        Names of provinces by code.

    Raises
    ------
    ValueError
        If a table of the plan lacks a key; names file, table and key.
    """
    mark = "#" * level
    parts = []
    files = {name: _named(content, f"data/design/{name}.toml") for name, content in plan.content.items()}
    plan = replace(plan, content=files)
    for title, label, build in _SECTIONS:
        blocks = [block for block in build(plan, provinces) if block]
        if blocks:
            parts.append(f"{mark} {title} {{#sec-plan-{label}}}\n\n" + "\n\n".join(blocks))
    return "\n\n".join(parts) + "\n"


class _Named(dict):
    """A table of the plan that knows its place: a key that is not there is a mistake, as for the study."""

    def __init__(self, content: Mapping[str, Any], place: str) -> None:
        super().__init__(content)
        self.place = place

    def __missing__(self, key: str) -> Any:
        raise ValueError(
            f"{self.place}: {key} is absent; the plan's text expects it there, and finds "
            f"{', '.join(self) or 'nothing'}. Was a key renamed?"
        )

    def words(self, key: str) -> str:
        """The value under `key` in the words of that key."""
        return plain(self[key], key)


def _named(value: Any, place: str) -> Any:
    if isinstance(value, Mapping):
        joint = "." if "[" in place or " " in place else ", "
        return _Named({key: _named(item, f"{place}{joint}{key}") for key, item in value.items()}, place)
    if isinstance(value, list):
        return [_named(item, f"{place}[{number}]") for number, item in enumerate(value, start=1)]
    return value


def _table(cells: Sequence[Sequence[Any]], widths: Sequence[int], caption: str, label: str) -> str:
    """A table of plain values; nothing if it has a head only."""
    if len(cells) < 2:
        return ""
    text = [[escape(plain(cell)) or "geen" for cell in row] for row in cells]
    return pipe_table(text, "l" * len(widths), widths, caption, f"tbl-plan-{label}").rstrip()


def _outcomes(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    rollout, regio = plan.content.get("rollout", {}), plan.content.get("regio", {})
    rows: list[list[Any]] = [
        ["Onderzoek", "Uitkomst", "Schaal", "Kleinste verschil dat ertoe doet", "Status"]
    ]
    asked = plan.content.get("outcomes", {}).get("outcome", ())
    for item in asked:
        smallest = f"{plain(item['smallest_of_interest'])} {item['unit']}"
        scale = " tot ".join(plain(end) for end in item["scale"])
        rows.append(["Effect van een programma", item["label"], scale, smallest, item["status"]])
    for item in rollout.get("outcome", ()):
        smallest = f"{plain(item['smallest_of_interest'])} {item['unit']}"
        study = item.words("programme") + (", tweeling" if asked else "")
        rows.append([study, item["label"], item["scale"], smallest, item["status"]])
    for item in regio.get("outcome", ()):
        smallest = (
            f"spreiding {plain(item['smallest_sd'])}, één provincie {plain(item['smallest_deviation'])} "
            f"{item['unit']}"
        )
        rows.append(["Regionale verschillen", item["label"], item["unit"], smallest, item["status"]])
    for item in plan.content.get("adks", {}).get("outcome", ()):
        scale = f"{plain(item['low'])} tot {plain(item['high'])}"
        rows.append(["Adolescentenpanel", item["label"], scale, "niet bepaald", "codeboek niet openbaar"])
    yield _table(rows, (20, 28, 16, 24, 16), "Uitkomsten, en welk verschil ertoe zou doen.", "uitkomsten")


def _questions(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    design = plan.content.get("questions", {})
    outcomes = {item["name"]: item["label"] for item in plan.content.get("outcomes", {}).get("outcome", ())}
    places = {item["name"]: item["text"] for item in design.get("population", ())}
    rows: list[list[Any]] = [["Vraag", "Uitkomst", "Over wie", "Vergeleken met", "Rol"]]
    for item in design.get("question", ()):
        outcome, population = item["outcome"], item["population"]
        role = f"{item.words('role')} van {item['family']}; {item.words('estimand')}"
        rows.append(
            [
                item["text"],
                outcomes.get(outcome, outcome),
                places.get(population, population),
                item.words("comparison"),
                role,
            ]
        )
    caption = "Vragen naar een effect. Nevenvragen van één familie worden samen gecorrigeerd."
    yield _table(rows, (30, 18, 22, 14, 16), caption, "vragen")


def _estimands(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    rollout = plan.content.get("rollout", {})
    rows: list[list[Any]] = [["Naam", "Wat wordt geschat", "Over wie"]]
    rows += [[item["id"], item["text"], item["population"]] for item in rollout.get("estimand", ())]
    gap = plan.content.get("kenniskloof", {})
    if gap:
        whom = "leerlingen in het jaar van de meting"
        rows.append(
            [
                "kenniskloof.gap",
                f"Verschil in burgerschapskennis, {gap['minuend']} min {gap['subtrahend']}",
                whom,
            ]
        )
        terms = {"ses": "sociale achtergrond", "female": "geslacht", "migration": "migratieachtergrond"}
        held = dutch.join([terms.get(term, term) for term in gap.get("adjusted_for", ())])
        rows.append(["kenniskloof.gap_adjusted", f"Hetzelfde verschil bij gelijke {held}", whom])
    yield _table(rows, (22, 52, 26), "Wat wordt geschat, en over wie.", "schattingen")


def _specifications(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    head = ["Naam", "Schatter", "Vergeleken met", "Jaren vooraf bekend", "Cluster", "Jaren voor en na"]
    rows: list[list[Any]] = [head]
    for item in plan.content.get("rollout", {}).get("specification", ()):
        window = f"{item['leads']} en {item['lags']}"
        rows.append(
            [
                item["name"],
                item.words("estimator"),
                item.words("control"),
                item["anticipation"],
                item.words("cluster"),
                window,
            ]
        )
    yield _table(rows, (14, 24, 22, 14, 13, 13), "Vastgelegde specificaties.", "specificaties")
    curve = plan.content.get("robustness", {}).get("curve", {})
    if curve:
        absent = _LATER_CHOICES if _is_former(plan) else _FORMER_CHOICES
        yield (
            "De robuustheid wordt nagegaan met alle combinaties van deze keuzes. "
            + " ".join(f"{words}: {say(curve[key], key)}." for words, key in _CHOICES if key not in absent)
        )


# Every key of the curve, with those that it had before.
_CHOICES = (
    ("Schatters", "estimators"),
    ("Weging", "weights"),
    ("Metingen waarin een provincie vooruit kan lopen", "anticipation"),
    ("Metingen vóór de eerste start, waarbij nul alle metingen betekent", "before"),
    ("Jaren vóór de eerste start, waarbij nul alle jaren betekent", "years_before"),
    ("Elke provincie een keer weggelaten", "leave_one_out"),
    ("Met buurprovincies als extra term", "spillover"),
    ("Met het andere programma als extra term", "other_policy"),
    ("Herverdelingen per keuze", "draws"),
)
_FORMER_CHOICES = frozenset({"weights", "years_before", "spillover", "other_policy"})
_LATER_CHOICES = frozenset({"before", "draws"})


def _is_former(plan: FrozenPlan) -> bool:
    """Frozen before questions were data: what it says stands under other keys here and there."""
    return "questions" not in plan.content


def _spells(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    design = plan.content.get("exposures", {})
    labels = {item["name"]: item["label"] for item in design.get("exposure", ())}
    rows: list[list[Any]] = [["Programma", "Plaats", "Van", "Tot", "Status", "Bron"]]
    for item in design.get("spell", ()):
        exposure, place = item["exposure"], item["place"]
        rows.append(
            [
                labels.get(exposure, exposure),
                provinces.get(place, place),
                item["start"],
                item.get("end", "loopt door"),
                item["status"],
                item.words("source"),
            ]
        )
    caption = "Waar en wanneer een programma begon. Van andere plaatsen is geen start bekend."
    yield _table(rows, (16, 18, 12, 12, 14, 28), caption, "starts")


def _adoption(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    yield from _spells(plan, provinces)
    by_province: dict[str, dict[str, Mapping[str, Any]]] = {}
    programmes: dict[str, None] = {}
    for item in plan.content.get("rollout", {}).get("adoption", ()):
        by_province.setdefault(item["province"], {})[item["programme"]] = item
        programmes[item["programme"]] = None
    rows: list[list[Any]] = [["Provincie", *(plain(name, "programme") for name in programmes)]]
    for code in sorted(by_province):
        found = by_province[code]
        rows.append([provinces.get(code, code), *(_start(found.get(name)) for name in programmes)])
    twin = "" if _is_former(plan) else " in de tweeling"
    if len(rows) > 1:
        yield (
            "Een start is *gerealiseerd* als een brief aan de Kamer hem noemt. Elke andere start is een "
            "aanname van deze studie, zodat de berekening kan lopen."
        )
    yield _table(
        rows,
        (24, *[38] * len(programmes)),
        f"Begin van de invoering per provincie{twin}, en waarop dat rust.",
        "invoering",
    )


def _start(item: _Named | None) -> str:
    if item is None:
        return "niet bepaald"
    year = str(item["year"]) if "year" in item else "niet in deze jaren"
    return f"{year}; {item['status']} ({item.words('source')})"


def _limits(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    rows: list[list[Any]] = [["Drempel", "Waarde", "Bestand"]]
    absent = _LATER_LIMITS if _is_former(plan) else _FORMER_LIMITS
    for words, file, *path in _LIMITS:
        value: Any = plan.content.get(file)
        if value is None or (file, *path) in absent:
            continue
        for name in path:
            value = value[name]
        rows.append([words, value, f"{file}.toml"])
    yield _table(rows, (60, 20, 20), "Drempels die vooraf vastliggen.", "drempels")


_LIMITS = (
    (
        "Minste aantal bereikte provincies voor een uitspraak",
        "conclusions",
        "limits",
        "treated_provinces",
    ),
    ("Grens voor een p-waarde in een conclusie", "conclusions", "limits", "alpha"),
    ("Minste aantal personen, scholen of gemeenten achter een uitkomst", "disclosure", "rule", "minimum_n"),
    ("Dekking van intervallen, regionale verschillen", "regio", "level"),
    ("Grens voor een p-waarde, regionale verschillen", "regio", "alpha"),
    ("Minste aantal scholen om een provincie te tonen", "regio", "minimum_schools"),
    ("Minste aantal scholen achter een punt dat een plaats toont", "disclosure", "rule", "minimum_schools"),
    ("Dekking van intervallen, Adolescentenpanel", "adks", "level"),
    ("Onderscheidend vermogen dat wordt nagestreefd", "robustness", "power", "target"),
    ("Grens voor een p-waarde, onderscheidend vermogen", "robustness", "power", "alpha"),
)
_FORMER_LIMITS = frozenset({("conclusions", "limits", "treated_provinces"), ("regio", "minimum_schools")})
_LATER_LIMITS = frozenset({("disclosure", "rule", "minimum_schools")})


def _rules(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    design = plan.content.get("conclusions", {})
    titles = {
        "effect": "een effect",
        "gap": "een verschil tussen schoolsoorten",
        "growth": "de verandering van dat verschil",
        "regions": "regio's",
    }
    if design:
        yield (
            "Een conclusie volgt uit een lijst met regels. De eerste regel die geldt, geeft de zin. "
            "Wat tussen accolades staat, wordt ingevuld."
        )
    for name, rules in design.get("rule", {}).items():
        rows: list[list[Any]] = [["Als", "Dan"]]
        rows += [[rule.words("condition"), rule["sentence"]] for rule in rules]
        used = [item["result"] for item in design.get("conclusion", ()) if item["rules"] == name]
        used = used or ["elke vraag"]
        caption = f"Regels voor {escape(titles.get(name, name))}; gebruikt voor {escape(dutch.join(used))}."
        yield _table(rows, (32, 68), caption, f"regels-{name.replace('_', '-')}")


def _seeds(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    rows: list[list[Any]] = [["Bestand", "Sleutel", "Beginwaarde"]]
    for file, tables in plan.content.items():
        rows += [[f"{file}.toml", key, str(value)] for key, value in _walk(tables, "") if "seed" in key]
    yield _table(rows, (30, 45, 25), "Beginwaarden van het toeval.", "toeval")


def _walk(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _walk(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for item in value:
            yield from _walk(
                item, f"{key}[{item.get('programme') or item.get('name') or item.get('id', '')}]"
            )
    else:
        yield key, value


def _files(plan: FrozenPlan, provinces: Mapping[str, str]) -> Iterator[str]:
    rows = [["Bestand in data/design", "Controlegetal (SHA-256, begin)"]]
    rows += [[f"{name}.toml", value[:32]] for name, value in sorted(plan.checksums.items())]
    yield _table(rows, (40, 60), "Bestanden van het plan.", "bestanden")


_SECTIONS = (
    ("Uitkomsten", "uitkomsten", _outcomes),
    ("Vragen", "vragen", _questions),
    ("Wat wordt geschat", "schattingen", _estimands),
    ("Hoe wordt geschat", "specificaties", _specifications),
    ("Wanneer een provincie begon", "invoering", _adoption),
    ("Drempels", "drempels", _limits),
    ("Van uitkomst naar zin", "regels", _rules),
    ("Toeval", "toeval", _seeds),
    ("Bestanden", "bestanden", _files),
)
