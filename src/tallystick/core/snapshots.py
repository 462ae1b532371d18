"""Saved states of all machines, so that opening a firm need not replay its whole life.

A snapshot is a convenience and never the record: it names the journal head it was taken at and the code that took
it; one that does not fit both is passed over and the journal is applied instead.
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from tallystick import __version__
from tallystick.core.machine import State
from tallystick.core.ready import ready

__all__ = ["SnapshotHead", "code_version", "newest_snapshot", "read_snapshot", "write_snapshot"]


class SnapshotHead(msgspec.Struct, frozen=True):
    """Where in the journal a snapshot stands, and which code took it."""

    seq: int
    hash: bytes
    code_version: str


@functools.cache
def code_version() -> str:
    """The release and a hash of all sources of the package: equal exactly when the code is equal."""
    package = Path(__file__).parents[1]
    whole = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        whole.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return f"{__version__}+{whole.hexdigest()[:12]}"


def write_snapshot(folder: Path, head: SnapshotHead, states: dict[str, State], *, keep: int = 2) -> Path:
    """Save machine states beside the journal (`snapshots/<seq>.npz`), built aside and renamed; keeps the newest few.

    The journal's folder is never made here: where it is gone, FileNotFoundError.
    """
    import numpy as np

    arrays: dict[str, Any] = {"head": np.frombuffer(msgspec.msgpack.encode(head), dtype=np.uint8)}
    for machine, state in states.items():
        for name, value in state.items():
            is_bytes = isinstance(value, bytes)
            key = f"{machine}/{name}" + ("|bytes" if is_bytes else "")
            arrays[key] = np.frombuffer(value, dtype=np.uint8) if is_bytes else value
        if not state:
            arrays[f"{machine}/|empty"] = np.zeros(0, dtype=np.uint8)
    folder.mkdir(exist_ok=True)
    path = folder / f"{head.seq:012d}.npz"
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    for old in sorted(folder.glob("*.npz"))[:-keep]:
        old.unlink()
    return path


def read_snapshot(path: Path) -> tuple[SnapshotHead, dict[str, State]]:
    """The head and the machine states of a snapshot file."""
    import numpy as np

    states: dict[str, State] = {}
    with np.load(path, allow_pickle=False) as file:
        head = msgspec.msgpack.decode(file["head"].tobytes(), type=ready(SnapshotHead))
        for key in file.files:
            if key == "head":
                continue
            machine, _, name = key.partition("/")
            state = states.setdefault(machine, {})
            if name.endswith("|bytes"):
                state[name.removesuffix("|bytes")] = file[key].tobytes()
            elif name != "|empty":
                state[name] = file[key]
    return head, states


def newest_snapshot(folder: Path, *, before: int | None = None, after: int = -1) -> list[Path]:
    """Snapshot files, newest first, optionally only those taken at a sequence up to `before` or above `after`."""
    paths = sorted(folder.glob("*.npz"), reverse=True)
    return [path for path in paths if after < int(path.stem) and (before is None or int(path.stem) <= before)]
