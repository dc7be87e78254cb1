"""Tables of provinces of which a survey has few schools, by outcome."""

from __future__ import annotations

import pandas as pd

from analysis import dutch
from analysis.answers.regio_names import AREAS
from analysis.chapters.cells import Points
from analysis.design.regio import RegioDesign, RegioOutcome
from analysis.exhibits import TableExhibit
from analysis.results import Released, Series, interval_name
from analysis.results.row import NOT_ESTABLISHED, NOT_SHOWN
from analysis.results.series import SCHOOLS, N


def area_tables(released: Released, design: RegioDesign, outcomes: dict[str, str]) -> list[TableExhibit]:
    """``tbl-regio-gebieden`` and ``tbl-regio-houding-gebieden``.

    Parameters
    ----------
    outcomes : dict
        What the ids of exhibits hold, by the name of the outcome.
    """
    return [
        _table(released, design.named(name), released.points(f"{AREAS}.{name}"), f"regio-{part}gebieden")
        for name, part in outcomes.items()
    ]


def _table(released: Released, outcome: RegioOutcome, series: Series, id: str) -> TableExhibit:
    told = Points(series, ("region",))
    columns = [
        "Provincie", "Scholen (leerlingen)", "Rechtstreeks (fout)", "Fay–Herriot (fout)",
        interval_name(series.level), "Eigen gewicht (%)",
    ]  # fmt: skip
    planted = "truth" in series.points.columns
    cells = [
        (
            line.label,
            _counts(line),
            _with_error(told, line.region, "direct", "direct_se"),
            _with_error(told, line.region, "estimate", "se"),
            told.interval(line.region),
            _share(told, line.region),
            *([dutch.number(line.truth, series.decimals)] if planted else ()),
        )
        for line in series.points.itertuples()
    ] or [(NOT_ESTABLISHED, *["niet van toepassing"] * (len(columns) - 1))]  # the caption says why
    return TableExhibit(
        id=released.exhibit("tbl", id),
        cells=pd.DataFrame(cells, columns=[*columns, *(["Gekozen"] if planted else ())]),
        caption=(
            f"{dutch.capital(outcome.label)} per provincie, in {outcome.unit}, bij dezelfde verdeling over "
            "schoolsoorten en jaren: rechtstreeks uit de eigen scholen, met de steekproeffout, en volgens "
            "Fay en Herriot, met de wortel van de gemiddelde gekwadrateerde fout. Eigen gewicht: hoe zwaar "
            f"de eigen meting daarin telt. {told.remark}"
        ).strip(),
        kind=series.kind,
        source=series.source,
        align="lrrrlr" + "r" * planted,
        widths=[18, 16, 18, 18, 25, 11, *([12] if planted else ())],
    )


def _with_error(told: Points, region: str, value: str, error: str) -> str:
    known = told.number(region, value)
    return f"{known} ({told.number(region, error)})" if told.knows(region) else known


def _share(told: Points, region: str) -> str:
    known = told.series.points.set_index("region").loc[region, "own_pct"]
    return told.number(region, "own_pct") if pd.isna(known) else dutch.number(known)


def _counts(line) -> str:
    schools, pupils = getattr(line, SCHOOLS), getattr(line, N)
    return NOT_SHOWN if pd.isna(schools) else f"{dutch.number(schools)} ({dutch.number(pupils)})"
