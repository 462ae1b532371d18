"""Two at once on one firm: the second is refused by name, and the journal is that of one undisturbed run."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from demo_firm import PLAN, digests, leave
from test_day import RUN

from tallystick.core.errors import TallystickError
from tallystick.firm import Firm
from tallystick.simulation import build, run_day
from tallystick.simulation.alone import alone


@pytest.mark.parametrize("work", ["build", "run"])
def test_a_second_one_is_refused_with_the_holder(built, work):
    with alone(built.path), pytest.raises(TallystickError, match=r"Process \d+ is building .* or running"):
        build(built.context(), PLAN) if work == "build" else run_day(built.context(), PLAN.date)
    with alone(built.path):
        pass


def test_the_first_goes_on_undisturbed(built, run):
    built.close()
    first = subprocess.Popen([sys.executable, "-c", RUN, str(built.path)])
    lock = built.path / "run" / "simulation.lock"
    while first.poll() is None and not (lock.exists() and lock.read_text().strip() == str(first.pid)):
        time.sleep(0.01)
    second = subprocess.run(
        [sys.executable, "-c", RUN, str(built.path)], capture_output=True, text=True, check=False
    )
    assert f"Process {first.pid} is building" in second.stderr
    assert first.wait() == 0
    with Firm.open(built.path, user="demo") as again:
        assert digests(again) == digests(run[0])
        leave(again)
