"""What the doors of feeding take and give."""

from __future__ import annotations

import datetime

from tallystick.core.schema import Record

__all__ = ["SealCheck", "SealFault", "SealRequest", "VerifySealedRequest"]


class SealRequest(Record, frozen=True, kw_only=True):
    """The last business date to seal; every closed day that is not sealed yet when none is given."""

    date: datetime.date | None = None


class VerifySealedRequest(Record, frozen=True, kw_only=True):
    """The sealed days of one dataset, or of all."""

    dataset: str = ""


class SealFault(Record, frozen=True, kw_only=True):
    """A sealed day of a table that is not as it was sealed.

    `missing` (no rows, or a file is gone), `damaged` (a file does not read), `changed` (other rows), `unproven` (the
    catalog's proof is not the one on the journal).

    `rows` were sealed, `rows_found` are there now; `folder` has the day's files.
    """

    business_date: datetime.date
    dataset: str
    problem: str
    rows: int
    rows_found: int
    folder: str


class SealCheck(Record, frozen=True, kw_only=True):
    """What was compared: days, tables of these days (`partitions`), their files, rows, bytes; and what is wrong.

    `by_sums` partitions were sealed by another release of DuckDB, whose checksums differ: of them rows and the sums of
    all numbers were compared. `advice` says what to do about faults.
    """

    passed: bool
    days: int
    partitions: int
    files: int
    rows: int
    bytes: int
    by_sums: int
    purged: int
    advice: str
    faults: list[SealFault]
