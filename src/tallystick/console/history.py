"""History: the catalog of datasets, one dataset with all that made it, quarantine, archives, holds, retention."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.listing import Column, Filter, ListPage, grid_config
from tallystick.console.lists import list_route
from tallystick.console.replies import pairs_of
from tallystick.console.shell import AnyRequest, PageShell, say_in
from tallystick.console.words import mark as _
from tallystick.core.operations import find_operation

__all__ = [
    "ARCHIVES",
    "DATASETS",
    "HANDLERS",
    "HOLDS",
    "LOADS",
    "PURGES",
    "QUARANTINE",
    "QUOTAS",
    "RETENTION",
]

DATASET_LINK = "/history/datasets/{dataset}"

DATASETS = ListPage(
    name="datasets",
    address="/history/datasets",
    title=_("Datasets"),
    operation="history.datasets",
    columns=(
        Column("dataset", link=DATASET_LINK, width=206),
        Column("title", width=180, grow=True),
        Column("owner", width=84),
        Column("record_class", width=110),
        Column("rows"),
        Column("quarantined", width=110),
        Column("quality", width=90),
        Column("bytes", width=120),
        Column("first", kind="date", width=92),
        Column("last", title=_("Last"), kind="date", width=92),
        Column("known_time"),
        Column("holds", width=110),
    ),
    key=("dataset",),
    record=DATASET_LINK,
    empty=_("Tables of market and business history will be here."),
    command="tally history load FILE --dataset history.bars_daily",
)

QUARANTINE = ListPage(
    name="quarantine",
    address="/history/quarantine",
    title=_("Quarantine"),
    operation="history.quarantine",
    columns=(
        Column("dataset", link=DATASET_LINK),
        Column("file"),
        Column("row"),
        Column("column"),
        Column("value"),
        Column("reason", width=320, grow=True),
        Column("text", title=_("The row"), width=320),
        Column("known_time"),
    ),
    key=("file", "row", "column"),
    filters=(Filter("dataset"), Filter("file")),
    empty=_(
        "Rows that could not be loaded will be here, with row number and reason; the good rows are loaded."
    ),
    command="tally history load FILE --dataset history.bars_daily",
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
        Column("quarantined", width=110),
        Column("known_time"),
        Column("by", width=110),
        Column("reason", width=200),
        Column("sha256", width=130),
    ),
    key=("position", "dataset", "source"),
    filters=(
        Filter("dataset"),
        Filter("what", choices=("loaded", "corrected", "sealed", "archived", "restored", "purged")),
    ),
    empty=_("What made the datasets will be here, each step with its place in the journal."),
    command="tally history load FILE --dataset history.bars_daily",
)

ARCHIVES = ListPage(
    name="archives",
    address="/history/archives",
    title=_("Archives"),
    operation="history.archives",
    columns=(
        Column("dataset", link=DATASET_LINK, width=206),
        Column("partition", width=110),
        Column("state", width=100),
        Column("files"),
        Column("rows"),
        Column("bytes"),
        Column("manifest", kind="hash", width=130),
        Column("manifest_file", grow=True, width=260),
    ),
    key=("dataset", "partition", "manifest"),
    filters=(Filter("dataset"),),
    empty=_("Archived partitions will be here, each with the hash of its manifest."),
    command="tally history archive history.bars_minute --before 2026-01-01",
)

HOLDS = ListPage(
    name="holds",
    address="/history/holds",
    title=_("Holds"),
    operation="history.holds",
    columns=(
        Column("hold", width=140),
        Column("kind", width=90),
        Column("state", width=90),
        Column("datasets", width=206),
        Column("instruments", title=_("Instruments"), width=140),
        Column("parties", title=_("Parties"), kind="text", width=110),
        Column("accounts", title=_("Accounts"), kind="text", width=110),
        Column("first", kind="date", width=92),
        Column("last", title=_("Last"), kind="date", width=92),
        Column("reason", width=220, grow=True),
        Column("placed_by", width=100),
        Column("placed_at"),
        Column("released_at"),
    ),
    key=("hold",),
    filters=(Filter("dataset"),),
    empty=_("Holds will be here: what they name is not deleted while they are open."),
    command="tally history place-hold CASE-1 --reason ...",
)

RETENTION = ListPage(
    name="retention",
    address="/history/retention",
    title=_("Retention rules"),
    operation="history.retention",
    columns=(
        Column("jurisdiction", width=90),
        Column("record_class", width=120),
        Column("rule", kind="code", width=190),
        Column("value", kind="number", width=70),
        Column("unit", width=80),
        Column("clock", title=_("Clock starts with"), kind="code", width=170),
        Column("valid_from", width=92),
        Column("valid_to", width=92),
        Column("status", width=124),
        Column("source", width=240, grow=True),
        Column("source_date"),
        Column("note"),
    ),
    key=("jurisdiction", "record_class", "rule", "valid_from"),
    filters=(Filter("record_class"),),
    empty=_("How long each class of records is kept will be here, with the law that says so."),
    command="tally history retention",
)

KEPT = ListPage(
    name="kept",
    address="/history/kept",
    title=_("Kept until"),
    operation="history.retention",
    columns=(
        Column("partition", width=110),
        Column("first", kind="date", width=92),
        Column("last", title=_("Last"), kind="date", width=92),
        Column("rows"),
        Column("bytes"),
        Column("files"),
        Column("archived", kind="count", width=90),
        Column("keep_until", kind="date", width=104),
        Column("rule", kind="code", width=190),
        Column("source", width=220, grow=True),
        Column("holds", width=110),
        Column("purge", width=96),
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
        Column("dataset", link=DATASET_LINK, width=206),
        Column("partition", width=110),
        Column("state", width=100),
        Column("rows"),
        Column("marked_by", width=110),
        Column("marked_on", kind="date", width=104),
        Column("reason", width=220, grow=True),
        Column("contents", kind="hash", width=130),
        Column("problem", width=220),
    ),
    key=("dataset", "partition", "state"),
    filters=(Filter("dataset"), Filter("state", choices=("marked", "begun", "purged", "unmarked"))),
    empty=_("What is marked for deletion, and the tombstones of what was deleted, will be here."),
    command="tally history propose-purge history.bars_minute --before 2010-01-01 --reason ...",
)

QUOTAS = ListPage(
    name="quotas",
    address="/history/quotas",
    title=_("Quotas"),
    operation="history.quotas",
    columns=(
        Column("holder", width=90),
        Column("name", width=160, grow=True),
        Column("rows_per_day", kind="count", width=130),
        Column("rows_used", kind="count", width=130),
        Column("bytes_per_day", kind="bytes", width=150),
        Column("bytes_used", kind="bytes", width=150),
    ),
    key=("holder", "name"),
    empty=_("How much each role and user may read in a day will be here; without a quota there is no limit."),
    command="tally history set-quota --role analyst --rows-per-day 100000000 --reason ...",
)

TABS = ((_("Loads and corrections"), LOADS), (_("Kept until"), KEPT), (_("Archives"), ARCHIVES), (_("Holds"), HOLDS),
        (_("Quarantine"), QUARANTINE))  # fmt: skip
ABOVE = ("dataset", "title")
FACTS = {"first": "first_date", "last": "last_date"}
"""Fields whose names mean something else on other pages."""


@get("/history/datasets/{name:str}")
async def dataset(request: AnyRequest, shell: PageShell, name: FromPath[str]) -> Response[str]:
    """One dataset: what it holds, what made it, until when its parts are kept, and what is held or set aside."""
    reply = await shell.ask(request, "history.dataset", {"dataset": name})
    tabs = [(title, _narrowed(request, shell, page, name)) for title, page in TABS]
    return await show_page(
        request,
        shell,
        "dataset.html",
        title=f"{reply.title} · {name}",
        name=name,
        facts=[
            *((FACTS.get(name, name), value) for name, value in pairs_of(reply, without=ABOVE)),
            ("key_columns", ", ".join(reply.key)),
            ("columns", ", ".join(reply.columns)),
        ],
        tabs=tabs,
    )


def _narrowed(request: AnyRequest, shell: PageShell, page: ListPage, dataset: str) -> dict[str, Any]:
    """A list page of one dataset alone, as a grid."""
    rest = msgspec.structs.replace(page, columns=tuple(c for c in page.columns if c.name != "dataset"))
    found = find_operation(page.operation)
    return grid_config(rest, found, say_in(shell, request), shell.firm.currency, {"dataset": dataset})


HANDLERS = [
    *(list_route(page) for page in (DATASETS, QUARANTINE, LOADS, ARCHIVES, HOLDS, RETENTION, PURGES, QUOTAS)),
    dataset,
]
