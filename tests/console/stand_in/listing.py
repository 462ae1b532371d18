"""How the made-up tables are filtered, sorted and paged, as the rooms do it."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pyarrow as pa

from tallystick.core.context import Context
from tallystick.core.errors import NotFound, Rejection
from tallystick.core.ids import parse_day_id
from tallystick.core.operations import Table
from tallystick.risk.gate.events import SUBMIT_REASONS

AMOUNTS = {
    "price",
    "amount",
    "fee",
    "tax",
    "cost",
    "posted_cash",
    "market_value",
    "open",
    "high",
    "low",
    "close",
    "turnover",
}


def listing(frame: pl.DataFrame, request: Any, **filters: Any) -> Table:
    """Filter by equality, sort, page; amounts carry their unit, as the rooms' tables do."""
    for name, value in filters.items():
        if value not in (None, ""):
            frame = frame.filter(pl.col(name).cast(pl.String) == str(value))
    sort = getattr(request, "sort", "")
    if sort:
        frame = frame.sort(
            sort.lstrip("-"), descending=sort.startswith("-"), nulls_last=True, maintain_order=True
        )
    arrow = frame.slice(request.offset, request.limit or None).to_arrow()
    for index, field in enumerate(arrow.schema):
        if field.name.endswith("_at"):
            arrow = arrow.set_column(index, field.name, arrow.column(index).cast(pa.timestamp("ns", "UTC")))
        if field.name in AMOUNTS:
            arrow = arrow.set_column(
                index, field.with_metadata({"unit": "1e-4 of the currency"}), arrow.column(index)
            )
    return Table(arrow, total_rows=len(frame))


def rejections_of(row: dict[str, Any]) -> list[Rejection]:
    """The reason of a refused order, its places filled as far as the row tells."""
    if not row["code"]:
        return []
    reason = next(reason for reason in SUBMIT_REASONS if reason.code == row["code"])
    known = {
        "price": f"{row['price'] / 10_000:,.2f}",
        "quantity": f"{row['quantity']:,}",
        "instrument": row["symbol"],
    }
    values = {name: known.get(name, "…") for name in re.findall(r"{(\w+)}", reason.text + reason.remedy)}
    return [Rejection(code=reason.code, text=reason.text, remedy=reason.remedy, values=values)]


def find_order(context: Context, identity: str) -> dict[str, Any]:
    found = context.house.book.orders.filter(pl.col("order_id") == parse_day_id(identity))
    if found.is_empty():
        raise NotFound(
            "gate.no_order",
            "There is no order {order} in the journal.",
            "See `tally risk orders`.",
            order=identity,
        )
    return found.to_dicts()[0]
