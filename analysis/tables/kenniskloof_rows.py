"""Result rows of the chapter on the gap in civic knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import dutch
from analysis.design.gap import TRACKS, GapDesign
from analysis.estimate.survey import t_quantile
from analysis.results import Result
from analysis.sources.sourced import Sourced
from analysis.synthetic.iccs import CivicTruth

NOT_AN_EFFECT = (
    "Een verschil tussen schoolsoorten is niet het effect van een schoolsoort: leerlingen verschillen ook in "
    "andere dingen."
)
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
NOT_SHOWN = "Niet getoond: een ander niveau met te weinig leerlingen zou hieruit volgen."


@dataclass(frozen=True)
class GapChapter:
    """What the rows of the chapter share.

    Attributes
    ----------
    panel : Sourced
    design : GapDesign
    truth : CivicTruth or None
        What was planted in the twin.
    minimum_n : int
        Pupils a released share rests on at the least.
    level : float
        Coverage of the intervals.
    """

    panel: Sourced
    design: GapDesign
    truth: CivicTruth | None
    minimum_n: int
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
    for track in (design.subtrahend, design.minuend):
        rows += _level_rows(chapter, levels, track, schools)
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


def _level_rows(
    chapter: GapChapter, levels: pd.DataFrame, track: str, schools: int | None
) -> Iterator[Result]:
    """Shares by level of one track.

    A level with too few pupils carries their number, on which disclosure control withholds it. The next
    smallest is left out here, or the first would follow from the others.
    """
    table = levels[levels["track"] == track].set_index("level")
    inside = table["inside"].sort_values()
    second = inside.index[1] if inside.iloc[0] < chapter.minimum_n else None
    for level, (name, label) in _level_names(chapter.design).items():
        share = table.loc[level]
        few = {"n": int(share["inside"])} if share["inside"] < chapter.minimum_n else {}
        if level == second:
            few = {"note": NOT_SHOWN}
        yield chapter.row(
            f"{name}_{track}",
            f"{label}, {track}",
            None if level == second else share,
            unit="%",
            clusters=schools,
            **few,
        )


def _level_names(design: GapDesign) -> dict[str, tuple[str, str]]:
    """Id and Dutch name of each level shown."""
    names = {level: (f"level_{level.lower()}", f"niveau {level}") for level in design.shown_levels}
    lowest = list(design.shown_levels)[-1]
    return names | {"below": (f"below_{lowest.lower()}", f"lager dan niveau {lowest}")}
