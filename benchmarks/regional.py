"""Regional differences and growth: size, power and coverage on twins, and speed beside statsmodels.

Run from the repository::

    python benchmarks/regional.py regions   # joint test, equivalence tests, intervals, shrinkage
    python benchmarks/regional.py pooled    # coverage of the effect in a next province, by shock model
    python benchmarks/regional.py growth    # bias and coverage of the gap and its change, by model
    python benchmarks/regional.py speed     # nested variance components beside statsmodels, if installed

``--draws`` sets the number of twins. Set ``OMP_NUM_THREADS=1``: the matrices are small.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
import tracemalloc

import numpy as np
import pandas as pd

from analysis.design.adks import adks_design
from analysis.design.regio import TRACKS, regio_design
from analysis.estimate.attrition import attrition_weights
from analysis.estimate.equivalence import all_within, spread_below
from analysis.estimate.growth import MODELS, growth
from analysis.estimate.pooled_effects import pooled_effects
from analysis.estimate.regional import identified_levels, joint_test, region_gaps, region_levels
from analysis.estimate.shrinkage import shrunken
from analysis.estimate.spread import spread
from analysis.estimate.variance_components import nested_variance_components
from analysis.panel.regio import LEVELS
from analysis.synthetic.adks import adks_twin
from analysis.synthetic.regio import regio_twin


def regions(draws: int, outcome: str = "politiek_zelfvertrouwen") -> None:
    """Provinces placed anew in every twin, their spread exactly zero, as planned, and at the bound."""
    design = regio_design()
    plain = dataclasses.replace(design.named(outcome), sd_province=0.0, sd_province_gap=0.0)
    bound, limit, planned = plain.smallest_sd, plain.smallest_deviation, design.named(outcome).sd_province
    design = dataclasses.replace(design, outcome=(plain,))
    found = []
    for schools in (design.panel_schools, None):
        for sd in (0.0, planned, bound):
            for draw in range(draws):
                found.append(
                    {
                        "schools": schools or "all",
                        "sd": sd,
                        **_regions(design, sd, bound, limit, schools, draw),
                    }
                )
    table = pd.DataFrame(found).groupby(["schools", "sd"], sort=False).mean()
    print(
        f"{draws} twins a line; outcome {outcome}; bound {bound} (spread), {limit} (deviation); nominal 0.05"
    )
    print(table.round(3).T.to_string())


def _regions(design, sd: float, bound: float, limit: float, schools: int | None, draw: int) -> dict:
    outcome = design.outcome[0].name
    codes = [one.code for one in design.twin.provinces]
    rng = np.random.default_rng([draw, 7])
    level, gap = (sd * (one - one.mean()) / one.std(ddof=1) for one in rng.standard_normal((2, 12)))
    frame = regio_twin(design, seed=10_000 + draw, schools=schools).frame.dropna().reset_index(drop=True)
    province = frame["province"].map({code: i for i, code in enumerate(codes)}).to_numpy()
    side = frame["track"].map({"vwo": 0.5, "vmbo": -0.5, "havo": 0.0}).to_numpy()
    frame[outcome] += level[province] + side * gap[province]
    frame["school_track"] = frame["school_id"].astype(str) + frame["track"]
    within = identified_levels(frame, "province", LEVELS)
    names = {"outcome": outcome, "region": "province", "regions": codes, "within": within}
    years = {"school_year": design.twin.school_years}
    estimates = {
        "level": region_levels(frame, categories={"track": TRACKS, **years}, **names),
        "gap": region_gaps(frame, group="track", groups=TRACKS, minuend="vwo", subtrahend="vmbo",
                           categories=years, freedom_level=within[-2], **names),
    }  # fmt: skip
    record = {}
    for name, effect in (("level", level), ("gap", gap)):
        table, truth, here = shrunken(estimates[name]), effect, spread(estimates[name])
        record |= {
            f"{name}: joint test rejects": joint_test(estimates[name]).p_value < 0.05,
            f"{name}: spread shown below bound": spread_below(estimates[name], bound).shown,
            f"{name}: all shown within bound": all_within(estimates[name], limit).shown,
            f"{name}: raw interval covers": (
                (table["raw_low"] <= truth) & (truth <= table["raw_high"])
            ).mean(),
            f"{name}: shrunken interval covers": ((table["low"] <= truth) & (truth <= table["high"])).mean(),
            f"{name}: spread interval covers": here.low <= sd <= here.high,
            f"{name}: spread estimate": here.sd,
            f"{name}: width of the interval": here.high - here.low,
            f"{name}: squared error, shrunken / raw": ((table["shrunken"] - truth) ** 2).sum()
            / ((table["raw"] - truth) ** 2).sum(),
        }
    return record


SHOCKS = {  # persistence, standard deviation of the small provinces, of the large ones, heavy tails
    "iid": (0.0, 0.8, 0.8, False),
    "AR .6": (0.6, 0.8, 0.8, False),
    "AR .8, small volatile": (0.8, 1.3, 0.6, False),
    "AR .6, large volatile": (0.6, 0.6, 1.3, False),
    "t(3)": (0.0, 0.8, 0.8, True),
    "t(3), small volatile": (0.0, 1.3, 0.6, True),
}
SMALL = (0, 2, 4, 9)  # Groningen, Drenthe, Flevoland, Zeeland
NEVER = np.inf
DESIGNS = {
    "five": np.array([7, NEVER, 7, NEVER, 7, NEVER, NEVER, NEVER, NEVER, 7, 7, NEVER]),
    "5/3/4": np.array([7, NEVER, 7, NEVER, 7, 9, NEVER, 9, NEVER, 7, 7, 9]),
}


def pooled(draws: int) -> None:
    """Twelve provinces, ten years; effects normal around one with the spread given."""
    found = []
    for design, starts in DESIGNS.items():
        for shocks in SHOCKS:
            for omega in (0.0, 0.5, 1.0):
                for draw in range(draws):
                    rng = np.random.default_rng([draw, 3])
                    fit = pooled_effects(
                        _shocked(SHOCKS[shocks], starts, omega, rng),
                        unit="unit", time="time", cohort="cohort", outcome="y",
                    )  # fmt: skip
                    new = rng.normal(1.0, omega, 200)
                    found.append(
                        {
                            "design": design,
                            "shocks": shocks,
                            "spread": omega,
                            "next covered": ((fit.next_low <= new) & (new <= fit.next_high)).mean(),
                            "mean covered": fit.low <= 1 <= fit.high,
                            "width of next": fit.next_high - fit.next_low,
                            "persistence": fit.persistence,
                        }
                    )
    table = pd.DataFrame(found).groupby(["design", "shocks", "spread"], sort=False).mean()
    print(f"{draws} panels a line; nominal coverage 0.95")
    print(table.round(3).to_string())


def _shocked(model: tuple, starts: np.ndarray, omega: float, rng, periods: int = 10) -> pd.DataFrame:
    rho, small, large, heavy = model
    sd = np.full(12, large)
    sd[list(SMALL)] = small
    shocks = rng.standard_t(3, (12, periods)) / np.sqrt(3) if heavy else rng.standard_normal((12, periods))
    for t in range(1, periods):
        shocks[:, t] = rho * shocks[:, t - 1] + np.sqrt(1 - rho**2) * shocks[:, t]
    time = np.arange(1, periods + 1)
    y = rng.normal(0, 2, (12, 1)) + rng.normal(0, 3, periods) + sd[:, None] * shocks
    y += rng.normal(1.0, omega, (12, 1)) * (time >= starts[:, None])
    cohort = np.where(np.isinf(starts), np.nan, starts)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(12), periods),
            "time": np.tile(time, 12),
            "cohort": np.repeat(cohort, periods),
            "y": y.ravel(),
        }
    )


def growths(draws: int) -> None:
    """The published size of the panel, leaving related to track and last answer."""
    design = adks_design()
    found = []
    for draw in range(draws):
        twin = adks_twin(design, seed=20_000 + draw)
        weights = attrition_weights(
            twin.frame, unit="pupil", time="wave", group="track", groups=TRACKS, cluster="school",
            last_answer="politiek_zelfvertrouwen", base_weight="weight",
            trim=(design.weights.trim_low, design.weights.trim_high),
        ).weights  # fmt: skip
        for outcome in design.outcome:
            known = twin.frame[outcome.name].notna()
            rows, own = twin.frame[known].reset_index(drop=True), weights[known].reset_index(drop=True)
            truth = twin.truth[outcome.name]
            for model in MODELS:
                for label, weight in (("weighted", own), ("unweighted", None)):
                    fit = growth(
                        rows, model, outcome=outcome.name, unit="pupil", time="wave", group="track",
                        groups=TRACKS, minuend="vwo", subtrahend="vmbo", cluster="school", weights=weight,
                    )  # fmt: skip
                    found.append(
                        {"outcome": outcome.name, "model": model, "weights": label, **_error(fit, truth)}
                    )
    table = pd.DataFrame(found).groupby(["outcome", "model", "weights"], sort=False)
    summary = table.mean()
    summary["bias in its standard errors"] = summary["error of change"] / (
        table["error of change"].std() / np.sqrt(draws)
    )
    summary["announced / true spread"] = summary["se of change"] / table["error of change"].std()
    print(f"{draws} twins; nominal coverage 0.95")
    print(summary.astype(float).round(4).to_string())


def _error(fit, truth) -> dict:
    change, start = fit.gap_change, fit.gap_start
    record = {
        "error of change": change.value - truth.gap_change,
        "se of change": change.se,
        "change covered": change.low <= truth.gap_change <= change.high,
        "start covered": np.nan,
        "mundlak rejects": np.nan if fit.mundlak is None else float(fit.mundlak.p_value < 0.05),
    }
    if start is not None:
        record["start covered"] = float(start.low <= truth.gap_start <= start.high)
    return record


def speed(draws: int) -> None:
    """Medians of seconds on the same twin, programs in turn; statsmodels on a part, as it is slow."""
    frame, outcome = _nested(60)
    times: dict[str, list[float]] = {"here": [], "statsmodels MixedLM": []}
    for _ in range(draws):
        start = time.perf_counter()
        nested_variance_components(
            frame[outcome],
            pd.DataFrame({"const": 1.0}, index=frame.index),
            frame[["province", "municipality", "school_id"]],
        )
        times["here"].append(time.perf_counter() - start)
        try:
            from statsmodels.regression.mixed_linear_model import MixedLM
        except ImportError:
            continue
        start = time.perf_counter()
        MixedLM.from_formula(
            f"{outcome} ~ 1", frame, groups="province", re_formula="1",
            vc_formula={"m": "0 + C(municipality)", "s": "0 + C(school_id)"},
        ).fit(reml=True)  # fmt: skip
        times["statsmodels MixedLM"].append(time.perf_counter() - start)
    here = statistics.median(times["here"])
    print(f"nested REML, {len(frame)} pupils, three levels: {here:.4f} s")
    for name, values in times.items():
        if name != "here" and values:
            print(f"{name}: {statistics.median(values) / here:.0f} times as long")
    print("rows, seconds, peak memory in MB")
    for schools in (300, 3_000, 30_000, 200_000):
        frame, outcome = _nested(schools)
        levels = frame[["province", "municipality", "school_id"]]
        start = time.perf_counter()
        nested_variance_components(frame[outcome], pd.DataFrame({"const": 1.0}, index=frame.index), levels)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        nested_variance_components(frame[outcome], pd.DataFrame({"const": 1.0}, index=frame.index), levels)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"{len(frame):>10} {seconds:8.3f} {peak:8.0f}")


def _nested(schools: int) -> tuple[pd.DataFrame, str]:
    design = regio_design()
    outcome = "politiek_zelfvertrouwen"
    wide = dataclasses.replace(design.named(outcome), sd_province=0.2, sd_municipality=0.2, sd_school=0.2)
    frame = regio_twin(dataclasses.replace(design, outcome=(wide,)), schools=schools).frame.dropna()
    return frame.reset_index(drop=True), outcome


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("regions", "pooled", "growth", "speed"))
    parser.add_argument("--draws", type=int, default=None)
    arguments = parser.parse_args()
    run, draws = {
        "regions": (regions, 500),
        "pooled": (pooled, 200),
        "growth": (growths, 300),
        "speed": (speed, 5),
    }[arguments.what]
    run(arguments.draws or draws)


if __name__ == "__main__":
    main()
