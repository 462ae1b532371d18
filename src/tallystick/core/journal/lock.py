"""One writer at a time: an exclusive lock on a file that holds the writer's process id."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tallystick.core.errors import TallystickError

__all__ = ["WriterLock"]


class WriterLock:
    """Held from construction to `close`, or to the end of the process.

    TallystickError names the process that holds it already. The file is open all the while, so that no other file can
    have its inode: `stands` compares by it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path.absolute()
        self._take()
        while not self.stands:  # the folder was replaced between opening and locking
            os.close(self._descriptor)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._take()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    @property
    def stands(self) -> bool:
        """Whether the path still leads to the file that was locked: the folder was not removed, moved or replaced."""
        try:
            there = os.stat(self.path)
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self._descriptor))

    def close(self) -> None:
        """Let the next writer in."""
        os.close(self._descriptor)

    def _take(self) -> None:
        path = self.path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 32, 0).decode().strip()
            os.close(self._descriptor)
            raise TallystickError(
                "journal.locked",
                "{path} is held by process {holder}.",
                "Send commands through that process, or stop it first.",
                path=str(path),
                holder=holder or "?",
            ) from None
