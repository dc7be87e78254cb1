"""Contract of the Dutch pupil file of PISA 2003 (``pisa2003_nld.csv.gz``)."""

from __future__ import annotations

import pandera.pandas as pa

REPLICATES = 80
PLAUSIBLE_VALUES = 5
DOMAINS = {"mathematics": "MATH", "reading": "READ", "science": "SCIE", "problem_solving": "PROB"}
REPLICATE_COLUMNS = tuple(f"replicate{k}" for k in range(1, REPLICATES + 1))
TRACKS = ("praktijkonderwijs", "vmbo", "havo", "vwo", "onbekend")


def pv_columns(domain: str) -> list[str]:
    """Names of the plausible values of a domain, a key of :data:`DOMAINS`."""
    if domain not in DOMAINS:
        raise ValueError(f"domain {domain!r}: expected one of {', '.join(DOMAINS)}")
    return [f"{domain}{k}" for k in range(1, PLAUSIBLE_VALUES + 1)]


PUPILS = pa.DataFrameSchema(
    {
        "school": pa.Column(str),
        "pupil": pa.Column(str),
        "programme": pa.Column("int64"),
        "track": pa.Column(str, pa.Check.isin(TRACKS)),
        "female": pa.Column(float, pa.Check.isin([0.0, 1.0]), nullable=True),
        "ses": pa.Column(float, pa.Check.in_range(-8, 8), nullable=True),
        "migration": pa.Column(float, pa.Check.isin([0.0, 1.0]), nullable=True),
        "weight": pa.Column(float, pa.Check.gt(0)),
        **{name: pa.Column(float, pa.Check.ge(0)) for name in REPLICATE_COLUMNS},
        **{
            name: pa.Column(float, pa.Check.in_range(-300, 1300))
            for domain in DOMAINS
            for name in pv_columns(domain)
        },
    },
    unique=["school", "pupil"],
    strict=True,
    name="PISA 2003 pupils",
)
"""One row a pupil. ``ses`` is the OECD's index ESCS; ``track`` follows from the programme by inference."""
