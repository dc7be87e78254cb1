"""The one kernel that JupyterLab offers here: ``tools/kernels/python3``, under the project's name.

It answers to `python3`, the name that every notebook carries: what was saved here opens anywhere.
"""

from __future__ import annotations

from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from traitlets import default


class ProjectKernels(KernelSpecManager):
    """Looks in this folder only."""

    @default("kernel_dirs")
    def _kernel_dirs_default(self) -> list[str]:
        return [str(Path(__file__).resolve().parent / "kernels")]
