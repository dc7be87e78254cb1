"""Result rows and tables of the chapter on the gap in civic knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.gap import TRACKS, GapDesign
from analysis.estimate.gap import cycle_change
from analysis.estimate.survey import t_quantile, with_interval
from analysis.exhibits import TableExhibit
from analysis.results import Result
from analysis.sources.sourced import Sourced
from analysis.synthetic.iccs import CivicTruth
from analysis.tables.systems import system_name

NOT_AN_EFFECT = (
    "Een verschil tussen schoolsoorten is niet het effect van een schoolsoort: leerlingen verschillen ook in "
    "andere dingen."
)
PUBLISHED = "iccs-gepubliceerd"
POINTS = "punten"
SD = "standaarddeviaties"
COVARIATES = {
    "ses": "sociale achtergrond",
    "female": "geslacht",
    "migration": "migratieachtergrond",
}
_STEPS = {
    "ses": "per standaarddeviatie sociale achtergrond",
    "female": "meisjes vergeleken met jongens",
    "migration": "leerlingen met vergeleken met zonder migratieachtergrond",
}
NOT_APPLICABLE = "niet van toepassing"


@dataclass(frozen=True)
class GapChapter:
    """What the rows of the chapter share.

    Attributes
    ----------
    panel : Sourced
    design : GapDesign
    truth : CivicTruth or None
        What was planted in the twin.
    level : float
        Coverage of the intervals.
    """

    panel: Sourced
    design: GapDesign
    truth: CivicTruth | None
    level: float = 0.95

    @property
    def pair(self) -> str:
        return f"{self.design.minuend} − {self.design.subtrahend}"

    def row(
        self, name: str, label: str, estimate: pd.Series | None, *, unit: str = POINTS, **fields
    ) -> Result:
        """A row from a line of an estimator's frame; kind and source follow the panel."""
        given = {
            "kind": self.panel.kind,
            "source": self.panel.source,
            "level": self.level,
            "outcome": "civic_knowledge",
            "decimals": 0,
        }
        value = None
        if estimate is not None:
            scale = 100.0 if unit == "%" else 1.0
            value = scale * estimate["estimate"]
            given["n"] = int(estimate["n"])
            if np.isfinite(estimate["se"]):
                se = scale * estimate["se"]
                margin = t_quantile(estimate["df"], self.level) * se
                low, high = value - margin, value + margin
                if unit == "%":
                    low, high = max(low, 0.0), min(high, 100.0)
                given |= {"se": se, "low": low, "high": high}
        given |= fields
        return Result(f"kenniskloof.{name}", label, value, unit, **given)

    def planted(self, name: str, label: str, value: float | None, **fields) -> Result:
        """A row with what the twin was made with; unknown for real rows."""
        note = "" if value is not None else "Echte gegevens: het ware getal is onbekend."
        given = {
            "kind": self.panel.kind,
            "source": self.panel.source,
            "n": len(self.panel.frame),
            "decimals": 0,
            "note": note,
        }
        return Result(f"kenniskloof.{name}", label, value, fields.pop("unit", POINTS), **(given | fields))


def gap_rows(
    chapter: GapChapter,
    *,
    means: pd.DataFrame,
    gap: pd.DataFrame,
    gap_sd: pd.DataFrame,
    adjusted: pd.DataFrame,
    decomposition: pd.DataFrame,
    levels: pd.DataFrame,
    interactions: Mapping[str, pd.DataFrame],
) -> tuple[Result, ...]:
    """Everything on the gap; the ids are the same for real and synthetic rows.

    Parameters
    ----------
    means, levels : pandas.DataFrame
        By ``track``, from the survey engine.
    gap, gap_sd, adjusted, decomposition : pandas.DataFrame
    interactions : mapping of covariate to pandas.DataFrame
        Adjusted differences with that covariate as moderator.
    """
    design, frame, pair = chapter.design, chapter.panel.frame, chapter.pair
    schools = int(frame["school"].nunique()) if "school" in frame else None
    by_track = means.set_index("track")
    total = decomposition[decomposition["term"] == "total"].set_index(["reference", "component"])
    on_complete = total.loc[(design.subtrahend, "gap")]
    term = adjusted.set_index("term")
    shared = {"clusters": schools, "note": NOT_AN_EFFECT}
    same = dutch.join([COVARIATES[name] for name in design.adjusted_for])
    rows = [
        chapter.row("gap", f"verschil in gemiddelde, {pair}", gap.iloc[0], **shared),
        chapter.row(
            "gap_sd", f"verschil in gemiddelde, {pair}", gap_sd.iloc[0], unit=SD, decimals=2, **shared
        ),
        chapter.row(
            "gap_complete", f"hetzelfde verschil, leerlingen met bekende {same}", on_complete, **shared
        ),
        chapter.row("gap_adjusted", f"verschil bij gelijke {same}, {pair}", term.loc["difference"], **shared),
        *(
            chapter.row(f"mean_{track}", f"gemiddelde {track}", by_track.loc[track], clusters=schools)
            for track in TRACKS
            if track in by_track.index
        ),
    ]
    for reference in (design.subtrahend, design.minuend):
        for component, label in (
            ("explained", "deel van het verschil dat samengaat met achtergrond"),
            ("unexplained", "deel van het verschil dat daar niet mee samengaat"),
        ):
            rows.append(
                chapter.row(
                    f"{component}_{reference}",
                    f"{label}, gewogen als op het {reference}",
                    total.loc[(reference, component)],
                    **shared,
                )
            )
    for name, table in interactions.items():
        found = table.set_index("term").loc[f"difference x {name}"]
        rows.append(
            chapter.row(
                f"interaction_{name}", f"hoeveel groter het verschil is, {_STEPS[name]}", found, **shared
            )
        )
    shares = levels.set_index(["track", "level"])
    for track in (design.subtrahend, design.minuend):
        for level, (name, label) in _level_names(design).items():
            share = shares.loc[(track, level)]
            rows.append(
                chapter.row(f"{name}_{track}", f"{label}, {track}", share, unit="%", clusters=schools)
            )
    truth = chapter.truth
    rows += [
        chapter.planted("n", "leerlingen", len(frame), unit="leerlingen", note=""),
        chapter.planted("n_schools", "scholen", schools, unit="scholen", note=""),
        chapter.planted(
            "n_left_out",
            "leerlingen weggelaten",
            sum(count for _, count in chapter.panel.dropped),
            unit="leerlingen",
            note="; ".join(reason for reason, _ in chapter.panel.dropped),
        ),
        chapter.planted("truth_gap", "verschil dat in de tweeling is gestopt", truth and truth.gap),
        chapter.planted(
            "truth_gap_sd",
            "hetzelfde in standaarddeviaties",
            truth and truth.gap / truth.sd,
            unit=SD,
            decimals=2,
        ),
        chapter.planted(
            "truth_gap_adjusted",
            "verschil bij gelijke achtergrond dat in de tweeling is gestopt",
            truth and truth.gap_adjusted,
        ),
        *(
            chapter.planted(
                f"truth_mean_{track}",
                f"gemiddelde {track} in de tweeling",
                truth and truth.mean_by_track[track],
            )
            for track in TRACKS
        ),
    ]
    return tuple(rows)


def country_rows(means: pd.DataFrame, design: GapDesign) -> tuple[Result, ...]:
    """How far the Netherlands lies from each other system, and how it changed between cycles.

    Parameters
    ----------
    means : pandas.DataFrame
        Of :func:`analysis.sources.facts.iccs_means`. Samples of different systems are independent.
    """
    table = means.set_index(["cycle", "system"])
    home, *others = design.countries.systems
    rows = []
    for cycle in design.countries.cycles:
        for system in others:
            if (cycle, system) in table.index:
                own, other = table.loc[(cycle, home)], table.loc[(cycle, system)]
                # Two systems of one cycle stand on one scale: no link is crossed.
                value, se = cycle_change(
                    other["mean"], _known(other["se"]), own["mean"], _known(own["se"]), 0.0
                )
                rows.append(
                    _fact(
                        f"difference_{system.lower()}_{cycle}",
                        f"Nederland − {system_name(system)} in {cycle}",
                        value,
                        se,
                        "De standaardfout van het andere gemiddelde is onbekend."
                        if se is None
                        else "Uit beide gemiddelden en standaardfouten; status per cijfer in data/facts.",
                    )
                )
    for link in design.links:
        before, after = table.loc[(link.first, home)], table.loc[(link.second, home)]
        value, se = cycle_change(
            before["mean"], _known(before["se"]), after["mean"], _known(after["se"]), link.points
        )
        note = (
            "De koppelfout tussen de metingen is onbekend; daarom geen interval."
            if link.points is None
            else f"Met koppelfout van {dutch.number(link.points, 1)} punten ({link.source})."
        )
        rows.append(
            _fact(
                f"change_{link.first}_{link.second}",
                f"verandering in Nederland van {link.first} naar {link.second}",
                value,
                se,
                note,
            )
        )
    return tuple(rows)


def country_table(means: pd.DataFrame, design: GapDesign) -> pd.DataFrame:
    """Means of the systems shown, for :func:`analysis.figures.cycles.means_by_cycle`."""
    shown = means[
        means["system"].isin(design.countries.systems) & means["cycle"].isin(design.countries.cycles)
    ]
    order = {system: place for place, system in enumerate(design.countries.systems)}
    shown = shown.assign(order=shown["system"].map(order)).sort_values(["order", "cycle"])
    return pd.DataFrame(
        {
            "label": shown["system"].map(system_name),
            "cycle": shown["cycle"],
            "mean": shown["mean"],
            "se": shown["se"],
            "published": shown["published_mean"].notna(),
        }
    ).reset_index(drop=True)


def gap_table(chapter: GapChapter, rows: tuple[Result, ...]) -> TableExhibit:
    """All estimates, and beside them what the twin was made with when the rows are synthetic."""
    found = {row.id.removeprefix("kenniskloof."): row for row in rows}
    truths = {
        "gap": "truth_gap",
        "gap_sd": "truth_gap_sd",
        "gap_complete": "truth_gap",
        "gap_adjusted": "truth_gap_adjusted",
        **{f"mean_{track}": f"truth_mean_{track}" for track in TRACKS},
    }
    shown = [name for name in found if not name.startswith(("truth", "n", "explained", "unexplained"))]
    shown.sort(key=lambda name: not name.startswith("mean_"))
    synthetic = chapter.panel.kind is DataKind.SYNTHETIC
    cells = []
    for name in shown:
        row = found[name]
        line = [
            dutch_capital(row.label),
            _with_unit(row),
            row.interval_text,
            dutch.number(row.n),
        ]
        if synthetic:
            planted = found.get(truths.get(name, ""))
            if name.startswith("interaction"):
                line.append(_value(0.0, row))
            else:
                line.append("niet vooraf bepaald" if planted is None else _value(planted.value, row))
        cells.append(line)
    columns = ["Uitkomst", "Schatting", f"{dutch.number(100 * chapter.level)}%-interval", "Leerlingen"]
    return TableExhibit(
        id="tbl-kenniskloof",
        cells=pd.DataFrame(cells, columns=[*columns, "In de tweeling gestopt"] if synthetic else columns),
        caption=f"Burgerschapskennis naar schoolsoort. {NOT_AN_EFFECT}",
        kind=chapter.panel.kind,
        source=chapter.panel.source,
        align="lrlrr" if synthetic else "lrlr",
        widths=[44, 26, 26, 14, 18] if synthetic else [44, 26, 26, 14],
    )


def decomposition_table(chapter: GapChapter, decomposition: pd.DataFrame) -> TableExhibit:
    """The split of the gap at the slopes of either track, side by side."""
    design = chapter.design
    table = with_interval(decomposition, chapter.level).set_index(["reference", "component", "term"])
    lines = [("gap", "total", "Verschil"), ("explained", "total", "Gaat samen met achtergrond")]
    lines += [("explained", name, f"– waarvan met {COVARIATES[name]}") for name in design.adjusted_for]
    lines += [("unexplained", "total", "Gaat daar niet mee samen")]
    references = (design.subtrahend, design.minuend)
    cells = pd.DataFrame({"Onderdeel": [label for *_, label in lines]})
    for reference in references:
        found = [table.loc[(reference, component, term)] for component, term, _ in lines]
        cells[f"Gewogen als op het {reference} (punten)"] = [
            f"{dutch.number(row['estimate'], 0)} ({dutch.interval(row['low'], row['high'], 0)})"
            for row in found
        ]
    if chapter.truth is not None:
        planted = {("gap", "total"): chapter.truth.gap, ("unexplained", "total"): chapter.truth.gap_adjusted}
        planted[("explained", "total")] = chapter.truth.gap - chapter.truth.gap_adjusted
        planted |= {("explained", name): value for name, value in chapter.truth.explained.items()}
        cells["In de tweeling gestopt"] = [
            dutch.number(planted[(component, term)], 0) for component, term, _ in lines
        ]
    n = dutch.number(int(decomposition["n"].iloc[0]))
    return TableExhibit(
        id="tbl-kenniskloof-decompositie",
        cells=cells,
        caption=f"Het verschil {chapter.pair} verdeeld (Oaxaca, Blinder en Kitagawa), in punten met "
        f"{dutch.number(100 * chapter.level)}%-interval; {n} leerlingen met bekende achtergrond. De kolommen "
        "wegen de achtergrond zoals die op de ene of de andere schoolsoort met kennis samengaat; geen van "
        "beide is de juiste. Ook dit is een beschrijving: samengaan is geen oorzaak.",
        kind=chapter.panel.kind,
        source=chapter.panel.source,
        align="l" + "r" * (cells.shape[1] - 1),
        widths=[34, 32, 32, 18][: cells.shape[1]],
    )


def dutch_capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fact(name: str, label: str, value: float, se: float | None, note: str) -> Result:
    margin = None if se is None else 1.959963984540054 * se
    return Result(
        f"kenniskloof.{name}",
        label,
        value,
        POINTS,
        DataKind.FACT,
        PUBLISHED,
        se=se,
        low=None if margin is None else value - margin,
        high=None if margin is None else value + margin,
        outcome="civic_knowledge",
        note=note,
    )


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _level_names(design: GapDesign) -> dict[str, tuple[str, str]]:
    """Id and Dutch name of each level shown."""
    names = {level: (f"level_{level.lower()}", f"niveau {level}") for level in design.shown_levels}
    lowest = list(design.shown_levels)[-1]
    return names | {"below": (f"below_{lowest.lower()}", f"lager dan niveau {lowest}")}


def _with_unit(row: Result) -> str:
    return _value(row.value, row) + ("" if row.unit in ("", "%") or row.value is None else f" {row.unit}")


def _value(value: float | None, row: Result) -> str:
    text = dutch.number(value, row.decimals)
    return f"{text}%" if row.unit == "%" and value is not None else text
