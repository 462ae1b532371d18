"""A full disk is told at the first thing that it stops, not as a traceback."""

from __future__ import annotations

import datetime
import resource
import subprocess
import sys

from tallystick.firm import Firm


def test_a_command_on_a_full_disk_says_what_to_do(tmp_path):
    Firm.create(tmp_path / "firm", first_day=datetime.date(2026, 11, 19)).close()
    found = subprocess.run(
        [sys.executable, "-m", "tallystick", "history", "datasets"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    assert found.returncode == 2
    assert found.stderr.startswith("tally: tally was stopped, as the disk is full: ")
    assert "Make room" in found.stderr
