"""What the catalog says of a dataset: its line, its columns, its checks, and all of it together; and how good it is."""

from __future__ import annotations

import datetime

from tallystick.core.schema import Record, Timestamp

__all__ = ["DatasetCheck", "DatasetColumn", "DatasetLine", "DatasetReply", "QualityLine"]


class DatasetLine(Record, frozen=True, kw_only=True):
    """A table of the lake: its rows (a fact has one for each of its versions), bytes, first and last date, when its
    newest row was known.

    Rows of recent partitions are in the hot generation too and are asked fast: `hot_from` is the first date from which
    all are there as they are now, up to the newest; `hot_rows` are the rows since then. `hot` is `current`, `behind`
    when the newest partition changed after the generation was published (it is read from its files then), and empty
    where nothing was published.

    `quality` is the share of the rows that came by loads and did not stay in quarantine, in percent (none without
    loads); `holds` names the open holds that speak of it.
    """

    dataset: str
    title: str
    owner: str
    record_class: str
    rows: int
    bytes: int
    files: int
    version: int
    first: datetime.date | None
    last: datetime.date | None
    known_time: Timestamp | None
    hot: str
    hot_from: datetime.date | None
    hot_rows: int
    quarantined: int
    quality: float | None
    holds: str


class DatasetColumn(Record, frozen=True, kw_only=True):
    """A column: how it is stored (`text`, `int64`, `date`, …), its unit, its place in the key and in the sort order
    (from 1, none: not in it), whether it may be empty, and who fills it: a source that `must` or `may`, or the `house`.
    """

    column: str
    column_type: str
    column_unit: str
    in_key: int | None
    in_sort: int | None
    may_be_empty: bool
    filled_by: str


class DatasetCheck(Record, frozen=True, kw_only=True):
    """A check that a load goes through: what it makes sure of, and whether a row that fails is `set_aside` or kept with
    a `doubt`.
    """

    check: str
    makes_sure: str
    on_failure: str


class DatasetReply(DatasetLine, frozen=True, kw_only=True):
    """One dataset: its line in the catalog, what made it, and how it is kept.

    `loads`, `corrections`, `sealed_days` count what `history.loads` lists; `hot_partitions` are in the hot generation
    as they are now, and so are asked fast. `keep_until` is of the partition that is kept longest (none: for ever, as
    far as is known, because of `kept_by`); `kept_why` says it in a sentence.
    """

    key: list[str]
    sort_order: list[str]
    partitioned_by: str
    partitions: int
    loads: int
    corrections: int
    sealed_days: int
    sealed_until: datetime.date | None
    hot_partitions: int
    archived_partitions: int
    archived_rows: int
    marked_partitions: int
    purged_partitions: int
    keep_until: datetime.date | None
    kept_by: str
    kept_why: str
    columns: list[DatasetColumn]
    checks: list[DatasetCheck]


class QualityLine(Record, frozen=True, kw_only=True):
    """A part of what came for a dataset: all of it, a day on which it was known, a source, or a reason.

    `part` is the day (empty where a load's rows were known at times of their own), the source or the reason's code,
    `reason` its sentence. `taken` rows are in the lake or were there already, `corrected` of them came by corrections;
    `waiting_rows` stand in quarantine, `released_rows` stood there. `quality` is the share taken in percent, none for a
    reason and where nothing came.
    """

    dataset: str
    part: str
    column: str
    reason: str
    taken: int
    corrected: int
    waiting_rows: int
    released_rows: int
    quality: float | None
