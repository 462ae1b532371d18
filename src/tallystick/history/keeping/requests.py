"""What the doors of keeping take and give; those of quality, and of typed corrections, declare their own."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from tallystick.core.schema import Record, Timestamp
from tallystick.history.loading.reports import LoadWarning, RowReason
from tallystick.history.requests import PageRequest, page_of

__all__ = [
    "ArchiveCheck",
    "ArchiveFault",
    "ArchiveRequest",
    "ArchivesRequest",
    "CloseYearRequest",
    "CompactRequest",
    "CopyArchiveRequest",
    "CorrectReply",
    "CorrectRequest",
    "DatasetRequest",
    "DatasetsRequest",
    "ExpireRequest",
    "HoldLine",
    "HoldsRequest",
    "KeptReply",
    "LoadsRequest",
    "PageRequest",
    "PlaceHoldRequest",
    "ProposePurgeRequest",
    "ProposeRetentionRequest",
    "PurgeRequest",
    "PurgesRequest",
    "ReleaseHoldRequest",
    "RestoreArchiveRequest",
    "RetentionLine",
    "RetentionRequest",
    "SetQuotaRequest",
    "UnmarkPurgeRequest",
    "VerifyArchiveRequest",
    "WithdrawRequest",
    "page_of",
]


class DatasetsRequest(PageRequest, frozen=True, kw_only=True):
    """Which part of the catalog; `text` is looked for in names, titles and owners. With `hold` only datasets of which
    that open hold speaks.
    """

    text: str = ""
    hold: str = ""


class DatasetRequest(Record, frozen=True, kw_only=True):
    """One dataset by its name, e.g. `history.bars_daily`."""

    dataset: str


class LoadsRequest(PageRequest, frozen=True, kw_only=True):
    """Of one dataset or all; `what` is loaded, corrected, sealed, archived, restored, purged, or empty for all."""

    dataset: str = ""
    what: str = ""


class CorrectRequest(Record, frozen=True, kw_only=True):
    """Late or corrected rows of a dataset, from files, frames or lists of objects (those in Python only).

    `reason` says why; `source_revision` is the source's number of its correction (one more than the last when it is 0);
    `known_at` when the firm knew (`2026-11-20`, its end, or a time of the firm's zone), now when empty. `vendor` and
    `mapping` say how the files are written, as for a load.
    """

    files: list[str | Any]
    dataset: str
    reason: str
    source_revision: int = 0
    known_at: str = ""
    vendor: str = ""
    mapping: str = ""


class WithdrawRequest(Record, frozen=True, kw_only=True):
    """Facts that should not exist: rows of the columns of the dataset's key, as files, frames or lists of objects."""

    files: list[str | Any]
    dataset: str
    reason: str
    source_revision: int = 0
    known_at: str = ""


class CorrectReply(Record, frozen=True, kw_only=True):
    """What a correction did: new versions of facts, facts taken back, rows that said what was known, rows set aside,
    and rows to be withdrawn that were not there. `position` is the journal batch, 0 when there was nothing to do;
    `reasons` are the first of the rows set aside, `warnings` what may be wrong with those that were not.
    """

    dataset: str
    rows: int
    withdrawn: int
    unchanged: int
    quarantined: int
    missing: int
    revision: int
    known_time: Timestamp
    position: int
    reasons: list[RowReason] = []
    warnings: list[LoadWarning] = []


class CompactRequest(Record, frozen=True, kw_only=True):
    """One dataset, or every table of the lake."""

    dataset: str = ""


class ExpireRequest(Record, frozen=True, kw_only=True):
    """Drop snapshots older than `keep_days`, and files that nothing names and that are older than `grace_hours`, which
    is ten minutes or more.
    """

    keep_days: float = 7.0
    grace_hours: float = 1.0


class KeptReply(Record, frozen=True, kw_only=True):
    """What maintenance did: files before and after, snapshots dropped, files removed, their bytes, files held."""

    files_before: int
    files_after: int
    snapshots_dropped: int = 0
    files_removed: int = 0
    bytes_removed: int = 0
    files_held: int = 0


class ArchivesRequest(PageRequest, frozen=True, kw_only=True):
    """The archives of one dataset or all."""

    dataset: str = ""


class VerifyArchiveRequest(Record, frozen=True, kw_only=True):
    """The archives of one dataset or all."""

    dataset: str = ""


class ArchiveFault(Record, frozen=True, kw_only=True):
    """What is wrong with a file of an archive: `missing`, `changed` (other bytes), `unnamed` (no table names it)."""

    dataset: str
    partition: str
    manifest: str
    file: str
    problem: str


class ArchiveCheck(Record, frozen=True, kw_only=True):
    """What was compared with manifests and journal, byte by byte: archives, their files, rows and bytes as the journal
    has them; and what is wrong (`passed` when nothing is).
    """

    passed: bool
    archives: int
    files: int
    rows: int
    bytes: int
    faults: list[ArchiveFault]


class ArchiveRequest(Record, frozen=True, kw_only=True):
    """A dataset; every partition that ends before the date is archived."""

    dataset: str
    before: datetime.date


class CopyArchiveRequest(Record, frozen=True, kw_only=True):
    """A folder for the copies (of another disk, to be written to a tape), of one dataset or all."""

    target: str
    dataset: str = ""


class RestoreArchiveRequest(Record, frozen=True, kw_only=True):
    """A folder with copies of archives, `<dataset>/<partition>/…` as `history.copy_archive` makes them."""

    source: str
    dataset: str = ""
    partition: str = ""


class RetentionRequest(PageRequest, frozen=True, kw_only=True):
    """The partitions of a dataset; without one the rules in force."""

    dataset: str = ""
    record_class: str = ""


class ProposeRetentionRequest(Record, frozen=True, kw_only=True):
    """Retention rows as CSV with the columns of the shipped file, and why."""

    rows: str
    reason: str


class CloseYearRequest(Record, frozen=True, kw_only=True):
    """A year that is over, on which date its books were closed, and why it is said, or said otherwise, now."""

    year: int
    date: datetime.date
    reason: str


class RetentionLine(Record, frozen=True, kw_only=True):
    """A retention rule: how long records of a class are kept at least, from which start, by which source.

    A rule that was replaced ends with the day of the change (`valid_to`) and still holds for what is dated before. Of a
    clock that is journaled `started` says which years were closed when, the newest first. A class that no rule names
    has a line without rule and value, whose `note` says that it is kept for ever.
    """

    jurisdiction: str
    record_class: str
    rule: str
    value: int | None
    unit: str
    clock: str
    valid_from: datetime.date | None
    valid_to: datetime.date | None
    source: str
    source_date: str
    status: str
    note: str
    started: str = ""


class HoldsRequest(PageRequest, frozen=True, kw_only=True):
    """Open holds, or all with `every`; those that speak of one dataset, or of any; one by its name with `hold`."""

    dataset: str = ""
    every: bool = False
    hold: str = ""


class HoldLine(Record, frozen=True, kw_only=True):
    """A hold: what it keeps, whom it is about, why, and whether it is `open` or `released`."""

    hold: str
    kind: str
    state: str
    datasets: str
    record_classes: str
    instruments: str
    parties: str
    accounts: str
    first: datetime.date | None
    last: datetime.date | None
    reason: str
    placed_by: str
    placed_at: Timestamp
    released_at: Timestamp | None


class PlaceHoldRequest(Record, frozen=True, kw_only=True):
    """What is held: datasets (`history.*`; none means all), a span of dates (open ends when left out), and why.

    With `record_classes` (`orders`) only datasets of these classes are held. Instruments, parties and accounts say whom
    it is about; the whole of the datasets' dates is kept.
    """

    hold: str
    reason: str
    kind: Literal["legal", "dispute"] = "legal"
    datasets: list[str] = []
    instruments: list[str] = []
    parties: list[str] = []
    accounts: list[str] = []
    first: datetime.date | None = None
    last: datetime.date | None = None
    record_classes: list[str] = []


class ReleaseHoldRequest(Record, frozen=True, kw_only=True):
    """A hold by its name, and why it ends."""

    hold: str
    reason: str


class PurgesRequest(PageRequest, frozen=True, kw_only=True):
    """Of one dataset or all; in one state (`marked`, `begun`, `purged`, `unmarked`) or any."""

    dataset: str = ""
    state: str = ""


class ProposePurgeRequest(Record, frozen=True, kw_only=True):
    """A dataset; every partition that ends before the date is to be deleted, and why."""

    dataset: str
    before: datetime.date
    reason: str


class UnmarkPurgeRequest(Record, frozen=True, kw_only=True):
    """A marked partition that stays after all, and why."""

    dataset: str
    partition: str
    reason: str


class PurgeRequest(Record, frozen=True, kw_only=True):
    """One dataset, or all that are marked."""

    dataset: str = ""


class SetQuotaRequest(Record, frozen=True, kw_only=True):
    """A role or a user, how many rows and bytes may be read in a day (none: without limit), and why."""

    reason: str
    role: str = ""
    user: str = ""
    rows_per_day: int | None = None
    bytes_per_day: int | None = None
