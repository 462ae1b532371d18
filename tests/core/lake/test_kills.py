"""Killed at random moments of whatever changes a lake: no acknowledged row is lost or doubled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tallystick.core.lake import Lake

sys.path.insert(0, str(Path(__file__).parents[1]))

from lake_writers import Writer, survive


@pytest.mark.parametrize("kills", [10, pytest.param(500, marks=pytest.mark.lab)])
def test_killed_writers_lose_and_double_nothing(lake, tmp_path, kills):
    lake.close()
    writer = Writer(lake.folder, tmp_path / "acknowledged", most_answers=5, longest_delay=0.15)
    survive(writer, kills, 7 + kills, lambda: Lake(lake.folder), grace=-1)
