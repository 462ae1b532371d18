"""The doors of holds: list them, place one at once, propose the release of one."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

import msgspec

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import NotFound, Rejection, TallystickError, mark
from tallystick.core.events import event_of
from tallystick.core.operations import Table, operation
from tallystick.history.events import PlaceHold, ReleaseHold
from tallystick.history.keeping.asked import full_name, require_known, require_reason, sent
from tallystick.history.keeping.holds import known_class, undisturbed
from tallystick.history.keeping.requests import (
    HoldLine,
    HoldsRequest,
    PlaceHoldRequest,
    ReleaseHoldRequest,
    page_of,
)

__all__ = ["require_classes"]

_ = mark


@operation("history.holds", permission="history.read", summary="List the holds that keep records.")
def holds(context: Context, request: HoldsRequest) -> Table:
    """Each with its scope and reason, the open ones unless all are asked for."""
    name = full_name(context, request.dataset)
    lines = [
        HoldLine(
            hold=hold.hold,
            kind=hold.kind,
            state="open" if hold.is_open else "released",
            datasets=", ".join(hold.datasets),
            record_classes=", ".join(hold.record_classes),
            instruments=", ".join(hold.instruments),
            parties=", ".join(hold.parties),
            accounts=", ".join(hold.accounts),
            first=hold.first,
            last=hold.last,
            reason=hold.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
            released_at=hold.released_at or None,
        )
        for hold in context.machine("history").holds(name, known_class(name))
        if (request.every or hold.is_open) and request.hold in ("", hold.hold)
    ]
    return page_of(context, HoldLine, lines, request, _("Holds"))


@operation(
    "history.place_hold",
    permission="history.manage",
    summary="Hold records: nothing in the scope is deleted until the hold is released.",
    writes=True,
)
def place_hold(context: Context, request: PlaceHoldRequest) -> DoneReply | Rejection:
    """Holds at once, without a second person."""
    name = request.hold.strip()
    if not name or not name.isprintable():
        raise TallystickError(
            "history.hold_name",
            "A hold needs a name that can be read and written.",
            "Give the number of the case.",
        )
    require_reason(request.reason)
    if request.first and request.last and request.last < request.first:
        raise TallystickError(
            "history.hold_span",
            "The hold ends on {last}, before it begins on {first}.",
            "Exchange the dates.",
            first=str(request.first),
            last=str(request.last),
        )
    fields = msgspec.structs.asdict(request) | {"hold": name}
    fields["datasets"] = [_pattern_of(context, one) for one in request.datasets]
    require_classes(request.record_classes)
    with undisturbed(context):
        return sent(context, PlaceHold(**fields), name)


@operation(
    "history.release_hold",
    permission="history.manage",
    summary="Propose the release of a hold for a second person's approval.",
    writes=True,
)
def release_hold(context: Context, request: ReleaseHoldRequest) -> DoneReply | Rejection:
    """The hold stands until a second person approves the proposal."""
    require_reason(request.reason)
    command = ReleaseHold(hold=request.hold, reason=request.reason)
    if context.machine("history").mask_of(command) & 1:
        return event_of(ReleaseHold).rejections(1, {"hold": request.hold})[0]
    return propose(context, command, _("Release the hold {hold}"), request.reason)


def _pattern_of(context: Context, pattern: str) -> str:
    """A pattern of full names that fits a dataset, since one that fits none would hold nothing unnoticed."""
    from tallystick.history.datasets import DATASETS

    if any(fnmatch.fnmatchcase(name, pattern) for name in (*DATASETS, *context.lake.tables())):
        return pattern
    if any(mark in pattern for mark in "*?["):
        raise NotFound(
            "history.hold_nothing",
            "No dataset fits {pattern}, so the hold would keep nothing.",
            "`tally history datasets` lists the names; `history.*` is all of history.",
            pattern=pattern,
        )
    return full_name(context, pattern)


def require_classes(classes: Iterable[str]) -> None:
    """Refuse a class of record that no dataset has."""
    from tallystick.history.datasets import DATASETS

    require_known(classes, {dataset.record_class for dataset in DATASETS.values()})
