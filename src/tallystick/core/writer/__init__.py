"""The one writer process of a firm, and the door to it.

`Desk` decides and appends; `WriterLoop` serves it on a Unix socket; `WriterClient` is what every other process uses.
"""

from __future__ import annotations

from tallystick.core.writer.client import DurableDecision, WriterClient

__all__ = ["DurableDecision", "WriterClient"]
