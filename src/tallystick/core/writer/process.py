"""Being the writer: open the journal and the desk, tell the starter, serve until the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tallystick.core.engine import Engine
from tallystick.core.journal import Journal
from tallystick.core.settings import load_settings
from tallystick.core.time import SystemClock
from tallystick.core.writer.desk import Desk
from tallystick.core.writer.frames import Fault
from tallystick.core.writer.loop import WriterLoop

__all__ = ["be_writer"]


def be_writer(
    folder: Path, make_engine: Callable[[], Engine], *, linger_seconds: float | None, ready_fd: int | None
) -> None:
    """Be the writer of the firm in a folder until stopped, or until no client came for `linger_seconds`.

    With `ready_fd`, goes to the background, and tells the process that started it there when clients may come, or why
    they may not.
    """
    if ready_fd is not None and os.fork():
        # Started for someone: let the starter go on at once, and be nobody's child.
        os._exit(0)
    import msgspec

    def tell(word: bytes) -> None:
        nonlocal ready_fd
        if ready_fd is not None:
            os.write(ready_fd, word)
            os.close(ready_fd)
            ready_fd = None

    try:
        settings = load_settings(folder)
        engine = make_engine()
        journal = Journal.open(folder / "journal", settings=settings.journal)
        desk = Desk(folder, journal, engine, SystemClock(), settings)
        desk.open()
        WriterLoop(folder, desk, linger_seconds=linger_seconds).serve(lambda: tell(b"ready"))
    except Exception as error:
        if fault := Fault.of(error):
            tell(msgspec.msgpack.encode(fault))
        raise
