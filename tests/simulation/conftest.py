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
    from demo_firm import make

    folder = tmp_path_factory.mktemp("built") / "firm"
    make(folder).close()
    return folder


@pytest.fixture
def built(built_folder: Path, tmp_path: Path) -> Iterator:
    """A fresh copy of the built firm, opened."""
    from tallystick.firm import Firm

    shutil.copytree(built_folder, tmp_path / "firm")
    with Firm.open(tmp_path / "firm", user="demo") as firm:
        yield firm
