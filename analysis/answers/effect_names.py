"""What estimators and specifications of an effect are called, in rows and to the reader.

Apart from the estimators themselves: a chapter that names them need not load them.
"""

from __future__ import annotations

MAIN, IMPUTED, TWO_WAY, INTERACTED = "group_time", "imputation", "two_way", "sun_abraham"
WEIGHTED, IMITATED = "synthetic_did", "synthetic_control"
STOPPED = "stopped"  # with what was measured after a stop
WEIGHTED_METHODS = {WEIGHTED: "gewogen provincies", IMITATED: "nagebootste provincies"}
METHODS = {
    MAIN: "groepen en metingen",
    IMPUTED: "imputatie",
    TWO_WAY: "vaste effecten",
    INTERACTED: "Sun en Abraham",
    STOPPED: "ook waar het stopte",
    **WEIGHTED_METHODS,
}
HEADLINE = "hoofd"  # the specification that the plan names first
MEASURED = "metingen"  # what was measured, a point a measurement
GROUPS = {"exposed": "met start", "others": "zonder start"}
