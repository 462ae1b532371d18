"""Where a lake's files lie, as a path and as Iceberg names it, and how a process is alone there."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SCHEME", "alone", "file_path", "file_uri"]

SCHEME = "file://"


def file_uri(path: Path) -> str:
    """The Iceberg location of an absolute path. No character is escaped, as other engines expect.

    >>> file_uri(Path("/srv/firm/lake"))
    'file:///srv/firm/lake'
    """
    return f"{SCHEME}{path}"


def file_path(location: str) -> Path:
    """The path of an Iceberg location."""
    return Path(location.removeprefix(SCHEME))


@contextlib.contextmanager
def alone(folder: Path, lock: str = "lock") -> Iterator[None]:
    """Keep other processes out of what only one may do at a time in a lake: making tables, publishing hot files.

    What has a lock file of its own does not wait for the rest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / lock).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
