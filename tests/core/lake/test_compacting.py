"""Compaction while another process appends to the same partition without pause."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tallystick.core.lake import sealing

sys.path.insert(0, str(Path(__file__).parents[1]))

from lake_writers import FORKS, NAME, append_on, make_row


@pytest.fixture
def other(lake):
    """A process that appends, ended after the test."""
    lake.append(NAME, make_row(0))
    writer = FORKS.Process(target=append_on, args=(lake.folder, make_row(0)))
    writer.start()
    yield writer
    writer.kill()
    writer.join()


def test_compaction_ends_while_another_appends_without_pause(lake, other, monkeypatch):
    """Rewriting lasts until the other has committed again, or as long as a large day does while it may not."""
    rewrite, tries = sealing._rewrite, []

    def rewrite_slowly(opened, state, files):
        tries.append(len(files))
        written, longest = rewrite(opened, state, files), time.monotonic() + 1
        while opened.state(NAME).plan.version == state.plan.version and time.monotonic() < longest:
            time.sleep(0.01)
        return written

    monkeypatch.setattr(sealing, "_rewrite", rewrite_slowly)
    while lake.describe(NAME).files < 3:
        assert other.is_alive()
    before = lake.describe(NAME).version
    done = lake.compact(NAME)
    assert done.files == 1
    assert done.version > before + len(tries) - 1, "the other did not commit between"
    while lake.describe(NAME).version < done.version + 3:
        assert other.is_alive(), "the other may not go on"
    other.kill()
    other.join()
    assert lake.describe(NAME).rows == sum(version.rows for version in lake.versions(NAME))
