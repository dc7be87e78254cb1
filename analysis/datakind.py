"""What a row rests on: a cited fact, someone's microdata, or a synthetic twin."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class DataKind(StrEnum):
    """`synthetic` anywhere makes the whole row synthetic."""

    FACT = "fact"
    REAL = "real"
    SYNTHETIC = "synthetic"

    @property
    def dutch(self) -> str:
        return {"fact": "feit", "real": "echt", "synthetic": "synthetisch"}[self.value]

    @classmethod
    def combine(cls, kinds: Iterable[DataKind]) -> DataKind:
        """The kind of a row that rests on all of `kinds`: synthetic before real before fact."""
        kinds = {cls(kind) for kind in kinds}
        if not kinds:
            raise ValueError("a result rests on at least one kind of data; none was given")
        return next(kind for kind in (cls.SYNTHETIC, cls.REAL, cls.FACT) if kind in kinds)
