"""How the plan estimates and checks, and what the twins try, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import dutch
from analysis.design.questions import Places, places_of
from analysis.inference.setting import MIN_CLUSTERS
from analysis.release.plan_table import Content, by_name, table
from analysis.release.plan_words import plain, say

_TERMS = {"ses": "sociale achtergrond", "female": "geslacht", "migration": "migratieachtergrond"}


def estimators(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """Headline, co-primary estimator and test; the gap between tracks; the spread between provinces."""
    if content.get("questions"):
        few, places = dutch.number(_minimum(content)), _places(content)
        yield (
            "Hoofdschatting is het gemiddelde effect per groep en meting (Callaway en Sant\\'Anna): "
            "plaatsen die tegelijk begonnen, bij elke meting vergeleken met plaatsen die dan nog niet "
            f"begonnen zijn. Daarnaast staat altijd {_beside(content)}, als tweede hoofdschatting. "
            f"{_compared(content)} en Sun en Abraham staan erbij ter vergelijking. Bij de opkomst zijn dat "
            "ook gewogen provincies (synthetische verschil-in-verschillen) en nagebootste provincies "
            "(aangevulde synthetische controle)."
            f"{_stopped(content)}"
        )
        yield (
            f"De p-waarde komt uit een randomisatietoets over {places.many}: wat een {places.one} meemaakte, "
            "gemeten naar hoe sterk haar uitkomst schommelt, gebeurt op alle andere manieren bij een andere. "
            "Start, omvang en schommeling blijven waar zij zijn, en elke schatting wordt gedeeld door haar "
            "jackknifefout. Het interval bestaat uit de effecten die deze toets niet verwerpt. "
            f"Bij minder dan {few} {places.many} met een start, of minder dan {few} zonder, volgt "
            "geen uitspraak over toeval."
        )
    gap = content.get("kenniskloof")
    if gap:
        held = dutch.join([_TERMS.get(term, term) for term in gap["adjusted_for"]])
        yield (
            f"De kenniskloof is het gemiddelde van het {say(gap['minuend'])} min dat van het "
            f"{say(gap['subtrahend'])}, ook bij gelijke {held}. Dat is een beschrijving, en geen effect van "
            "de schoolsoort."
        )
    regio, panel = content.get("regio"), content.get("adks")
    if regio:
        yield (
            "Regionale verschillen gaan over de spreiding tussen deze twaalf provincies. Intervallen hebben "
            f"een dekking van {_percent(regio['level'])}; toetsen op gelijkheid en op gelijkwaardigheid "
            f"gebruiken een grens van {_percent(regio['alpha'])}."
        )
    if panel:
        ends = sorted((panel["last_wave"] if "questions" in content else {}).items(), key=lambda end: end[1])
        last = "".join(
            f"; {'de' if track == 'havo' else 'het'} {track} tot en met meting {wave}" for track, wave in ends
        )
        told = bool(regio) and regio["level"] == panel["level"]
        own = "" if told else f" Intervallen hebben een dekking van {_percent(panel['level'])}."
        yield (f"Het Adolescentenpanel heeft {say(panel['waves'])} jaarlijkse metingen{last}.{own}")


def _places(content: Content) -> Places:
    """What is re-assigned: where programmes start, or places where some start here and others there."""
    exposures = content.get("exposures", {}).get("exposure", ())
    return places_of(item.get("place", "province") for item in exposures)


_ESTIMATORS = {"imputation": "imputatie (Borusyak, Jaravel en Spiess)", "two_way": "vaste effecten"}


def _headline(content: Content) -> Mapping[str, Any]:
    """The choices of ``method.toml``; a plan from before it had these."""
    before = {"beside": "imputation", "compared": "two_way", "minimum_clusters": MIN_CLUSTERS}
    return content["method"]["headline"] if "method" in content else before


def _beside(content: Content) -> str:
    return _ESTIMATORS[_headline(content)["beside"]]


def _compared(content: Content) -> str:
    return dutch.capital(_ESTIMATORS[_headline(content)["compared"]])


_ON_OFF = {
    "switch_path": " per meting onder het programma, met wat daarna doorwerkt",
    "switchers": " bij de meting waarin het begon of stopte",
}


def _stopped(content: Content) -> str:
    """What stands beside the headline where a programme stopped; nothing in a plan from before that."""
    chosen = _headline(content).get("stopped")
    if chosen is None:
        return ""
    return (
        " Waar een programma stopte, laten deze schattingen weg wat daarna is gemeten, en staat er een "
        f"schatting bij die dat meeneemt: het effect{_ON_OFF[chosen]} (De Chaisemartin en D\\'Haultfœuille)."
    )


def _minimum(content: Content) -> int:
    return int(_headline(content)["minimum_clusters"])


def checks(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """Robustness and power, from ``robustness.toml``."""
    design = content.get("robustness")
    if not design:
        return
    curve, tried, power = design["curve"], design["checks"], design["power"]
    leave_out = ", en telkens zonder één provincie" if curve["leave_one_out"] else ""
    yield (
        "Elke vraag gaat door dezelfde controles. De specificatiecurve combineert deze keuzes: schatter "
        f"({say(curve['estimators'], 'estimators')}), metingen waarin plaatsen op de start vooruit kunnen "
        f"lopen ({_numbers(curve['anticipation'])}) en metingen vóór de eerste start (alle of de laatste "
        f"{say([n for n in curve['before'] if n])}){leave_out}. Waar zij bestaan, doen ook andere wegingen "
        "mee, en bij regressie en imputatie buurprovincies en het andere programma. De toets op de hele "
        f"curve gebruikt {say(curve['draws'])} herverdelingen."
    )
    yield (
        f"Een verzonnen start ligt {_numbers(tried['placebo'])} metingen vóór de echte; vooruitlopen is "
        f"nagegaan voor {_numbers(tried['anticipation'])} metingen. De gevoeligheidsanalyse (Rambachan en "
        f"Roth) laat na de start een verschil in ontwikkeling toe van hooguit {_numbers(tried['mbar'])} keer "
        f"het grootste van de {say(tried['leads'])} metingen ervoor. Bij elke waarde hoort een interval; "
        "ook staat er tot welke waarde nul is uitgesloten. Verder: andere weging, buurprovincies, het "
        "andere programma, en een start die niet door loting is bepaald (Rosenbaum)."
    )
    if "strata" in design:
        alarm, inside = design["alarm"], _named(design["strata"]["randstad"], provinces)
        yield (
            f"Dezelfde starts zijn ook herverdeeld binnen de Randstad ({inside}) en daarbuiten apart. Hoe "
            "vaak de toets zonder effect aanslaat, volgt voor elke vraag uit "
            f"{dutch.number(alarm['draws'])} nagebootste onderzoeken met {say(alarm['reassigned'])} "
            "herverdelingen, voor acht soorten schokken; in twee daarvan delen de provincies aan de rand "
            f"({_named(alarm['periphery'], provinces)}) een schok."
        )
    yield (
        f"Wat te zien is, is het kleinste effect dat in {_percent(power['target'])} van "
        f"{dutch.number(power['draws'])} nagebootste onderzoeken wordt gevonden, met "
        f"{_percent(power['alpha'])} als grens voor de p-waarde. De effecten die zijn geprobeerd, lopen van "
        f"{_numbers(power['effects'][:1])} tot {_numbers(power['effects'][-1:])} keer het kleinste dat ertoe "
        f"doet{_units_tried(content)}."
    )
    planned = content.get("meten")
    if planned:
        test = planned["test"]
        yield (
            "Ontwerpen om vanaf nu te meten zijn zo groot dat zij het gekozen effect met "
            f"{_percent(test['target'])} kans zien, met {_percent(test['alpha'])} als grens voor de "
            "p-waarde. Dat is berekend met een formule, en nagebootst met de schatters van dit rapport."
        )


def _units_tried(content: Content) -> str:
    """Outcomes of which effects are tried in another unit than the smallest effect of interest."""
    tried = {item["tried"] for item in content.get("outcomes", {}).get("outcome", ()) if item.get("tried")}
    return f", en bij de opkomst keer {_numbers(sorted(tried))} punt" if tried else ""


def twins(content: Content, provinces: Mapping[str, str]) -> Iterator[str]:
    """The chosen truth of the twins of the programmes, and what is asked of them."""
    design = content.get("rollout", {})
    labels = by_name(design.get("programme", []))
    rows: list[list[Any]] = [
        [
            "Programma",
            "Effect bij de start",
            "Erbij per jaar",
            "Per jaar later begonnen",
            "Per bereikte jongere op 1.000 inwoners",
        ]
    ]
    for item in design.get("twin", ()):
        rows.append(
            [
                labels[item["programme"]]["label"],
                *(
                    plain(item[key])
                    for key in ("effect_start", "effect_growth", "effect_cohort", "effect_dose")
                ),
            ]
        )
    if len(rows) > 1:
        yield (
            "Een tweeling is een nagebootst bestand waarin het effect vooraf is gekozen. Zij laat zien of de "
            "rekenwijze dat effect terugvindt, en zegt niets over Nederland. Alles eraan is een aanname."
        )
    yield table(
        rows,
        (20, 20, 20, 20, 20),
        "Effecten die voor de tweelingen zijn gekozen, in punten.",
        "tweelingen",
    )
    diagnosis = content.get("robustness", {}).get("diagnosis")
    if diagnosis:
        yield (
            f"Buiten dit rapport is de opzet na te gaan op {dutch.number(diagnosis['draws'])} tweelingen, "
            f"met {say(diagnosis['reassigned'])} herverdelingen per toets en {_percent(diagnosis['alpha'])} "
            "als grens (`benchmarks/credibility.py`)."
        )


def _percent(share: float) -> str:
    return f"{dutch.number(100 * share)} procent"


def _named(codes: Sequence[str], provinces: Mapping[str, str]) -> str:
    return dutch.join([provinces.get(code, code) for code in codes])


def _numbers(values: Sequence[float]) -> str:
    """Numbers as a sentence lists them; with decimals among them, between semicolons."""
    words = [plain(value).removesuffix(",0") for value in values]
    return "; ".join(words) if any("," in word for word in words) else dutch.join(words)
