"""How fast the journal is, against what this disk and processor and SQLite itself can do.

    python benchmarks/core/journal.py [--folder DIR] [--seconds 2] [--accept]

Three measurements, in short bursts; the best of `--rounds` counts, since a shared machine only ever makes it slower:

- batches: 8,192 fixed records of 64, 80 and 128 bytes with their verdicts (24 bytes each) in one append; payload
  encoding, hashing and sync included; a second process reads the newest batches in short transactions meanwhile.
  Once as fast as it goes, and once paced at 1,500,000 records/s, where p99 is what a writer would see.
- single, and of 256: one 64-byte record an append and 256 of them, in turns with SQLite's own insert of one row of as
  many bytes (`synchronous=FULL`) into a file with default settings (`default`) and into one with a pre-sized WAL and no
  automatic checkpoints (`pre-sized`), and with appending them and a chained SHA-256 to a plain file (`plain file`).
- replay: every batch read back, its hash and place in the chain proven, as arrays.

Before them the physical limits of this machine: SHA-256, and one write and sync of as many bytes, into space that is
there already (as the WAL) and at a growing end (as the day's file). Not compared: what the peer does not do (hash,
chain, verdicts, the note of the head).

The ratios of the appends in turns are held to those of an accepted run (`benchmarks/measured.py`).
"""

from __future__ import annotations

import datetime
import hashlib
import multiprocessing
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, at_least, at_most, keep

from tallystick.core.events import Fixed, event, event_of, verdict_dtype
from tallystick.core.journal import Journal, JournalReader, Row, encode_payload
from tallystick.core.schema import Int64, schema_of

DAY = datetime.date(2026, 11, 20)
BATCH = 8_192
PACE = 1_500_000
# Appends before the measurement: the WAL has found its length by then. Their longest is reported apart.
WARM_UP = 128
SIZES = (64, 80, 128)
TURNS = {"single": 1, "of 256": 256}
"""Records of an append, in turns with the peers."""


def declare(size: int) -> type[Fixed]:
    fields = [(f"value_{number}", Int64) for number in range(size // 8 - 1)]
    return event(f"benchmark.record_{size}")(
        msgspec.defstruct(f"Record{size}", fields, bases=(Fixed,), frozen=True, kw_only=True)  # type: ignore[arg-type]
    )


RECORDS = {size: declare(size) for size in SIZES}


def spread(seconds: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(seconds, [50, 99]) * 1e3
    return {"p50_ms": round(p50, 4), "p99_ms": round(p99, 4), "max_ms": round(max(seconds) * 1e3, 3)}


class Others:
    """How many cores other processes kept busy meanwhile: above about 0.2 on two cores a p99 says little."""

    def __init__(self) -> None:
        self._at, self._all, self._own = time.perf_counter(), self._all_busy(), self._own_busy()

    def cores(self) -> float:
        busy = (self._all_busy() - self._all) - (self._own_busy() - self._own)
        return round(max(busy, 0.0) / (time.perf_counter() - self._at), 2)

    @staticmethod
    def _all_busy() -> float:
        user, nice, system, _idle, _wait, *rest = map(int, Path("/proc/stat").read_text().split()[1:9])
        return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _own_busy() -> float:
        return sum(os.times()[:4])


def physical(folder: Path) -> dict[str, Any]:
    content = os.urandom(2 << 20)
    started = time.perf_counter()
    for _ in range(100):
        hashlib.sha256(content).digest()
    found: dict[str, Any] = {"sha256_gb_s": round(0.2097 / (time.perf_counter() - started), 2)}
    for size in (4_096, *(BATCH * (24 + record) for record in SIZES)):
        for there in (True, False):
            descriptor = os.open(folder / "physical", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if there:
                os.pwrite(descriptor, bytes(16 * size), 0)
                os.fsync(descriptor)
            times = []
            for number in range(40):
                started = time.perf_counter()
                os.pwrite(descriptor, content[:size], (number % 16 if there else number) * size)
                os.fdatasync(descriptor)
                times.append(time.perf_counter() - started)
            os.close(descriptor)
            found[f"write_sync_{size}_{'in_place' if there else 'growing'}"] = spread(times)
    (folder / "physical").unlink()
    return found


def read_shortly(folder: Path, stop: Event) -> None:
    """What a console does: the head, and the newest batches, fifty times a second."""
    with JournalReader(folder) as reader:
        while not stop.is_set():
            if reader.days():
                for _batch in reader.batches(after=max(reader.head().seq - 2, 0)):
                    pass
            time.sleep(0.02)


def batches(folder: Path, size: int, seconds: float, pace: int | None) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    declared = event_of(RECORDS[size])
    records = np.zeros(BATCH, schema_of(RECORDS[size]).dtype)
    records.view(np.uint8)[:] = np.random.default_rng(7).integers(0, 256, records.nbytes, np.uint8)
    verdicts, buffer = np.zeros(BATCH, verdict_dtype()), bytearray()
    times: list[float] = []
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    journal = Journal.open(folder)
    journal.roll(DAY)
    reader = spawn.Process(target=read_shortly, args=(folder, stop))
    reader.start()
    time.sleep(1.0)  # until the reader has started: imports would be measured otherwise

    def append() -> float:
        started = time.perf_counter()
        payload = encode_payload(declared, records, verdicts, buffer)
        journal.append([Row(time.time_ns(), "gateway", declared.kind, 1, BATCH, payload)])
        return time.perf_counter() - started

    warm_up = [append() for _ in range(WARM_UP)]
    wal_bytes, others, began = 0, Others(), time.perf_counter()
    while (now := time.perf_counter()) < began + seconds:
        if pace and now < (due := began + len(times) * BATCH / pace):
            time.sleep(due - now)
        times.append(append())
        if len(times) % 16 == 0:
            wal_bytes = max(wal_bytes, journal.wal_bytes)
    elapsed = time.perf_counter() - began
    stop.set()
    reader.join()
    result = {
        "records_s": round(len(times) * BATCH / elapsed),
        **spread(times),
        "warm_up_max_ms": round(max(warm_up) * 1e3, 2),
        "longest_checkpoint_pause_ms": round(journal.longest_checkpoint_pause_ms, 2),
        "wal_max_mb": round(max(wal_bytes, journal.wal_bytes) / 1e6, 1),
        "others_cores": others.cores(),
    }
    journal.close()
    return result


def peer(path: Path, presize: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (seq INTEGER PRIMARY KEY, payload BLOB);"
    )
    if presize:
        connection.executescript(
            "PRAGMA wal_autocheckpoint=0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size=16; BEGIN;"
            "INSERT INTO t VALUES (0, zeroblob(16777216)); ROLLBACK; PRAGMA cache_size=-16384;"
        )
        descriptor = os.open(f"{path}-wal", os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    return connection


class PlainFile:
    """Bytes at the end of a file, each with the hash of itself and the one before, synced."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.hash = bytes(32)

    def append(self, payload: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + payload).digest()
        os.write(self.descriptor, self.hash + payload)
        os.fdatasync(self.descriptor)

    def close(self) -> None:
        os.close(self.descriptor)


def in_turns(folder: Path, seconds: float, count: int) -> dict[str, Any]:
    """Appends of so many records to the journal and to each peer, one after the other."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    declared = event_of(RECORDS[64])
    records, verdicts = np.zeros(count, schema_of(RECORDS[64]).dtype), np.zeros(count, verdict_dtype())
    records.view(np.uint8)[:] = np.random.default_rng(7).integers(0, 256, records.nbytes, np.uint8)
    payload, buffer = bytes(encode_payload(declared, records, verdicts)), bytearray()
    journal, plain = Journal.open(folder / "journal"), PlainFile(folder / "plain")
    journal.roll(DAY)
    peers = {
        "default": peer(folder / "default.sqlite", False),
        "pre-sized": peer(folder / "presized.sqlite", True),
    }

    def append() -> None:
        body = encode_payload(declared, records, verdicts, buffer)
        journal.append([Row(time.time_ns(), "gateway", declared.kind, 1, count, body)])

    works: dict[str, Callable[[], Any]] = {"journal": append, "plain file": lambda: plain.append(payload)}
    for name, connection in peers.items():
        works[name] = partial(connection.execute, "INSERT INTO t (payload) VALUES (?)", (payload,))
    times: dict[str, list[float]] = {name: [] for name in works}
    others, began = Others(), time.perf_counter()
    while time.perf_counter() < began + seconds:
        for name, work in works.items():
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    for open_one in (journal, plain, *peers.values()):
        open_one.close()
    result: dict[str, Any] = {name: spread(found) for name, found in times.items()}
    result["others_cores"] = others.cores()
    return result


def replay(folder: Path) -> dict[str, Any]:
    with JournalReader(folder) as reader:
        started = time.perf_counter()
        count = total = 0
        for batch in reader.batches():
            count += len(batch.records)
            total += int(batch.verdicts["mask"][0])
        elapsed = time.perf_counter() - started
    return {"records": count, "records_s": round(count / elapsed)}


def best(found: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return min(found, key=lambda one: one[key])


def run(folder: Path, seconds: float, rounds: int) -> dict[str, Any]:
    result: dict[str, Any] = {"physical": physical(folder), "batches": {}, "paced": {}, "replay": {}}
    for size in SIZES:
        fast = [batches(folder / "batches", size, seconds, None) for _ in range(rounds)]
        result["batches"][size] = best(fast, "p99_ms")
        result["replay"][size] = max(
            (replay(folder / "batches") for _ in range(rounds)), key=lambda r: r["records_s"]
        )
        paced = [batches(folder / "batches", size, seconds, PACE) for _ in range(rounds)]
        result["paced"][size] = best(paced, "p99_ms")
    for name, count in TURNS.items():
        found = [in_turns(folder / "turns", seconds, count) for _ in range(rounds)]
        result[name] = min(found, key=lambda one: one["journal"]["p50_ms"])
    return result


def show(result: dict[str, Any]) -> None:
    print(f"SHA-256 {result['physical']['sha256_gb_s']} GB/s; one write and sync, p50 / p99 ms:")
    for name, found in result["physical"].items():
        if isinstance(found, dict):
            print(f"  {name:36} {found['p50_ms']:8.3f} {found['p99_ms']:8.3f}")
    print(
        f"{'appends of 8,192':30} {'records/s':>12} {'p50 ms':>8} {'p99 ms':>8}"
        f" {'pause ms':>9} {'WAL MB':>7} {'others':>7}"
    )
    for name, how in (("batches", "as fast as it goes"), ("paced", "paced")):
        for size, found in result[name].items():
            print(
                f"{size:>4} bytes, {how:18} {found['records_s']:>12,}"
                f" {found['p50_ms']:8.2f} {found['p99_ms']:8.2f} {found['longest_checkpoint_pause_ms']:9.1f}"
                f" {found['wal_max_mb']:7.1f} {found['others_cores']:7.2f}"
            )
    for turns in TURNS:
        print(f"{turns:24} {'p50 ms':>8} {'p99 ms':>8}")
        for name, found in result[turns].items():
            print(
                f"{name:24} {found['p50_ms']:8.3f} {found['p99_ms']:8.3f}"
                if isinstance(found, dict)
                else f"{name:32} {found}"
            )
    for size, found in result["replay"].items():
        print(f"replay {size:>4} bytes {found['records_s']:>14,} records/s")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder unless given")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        result = run(Path(folder), asked.seconds, asked.rounds)
    show(result)
    ratios = {
        f"{turns} p50: {peer} / journal": found["p50_ms"] / result[turns]["journal"]["p50_ms"]
        for turns in TURNS
        for peer, found in result[turns].items()
        if isinstance(found, dict) and peer != "journal"
    }
    many = result["of 256"]["journal"]
    fast = result["batches"][64]["records_s"]
    targets = [
        at_most("journal append of 256 rows, synced, p50", many["p50_ms"] * 1e3, 400, "us"),
        at_most("journal append of 256 rows, synced, p99", many["p99_ms"] * 1e3, 800, "us"),
        at_least("journal, 64-byte records in batches of 8,192", fast / 1e6, 1.5, "M rows/s"),
    ]
    return keep("core-journal", result, ratios, accept=asked.accept, targets=targets)


if __name__ == "__main__":
    sys.exit(main())
