"""Who leaves the adolescent panel because school ends, and who drops out: counts alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.design.adks import AdksDesign

STAYED, FINISHED, DROPPED = "stayed", "finished", "dropped out"
STATES = (STAYED, FINISHED, DROPPED)


def school_ends(frame: pd.DataFrame, design: AdksDesign) -> pd.Series:
    """Whether the track of each row has no later wave: vmbo ends with year 4.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns wave, track.
    """
    last = frame["track"].map(lambda track: design.last_wave.get(track, design.waves))
    return frame["wave"] >= last


def leaving(frame: pd.DataFrame, design: AdksDesign) -> pd.DataFrame:
    """What became of the pupils of each wave and track after it.

    A pupil who is not seen again ``finished`` if the wave is the last that the track has (vmbo ends with
    year 4), and ``dropped out`` otherwise; the last wave of the study is left out, since nobody is seen after
    it. A pupil who skips a wave and comes back has stayed.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns pupil, wave, track; a pupil once a wave.

    Returns
    -------
    pandas.DataFrame
        wave, track, state (all three for each wave and track), pupils.
    """
    last_seen = frame.groupby("pupil")["wave"].transform("max")
    gone = np.where(school_ends(frame, design), FINISHED, DROPPED)
    state = np.where(last_seen > frame["wave"], STAYED, gone)
    counted = frame.assign(state=state)[frame["wave"] < design.waves]
    counts = pd.crosstab([counted["wave"], counted["track"]], counted["state"])
    counts = counts.reindex(columns=list(STATES), fill_value=0).reset_index()
    return counts.melt(["wave", "track"], var_name="state", value_name="pupils")
