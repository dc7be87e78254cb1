"""The floors of the house: who may import whom, and where files are read and written."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "analysis"
FLOORS = {
    1: ("design", "workspace", "datakind", "dutch", "ondemand", "bytecode", "unknown"),
    2: ("sources", "manifest", "synthetic"),
    3: ("panel",),
    4: ("estimate", "inference"),
    5: ("credibility",),
    6: ("results", "exhibits", "conclusions", "privacy"),
    7: ("answers",),
    8: ("figures", "tables", "maps"),
    9: ("chapters",),
    10: ("build",),
    11: ("release",),
    12: ("render",),
    13: ("report", "rehearsal", "__main__"),
}
FLOOR = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
SCIENCE = ("estimate", "inference", "credibility")
NO_FILES = (*SCIENCE, "answers", "figures", "tables", "chapters", "maps", "synthetic", "dutch", "datakind")
FILE_CALLS = frozenset(
    {
        "open", "read_text", "write_text", "read_bytes", "write_bytes", "read_csv", "to_csv", "savefig",
        "read_file", "to_file", "read_sav", "read_parquet", "to_parquet", "mkdir", "unlink",
        "savetxt", "loadtxt",
    }
)  # fmt: skip


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts), path


MODULES = {name: path for name, path in modules() if name != "__init__"}


def room(module: str) -> str:
    return module.split(".")[0]


@cache
def nodes(module: str) -> list[ast.AST]:
    """What the code of `module` consists of."""
    return list(ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))))


def imports(module: str) -> set[str]:
    """Modules of the package that `module` imports, in functions too; without the leading ``analysis``."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = ["analysis", *filter(None, package.split("."))]
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [base])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return {name.removeprefix("analysis.") for name in found if name.startswith("analysis.")}


def outside(module: str) -> set[str]:
    """Top-level names of other packages that `module` imports."""
    found = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


def test_every_room_has_a_floor():
    assert {room(module) for module in MODULES} <= set(FLOOR)


@pytest.mark.parametrize("module", MODULES)
def test_lower_floors_do_not_import_upper_floors(module):
    floor = FLOOR[room(module)]
    above = {name for name in imports(module) if FLOOR[room(name)] > floor}
    assert not above, f"analysis.{module} is on floor {floor} and imports {', '.join(sorted(above))}"


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) in SCIENCE])
def test_science_takes_frames_and_settings_and_gives_results(module):
    """No words for readers, no folders, no pictures: only arrays and frames."""
    assert not {name for name in imports(module) if room(name) in ("dutch", "workspace", "sources", "panel")}
    assert not outside(module) & {"matplotlib", "geopandas", "pathlib", "os", "io", "rich", "papermill"}


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) in NO_FILES])
def test_files_are_opened_only_where_files_belong(module):
    called = {
        (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""),
            node.lineno,
        )
        for node in nodes(module)
        if isinstance(node, ast.Call)
    }
    opened = sorted(f"{name} in line {line}" for name, line in called if name in FILE_CALLS)
    assert not opened, f"analysis.{module} calls {', '.join(opened)}"


@pytest.mark.parametrize("module", MODULES)
def test_nobody_uses_the_global_random_state(module):
    allowed = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "Philox"}
    for node in nodes(module):
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="random"), attr=name
            ):
                assert name in allowed, f"analysis.{module}, line {node.lineno}: numpy.random.{name}"
    assert "random" not in outside(module), f"analysis.{module} imports the module random"


def test_the_command_line_and_the_planner_are_light():
    """Nothing heavy on the way to --help, nor on the way to a build that has nothing to do."""
    code = (
        "import sys, analysis.__main__, analysis.report, analysis.build.progress\n"
        "print(*sorted({'pandas', 'numpy', 'matplotlib', 'papermill', 'rich', 'nbformat', 'yaml', 'zmq'}"
        " & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_what_draws_and_releases_loads_no_estimator():
    """A restyled figure waits for its picture, not for SciPy's statistics and linearmodels to be read."""
    drawing = [name for name in MODULES if room(name) == "chapters"]
    wanted = [
        *drawing,
        "report",
        "release.trace",
        "release.fragments",
        "release.variables",
        "release.plan_text",
    ]
    code = f"import importlib, sys\nfor name in {wanted}:\n    importlib.import_module('analysis.' + name)\n"
    code += "print(*sorted({'linearmodels', 'scipy.stats', 'statsmodels'} & set(sys.modules)))\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.strip(), f"drawing loads {done.stdout.strip()}"
