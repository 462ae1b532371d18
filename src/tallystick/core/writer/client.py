"""The door to the writer: connects to the firm's writer process, or starts it when none is running."""

from __future__ import annotations

import itertools
import os
import select
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core.errors import Rejection, TallystickError
from tallystick.core.events import Command, EventType, event_of, verdict_dtype
from tallystick.core.ready import ready
from tallystick.core.schema import Record
from tallystick.core.writer.frames import Fault, Frames, Reply, Request, encode_body, frame
from tallystick.core.writer.place import log_path, socket_path

__all__ = ["DurableDecision", "WriterClient"]

START_TIMEOUT_SECONDS = 120.0
ANSWER_TIMEOUT_SECONDS = 120.0
REUSED_ID = 1 << 63


class DurableDecision:
    """Verdicts of commands of one kind, on disk: `position` is the batch of the first command, `index` its place."""

    def __init__(self, kind: EventType, reply: Reply) -> None:
        import numpy as np

        self.kind = kind
        self.position = reply.seq
        self.index = reply.index
        self.verdicts = np.frombuffer(reply.verdicts, dtype=verdict_dtype())

    @property
    def accepted(self) -> bool:
        """Whether every command was accepted."""
        return not self.verdicts["mask"].any()

    @property
    def accepted_each(self) -> Any:
        """Boolean array: which commands were accepted."""
        return self.verdicts["mask"] == 0

    def rejections(self, values: dict[str, Any] | None = None) -> list[Rejection]:
        """Why the first refused command was refused; empty when all were accepted."""
        for mask in self.verdicts["mask"].tolist():
            if mask == REUSED_ID:
                return [
                    Rejection(
                        code="writer.id_reused",
                        text="This command id was used with other content.",
                        remedy="Give each new command a new id.",
                    )
                ]
            if mask:
                return self.kind.rejections(mask, values or {})
        return []


class WriterClient:
    """Sends commands and waits for the durable verdicts; may be shared by threads."""

    def __init__(self, folder: Path, actor: str, start_command: Sequence[str]) -> None:
        self._folder = folder
        self._actor = actor
        self._start_command = list(start_command)
        self._peer: socket.socket | None = None
        self._frames = Frames()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def send(self, command: Record, *, actor: str | None = None) -> DurableDecision:
        """Send one command; a general command without an id is given one."""
        return self.decide(type(command), [command], actor=actor)

    def decide(self, record: type[Record], records: Any, *, actor: str | None = None) -> DurableDecision:
        """Send commands of one kind: a packed array or records (fixed kinds), records (others)."""
        kind = event_of(record)
        if not kind.fixed:
            records = [_with_id(command) for command in records]
        count, body = encode_body(kind, records)
        request = Request(next(self._numbers), actor or self._actor, kind.kind, kind.version, count, body)
        with self._lock:
            reply = self._exchange(request)
        if reply.fault is not None:
            raise reply.fault.error()
        return DurableDecision(kind, reply)

    def close(self) -> None:
        """Leave; the writer goes on for others."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def _exchange(self, request: Request) -> Reply:
        if self._peer is None:
            self._peer = self._connect()
        try:
            self._peer.sendall(frame(request))
            while True:
                data = self._peer.recv(1 << 20)
                if not data:
                    raise ConnectionResetError
                for body in self._frames.feed(data):
                    reply = msgspec.msgpack.decode(body, type=ready(Reply))
                    if reply.number == request.number:
                        return reply
        except (ConnectionError, TimeoutError):
            self.close()
            self._frames = Frames()
            raise TallystickError(
                "writer.gone",
                "The writer stopped before it answered; the command may or may not be recorded.",
                "Send it again with the same id: it is decided once. The writer's last words are in {log}.",
                log=str(log_path(self._folder)),
            ) from None

    def _connect(self) -> socket.socket:
        """Connect to the running writer; start one when nobody listens."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            peer.settimeout(ANSWER_TIMEOUT_SECONDS)
            try:
                peer.connect(str(socket_path(self._folder)))
                if self._greeted(peer):
                    return peer
            except (FileNotFoundError, ConnectionError):
                pass
            except BaseException:
                peer.close()
                raise
            peer.close()
            fault = self._start()
            if fault is not None and (fault.code != "journal.locked" or time.monotonic() > deadline):
                raise fault.error()
            if fault is not None:
                time.sleep(0.05)

    def _greeted(self, peer: socket.socket) -> bool:
        """Whether the writer lets this client in; one whose folder was removed or replaced ends instead."""
        self._frames = Frames()
        while data := peer.recv(1 << 20):
            if self._frames.feed(data):
                return True
        return False

    def _start(self) -> Fault | None:
        """Start the writer as a process of its own; None when it is ready, else why it is not."""
        log = log_path(self._folder)
        log.parent.mkdir(exist_ok=True)
        reading, writing = os.pipe()
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*self._start_command, "--ready-fd", str(writing)],
                pass_fds=[writing],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        os.close(writing)
        process.wait()
        try:
            told, _, _ = select.select([reading], [], [], START_TIMEOUT_SECONDS)
            word = os.read(reading, 65_536) if told else b""
        finally:
            os.close(reading)
        if word == b"ready":
            return None
        if word:
            return msgspec.msgpack.decode(word, type=ready(Fault))
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or [""]
        return Fault(
            "writer.not_started",
            "The writer did not start: {words}",
            "Read {log}.",
            {"words": last[0], "log": str(log)},
        )


def _with_id(command: Any) -> Any:
    if isinstance(command, Command) and not command.command_id:
        return msgspec.structs.replace(command, command_id=uuid.uuid4().hex)
    return command
