"""Open the notebooks in JupyterLab: ``make edit``, or on any system ``python tools/edit.py``.

Its settings are in ``tools/jupyter_lab_config.py``, the kernel in ``tools/kernels``: it bears the name of the
project and reads changed modules again by itself, without a line of that in a notebook. Further words go to
JupyterLab.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # what the settings name is found there too
from set_up_git import set_up

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "tools" / "jupyter_lab_config.py"
_CREATE, _PYTHON, _THIS = (
    ("py -3.11", r".venv\Scripts\python", r"tools\edit.py")
    if sys.platform == "win32"
    else ("python3", ".venv/bin/python", "tools/edit.py")
)
INSTALL = f"""JupyterLab is not installed for {sys.executable}. In the folder {ROOT}:
  {_CREATE} -m venv .venv
  {_PYTHON} -m pip install --require-hashes -r requirements-edit.lock
  {_PYTHON} -m pip install --no-deps --no-build-isolation --editable .
  {_PYTHON} {_THIS}"""


def main(words: list[str]) -> int:
    """Set git up and start JupyterLab; it runs until it is stopped."""
    if importlib.util.find_spec("jupyterlab") is None:
        print(INSTALL, file=sys.stderr)
        return 1
    for said in set_up(ROOT):
        print(said, flush=True)
    from jupyterlab.labapp import main as lab

    return lab([f"--config={CONFIG}", *words]) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
