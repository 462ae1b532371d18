"""The doors of corrections that a person typed, for who has no files on the firm's machine."""

from __future__ import annotations

from tallystick.core.context import Context
from tallystick.core.operations import operation
from tallystick.core.schema import Record
from tallystick.history.keeping.requests import CorrectReply
from tallystick.history.requests import known_by

__all__ = ["CorrectRowsRequest", "WithdrawRowsRequest"]


class CorrectRowsRequest(Record, frozen=True, kw_only=True):
    """Late or corrected rows of a dataset as CSV text with a header of its columns, and why; the rest as in
    `history.correct`.
    """

    dataset: str
    rows: str
    reason: str
    source_revision: int = 0
    known_at: str = ""


class WithdrawRowsRequest(Record, frozen=True, kw_only=True):
    """Facts that should not exist, as CSV text with a header of the key's columns, and why."""

    dataset: str
    rows: str
    reason: str
    source_revision: int = 0
    known_at: str = ""


@operation(
    "history.correct_rows",
    permission="history.manage",
    summary="Correct a dataset with rows typed as text; every earlier view stays askable.",
    writes=True,
)
def correct_rows(context: Context, request: CorrectRowsRequest) -> CorrectReply:
    """The same as `history.correct`; a column that the rows do not give keeps what was known.

    TallystickError with the reasons when a row does not pass the checks; nothing is corrected or set aside then.
    """
    from tallystick.history.keeping.corrections import Why, correct
    from tallystick.history.loading.columns import ColumnMapping
    from tallystick.history.loading.typed import TYPED, rows_of_text

    known_time = known_by(context, request.known_at)
    why = Why(request.reason, request.source_revision, known_time)
    mapping = ColumnMapping(source=TYPED)
    return correct(context, request.dataset, [rows_of_text(request.rows)], why, mapping)


@operation(
    "history.withdraw_rows",
    permission="history.manage",
    summary="Take back facts that should not exist, named by their key as text.",
    writes=True,
)
def withdraw_rows(context: Context, request: WithdrawRowsRequest) -> CorrectReply:
    """The same as `history.withdraw`."""
    from tallystick.history.keeping.corrections import Why, withdraw
    from tallystick.history.loading.typed import rows_of_text

    known_time = known_by(context, request.known_at)
    why = Why(request.reason, request.source_revision, known_time)
    return withdraw(context, request.dataset, [rows_of_text(request.rows)], why)
