"""Simulated pupil files in the layout of the IEA and the OECD, to be damaged one way at a time."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from analysis.sources.pisa_contract import DOMAINS


def iccs_table(n: int = 300, seed: int = 0, country: str = "NLD") -> pd.DataFrame:
    """A student file with upper-case names; missing values by NaN and by code."""
    rng = np.random.default_rng(seed)
    zone = rng.integers(1, 76, n)
    knowledge = rng.normal(500, 90, n)
    table = {
        "COUNTRY": [country] * n,
        "IDSTUD": 10_000_000.0 + np.arange(n),
        "IDSCHOOL": 1000.0 + zone,
        "IDCLASS": 100_000.0 + zone,
        "S_GENDER": rng.integers(0, 2, n).astype(float),
        "S_NISB": rng.normal(size=n).round(2),
        "S_IMMIG": rng.choice([1.0, 2.0, 3.0], n, p=[0.8, 0.1, 0.1]),
        "S_CITEFF": rng.normal(50, 10, n).round(2),
        "TOTWGTS": rng.lognormal(4, 0.3, n),
        "JKZONES": zone.astype(float),
        "JKREPS": rng.integers(0, 2, n).astype(float),
    }
    table |= {f"PV{k}CIV": (knowledge + rng.normal(0, 30, n)).round(2) for k in range(1, 6)}
    return pd.DataFrame(table)


def write_sav(table: pd.DataFrame, folder: Path, name: str = "ISGNLDC4.sav", **options) -> Path:
    """`table` as an SPSS file."""
    path = folder / name
    pyreadstat.write_sav(table, path, **options)
    return path


def pisa_table(n: int = 200, seed: int = 0) -> pd.DataFrame:
    """The Dutch file of PISA 2003, as text."""
    rng = np.random.default_rng(seed)
    weight = rng.lognormal(3.8, 0.3, n)
    table = {
        "CNT": ["NLD"] * n,
        "SCHOOLID": [f"{1 + k // 10:05d}" for k in range(n)],
        "STIDSTD": [f"{1 + k:05d}" for k in range(n)],
        "PROGN": rng.choice([528003, 528006, 528008, 528010], n).astype(str),
        "ST03Q01": rng.integers(1, 3, n).astype(str),
        "ESCS": [f"{value:.3f}" if rng.random() > 0.1 else "" for value in rng.normal(size=n)],
        "IMMIG": rng.choice(["1", "2", "3", ""], n),
        "W_FSTUWT": [f"{value:.4f}" for value in weight],
    }
    for k in range(1, 81):
        table[f"W_FSTR{k}"] = [f"{value:.4f}" for value in weight * rng.choice([0.5, 1.5], n)]
    for short in DOMAINS.values():
        for k in range(1, 6):
            table[f"PV{k}{short}"] = [f"{value:.2f}" for value in rng.normal(530, 90, n)]
    return pd.DataFrame(table)


def write_pisa(table: pd.DataFrame, folder: Path, name: str = "pisa2003_nld.csv.gz") -> Path:
    """`table` as a gzipped CSV file."""
    path = folder / name
    path.write_bytes(gzip.compress(table.to_csv(index=False).encode("utf-8"), mtime=0))
    return path
