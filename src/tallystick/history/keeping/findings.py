"""What verifications of archives and sealed days found, and when: a small file beside the journal.

It is no decision, so it is not on the journal. Where the firm's folder cannot be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tallystick.core.time import SystemClock

__all__ = ["Finding", "findings", "keep", "seal_key"]

FILE = "verified.sqlite"
TABLE = """
CREATE TABLE IF NOT EXISTS verified (manifest TEXT PRIMARY KEY, at INTEGER, problem TEXT) WITHOUT ROWID
"""
"""`manifest` names what was verified: an archive by its manifest in hex, a sealed day by dataset and date."""


class Finding(NamedTuple):
    """When something was last verified (UTC nanoseconds), and the worst problem then; empty when all was well."""

    at: int
    problem: str


def seal_key(dataset: str, date: datetime.date) -> str:
    """What a sealed day of a dataset is called where findings are kept."""
    return f"{dataset} {date}"


def keep(folder: Path, found: Mapping[str, str]) -> None:
    """Keep what was found now: of each thing its worst problem, empty for none."""
    at = SystemClock().now()
    with contextlib.suppress(sqlite3.OperationalError), _opened(folder) as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO verified VALUES (?, ?, ?)",
            [(key, at, problem) for key, problem in found.items()],
        )


def findings(folder: Path) -> dict[str, Finding]:
    """What the last verification of each thing found; what was never verified is not in it."""
    if not (folder / FILE).exists():
        return {}
    with _opened(folder) as connection:
        rows = connection.execute("SELECT manifest, at, problem FROM verified").fetchall()
    return {key: Finding(at, problem) for key, at, problem in rows}


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file of findings, in one transaction."""
    connection = sqlite3.connect(folder / FILE, timeout=30)
    try:
        with connection:
            connection.execute(TABLE)
            yield connection
    finally:
        connection.close()
