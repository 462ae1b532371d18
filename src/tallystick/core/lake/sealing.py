"""Rewriting what is there into a better shape: sealing days, compacting partitions, publishing hot generations.

Each reads rows, writes them anew, and proves on what is on disk that both are the same before anything is named.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tallystick.core.lake import hotfile
from tallystick.core.lake.catalog import busy
from tallystick.core.lake.damage import told_damage
from tallystick.core.lake.datafiles import WrittenFile, stored, write_files
from tallystick.core.lake.places import alone
from tallystick.core.lake.plan import Plan, PlannedFile, is_clean
from tallystick.core.lake.proof import Proof, prove, prove_rows, require_equal
from tallystick.core.lake.relation import parquet
from tallystick.core.ready import ready

if TYPE_CHECKING:
    from tallystick.core.lake.commit import Change
    from tallystick.core.lake.lake import Lake, State

__all__ = [
    "ARCHIVE",
    "MovedOnError",
    "Sealed",
    "compact",
    "is_archived",
    "publish_hot",
    "refresh_hot",
    "seal",
]

FREE_TRIES = 2
"""How often a compaction is tried while others may write; then they wait."""

ARCHIVE = "archive"
"""Below a table's folder: files that are never rewritten (`core.lake.archiving`)."""


class Sealed(msgspec.Struct, frozen=True):
    """A sealed day of a table: rows, the business version that holds them, their proof; `repeated` if it was before."""

    name: str
    day: datetime.date
    rows: int
    version: int
    proof: Proof
    repeated: bool = False


class MovedOnError(Exception):
    """A partition got other files while it was rewritten."""


def is_archived(file: PlannedFile) -> bool:
    """Whether a file is archived, and so never rewritten."""
    return file.path.startswith(f"{ARCHIVE}/")


def seal(lake: Lake, day: datetime.date, names: Collection[str] | None = None) -> list[Sealed]:
    """Seal a day in every table (or those named) that is partitioned by day and has rows of it, from its feed or in
    the lake.
    """
    reports = []
    for name in lake.tables() if names is None else names:
        state = lake.state(name)
        if state.layout.partition is None or state.layout.partition[1] != "day":
            continue
        number = state.layout.partition_number(day)
        if kept := lake.catalog.seal(name, number):
            proof = msgspec.msgpack.decode(kept[1], type=ready(Proof))
            reports.append(Sealed(name, day, proof.rows, state.plan.version, proof, repeated=True))
            continue
        found = _seal_fed(lake, state, day) if name in lake.feeds else _seal_kept(lake, state, number)
        if found is not None:
            plan = lake.state(name).plan
            lake.catalog.keep_seal(name, number, plan.snapshot_id, msgspec.msgpack.encode(found))
            reports.append(Sealed(name, day, found.rows, plan.version, found))
    return reports


def _seal_fed(lake: Lake, state: State, day: datetime.date) -> Proof | None:
    """Write a day's rows from the feed; a kill between commit and mark leaves files that the next try finds equal."""
    name, layout = state.layout.name, state.layout
    number = layout.partition_number(day)
    rows = stored(layout, lake.feeds[name](day))
    if rows.num_rows == 0:
        return None
    proof = prove_rows(layout, rows)
    if number not in state.groups:
        folder = lake.table_folder(name)
        written = write_files(layout, rows, folder)
        require_equal(layout, proof, prove(lake.engine, layout, parquet(layout, folder, written)))
        lake.tables_writer.commit(
            layout, written, lambda plan: _same(plan, number, []), operation="seal", token=f"seal:{day}"
        )
    files = lake.state(name).groups[number]
    require_equal(
        layout, proof, prove(lake.engine, layout, parquet(layout, lake.storage.fetch(name, files), files))
    )
    return proof


def _seal_kept(lake: Lake, state: State, number: int) -> Proof | None:
    """Make a day's files one file; the proof is of what is on disk then."""
    if number not in state.groups:
        return None
    compact(lake, state.layout.name, [number])
    files = lake.state(state.layout.name).groups[number]
    folder = lake.storage.fetch(state.layout.name, files)
    return prove(lake.engine, state.layout, parquet(state.layout, folder, files))


def compact(lake: Lake, name: str, numbers: Sequence[int | None] | None) -> Change | None:
    """Make one file of each partition's files, as one snapshot; None when every partition has one file already.

    Archived files stay as they are; what came to a partition after them becomes one file beside them. Rows that come in
    meanwhile are later than the rewritten ones, so their partition is begun anew; where they come without pause, our
    other writers wait for the last try.
    """
    done: dict[frozenset[str], WrittenFile] = {}
    for _ in range(FREE_TRIES):
        with contextlib.suppress(MovedOnError):
            return _compact_once(lake, name, numbers, done)
    with contextlib.suppress(MovedOnError), lake.tables_writer.turn(name):
        return _compact_once(lake, name, numbers, done)
    raise busy(name, FREE_TRIES + 1)  # by a program that takes no turns


def _compact_once(
    lake: Lake, name: str, numbers: Sequence[int | None] | None, done: dict[frozenset[str], WrittenFile]
) -> Change | None:
    """Compact what there is now; `done` are files that an earlier try wrote, by the files that they stand for.

    MovedOnError when a partition got other files meanwhile.
    """
    state = lake.state(name)
    chosen = {
        number: files
        for number, every in state.groups.items()
        if (numbers is None or number in numbers)
        and len(files := [file for file in every if not is_archived(file)]) > 1
    }
    if not chosen:
        return None
    written = []
    for files in chosen.values():
        paths = frozenset(file.path for file in files)
        if paths not in done:
            done[paths] = _rewrite(lake, state, files)
        written.append(done[paths])
    leaving = functools.partial(_base, base=chosen)
    return lake.tables_writer.commit(state.layout, written, leaving, operation="compact")


def _rewrite(lake: Lake, state: State, files: Sequence[PlannedFile]) -> WrittenFile:
    layout, folder = state.layout, lake.storage.fetch(state.layout.name, files)
    proof = prove(lake.engine, layout, parquet(layout, folder, files))
    schema = layout.stored_arrow
    parts = [pq.read_table(folder / file.path, partitioning=None) for file in files]
    rows = pa.concat_tables(parts, promote_options="default")
    for field in schema:
        if field.name not in rows.column_names:
            rows = rows.append_column(field.name, pa.nulls(rows.num_rows, field.type))
    written = write_files(layout, rows.select(schema.names).cast(schema), folder)
    assert len(written) == 1, f"{layout.name}: files of one partition became {len(written)}"
    require_equal(layout, proof, prove(lake.engine, layout, parquet(layout, folder, written)))
    return written[0]


def _base(plan: Plan, base: Mapping[int | None, Sequence[PlannedFile]]) -> list[PlannedFile]:
    return [file for number, files in base.items() for file in _same(plan, number, files)]


def _same(plan: Plan, number: int | None, files: Sequence[PlannedFile]) -> list[PlannedFile]:
    """The files of a partition if they are still exactly these.

    A row written meanwhile must stay later than the rewritten ones, so a partition that got files is begun anew.
    """
    now = [file for file in plan.files if file.partition == number and not is_archived(file)]
    if {file.path for file in now} != {file.path for file in files}:
        raise MovedOnError
    return now


def publish_hot(lake: Lake, days: Sequence[datetime.date]) -> int:
    """Build and publish a generation of every partitioned table; gives its number."""
    with alone(lake.folder), told_damage(lake, lake.tables()):
        return _publish(lake, days)


def refresh_hot(lake: Lake) -> int:
    """Publish a generation if the published one lacks something of the recent partitions as they are; its number, or 0.

    For doors that close a day or tidy up. Two at once: the second waits and finds it done.
    """
    with alone(lake.folder), told_damage(lake, lake.tables()):
        generation = lake.generation()
        for name in lake.tables():
            state = lake.state(name)
            covered = generation.covered(name, state.groups) if generation else set()
            if not covered.issuperset(_recent(lake, state)):
                return _publish(lake, ())
    return 0


def _publish(lake: Lake, days: Sequence[datetime.date]) -> int:
    sources = [source for name in lake.tables() if (source := _hot_source(lake, lake.state(name), days))]
    number = lake.catalog.hot_generation() + 1
    folder = lake.folder / "hot"
    for left in folder.glob("building-*"):  # of a build that was killed: nobody else builds now
        left.unlink()
    file, body = hotfile.build(folder, number, sources, lake.generation())
    lake.catalog.publish_hot(number, file, body)
    for old in folder.glob("*.duckdb"):
        if old.stem.isdigit() and int(old.stem) < number - 1:
            old.unlink()
    return number


def _recent(lake: Lake, state: State) -> list[int]:
    """The partitions of a table that are hot: the last `hot_days` days, or the last month or year, of them the newest
    that have no more than `hot_rows` rows together.
    """
    rhythm = state.layout.partition[1] if state.layout.partition else ""
    count = lake.settings.hot_days if rhythm == "day" else 1
    found: list[int] = []
    rows = 0
    for number in sorted(number for number in state.groups if number is not None)[: -count - 1 : -1]:
        rows += sum(file.rows for file in state.groups[number])
        if rows > lake.settings.hot_rows:
            break
        found.insert(0, number)
    return found


def _hot_source(lake: Lake, state: State, days: Sequence[datetime.date]) -> hotfile.HotSource | None:
    layout = state.layout
    if layout.partition is None:
        return None
    recent = [state.groups[number] for number in _recent(lake, state)]
    clean = [file for files in recent if is_clean(layout, files) for file in files]
    mixed = [file for files in recent if not is_clean(layout, files) for file in files]
    opened = {}
    if feed := lake.feeds.get(layout.name):
        for day in days:
            if (number := layout.partition_number(day)) not in state.groups:
                opened[number] = stored(layout, feed(day))
    if not recent and not opened:
        return None
    mixed.sort(key=lambda file: (file.sequence, file.path))
    folder = lake.storage.fetch(layout.name, [*clean, *mixed])
    return hotfile.HotSource(layout, folder, clean, mixed, opened)
