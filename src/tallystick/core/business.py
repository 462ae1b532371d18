"""Business tables: what a room declares of the firm's own history, and the journal's part that a day's rows come from.

A room's `tables.py` holds a `BusinessTable` each: the lake table, the class of record that retention goes by, and a
pure function from a `BusinessDay` to the day's rows. `history.feeding` asks these functions for days that are not
sealed yet, and seals days into the lake.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tallystick.core.events import EventType, event_of
from tallystick.core.lake import TableSpec
from tallystick.core.schema import Record

if TYPE_CHECKING:
    from enum import IntEnum

    import numpy as np
    import pyarrow as pa

    from tallystick.core.journal import Batch, Columns, JournalReader

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = [
    "REPEATED",
    "BusinessDay",
    "BusinessTable",
    "Commands",
    "codes_as_text",
    "enum_words",
    "is_taken",
    "places_of",
]

CODES_LIMIT = 1 << 20
"""Codes closer together than this are counted, not sorted."""
REPEATED = 1
"""Verdict flag: the command repeats an earlier one and got its answer."""


class Commands(NamedTuple):
    """Every command of a business day in journal order, parallel arrays; `kind` and `actor` are places in the lists.

    `identity` is the id of a kind whose ids carry their day (orders, executions), 0 for others.
    """

    seq: Array
    place: Array
    kind: Array
    actor: Array
    received_at: Array
    recorded_at: Array
    identity: Array
    verdicts: Array
    kinds: list[EventType]
    actors: list[str]


class BusinessDay:
    """The part of the journal that counts to one business date: after the close before it, up to its own close.

    What is recorded between two business days counts to the one that follows. `until` is the last batch: the
    `DayClosed`, or the journal's head while the day is not closed. `machine` gives a machine of a name as the day left
    it, or as it is while the day is open.
    """

    def __init__(
        self,
        journal: JournalReader,
        date: datetime.date,
        *,
        after: int,
        until: int,
        is_closed: bool,
        machine: Callable[[BusinessDay, str], Any],
    ) -> None:
        self.journal = journal
        self.date = date
        self.after = after
        self.until = until
        self.is_closed = is_closed
        self._machine = machine
        self._read = after
        self._parts: list[tuple[Any, ...]] = []
        self._kinds: dict[tuple[str, int], EventType] = {}
        self._numbers: dict[tuple[str, int], int] = {}
        self._actors: dict[str, int] = {}
        self._commands: Commands | None = None

    def reach(self, until: int, *, is_closed: bool) -> None:
        """Take in that the journal went on, or that the day was closed."""
        if (until, is_closed) != (self.until, self.is_closed):
            self.until, self.is_closed, self._commands = until, is_closed, None

    def batches(self, *records: type[Record]) -> Iterator[Batch]:
        """The day's batches of some general kinds, in order."""
        kinds = [event_of(record).kind for record in records]
        return self.journal.batches(after=self.after, until=self.until, kinds=kinds)

    def columns(self, record: type[Record]) -> Columns:
        """The day's commands of one fixed kind as arrays."""
        import numpy as np

        from tallystick.core.journal import Columns

        parts = []
        if self.date in self.journal.days():
            opening = self.journal.first(self.date).seq
            whole = self.journal.columns(record, day=self.date)
            end = int(np.searchsorted(whole.seqs, self.until, side="right"))
            parts.append(Columns(*(column[:end] for column in whole)))
        else:
            opening = self.until
        declared = event_of(record)
        early = self.journal.batches(after=self.after, until=min(opening, self.until), kinds=[declared.kind])
        for place, batch in enumerate(batch for batch in early if batch.version == declared.version):
            seqs = np.full(batch.count, batch.seq, np.int64)
            parts.insert(place, Columns(batch.records, batch.verdicts, seqs))
        if len(parts) == 1:
            return parts[0]
        if not parts:
            from tallystick.core.events import verdict_dtype

            return Columns(*(np.zeros(0, d) for d in (declared.schema.dtype, verdict_dtype(), np.int64)))
        return Columns(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def machine(self, name: str) -> Any:
        """A machine as it stood at the day's end (at the journal's head while the day is open), for reading at once."""
        return self._machine(self, name)

    @property
    def settled(self) -> int:
        """The batch whose state is the day's end: the writer's digest after the close changes nothing, and the
        saved machines stand behind it.
        """
        following = self.journal.batches(after=self.until, until=self.until + 1) if self.is_closed else ()
        return self.until + any(batch.kind == "core.digest_recorded" for batch in following)

    def known(self, seqs: Array) -> Array:
        """When the batches of these numbers were recorded, UTC nanoseconds."""
        import numpy as np

        commands = self.commands()
        found: Array = commands.recorded_at[np.searchsorted(commands.seq, seqs)]
        return found

    def commands(self) -> Commands:
        """All of the day's commands; read on from where the last call ended."""
        if self._commands is None:
            for batch in self.journal.batches(after=self._read, until=self.until):
                self._take(batch)
            self._commands = self._joined()
        return self._commands

    def _take(self, batch: Batch) -> None:
        import numpy as np

        declared, records = batch.event_type, batch.records
        self._kinds[batch.kind, batch.version] = declared
        kind = self._numbers.setdefault((batch.kind, batch.version), len(self._numbers))
        actor = self._actors.setdefault(batch.actor, len(self._actors))
        if declared.fixed:
            received = records["received_at"]
        else:
            received = np.array([command.received_at for command in records], np.int64)
        identity = (
            records[list(declared.schema.columns)[1]] if declared.letter else np.zeros(batch.count, np.int64)
        )
        self._parts.append((
            batch.seq, batch.count, kind, actor, batch.recorded_at, received, identity, batch.verdicts,
        ))  # fmt: skip
        self._read = batch.seq

    def _joined(self) -> Commands:
        import numpy as np

        from tallystick.core.events import verdict_dtype

        heads = np.array([part[:5] for part in self._parts], np.int64).reshape(-1, 5)
        counts = heads[:, 1]
        starts = np.cumsum(counts) - counts
        seq, kind, actor, recorded_at = (np.repeat(heads[:, column], counts) for column in (0, 2, 3, 4))
        received, identity = (
            np.concatenate([np.zeros(0, np.int64), *(part[column] for part in self._parts)])
            for column in (5, 6)
        )
        verdicts = np.concatenate([np.zeros(0, verdict_dtype()), *(part[7] for part in self._parts)])
        place = np.arange(len(seq)) - np.repeat(starts, counts)
        return Commands(
            seq, place, kind, actor, received, recorded_at, identity, verdicts,
            list(self._kinds.values()), list(self._actors),
        )  # fmt: skip


class BusinessTable(msgspec.Struct, frozen=True):
    """A lake table fed from the journal: its declaration, the class of record that retention goes by, and what gives a
    day's rows, in the same order each time. The table is partitioned by `business_date` and each day; several functions
    (one a room) may add to one table. A table that `needs_close` has no rows before the day is closed.
    """

    spec: TableSpec
    record_class: str
    derive: tuple[Callable[[BusinessDay], pa.Table], ...]
    needs_close: bool = False

    @property
    def name(self) -> str:
        """The table's name, e.g. `ledger.executions`."""
        return self.spec.name


def is_taken(verdicts: Array) -> Array:
    """Which commands were accepted and repeat no earlier one."""
    taken: Array = (verdicts["mask"] == 0) & (verdicts["flags"] & REPEATED == 0)
    return taken


def places_of(seqs: Array) -> Array:
    """The place of each command in its batch, given the batch of every one of them in journal order."""
    import numpy as np

    places: Array = np.arange(len(seqs)) - np.searchsorted(seqs, seqs)
    return places


def codes_as_text(codes: Array, texts: Mapping[int, str]) -> pa.Array:
    """The text of each code; the code itself as text where there is none.

    >>> import numpy
    >>> codes_as_text(numpy.array([2, 1, 9]), {1: "buy", 2: "sell"}).to_pylist()
    ['sell', 'buy', '9']
    """
    import numpy as np
    import pyarrow as pa

    lowest, highest = int(codes.min(initial=0)), int(codes.max(initial=0))
    if highest - lowest < CODES_LIMIT:
        is_there = np.zeros(highest - lowest + 1, np.bool_)
        is_there[codes.astype(np.int64) - lowest] = True
        distinct = np.flatnonzero(is_there) + lowest
        places = (np.cumsum(is_there) - 1)[codes.astype(np.int64) - lowest]
    else:
        distinct, places = np.unique(codes, return_inverse=True)
    words = pa.array([texts.get(code, str(code)) for code in distinct.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), words).cast(pa.string())


def enum_words(codes: Array, members: type[IntEnum]) -> pa.Array:
    """The lower-case names of an enumeration's codes; the number as text for a code that it does not have."""
    return codes_as_text(codes, {int(member): member.name.lower() for member in members})
