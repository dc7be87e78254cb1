"""How ids of the chapter on regions begin; for rows and for chapters."""

from __future__ import annotations

ATTITUDE = "houding_"  # before the names of the second outcome
TURNOUT = "regio_opkomst"  # apart from `regio`: that there is turnout does not give that section an outcome
TURNOUT_PREFIX = f"{TURNOUT}."
AREAS = "regio_gebieden"  # provinces of which a survey has few schools; the series by the name of the outcome
