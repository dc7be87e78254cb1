"""Why a run is due, in a sentence: which of its inputs differ from the nearest run that was done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analysis.build.plan import UNRECOGNISED, Plan, Run

SHOWN = 4
GONE, NEW, CHANGED = "gone", "new", "changed"


@dataclass(frozen=True)
class Difference:
    """One input that differs: its name as in the key, and whether it is new, gone or changed."""

    name: str
    change: str

    def __str__(self) -> str:
        what, _, rest = self.name.partition(" ")
        match what:
            case "code":
                return "the code cells of the notebook changed"
            case "parameters":
                return "the parameters changed"
            case "outputs":
                return "the outputs it declares changed"
            case "module":
                return {
                    NEW: f"{rest} is now reached by its imports",
                    GONE: f"{rest} is no longer reached by its imports",
                    CHANGED: f"{rest} changed",
                }[self.change]
            case "data":
                source, _, file = rest.partition(" ")
                if source == UNRECOGNISED:
                    return f"{file}, in the data folder and no file of a known source, {self._verb}"
                return f"data file {file} of source {source} {self._verb}"
            case "committed" | "design":
                folder = "data/design" if what == "design" else "data"
                return f"{folder}/{rest} {self._verb}"
            case "lock":
                return f"the pinned dependencies in {rest} changed"
            case "python":
                return "the version of Python changed"
        return f"{self.name} {self._verb}"

    @property
    def _verb(self) -> str:
        return {NEW: "is new", GONE: "is gone", CHANGED: "changed"}[self.change]


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """What differs between two sets of inputs, sorted by name."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            change = NEW if name not in before else GONE if name not in after else CHANGED
            found.append(Difference(name, change))
    return found


def explain(plan: Plan, runs: list[Run]) -> Iterator[tuple[Run, str]]:
    """A sentence for each run."""
    earlier: dict[str, list[tuple[dict, dict]]] = {}
    for run in runs:
        if not run.is_due:
            yield run, "done before with these inputs; nothing to do"
        else:
            name = run.entry.name
            if name not in earlier:
                earlier[name] = list(plan.store.earlier(name))
            yield run, _reason(run, earlier[name])


def _reason(run: Run, earlier: list[tuple[dict, dict]]) -> str:
    if not earlier:
        return "will run: it has not run here before"
    same = [inputs for description, inputs in earlier if description.get("label") == run.label]
    if not same:
        parameters = json.dumps(run.overrides, ensure_ascii=False) if run.overrides else "of the notebook"
        return f"will run: not with the parameters {parameters} before"
    # The nearest by number of differences; of equals the newest, which comes first.
    found = min((differences(inputs, run.inputs) for inputs in same), key=len)
    if not found:
        return "will run: the folder of the earlier run is damaged"
    words = [str(difference) for difference in found[:SHOWN]]
    if len(found) > SHOWN:
        words.append(f"and {len(found) - SHOWN} more inputs differ")
    return f"will run: {'; '.join(words)}"
