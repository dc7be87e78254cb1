"""Where the repository and its shared data lie, and how a test runs the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD_LIMIT = 1200  # seconds


def shared_folder() -> Path:
    """Where letters and real microdata lie: beside the repository, or where ANALYSIS_SHARED says."""
    return Path(os.environ.get("ANALYSIS_SHARED") or REPOSITORY.parent / "shared")


def run_analysis(root: Path, *words: str, **variables: str) -> subprocess.CompletedProcess:
    """``python -m analysis <words>`` in the repository at `root`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANALYSIS_")}
    environment |= {"PYTHONPATH": str(root), **variables}
    return subprocess.run(
        [sys.executable, "-m", "analysis", *words],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_LIMIT,
    )
