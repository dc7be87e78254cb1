"""Result rows of the chapter on the adolescent panel."""

from __future__ import annotations

from analysis.design.adks import AdksDesign, AdksOutcome
from analysis.estimate.attrition import AttritionWeights
from analysis.estimate.growth import PRIMARY, Estimate, Growth
from analysis.estimate.growth_study import GrowthStudy
from analysis.panel.adolescents import AdolescentPanel
from analysis.results import Result

NOT_AN_EFFECT = "Een verschil tussen schoolsoorten is niet het effect van een schoolsoort."
MODEL_NAMES = {
    "pooled": "gewogen gemiddelden",
    "random": "toevallige effecten",
    "correlated": "toevallige effecten met gemiddelden per leerling",
    "fixed": "vaste effecten per leerling",
}


def panel_rows(
    panel: AdolescentPanel, weights: AttritionWeights, study: GrowthStudy, design: AdksDesign, outcome: str,
    *, named: bool = False,
) -> list[Result]:  # fmt: skip
    """All results on one outcome; the ids are the same for real and synthetic rows.

    Parameters
    ----------
    named : bool
        Put the outcome's name into the ids (``panel.stemintentie_gap_start``); without it they are those of
        the main outcome, and what holds for the whole panel comes along.
    """
    chosen = design.named(outcome)
    main = study.weighted[PRIMARY]
    row = _Rows(panel, design, chosen, f"{outcome}_" if named else "", main)
    gap = f"verschil {design.minuend} − {design.subtrahend}"
    truth = None if panel.truth is None else panel.truth[outcome]
    rows = [
        row("n", "leerlingen", main.units, "leerlingen", decimals=0),
        row("n_answers", "antwoorden", main.n, "antwoorden", decimals=0),
        row.estimate("gap_start", f"{gap} bij de eerste meting", main.gap_start),
        row.estimate("gap_end", f"{gap} bij de laatste meting", main.gap_end),
        row.estimate("gap_change", f"verandering per jaar van het {gap}", main.gap_change),
        *(
            row.estimate(f"gap_change_{model}", f"verandering per jaar van het {gap}, {MODEL_NAMES[model]}",
                         fit.gap_change)
            for model, fit in study.weighted.items() if model != PRIMARY
        ),
        row.estimate("gap_change_unweighted", f"verandering per jaar van het {gap}, zonder uitvalweging",
                     study.unweighted.gap_change),
        *(
            row.estimate(f"slope_{track}", f"verandering per jaar, {track}", found)
            for track, found in main.slopes.items()
        ),
        _mundlak(row, study.weighted["correlated"]),
        row("truth_gap_start", f"waar {gap} bij de eerste meting in de tweeling",
            None if truth is None else truth.gap_start),
        row("truth_gap_change", f"ware verandering per jaar van het {gap} in de tweeling",
            None if truth is None else truth.gap_change),
    ]  # fmt: skip
    if named:
        return rows
    last, first = weights.by_wave.iloc[-1], weights.by_wave.iloc[0]
    frame = panel.data.frame
    share = frame["pupil"].isin(frame.loc[frame["wave"] == first["wave"], "pupil"]) & (
        frame["wave"] == last["wave"]
    )
    stayed = int(share.sum())
    return [
        *rows,
        row("n_schools", "scholen", main.clusters, "scholen", decimals=0),
        row("n_last", "leerlingen bij de laatste meting", last["n"], "leerlingen", decimals=0),
        row.percent("share_last", "deel van de eerste deelnemers dat bij de laatste meting nog meedoet",
                    stayed / first["n"]),
        row("effective_n", "antwoorden na uitvalweging, omgerekend naar gelijke gewichten",
            weights.effective_n, "antwoorden", decimals=0),
        row("weight_max", "grootste uitvalgewicht", weights.weights.max(), "", decimals=1,
            note="Gemiddeld gewicht is 1."),
        row("weights_trimmed", "antwoorden met een afgekapt gewicht", weights.trimmed, "antwoorden",
            decimals=0),
    ]  # fmt: skip


class _Rows:
    """Makes rows that share panel, outcome and units."""

    def __init__(
        self, panel: AdolescentPanel, design: AdksDesign, outcome: AdksOutcome, prefix: str, main: Growth
    ) -> None:
        self.panel, self.design, self.outcome, self.prefix, self.main = panel, design, outcome, prefix, main

    def __call__(self, name: str, label: str, value, unit: str | None = None, **options) -> Result:
        values = {
            "kind": self.panel.data.kind,
            "source": self.panel.data.source,
            "n": self.main.units,
            "clusters": self.main.clusters,
            "decimals": self.outcome.decimals,
            "level": self.design.level,
            **options,
        }
        return Result(
            id=f"panel.{self.prefix}{name}",
            label=f"{self.outcome.label}: {label}",
            value=None if value is None else float(value),
            unit=self.outcome.unit if unit is None else unit,
            outcome=self.outcome.name,
            specification=f"groei, {MODEL_NAMES[PRIMARY]}",
            **values,
        )

    def estimate(self, name: str, label: str, found: Estimate | None) -> Result:
        if found is None:
            return self(name, label, None, note=NOT_AN_EFFECT)
        return self(name, label, found.value, se=found.se, low=found.low, high=found.high, note=NOT_AN_EFFECT)

    def percent(self, name: str, label: str, share: float) -> Result:
        return self(name, label, 100 * share, "%", decimals=0)


def _mundlak(row: _Rows, fit: Growth) -> Result:
    label = "hangt het niveau van leerlingen samen met hoe lang zij meedoen? p (toets van Mundlak)"
    if fit.mundlak is None:
        return row("mundlak_p", label, None, "", decimals=3)
    first, second = fit.mundlak.freedom
    note = f"F-toets met {first} en {second} vrijheidsgraden. Klein betekent: ja."
    return row("mundlak_p", label, fit.mundlak.p_value, "", decimals=3, note=note)
