"""What the build tells a person when it cannot go on."""

from __future__ import annotations


class BuildError(Exception):
    """A problem whose message is all a person needs: printed as it is, without a traceback."""
