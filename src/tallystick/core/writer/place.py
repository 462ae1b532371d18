"""Where the writer of a firm is found: a Unix socket, whose path must stay below the system's 108 bytes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["log_path", "socket_path"]

LONGEST_PATH_BYTES = 100


def socket_path(folder: Path) -> Path:
    """The socket of a firm: inside its folder, or for long paths in a private folder of the user."""
    inside = folder.resolve() / "run" / "writer.sock"
    if len(os.fsencode(inside)) <= LONGEST_PATH_BYTES:
        return inside
    name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"tallystick-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    return private / f"{name}.sock"


def log_path(folder: Path) -> Path:
    """Where a writer that was started in the background tells its troubles."""
    return folder / "run" / "writer.log"
