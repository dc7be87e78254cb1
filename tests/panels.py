"""A small adolescent panel, as the file would give it, and what is asked of it."""

from __future__ import annotations

from analysis.datakind import DataKind
from analysis.design.adks import adks_design
from analysis.design.regio import TRACKS
from analysis.estimate.attrition import attrition_weights
from analysis.estimate.growth_study import growth_studies
from analysis.panel.adolescents import AdolescentPanel
from analysis.sources.sourced import Sourced
from analysis.synthetic.adks import adks_twin
from analysis.unknown import attempt

ADKS = adks_design()


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
