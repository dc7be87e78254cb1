"""What tests of several sources share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from local_server import serving


@pytest.fixture
def server():
    """A server on this machine, see :mod:`local_server`."""
    with serving() as running:
        yield running
