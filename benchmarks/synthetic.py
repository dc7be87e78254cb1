"""Synthetic difference-in-differences and synthetic control: published cases, size and speed.

Run from the repository::

    python benchmarks/synthetic.py california          # needs the package synthdid-py, which carries the data
    python benchmarks/synthetic.py kansas --file F     # F: a CSV with state, year_qtr, lngdpcapita
    python benchmarks/synthetic.py size --draws 1000   # twelve provinces, five treated, no effect
    python benchmarks/synthetic.py speed

Set ``OMP_NUM_THREADS=1``: the matrices are small.
"""

from __future__ import annotations

import argparse
import time
from importlib import resources

import numpy as np
import pandas as pd

from analysis.estimate.synthetic_control import ControlSettings, synthetic_control
from analysis.estimate.synthetic_did import synthetic_did
from analysis.inference.synthetic import permute_control, permute_synthetic, placebo_synthetic
from analysis.unknown import NotEstimableError

COLUMNS = {"unit": "unit", "time": "time", "cohort": "cohort", "outcome": "y"}
MODELS = {  # persistence, standard deviation of the small provinces, of the large ones, heavy tails
    "iid": (0.0, 0.8, 0.8, False),
    "AR .6": (0.6, 0.8, 0.8, False),
    "AR .8, small volatile": (0.8, 1.3, 0.6, False),
    "AR .6, large volatile": (0.6, 0.6, 1.3, False),
    "t(3)": (0.0, 0.8, 0.8, True),
    "t(3), small volatile": (0.0, 1.3, 0.6, True),
}
SMALL = (0, 2, 4, 9)  # Groningen, Drenthe, Flevoland, Zeeland
TREATED = (0, 2, 4, 9, 10)


def california() -> None:
    """Arkhangelsky et al. (2021), table 1: −15.6 (8.4)."""
    with (resources.files("synthdid") / "data" / "california_prop99.csv").open() as source:
        frame = pd.read_csv(source, sep=";").set_axis(["unit", "time", "y", "treated"], axis=1)
    frame["cohort"] = np.where(frame["unit"] == "California", 1989.0, np.nan)
    found = synthetic_did(frame, **COLUMNS)
    placebo = placebo_synthetic(found)
    print(f"{found.estimate:8.3f}  placebo standard error {placebo.se:.2f}, all {placebo.draws}")


def kansas(file: str) -> None:
    """Vignette of augsynth: −.0294, 79.5 %; −.0401, 84.7 %; de-meaned −.0335, 55.1 %."""
    frame = pd.read_csv(file).rename(columns={"state": "unit", "year_qtr": "time", "lngdpcapita": "y"})
    frame["cohort"] = np.where(frame["unit"] == "Kansas", 2012.25, np.nan)
    for augment, demean in ((False, False), (True, False), (False, True)):
        settings = ControlSettings(augment=augment, demean=demean)
        row = synthetic_control(frame, settings=settings, **COLUMNS).table.iloc[0]
        print(
            f"augment {augment}, de-mean {demean}: {row['estimate']:.4f}, imbalance "
            f"{row['rmspe_before'] * np.sqrt(89):.3f}, improvement {100 * row['improvement']:.1f} %"
        )


def size(draws: int) -> None:
    """Share of panels without an effect in which p ≤ .05; ten elections, five provinces from the last on."""
    found = []
    for name, model in MODELS.items():
        for draw in range(draws):
            frame = _panel(model, np.random.default_rng([draw, 5]))
            sdid = synthetic_did(frame, **COLUMNS)
            placebo = placebo_synthetic(sdid)
            record = {
                "shocks": name,
                "permutation": permute_synthetic(sdid).p_value <= 0.05,
                "placebo": abs(sdid.estimate) > 1.96 * placebo.se,
            }
            try:
                control = synthetic_control(frame, settings=ControlSettings(augment=False), **COLUMNS)
                record["control"] = float(permute_control(control).p_value <= 0.05)
            except NotEstimableError:
                record["control"] = np.nan
            found.append(record)
    table = pd.DataFrame(found).groupby("shocks", sort=False)
    print(f"{draws} panels a line, nominal .05; control: refused panels left out")
    print(
        table.mean()
        .assign(refused=table["control"].apply(lambda one: one.isna().mean()))
        .round(3)
        .to_string()
    )


def _panel(model: tuple, rng: np.random.Generator, periods: int = 10) -> pd.DataFrame:
    rho, small, large, heavy = model
    sd = np.full(12, large)
    sd[list(SMALL)] = small
    shocks = rng.standard_t(3, (12, periods)) / np.sqrt(3) if heavy else rng.standard_normal((12, periods))
    for t in range(1, periods):
        shocks[:, t] = rho * shocks[:, t - 1] + np.sqrt(1 - rho**2) * shocks[:, t]
    y = rng.normal(0, 2, (12, 1)) + rng.normal(0, 3, periods) + sd[:, None] * shocks
    cohort = np.where(np.isin(np.arange(12), TREATED), float(periods), np.nan)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(12), periods),
            "time": np.tile(np.arange(1, periods + 1), 12),
            "cohort": np.repeat(cohort, periods),
            "y": y.ravel(),
        }
    )


def speed() -> None:
    """Twelve provinces, ten elections: estimate, and all 792 re-assignments."""
    frame = _panel(MODELS["iid"], np.random.default_rng(1))
    for name, call in (
        ("synthetic difference-in-differences", lambda: synthetic_did(frame, **COLUMNS)),
        ("its 792 re-assignments", lambda: permute_synthetic(synthetic_did(frame, **COLUMNS))),
        ("augmented synthetic control", lambda: synthetic_control(frame, **COLUMNS)),
        ("its 792 re-assignments", lambda: permute_control(synthetic_control(frame, **COLUMNS))),
    ):
        start = time.perf_counter()
        call()
        print(f"{name}: {time.perf_counter() - start:.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("california", "kansas", "size", "speed"))
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--file", help="data of Kansas")
    arguments = parser.parse_args()
    match arguments.what:
        case "california":
            california()
        case "kansas":
            if not arguments.file:
                parser.error("kansas needs --file")
            kansas(arguments.file)
        case "size":
            size(arguments.draws)
        case _:
            speed()


if __name__ == "__main__":
    main()
