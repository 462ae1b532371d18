"""The writer process: one thread, one epoll loop, one desk. Nothing else ever shares this process."""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.writer.desk import Desk
from tallystick.core.writer.frames import GREETING, Fault, Frames, Reply, Request, frame
from tallystick.core.writer.place import socket_path

__all__ = ["WriterLoop"]

RECEIVE_BYTES = 1 << 20
OUTGOING_LIMIT_BYTES = 64 * 1024 * 1024
# How often the writer looks whether the folder is still its own, beside each time that a client comes.
LOOK_SECONDS = 0.5


class Connection:
    """One client: what it sent and is not whole yet, what it has not read yet."""

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.incoming = Frames()
        self.outgoing = bytearray()


class WriterLoop:
    """Serves the desk on the firm's Unix socket until stopped, or until no client came for `linger_seconds`."""

    def __init__(self, folder: Path, desk: Desk, *, linger_seconds: float | None = None) -> None:
        self._desk = desk
        self._linger = linger_seconds
        self._selector = selectors.DefaultSelector()
        self._path = socket_path(folder)
        self._stopping = False
        self._connections: dict[socket.socket, Connection] = {}
        self._alone_since = self._looked_at = time.monotonic()

    def serve(self, ready: Callable[[], None]) -> None:
        """Bind, tell that clients may come, then decide what arrives. Saves a snapshot and closes at the end.

        Where the folder is not the one that was opened any more (removed, moved, replaced), the process ends at once,
        as a kill would end it: nothing of what stands at the path now may be touched, not even by closing.
        """
        self._path.parent.mkdir(exist_ok=True)
        self._path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(self._path))
            os.chmod(self._path, 0o600)
            server.listen(64)
            server.setblocking(False)
            self._selector.register(server, selectors.EVENT_READ)
            signal.signal(signal.SIGTERM, self._stop)
            signal.signal(signal.SIGINT, self._stop)
            gc.collect()
            gc.freeze()
            ready()
            while not self._stopping and not self._lingered():
                self._turn(server)
            self._require_own_folder()
        self._path.unlink(missing_ok=True)
        if self._desk.journal.head().seq:
            self._desk.save()
        self._desk.close()

    def _require_own_folder(self) -> None:
        """End the process if another folder, or none, stands at the firm's path."""
        self._looked_at = time.monotonic()
        if not self._desk.journal.is_in_its_folder:
            os._exit(0)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _lingered(self) -> bool:
        return (
            self._linger is not None
            and not self._connections
            and time.monotonic() - self._alone_since > self._linger
        )

    def _turn(self, server: socket.socket) -> None:
        """Read everything that has arrived, decide it as one, answer."""
        requests: list[Request] = []
        owners: list[tuple[socket.socket, int]] = []
        found = self._selector.select(timeout=LOOK_SECONDS)
        if time.monotonic() - self._looked_at > LOOK_SECONDS / 2:
            self._require_own_folder()
        for key, events in found:
            peer = key.fileobj
            assert isinstance(peer, socket.socket)
            if peer is server:
                self._accept(server)
                continue
            if events & selectors.EVENT_WRITE:
                self._flush(self._connections[peer])
            if events & selectors.EVENT_READ and peer in self._connections:
                for request in self._receive(self._connections[peer]):
                    owners.append((peer, request.number))
                    requests.append(msgspec.structs.replace(request, number=len(requests)))
        for reply in self._decide(requests, owners) if requests else ():
            peer, number = owners[reply.number]
            if peer in self._connections:
                connection = self._connections[peer]
                connection.outgoing += frame(msgspec.structs.replace(reply, number=number))
                self._flush(connection)

    def _decide(self, requests: list[Request], owners: list[tuple[socket.socket, int]]) -> list[Reply]:
        """The desk's replies; a failure that must end this process is told to all who wait, as far as they can hear."""
        try:
            return self._desk.take(requests)
        except Exception as error:
            fault = Fault.of(error)
            for peer, number in owners if fault else ():
                if peer in self._connections:
                    connection = self._connections[peer]
                    connection.outgoing += frame(Reply(number, fault=fault))
                    self._flush(connection)
            raise

    def _accept(self, server: socket.socket) -> None:
        """Let a client in and greet it: whoever is greeted has the writer of the folder that is there."""
        self._require_own_folder()
        peer, _ = server.accept()
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, user, _ = struct.unpack("3i", credentials)
        if user not in (os.getuid(), 0):
            peer.close()
            return
        peer.setblocking(False)
        self._connections[peer] = connection = Connection(peer)
        self._selector.register(peer, selectors.EVENT_READ)
        connection.outgoing += frame(Reply(GREETING))
        self._flush(connection)

    def _receive(self, connection: Connection) -> list[Request]:
        requests: list[Request] = []
        try:
            data = connection.peer.recv(RECEIVE_BYTES)
            for body in connection.incoming.feed(data):
                requests.append(msgspec.msgpack.decode(body, type=Request))
        except BlockingIOError:
            return []
        except (ConnectionError, TallystickError, msgspec.MsgspecError):
            # A peer that breaks the protocol is cut off; what it sent whole before still counts.
            data = b""
        if not data:
            self._drop(connection)
        return requests

    def _flush(self, connection: Connection) -> None:
        """Send as much as the peer takes; wait for it to be writable when something is left."""
        try:
            while connection.outgoing:
                sent = connection.peer.send(connection.outgoing)
                del connection.outgoing[:sent]
        except BlockingIOError:
            pass
        except ConnectionError:
            self._drop(connection)
            return
        if len(connection.outgoing) > OUTGOING_LIMIT_BYTES:
            self._drop(connection)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.outgoing else 0)
        self._selector.modify(connection.peer, wanted)

    def _drop(self, connection: Connection) -> None:
        if self._connections.pop(connection.peer, None) is not None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(connection.peer)
            connection.peer.close()
            self._alone_since = time.monotonic()
