"""Twin of ICCS 2022 in the Netherlands: pupils in classes in paired schools, with a known gap by track.

Civic knowledge is a mean for the track, plus the pupil's background, plus a class, plus the pupil. The
test measures it with error. Plausible values are drawn as in the study itself: from the posterior of each
pupil's knowledge given the test and the background, in a model whose coefficients and class effects are
drawn from their own posterior first. So the variance between them is right for statistics of groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.design.gap import TRACKS, CivicTwinDesign
from analysis.sources.iccs_contract import STUDENTS

SYSTEM = "NLD"
CYCLE = 2022
COVARIATES = ("ses", "female", "migration")


@dataclass(frozen=True)
class CivicTruth:
    """What holds in the population the twin is drawn from.

    Attributes
    ----------
    mean, sd : float
        Of civic knowledge over all pupils, in points.
    mean_by_track : dict of str to float
    gap : float
        Mean of vwo less that of vmbo.
    gap_adjusted : float
        The same among pupils of equal background: the unexplained part in either reference direction.
    explained : dict of str to float
        Part of the gap that goes with each covariate.
    """

    mean: float
    sd: float
    mean_by_track: dict[str, float]
    gap: float
    gap_adjusted: float
    explained: dict[str, float]


@dataclass(frozen=True)
class CivicTwin:
    """The pupils, as the loader of the real file would give them, and the truth."""

    frame: pd.DataFrame
    truth: CivicTruth


def civic_truth(design: CivicTwinDesign) -> CivicTruth:
    """The truth that the design plants; nothing is drawn."""
    background = design.background
    shares = np.array(design.track_shares)
    position = np.array([0.0, design.havo_position, 1.0])
    means = design.mean + design.gap * (position - shares @ position)
    slopes = np.array([background.slope_ses, background.slope_female, background.slope_migration])
    between = {name: np.array(background.by_track(name)) for name in COVARIATES}
    differences = np.array([between[name][-1] - between[name][0] for name in COVARIATES])
    explained = slopes * differences
    variance = shares @ np.square(means - design.mean) + design.sd_class**2 + design.sd_pupil**2
    variance += shares @ _variance_of_background(design)
    return CivicTruth(
        mean=design.mean,
        sd=float(np.sqrt(variance)),
        mean_by_track=dict(zip(TRACKS, means.tolist(), strict=True)),
        gap=design.gap,
        gap_adjusted=float(design.gap - explained.sum()),
        explained=dict(zip(COVARIATES, explained.tolist(), strict=True)),
    )


def civic_twin(design: CivicTwinDesign, *, seed: int | None = None, scale: float = 1.0) -> CivicTwin:
    """Draw the twin.

    Parameters
    ----------
    seed : int or None
        That of the design unless given.
    scale : float
        Multiplies the number of pupils, and from 2 on the number of classes; the zones stay.

    Returns
    -------
    CivicTwin
        Its frame keeps the contract of the real file.
    """
    if not scale > 0:
        raise ValueError(f"scale {scale}: expected a number above zero")
    rng = np.random.default_rng(design.seed if seed is None else seed)
    truth = civic_truth(design)
    classes = _classes(design, scale, rng)
    pupils = max(round(design.pupils * scale), len(classes))
    sizes = 1 + rng.multinomial(pupils - len(classes), np.full(len(classes), 1.0 / len(classes)))
    frame = classes.loc[classes.index.repeat(sizes)].reset_index(drop=True)
    klass = frame["classroom"].to_numpy() - 1
    track = frame.pop("track_code").to_numpy()
    covariates = _background(design, klass, track, len(classes), rng)
    centre = np.column_stack([design.background.by_track(name) for name in COVARIATES])
    slopes = _slopes(design)
    knowledge = (
        np.array(list(truth.mean_by_track.values()))[track]
        + (covariates - centre[track]) @ slopes
        + rng.normal(0.0, design.sd_class, len(classes))[klass]
        + rng.normal(0.0, design.sd_pupil, pupils)
    )
    test = knowledge + rng.normal(0.0, design.sd_measurement, pupils)
    values = _plausible_values(design, test, track, covariates, klass, rng)
    frame.insert(0, "system", SYSTEM)
    frame.insert(1, "cycle", CYCLE)
    frame.insert(2, "pupil", frame["classroom"] * 10_000 + frame.groupby("classroom").cumcount() + 1)
    frame["weight"] = _weights(design, klass, len(classes), scale, rng)
    for k in range(design.plausible_values):
        frame[f"pv{k + 1}"] = values[:, k]
    frame[list(COVARIATES)] = _with_gaps(design, covariates, track, rng)
    frame["track"] = np.array(TRACKS, dtype=object)[track]
    return CivicTwin(STUDENTS.validate(frame.astype({"track": "str"})), truth)


def _classes(design: CivicTwinDesign, scale: float, rng: np.random.Generator) -> pd.DataFrame:
    """One row a sampled class: zone, half, school and track.

    The two schools of a zone are of one type, and each class gets its track by itself: the pair differs
    as two draws do, which is what the jackknife takes it for.
    """
    repeats = max(1, round(scale))
    kind = np.repeat(np.arange(len(design.school_types)), [kind.zones for kind in design.school_types])
    zone = np.repeat(np.arange(1, design.zones + 1), 2 * repeats)
    rep = np.tile(np.repeat([0, 1], repeats), design.zones)
    chances = np.cumsum([kind.chances for kind in design.school_types], axis=1)[kind[zone - 1]]
    track = (rng.random(zone.size)[:, None] >= chances[:, :-1]).sum(axis=1)
    number = np.arange(1, zone.size + 1)
    return pd.DataFrame(
        {"zone": zone, "rep": rep, "school": 1000.0 + number, "classroom": number, "track_code": track}
    )


def _background(
    design: CivicTwinDesign, klass: np.ndarray, track: np.ndarray, classes: int, rng: np.random.Generator
) -> np.ndarray:
    """Social background, girl, migration background; shape (n, 3)."""
    background = design.background
    n = track.size
    female = (rng.random(n) < np.array(background.by_track("female"))[track]).astype(float)
    chance = np.array(background.by_track("migration"))[track]
    migration = (rng.random(n) < chance).astype(float)
    ses = (
        np.array(background.by_track("ses"))[track]
        + background.migration_ses * (migration - chance)
        + rng.normal(0.0, background.sd_ses_class, classes)[klass]
        + rng.normal(0.0, _sd_ses_pupil(design), n)
    )
    return np.column_stack([ses, female, migration])


def _plausible_values(
    design: CivicTwinDesign,
    test: np.ndarray,
    track: np.ndarray,
    covariates: np.ndarray,
    klass: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draws from the posterior of knowledge given test and background, shape (n, M).

    Variances are taken as known, as they all but are in the study; coefficients have a flat prior.
    """
    noise = design.sd_pupil**2 + design.sd_measurement**2
    reliability = design.sd_pupil**2 / noise
    matrix = np.column_stack([np.eye(len(TRACKS))[track], covariates])
    matrix = matrix[:, matrix.any(axis=0)]  # a small twin may lack a track
    size = np.bincount(klass)
    shrink = design.sd_class**2 * size / (design.sd_class**2 * size + noise)
    # Quasi-demeaning turns the random-intercept model into one with independent errors.
    part = (1.0 - np.sqrt(1.0 - shrink))[klass]
    whitened = matrix - part[:, None] * _class_means(matrix, klass, size)[klass]
    precision = whitened.T @ whitened
    test_means = _class_means(test[:, None], klass, size)
    coefficients = np.linalg.solve(precision, whitened.T @ (test - part * test_means[klass, 0]))
    root = np.linalg.cholesky(np.linalg.inv(precision) * noise)
    class_matrix = _class_means(matrix, klass, size)
    values = np.empty((test.size, design.plausible_values))
    for k in range(design.plausible_values):
        drawn = coefficients + root @ rng.normal(size=coefficients.size)
        effect = shrink * (test_means[:, 0] - class_matrix @ drawn)
        effect += rng.normal(size=size.size) * design.sd_class * np.sqrt(1.0 - shrink)
        expected = matrix @ drawn + effect[klass]
        spread = design.sd_pupil * np.sqrt(1.0 - reliability)
        values[:, k] = expected + reliability * (test - expected) + rng.normal(0.0, spread, test.size)
    return values


def _class_means(columns: np.ndarray, klass: np.ndarray, size: np.ndarray) -> np.ndarray:
    sums = [np.bincount(klass, weights=column, minlength=size.size) for column in columns.T]
    return np.stack(sums, axis=1) / size[:, None]


def _weights(
    design: CivicTwinDesign, klass: np.ndarray, classes: int, scale: float, rng: np.random.Generator
) -> np.ndarray:
    """Weights that differ between classes, with mean `weight_mean` at scale 1."""
    spread = design.weight_spread
    weight = np.exp(rng.normal(-0.5 * spread**2, spread, classes))[klass]
    return design.weight_mean / scale * weight


def _with_gaps(
    design: CivicTwinDesign, covariates: np.ndarray, track: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Leave out answers by chance: social background more often on the vmbo, never by the answer itself."""
    covariates = covariates.copy()
    missing = np.array(design.background.by_track("missing_ses"))[track]
    covariates[rng.random(track.size) < missing, 0] = np.nan
    covariates[rng.random(track.size) < design.background.missing_migration, 2] = np.nan
    return covariates


def _slopes(design: CivicTwinDesign) -> np.ndarray:
    return np.array([getattr(design.background, f"slope_{name}") for name in COVARIATES])


def _sd_ses_pupil(design: CivicTwinDesign) -> float:
    """What is left for pupils when the index has spread 1 over all."""
    background = design.background
    shares = np.array(design.track_shares)
    means = np.array(background.by_track("ses"))
    chance = np.array(background.by_track("migration"))
    taken = shares @ np.square(means - shares @ means) + background.sd_ses_class**2
    taken += shares @ (background.migration_ses**2 * chance * (1.0 - chance))
    if taken >= 1:
        raise ValueError(f"tracks, classes and migration take {taken:.2f} of the variance of ses, which is 1")
    return float(np.sqrt(1.0 - taken))


def _variance_of_background(design: CivicTwinDesign) -> np.ndarray:
    """Variance within each track of what background adds to knowledge, shape (3,)."""
    background = design.background
    slope_ses, slope_female, slope_migration = _slopes(design)
    female = np.array(background.by_track("female"))
    migration = np.array(background.by_track("migration"))
    through_migration = slope_migration + slope_ses * background.migration_ses
    return (
        slope_ses**2 * (background.sd_ses_class**2 + _sd_ses_pupil(design) ** 2)
        + slope_female**2 * female * (1.0 - female)
        + through_migration**2 * migration * (1.0 - migration)
    )
