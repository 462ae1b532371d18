"""The journal (事件簿): everything the firm decides or does, in order, durable, chained by hashes.

One SQLite file a business day and shard in `firm/journal/<day>/<shard>.sqlite`. A *batch* is a row: commands of one
kind by one actor with their verdicts. `seq` numbers batches 1, 2, 3, … over all days. Guarantees:

- `append` returns after the sync; what it returned for is there after a kill or a power cut, and nothing half is.
- Nothing is read that does not match its hash and its place in the chain; damage is told with day and batch.
- One writer a shard; any number of readers, in any process, meanwhile.

    journal = Journal.open(firm / "journal")
    journal.roll(date)
    payload = encode_payload(event_of(SubmitOrder), orders, verdicts)
    journal.append([Row(recorded_at, "gateway", "risk.submit_order", 1, len(orders), payload)])

How it works and what it costs: docs/explanation/journal.md.
"""

from __future__ import annotations

from tallystick.core.journal.batch import Batch, Columns, encode_payload
from tallystick.core.journal.chain import FIRST_HASH, Head, Row, chain_hash
from tallystick.core.journal.damage import JournalDamaged
from tallystick.core.journal.lock import WriterLock
from tallystick.core.journal.reader import ChainReport, JournalReader
from tallystick.core.journal.repair import backup_day, restore_day
from tallystick.core.journal.serving import ServingReader
from tallystick.core.journal.writer import Journal

__all__ = [
    "FIRST_HASH",
    "Batch",
    "ChainReport",
    "Columns",
    "Head",
    "Journal",
    "JournalDamaged",
    "JournalReader",
    "Row",
    "ServingReader",
    "WriterLock",
    "backup_day",
    "chain_hash",
    "encode_payload",
    "restore_day",
]
