"""Reading pupil files of millions of rows: seconds and peak memory of each loader.

    python benchmarks/data.py [ROWS …] [--loaders adks iccs]

Each file is made here in a temporary folder and read by its loader in a process of its own, whose peak
memory the system reports. The bar: 10,000,000 pupil rows stay within 4 GB.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

LIMIT_GB = 4.0
PIECE = 500_000


def make_adks(path: Path, rows: int) -> None:
    """Six waves a pupil, thirty pupils a school, in the columns of the design."""
    from analysis.design.adks import adks_design

    design = adks_design()
    names = design.file.used
    rng = np.random.default_rng(0)
    tracks = np.array(list(design.file.tracks))
    for start in range(0, rows, PIECE):
        number = np.arange(start, min(start + PIECE, rows))
        pupil = number // design.waves
        table = {
            names["pupil"]: np.char.add("L", pupil.astype(str)),
            names["school"]: np.char.add("S", (pupil // 30).astype(str)),
            names["wave"]: number % design.waves + 1,
            names["track"]: tracks[pupil % len(tracks)],
        }
        for outcome in design.outcome:
            values = rng.uniform(outcome.low, outcome.high, number.size) / outcome.factor
            table[outcome.file] = values.round() if outcome.binary else values.round(3)
            if outcome.binary:
                table[outcome.file] = rng.integers(0, 2, number.size)
        pd.DataFrame(table).to_csv(path, index=False, mode="a", header=start == 0)


def make_iccs(path: Path, rows: int) -> None:
    """The required columns of a student file and the school."""
    import pyreadstat

    rng = np.random.default_rng(0)
    knowledge = rng.normal(500, 90, rows)
    table = {
        "IDSTUD": np.arange(rows) + 10_000_000.0,
        "IDSCHOOL": np.arange(rows) // 25 + 1000.0,
        "S_GENDER": rng.integers(0, 2, rows).astype(float),
        "TOTWGTS": rng.lognormal(4, 0.3, rows),
        "JKZONES": rng.integers(1, 76, rows).astype(float),
        "JKREPS": rng.integers(0, 2, rows).astype(float),
    }
    table |= {f"PV{k}CIV": knowledge + rng.normal(0, 30, rows) for k in range(1, 6)}
    pyreadstat.write_sav(pd.DataFrame(table), path)


def read_adks(path: Path) -> int:
    from analysis.sources.adks import read_adks

    return len(read_adks(path))


def read_iccs(path: Path) -> int:
    from analysis.sources.iccs import read_iccs

    return len(read_iccs(path))


LOADERS = {
    "adks": ("adks.csv", make_adks, read_adks),
    "iccs": ("ISGNLDC4.sav", make_iccs, read_iccs),
}


def measure(loader: str, path: Path) -> None:
    """In the child: read, and print rows, seconds and peak memory in GB."""
    begin = time.perf_counter()
    rows = LOADERS[loader][2](path)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(rows, f"{seconds:.1f}", f"{peak:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument("--loaders", nargs="+", choices=LOADERS, default=["adks", "iccs"])
    parser.add_argument("--measure", nargs=2, metavar=("LOADER", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    print(f"{'loader':<14}{'rows':>12}{'file, MB':>10}{'seconds':>9}{'peak, GB':>10}")
    for loader in options.loaders:
        name, make, _ = LOADERS[loader]
        for rows in options.rows:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / name
                make(path, rows)
                words = [sys.executable, __file__, "--measure", loader, str(path)]
                done = subprocess.run(words, capture_output=True, text=True, check=False)
                size = path.stat().st_size / 2**20
            if done.returncode:
                print(
                    f"{loader:<14}{rows:>12,}{size:>10.0f}  failed: {done.stderr.strip().splitlines()[-1:]}"
                )
                continue
            found, seconds, peak = done.stdout.split()
            said = "" if float(peak) <= LIMIT_GB else f"  above {LIMIT_GB:.0f} GB"
            print(f"{loader:<14}{int(found):>12,}{size:>10.0f}{seconds:>9}{peak:>10}{said}", flush=True)


if __name__ == "__main__":
    main()
