"""A key of a design file that is left out, or holds something of another kind, is told with file and key.

Every key of every file is tried: the reader of that file may do without it, or says so; it never fails in a
way that only the author of the code understands.
"""

from __future__ import annotations

import copy
import tomllib
from functools import partial
from types import SimpleNamespace

import pytest
from repository import REPOSITORY

from analysis.design import (
    adks,
    conclusions,
    costs,
    disclosure,
    gap,
    meten,
    method,
    notebooks,
    privacy,
    prose,
    questions,
    read,
    regio,
    revisions,
    robustness,
    rollout,
    tables,
)
from analysis.workspace import Workspace

READERS = {
    "adks": adks.adks_design,
    "claims": prose.directions,
    "conclusions": conclusions.read_conclusions,
    "costs": costs.read_bounds,
    "covariate_tables": tables.covariate_maps,
    "disclosure": disclosure.disclosure_rule,
    "exposures": questions.exposures,
    "kenniskloof": gap.gap_design,
    "meten": meten.meten,
    "method": method.method,
    "notebooks": notebooks.read_notebooks,
    "outcome_tables": tables.outcome_maps,
    "outcomes": questions.outcomes,
    "privacy": privacy.privacy_rule,
    "prose_numbers": prose.exempt_numbers,
    "questions": questions.questions,
    "regio": regio.regio_design,
    "registrations": tables.registration_maps,
    "revisions": revisions.read_revisions,
    "robustness": robustness.robustness,
    "rollout": partial(rollout.rollout, "prodemos"),
    "start_tables": tables.start_maps,
}
WORKSPACE = Workspace(REPOSITORY, REPOSITORY / "data" / "real")


def paths(content, above=()):
    """Of every key in `content`, and of the first entry of every list of tables, the way to it."""
    items = content.items() if isinstance(content, dict) else enumerate(content[:1])
    for key, value in items:
        if isinstance(content, dict):
            yield (*above, key)
        if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield from paths(value, (*above, key))


def holder(content, path):
    for key in path[:-1]:
        content = content[key]
    return content


def left_out(content, path):
    del holder(content, path)[path[-1]]


def of_another_kind(content, path):
    holder(content, path)[path[-1]] = 5 if not isinstance(holder(content, path)[path[-1]], int) else "vijf"


def test_every_design_file_is_tried():
    assert set(READERS) == {path.stem for path in WORKSPACE.design.glob("*.toml")}


@pytest.mark.parametrize("change", [left_out, of_another_kind])
@pytest.mark.parametrize("name", sorted(READERS))
def test_what_is_wrong_with_a_key_is_told_with_the_file(monkeypatch, name, change):
    text = (WORKSPACE.design / f"{name}.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    tried, strange = 0, []
    for path in paths(content):
        changed = copy.deepcopy(content)
        change(changed, path)

        def loads(given, changed=changed):
            return copy.deepcopy(changed) if given == text else tomllib.loads(given)

        patched = SimpleNamespace(loads=loads, TOMLDecodeError=tomllib.TOMLDecodeError)
        monkeypatch.setattr(read, "tomllib", patched)
        tried += 1
        try:
            READERS[name](WORKSPACE)
        except ValueError as error:
            if f"{name}.toml" not in str(error):
                strange.append(f"{path}: {error}")
        except Exception as error:
            strange.append(f"{path}: {type(error).__name__}: {error}")
    assert tried
    assert strange == []
