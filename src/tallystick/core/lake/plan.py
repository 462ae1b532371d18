"""Which files hold a table's rows now, and which of them a question must read.

A plan belongs to one snapshot and is kept, so that a scan asks Iceberg nothing. Files of a partition are *clean* when
no key is in them twice: each says of itself (by its name) that its keys are unique, and no two can hold the same key,
by the bounds of some key column. Rows of clean files need no search for the latest version.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import msgspec

from tallystick.core.lake.layout import DAY_COLUMN, Layout
from tallystick.core.ready import ready

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table
    from pyiceberg.types import PrimitiveType

__all__ = [
    "UNIQUE_SUFFIX",
    "WITHDRAWN",
    "Bound",
    "Plan",
    "PlannedFile",
    "Selection",
    "decode_plan",
    "is_clean",
    "planned_file",
    "read_plan",
    "select",
    "touched",
]

UNIQUE_SUFFIX = ".unique.parquet"
"""How the name of a data file ends when no key is in it twice."""

WITHDRAWN = "withdrawn"
"""An optional flag of a table: a version of a fact that takes it back. It hides the fact from its known time on."""

Bound = int | str | float
Span = tuple[Bound | None, Bound | None]


class PlannedFile(msgspec.Struct, frozen=True, array_like=True):
    """One data file: path below the table's folder, partition, rows, bytes, commit order, bounds of the key columns.

    Dates are day numbers, times nanoseconds; a text's bounds may be cut, the upper then raised.
    """

    path: str
    partition: int | None
    rows: int
    size: int
    sequence: int
    lower: dict[str, Bound]
    upper: dict[str, Bound]

    @property
    def unique(self) -> bool:
        """Whether the file says that no key is in it twice."""
        return self.path.endswith(UNIQUE_SUFFIX)

    @property
    def withdraws(self) -> bool:
        """Whether a version in the file takes a fact back."""
        return bool(self.upper.get(WITHDRAWN, False))


class Plan(msgspec.Struct, frozen=True):
    """The live files of a table at one snapshot (0: the table is empty), with its business version."""

    snapshot_id: int
    version: int
    snapshots: int
    files: tuple[PlannedFile, ...]

    @property
    def rows(self) -> int:
        """Live rows, superseded versions of facts included."""
        return sum(file.rows for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of the live files."""
        return sum(file.size for file in self.files)

    def partitions(self) -> dict[int | None, list[PlannedFile]]:
        """The files by partition, in order of partition and commit."""
        groups: dict[int | None, list[PlannedFile]] = {}
        for file in sorted(self.files, key=lambda file: (file.partition or 0, file.sequence, file.path)):
            groups.setdefault(file.partition, []).append(file)
        return groups


def decode_plan(body: bytes | None) -> Plan | None:
    """A plan that was kept; None when there is none or another release wrote it otherwise."""
    if body is None:
        return None
    try:
        return msgspec.msgpack.decode(body, type=ready(Plan))
    except msgspec.ValidationError:
        return None


class Selection(msgspec.Struct, frozen=True):
    """The files that a question must read: `clean` as they are, `mixed` with a search for each key's latest version."""

    clean: list[PlannedFile]
    mixed: list[PlannedFile]


def select(
    layout: Layout,
    groups: Mapping[int | None, Sequence[PlannedFile]],
    spans: Mapping[str, Span],
    known_at: int | None,
) -> Selection:
    """Choose the files that can hold rows with every key column inside its span, known at a time.

    `spans` maps key columns to inclusive (lowest, highest) stored values, either None for open.
    """
    clean: list[PlannedFile] = []
    mixed: list[PlannedFile] = []
    for files in groups.values():
        touched = [f for f in files if _may_hold(f, spans) and (known_at is None or _known(f, known_at))]
        (clean if is_clean(layout, touched) else mixed).extend(touched)
    mixed.sort(key=lambda file: (file.sequence, file.path))
    return Selection(clean, mixed)


def touched(groups: Mapping[int | None, Sequence[PlannedFile]], spans: Mapping[str, Span]) -> set[int]:
    """The partitions with a file that can hold rows with every key column inside its span."""
    return {
        number
        for number, files in groups.items()
        if number is not None and any(_may_hold(file, spans) for file in files)
    }


def is_clean(layout: Layout, files: Sequence[PlannedFile]) -> bool:
    """Whether no key can be in these files of one partition twice."""
    if not all(file.unique for file in files):
        return False
    return len(files) < 2 or any(_disjoint(files, name) for name in layout.key)


def _disjoint(files: Sequence[PlannedFile], name: str) -> bool:
    if not all(name in file.lower and name in file.upper for file in files):
        return False
    ordered = sorted(files, key=lambda file: file.lower[name])
    pairs = itertools.pairwise(ordered)
    return all(before.upper[name] < after.lower[name] for before, after in pairs)  # type: ignore[operator]


def _may_hold(file: PlannedFile, spans: Mapping[str, Span]) -> bool:
    for name, (lowest, highest) in spans.items():
        upper, lower = file.upper.get(name), file.lower.get(name)
        if lowest is not None and upper is not None and upper < lowest:  # type: ignore[operator]
            return False
        if highest is not None and lower is not None and lower > highest:  # type: ignore[operator]
            return False
    return True


def _known(file: PlannedFile, known_at: int) -> bool:
    return int(file.lower.get("known_time", known_at)) <= known_at


def read_plan(layout: Layout, table: Table, snapshot_id: int | None = None) -> Plan:
    """Plan a table from its Iceberg manifests, at the current or a named snapshot. KeyError if it is expired."""
    from pyiceberg.manifest import DataFileContent

    metadata = table.metadata
    snapshot = metadata.current_snapshot() if snapshot_id is None else metadata.snapshot_by_id(snapshot_id)
    if snapshot is None:
        if snapshot_id is not None:
            raise KeyError(snapshot_id)
        return Plan(0, 0, 0, ())
    schema = table.schema()
    files = []
    for manifest in snapshot.manifests(table.io):
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            data_file = entry.data_file
            assert data_file.content == DataFileContent.DATA, "delete files are not ours"
            files.append(
                planned_file(layout, schema, table.location(), data_file, entry.sequence_number or 0)
            )
    version = int((snapshot.summary or {}).get("tally.version", 0))  # type: ignore[call-overload]
    return Plan(snapshot.snapshot_id, version, len(metadata.snapshots), tuple(files))


def planned_file(
    layout: Layout, schema: Schema, location: str, data_file: DataFile, sequence: int
) -> PlannedFile:
    """What a plan keeps of an Iceberg data file."""
    from pyiceberg.conversions import from_bytes

    lower: dict[str, Bound] = {}
    upper: dict[str, Bound] = {}
    for name in bounded_columns(layout):
        field = schema.find_field(name)
        for bounds, kept in ((data_file.lower_bounds, lower), (data_file.upper_bounds, upper)):
            if bounds and field.field_id in bounds:
                kept[name] = from_bytes(cast("PrimitiveType", field.field_type), bounds[field.field_id])
    partition = data_file.partition[0] if layout.partition else None
    path = data_file.file_path.removeprefix(location).lstrip("/")
    return PlannedFile(
        path, partition, data_file.record_count, data_file.file_size_in_bytes, sequence, lower, upper
    )


def bounded_columns(layout: Layout) -> Iterable[str]:
    """The columns whose bounds a plan keeps."""
    stored = [DAY_COLUMN] if layout.stored_partition == DAY_COLUMN else []
    bytes_have_none = [name for name in layout.key if layout.kinds[name] != "bytes_fixed"]
    withdrawn = [WITHDRAWN] if layout.kinds.get(WITHDRAWN) == "bool" else []
    return dict.fromkeys([*bytes_have_none, "known_time", *stored, *withdrawn])
