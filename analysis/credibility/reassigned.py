"""The setting under its earlier address, for notebooks that still use it."""

from analysis.inference.setting import ESTIMATORS, TARGETS, Setting

__all__ = ["ESTIMATORS", "TARGETS", "Setting"]
