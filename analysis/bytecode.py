"""Where Python keeps compiled modules when it was told not to keep them beside their source.

``PYTHONDONTWRITEBYTECODE`` is common in containers, for the sake of clean folders. Together with an installer
that compiles nothing, as uv, it has every process compile all that it imports: some seconds each, for the
command, for each way to start kernels and for each test that runs a command. They are kept in the environment
then, and nothing is written beside any source.
"""

from __future__ import annotations

import os
import sys

FOLDER = "bytecode"  # in the environment, so that it goes with it


def keep_bytecode() -> None:
    """From now on, also in processes that this one starts; nothing where the environment cannot hold them."""
    own = sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK)
    # On Windows the path of a source does not follow from that of what was compiled.
    if not sys.dont_write_bytecode or not own or os.name == "nt":
        return
    sys.pycache_prefix = os.path.join(sys.prefix, FOLDER)
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


def source_of(path: str) -> str:
    """The source of a compiled module, also while it is being written; any other path as it is."""
    folder, name = os.path.split(path)
    stem, compiled, _ = name.partition(".pyc")
    if not compiled:
        return path
    if os.path.basename(folder) == "__pycache__":
        folder = os.path.dirname(folder)
    elif sys.pycache_prefix and folder.startswith(sys.pycache_prefix):
        folder = folder[len(sys.pycache_prefix) :]
    else:
        return path
    return os.path.join(folder, f"{stem.split('.')[0]}.py")
