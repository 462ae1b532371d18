"""The doors of keeping: the catalog, corrections, maintenance, quotas."""

from __future__ import annotations

import math

import msgspec

from tallystick.core.access_operations import DoneReply, propose
from tallystick.core.context import Context
from tallystick.core.errors import NotFound, Rejection, TallystickError, mark, suggestion
from tallystick.core.events import event_of
from tallystick.core.operations import Table, operation
from tallystick.core.text import translate
from tallystick.history.events import SetQuota
from tallystick.history.keeping.asked import full_name
from tallystick.history.keeping.described import DatasetLine, DatasetReply
from tallystick.history.keeping.requests import (
    CompactRequest,
    CorrectReply,
    CorrectRequest,
    DatasetRequest,
    DatasetsRequest,
    ExpireRequest,
    KeptReply,
    LoadsRequest,
    PageRequest,
    SetQuotaRequest,
    WithdrawRequest,
    page_of,
)
from tallystick.history.requests import known_by

__all__: list[str] = []

_ = mark

SHORTEST_GRACE_HOURS = 1 / 6
"""A commit that is under way names its files last; a shorter grace could take them from it."""


@operation(
    "history.datasets",
    permission="history.read",
    summary="What the lake holds: rows, size, dates, owner, quality, quarantine, holds.",
)
def datasets(context: Context, request: DatasetsRequest) -> Table:
    """A row for each table of the lake and each dataset that can be loaded."""
    from tallystick.history.keeping.catalog import list_datasets

    wanted = request.text.strip().casefold()
    lines = [
        line
        for line in list_datasets(context, request.hold)
        if wanted in f"{line.dataset} {line.title} {line.owner}".casefold()
    ]
    return page_of(context, DatasetLine, lines, request, _("Datasets"))


@operation(
    "history.dataset",
    permission="history.read",
    summary="One dataset: what it holds, what made it, and how it is kept.",
)
def dataset(context: Context, request: DatasetRequest) -> DatasetReply:
    """Its line in the catalog with columns, loads, corrections, sealed days, archives, and until when it is kept."""
    from tallystick.history.datasets import find_dataset
    from tallystick.history.keeping.catalog import describe_dataset

    return describe_dataset(context, full_name(context, request.dataset) or find_dataset("").name)


@operation(
    "history.loads",
    permission="history.read",
    summary="Where the rows come from: loads, corrections, sealed days, archives and purges, by journal position.",
)
def loads(context: Context, request: LoadsRequest) -> Table:
    """What made the datasets, newest first."""
    from tallystick.history.keeping.lineage import LoadLine, list_loads

    lines = list_loads(context, full_name(context, request.dataset), request.what)
    return page_of(context, LoadLine, lines, request, _("Loads"))


@operation(
    "history.correct",
    permission="history.manage",
    summary="Correct a dataset: late and changed rows become later versions; every earlier view stays askable.",
    writes=True,
    local=True,
)
def correct(context: Context, request: CorrectRequest) -> CorrectReply:
    """The checks are those of a load. A column that the rows do not give keeps what was known."""
    from pathlib import Path

    from tallystick.history.keeping.corrections import Why
    from tallystick.history.keeping.corrections import correct as correct_rows
    from tallystick.history.loading.columns import read_mapping, vendor_mapping

    mapping = (
        read_mapping(Path(request.mapping), request.dataset)
        if request.mapping
        else vendor_mapping(request.vendor or "generic")
    )
    known_time = known_by(context, request.known_at)
    why = Why(request.reason, request.source_revision, known_time)
    return correct_rows(context, request.dataset, request.files, why, mapping)


@operation(
    "history.withdraw",
    permission="history.manage",
    summary="Take back facts that should not exist: from now on they are not there, before they still are.",
    writes=True,
    local=True,
)
def withdraw(context: Context, request: WithdrawRequest) -> CorrectReply:
    """Rows name the columns of the dataset's key."""
    from tallystick.history.keeping.corrections import Why
    from tallystick.history.keeping.corrections import withdraw as withdraw_rows

    known_time = known_by(context, request.known_at)
    why = Why(request.reason, request.source_revision, known_time)
    return withdraw_rows(context, request.dataset, request.files, why)


@operation(
    "history.compact",
    permission="history.manage",
    summary="Make one file of the files of each partition, after proving that the rows are the same.",
    writes=True,
)
def compact(context: Context, request: CompactRequest) -> KeptReply:
    """Archived files stay as they are. Stopped at any moment, it loses and doubles nothing."""
    lake = context.lake
    names = [full_name(context, request.dataset)] if request.dataset else lake.tables()
    names = [name for name in names if name in lake.tables()]
    before = sum(lake.describe(name).files for name in names)
    context.progress.start(translate(_("Compacting"), context.language), len(names))
    for name in names:
        lake.compact(name)
        context.progress.step(1, name)
    lake.refresh_hot()
    context.progress.finish()
    return KeptReply(files_before=before, files_after=sum(lake.describe(name).files for name in names))


@operation(
    "history.expire",
    permission="history.manage",
    summary="Drop old snapshots and the files that nothing names any more, except what a hold keeps.",
    writes=True,
)
def expire(context: Context, request: ExpireRequest) -> KeptReply:
    """No row goes: every version of every fact stays. Stopped at any moment, it goes on."""
    from tallystick.history.keeping.holds import holds_of

    for name in ("keep_days", "grace_hours"):
        if not 0 <= getattr(request, name) < math.inf:
            raise TallystickError(
                "history.span_negative",
                "{field} is {value}, which is no span of time.",
                "Give 0 or more.",
                field=name,
                value=str(getattr(request, name)),
            )
    if request.grace_hours < SHORTEST_GRACE_HOURS:
        raise TallystickError(
            "history.grace_short",
            "A grace of {value} hours is too short: a commit that is under way names its files last.",
            "Give ten minutes (0.17) or more.",
            value=str(request.grace_hours),
        )
    lake = context.lake
    files = sum(lake.describe(name).files for name in lake.tables())
    swept = lake.maintain(
        keep_days=request.keep_days,
        grace_seconds=request.grace_hours * 3_600,
        holds=holds_of(context),
    )
    return KeptReply(
        files_before=files,
        files_after=sum(lake.describe(name).files for name in lake.tables()),
        snapshots_dropped=swept.snapshots,
        files_removed=swept.files,
        bytes_removed=swept.bytes,
        files_held=swept.held,
    )


@operation(
    "history.quotas",
    permission="history.read",
    summary="How much of history may be read in a day.",
)
def quotas(context: Context, request: PageRequest) -> Table:
    """Each quota, of a user with what is used today."""
    from tallystick.history.keeping.quotas import QuotaLine, quota_lines

    return page_of(context, QuotaLine, quota_lines(context), request, _("Quotas"))


@operation(
    "history.set_quota",
    permission="history.manage",
    summary="Set how many rows and bytes of history a role's users or a user may read in a day.",
    writes=True,
)
def set_quota(context: Context, request: SetQuotaRequest) -> DoneReply | Rejection:
    """What narrows is done at once: a smaller quota, a first one. A wider one is proposed for a second person's
    approval, and so is a first one beside a role's narrower one, instead of which it could count.
    """
    roles = context.machine("access").state.roles
    if request.role and request.role not in roles:
        remedy, near = suggestion(request.role, roles)
        raise NotFound("history.quota_role", "There is no role {role}.", remedy, role=request.role, **near)
    command = SetQuota(**msgspec.structs.asdict(request))
    against = context.machine("history").mask_of(command)
    if against & ~1:
        return event_of(SetQuota).rejections(against & ~1, msgspec.structs.asdict(command))[0]
    if against:
        return propose(context, command, _("Set the reading quota of {role}{user}"), request.reason)
    return DoneReply(id=request.role or request.user, position=context.send(command).position)
