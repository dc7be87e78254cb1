"""How long a fresh set-up takes with uv and with plain pip, in turn, nothing cached.

    python benchmarks/setup.py [--rounds 3]

Each is what `make report` does on a new machine before the report itself: an environment, the pinned packages
with their hashes, and this package linked.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
INSTALLERS = ("uv", "pip")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {name: [] for name in INSTALLERS}
    for _ in range(rounds):
        for name in INSTALLERS:
            seconds[name].append(fresh(name))
            print(f"  {name:<4} {seconds[name][-1]:6.1f} s", flush=True)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    print(f"median of {rounds}: uv {medians['uv']:.1f} s, pip {medians['pip']:.1f} s,", end=" ")
    print(f"{medians['pip'] / medians['uv']:.1f} times")


def fresh(installer: str) -> float:
    """Seconds of one set-up in a new folder, with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / "project", str(Path(folder) / "cache")
        shutil.copytree(REPOSITORY / "analysis", root / "analysis")
        for path in (*REPOSITORY.glob("requirements*"), *map(REPOSITORY.joinpath, _NEEDED)):
            shutil.copy(path, root)
        settings = os.environ | {"PIP_CACHE_DIR": cache, "UV_CACHE_DIR": cache}
        started = time.perf_counter()
        subprocess.run(
            ["make", f"INSTALLER={installer}", ".venv/.ready"],
            cwd=root,
            env=settings,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        taken = time.perf_counter() - started
        subprocess.run([root / ".venv/bin/python", "-c", "import analysis, pandas, papermill"], check=True)
    return taken


_NEEDED = ("Makefile", "pyproject.toml", "README.md", "LICENSE")

if __name__ == "__main__":
    main()
