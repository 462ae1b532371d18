"""What a load says about itself."""

from __future__ import annotations

from tallystick.core.schema import Record, Timestamp

__all__ = [
    "FileReport",
    "LoadFailure",
    "LoadReport",
    "LoadWarning",
    "MappingProposal",
    "ReasonCount",
    "RowReason",
]


class RowReason(Record, frozen=True, kw_only=True):
    """Why a row was not loaded: its number as in the file, its column, and the reason in words."""

    file: str
    row: int
    column: str
    code: str
    reason: str
    value: str


class ReasonCount(Record, frozen=True, kw_only=True):
    """How many rows of all files were set aside for one reason in one column, and the first of them."""

    code: str
    column: str
    rows: int
    file: str
    row: int


class LoadWarning(Record, frozen=True, kw_only=True):
    """What may be wrong with rows that were loaded: how many, the first one's number, and the doubt in words."""

    file: str
    column: str
    code: str
    rows: int
    row: int
    warning: str


class FileReport(Record, frozen=True, kw_only=True):
    """What became of one file: rows loaded, of which `changed` gave a known fact other values, rows quarantined, rows
    that were there or came twice alike (`duplicates`), rows that say that nothing was traded, values rounded to 1e-4,
    columns that were not used, SHA-256 in hex.

    `repeated` says that the content was loaded before: its rows are there already, and what was set aside then is told
    again.
    """

    file: str
    loaded: int
    changed: int = 0
    quarantined: int
    duplicates: int
    without_trade: int
    rounded: int
    source_hash: str
    known_time: Timestamp
    repeated: bool = False
    unused_columns: list[str] = []
    encoding: str = ""


class LoadFailure(Record, frozen=True, kw_only=True):
    """A file, or a member of an archive, that could not be read, why, and what to do; nothing of it was loaded."""

    file: str
    code: str
    failure: str
    remedy: str


class LoadReport(Record, frozen=True, kw_only=True):
    """What a load did, in all and by file; `changed` are those of the rows loaded that gave a known fact other values;
    `reasons` are the first quarantined rows of each reason in order of row,
    `reason_counts` how many each reason has, most first, `warnings` what may be wrong with rows that were loaded.
    `failures` are the files that could not be read; the others are loaded.
    """

    dataset: str
    loaded: int
    changed: int = 0
    quarantined: int
    duplicates: int
    without_trade: int
    reasons: list[RowReason]
    files: list[FileReport]
    source_hash: str
    failures: list[LoadFailure] = []
    warnings: list[LoadWarning] = []
    reason_counts: list[ReasonCount] = []

    @property
    def passed(self) -> bool:
        """Whether every file could be read."""
        return not self.failures


class MappingProposal(Record, frozen=True, kw_only=True):
    """A mapping proposed for a file, as TOML to be saved: `missing` columns stand in it as lines to be filled in, with
    the headers that are still unused.
    """

    file: str
    dataset: str
    mapping: str
    missing: list[str]
    unused_columns: list[str]
    encoding: str

    @property
    def as_text(self) -> str:
        """What a terminal shows, so that it can go into a file: the mapping alone."""
        return self.mapping
