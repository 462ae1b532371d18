"""The doors of one quarantined row: how it came, its release with corrected values that a person typed, or its
dismissal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context
from tallystick.core.errors import NotFound
from tallystick.core.operations import operation
from tallystick.core.schema import Record, Timestamp
from tallystick.history.loading.reports import LoadReport
from tallystick.history.requests import known_by, require_readable

if TYPE_CHECKING:
    from tallystick.history.datasets import Dataset

__all__ = ["DismissRowsRequest", "QuarantinedRequest", "ReleaseRowsRequest"]


class QuarantinedRequest(Record, frozen=True, kw_only=True):
    """One quarantined row: the dataset, the file as the quarantine names it, and the row's number; where contents of
    that name differ, the hash of the one that is meant or its beginning (the last one when empty).
    """

    dataset: str
    file: str
    row: int
    sha256: str = ""


class CellOf(Record, frozen=True, kw_only=True):
    """A column that a corrected row may give: how it is stored, whether it must be there, its value where the row as it
    came says so.
    """

    column: str
    kind: str
    required: bool
    value: str


class QuarantinedReply(Record, frozen=True, kw_only=True):
    """A quarantined row: reason and what to do, the row as it came with its cells, the columns of a corrected one.

    `released_at` and `released_by` (the content that brought it in corrected) are empty while it waits; `dismissed_why`
    is the reason of one that was dismissed.
    """

    dataset: str
    file: str
    row: int
    column: str
    code: str
    reason: str
    remedy: str
    value: str
    text: str
    sha256: str
    set_aside_at: Timestamp
    released_at: Timestamp | None
    released_by: str
    dismissed_why: str
    cells: list[str]
    columns: list[CellOf]


class ReleaseRowsRequest(Record, frozen=True, kw_only=True):
    """Corrected rows of a file's quarantine as CSV text with a header: the dataset's columns, and `row` with the
    number of the quarantined row. `known_at` is when the firm knew them; now when empty. `sha256` is the beginning of
    the content's hash, where several of that name wait.
    """

    dataset: str
    file: str
    rows: str
    known_at: str = ""
    sha256: str = ""


class DismissRowsRequest(Record, frozen=True, kw_only=True):
    """Rows of a file's quarantine that need not be loaded, by their numbers (all that wait when none is given), and
    why. `sha256` is the beginning of the content's hash, where several of that name wait.
    """

    dataset: str
    file: str
    rows: list[int] = []
    reason: str
    sha256: str = ""


class DismissedReply(Record, frozen=True, kw_only=True):
    """How many rows of a file's quarantine were dismissed."""

    dataset: str
    file: str
    dismissed_rows: int


@operation(
    "history.quarantined",
    permission="history.read",
    summary="One row that could not be loaded: how it came, why it was set aside, what became of it.",
)
def quarantined(context: Context, request: QuarantinedRequest) -> QuarantinedReply:
    """The row of the file's last content. Forbidden when the actor may not read the dataset."""
    from tallystick.core.text import translate
    from tallystick.history.datasets import find_dataset
    from tallystick.history.keeping.quotas import charge
    from tallystick.history.loading.cells import cells_from
    from tallystick.history.loading.reasons import CODES, REASONS, sentence
    from tallystick.history.loading.typed import cells_of

    found = find_dataset(request.dataset)
    require_readable(context, [found.name])
    row = _row_of(context, found, request)
    charge(context, 1, len(row["text"].encode()))
    number = CODES.get(row["reason"])
    dismissed = context.machine("history").dismissal(row["released_by"] or b"")
    cells, known = cells_of(row["text"], found.given)
    known |= cells_from(row["cells"])
    return QuarantinedReply(
        dataset=found.name,
        file=row["file"],
        row=row["row"],
        column=row["column"],
        code=row["reason"],
        reason=sentence(row["reason"], row["column"], row["value"], context.language),
        remedy=translate(REASONS[number - 1].remedy, context.language) if number else "",
        value=row["value"],
        text=row["text"],
        sha256=row["sha256"].hex(),
        set_aside_at=row["event_time"],
        released_at=row["known_time"] if row["released_by"] else None,
        released_by=row["released_by"].hex() if row["released_by"] else "",
        dismissed_why=dismissed.reason if dismissed else "",
        cells=list(dict.fromkeys(cells)),
        columns=[
            CellOf(
                column=name,
                kind=found.columns[name].kind,
                required=name in found.required,
                value=known.get(name, ""),
            )
            for name in found.given
        ],
    )


@operation(
    "history.release_rows",
    permission="history.manage",
    summary="Load corrected rows of a file's quarantine, typed as text; those that pass the checks are released.",
    writes=True,
)
def release_rows(context: Context, request: ReleaseRowsRequest) -> LoadReport:
    """The same as `history.release`, for who has no files on the firm's machine.

    What does not pass the checks is told with its reasons, and waits on as it was set aside at first.
    """
    from tallystick.history.datasets import find_dataset
    from tallystick.history.loading.columns import ColumnMapping
    from tallystick.history.loading.releasing import release_rows as released
    from tallystick.history.loading.typed import TYPED, rows_of_text

    require_readable(context, [find_dataset(request.dataset).name])
    return released(
        context,
        [rows_of_text(request.rows)],
        dataset=request.dataset,
        file=request.file,
        mapping=ColumnMapping(source=TYPED),
        known_time=known_by(context, request.known_at),
        sha256=request.sha256,
    )


@operation(
    "history.dismiss_rows",
    permission="history.manage",
    summary="Dismiss rows of a file's quarantine, with a reason: they wait no more and are not loaded.",
    writes=True,
)
def dismiss_rows(context: Context, request: DismissRowsRequest) -> DismissedReply:
    """They stay among the released ones, with the reason. Forbidden when the actor may not read the dataset."""
    from tallystick.history.datasets import find_dataset
    from tallystick.history.keeping.asked import require_reason
    from tallystick.history.loading.dismissing import dismiss

    found = find_dataset(request.dataset)
    require_readable(context, [found.name])
    require_reason(request.reason)
    done = dismiss(context, found.name, request.file, request.rows, request.reason, request.sha256)
    return DismissedReply(dataset=done.dataset, file=done.file, dismissed_rows=done.rows)


def _row_of(context: Context, found: Dataset, request: QuarantinedRequest) -> dict[str, Any]:
    """The newest row of that number; NotFound where none was set aside."""
    from tallystick.history.datasets import QUARANTINE, is_there
    from tallystick.history.loading.setting_aside import set_aside_rows

    rows: list[dict[str, Any]] = []
    if is_there(context.lake, QUARANTINE):
        rows = set_aside_rows(context.lake, found.name, request.file, request.sha256, request.row)
    if not rows:
        raise NotFound(
            "history.row_not_waiting",
            "Row {row} of {file} is not in quarantine.",
            "See `tally history quarantine` for the numbers.",
            row=request.row,
            file=request.file,
        )
    return rows[-1]
