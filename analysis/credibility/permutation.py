"""The randomisation test under its earlier address, for notebooks that still use it."""

from analysis.inference.reassigned import Tested, as_table, null_distribution, randomised, smallest_p

__all__ = ["Tested", "as_table", "null_distribution", "randomised", "smallest_p"]
