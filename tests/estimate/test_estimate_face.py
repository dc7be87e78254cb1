"""What the room offers, whatever was imported first, and at no cost before it is used."""

import subprocess
import sys

import pytest

import analysis.estimate as room


@pytest.mark.parametrize("name", room.__all__)
def test_every_name_is_a_function_or_class_with_a_docstring(name):
    found = getattr(room, name)
    assert callable(found)
    assert found.__name__ == name
    assert found.__doc__


def test_a_function_stands_before_the_module_of_its_name():
    from analysis.estimate import growth
    from analysis.estimate.growth import PRIMARY
    from analysis.estimate.growth import growth as same

    assert growth is same
    assert PRIMARY in sys.modules["analysis.estimate.growth"].MODELS


def test_importing_the_room_loads_nothing_heavy():
    told = "import sys, analysis.estimate; print(*{'pandas', 'scipy', 'linearmodels'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
    with pytest.raises(AttributeError, match="has no attribute 'averages'"):
        room.averages  # noqa: B018
