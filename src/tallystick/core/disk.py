"""The disk: making sure what is on it; a full one, told by what it means: nothing is lost, the same command goes on."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from tallystick.core.errors import TallystickError

__all__ = ["ANY_WORK", "disk_full", "full_words", "is_full", "room_for", "sync_file", "sync_folder"]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ANY_WORK = "tally"
"""The work that is named by whoever does not know which operation a full disk stopped."""
WORDS = ("disk is full", "disk I/O error", "No space left", "File too large")


def is_full(error: BaseException) -> bool:
    """Whether an error, or one that it came from, says so; closing a file that could not be written says less.

    >>> is_full(OSError(errno.ENOSPC, "No space left on device")), is_full(OSError(errno.EACCES, "Permission denied"))
    (True, False)
    """
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    before = error.__cause__ or error.__context__
    return any(word in str(error) for word in WORDS) or (before is not None and is_full(before))


def full_words(error: BaseException) -> str:
    """What the disk said: the words of that error of the chain which tells of it, for others say what came of it.

    >>> closing = ValueError("file metadata is only available after writer close")
    >>> closing.__context__ = OSError(errno.ENOSPC, "No space left on device")
    >>> full_words(closing)
    '[Errno 28] No space left on device'
    """
    found: BaseException | None = error
    while found is not None:
        if (isinstance(found, OSError) and found.errno in FULL) or any(word in str(found) for word in WORDS):
            said = found.values.get("problem", found) if isinstance(found, TallystickError) else found
            return str(said).partition("\n")[0].rstrip(".")
        found = found.__cause__ or found.__context__
    return str(error).partition("\n")[0].rstrip(".")


def disk_full(work: str, error: BaseException) -> TallystickError:
    """The failure `disk.full` of a work, for an error of which `is_full` holds."""
    return TallystickError(
        "disk.full",
        "{work} was stopped, as the disk is full: {problem}.",
        "Make room and give the same command again: nothing is lost, and it goes on where it was.",
        work=work,
        problem=full_words(error),
    )


@contextlib.contextmanager
def room_for(work: str) -> Iterator[None]:
    """Tell a full disk as TallystickError `disk.full`; `work` names the operation that it stopped."""
    try:
        yield
    except Exception as error:
        is_named = isinstance(error, TallystickError) and error.values.get("work") != ANY_WORK
        if is_named or not is_full(error):
            raise
        raise disk_full(work, error) from error


def sync_file(path: Path) -> None:
    """Wait until a file's bytes are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until a folder's names are on disk: of files that were made, renamed or removed in it."""
    sync_file(path)
