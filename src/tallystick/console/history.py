"""History: the datasets in the lake, and the rows that could not be loaded."""

from __future__ import annotations

from tallystick.console.listing import Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.words import mark as _

__all__ = ["DATASETS", "HANDLERS", "QUARANTINE"]

DATASETS = ListPage(
    name="datasets",
    address="/history/datasets",
    title=_("Datasets"),
    operation="history.datasets",
    columns=(
        Column("dataset", width=166),
        Column("title", width=200, grow=True),
        Column("owner", width=90),
        Column("rows"),
        Column("quarantined"),
        Column("files"),
        Column("bytes"),
        Column("first", kind="date"),
        Column("last", title=_("Last"), kind="date", width=110),
        Column("known_time"),
    ),
    key=("dataset",),
    empty=_("Tables of market and business history will be here."),
    command="tally history load FILE --dataset history.bars_daily",
)

QUARANTINE = ListPage(
    name="quarantine",
    address="/history/quarantine",
    title=_("Quarantine"),
    operation="history.quarantine",
    columns=(
        Column("dataset"),
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

HANDLERS = [list_route(DATASETS), list_route(QUARANTINE)]
