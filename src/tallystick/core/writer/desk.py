"""The writer's desk: takes whatever has arrived, decides it in memory, appends one transaction, then answers.

Nothing is answered before the append is on disk. When the append fails the process must stop: the machines have
moved and the journal has not, so the firm is opened again from the journal.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tallystick.core.answers import Answer, Answers, content_hash
from tallystick.core.day import DayClosed, DayOpened, DigestRecorded
from tallystick.core.engine import Engine
from tallystick.core.errors import TallystickError
from tallystick.core.events import Command, EventType, all_events, event_of, event_type, verdict_dtype
from tallystick.core.follower import Follower
from tallystick.core.journal import Journal, Row, encode_payload
from tallystick.core.settings import Settings
from tallystick.core.snapshots import SnapshotHead, code_version, newest_snapshot, write_snapshot
from tallystick.core.time import Clock
from tallystick.core.writer.frames import Fault, Reply, Request, decode_body, plain_values

__all__ = ["Desk"]

WRITER = "writer"
REPEATED = 1
"""Verdict flag: the command repeats an earlier one and got its answer."""


class Run:
    """Commands of one kind by one actor that become one row: where each request's commands stand in it."""

    def __init__(self, kind: EventType, actor: str) -> None:
        self.kind = kind
        self.actor = actor
        self.parts: list[tuple[int, Any]] = []
        self.count = 0

    def add(self, number: int, records: Any) -> None:
        """Put a request's commands at the end."""
        self.parts.append((number, records))
        self.count += len(records)


class Desk:
    """Owns the journal for writing and the engine; used by one thread."""

    def __init__(
        self, folder: Path, journal: Journal, engine: Engine, clock: Clock, settings: Settings
    ) -> None:
        self.journal = journal
        self.engine = engine
        self.snapshots = folder / "journal" / "snapshots"
        self._clock = clock
        self._commands_bring_time = settings.firm.clock == "commands"
        self._limit = settings.journal.max_batch_records
        self._digest_every = settings.journal.digest_every_records
        self._answers = Answers(folder / "journal" / "answers.sqlite")
        self._follower = Follower(journal, engine, self.snapshots)
        self._last_time = 0
        self._since_digest = 0
        self._rows: list[Row] = []
        self._replies: list[Reply] = []
        self.day: datetime.date | None = None

    def open(self) -> None:
        """Bring the machines to the journal's head and remember the ids used since the last closed day.

        Snapshots behind the head are of no batch of this journal (a writer of a removed firm left them): they go.
        """
        self.journal.require_own_folder()
        for foreign in newest_snapshot(self.snapshots, after=self.journal.head().seq):
            foreign.unlink(missing_ok=True)
        seq = self._follower.catch_up()
        self.day = self.journal.head().day
        if seq:
            self._last_time = self.journal.batch(seq).recorded_at
        general = [kind.kind for kind in all_events() if not kind.fixed]
        for batch in self.journal.batches(after=self._answers.watermark, kinds=general):
            for index, command in enumerate(batch.records):
                self._remember(batch.event_type, command, batch.seq, index, batch.verdicts[index].tobytes())

    def take(self, requests: Sequence[Request]) -> list[Reply]:
        """Decide requests in order of arrival and append them as one transaction (a new day begins its own)."""
        assert not self._rows
        self._replies = []
        run: Run | None = None
        for request in requests:
            try:
                kind = event_type(request.kind, request.version)
                self.engine.decider(kind.record)
                if self.day is None and kind.record is not DayOpened:
                    raise TallystickError(
                        "writer.no_day",
                        "This firm has not opened its first business day.",
                        "Make the firm with `tally init`.",
                    )
                records = decode_body(kind, request.count, request.body)
            except TallystickError as error:
                fault = Fault(error.code, error.text, error.remedy, plain_values(error.values))
                self._replies.append(Reply(request.number, fault=fault))
                continue
            if run is not None and (run.kind is not kind or run.actor != request.actor):
                self._decide(run)
                run = None
            if run is None:
                run = Run(kind, request.actor)
            run.add(request.number, records)
        if run is not None:
            self._decide(run)
        self._commit()
        return self._replies

    def digest(self) -> dict[str, bytes]:
        """Journal the digests of all machines as they are now; returns them."""
        digests = self.engine.digests()
        command = DigestRecorded(command_id=f"digest-{self._next_seq}", digests=digests)
        run = Run(event_of(DigestRecorded), WRITER)
        run.add(-1, [command])
        self._decide(run)
        self._commit()
        self._since_digest = 0
        return digests

    def save(self) -> None:
        """Write a snapshot at the journal's head. TallystickError if the folder is not this journal's any more."""
        self.journal.require_own_folder()
        head = self.journal.head()
        write_snapshot(
            self.snapshots, SnapshotHead(head.seq, head.hash, code_version()), self.engine.snapshot()
        )

    def close(self) -> None:
        """Close the journal and the table of ids."""
        self._answers.close()
        self.journal.close()

    @property
    def _next_seq(self) -> int:
        head: int = self.journal.head().seq
        return head + 1 + len(self._rows)

    def _decide(self, run: Run) -> None:
        for number, records in run.parts:
            self._stamp(records, run.actor)
            if not run.kind.fixed:
                self._decide_general(run, number, records)
        if run.kind.fixed:
            self._decide_fixed(run)

    def _decide_fixed(self, run: Run) -> None:
        """Decide one array of all parts in rows of at most the batch limit, then share out the verdicts."""
        import numpy as np

        records = run.parts[0][1] if len(run.parts) == 1 else np.concatenate([part for _, part in run.parts])
        first_seq = self._next_seq
        verdicts = np.empty(run.count, dtype=verdict_dtype())
        for start in range(0, run.count, self._limit):
            chunk = slice(start, start + self._limit)
            verdicts[chunk] = self.engine.decide(run.kind.record, records[chunk])
            self._row(run, records[chunk], verdicts[chunk])
        start = 0
        for number, part in run.parts:
            seq, index = first_seq + start // self._limit, start % self._limit
            self._replies.append(Reply(number, seq, index, verdicts[start : start + len(part)].tobytes()))
            start += len(part)

    def _decide_general(self, run: Run, number: int, records: list[Command]) -> None:
        """Decide commands one by one, answering repeated ids from before; the new ones become one row."""
        import numpy as np

        if run.kind.record is DayOpened:
            self._commit()
        seq = self._next_seq
        new: list[Command] = []
        verdicts: list[Any] = []
        answers: list[bytes] = []
        places: list[tuple[int, int]] = []
        for command in records:
            earlier = self._answers.find(command.command_id)
            if earlier is not None:
                answers.append(self._repeat(run.kind, command, earlier))
                places.append((earlier.seq, earlier.index))
                continue
            verdict = self.engine.decide(run.kind.record, [command])
            self._remember(run.kind, command, seq, len(new), verdict.tobytes())
            answers.append(verdict.tobytes())
            places.append((seq, len(new)))
            new.append(command)
            verdicts.append(verdict)
        if new:
            if isinstance(new[0], DayOpened) and not verdicts[0]["mask"][0]:
                self.journal.roll(new[0].business_date)
                self.day = new[0].business_date
            self._row(run, new, np.concatenate(verdicts))
        if number >= 0:
            self._replies.append(Reply(number, *places[0], b"".join(answers)))
        if new and run.kind.record is DayClosed and not verdicts[0]["mask"][0]:
            self._close_day()

    def _repeat(self, kind: EventType, command: Command, earlier: Answer) -> bytes:
        """The earlier verdict, marked as repeated; TallystickError when the id came with other content."""
        import numpy as np

        verdict = np.frombuffer(earlier.verdict, dtype=verdict_dtype()).copy()
        if earlier.content != content_hash(kind.kind, command):
            # The highest bit is no declared reason: the client turns it into the refusal of a reused id.
            verdict["mask"] = 1 << 63
        verdict["flags"] |= REPEATED
        return verdict.tobytes()

    def _remember(self, kind: EventType, command: Any, seq: int, index: int, verdict: bytes) -> None:
        if command.command_id:
            self._answers.add(
                command.command_id, Answer(content_hash(kind.kind, command), seq, index, verdict)
            )

    def _stamp(self, records: Any, actor: str) -> None:
        """Write the time of receipt into commands: the clock's, or the command's own if it brings one."""
        if isinstance(records, list):
            for record in records:
                given = record.received_at if self._commands_bring_time else self._clock.now()
                self._last_time = max(self._last_time, given)
                msgspec.structs.force_setattr(record, "received_at", self._last_time)
                msgspec.structs.force_setattr(record, "actor", actor)
            return
        import numpy as np

        times = records["received_at"]
        if self._commands_bring_time:
            records["received_at"] = np.maximum.accumulate(np.maximum(times, self._last_time))
        else:
            records["received_at"] = max(self._last_time, self._clock.now())
        if len(records):
            self._last_time = int(records["received_at"][-1])

    def _row(self, run: Run, records: Any, verdicts: Any) -> None:
        payload = encode_payload(run.kind, records, verdicts)
        self._rows.append(
            Row(self._last_time, run.actor, run.kind.kind, run.kind.version, len(records), payload)
        )
        self._since_digest += len(records)

    def _commit(self) -> None:
        if self._rows:
            self.journal.append(self._rows)
            self._rows = []
            if self._since_digest >= self._digest_every and self.day is not None:
                self._since_digest = 0
                self.digest()

    def _close_day(self) -> None:
        """After a day's last row: record the digests, save the machines, move the day's ids to disk."""
        self.journal.require_own_folder()
        self._commit()
        self.digest()
        self.save()
        self._answers.close_day()
