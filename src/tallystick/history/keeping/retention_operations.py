"""The doors of retention: rules, holds, and the purge of what need not be kept any more."""

from __future__ import annotations

import datetime
import fnmatch
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import NotFound, Rejection, TallystickError, mark, suggestion
from tallystick.core.events import Command, event_of
from tallystick.core.operations import Table, operation
from tallystick.history.events import (
    AdoptRetention,
    ClockStarted,
    PlaceHold,
    ReleaseHold,
    RetentionRow,
    UnmarkPurge,
)
from tallystick.history.keeping.holds import known_class, undisturbed
from tallystick.history.keeping.requests import (
    CloseYearRequest,
    HoldLine,
    HoldsRequest,
    PlaceHoldRequest,
    ProposePurgeRequest,
    ProposeRetentionRequest,
    PurgeRequest,
    PurgesRequest,
    ReleaseHoldRequest,
    RetentionLine,
    RetentionRequest,
    UnmarkPurgeRequest,
    page_of,
)

if TYPE_CHECKING:
    from tallystick.history.machine import HistoryMachine

__all__ = ["adopt_shipped", "require_classes"]

_ = mark
UNKNOWN_MARKET = "*"


@operation(
    "history.retention",
    permission="history.read",
    summary="How long records must be kept: the rules in force, or a dataset's partitions with their dates.",
)
def retention(context: Context, request: RetentionRequest) -> Table:
    """The rules (the shipped ones before any is in force), or with a dataset each partition with what keeps it.

    A class of records that no rule names has a line that says so: it is kept for ever.
    """
    if request.dataset:
        from tallystick.history.keeping.purging import KeptLine, kept_parts

        name = _name_of(context, request.dataset)
        return page_of(context, KeptLine, kept_parts(context, name), request, _("Kept until"))
    rows = _machine(context).state.retention or _shipped(context)
    lines = [
        RetentionLine(**msgspec.structs.asdict(row))
        for row in rows
        if request.record_class in ("", row.record_class)
    ]
    lines += _without_rule(context, rows, request.record_class)
    return page_of(context, RetentionLine, lines, request, _("Retention rules"))


@operation(
    "history.propose_retention",
    permission="history.manage",
    summary="Propose a change of retention rules for a second person's approval.",
    writes=True,
)
def propose_retention(context: Context, request: ProposeRetentionRequest) -> DoneReply | Rejection:
    """Rows with the identity (jurisdiction, class, rule, start) of one in force replace it; `withdrawn` ones end it."""
    from tallystick.history.keeping.retention import read_rows

    rows = read_rows(request.rows)
    adopt_shipped(context)
    return propose(
        context, AdoptRetention(rows=rows), _("Change the rules of how long records are kept"), request.reason
    )


@operation(
    "history.close_year",
    permission="history.manage",
    summary="Say that a year's books are closed: the clock of accounting records starts.",
    writes=True,
)
def close_year(context: Context, request: CloseYearRequest) -> DoneReply | Rejection:
    """Until a year is closed, everything whose clock starts with its closing is kept."""
    if request.date <= datetime.date(request.year, 12, 31):
        raise TallystickError(
            "history.year_not_over",
            "{year} was not over on {date}.",
            "Give the date on which its closing was done.",
            year=request.year,
            date=str(request.date),
        )
    return _sent(
        context,
        ClockStarted(clock="year_closed", subject=str(request.year), date=request.date),
        str(request.year),
    )


@operation("history.holds", permission="history.read", summary="List the holds that keep records.")
def holds(context: Context, request: HoldsRequest) -> Table:
    """Each with its scope and reason, the open ones unless all are asked for."""
    name = _name_of(context, request.dataset) if request.dataset else ""
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
        for hold in _machine(context).holds(name, known_class(name))
        if request.every or hold.is_open
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
    if request.first and request.last and request.last < request.first:
        raise TallystickError(
            "history.hold_span",
            "The hold ends on {last}, before it begins on {first}.",
            "Exchange the dates.",
            first=str(request.first),
            last=str(request.last),
        )
    fields = msgspec.structs.asdict(request)
    fields["datasets"] = [_pattern_of(context, one) for one in request.datasets]
    require_classes(request.record_classes)
    with undisturbed(context):
        return _sent(context, PlaceHold(**fields), request.hold)


@operation(
    "history.release_hold",
    permission="history.manage",
    summary="Propose the release of a hold for a second person's approval.",
    writes=True,
)
def release_hold(context: Context, request: ReleaseHoldRequest) -> DoneReply | Rejection:
    """The hold stands until a second person approves the proposal."""
    command = ReleaseHold(hold=request.hold, reason=request.reason)
    if _machine(context).mask_of(command) & 1:
        return event_of(ReleaseHold).rejections(1, {"hold": request.hold})[0]
    return propose(context, command, _("Release the hold {hold}"), request.reason)


@operation(
    "history.purges",
    permission="history.read",
    summary="List what is marked for deletion and what was deleted.",
)
def purges(context: Context, request: PurgesRequest) -> Table:
    """Each partition with its tombstone: rows, the hash of its contents, who proposed and who marked it, and when."""
    from tallystick.history.keeping.purging import PurgeLine, line_of, with_makers

    name = _name_of(context, request.dataset) if request.dataset else ""
    lines = [line_of(one) for one in _machine(context).purges(name) if request.state in ("", one.state)]
    return page_of(context, PurgeLine, with_makers(context, lines), request, _("Purges"))


@operation(
    "history.propose_purge",
    permission="history.manage",
    summary="Propose the deletion of partitions that need not be kept any more, for a second person's approval.",
    writes=True,
)
def propose_purge(context: Context, request: ProposePurgeRequest) -> DoneReply | Rejection:
    """Once approved they are marked; they are deleted by `history.purge` after the grace, if nothing holds them."""
    from tallystick.history.keeping.purging import mark_command

    adopt_shipped(context)
    command = mark_command(context, _name_of(context, request.dataset), request.before, request.reason)
    if isinstance(command, Rejection):
        return command
    return propose(context, command, _("Delete the old partitions of {dataset} for good"), request.reason)


@operation(
    "history.unmark_purge",
    permission="history.manage",
    summary="Take back the mark of a partition: it stays.",
    writes=True,
)
def unmark_purge(context: Context, request: UnmarkPurgeRequest) -> DoneReply | Rejection:
    """Stays possible until its rows are gone."""
    from tallystick.history.keeping.purging import is_deleted

    name = _name_of(context, request.dataset)
    going = _machine(context).purge_of(name, request.partition)
    if going is not None and going.state == "begun" and is_deleted(context, going):
        raise TallystickError(
            "history.purged_already",
            "The rows of {partition} of {dataset} are gone already.",
            "`tally history purge` writes its tombstone.",
            dataset=name,
            partition=request.partition,
        )
    command = UnmarkPurge(dataset=name, partition=request.partition, reason=request.reason)
    return _sent(context, command, request.partition)


@operation(
    "history.purge",
    permission="history.manage",
    summary="Delete what is marked, past its grace and not held; stopped at any moment, it goes on.",
    writes=True,
)
def purge(context: Context, request: PurgeRequest) -> Table:
    """Every marked partition with what became of it: deleted with a tombstone, or why not yet."""
    from tallystick.history.keeping.purging import PurgeLine, run_purges
    from tallystick.history.keeping.requests import PageRequest

    name = _name_of(context, request.dataset) if request.dataset else ""
    return page_of(context, PurgeLine, run_purges(context, name), PageRequest(limit=0), _("Purges"))


def _without_rule(context: Context, rows: list[RetentionRow], record_class: str) -> list[RetentionLine]:
    """A line for each class of the datasets that no rule names: what is of it is kept for ever, and so says it."""
    from tallystick.core.text import translate
    from tallystick.history.datasets import DATASETS
    from tallystick.history.keeping.retention_sentences import NO_RULE

    named = {row.record_class for row in rows if row.clock != "mark"}
    classes = sorted({dataset.record_class for dataset in DATASETS.values()} - named)
    return [
        RetentionLine(
            jurisdiction=UNKNOWN_MARKET,
            record_class=one,
            rule="",
            value=None,
            unit="",
            clock="",
            valid_from=None,
            valid_to=None,
            source="",
            source_date="",
            status="",
            note=translate(NO_RULE, context.language),
        )
        for one in classes
        if "*" not in named and record_class in ("", one)
    ]


def adopt_shipped(context: Context) -> None:
    """Put the shipped rules of the firm's jurisdiction in force if none are; they need no approval."""
    if not _machine(context).state.retention:
        context.send(AdoptRetention(command_id="seed-retention", rows=_shipped(context)))


def _shipped(context: Context) -> list[RetentionRow]:
    """The shipped rules of the jurisdiction of the firm's home calendar, and those of the house."""
    from tallystick.history.keeping.retention import shipped_rows

    home = context.settings.firm.home_calendar
    market = context.machine("market").rules.venues().get(home, UNKNOWN_MARKET)
    return [row for row in shipped_rows() if row.jurisdiction in (UNKNOWN_MARKET, market)]


def _name_of(context: Context, dataset: str) -> str:
    """A dataset's full name."""
    from tallystick.history.datasets import DATASETS, find_dataset

    if dataset in context.lake.tables() and dataset not in DATASETS:
        return dataset
    return find_dataset(dataset).spec.name


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
    return _name_of(context, pattern)


def require_classes(classes: list[str]) -> None:
    """Refuse a class of record that no dataset has."""
    from tallystick.history.datasets import DATASETS

    known = sorted({dataset.record_class for dataset in DATASETS.values()})
    for one in classes:
        if one not in known:
            remedy, near = suggestion(one, known)
            raise NotFound(
                "history.class_unknown",
                "There is no class of record {record_class}.",
                remedy,
                record_class=one,
                **near,
            )


def _sent(context: Context, command: Command, identity: str) -> DoneReply | Rejection:
    decision = context.send(command)
    if decision.accepted:
        return DoneReply(id=identity, position=decision.position)
    return decision.rejections(msgspec.structs.asdict(command))[0]


def _machine(context: Context) -> HistoryMachine:
    machine: HistoryMachine = context.machine("history")
    return machine
