"""Keeping: archives, holds, retention rules, purges, quotas; each with the forms that change it."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.history.links import BY_DATASET, DATASET_LINK
from tallystick.console.listing import Action, Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.proposals import open_proposals
from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, PageShell, Shell
from tallystick.console.words import mark as _
from tallystick.core.errors import NotFound

__all__ = ["ARCHIVES", "HANDLERS", "HOLDS", "KEPT", "PURGES", "QUOTAS", "RETENTION"]

ARCHIVES = ListPage(
    name="archives",
    address="/history/archives",
    title=_("Archives"),
    operation="history.archives",
    columns=(
        Column("dataset", link=DATASET_LINK, width=190),
        Column("partition", width=96),
        Column("state", width=150),
        Column("verified_at", width=128),
        Column("files", width=64),
        Column("rows", width=90),
        Column("bytes", width=80),
        Column("manifest", kind="hash", width=110),
        Column("manifest_file", grow=True, width=170),
    ),
    key=("dataset", "partition", "manifest"),
    filters=(BY_DATASET,),
    empty=_("Archived partitions will be here, each with the hash of its manifest."),
    command="tally history archive history.bars_minute --before 2026-01-01",
    actions=(
        Action(_("Archive"), "/do/history.archive"),
        Action(_("Copy the archives"), "/do/history.copy_archive"),
        Action(_("Bring back"), "/do/history.restore"),
    ),
    verifies="history.verify_archive",
)

HOLDS = ListPage(
    name="holds",
    address="/history/holds",
    title=_("Holds"),
    operation="history.holds",
    columns=(
        Column("hold", link="/history/holds/{hold}", width=150),
        Column("state", kind="code", words="hold_state", width=84),
        Column("datasets", width=190, none=_("all")),
        Column("reason", width=240, grow=True),
        Column("first", kind="date", width=92),
        Column("last", title=_("Last"), kind="date", width=92),
        Column("placed_by", width=80),
        Column("placed_at", kind="minute", width=130),
        Column("kind", kind="code", width=84),
        Column("record_classes", width=112, none=_("all")),
        Column("instruments", title=_("Instruments"), width=90),
        Column("parties", title=_("Parties"), kind="text", width=80),
        Column("accounts", title=_("Accounts"), kind="text", width=80),
        Column("released_at", kind="minute", width=130),
    ),
    key=("hold",),
    record="/history/holds/{hold}",
    filters=(
        BY_DATASET,
        Filter("every", title=_("State"), sentences={"true": _("all")}, none=_("open ones"), size="wide"),
    ),
    empty=_("Holds will be here: what they name is not deleted while they are open."),
    command="tally history place-hold CASE-1 --reason ...",
    actions=(Action(_("Place a hold"), "/do/history.place_hold"),),
    proposals=("history.release_hold",),
)

RETENTION_HEADER = (
    "jurisdiction,record_class,rule,value,unit,clock,valid_from,valid_to,source,source_date,status,note%0A"
)
RETENTION_ROW = (
    f"{RETENTION_HEADER}"
    "{jurisdiction},{record_class},{rule},{value},{unit},{clock},{valid_from},{valid_to},%22{source}%22,"
    "{source_date},{status},%22{note}%22"
)
"""A rule as the form of a change begins with it."""

RETENTION = ListPage(
    name="retention",
    address="/history/retention",
    title=_("Retention rules"),
    operation="history.retention",
    columns=(
        Column("record_class", width=124),
        Column("rule", kind="code", width=176, none=_("none: kept for ever")),
        Column("value", title=_("Kept"), kind="number", width=52),
        Column("unit", width=64),
        Column("clock", title=_("Clock starts with"), kind="code", width=160),
        Column("status", width=104),
        Column("source", kind="code", words="law_source", width=190, grow=True),
        Column("note", kind="code", words="law_note", width=180, grow=True),
        Column("jurisdiction", kind="code", width=94),
        Column("valid_from", width=92),
        Column("valid_to", width=92),
        Column("started", width=150),
        Column("source_date"),
    ),
    key=("jurisdiction", "record_class", "rule", "valid_from", "valid_to"),
    record=f"/do/history.propose_retention?rows={RETENTION_ROW}",
    filters=(Filter("record_class", listed=("history.retention", "record_class")),),
    empty=_("How long each class of records is kept will be here, with the law that says so."),
    command="tally history retention",
    actions=(
        Action(_("Propose a change"), f"/do/history.propose_retention?rows={RETENTION_HEADER}"),
        Action(_("Close a year"), "/do/history.close_year"),
    ),
    proposals=("history.adopt_retention", "history.start_clock"),
)

KEPT = ListPage(
    name="kept",
    address="/history/kept",
    title=_("Kept until"),
    operation="history.retention",
    columns=(
        Column("partition", width=80),
        Column("first", kind="date", width=92),
        Column("last", title=_("Last"), kind="date", width=92),
        Column("keep_until", kind="date", width=100, none=_("see how long")),
        Column("kept_why", width=400, grow=True),
        Column("rows", title=_("Row versions"), width=88),
        Column("holds", width=70),
        Column("purge", width=90),
        Column("bytes", width=70),
        Column("rule", kind="code", width=110),
        Column("source", kind="code", words="law_source", width=104),
        Column("files", width=60),
        Column("archived", kind="count", width=90),
    ),
    key=("partition",),
    empty=_("The partitions of the dataset will be here, each with the day until which it is kept."),
    command="tally history load FILE --dataset history.bars_daily",
)

PURGES = ListPage(
    name="purges",
    address="/history/purges",
    title=_("Purges"),
    operation="history.purges",
    columns=(
        Column("dataset", link=DATASET_LINK, width=170),
        Column("partition", width=80),
        Column("state", width=158),
        Column("rows", width=90),
        Column("proposed_by", width=90),
        Column("marked_by", title=_("Approved by"), width=90),
        Column("marked_on", kind="date", width=92),
        Column("reason", width=150, grow=True),
        Column("problem", kind="code", width=130),
        Column("holds", width=90),
        Column("contents", kind="hash", width=110),
    ),
    key=("dataset", "partition", "state"),
    record="/do/history.unmark_purge?dataset={dataset}&partition={partition}",
    filters=(BY_DATASET, Filter("state", choices=("marked", "begun", "purged", "unmarked"))),
    empty=_("What is marked for deletion, and the tombstones of what was deleted, will be here."),
    command="tally history propose-purge history.bars_minute --before 2010-01-01 --reason ...",
    actions=(
        Action(_("Propose a purge"), "/do/history.propose_purge"),
        Action(_("Take a mark back"), "/do/history.unmark_purge"),
        Action(_("Delete what is due"), "/do/history.purge"),
    ),
    proposals=("history.mark_purge",),
)

QUOTAS = ListPage(
    name="quotas",
    address="/history/quotas",
    title=_("Quotas"),
    operation="history.quotas",
    columns=(
        Column("holder", width=90),
        Column("name", kind="code", words="role", width=160),
        Column("by_roles", width=130),
        Column("rows_per_day", width=120),
        Column("rows_used", width=120),
        Column("bytes_per_day", width=110),
        Column("bytes_used", width=130),
        Column("readers", width=220, grow=True),
    ),
    key=("holder", "name"),
    record="/do/history.set_quota?{holder}={name}",
    empty=_("How much each role and user may read in a day will be here; without a quota there is no limit."),
    command="tally history set-quota --role quant --rows-per-day 100000000 --reason ...",
    actions=(Action(_("Set a quota"), "/do/history.set_quota"),),
    proposals=("history.set_quota",),
)

HELD = ("dataset", "title", "partitions", "row_versions", "bytes", "first_date", "last_date")


@get("/history/holds/{name:path}")
async def hold(request: AnyRequest, shell: PageShell, name: FromPath[str]) -> Response[str]:
    """One hold: what it keeps and why, whether somebody proposed its release, the datasets that it speaks of.

    The numbers of cases have slashes in them, so the name is the rest of the address.
    """
    name = str(name).removeprefix("/")
    reply = await shell.ask(request, "history.holds", {"hold": name, "every": True})
    if not reply.total_rows:
        raise NotFound(
            "history.no_hold",
            "There is no hold {hold}.",
            "See `tally history holds --every`.",
            hold=name,
        )
    found = rows_of(reply)[0]
    is_open = found["state"] == "open"
    return await show_page(
        request,
        shell,
        "hold.html",
        title=name,
        hold=found,
        facts=[
            ("hold_kind", found["kind"]),
            ("hold_state", found["state"]),
            ("first_date", found["first"]),
            ("last_date", found["last"]),
            ("datasets", found["datasets"] or shell.say(request, _("all"))),
            ("record_classes", list(filter(None, found["record_classes"].split(", ")))),
            ("instrument_list", found["instruments"]),
            ("party_list", found["parties"]),
            ("account_list", found["accounts"]),
            ("placed_by", found["placed_by"]),
            ("placed_at", found["placed_at"]),
            ("released_at", found["released_at"]),
        ],
        proposals=await open_proposals(request, shell, HOLDS.proposals, name) if is_open else [],
        held=await _held(request, shell, name) if is_open else [],
        held_columns=HELD,
    )


async def _held(request: AnyRequest, shell: Shell, name: str) -> list[dict[str, Any]]:
    """What the partitions that a hold keeps hold, by dataset; datasets of which it keeps nothing are left out.

    A table that has no rule, such as the quarantine, is kept whole.
    """
    answer = await shell.attempt(request, "history.datasets", {"hold": name, "limit": 0})
    rows = []
    for row in rows_of(answer.value) if answer.value is not None else []:
        kept = await shell.attempt(request, "history.retention", {"dataset": row["dataset"], "limit": 0})
        lines = rows_of(kept.value) if kept.value is not None else [row]
        parts = [line for line in lines if line["rows"] and f", {name}, " in f", {line['holds']}, "]
        if parts:
            sums = {
                "partitions": len(parts),
                "row_versions": sum(part["rows"] for part in parts),
                "bytes": sum(part["bytes"] for part in parts),
                "first_date": min((part["first"] for part in parts if part["first"]), default=None),
                "last_date": max((part["last"] for part in parts if part["last"]), default=None),
            }
            rows.append(row | sums)
    return rows


HANDLERS = [
    *(list_route(page) for page in (ARCHIVES, HOLDS, RETENTION, PURGES, QUOTAS)),
    hold,
]
