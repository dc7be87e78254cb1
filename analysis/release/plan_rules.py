"""Which rules follow the numbers: sentences, disclosure, notebooks, seeds and files, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis import dutch
from analysis.design.plan import PARAMETERS, checksum
from analysis.release.plan_table import Content, table
from analysis.release.plan_words import plain, say

_TITLES = {
    "effect": "een effect",
    "gap": "een verschil tussen schoolsoorten",
    "growth": "een verschil dat met de jaren verandert",
    "regions": "regio's",
}


def conclusions(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """Which result leads to which sentence."""
    design = content.get("conclusions", {})
    if design:
        yield (
            "Een conclusie volgt uit een lijst met regels. De eerste regel die geldt, geeft de zin. Wat "
            "tussen accolades staat, wordt ingevuld. Een p-waarde telt als klein onder "
            f"{plain(design['limits']['alpha'])}. De regels voor een effect gelden voor elke vraag."
        )
    for name, rules in design.get("rule", {}).items():
        rows: list[list[Any]] = [["Als", "Dan"]]
        rows += [[rule.words("condition"), rule["sentence"]] for rule in rules]
        yield table(rows, (32, 68), f"Regels voor {_TITLES.get(name, name)}.", f"regels-{name}")


def disclosure(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """What is withheld."""
    design = content.get("disclosure")
    if not design:
        return
    rule = design["rule"]
    # A plan of before there were questions says it elsewhere, or not at all.
    schools = rule["minimum_schools"] if "questions" in content else rule.get("minimum_schools")
    also = f" Een plaats met minder dan {say(schools)} scholen ook niet." if schools else ""
    yield (
        f"Een uitkomst over minder dan {say(rule['minimum_n'])} personen wordt niet getoond; telt de bron "
        f"geen personen, dan gaat het om plaatsen.{also} Kleinste en grootste waarden van personen worden "
        "niet getoond."
    )
    if design.get("group") or design.get("contrast"):
        yield (
            "Kan een achtergehouden uitkomst uit een andere volgen, zoals een deel uit een totaal of een "
            "groep uit een verschil, dan wordt ook die achtergehouden."
        )


def notebooks(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """The notebooks there are, and the parameters that every run of them uses."""
    parameters = content.get(PARAMETERS, {})
    rows: list[list[Any]] = [["Notebook", "Vraag", "Parameters"]]
    for item in content.get("notebooks", {}).get("notebook", ()):
        values = parameters[item["name"]]
        shown = "; ".join(f"{name} = {plain(value) or 'leeg'}" for name, value in values.items())
        rows.append([item["name"], item["question"], shown])
    yield table(rows, (16, 54, 30), "Notebooks, en de parameters van elke run.", "notebooks")


def seeds(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """Every seed in the design files and notebooks."""
    found = [
        f"{file} {key} {value}"
        for file, tables in content.items()
        if file != PARAMETERS
        for key, value in _walk(tables, "")
        if "seed" in key
    ]
    beside = any("seed" in key for key, _ in _walk(content.get(PARAMETERS, {}), ""))
    also = " Andere beginwaarden (seed) staan bij de parameters van de notebooks." if beside else ""
    if found:
        yield f"Toeval begint bij een vaste waarde, zodat elke run hetzelfde geeft: {say_list(found)}.{also}"


def files(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """The checksum of each design file."""
    rows = [["Bestand in data/design", "Controlegetal (SHA-256, begin)"]]
    rows += [
        ["parameters van notebooks" if name == PARAMETERS else f"{name}.toml", checksum(tables)[:32]]
        for name, tables in sorted(content.items())
    ]
    yield table(rows, (40, 60), "Bestanden van het plan.", "bestanden")


def say_list(texts: list[str]) -> str:
    """Texts in one sentence, each escaped and never cut short."""
    return dutch.join([say(text) for text in texts])


def _walk(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _walk(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for item in value:
            name = item.get("programme") or item.get("name") or item.get("id", "")
            yield from _walk(item, f"{key}[{name}]")
    else:
        yield key, value
