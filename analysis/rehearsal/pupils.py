"""Stand-ins for pupil files: ICCS 2022 as IEA ships it, and the adolescent panel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.rehearsal.activities import PROVINCES
from analysis.rehearsal.places import School

TRACK = "ITCOURSE"
LEVELS = {1: "vmbo basisberoepsgericht", 2: "vmbo kaderberoepsgericht", 3: "vmbo-gt", 4: "havo",
          5: "havo/vwo", 6: "vwo"}  # fmt: skip
_MEANS = {1: 415, 2: 450, 3: 485, 4: 525, 5: 556, 6: 584}
_SHARES = [0.12, 0.15, 0.25, 0.2, 0.1, 0.18]
_SCALES = ("CITEFF", "ELECPART", "INTRUST", "OPDISC", "CIVLRN", "POLPART", "LEGACT", "POLDISC")
_OMITTED = {"S_NISB": 9999.0, "S_HISEI": 9999.0, "S_IMMIG": 9.0, "S_CITEFF": 9998.0, "IS4G02": 9.0}
VALUE_LABELS = {
    "IS4G02": {1.0: "Boy", 2.0: "Girl", 3.0: "Another", 9.0: "Omitted"},
    "S_GENDER": {0.0: "Boy", 1.0: "Girl", 2.0: "Another"},
    TRACK: {float(code): name for code, name in LEVELS.items()},
}


def civic_pupils(
    classes: int, rng: np.random.Generator, *, change: float = 0.0, values: int = 10
) -> pd.DataFrame:
    """One class a school, two schools a zone; codes for missing as the IEA writes them.

    Parameters
    ----------
    change : float
        Points by which all know more than in 2022.
    values : int
        Plausible values: ten in 2022, five before.
    """
    rows = []
    for number in range(classes):
        track = int(rng.choice(list(LEVELS), p=_SHARES))
        together, weight = rng.normal(0, 25), rng.lognormal(4.2, 0.3)
        for pupil in range(int(rng.integers(14, 27))):
            gender = rng.choice([0.0, 1.0, 2.0], p=[0.49, 0.49, 0.02])
            migration = float(rng.choice([1, 2, 3], p=[0.78, 0.16, 0.06]))
            ses = rng.normal(0.2 * (track - 3.5) - 0.3 * (migration > 1), 0.9)
            able = change + _MEANS[track] + together + 9 * ses + 10 * (gender == 1) - 12 * (migration > 1)
            able += rng.normal(0, 60)
            row = {
                "COUNTRY": "NLD", "IDCNTRY": 528.0, "IDSTUD": float(10_000_000 + number * 1000 + pupil),
                "IDSCHOOL": 1001.0 + number, "IDCLASS": 100_101.0 + 100 * number, "IDGRADE": 8.0,
                "S_GENDER": gender, "IS4G02": gender + 1, "S_AGE": round(rng.normal(14, 0.5), 2),
                "S_NISB": round(ses, 2), "S_HISEI": round(float(np.clip(rng.normal(52, 18), 11, 89)), 2),
                "S_HOMLIT": float(rng.integers(0, 5)), "S_IMMIG": migration, TRACK: float(track),
                "TOTWGTS": round(float(weight * rng.lognormal(0, 0.02)), 5),
                "JKZONES": float(number // 2 + 1), "JKREPS": float(number % 2),
            }  # fmt: skip
            row |= {f"S_{name}": round(rng.normal(50, 10), 2) for name in _SCALES}
            row |= {f"PV{k}CIV": round(float(able + rng.normal(0, 32)), 2) for k in range(1, values + 1)}
            rows.append(row)
    frame = pd.DataFrame(rows)
    for column, code in _OMITTED.items():
        frame.loc[rng.random(len(frame)) < 0.03, column] = code
    return frame


def adolescents(found: Sequence[School], count: int, rng: np.random.Generator) -> pd.DataFrame:
    """A row a pupil and wave: pupils leave, change track, skip questions; vmbo ends after four years."""
    rows = []
    last = {"vmbo": 4, "havo": 5, "vwo": 6}
    for pupil in range(count):
        school = found[int(rng.integers(0, len(found)))]
        track = str(rng.choice(["vmbo", "havo", "vwo"], p=[0.5, 0.25, 0.25]))
        own = rng.normal(0, 0.5)
        for wave in range(1, 7):
            if wave > last[track] or (wave > 1 and rng.random() < 0.25):
                break
            if wave > 1 and rng.random() < 0.03:
                track = {"vwo": "havo", "havo": "vmbo", "vmbo": "vmbo"}[track]
                if wave > last[track]:
                    break
            lead = {"vmbo": 0.0, "havo": 0.5, "vwo": 1.0}[track]
            able = np.clip(2.5 + 0.3 * lead + 0.05 * wave + own + rng.normal(0, 0.5), 1, 5)
            trust = np.clip(5 + 0.6 * lead + own + rng.normal(0, 1.4), 0, 10)
            answers = {
                "politiek_zelfvertrouwen": f"{able:.2f}",
                "stemintentie": str(int(rng.random() < 0.55 + 0.2 * lead)),
                "vertrouwen_ambtsdragers": f"{trust:.1f}",
                "leven_in_democratie_belangrijk": str(int(rng.random() < 0.3 + 0.3 * lead + 0.05 * wave)),
            }
            answers = {
                name: str(rng.choice(["-9", "99"])) if rng.random() < 0.04 else value
                for name, value in answers.items()
            }
            rows.append(
                {"leerling": f"L{pupil:05d}", "school": school.location, "meting": wave, "schoolsoort": track,
                 **answers, "gemeente": school.town.name, "provincie": PROVINCES[school.town.province]}
            )  # fmt: skip
    return pd.DataFrame(rows)
