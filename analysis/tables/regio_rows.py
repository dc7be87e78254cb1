"""Result rows of the regional chapter."""

from __future__ import annotations

from analysis import dutch
from analysis.datakind import DataKind
from analysis.design.regio import RegioDesign, RegioOutcome
from analysis.estimate.region_study import RegionAnswer, RegionStudy
from analysis.panel.regio import TWIN, RegioPanel
from analysis.results import Result

NOT_AN_EFFECT = (
    "Een verschil tussen schoolsoorten is niet het effect van een schoolsoort: leerlingen verschillen ook in "
    "andere dingen."
)
STUDY = "studie"
_LEVELS = {
    "municipality": ("municipality", "gemeenten"),
    "school_id": ("school", "scholen"),
    "school_track": ("class", "schoolsoorten binnen een school"),
    "residual": ("pupil", "leerlingen"),
}


def regio_rows(
    panel: RegioPanel, study: RegionStudy, design: RegioDesign, *, plan_power: float, prefix: str = ""
) -> list[Result]:
    """All results on one outcome; the ids are the same for real and synthetic rows.

    Parameters
    ----------
    plan_power : float
        Chance that a study of the size of the adolescent panel would show equivalence.
    prefix : str
        Before the name in the id, for a second outcome: ``houding_``.
    """
    outcome = design.named(panel.outcome)
    level, gap = study.level, study.gap
    estimates = level.estimates
    row = _Rows(panel, design, outcome, prefix, estimates.n, len(estimates.regions))
    widest = level.table.loc[level.table["raw"].abs().idxmax()]
    truth = panel.truth
    one_sided = f"Klein betekent: gelijkwaardigheid is aangetoond (grens {dutch.number(design.alpha, 2)})."
    freedom = f"F-toets met {level.joint.freedom[0]} en {level.joint.freedom[1]} vrijheidsgraden."
    rows = [
        row("n", "leerlingen", estimates.n, "leerlingen", decimals=0),
        row("n_schools", "scholen", panel.data.frame["school_id"].nunique(), "scholen", decimals=0),
        row("n_provinces", "provincies", len(estimates.regions), "provincies", decimals=0),
        row.declared("smallest_of_interest", "kleinste spreiding die ertoe doet", outcome.smallest_sd),
        row.declared("smallest_deviation", "kleinste afwijking die ertoe doet", outcome.smallest_deviation),
        row.spread("sd_province", "spreiding tussen provincies", level),
        *_components(row, level),
        row.p("joint_p", "alle provincies gelijk, p", level.joint.p_value, freedom),
        row.p("equivalence_p", "spreiding kleiner dan wat ertoe doet, p", level.sd_below.p_value, one_sided),
        row.p("equivalence_deviation_p", "elke afwijking kleiner dan wat ertoe doet, p",
              level.deviation_within.p_value, one_sided),
        row.percent("power", "kans dat gelijkwaardigheid blijkt als provincies gelijk zijn", level.power_sd),
        row.percent("power_deviation", "dezelfde kans, voor elke provincie apart", level.power_deviation),
        row.percent("power_panel", f"dezelfde kans met {design.panel_schools} scholen", plan_power,
                    kind=DataKind.SYNTHETIC, source=TWIN,
                    note="Berekend uit de aannames van de tweeling, niet uit antwoorden."),
        row("max_abs_effect", "grootste afwijking van een provincie, ruw", abs(widest["raw"]),
            se=widest["raw_se"], note="De grootste is uitgekozen en valt daardoor te groot uit."),
        row("max_abs_shrunken", "grootste afwijking van een provincie, bijgesteld",
            level.table["shrunken"].abs().max()),
        row.mean_gap("gap", "gemiddeld verschil vwo − vmbo over de provincies", gap),
        row.within("within_gap", "verschil vwo − vmbo binnen scholen", study),
        row.spread("gap_sd_province", "spreiding tussen provincies in het verschil vwo − vmbo", gap),
        row.p("gap_joint_p", "het verschil vwo − vmbo overal gelijk, p",
              None if gap is None else gap.joint.p_value),
        row.p("gap_equivalence_p", "spreiding in het verschil kleiner dan wat ertoe doet, p",
              None if gap is None else gap.sd_below.p_value, one_sided),
        row.percent("gap_power", "kans dat gelijkwaardigheid van het verschil blijkt",
                    None if gap is None else gap.power_sd),
        row("truth_sd_province", "ware spreiding tussen provincies in de tweeling",
            None if truth is None else truth.sd["province"]),
        row("truth_max_abs_effect", "ware grootste afwijking in de tweeling",
            None if truth is None else truth.level.abs().max()),
        row("truth_gap_sd_province", "ware spreiding in het verschil in de tweeling",
            None if truth is None else truth.sd["province_gap"]),
    ]  # fmt: skip
    return rows


class _Rows:
    """Makes rows that share panel, outcome and units."""

    def __init__(self, panel, design: RegioDesign, outcome: RegioOutcome, prefix: str, n: int, clusters: int):
        self.panel, self.design, self.outcome, self.prefix = panel, design, outcome, prefix
        self.n, self.clusters = n, clusters

    def __call__(self, name: str, label: str, value, unit: str | None = None, **options) -> Result:
        values = {
            "kind": self.panel.data.kind,
            "source": self.panel.data.source,
            "n": self.n,
            "clusters": self.clusters,
            "decimals": self.outcome.decimals,
            "level": self.design.level,
            **options,
        }
        return Result(
            id=f"regio.{self.prefix}{name}",
            label=f"{self.outcome.label}: {label}",
            value=None if value is None else float(value),
            unit=self.outcome.unit if unit is None else unit,
            outcome=self.outcome.name,
            specification="regio",
            **values,
        )

    def declared(self, name: str, label: str, value: float) -> Result:
        return self(name, label, value, kind=DataKind.FACT, source=STUDY, n=None, clusters=None,
                    note="Vooraf gekozen, zie data/design/regio.toml.")  # fmt: skip

    def spread(self, name: str, label: str, answer: RegionAnswer | None) -> Result:
        if answer is None:
            return self(name, label, None)
        found = answer.spread
        return self(name, label, found.sd, low=found.low, high=found.high, n=answer.estimates.n,
                    clusters=len(answer.estimates.regions))  # fmt: skip

    def p(self, name: str, label: str, value: float | None, note: str = "") -> Result:
        return self(name, label, value, "", decimals=3, note=note)

    def percent(self, name: str, label: str, share: float | None, **options) -> Result:
        value = None if share is None else 100 * share
        return self(name, label, value, "%", **{"decimals": 0, **options})

    def mean_gap(self, name: str, label: str, answer: RegionAnswer | None) -> Result:
        if answer is None:
            return self(name, label, None, note=NOT_AN_EFFECT)
        mean, se, low, high = answer.estimates.mean(self.design.level)
        return self(name, label, mean, se=se, low=low, high=high, n=answer.estimates.n,
                    clusters=answer.estimates.groups, note=NOT_AN_EFFECT)  # fmt: skip

    def within(self, name: str, label: str, study: RegionStudy) -> Result:
        found = study.within
        if found is None:
            return self(name, label, None, note=NOT_AN_EFFECT)
        return self(name, label, found.estimate, se=found.se, low=found.low, high=found.high,
                    clusters=found.clusters, note=NOT_AN_EFFECT)  # fmt: skip


def _components(row: _Rows, answer: RegionAnswer) -> list[Result]:
    """Spread by level below the province, and each level's share; unknown where it cannot be told apart."""
    found = answer.estimates.components.set_index("level")
    total = found["variance"].sum() + answer.spread.sd**2
    rows = [
        row.percent(
            "share_province",
            "deel van de variantie tussen provincies",
            answer.spread.sd**2 / total,
            decimals=1,
        )
    ]
    for level, (name, label) in _LEVELS.items():
        known = level in found.index
        rows.append(row(f"sd_{name}", f"spreiding tussen {label}", found.loc[level, "sd"] if known else None))
    return rows
