"""Twin of the adolescent panel: pupils in schools, six yearly waves, four correlated outcomes, attrition.

Calibrated to the little that is published (see ``data/design/adks.toml``); the rest is marked there as an
assumption. Leaving the panel depends on track and on the last answer that was observed, so answers are
missing at random given what is in the data; schools leave at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.design.adks import AdksDesign, AdksOutcome
from analysis.design.regio import TRACKS


@dataclass(frozen=True)
class AdksTruth:
    """What was planted for one outcome, of everyone who started, whether or not they left.

    Attributes
    ----------
    means : pandas.DataFrame
        Mean by wave (rows) and track (columns).
    gap : pandas.Series
        Minuend − subtrahend by wave.
    gap_start, gap_change : float
        Straight line through `gap`: its value in wave 1, and its change a year.
    """

    means: pd.DataFrame
    gap: pd.Series
    gap_start: float
    gap_change: float


@dataclass(frozen=True)
class AdksTwin:
    """The panel as the loader would give it, and the truth by outcome."""

    frame: pd.DataFrame
    truth: dict[str, AdksTruth]


def adks_twin(
    design: AdksDesign, *, seed: int | None = None, pupils: int | None = None, schools: int | None = None
) -> AdksTwin:
    """Draw the twin.

    Parameters
    ----------
    seed, pupils, schools : int or None
        Those of the design unless given; schools that leave keep their share.
    """
    twin = design.twin
    root = np.random.SeedSequence(twin.seed if seed is None else seed)
    places, common, leaving, missing, *own = (
        np.random.default_rng(one) for one in root.spawn(4 + len(design.outcome))
    )
    count = twin.pupils if pupils is None else pupils
    school, track = _places(design, places, count, schools or twin.schools[0])
    shared = common.standard_normal(count), common.standard_normal((count, design.waves))
    answers = np.stack(
        [
            _answers(one, design, school, track, shared, rng)
            for one, rng in zip(design.outcome, own, strict=True)
        ],
        axis=2,
    )  # (pupils, waves, outcomes)
    skip = np.array([twin.item_missing[name] for name in TRACKS])[track]
    answers[missing.random(answers.shape) < skip[:, None, None]] = np.nan
    present = _present(design, school, track, answers, leaving)

    pupil, wave = np.nonzero(present)
    frame = pd.DataFrame(
        {
            "pupil": np.char.add("L", np.char.zfill((pupil + 1).astype(str), 7)),
            "school": np.char.add("S", np.char.zfill((school[pupil] + 1).astype(str), 5)),
            "wave": wave + 1,
            "track": np.array(TRACKS)[track[pupil]],
            "weight": 1.0,
        }
    )
    for k, outcome in enumerate(design.outcome):
        frame[outcome.name] = answers[pupil, wave, k]
    return AdksTwin(frame, {one.name: planted(one, design) for one in design.outcome})


def planted(outcome: AdksOutcome, design: AdksDesign) -> AdksTruth:
    """The truth of `outcome`, straight from the design."""
    waves = np.arange(1, design.waves + 1)
    means = pd.DataFrame({name: outcome.means[name] for name in TRACKS}, index=pd.Index(waves, name="wave"))
    gap = means[design.minuend] - means[design.subtrahend]
    change, start = np.polyfit(waves - 1, gap.to_numpy(), 1)
    return AdksTruth(means, gap, float(start), float(change))


def _places(design: AdksDesign, rng: np.random.Generator, pupils: int, schools: int):
    """School and track of each pupil: a school's pupils spread over the tracks it offers."""
    twin = design.twin
    offer = rng.choice(len(twin.offers), size=schools, p=[one.share for one in twin.offers])
    offered = np.array([[name in one.tracks for name in TRACKS] for one in twin.offers])[offer]
    size = rng.gamma(4.0, size=schools)
    school = np.sort(rng.choice(schools, size=pupils, p=size / size.sum()))
    share = np.array([twin.track_shares[name] for name in TRACKS]) * offered
    limits = np.cumsum(share / share.sum(axis=1, keepdims=True), axis=1)[school]
    # the last limit is 1 up to rounding, which must not open a fourth track
    track = np.minimum((rng.random(pupils)[:, None] > limits).sum(axis=1), len(TRACKS) - 1)
    return school, track


def _answers(outcome: AdksOutcome, design: AdksDesign, school, track, shared, rng) -> np.ndarray:
    """Answers of everyone in every wave, (pupils, waves)."""
    twin, count, waves = design.twin, len(track), design.waves
    lasting, passing = shared
    years = np.arange(waves)
    pupil = _correlated(lasting, rng.standard_normal(count), twin.correlation_pupil)
    within = _correlated(passing, rng.standard_normal((count, waves)), twin.correlation_wave)
    noise = (
        outcome.sd_school * rng.standard_normal(school.max() + 1)[school][:, None]
        + outcome.sd_pupil * pupil[:, None]
        + outcome.sd_slope * rng.standard_normal(count)[:, None] * years
        + outcome.sd_wave * within
    )
    spread = np.sqrt(
        outcome.sd_school**2 + outcome.sd_pupil**2 + (outcome.sd_slope * years) ** 2 + outcome.sd_wave**2
    )
    middle = np.array(
        [[_middle(outcome, outcome.means[name][t], spread[t]) for t in years] for name in TRACKS]
    )
    latent = middle[track] + noise
    if outcome.binary:
        return np.where(latent > 0, outcome.high, outcome.low)
    return np.clip(latent, outcome.low, outcome.high)


def _middle(outcome: AdksOutcome, mean: float, spread: float) -> float:
    """Where the latent normal lies so that what is observed has exactly this mean."""
    if outcome.binary:
        share = (mean - outcome.low) / (outcome.high - outcome.low)
        return float(stats.norm.ppf(share) * spread)

    def shortfall(middle: float) -> float:
        low, high = (outcome.low - middle) / spread, (outcome.high - middle) / spread
        inside = stats.norm.cdf(high) - stats.norm.cdf(low)
        expected = (
            middle * inside
            + spread * (stats.norm.pdf(low) - stats.norm.pdf(high))
            + outcome.low * stats.norm.cdf(low)
            + outcome.high * stats.norm.sf(high)
        )
        return float(expected - mean)

    reach = 10 * (outcome.high - outcome.low + spread)
    return float(optimize.brentq(shortfall, mean - reach, mean + reach, xtol=1e-12))


def _correlated(common: np.ndarray, own: np.ndarray, correlation: float) -> np.ndarray:
    return np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own


def _present(design: AdksDesign, school, track, answers, rng) -> np.ndarray:
    """Who takes part in which wave, (pupils, waves)."""
    twin = design.twin
    chosen = [one.name for one in design.outcome].index(twin.stay_outcome)
    watched = answers[:, :, chosen]
    first = watched[:, 0]
    centre, scale = np.nanmean(first), np.nanstd(first)
    last = np.zeros(len(track))  # an answer never given counts as average
    lean = np.array([twin.stay_track[name] for name in TRACKS])[track]
    order = rng.permutation(school.max() + 1)
    present = np.zeros((len(track), design.waves), dtype=bool)
    present[:, 0] = True
    for wave in range(1, design.waves):
        seen = ~np.isnan(watched[:, wave - 1])
        last = np.where(seen, (watched[:, wave - 1] - centre) / scale, last)
        kept = round(twin.schools[wave] / twin.schools[0] * len(order))
        able = present[:, wave - 1] & np.isin(school, order[: max(kept, 1)])
        score = lean[able] + twin.stay_last * last[able]
        chance = _chance(score, twin.retention[wave] * len(track))
        present[able, wave] = rng.random(int(able.sum())) < chance
    return present


def _chance(score: np.ndarray, target: float) -> np.ndarray:
    """Logistic chances with these scores that add up to `target`, or 1 when there are not so many."""
    if target >= len(score):
        return np.ones(len(score))
    shift = optimize.brentq(lambda a: (1 / (1 + np.exp(-(a + score)))).sum() - target, -40, 40)
    return 1 / (1 + np.exp(-(shift + score)))
