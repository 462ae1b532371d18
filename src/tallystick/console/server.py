"""One process that serves pages and doors together."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar import Litestar

__all__ = ["serve"]


def serve(app: Litestar, host: str, port: int, *, started: Callable[[], None] | None = None) -> None:
    """Serve the application until the process is asked to stop; `started` is called when it answers.

    The port being taken ends the process with uvicorn's message and status 1.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started and started is not None:
                started()

    config = uvicorn.Config(
        app, host, port, log_level="warning", access_log=False, server_header=False, lifespan="on", ws="none"
    )
    asyncio.run(Server(config).serve())
