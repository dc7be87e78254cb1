"""No microdata leave ``data/``: what may be committed and what is published are looked through."""

from analysis.privacy.finding import Finding

__all__ = ["Finding"]
