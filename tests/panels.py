"""Small panels, as the files would give them, and what is asked of them."""

from __future__ import annotations

from dataclasses import replace

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.disclosure import disclosure_rule
from analysis.design.regio import TRACKS, regio_design
from analysis.estimate.attrition import attrition_weights
from analysis.estimate.growth_study import growth_studies
from analysis.estimate.region_study import Margins, RegionColumns, region_study
from analysis.estimate.small_areas import small_areas
from analysis.panel.adolescents import AdolescentPanel
from analysis.panel.regio import RegioPanel, regio_panel
from analysis.sources.sourced import Sourced
from analysis.synthetic.adks import adks_twin
from analysis.unknown import attempt

ADKS = adks_design()
REGIO = regio_design()
ATTITUDE_OUTCOME, KNOWLEDGE_OUTCOME = "politiek_zelfvertrouwen", "burgerschapskennis"


def adks_panel(frame=None, *, pupils=800, trial=False) -> AdolescentPanel:
    """The twin with few pupils: on trial with its truth, else as a real file would be taken up."""
    twin = adks_twin(ADKS, seed=5, pupils=pupils)
    frame = twin.frame if frame is None else frame
    kind, source = (DataKind.SYNTHETIC, "tweeling_adks") if trial else (DataKind.REAL, "adks")
    return AdolescentPanel(Sourced(frame, kind, source, ""), twin.truth if trial else None, 0, 0)


def adks_studied(panel: AdolescentPanel, outcomes=ADKS.names):
    """Weights and studies of `outcomes`, as the notebook asks for them."""
    weights = attempt(
        attrition_weights, panel.data.frame, unit="pupil", time="wave", group="track", groups=TRACKS,
        last_answer="politiek_zelfvertrouwen", cluster="school", trim=(0, 0.999), base_weight="weight",
    )  # fmt: skip
    pair = {"minuend": ADKS.minuend, "subtrahend": ADKS.subtrahend}
    return weights, growth_studies(panel.data.frame, outcomes, weights, groups=TRACKS, **pair)


def region_panel(outcome=ATTITUDE_OUTCOME, frame=None, *, schools=120, trial=False) -> RegioPanel:
    """The twin with few schools: on trial with its truth, else as a real file would be taken up."""
    panel = regio_panel(outcome, schools=schools, trial=True)
    if trial:
        return panel
    frame = panel.data.frame if frame is None else frame
    return replace(panel, data=Sourced(frame, DataKind.REAL, "adks", ""), truth=None)


def region_studied(panel: RegioPanel):
    """The study of `panel`, as the notebook asks for it."""
    rule = disclosure_rule()
    margins = Margins(
        **REGIO.margins(panel.outcome), least_units=rule.minimum_n, least_schools=rule.minimum_schools
    )
    return region_study(panel.data.frame, panel.outcome, RegionColumns(**panel.columns(REGIO)), margins)


def region_areas(panel: RegioPanel):
    """Its provinces one by one, as the notebook asks for them."""
    rule = disclosure_rule()
    few = {"least_units": rule.minimum_n, "least_schools": rule.minimum_schools}
    return attempt(small_areas, panel.data.frame, **panel.areas, **few, level=REGIO.level)


def without_pupils(frame, province: str, left: int):
    """`frame` with no more than `left` pupils in `province`."""
    lot = frame.index[frame["province"] == province]
    return frame.drop(lot[left:]).reset_index(drop=True)
