"""Which files were on the disk, and how long they were then: `os.fsync` does its work and is written down."""

from __future__ import annotations

import os
from pathlib import Path


class SyncedFiles:
    """Writes down each sync while it is patched in; renamed files are known by their inode."""

    def __init__(self, monkeypatch) -> None:
        self._sizes: dict[tuple[int, int], int] = {}
        self._names: dict[tuple[int, int], set[str]] = {}
        self._sync = os.fsync
        monkeypatch.setattr(os, "fsync", self._note)

    def _note(self, descriptor) -> None:
        self._sync(descriptor)
        stat = os.fstat(descriptor)
        key = (stat.st_dev, stat.st_ino)
        self._sizes[key] = stat.st_size
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            self._names[key] = set(os.listdir(f"/proc/self/fd/{descriptor}"))

    def has_content(self, path: Path) -> bool:
        """Whether the file was synced at the length that it has now."""
        stat = path.stat()
        return self._sizes.get((stat.st_dev, stat.st_ino)) == stat.st_size

    def has_name(self, path: Path) -> bool:
        """Whether the folder was synced while it held this name."""
        stat = path.parent.stat()
        return path.name in self._names.get((stat.st_dev, stat.st_ino), set())

    def lost(self, paths) -> list[str]:
        """The names of files that a power cut could empty or take away."""
        return [path.name for path in paths if not (self.has_content(path) and self.has_name(path))]
