"""Hot generations: recent days as DuckDB tables, built aside, published by rename, opened read-only by any process.

A generation says which data files each of its partitions was made from. A scan uses it for exactly those partitions
whose files are still the same, so a hot answer is never older than the warm one. Every row carries `_superseded`, the
known time of the version that replaced it, so "as known at" is a comparison instead of a search; the first text column
of the sort order is also kept as a number, which is compared faster. A table that is sorted by instrument and then time
is there a second time by time, since a moment of all instruments would be spread over every block otherwise.

A generation is made from the one before (`core.lake.hotfile`): its file is copied, partitions that are not as they were
are taken out, new ones put in. So closing a day costs what the day holds, not what all hot days hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.lake.conditions import Conditions, quoted
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.plan import PlannedFile
from tallystick.core.lake.relation import HotPart
from tallystick.core.ready import ready

if TYPE_CHECKING:
    from tallystick.core.lake.engine import Engine

__all__ = ["BY_TIME", "Contents", "Generation", "HotTable", "decode_contents"]

BY_TIME = "#by_time"
"""How the name of a table's second copy ends."""


class HotTable(msgspec.Struct, frozen=True):
    """What a generation holds of one table: the files of each partition, partitions without files (rows that are not
    sealed yet), its columns, the one that has codes, the partitions in which rows may be superseded by others, and the
    time column by which the table is there a second time (empty if it is not).
    """

    files: dict[int, list[str]]
    opened: list[int]
    columns: list[str]
    coded: str
    superseded: list[int]
    by_time: str = ""


class Contents(msgspec.Struct, frozen=True):
    """What a generation holds."""

    tables: dict[str, HotTable]


def decode_contents(body: bytes) -> Contents | None:
    """The contents of a generation; None when another release wrote them otherwise."""
    try:
        return msgspec.msgpack.decode(body, type=ready(Contents))
    except msgspec.ValidationError:
        return None


class Generation:
    """A published generation as a scan uses it."""

    def __init__(self, number: int, path: Path, contents: Contents) -> None:
        self.number = number
        self.path = path
        self.contents = contents
        self._codes: dict[str, dict[str, int]] = {}

    def covered(self, name: str, partitions: Mapping[int | None, Iterable[PlannedFile]]) -> set[int]:
        """The partitions of a table that this generation gives as they are now."""
        table = self.contents.tables.get(name)
        if table is None:
            return set()
        now = {
            number: sorted(f.path for f in files)
            for number, files in partitions.items()
            if number is not None
        }
        same = {number for number, files in table.files.items() if now.get(number) == files}
        return same | {number for number in table.opened if number not in now}

    def opened(self, name: str) -> list[int]:
        """The partitions of a table that have no files in the lake yet."""
        table = self.contents.tables.get(name)
        return table.opened if table else []

    def part(self, engine: Engine, layout: Layout, current: set[int], conditions: Conditions) -> HotPart:
        """The hot table for a scan, told what to leave out: every partition but the current ones."""
        table = self.contents.tables[layout.name]
        place = f"{engine.attach(self.path)}.main."
        left_out = sorted({*table.files, *table.opened} - current)
        instead = {}
        wanted = conditions.among.get(table.coded) if table.coded else None
        if wanted is not None:
            codes = self._codes_of(engine, place, layout.name)
            found = [str(codes[value]) for value in wanted if value in codes]
            condition = f"_code = {found[0]}" if len(found) == 1 else f"_code IN ({', '.join(found)})"
            instead[table.coded] = condition if found else "false"
        by_time = conditions.is_moment(table.by_time) and wanted is None
        name = layout.name + BY_TIME if by_time else layout.name
        return HotPart(place + quoted(name), left_out, instead, not current.isdisjoint(table.superseded))

    def _codes_of(self, engine: Engine, place: str, name: str) -> dict[str, int]:
        if name not in self._codes:
            self._codes[name] = dict(
                engine.rows(f"SELECT _value, _code FROM {place}{quoted(name + '#codes')}")
            )
        return self._codes[name]
