"""Makes the stand-ins, the referee and the small house beside the tests importable under any import mode."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def house(tmp_path):
    """A small firm in one process with its day open; see `gate_house`."""
    import gate_house

    opened = gate_house.open_house(tmp_path)
    yield opened
    opened.close()
