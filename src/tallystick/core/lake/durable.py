"""Local files for PyIceberg that are on disk before a commit names them.

PyIceberg's own writers leave their files to the operating system; after a power cut the catalog would point at
nothing. This FileIO syncs each file and its folder as it is closed. It is also light: PyArrow's file systems need not
be loaded to read a catalog.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import cast

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from tallystick.core.disk import sync_folder
from tallystick.core.lake.places import file_path

__all__ = ["DurableFiles"]


class SyncedStream(io.FileIO):
    """A new file that is on disk, with its name, once it is closed."""

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self._path = path

    def close(self) -> None:
        """Sync the file and its folder, then close."""
        if not self.closed:
            os.fsync(self.fileno())
            super().close()
            sync_folder(self._path.parent)


class LocalInput(InputFile):
    """A file to read."""

    def __len__(self) -> int:
        return file_path(self.location).stat().st_size

    def exists(self) -> bool:
        """Whether the file is there."""
        return file_path(self.location).exists()

    def open(self, seekable: bool = True) -> InputStream:
        """The file's bytes."""
        return cast("InputStream", file_path(self.location).open("rb"))


class LocalOutput(OutputFile):
    """A file to write."""

    def __len__(self) -> int:
        return file_path(self.location).stat().st_size

    def exists(self) -> bool:
        """Whether the file is there."""
        return file_path(self.location).exists()

    def to_input_file(self) -> InputFile:
        """The same file to read."""
        return LocalInput(self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        """Begin the file; FileExistsError when it is there and may not be replaced."""
        path = file_path(self.location)
        path.parent.mkdir(parents=True, exist_ok=True)
        return cast("OutputStream", SyncedStream(path, "wb" if overwrite else "xb"))


class DurableFiles(FileIO):
    """The `py-io-impl` of every lake on a local disk."""

    def new_input(self, location: str) -> InputFile:
        """A file to read."""
        return LocalInput(location)

    def new_output(self, location: str) -> OutputFile:
        """A file to write."""
        return LocalOutput(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Remove a file; FileNotFoundError when it is gone already."""
        file_path(location if isinstance(location, str) else location.location).unlink()
