"""What a table looks like: its declaration, and the same in a form that is kept beside the data.

A `TableSpec` names a record class; a `Layout` is what remains of it on disk, so that a process which never imported
the room still reads the table. Times are stored as int64 nanoseconds (Iceberg's own time of format 2 has microseconds
only, which would lose the order of events), business dates as dates, texts of fixed size as plain text.
"""

from __future__ import annotations

import datetime
import functools
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.schema import Column, Record, date_number, number_date, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Layout", "LayoutColumn", "TableSpec", "layout_of", "unknown_column"]

Rhythm = Literal["day", "month", "year"]

DAY_COLUMN = "_day"
"""Stored beside the declared columns when a table is partitioned by a time, which has no date of its own."""

PYTHON_TYPES: dict[str, Any] = {
    "text": str, "text_fixed": str, "bytes_fixed": bytes, "bool": bool, "float64": float, "date": datetime.date,
}  # fmt: skip


class TableSpec(msgspec.Struct, frozen=True):
    """A lake table as its room declares it.

    `key` are the columns that say which fact a row is about; rows with equal keys are versions of one fact, and the
    one with the latest `known_time` holds. `sort` (columns of the key) is the order inside a file. `partition` is a
    date or time column of the key and a rhythm, or None for one heap. `owner` is the room, `title` a name for people.

    >>> from tallystick.core.schema import BusinessDate, Timestamp
    >>> fields = {"code": str, "date": BusinessDate, "rate": int, "event_time": Timestamp, "known_time": Timestamp}
    >>> Rate = msgspec.defstruct("Rate", fields.items(), bases=(Record,), frozen=True, kw_only=True)
    >>> spec = TableSpec("doctest.rates", Rate, key=("code", "date"), sort=("code", "date"), partition=("date", "year"))
    >>> layout_of(spec).partition_number(datetime.date(2026, 11, 20))
    56
    """

    name: str
    record: type[Record]
    key: tuple[str, ...]
    sort: tuple[str, ...]
    partition: tuple[str, Rhythm] | None = None
    owner: str = ""
    title: str = ""


class LayoutColumn(msgspec.Struct, frozen=True, array_like=True):
    """One stored column: name, storage kind as in `core.schema`, bytes of fixed size, unit, whether it may be null."""

    name: str
    kind: str
    size: int = 0
    unit: str = ""
    optional: bool = False


class Layout(msgspec.Struct, frozen=True, dict=True):
    """A table's shape as it is kept with the data; everything the lake itself needs to know of a table."""

    name: str
    columns: tuple[LayoutColumn, ...]
    key: tuple[str, ...]
    sort: tuple[str, ...]
    partition: tuple[str, Rhythm] | None = None
    owner: str = ""
    title: str = ""
    grown: bool = False
    """Whether columns were added after the first files, so that readers must match files by name."""

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the declared columns, in order."""
        return tuple(column.name for column in self.columns)

    @functools.cached_property
    def kinds(self) -> dict[str, str]:
        """Storage kind by column name."""
        return {column.name: column.kind for column in self.columns}

    @functools.cached_property
    def stored_partition(self) -> str:
        """The date column that files are partitioned by, or an empty text."""
        if self.partition is None:
            return ""
        return self.partition[0] if self.kinds[self.partition[0]] == "date" else DAY_COLUMN

    @functools.cached_property
    def time_in_sort(self) -> str:
        """The first time among the sort columns after the first of them, or an empty text."""
        return next((name for name in self.sort[1:] if self.kinds[name] == "timestamp"), "")

    @functools.cached_property
    def order(self) -> tuple[str, ...]:
        """The full order of rows in a file: sort columns, the rest of the key, then known time."""
        rest = tuple(name for name in self.key if name not in self.sort)
        return (*self.sort, *rest, "known_time")

    @functools.cached_property
    def arrow(self) -> pa.Schema:
        """The Arrow schema that callers give and get: times as UTC nanoseconds, units in the field metadata."""
        import pyarrow as pa

        return pa.schema([_arrow_field(column) for column in self.columns])

    @functools.cached_property
    def stored_arrow(self) -> pa.Schema:
        """The Arrow schema of the data files, with Iceberg's field numbers in the metadata."""
        import pyarrow as pa

        fields = [pa.field(c.name, _stored_type(c), nullable=c.optional) for c in self.columns]
        if self.stored_partition == DAY_COLUMN:
            fields.insert(0, pa.field(DAY_COLUMN, pa.date32(), nullable=False))
        return pa.schema([field.with_metadata(_field_number(n)) for n, field in enumerate(fields, 1)])

    def partition_number(self, date: datetime.date) -> int:
        """Iceberg's number of the partition that holds a date: days, months or years since 1970."""
        assert self.partition is not None, f"{self.name} has no partitions"
        return _partition_number(self.partition[1], date)

    def partition_days(self, number: int) -> tuple[datetime.date, datetime.date]:
        """First and last date of a partition."""
        assert self.partition is not None, f"{self.name} has no partitions"
        if self.partition[1] == "day":
            return number_date(number), number_date(number)
        if self.partition[1] == "month":
            after = datetime.date(1970 + (number + 1) // 12, (number + 1) % 12 + 1, 1)
            return datetime.date(1970 + number // 12, number % 12 + 1, 1), after - datetime.timedelta(1)
        return datetime.date(1970 + number, 1, 1), datetime.date(1970 + number, 12, 31)

    def partition_name(self, number: int) -> str:
        """The partition as its folder is called: `2026-11-20`, `2026-11` or `2026`."""
        assert self.partition is not None, f"{self.name} has no partitions"
        return self.partition_days(number)[0].isoformat()[
            : {"day": 10, "month": 7, "year": 4}[self.partition[1]]
        ]

    def spec(self) -> TableSpec:
        """A declaration with the same columns; its record class is made here when the room's own is not at hand."""
        fields = [(c.name, _hint(c), None) if c.optional else (c.name, _hint(c)) for c in self.columns]
        name = self.name.rpartition(".")[2].title().replace("_", "")
        record: Any = msgspec.defstruct(name, fields, bases=(Record,), frozen=True, kw_only=True)
        return TableSpec(self.name, record, self.key, self.sort, self.partition, self.owner, self.title)

    def grown_to(self, other: Layout) -> Layout | None:
        """The layout after `other` is declared over this one: the same, or with new optional columns at the end.

        None when the two do not fit: a column changed, went or came as required, or key, sort or partition differ.
        """
        same = (self.key, self.sort, self.partition) == (other.key, other.sort, other.partition)
        kept = other.columns[: len(self.columns)]
        added = other.columns[len(self.columns) :]
        if not same or kept != self.columns or not all(column.optional for column in added):
            return None
        return msgspec.structs.replace(other, grown=self.grown or bool(added))


def layout_of(spec: TableSpec) -> Layout:
    """The layout of a declaration. TallystickError when the declaration breaks a rule of the lake."""
    schema = schema_of(spec.record)
    columns = []
    for name, column in schema.columns.items():
        if column is None:
            raise _declared_wrong(spec, f"column {name} is nested")
        columns.append(LayoutColumn(name, column.kind, column.size, column.unit, name in schema.optional))
    layout = Layout(spec.name, tuple(columns), spec.key, spec.sort, spec.partition, spec.owner, spec.title)
    for name in ("event_time", "known_time"):
        if layout.kinds.get(name) != "timestamp":
            raise _declared_wrong(spec, f"it has no time column {name}")
    for name in (*spec.key, *spec.sort):
        if name not in layout.kinds:
            raise _declared_wrong(spec, f"it has no column {name}")
    if not spec.key or not set(spec.sort) <= set(spec.key):
        raise _declared_wrong(spec, "a column of sort is not in key")
    if any(column.name in spec.key and column.optional for column in columns):
        raise _declared_wrong(spec, "a column of key may be null")
    if spec.partition is not None and (
        spec.partition[0] not in spec.key or layout.kinds[spec.partition[0]] not in ("date", "timestamp")
    ):
        raise _declared_wrong(spec, f"{spec.partition[0]} is no date or time column of key")
    return layout


def unknown_column(layout: Layout, column: str) -> TallystickError:
    """The fault of naming a column that a table has not."""
    remedy, near = suggestion(column, layout.names)
    return TallystickError(
        "lake.column_unknown",
        "Table {table} has no column {column}.",
        remedy,
        table=layout.name,
        column=column,
        **near,
    )


def _declared_wrong(spec: TableSpec, problem: str) -> TallystickError:
    return TallystickError(
        "lake.declaration",
        "The declaration of {table} is wrong: {problem}.",
        "See docs/explanation/lake.md, part Declaring a table.",
        table=spec.name,
        problem=problem,
    )


def _partition_number(rhythm: Rhythm, date: datetime.date) -> int:
    if rhythm == "day":
        return date_number(date)
    return date.year - 1970 if rhythm == "year" else (date.year - 1970) * 12 + date.month - 1


def _hint(column: LayoutColumn) -> Any:
    stored = Column(column.kind, column.size, column.unit)
    hint: Any = Annotated.__class_getitem__((PYTHON_TYPES.get(column.kind, int), stored))  # type: ignore[attr-defined]
    return hint | None if column.optional else hint


def _field_number(number: int) -> dict[str, str]:
    return {"PARQUET:field_id": str(number)}


def _arrow_field(column: LayoutColumn) -> pa.Field:
    import pyarrow as pa

    kind = pa.timestamp("ns", tz="UTC") if column.kind == "timestamp" else None
    if column.kind in ("int8", "int16", "uint64"):
        kind = pa.type_for_alias(column.kind)
    metadata = {"unit": column.unit} if column.unit else None
    return pa.field(column.name, kind or _stored_type(column), nullable=column.optional, metadata=metadata)


def _stored_type(column: LayoutColumn) -> pa.DataType:
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "text": pa.string(), "text_fixed": pa.string(), "date": pa.date32(), "timestamp": pa.int64(),
        "bool": pa.bool_(), "float64": pa.float64(), "uint64": pa.int64(), "int64": pa.int64(),
        "int32": pa.int32(), "int16": pa.int32(), "int8": pa.int32(),
    }  # fmt: skip
    return pa.binary(column.size) if column.kind == "bytes_fixed" else types[column.kind]
