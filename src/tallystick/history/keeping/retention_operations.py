"""The doors of retention: its rules, and the purge of what need not be kept any more."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import Rejection, TallystickError, mark
from tallystick.core.events import event_of
from tallystick.core.operations import Table, operation
from tallystick.history.events import (
    AdoptRetention,
    RetentionRow,
    StartClock,
    UnmarkPurge,
)
from tallystick.history.keeping.asked import full_name, require_known, require_reason, sent
from tallystick.history.keeping.requests import (
    CloseYearRequest,
    ProposePurgeRequest,
    ProposeRetentionRequest,
    PurgeRequest,
    PurgesRequest,
    RetentionLine,
    RetentionRequest,
    UnmarkPurgeRequest,
    page_of,
)

if TYPE_CHECKING:
    from tallystick.history.machine import HistoryMachine

__all__ = ["adopt_shipped"]

_ = mark
UNKNOWN_MARKET = "*"


@operation(
    "history.retention",
    permission="history.read",
    summary="How long records must be kept: the rules in force, or a dataset's partitions with their dates.",
)
def retention(context: Context, request: RetentionRequest) -> Table:
    """The rules (the shipped ones before any is in force), those that were replaced and still hold for what is older,
    and when the years were closed; or with a dataset each partition with what keeps it.

    A class of records that no rule names has a line that says so: it is kept for ever.
    """
    if request.dataset:
        from tallystick.history.keeping.purging import KeptLine, kept_parts

        name = full_name(context, request.dataset)
        return page_of(context, KeptLine, kept_parts(context, name), request, _("Kept until"))
    state = _machine(context).state
    rows = state.retention or _shipped(context)
    lines = [
        RetentionLine(**msgspec.structs.asdict(row), started=_started(state.clocks, row.clock))
        for row in (*rows, *state.replaced)
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
    """Rows with the identity (jurisdiction, class, rule, start) of one in force replace it; of what is dated up to the
    change the replaced one still holds. `withdrawn` ones take it back for all dates, as if it had never held.

    TallystickError names the line that does not read, is about the rule of another line, or takes back none in force.
    """
    from tallystick.history.keeping.retention import read_rows

    require_reason(request.reason)
    in_force = _machine(context).state.retention or _shipped(context)
    rows = read_rows(request.rows, {row.identity for row in in_force})
    if not rows:
        raise TallystickError(
            "history.retention_nothing",
            "No rule is given: there is no line below the header.",
            "Write a line for each rule to change.",
        )
    adopt_shipped(context)
    _require_rule_classes(context, [row.record_class for row in rows])
    said = _("Change the rules of how long records are kept")
    if any(row.status == "withdrawn" for row in rows):
        said = _(
            "Change the rules of how long records are kept; those with the status withdrawn are taken back for all "
            "dates, as if they had never held"
        )
    return propose(context, AdoptRetention(rows=rows), said, request.reason)


@operation(
    "history.close_year",
    permission="history.manage",
    summary="Propose, for a second person's approval, that a year's books are closed: the clock of accounting records "
    "starts.",
    writes=True,
)
def close_year(context: Context, request: CloseYearRequest) -> DoneReply | Rejection:
    """Until a year is closed, everything whose clock starts with its closing is kept. Proposed again with another date
    it corrects the first.
    """
    require_reason(request.reason)
    command = StartClock(
        clock="year_closed", subject=str(request.year), date=request.date, reason=request.reason
    )
    if against := _machine(context).mask_of(command) & ~1:
        return event_of(StartClock).rejections(against, msgspec.structs.asdict(command))[0]
    return propose(context, command, _("The books of {subject} were closed on {date}"), request.reason)


@operation(
    "history.purges",
    permission="history.read",
    summary="List what is marked for deletion and what was deleted.",
)
def purges(context: Context, request: PurgesRequest) -> Table:
    """Each partition with its tombstone: rows, the hash of its contents, who proposed and who marked it, and when."""
    from tallystick.history.keeping.purging import PurgeLine, line_of, with_makers

    name = full_name(context, request.dataset)
    lines = [
        line_of(context, one) for one in _machine(context).purges(name) if request.state in ("", one.state)
    ]
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

    require_reason(request.reason)
    adopt_shipped(context)
    command = mark_command(context, full_name(context, request.dataset), request.before, request.reason)
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

    require_reason(request.reason)
    name = full_name(context, request.dataset)
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
    return sent(context, command, request.partition)


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

    name = full_name(context, request.dataset)
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


def _require_rule_classes(context: Context, classes: Iterable[str]) -> None:
    """Refuse a class of record that neither a dataset nor a rule of the law has; `*` is every class."""
    from tallystick.history.datasets import DATASETS
    from tallystick.history.keeping.retention import shipped_rows

    rules = {row.record_class for row in (*shipped_rows(), *_machine(context).state.retention)}
    require_known(classes, {"*", *rules, *(dataset.record_class for dataset in DATASETS.values())})


def _started(clocks: Mapping[str, datetime.date], clock: str) -> str:
    """When a journaled clock started, by its subjects, the newest first.

    >>> _started({"year_closed 2024": datetime.date(2025, 3, 31)}, "year_closed")
    '2024: 2025-03-31'
    """
    found = {key.partition(" ")[2]: date for key, date in clocks.items() if key.partition(" ")[0] == clock}
    return "; ".join(f"{subject}: {found[subject]}" for subject in sorted(found, reverse=True))


def _machine(context: Context) -> HistoryMachine:
    machine: HistoryMachine = context.machine("history")
    return machine
