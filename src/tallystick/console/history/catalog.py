"""The catalog: every dataset with its owner, rows, freshness, size and quality; one dataset with all that made it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.fields import field_of
from tallystick.console.forms import is_from_files
from tallystick.console.frame import show_page
from tallystick.console.history.keeping import ARCHIVES, HOLDS, KEPT, PURGES
from tallystick.console.history.links import BY_DATASET, DATASET_LINK
from tallystick.console.history.quarantine import QUARANTINE
from tallystick.console.listing import Action, Column, Filter, ListPage, grid_config
from tallystick.console.lists import list_route
from tallystick.console.meanings import FACTS
from tallystick.console.proposals import open_proposals
from tallystick.console.replies import pairs_of, plain_of
from tallystick.console.shell import AnyRequest, PageShell, say_in
from tallystick.console.words import mark as _
from tallystick.core.operations import find_operation

__all__ = ["DATASETS", "HANDLERS", "LOADS"]

DATASETS = ListPage(
    name="datasets",
    address="/history/datasets",
    title=_("Datasets"),
    operation="history.datasets",
    columns=(
        Column("dataset", link=DATASET_LINK, width=180),
        Column("title", width=196, grow=True),
        Column("owner", title=_("Owned by"), kind="code", words="room", width=90),
        Column("record_class", title=_("Class"), width=98),
        Column("rows", title=_("Row versions"), width=92),
        Column("bytes", width=68),
        Column("quality", link="/history/quality/{dataset}", width=72),
        Column("last", title=_("Last"), kind="date", width=92),
        Column("known_time", title=_("Newest row known"), kind="minute", width=124),
        Column("holds", width=72),
        Column("quarantined", title=_("Set aside"), link="/history/quarantine?dataset={dataset}", width=66),
        Column("first", kind="date", width=92),
        Column("hot_from", width=92),
        Column("hot", width=110),
        Column("hot_rows", width=100),
    ),
    key=("dataset",),
    record=DATASET_LINK,
    filters=(Filter("text", title=_("Name, title or owner"), size="wide"),),
    empty=_("Tables of market and business history will be here."),
    command="tally history load FILE --dataset history.bars_daily",
    actions=(
        Action(_("Compact"), "/do/history.compact"),
        Action(_("Expire"), "/do/history.expire"),
        Action(_("Seal business days"), "/do/history.seal"),
    ),
)

LOADS = ListPage(
    name="loads",
    address="/history/loads",
    title=_("Loads and corrections"),
    operation="history.loads",
    columns=(
        Column("position", link="/journal/batches/{seq}", kind="text", width=90),
        Column("what", width=96),
        Column("dataset", link=DATASET_LINK, width=206),
        Column("source", width=220, grow=True),
        Column("rows"),
        Column("quarantined", title=_("Set aside"), width=110),
        Column("known_time"),
        Column("by", width=110),
        Column("reason", width=200),
        Column("sha256", width=130),
    ),
    key=("position", "dataset", "source"),
    record="/journal/batches/{seq}",
    filters=(
        BY_DATASET,
        Filter("what", choices=("loaded", "corrected", "sealed", "archived", "restored", "purged")),
    ),
    empty=_("What made the datasets will be here, each step with its place in the journal."),
    command="tally history load FILE --dataset history.bars_daily",
    actions=(
        Action(_("Correct"), "/do/history.correct_rows"),
        Action(_("Withdraw"), "/do/history.withdraw_rows"),
        Action(_("Load"), "/do/history.load"),
    ),
)

TABS = ((_("Loads and corrections"), LOADS), (_("Kept until"), KEPT), (_("Archives"), ARCHIVES), (_("Purges"), PURGES),
        (_("Holds"), HOLDS), (_("Quarantine"), QUARANTINE))  # fmt: skip
ABOVE = ("dataset", "title", "partitioned_by", "kept_why")
COLUMNS = ("column", "column_type", "column_unit", "in_key", "in_sort", "may_be_empty", "filled_by")
CHECKS = ("check", "makes_sure", "on_failure")
PROPOSALS = ("history.mark_purge", "history.release_hold")


@get("/history/datasets/{name:str}")
async def dataset(request: AnyRequest, shell: PageShell, name: FromPath[str]) -> Response[str]:
    """One dataset: what it holds, what made it, until when its parts are kept, and what is held or set aside."""
    reply = await shell.ask(request, "history.dataset", {"dataset": name})
    say = say_in(shell, request)
    given = [column.column for column in reply.columns if column.filled_by != "house"]
    return await show_page(
        request,
        shell,
        "dataset.html",
        title=f"{reply.title} · {reply.dataset}",
        name=reply.dataset,
        facts=[
            *((FACTS.get(field, field), value) for field, value in pairs_of(reply, without=ABOVE)),
            ("partitioned_by", _partition_in_words(reply.partitioned_by, say)),
            ("key_columns", ", ".join(reply.key)),
            ("sort_order", ", ".join(reply.sort_order)),
        ],
        links={
            "quality": f"/history/quality/{reply.dataset}",
            "quarantined": f"/history/quarantine?dataset={reply.dataset}",
            "corrections": f"/history/loads?dataset={reply.dataset}&what=corrected",
        },
        kept_why=reply.kept_why,
        columns=[plain_of(column) for column in reply.columns],
        column_names=COLUMNS,
        checks=[plain_of(check) for check in reply.checks],
        check_names=CHECKS,
        actions=_actions(reply.dataset, given, reply.key),
        proposals=await open_proposals(request, shell, PROPOSALS, reply.dataset),
        tabs=[(title, _narrowed(request, shell, page, reply.dataset)) for title, page in TABS],
    )


def _actions(name: str, columns: list[str], key: list[str]) -> list[Action]:
    """What an officer does with a dataset; corrections only where files fill it."""
    found = [
        Action(_("Correct"), f"/do/history.correct_rows?dataset={name}&rows={','.join(columns)}%0A"),
        Action(_("Withdraw"), f"/do/history.withdraw_rows?dataset={name}&rows={','.join(key)}%0A"),
    ]
    return [
        *(found if is_from_files(name) else ()),
        Action(_("Place a hold"), f"/do/history.place_hold?datasets={name}"),
        Action(_("Archive"), f"/do/history.archive?dataset={name}"),
        Action(_("Propose a purge"), f"/do/history.propose_purge?dataset={name}"),
        Action(_("Compact"), f"/do/history.compact?dataset={name}"),
    ]


def _partition_in_words(partitioned_by: str, say: Any) -> str:
    """`date year` as people say it; empty for a table in one part."""
    column, _space, rhythm = partitioned_by.partition(" ")
    words = {"day": _("by day"), "month": _("by month"), "year": _("by year")}
    return f"{say(field_of(column).title)} · {say(words[rhythm])}" if rhythm in words else ""


def _narrowed(request: AnyRequest, shell: PageShell, page: ListPage, dataset: str) -> dict[str, Any]:
    """A list page of one dataset alone, as a grid."""
    rest = msgspec.structs.replace(page, columns=tuple(c for c in page.columns if c.name != "dataset"))
    found = find_operation(page.operation)
    return grid_config(rest, found, say_in(shell, request), shell.firm.currency, {"dataset": dataset})


HANDLERS = [list_route(DATASETS), list_route(LOADS), dataset]
