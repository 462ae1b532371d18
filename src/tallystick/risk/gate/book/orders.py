"""Orders for people: the journal's columns joined to one row an order, filtered, sorted and paged on arrays.

Nothing is kept: the columns are the journal's own, and each call joins what is there.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.core.errors import NotFound, suggestion
from tallystick.core.events import event_of
from tallystick.core.operations import Table
from tallystick.core.text import translate
from tallystick.ledger.events import Capacity, LotType, OpenAccount, RecordExecution, Side
from tallystick.risk.gate.book.kernels import join_orders
from tallystick.risk.gate.events import (
    CancelOrder,
    EndOrder,
    OrderType,
    SubmitOrder,
    TimeInForce,
)

if TYPE_CHECKING:
    from tallystick.core.journal import JournalReader

__all__ = ["STATUSES", "Orders", "account_numbers", "labels_of", "page", "read_orders"]

Array = np.ndarray[Any, np.dtype[Any]]

STATUSES = ("refused", "new", "partly_filled", "filled", "cancelled", "expired", "refused_by_exchange")
MONEY, UNITS = "1e-4 of the currency", "units (shares, contracts)"


class Orders(NamedTuple):
    """A day's orders in journal order, parallel arrays; `new` is false for those that only repeat an earlier one."""

    records: Array
    verdicts: Array
    seqs: Array
    filled: Array
    filled_value: Array
    status: Array
    cancel_asked: Array
    new: Array


def read_orders(journal: JournalReader, day: datetime.date) -> Orders:
    """Every order of a business day with what became of it. NotFound if the journal has no such day."""
    orders, verdicts, seqs = journal.columns(SubmitOrder, day=day)
    fills, fill_verdicts, _ = journal.columns(RecordExecution, day=day)
    cancels, cancel_verdicts, _ = journal.columns(CancelOrder, day=day)
    ends, end_verdicts, _ = journal.columns(EndOrder, day=day)
    slots = np.full((1 << (2 * len(orders) + 64).bit_length(), 2), -1, np.int64)
    amounts, status = np.zeros((len(orders), 2), np.int64), np.zeros(len(orders), np.int8)
    cancel_asked = np.zeros(len(orders), np.bool_)
    join_orders(
        orders, verdicts, fills, fill_verdicts, cancels, cancel_verdicts, ends, end_verdicts,
        day_is_over(journal, day), slots, amounts, status, cancel_asked,
    )  # fmt: skip
    new = (verdicts["flags"] & 1) == 0
    return Orders(orders, verdicts, seqs, amounts[:, 0], amounts[:, 1], status, cancel_asked, new)


def day_is_over(journal: JournalReader, day: datetime.date) -> bool:
    """Whether a business day was closed, or another one followed it."""
    if journal.head().day != day:
        return True
    return any(not batch.verdicts["mask"][0] for batch in journal.batches(day=day, kinds=["core.day_closed"]))


def account_numbers(journal: JournalReader) -> Array:
    """The number of each account by code, fixed bytes."""
    opened = _accepted(journal, OpenAccount, None)
    dtype: np.dtype[Any] = opened["number"].dtype
    numbers: Array = np.zeros(int(opened["account"].max(initial=-1)) + 1, dtype)
    numbers[opened["account"]] = opened["number"]
    return numbers


def labels_of(mask: int, language: str) -> list[str]:
    """The reasons of a mask in a few words each: the sentences need values that a list does not have."""
    return [translate(reason.name, language) for reason in event_of(SubmitOrder).reasons_in(mask)]


def page(
    orders: Orders,
    rows: Array,
    *,
    symbols: list[str],
    numbers: Array,
    language: str,
    sort: str,
    limit: int,
    offset: int,
) -> Table:
    """The chosen rows, sorted by a column (`-column` descending), `limit` of them from `offset`, as a Table.

    NotFound names the nearest column.
    """
    import pyarrow as pa

    shown = _columns(orders, symbols, numbers, language)
    rows = _sorted(rows, shown, sort)
    chosen = rows[max(offset, 0) : max(offset, 0) + max(limit, 0)]
    odd_types = {"timestamp": pa.timestamp("ns", tz="UTC"), "list": pa.list_(pa.string())}
    fields, arrays = [], []
    for name, column in shown.items():
        kind = odd_types.get(column.type) or pa.type_for_alias(column.type)
        values = column.show(chosen)
        if isinstance(values, np.ndarray):
            values = np.ascontiguousarray(values)
        array = pa.array(values)
        arrays.append(array.cast(kind) if len(chosen) else pa.array([], type=kind))
        fields.append(pa.field(name, kind, metadata={"unit": column.unit} if column.unit else None))
    return Table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), total_rows=len(rows))


class _Column(NamedTuple):
    """A column: its values for rows, its Arrow type and unit, and what to sort by when the values are texts."""

    show: Callable[[Array], Any]
    type: str = "int64"
    unit: str = ""
    key: Callable[[Array], Array] | None = None


def _columns(orders: Orders, symbols: list[str], numbers: Array, language: str) -> dict[str, _Column]:
    records, verdicts = orders.records, orders.verdicts

    def field(name: str, type_: str = "int64", unit: str = "") -> _Column:
        return _Column(lambda rows: records[name][rows], type_, unit)

    def words(values: Array, names: dict[int, str]) -> _Column:
        return _Column(
            lambda rows: [names.get(value, str(value)) for value in values[rows].tolist()],
            "string",
            key=values.__getitem__,
        )

    def text_of(name: str, texts: Array) -> _Column:
        return _Column(
            lambda rows: _texts(texts, records[name][rows]),
            "string",
            key=lambda rows: _ranks(texts, records[name][rows]),
        )

    @functools.cache
    def labels(mask: int) -> list[str]:
        return labels_of(mask, language)

    enums = {name: _names(members) for name, members in ENUMS.items()}
    return {
        "order_id": field("order_id"),
        "received_at": field("received_at", "timestamp"),
        "account": field("account", "int32"),
        "account_number": text_of("account", numbers),
        "symbol": text_of("instrument", np.array(symbols, dtype=np.str_)),
        **{name: words(records[name], enums[name]) for name in ENUMS},
        "price": field("price", unit=MONEY),
        "quantity": field("quantity", unit=UNITS),
        "filled": _Column(lambda rows: orders.filled[rows], unit=UNITS),
        "average_price": _Column(
            lambda rows: orders.filled_value[rows] // np.maximum(orders.filled[rows], 1), unit=MONEY
        ),
        "status": words(orders.status, dict(enumerate(STATUSES))),
        "cancel_asked": _Column(lambda rows: orders.cancel_asked[rows], "bool"),
        "reasons": _Column(
            lambda rows: [labels(mask) for mask in verdicts["mask"][rows].tolist()],
            "list",
            key=lambda rows: verdicts["mask"][rows],
        ),
        "session": field("session", "int32"),
        "reservation": _Column(lambda rows: verdicts["reservation"][rows], unit=MONEY),
        "seq": _Column(lambda rows: orders.seqs[rows]),
    }  # fmt: skip


ENUMS: dict[str, Any] = {
    "side": Side,
    "order_type": OrderType,
    "time_in_force": TimeInForce,
    "lot_type": LotType,
    "capacity": Capacity,
}


def _texts(texts: Array, codes: Array) -> list[str]:
    """The text of each code; the code itself where there is none."""
    known = (codes >= 0) & (codes < len(texts))
    found = iter(texts[codes[known]].astype(np.str_).tolist())
    return [
        next(found) if is_known else str(code)
        for code, is_known in zip(codes.tolist(), known.tolist(), strict=True)
    ]


def _ranks(texts: Array, codes: Array) -> Array:
    """Numbers that sort like the texts of the codes; codes without a text come last."""
    ranks = np.full(len(texts) + 1, len(texts), np.int64)
    ranks[np.argsort(texts, kind="stable")] = np.arange(len(texts))
    known = (codes >= 0) & (codes < len(texts))
    found: Array = ranks[np.where(known, codes, len(texts))]
    return found


def _names(members: Any) -> dict[int, str]:
    return {int(member): member.name.lower() for member in members}


def _sorted(rows: Array, shown: dict[str, _Column], sort: str) -> Array:
    name = sort.removeprefix("-")
    if not name:
        return rows
    if name not in shown:
        remedy, near = suggestion(name, shown)
        raise NotFound("operations.column", "There is no column {column}.", remedy, column=name, **near)
    column = shown[name]
    order = np.argsort(np.asarray((column.key or column.show)(rows)), kind="stable")
    return rows[order[::-1] if sort.startswith("-") else order]


def _accepted(journal: JournalReader, record: Any, day: datetime.date | None) -> Array:
    """Commands of a fixed kind that were accepted and are no repetitions."""
    records, verdicts, _seqs = journal.columns(record, day=day)
    taken: Array = records[(verdicts["mask"] == 0) & ((verdicts["flags"] & 1) == 0)]
    return taken
