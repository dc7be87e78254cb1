"""Packages that load a name when it is asked for: importing one module of a room does not load the room.

A chapter that needs one function of a room with estimators would otherwise wait for all of them; SciPy's
statistics and linearmodels together take most of a second.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType


def names(places: Mapping[str, Sequence[str]]) -> list[str]:
    """All names of a table of `places`, sorted."""
    return sorted(name for own in places.values() for name in own)


def load_on_demand(
    package: str, places: Mapping[str, Sequence[str]], load: Callable[[str], ModuleType]
) -> None:
    """Give the package the names of `places`, each from its module when it is first asked for.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    places : mapping of module to names
        Also called ``_PLACES`` in the package, where :mod:`analysis.build.closure` reads it.
    load : callable
        ``importlib.import_module``. Called from here, it would be an import that nobody can follow.
    """
    homes = {name: place for place, own in places.items() for name in own}

    class OnDemand(ModuleType):
        """The package, with functions in front of modules of the same name.

        The import system sets every loaded module as an attribute of its package; without this, what
        ``analysis.estimate.growth`` is would depend on what was imported first.
        """

        def __getattr__(self, name: str):
            if name not in homes:
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            found = getattr(load(f"{self.__name__}.{homes[name]}"), name)
            self.__dict__[name] = found
            return found

        def __setattr__(self, name: str, value: object) -> None:
            if not (isinstance(value, ModuleType) and name in homes):
                super().__setattr__(name, value)

        def __dir__(self) -> list[str]:
            return sorted({*super().__dir__(), *homes})

    sys.modules[package].__class__ = OnDemand
