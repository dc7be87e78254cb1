"""Twin of a regional pupil survey: pupils in schools in municipalities in twelve provinces.

The province effects are drawn once and scaled so that their standard deviation is exactly the planted
one; they are stored beside the pupils. Everything is an assumption unless the design file names a source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.design.regio import TRACKS, RegioDesign, RegioOutcome, RegioTwinDesign


@dataclass(frozen=True)
class RegioTruth:
    """What was planted for one outcome.

    Attributes
    ----------
    level, gap : pandas.Series
        Deviation of each province from the mean of the provinces: in level, and in the gap.
    mean_gap : float
        Gap between the tracks, mean over provinces.
    sd : dict of str to float
        Standard deviation by level: province, province_gap, municipality, school, class, pupil.
    """

    level: pd.Series
    gap: pd.Series
    mean_gap: float
    sd: dict[str, float]


@dataclass(frozen=True)
class RegioTwin:
    """The pupils and the truth by outcome.

    Attributes
    ----------
    frame : pandas.DataFrame
        pupil_id, school_id, municipality, province, school_year, track, and a column an outcome.
    truth : dict of str to RegioTruth
    """

    frame: pd.DataFrame
    truth: dict[str, RegioTruth]


def regio_twin(design: RegioDesign, *, seed: int | None = None, schools: int | None = None) -> RegioTwin:
    """Draw the twin.

    Parameters
    ----------
    seed : int or None
        That of the design unless given.
    schools : int or None
        Schools in the whole country, spread over the provinces as in the design, at least one each.
    """
    twin = design.twin
    root = np.random.SeedSequence(twin.seed if seed is None else seed)
    places_seed, *outcome_seeds = root.spawn(1 + len(design.outcome))
    frame, groups = _places(twin, np.random.default_rng(places_seed), schools)
    truth = {}
    for outcome, outcome_seed in zip(design.outcome, outcome_seeds, strict=True):
        rng = np.random.default_rng(outcome_seed)
        frame[outcome.name], truth[outcome.name] = _answers(outcome, design, frame, groups, rng)
    return RegioTwin(frame, truth)


def schools_by_province(twin: RegioTwinDesign, schools: int | None) -> np.ndarray:
    """Schools a province, (12,); `schools` in all when given, never fewer than one a province."""
    planned = np.array([province.schools for province in twin.provinces])
    if schools is None:
        return planned
    if schools < len(planned):
        raise ValueError(f"{schools} schools for {len(planned)} provinces: at least one each")
    exact = np.maximum(planned / planned.sum() * schools, 1.0)
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    while counts.sum() < schools:  # largest remainders first
        counts[order[: schools - counts.sum()]] += 1
    while counts.sum() > schools:  # those raised to one school took a place elsewhere
        counts[counts.argmax()] -= 1
    return counts


def _places(twin: RegioTwinDesign, rng: np.random.Generator, schools: int | None):
    """Pupils with where they sit, and the index of their province, municipality, school and class."""
    counts = schools_by_province(twin, schools)
    school_province = np.repeat(np.arange(len(counts)), counts)
    municipality = np.concatenate(
        [_municipalities(province.municipalities, count, twin.city_exponent, rng)
         for province, count in zip(twin.provinces, counts, strict=True)]
    )  # fmt: skip
    offer = rng.choice(len(twin.offers), size=counts.sum(), p=[one.share for one in twin.offers])
    offered = np.array([[track in one.tracks for track in TRACKS] for one in twin.offers])[offer]
    for province in range(len(counts)):  # every province offers every track, so that a gap exists
        first = np.flatnonzero(school_province == province)[0]
        offered[first] = True

    class_school, class_track = np.nonzero(offered)
    years = len(twin.school_years)
    size = 1 + rng.poisson(twin.pupils_per_track - 1, size=(len(class_school), years))
    pupil_class = np.repeat(np.repeat(np.arange(len(class_school)), years), size.ravel())
    pupil_year = np.repeat(np.tile(np.arange(years), len(class_school)), size.ravel())
    school = class_school[pupil_class]
    province = school_province[school]

    codes = np.array([one.code for one in twin.provinces])
    places = np.array([f"{codes[p]}-{m:02d}" for p, m in zip(school_province, municipality, strict=True)])
    frame = pd.DataFrame(
        {
            "pupil_id": np.arange(1, len(school) + 1),
            "school_id": np.arange(1, len(school_province) + 1)[school],
            "municipality": places[school],
            "province": codes[province],
            "school_year": np.array(twin.school_years)[pupil_year],
            "track": np.array(TRACKS)[class_track[pupil_class]],
        }
    )
    place = np.unique(places, return_inverse=True)[1][school]
    return frame, {"province": province, "municipality": place, "school": school, "class": pupil_class,
                   "track": class_track[pupil_class], "year": pupil_year}  # fmt: skip


def _municipalities(count: int, schools: int, exponent: float, rng: np.random.Generator) -> np.ndarray:
    """Municipality of each school: the largest have most (Zipf)."""
    weight = 1.0 / np.arange(1, count + 1) ** exponent
    return np.sort(rng.choice(np.arange(1, count + 1), size=schools, p=weight / weight.sum()))


def _answers(outcome: RegioOutcome, design: RegioDesign, frame: pd.DataFrame, groups: dict, rng):
    provinces = [one.code for one in design.twin.provinces]
    level = _exact(rng, len(provinces), outcome.sd_province)
    gap = _exact(rng, len(provinces), outcome.sd_province_gap)
    half = {design.minuend: 0.5, design.subtrahend: -0.5}
    side = np.array([half.get(track, 0.0) for track in TRACKS])
    track = groups["track"]
    value = (
        np.array([outcome.mean[name] for name in TRACKS])[track]
        + outcome.change_per_year * groups["year"]
        + level[groups["province"]]
        + side[track] * gap[groups["province"]]
    )
    for name, sd in (("municipality", outcome.sd_municipality), ("school", outcome.sd_school),
                     ("class", outcome.sd_class)):  # fmt: skip
        value = value + sd * rng.standard_normal(groups[name].max() + 1)[groups[name]]
    value = value + outcome.sd_pupil * rng.standard_normal(len(frame))
    value[rng.random(len(frame)) < design.twin.missing_share] = np.nan
    index = pd.Index(provinces, name="province")
    truth = RegioTruth(
        level=pd.Series(level, index=index),
        gap=pd.Series(gap, index=index),
        mean_gap=outcome.mean[design.minuend] - outcome.mean[design.subtrahend],
        sd={
            "province": outcome.sd_province,
            "province_gap": outcome.sd_province_gap,
            "municipality": outcome.sd_municipality,
            "school": outcome.sd_school,
            "class": outcome.sd_class,
            "pupil": outcome.sd_pupil,
        },
    )
    return value, truth


def _exact(rng: np.random.Generator, count: int, sd: float) -> np.ndarray:
    """Normal draws with mean zero and standard deviation exactly `sd`."""
    draw = rng.standard_normal(count)
    return (draw - draw.mean()) / draw.std(ddof=1) * sd
