"""What the history room writes to the journal: what came into the lake, was corrected, sealed, archived, held, purged.

Destroying and loosening take a second person: adopting retention rules, starting a clock, releasing a hold, marking
rows for the purge, raising a quota. What protects (a hold, taking back a mark) takes one.
"""

from __future__ import annotations

from tallystick.core.events import Command, Reason, event
from tallystick.core.schema import BusinessDate, Hash32, Record, Text, Timestamp

__all__ = [
    "AdoptRetention",
    "ArchiveRestored",
    "BeginPurge",
    "ClockStarted",
    "DatasetCorrected",
    "DatasetLoaded",
    "MarkPurge",
    "PartitionArchived",
    "PartitionPurged",
    "PartitionSealed",
    "PlaceHold",
    "PurgePart",
    "ReleaseHold",
    "RetentionRow",
    "RowsDismissed",
    "SetQuota",
    "StartClock",
    "UnmarkPurge",
]

HELD = Reason(
    "history.held",
    "A hold is open on {dataset}.",
    "See `tally history holds --dataset {dataset}`; nothing is deleted until a second person has released it.",
)
UNAPPROVED = Reason(
    "history.unapproved",
    "This destroys or loosens something and lacks a second person's approval.",
    "Propose it, then let another person approve it with `tally approvals approve NUMBER`.",
)


@event(
    "history.dataset_loaded",
    reasons=(
        Reason(
            "history.loaded_before",
            "The same content is in {dataset} already.",
            "Nothing needs to be done; `tally history datasets` shows what is there.",
        ),
    ),
)
class DatasetLoaded(Command, frozen=True, kw_only=True):
    """A file's or frame's rows are in the lake: `rows` good ones, `quarantined` others, known at `known_time`.

    `source` is the file's name (or what the frame was called), `sha256` of its bytes, `read_by` of how it was read (the
    mapping, and the date that was said of its rows; empty in loads from before this was kept), `duplicates` rows that
    were there already or came twice in it, `without_trade` rows that say that nothing was traded.
    """

    dataset: Text
    source: Text
    sha256: Hash32
    rows: int
    quarantined: int
    duplicates: int = 0
    without_trade: int = 0
    known_time: Timestamp
    read_by: Text = ""


@event(
    "history.dataset_corrected",
    reasons=(
        Reason(
            "history.correction_without_reason",
            "A correction of {dataset} says no reason.",
            "Say why it is made.",
        ),
    ),
)
class DatasetCorrected(Command, frozen=True, kw_only=True):
    """Later versions of facts are in the lake: `rows` changed or late ones, `withdrawn` facts that are taken back.

    The versions before stay and are asked with an earlier time of knowing. `sha256` is of the content that said so,
    `revision` the source's number of its correction, `unchanged` rows that said what was known already.
    """

    dataset: Text
    source: Text
    sha256: Hash32
    rows: int
    withdrawn: int = 0
    unchanged: int = 0
    quarantined: int = 0
    revision: int = 0
    reason: Text
    known_time: Timestamp


@event(
    "history.rows_dismissed",
    reasons=(
        Reason(
            "history.dismissed_before",
            "These rows of {file} were dismissed before.",
            "Nothing needs to be done; `tally history quarantine --released` shows them.",
        ),
    ),
)
class RowsDismissed(Command, frozen=True, kw_only=True):
    """Quarantined rows of a file wait no more and are not loaded: footers, rows that a later file brought right.

    `mark` (SHA-256 of the contents, the numbers and the reason) stands on each of the rows as what released it.
    """

    dataset: Text
    file: Text
    mark: Hash32
    rows: int
    reason: Text


@event(
    "history.partition_sealed",
    reasons=(
        Reason(
            "history.sealed_otherwise",
            "{date} of {dataset} is sealed with other contents.",
            "Correct it by a correction; a sealed day is never fed again.",
        ),
    ),
)
class PartitionSealed(Command, frozen=True, kw_only=True):
    """A day of a dataset is whole in the lake: its rows, and the SHA-256 of the proof that they equal what was fed."""

    dataset: Text
    date: BusinessDate
    rows: int
    proof: Hash32
    known_time: Timestamp


@event(
    "history.partition_archived",
    reasons=(Reason("history.archived_before", "Archive {manifest_file} is on the journal already."),),
)
class PartitionArchived(Command, frozen=True, kw_only=True):
    """Files of a partition became an archive: immutable, each with its SHA-256 in a manifest whose hash stands here."""

    dataset: Text
    partition: Text
    manifest_file: Text
    manifest: Hash32
    files: int
    rows: int
    size: int


@event(
    "history.archive_restored",
    reasons=(
        Reason(
            "history.archive_unknown",
            "No archive of {dataset} {partition} with this manifest is on the journal.",
            "See `tally history archives`.",
        ),
    ),
)
class ArchiveRestored(Command, frozen=True, kw_only=True):
    """Files of an archive were brought back from a copy, after their bytes were found equal to the manifest's."""

    dataset: Text
    partition: Text
    manifest: Hash32
    files: int
    source: Text


class RetentionRow(Record, frozen=True, kw_only=True, array_like=True):
    """How long a class of records is kept at least, by one rule: `value` `unit`s from its clock's start.

    Clocks: `record` (the record's own date), `month_end` and `year_end` of it, `year_closed` (the closing of its year,
    journaled), `mark` (a purge's own grace); `relationship_end`, `account_closed` and `unknown` are not known for whole
    partitions and keep them. `record_class` `*` is every class. `status` as in the market's rules.
    """

    jurisdiction: str
    record_class: str
    rule: str
    value: int
    unit: str
    clock: str
    valid_from: BusinessDate | None = None
    valid_to: BusinessDate | None = None
    source: str
    source_date: str = ""
    status: str
    note: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What a row is about: a change with the same identity replaces it."""
        return (self.jurisdiction, self.record_class, self.rule, str(self.valid_from or ""))


@event(
    "history.adopt_retention",
    reasons=(
        UNAPPROVED,
        Reason(
            "history.retention_malformed",
            "The retention rows do not read.",
            "Compare with docs/explanation/keeping.md, part Retention.",
        ),
    ),
)
class AdoptRetention(Command, frozen=True, kw_only=True):
    """Retention rows put in force: the shipped ones first (they need no approval), later approved changes.

    A row with the identity of one in force replaces it from the next date on; of what is dated up to the change the
    replaced row still holds. A row with the status `withdrawn` takes the row with its identity back, and all that it
    replaced: it was entered wrongly and counts for nothing.
    """

    rows: list[RetentionRow]
    approval: Text = ""


@event(
    "history.clock_started",
    reasons=(Reason("history.clock_started_before", "The clock {clock} of {subject} started already."),),
)
class ClockStarted(Command, frozen=True, kw_only=True):
    """The start of a clock as journals before `StartClock` have it, by one person; nothing writes it any more."""

    clock: Text
    subject: Text
    date: BusinessDate


@event(
    "history.start_clock",
    reasons=(
        UNAPPROVED,
        Reason(
            "history.year_not_over",
            "{subject} is no year that is over.",
            "A year's books are closed after its end.",
        ),
        Reason(
            "history.clock_date",
            "The books of {subject} cannot have been closed on {date}.",
            "Give the date on which it was done: after the end of the year, and at most the business day.",
        ),
    ),
)
class StartClock(Command, frozen=True, kw_only=True):
    """The start of a retention clock that is no date of the records: `year_closed` of the year `subject`.

    Said again with another date, it corrects the one before.
    """

    clock: Text
    subject: Text
    date: BusinessDate
    reason: Text
    approval: Text = ""


@event(
    "history.place_hold",
    reasons=(Reason("history.hold_taken", "There is a hold {hold} already.", "Use a new name."),),
)
class PlaceHold(Command, frozen=True, kw_only=True):
    """Nothing in the scope is deleted until the hold is released: datasets (patterns; none means all), a span of dates.

    With `record_classes` (none means all) only the datasets of these classes are in it. `instruments`, `parties` and
    `accounts` say whom it is about; since deleting takes whole partitions, a hold keeps every partition of its datasets
    and dates. `kind` is `legal` or `dispute`.
    """

    hold: Text
    kind: Text = "legal"
    datasets: list[str] = []
    instruments: list[str] = []
    parties: list[str] = []
    accounts: list[str] = []
    first: BusinessDate | None = None
    last: BusinessDate | None = None
    reason: Text
    record_classes: list[str] = []


@event(
    "history.release_hold",
    reasons=(
        Reason("history.hold_unknown", "There is no open hold {hold}.", "See `tally history holds`."),
        UNAPPROVED,
    ),
)
class ReleaseHold(Command, frozen=True, kw_only=True):
    """A hold ends, with a second person's approval."""

    hold: Text
    reason: Text
    approval: Text = ""


class PurgePart(Record, frozen=True, kw_only=True):
    """A partition as it is to be deleted: first and last date, live rows, SHA-256 of the proof of its contents."""

    partition: str
    first: BusinessDate
    last: BusinessDate
    rows: int
    contents: bytes


@event(
    "history.mark_purge",
    reasons=(
        UNAPPROVED,
        HELD,
        Reason(
            "history.kept_until",
            "A part of {dataset} must still be kept.",
            "`tally history retention` shows until when, and by which rules.",
        ),
        Reason(
            "history.no_keep_until",
            "Until when {dataset} must be kept is not known: no rule names its class, or a clock has not started.",
            "Adopt a rule for the class {record_class}; see docs/how-to/keep-and-purge.md.",
        ),
        Reason(
            "history.marked_before",
            "A part of {dataset} is marked or purged already.",
            "See `tally history purges`.",
        ),
    ),
)
class MarkPurge(Command, frozen=True, kw_only=True):
    """Partitions are marked for deletion, with a second person's approval; deleted are they after the grace."""

    dataset: Text
    record_class: Text
    parts: list[PurgePart]
    reason: Text
    approval: Text = ""


NOT_MARKED = Reason(
    "history.not_marked",
    "{partition} of {dataset} is not marked for the purge.",
    "See `tally history purges`.",
)


@event("history.unmark_purge", reasons=(NOT_MARKED,))
class UnmarkPurge(Command, frozen=True, kw_only=True):
    """A mark is taken back: the partition stays."""

    dataset: Text
    partition: Text
    reason: Text


@event(
    "history.begin_purge",
    reasons=(
        NOT_MARKED,
        HELD,
        Reason("history.kept_longer", "{partition} of {dataset} must be kept again, by a rule that changed."),
        Reason(
            "history.in_grace",
            "The grace of {partition} of {dataset} is not over.",
            "Wait, or take the mark back.",
        ),
    ),
)
class BeginPurge(Command, frozen=True, kw_only=True):
    """The deletion of a marked partition begins; checked again each time that it is begun or goes on.

    `today` is the date in the firm's zone, by which its rows must not need to be kept any more; None in journals from
    before it was told, where the date in UTC counts.
    """

    dataset: Text
    partition: Text
    today: BusinessDate | None = None


@event("history.partition_purged", reasons=(NOT_MARKED,))
class PartitionPurged(Command, frozen=True, kw_only=True):
    """The tombstone: a partition's files are gone. `contents` is the hash that was approved."""

    dataset: Text
    partition: Text
    rows: int
    contents: Hash32


@event(
    "history.set_quota",
    reasons=(
        UNAPPROVED,
        Reason("history.quota_holder", "A quota is for a role or for a user.", "Name one of them."),
        Reason("history.quota_negative", "A limit cannot be negative.", "Give 0 or more."),
    ),
)
class SetQuota(Command, frozen=True, kw_only=True):
    """How many rows and bytes a user, or each user of a role, may read from history in a day; None is no limit.

    A limit for a user counts instead of those of the user's roles; of several roles the widest counts. Raising or
    lifting a limit needs a second person's approval; so does a first limit wider than one that a role has.
    """

    role: Text = ""
    user: Text = ""
    rows_per_day: int | None = None
    bytes_per_day: int | None = None
    reason: Text
    approval: Text = ""
