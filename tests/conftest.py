"""What tests of every room share: where Chromium is."""

from __future__ import annotations

import pytest

import chromium


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The system's Chromium, for `executable_path`; `make test` installs it, so a missing one is a failure."""
    path = chromium.find()
    assert path, "no Chromium on PATH: run tools/chromium.py"
    return path
