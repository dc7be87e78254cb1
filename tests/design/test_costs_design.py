"""A bound on a cost is declared with its assumption and its source, or not at all."""

import pytest

from analysis.design.costs import read_bounds
from analysis.workspace import Workspace

BOUND = """\
[[bound]]
name = "grens"
line = "tienskip"
amount = "budget_2025"
reach = "tienskip_reached"
assumption = "Alles gaat naar deze lijn."
source = "Brief A."
"""


@pytest.fixture
def declared(tmp_path):
    (tmp_path / "data" / "design").mkdir(parents=True)

    def write(text: str) -> Workspace:
        (tmp_path / "data" / "design" / "costs.toml").write_text(text)
        return Workspace(root=tmp_path, data=tmp_path)

    return write


def test_the_bounds_of_the_study():
    assert {bound.name for bound in read_bounds()} == {"tienskip_ceiling", "prodemos_floor"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"Alles gaat naar deze lijn."', '" "', "a bound without assumption may not be printed"),
        ('source = "Brief A."\n', "", "bound grens: source is absent"),
        ("[[bound]]", "[[grens]]", "unknown key grens"),
    ],
)
def test_a_bound_that_says_too_little(declared, old, new, message):
    with pytest.raises(ValueError, match=message):
        read_bounds(declared(BOUND.replace(old, new)))


def test_a_name_twice(declared):
    with pytest.raises(ValueError, match="bound grens occurs twice"):
        read_bounds(declared(BOUND + BOUND))
