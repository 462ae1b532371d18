"""A small made-up firm after its build, and one whose demo day has run; each made once for all tests of a module."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no time is asserted", deadline=None)
settings.load_profile("no time is asserted")
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def built_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built firm; copy it, never change it."""
    from demo_firm import leave, make

    folder = tmp_path_factory.mktemp("built") / "firm"
    leave(make(folder))
    return folder


@pytest.fixture
def built(built_folder: Path, tmp_path: Path) -> Iterator:
    """A fresh copy of the built firm, opened."""
    from tallystick.firm import Firm

    shutil.copytree(built_folder, tmp_path / "firm")
    with Firm.open(tmp_path / "firm", user="demo") as firm:
        yield firm


@pytest.fixture(scope="session")
def run(built_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A firm whose demo day has run, the summary of the run, and cash and positions before it."""
    from demo_firm import PLAN, leave

    from tallystick.firm import Firm
    from tallystick.simulation import run_day

    folder = tmp_path_factory.mktemp("run") / "firm"
    shutil.copytree(built_folder, folder)
    with Firm.open(folder, user="demo") as firm:
        before = firm.house.machine("ledger")
        state = {"cash": before.accounts()["posted"].copy(), "positions": before.positions().copy()}
        summary = run_day(firm.context(), PLAN.date)
        yield firm, summary, state
        leave(firm)
