"""The lake: create tables, add to them, ask them. What takes time to import is imported when it is used."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import msgspec

from tallystick.core.errors import NotFound, TallystickError, suggestion
from tallystick.core.lake.catalog import Catalog, Version, open_catalog
from tallystick.core.lake.layout import Layout, TableSpec, layout_of
from tallystick.core.lake.plan import Plan, PlannedFile, decode_plan
from tallystick.core.lake.storage import open_storage
from tallystick.core.schema import number_date
from tallystick.core.settings import LakeSettings

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake.commit import Change, Tables
    from tallystick.core.lake.engine import Engine
    from tallystick.core.lake.hot import Generation
    from tallystick.core.lake.maintenance import Holds, Swept
    from tallystick.core.lake.opened import OpenDays
    from tallystick.core.lake.order import Order
    from tallystick.core.lake.sealing import Sealed

__all__ = ["Commit", "Feed", "Lake", "TableDescription"]

Feed = Callable[[datetime.date], "pa.Table"]
"""Gives a day's rows of a table from journal and tape, in the same order every time, until the day is sealed."""


class Commit(msgspec.Struct, frozen=True):
    """What a change did: the table's new business version and its snapshot, rows and files now live.

    `repeated` says that nothing was done, since a change with the same token is there already.
    """

    name: str
    version: int
    snapshot_id: int
    rows: int
    files: int
    repeated: bool = False


class TableDescription(msgspec.Struct, frozen=True):
    """A table in numbers: live rows (superseded versions included), bytes, files, snapshots, business version,
    first and last date of its partition column (None when it has none or is empty), and when its newest row was known
    (UTC nanoseconds, None when it is empty).
    """

    name: str
    title: str
    owner: str
    rows: int
    bytes: int
    files: int
    snapshots: int
    version: int
    first_date: datetime.date | None
    last_date: datetime.date | None
    last_known_time: int | None


class State(NamedTuple):
    """A table as it is now: where its metadata is, its layout, its plan and the plan's files by partition."""

    pointer: str
    layout: Layout
    plan: Plan
    groups: dict[int | None, list[PlannedFile]]


class Lake:
    """The lake of one firm; many threads and processes may use one folder at once.

    >>> import tempfile, pyarrow as pa
    >>> from tallystick.core.schema import BusinessDate, Record, Timestamp
    >>> fields = {"code": str, "date": BusinessDate, "rate": int, "event_time": Timestamp, "known_time": Timestamp}
    >>> Rate = msgspec.defstruct("Rate", fields.items(), bases=(Record,), frozen=True, kw_only=True)
    >>> spec = TableSpec("doctest.rates", Rate, key=("code", "date"), sort=("code", "date"), partition=("date", "year"))
    >>> day, rates = datetime.date(2026, 11, 20), [5_800_000, 5_810_000]
    >>> rows = {"code": ["A", "A"], "date": [day, day], "rate": rates, "event_time": [1, 1], "known_time": [2, 9]}
    >>> with tempfile.TemporaryDirectory() as folder, Lake(Path(folder)) as lake:
    ...     lake.create(spec)
    ...     commit = lake.append(spec.name, pa.table(rows))
    ...     now = lake.scan(spec.name, within={"code": "A"})["rate"].to_pylist()
    ...     then = lake.scan(spec.name, known_at=5)["rate"].to_pylist()
    >>> commit.version, now, then
    (1, [5810000], [5800000])
    """

    def __init__(self, folder: Path, settings: LakeSettings | None = None) -> None:
        self.folder = folder.absolute()
        self.settings = settings or LakeSettings()
        self.storage = open_storage(self.folder, self.settings)
        self.feeds: dict[str, Feed] = {}
        self.feed_days: dict[str, Callable[[], Iterable[datetime.date]]] = {}
        self._lock = threading.RLock()
        self._opened: dict[str, Any] = {}
        self._states: dict[str, State] = {}
        self._generation: Generation | None = None

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files; the lake may be used again afterwards."""
        with self._lock:
            for part in ("tables", "engine", "catalog"):
                if part in self._opened:
                    self._opened.pop(part).close()
            self._states.clear()
            self._generation = None
            self._opened.pop("open_days", None)

    @property
    def catalog(self) -> Catalog:
        """The catalog; opening it mends the locations when the tables were moved."""
        return cast(
            "Catalog",
            self._open("catalog", lambda: open_catalog(self.folder, self.settings.catalog, self.storage)),
        )

    @property
    def tables_writer(self) -> Tables:
        """The Iceberg side, for changes and for plans that are not kept."""
        from tallystick.core.lake.commit import Tables

        return cast("Tables", self._open("tables", lambda: Tables(self.folder, self.catalog, self.storage)))

    @property
    def engine(self) -> Engine:
        """DuckDB over this folder."""
        from tallystick.core.lake.engine import Engine

        return cast(
            "Engine", self._open("engine", lambda: Engine(self.folder, self.settings.question_seconds))
        )

    @property
    def open_days(self) -> OpenDays:
        """The rows of days that are not sealed, from the feeds that tell their days."""
        from tallystick.core.lake.opened import OpenDays

        return cast("OpenDays", self._open("open_days", lambda: OpenDays(self)))

    def _open(self, part: str, make: Callable[[], Any]) -> Any:
        found = self._opened.get(part)
        if found is None:
            with self._lock:
                found = self._opened.get(part) or self._opened.setdefault(part, make())
        return found

    # What is there

    def tables(self) -> list[str]:
        """The names of all tables."""
        return [layout.name for layout in self.catalog.layouts()]

    def spec(self, name: str) -> TableSpec:
        """The declaration of a table, as it is kept with the data. NotFound names the nearest table."""
        return self.state(name).layout.spec()

    def create(self, spec: TableSpec) -> None:
        """Make a table, or check that the one that is there has this declaration.

        New optional columns at the end are added; any other difference is a TallystickError.
        """
        wanted = layout_of(spec)
        known = self.catalog.layout(spec.name)
        if known is None:
            self.tables_writer.create(wanted)
            self.catalog.keep_layout(wanted)
            return
        grown = known.grown_to(wanted)
        if grown is None:
            raise TallystickError(
                "lake.table_differs",
                "Table {table} is kept with another declaration.",
                "Add new columns at the end and let them be empty; for more, make a new table.",
                table=spec.name,
            )
        if len(grown.columns) > len(known.columns):
            self.tables_writer.grow(grown)
        if grown != known:
            self.catalog.keep_layout(grown)

    def describe(self, name: str) -> TableDescription:
        """A table in numbers."""
        _, layout, plan, _ = self.state(name)
        column = layout.partition[0] if layout.partition else ""
        days = [(file.lower[column], file.upper[column]) for file in plan.files if column in file.lower]
        first = _date(layout, column, min(low for low, _ in days)) if days else None
        last = _date(layout, column, max(high for _, high in days)) if days else None
        return TableDescription(
            name,
            layout.title,
            layout.owner,
            plan.rows,
            plan.size,
            len(plan.files),
            plan.snapshots,
            plan.version,
            first,
            last,
            max((int(file.upper["known_time"]) for file in plan.files), default=None),
        )

    def versions(self, name: str) -> list[Version]:
        """The business versions of a table, oldest first, with the snapshots that they name."""
        self.state(name)
        return self.catalog.versions(name)

    def committed(self, name: str, token: str) -> Version | None:
        """The business version that a change with this token made, or None."""
        self.state(name)
        return self.catalog.version_of_token(name, token)

    def state(self, name: str) -> State:
        """A table's layout and plan now; from memory while nobody commits. NotFound names the nearest table."""
        pointer = self.catalog.pointer(name)
        known = self._states.get(name)
        if known is not None and known.pointer == pointer:
            return known
        layout = self.catalog.layout(name)
        if pointer is None or layout is None:
            remedy, near = suggestion(name, self.tables())
            raise NotFound("lake.table_unknown", "There is no table {table}.", remedy, table=name, **near)
        plan = decode_plan(self.catalog.plan(name, pointer)) or self.tables_writer.plan(layout)
        state = State(pointer, layout, plan, plan.partitions())
        self._states[name] = state
        return state

    # Changing

    def append(self, name: str, rows: pa.Table, *, token: str = "") -> Commit:
        """Add rows, durable on return. With a token, a second append of the same token does nothing.

        TallystickError when columns are missing, unknown, or empty where they may not be.
        """
        from tallystick.core.lake.datafiles import stored, write_files

        layout = self.state(name).layout
        if token and (earlier := self.catalog.version_of_token(name, token)):
            return self._done(self.state(name).plan, earlier, repeated=True)
        written = write_files(layout, stored(layout, rows), self.table_folder(name))
        change = self.tables_writer.commit(layout, written, lambda _: (), operation="append", token=token)
        return self._changed(change)

    # Asking
    #
    # What may be said of a question stands here by name, although inside it is one `asking.Question`. Callers say two
    # or three of these, each call others: a struct to be made first would be one word more everywhere and save none.

    def scan(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        within: Mapping[str, Any] | None = None,
        where: str = "",
        parameters: Sequence[Any] = (),
        known_at: int | None = None,
        order: Order = (),
        limit: int | None = None,
        offset: int = 0,
        version: int | None = None,
        hot: bool = True,
    ) -> pa.Table:
        """The facts of a table, each in its latest version, or the latest known at a time (UTC nanoseconds).

        `within` limits key columns: a value, a list (one of), or a pair (from, to; inclusive, None open); times in
        it are nanoseconds. `where` is an SQL condition on the found facts, its `?` places filled from `parameters`; in
        it, times are nanoseconds. `order` names columns, `-` before one for descending, or ranks them (`lake.order`);
        without it the order is open. `version` asks an older business version. TallystickError for an unknown column, a
        condition that does not parse, an expired version.
        """
        from tallystick.core.lake.asking import Question, scan

        question = Question(within or {}, where, parameters, known_at, columns, order, limit, offset)
        return scan(self, self._state_at(name, version), question, hot=hot and version is None)

    def count(
        self,
        name: str,
        *,
        within: Mapping[str, Any] | None = None,
        where: str = "",
        parameters: Sequence[Any] = (),
        known_at: int | None = None,
    ) -> int:
        """How many facts a scan with the same arguments gives."""
        from tallystick.core.lake.asking import Question, count

        return count(self, self.state(name), Question(within or {}, where, parameters, known_at))

    def batches(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        within: Mapping[str, Any] | None = None,
        where: str = "",
        parameters: Sequence[Any] = (),
        known_at: int | None = None,
        order: Order = (),
    ) -> pa.RecordBatchReader:
        """What a scan with the same arguments gives, as record batches by partition and in each in order (as the table
        is sorted unless `order` says otherwise), for answers larger than memory. They are of the table as it is now,
        whatever is committed while they are read.
        """
        from tallystick.core.lake.asking import Question
        from tallystick.core.lake.streams import stream

        return stream(
            self, self.state(name), Question(within or {}, where, parameters, known_at, columns, order)
        )

    def sql(
        self,
        query: str,
        *,
        parameters: Sequence[Any] = (),
        known_at: int | None = None,
        given: Mapping[str, pa.Table] | None = None,
        engine: Literal["local", "cluster"] | None = None,
    ) -> pa.Table:
        """The answer to one SELECT over tables by their names (`FROM history.bars_daily`), as known at a time.

        `given` are further tables by name, e.g. what a machine knows now (`market.instruments`).

        Times are int64 nanoseconds, so that a condition on them chooses files: `make_timestamp_ns(event_time)` is one
        as a time, `epoch_ns(TIMESTAMPTZ '2026-11-20 09:00+08')` a number to compare with. The query sees the lake's
        tables and nothing else of the machine; TallystickError says what it may not do or where it does not parse.
        `engine` says what answers (None: as the settings say); the cluster takes no `parameters`.
        """
        from tallystick.core.lake.asking import sql

        if (engine or self.settings.engine) == "cluster":
            from tallystick.core.lake.cluster import ask

            return ask(self, query, parameters, known_at, given or {})
        return sql(self, query, parameters, known_at, given)

    # Keeping

    def feed(
        self, name: str, feed: Feed, *, days: Callable[[], Iterable[datetime.date]] | None = None
    ) -> None:
        """Say where the rows of days that are not sealed come from; the table must be partitioned by day.

        With `days`, which tells the days that may not be sealed, every question takes their rows from the feed; without
        it only a hot generation has them. The feed gives the same table again while its rows are the same.
        """
        assert (self.state(name).layout.partition or ("", ""))[1] == "day", (
            f"{name} is not partitioned by day"
        )
        self.feeds[name] = feed
        if days is not None:
            self.feed_days[name] = days

    def publish_hot(self, days: Sequence[datetime.date] = ()) -> int:
        """Build and publish a hot generation: the last `hot_days` partitions of every table, and `days` from the feeds.

        Gives the number of the generation.
        """
        from tallystick.core.lake.sealing import publish_hot

        return publish_hot(self, days)

    def refresh_hot(self) -> int:
        """Publish a hot generation if the published one is not of the recent partitions as they are now.

        Gives its number; 0 when there was nothing to do.
        """
        from tallystick.core.lake.sealing import refresh_hot

        return refresh_hot(self)

    def hot_days(self, name: str) -> int:
        """How many partitions of a table the hot generation gives as they are now."""
        generation = self.generation()
        return len(generation.covered(name, self.state(name).groups)) if generation else 0

    def seal(self, day: datetime.date, names: Collection[str] | None = None) -> list[Sealed]:
        """Move a day's rows from the feeds into the lake, make each table's day one file, check and mark it.

        Of every table that is partitioned by day, or of those named.
        """
        from tallystick.core.lake.damage import told_damage
        from tallystick.core.lake.sealing import seal

        with told_damage(self, self.tables() if names is None else names):
            return seal(self, day, names)

    def compact(self, name: str) -> Commit | None:
        """Make one sorted file of the files of each partition, after checking that the rows are the same.

        None when there is nothing to do. TallystickError `lake.proof` when the check fails; nothing is changed then.
        """
        from tallystick.core.lake.damage import told_damage
        from tallystick.core.lake.sealing import compact

        with told_damage(self, [name]):
            change = compact(self, name, None)
        return None if change is None else self._changed(change)

    def maintain(self, *, keep_days: float = 7.0, grace_seconds: float = 3_600.0, holds: Holds) -> Swept:
        """Drop snapshots older than `keep_days` and remove files that nothing names and that are older than the grace.

        `holds(table, path)` is asked for every data file; a file it holds stays, and so does its snapshot.
        """
        from tallystick.core.lake.maintenance import maintain

        return maintain(self, keep_days, grace_seconds, holds)

    # Inside

    def table_folder(self, name: str) -> Path:
        """Where a table's files, or their copies, are on this machine."""
        return self.storage.table_folder(name)

    def generation(self) -> Generation | None:
        """The published hot generation, opened once; None when there is none that this release reads."""
        number = self.catalog.hot_generation()
        if number == 0:
            return None
        if self._generation is None or self._generation.number != number:
            from tallystick.core.lake.hot import Generation, decode_contents

            found = self.catalog.hot()
            contents = decode_contents(found[2]) if found else None
            if found is None or contents is None:
                return None
            self._generation = Generation(found[0], self.folder / "hot" / found[1], contents)
        return self._generation

    def _state_at(self, name: str, version: int | None) -> State:
        state = self.state(name)
        if version is None or version == state.plan.version:
            return state
        plan = self._plan_at(name, version)
        return State("", state.layout, plan, plan.partitions())

    def _plan_at(self, name: str, version: int) -> Plan:
        state = self.state(name)
        found = [one for one in self.catalog.versions(name) if one.version == version]
        if not found or found[0].expired_at is not None:
            raise NotFound(
                "lake.version_gone",
                "Version {version} of {table} cannot be read any more.",
                "Ask for what was known at a time instead.",
                table=name,
                version=version,
            )
        return self.tables_writer.plan(state.layout, found[0].snapshot_id)

    def _changed(self, change: Change) -> Commit:
        return self._done(change.plan, change.version, repeated=change.repeated)

    def _done(self, plan: Plan, version: Version, *, repeated: bool) -> Commit:
        return Commit(
            version.name, version.version, version.snapshot_id, plan.rows, len(plan.files), repeated
        )


def _date(layout: Layout, column: str, value: Any) -> datetime.date:
    return number_date(value if layout.kinds[column] == "date" else value // 86_400_000_000_000)
