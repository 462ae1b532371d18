"""Writers of a bucket with a PostgreSQL catalog, killed at random moments: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import msgspec
import pytest

from tallystick.core.lake import Lake

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from lake_writers import FORKS, Writer, survive

FORKS.set_forkserver_preload(["tallystick.core.lake.lake", "tallystick.core.lake.commit", "pg8000"])

VARIABLES = (
    "PGPASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED", "AWS_REGION",
)  # fmt: skip


@pytest.mark.parametrize("kills", [10, pytest.param(500, marks=pytest.mark.lab)])
def test_killed_writers_lose_and_double_nothing(tmp_path, settings_of, spec, kills):
    settings = settings_of("both")
    writer = Writer(
        tmp_path / "lake",
        tmp_path / "acknowledged",
        most_answers=4,
        longest_delay=0.3,
        settings=msgspec.json.encode(settings),
        variables={name: os.environ[name] for name in VARIABLES},
    )
    # This lake has a cache of its own and stays open: what it reads came over the bucket.
    with Lake(tmp_path / "here", settings) as lake:
        lake.create(spec)
        survive(writer, kills, 5 + kills, lambda: contextlib.nullcontext(lake), grace=-60)
