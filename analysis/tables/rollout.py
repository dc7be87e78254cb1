"""The rows and the table of a roll-out chapter, from its estimates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from analysis import dutch
from analysis.credibility.pretrend import Pretrend
from analysis.datakind import DataKind
from analysis.design.rollout import Programme
from analysis.estimate.did import Aggregate, Bacon, ClusterJackknife, TwoWay
from analysis.estimate.regional import JointTest, RegionEstimates
from analysis.exhibits import TableExhibit
from analysis.inference import Inference, Randomisation
from analysis.results import Result
from analysis.sources.sourced import Sourced
from analysis.synthetic.rollout import Truth

DECIMALS = 2
STUDY = "studie"
JACKKNIFE = "Interval door telkens één provincie weg te laten, met Student's t."
NOT_APPLICABLE = "niet van toepassing"


@dataclass(frozen=True)
class Chapter:
    """What the rows of one roll-out chapter share.

    Attributes
    ----------
    panel : Sourced
    design : Programme
    truth : Truth or None
        What was planted in a twin.
    """

    panel: Sourced
    design: Programme
    truth: Truth | None

    def row(self, name: str, label: str, value: float | None, *, unit: str = "", **fields) -> Result:
        """A row of this chapter; kind and source follow the panel."""
        given = {"kind": self.panel.kind, "source": self.panel.source, "n": self.municipalities}
        given |= {"outcome": self.design.outcome.name}
        return Result(f"{self.design.name}.{name}", label, value, unit, **(given | fields))

    @property
    def schedule_caption(self) -> str:
        """Caption of the roll-out figure."""
        if self.panel.kind is DataKind.REAL:
            return f"Start van {self.design.label} per provincie, volgens de registratie."
        return self.design.schedule

    @property
    def comparison_note(self) -> str:
        """Who is compared with whom, for the caption of the event study."""
        return (
            "Vergeleken is met provincies die in dat jaar nog niet begonnen zijn; bij vaste effecten ook met "
            "provincies die al begonnen zijn."
        )

    @property
    def map_caption(self) -> str:
        """Caption of the map of effects by province."""
        assumed = "" if self.panel.kind is DataKind.REAL else " Een deel van de startjaren is een aanname."
        return (
            "Geschat effect per provincie, naar het gemiddelde getrokken. Gearceerd: geen start in de "
            f"onderzochte jaren, dus geen effect te schatten.{assumed}"
        )

    @property
    def municipalities(self) -> int:
        return int(self.panel.frame["municipality"].nunique())

    @property
    def provinces(self) -> int:
        return int(self.panel.frame["province"].nunique())

    @property
    def treated(self) -> int:
        """Provinces that start within the panel."""
        return int(self.panel.frame.loc[self.panel.frame["cohort"].notna(), "province"].nunique())


def effect_rows(
    chapter: Chapter,
    *,
    effects: Aggregate,
    randomisation: Randomisation,
    classic: TwoWay,
    inference: Inference,
) -> tuple[Result, ...]:
    """The effect, by group-time comparisons and by two-way fixed effects, and what it was with a twin.

    The intervals are those of the studentised randomisation test; where one has no end, none is given.
    """
    outcome = chapter.design.outcome
    low, high = finite(randomisation.interval_studentised)
    classic_low, classic_high = finite(inference.interval)
    shared = {"unit": outcome.unit, "decimals": DECIMALS, "clusters": chapter.provinces}
    planted = chapter.truth.att if chapter.truth is not None else None
    return (
        chapter.row(
            "att",
            f"effect op {outcome.label.lower()}",
            effects.estimate,
            se=effects.se,
            low=low,
            high=high,
            specification="hoofd",
            **shared,
        ),
        chapter.row(
            "att_twfe",
            f"effect op {outcome.label.lower()}, vaste effecten voor gemeente en jaar",
            classic.estimate,
            se=classic.se,
            low=classic_low,
            high=classic_high,
            specification="klassiek",
            **shared,
        ),
        chapter.row(
            "truth",
            "effect dat in de synthetische tweeling is gestopt",
            planted,
            note="" if planted is not None else "Echte gegevens: het ware effect is onbekend.",
            **shared,
        ),
        chapter.row(
            "smallest_of_interest",
            "kleinste effect dat ertoe doet",
            outcome.smallest_of_interest,
            unit=outcome.unit,
            kind=DataKind.FACT,
            source=STUDY,
            n=None,
            decimals=1,
        ),
    )


def other_rows(
    chapter: Chapter, *, imputed: ClusterJackknife, interacted: ClusterJackknife, parts: Bacon
) -> tuple[Result, ...]:
    """The effect by two other estimators, and what the two-way coefficient compares."""
    outcome = chapter.design.outcome
    shared = {"unit": outcome.unit, "decimals": DECIMALS, "clusters": chapter.provinces}
    shared["note"] = JACKKNIFE
    rows = []
    for name, method, fit in (
        ("att_imputation", "door toerekening", imputed),
        ("att_sun_abraham", "Sun en Abraham", interacted),
    ):
        low, high = fit.interval()
        label = f"effect op {outcome.label.lower()}, {method}"
        rows.append(chapter.row(name, label, fit.estimate, se=fit.se, low=low, high=high, **shared))
    forbidden = chapter.row(
        "forbidden_share",
        "aandeel vergelijkingen met provincies die al begonnen zijn, bij vaste effecten",
        100 * parts.forbidden_share,
        unit="%",
        decimals=1,
        note="Goodman-Bacon (2021), over gemeenten die in elk jaar zijn waargenomen.",
    )
    return (*rows, forbidden)


def p_rows(
    chapter: Chapter, *, randomisation: Randomisation, inference: Inference, pretrend: Pretrend
) -> tuple[Result, ...]:
    """p-values; below five treated provinces there is none, and the note says why."""
    refused = inference.refusal or ""
    detectable = math.inf if pretrend.detectable_80 is None else pretrend.detectable_80
    shared = {"decimals": 3, "clusters": chapter.provinces}
    return (
        chapter.row(
            "p_value",
            "p-waarde van het effect (randomisatietoets)",
            None if refused else randomisation.p_studentised,
            note=refused,
            specification="hoofd",
            **shared,
        ),
        chapter.row(
            "p_twfe",
            "p-waarde bij vaste effecten (randomisatietoets)",
            None if refused else inference.p_value,
            note=refused,
            specification="klassiek",
            **shared,
        ),
        chapter.row(
            "smallest_p",
            "kleinste p-waarde die de toets kan geven",
            randomisation.smallest_p,
            decimals=5,
            clusters=chapter.provinces,
        ),
        chapter.row(
            "pretrend_p",
            "p-waarde voor gelijke ontwikkeling vóór de start (randomisatietoets)",
            pretrend.p_randomisation,
            note="Een hoge p-waarde bewijst niet dat de ontwikkeling gelijk was.",
            **shared,
        ),
        chapter.row(
            "pretrend_detectable",
            "verschil in ontwikkeling dat de toets in vier van de vijf gevallen ziet",
            detectable if math.isfinite(detectable) else None,
            unit=f"{chapter.design.outcome.unit} per jaar",
            decimals=DECIMALS,
            clusters=chapter.provinces,
        ),
    )


def design_rows(chapter: Chapter) -> tuple[Result, ...]:
    """How many provinces and municipalities the comparison rests on."""
    frame = chapter.panel.frame
    treated = frame["cohort"].notna()
    assumed = 0
    if chapter.panel.kind is DataKind.SYNTHETIC:
        assumed = sum(item.assumed and item.year is not None for item in chapter.design.adoptions)
    counts = (
        ("n_provinces", "provincies", chapter.provinces),
        ("n_treated_provinces", "provincies met een start binnen de onderzochte jaren", chapter.treated),
        ("n_assumed_provinces", "waarvan de start een aanname is", assumed),
        ("n_municipalities", "gemeenten", chapter.municipalities),
        (
            "n_treated_municipalities",
            "gemeenten in provincies met een start",
            int(frame.loc[treated, "municipality"].nunique()),
        ),
        ("n_left_out", "rijen weggelaten", sum(count for _, count in chapter.panel.dropped)),
    )
    return tuple(chapter.row(name, label, value) for name, label, value in counts)


def dose_rows(chapter: Chapter, slope: ClusterJackknife) -> tuple[Result, ...]:
    """The slope of the dose, and the planted one."""
    reach = chapter.design.reach
    unit = f"{chapter.design.outcome.unit} per jongere per {dutch.number(reach.per_inhabitants)} inwoners"
    low, high = slope.interval()
    planted = chapter.truth.dose_slope if chapter.truth is not None else None
    caveat = (
        "Alleen het effect van een hogere dosis als plaatsen met veel en met weinig bereik evenveel baat "
        "zouden hebben bij hetzelfde bereik."
    )
    shared = {"unit": unit, "decimals": DECIMALS, "clusters": chapter.provinces}
    return (
        chapter.row(
            "dose_slope",
            "verschil in uitkomst bij meer bereik",
            slope.estimate,
            se=slope.se,
            low=low,
            high=high,
            note=f"{caveat} {JACKKNIFE}",
            **shared,
        ),
        chapter.row("dose_truth", "helling die in de tweeling is gestopt", planted, **shared),
    )


def map_rows(chapter: Chapter, provinces: RegionEstimates, joint: JointTest) -> tuple[Result, ...]:
    """Whether the effect differs between provinces: the test behind the map."""
    return (
        chapter.row(
            "provinces_p",
            "p-waarde voor een gelijk effect in alle provincies met een start",
            joint.p_value,
            decimals=3,
            clusters=len(provinces.regions),
            note="Neemt aan dat schokken per provincie en jaar onafhankelijk en even groot zijn.",
        ),
    )


def effect_table(chapter: Chapter, rows: tuple[Result, ...]) -> TableExhibit:
    """The estimates beside each other, with their p-values."""
    found = {row.id.partition(".")[2]: row for row in rows}
    lines = (
        ("Groepen en jaren (hoofdschatting)", "att", "p_value"),
        ("Vaste effecten voor gemeente en jaar", "att_twfe", "p_twfe"),
        ("Toerekening", "att_imputation", None),
        ("Sun en Abraham", "att_sun_abraham", None),
    )
    cells = [
        (
            label,
            dutch.number(found[name].value, DECIMALS, sign=True),
            found[name].interval_text,
            _p_text(found[p]) if p else "niet getoetst",
        )
        for label, name, p in lines
    ]
    outcome = chapter.design.outcome
    planted = found["truth"]
    if planted.value is not None:
        shown = dutch.number(planted.value, DECIMALS, sign=True)
        cells.append(("Wat in de tweeling is gestopt", shown, NOT_APPLICABLE, NOT_APPLICABLE))
    if "dose_slope" in found:
        slope = found["dose_slope"]
        shown = dutch.number(slope.value, DECIMALS, sign=True)
        cells.append(("Per eenheid bereik", shown, slope.interval_text, "niet getoetst"))
    refused = found["p_value"].note
    return TableExhibit(
        id=f"tbl-{chapter.design.name}",
        cells=pd.DataFrame(
            cells, columns=["Schatting", f"Effect ({outcome.unit})", "95%-interval", "p-waarde"]
        ),
        caption=(
            f"Geschat effect op {outcome.label[0].lower()}{outcome.label[1:]}, met de randomisatietoets over "
            f"provincies. {refused}".strip()
        ),
        kind=chapter.panel.kind,
        source=chapter.panel.source,
        align="lrlr",
    )


def _p_text(row: Result) -> str:
    return "geen uitspraak" if row.value is None else dutch.p_value(row.value)


def finite(interval: tuple[float, float]) -> tuple[float | None, float | None]:
    """`interval`, or no interval at all when an end is infinite: the test cannot exclude anything there."""
    low, high = interval
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (None, None)
