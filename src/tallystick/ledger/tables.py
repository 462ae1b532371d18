"""The ledger's business tables: executions, client money that moved, and the books at the end of each business day.

Accounts and parties are codes, never names. Amounts are 1e-4 of the currency, quantities units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.core.business import (
    BusinessDay,
    BusinessTable,
    codes_as_text,
    enum_words,
    is_taken,
    places_of,
)
from tallystick.core.lake import TableSpec
from tallystick.core.schema import (
    BusinessDate,
    Int16,
    Int32,
    Int64,
    Money,
    Price,
    Quantity,
    Record,
    Text,
    Timestamp,
    date_number,
)
from tallystick.ledger.events import (
    Capacity,
    CloseTrading,
    LotType,
    MoveCash,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningTrade,
    Side,
)

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = [
    "TABLES",
    "CashLine",
    "CashMove",
    "Execution",
    "PositionLine",
    "accounts_as_columns",
    "symbols_as_text",
]


class Execution(Record, frozen=True, kw_only=True):
    """A trade of an account, as it stands in the journal at batch `seq`, place `place`.

    `origin` is `exchange` for fills of our orders and `opening` for trades brought in from the books before, which have
    no order (0) and no lot type. Fee, tax and settlement date become known when trading of the date is closed: a later
    version of the row. `value` is price × quantity.
    """

    business_date: BusinessDate
    account: Int32
    execution_id: Int64
    order_id: Int64
    seq: Int64
    place: Int32
    party: Int32
    branch: Int16
    instrument: Int32
    symbol: Text
    side: Text
    lot_type: Text
    capacity: Text
    origin: Text
    trade_date: BusinessDate
    price: Price
    quantity: Quantity
    value: Money
    event_time: Timestamp
    known_time: Timestamp
    settlement_date: BusinessDate | None = None
    fee: Money | None = None
    tax: Money | None = None


class CashMove(Record, frozen=True, kw_only=True):
    """Money that came in (+) or went out (−) over an account's bank (`move`), or was taken over (`opening`)."""

    business_date: BusinessDate
    account: Int32
    seq: Int64
    place: Int32
    party: Int32
    branch: Int16
    origin: Text
    amount: Money
    event_time: Timestamp
    known_time: Timestamp


class CashLine(Record, frozen=True, kw_only=True):
    """An account's cash at the end of a business day: posted, and what open settlement dates bring and take.

    Every account of the ledger has a line, those of the house too, so that each day sums to zero.
    """

    business_date: BusinessDate
    account: Int32
    party: Int32
    branch: Int16
    posted: Money
    due_in: Money
    due_out: Money
    event_time: Timestamp
    known_time: Timestamp


class PositionLine(Record, frozen=True, kw_only=True):
    """What an account has of an instrument at the end of a business day, as the ledger tells it; `cost` is of its lots.

    The house's accounts are there too, so that what is posted sums to zero for each instrument.
    """

    business_date: BusinessDate
    account: Int32
    instrument: Int32
    party: Int32
    branch: Int16
    symbol: Text
    posted: Quantity
    due_in: Quantity
    due_out: Quantity
    retained: Quantity
    kept: Quantity
    sellable: Quantity
    cost: Money
    event_time: Timestamp
    known_time: Timestamp


def executions(day: BusinessDay) -> pa.Table:
    """The day's trades, and once more with fee and tax those whose trading was closed on the day."""
    import pyarrow as pa

    fills, opened = _fills(day), _opening_trades(day)
    versions = [fills, opened]
    for closing in day.batches(CloseTrading):
        for command, mask in zip(closing.records, closing.verdicts["mask"].tolist(), strict=True):
            if not mask and fills.num_rows:
                versions.append(_charged(day, fills, date_number(command.trade_date), closing.recorded_at))
    return pa.concat_tables(versions)


def cash_moves(day: BusinessDay) -> pa.Table:
    """Money taken over, and money moved by clients."""
    import numpy as np
    import pyarrow as pa

    records, verdicts, seqs = day.columns(RecordOpeningCash)
    taken = is_taken(verdicts)
    opened = [records[name][taken] for name in ("account", "amount", "received_at")]
    opened += [seqs[taken], places_of(seqs)[taken], day.known(seqs[taken])]
    moved = [
        (command.account, command.amount, command.received_at, batch.seq, place, batch.recorded_at)
        for batch in day.batches(MoveCash)
        for place, command in enumerate(batch.records)
        if not batch.verdicts["mask"][place]
    ]
    rows = np.concatenate([np.stack(opened, axis=1), np.array(moved, np.int64).reshape(-1, 6)]).T
    account, amount, received, seq, place, known = rows
    origins = ["opening"] * len(opened[0]) + ["move"] * len(moved)
    return pa.table({
        **_dated(day, len(account)), **accounts_as_columns(day, account), "seq": seq, "place": place,
        "origin": pa.array(origins, pa.string()), "amount": amount, "event_time": received, "known_time": known,
    })  # fmt: skip


def cash(day: BusinessDay) -> pa.Table:
    """Every account's cash as the day left it; nothing before the day is closed."""
    import numpy as np
    import pyarrow as pa

    from tallystick.ledger.states import CASH, OPEN_STATES

    ledger = day.machine("ledger")
    lines = ledger.accounts()
    due_in, due_out = np.zeros((2, len(lines)), np.int64)
    for settlement_date in ledger.settlement_dates():
        rows = ledger.obligations(settlement_date)
        rows = rows[(rows["tier"] == 1) & (rows["instrument"] == CASH) & np.isin(rows["state"], OPEN_STATES)]
        np.add.at(due_in, rows["account"], np.maximum(rows["amount"], 0))
        np.add.at(due_out, rows["account"], np.maximum(-rows["amount"], 0))
    return pa.table({
        **_dated(day, len(lines)), **accounts_as_columns(day, lines["account"]),
        "posted": np.ascontiguousarray(lines["posted"]), "due_in": due_in, "due_out": due_out,
        **_closed_at(day, len(lines)),
    })  # fmt: skip


def positions(day: BusinessDay) -> pa.Table:
    """Every holding as the day left it; nothing before the day is closed."""
    import numpy as np
    import pyarrow as pa

    found = day.machine("ledger").positions()
    amounts = ("posted", "due_in", "due_out", "retained", "kept", "sellable", "cost")
    return pa.table({
        **_dated(day, len(found)), **accounts_as_columns(day, found["account"]),
        "instrument": np.ascontiguousarray(found["instrument"]),
        "symbol": symbols_as_text(day, found["instrument"]),
        **{name: np.ascontiguousarray(found[name]) for name in amounts}, **_closed_at(day, len(found)),
    })  # fmt: skip


def _fills(day: BusinessDay) -> pa.Table:
    return _trades(day, RecordExecution, "exchange")


def _opening_trades(day: BusinessDay) -> pa.Table:
    return _trades(day, RecordOpeningTrade, "opening")


def _trades(day: BusinessDay, record: type[Record], origin: str) -> pa.Table:
    """The day's accepted trades of one kind as rows of `Execution`."""
    import numpy as np
    import pyarrow as pa

    records, verdicts, seqs = day.columns(record)
    taken = is_taken(verdicts)
    places, rows = places_of(seqs)[taken], records[taken]
    count, given = len(rows), set(rows.dtype.names or ())

    def column(name: str) -> Array:
        return np.ascontiguousarray(rows[name])

    def optional(name: str, kind: Any) -> pa.Array:
        return pa.array(column(name)).cast(kind) if name in given else pa.nulls(count, kind)

    lots = (
        enum_words(column("lot_type"), LotType)
        if "lot_type" in given
        else pa.array([""] * count, pa.string())
    )
    return pa.table({
        **_dated(day, count), **accounts_as_columns(day, column("account")),
        "execution_id": column("execution_id"),
        "order_id": column("order_id") if "order_id" in given else np.zeros(count, np.int64),
        "seq": seqs[taken], "place": places.astype(np.int32), "instrument": column("instrument"),
        "symbol": symbols_as_text(day, rows["instrument"]), "side": enum_words(column("side"), Side),
        "lot_type": lots, "capacity": enum_words(column("capacity"), Capacity),
        "origin": pa.array([origin] * count, pa.string()),
        "trade_date": pa.array(column("trade_date")).cast(pa.date32()),
        "price": column("price"), "quantity": column("quantity"), "value": rows["price"] * rows["quantity"],
        "event_time": column("executed_at" if "executed_at" in given else "received_at"),
        "known_time": day.known(seqs[taken]), "settlement_date": optional("settlement_date", pa.date32()),
        "fee": optional("fee", pa.int64()), "tax": optional("tax", pa.int64()),
    })  # fmt: skip


def _charged(day: BusinessDay, fills: pa.Table, trade_date: int, known: int) -> pa.Table:
    """The day's fills of a trade date with what the close of its trading made of them."""
    import numpy as np
    import pyarrow as pa

    trades = day.machine("ledger").trades(trade_date)
    trades = trades[np.argsort(trades["execution_id"], kind="stable")]
    ids = fills["execution_id"].to_numpy()
    places = np.minimum(np.searchsorted(trades["execution_id"], ids), max(len(trades) - 1, 0))
    # The ledger lets go of trades that are settled since long; what it has not keeps fee and tax unknown.
    is_held = trades["execution_id"][places] == ids if len(trades) else np.zeros(len(ids), np.bool_)
    mine, found = fills.filter(pa.array(is_held)), trades[places[is_held]]
    later = {
        "known_time": pa.array(np.full(len(found), known, np.int64)),
        "settlement_date": pa.array(np.ascontiguousarray(found["settlement_date"])).cast(pa.date32()),
        "fee": pa.array(np.ascontiguousarray(found["fee"])),
        "tax": pa.array(np.ascontiguousarray(found["tax"])),
    }
    for name, values in later.items():
        mine = mine.set_column(mine.column_names.index(name), name, values)
    return mine


def accounts_as_columns(day: BusinessDay, accounts: Array) -> dict[str, Any]:
    """The columns `account`, `party` and `branch`; party and branch are -1 for an account that is not open."""
    import numpy as np

    opened = day.machine("ledger").accounts()
    known = (accounts >= 0) & (accounts < len(opened))
    found: dict[str, Any] = {"account": np.ascontiguousarray(accounts).astype(np.int32)}
    for name in ("party", "branch"):
        by_code = np.append(opened[name].astype(np.int32), -1)
        found[name] = by_code[np.where(known, accounts, len(opened))]
    return found


def symbols_as_text(day: BusinessDay, instruments: Array) -> pa.Array:
    """The symbol of each instrument code; empty for a code that is not registered."""
    import numpy as np

    symbols = {found.code: found.symbol for found in day.machine("market").instruments}
    known = (instruments >= 0) & (instruments < len(symbols))
    return codes_as_text(np.where(known, instruments, -1), symbols | {-1: ""})


def _dated(day: BusinessDay, count: int) -> dict[str, Any]:
    import pyarrow as pa

    return {"business_date": pa.repeat(pa.scalar(day.date), count)}


def _closed_at(day: BusinessDay, count: int) -> dict[str, Any]:
    """When the day was closed, as the event time (the close's own) and the known time of its last batch."""
    import numpy as np

    commands = day.commands()
    return {
        "event_time": np.full(count, commands.received_at[-1]),
        "known_time": np.full(count, commands.recorded_at[-1]),
    }


TRADE_KEY = ("business_date", "account", "execution_id")

TABLES = (
    BusinessTable(
        TableSpec(
            "ledger.executions", Execution, TRADE_KEY, TRADE_KEY[1:], ("business_date", "day"), "ledger", "Executions"
        ),
        "executions",
        (executions,),
    ),
    BusinessTable(
        TableSpec(
            "ledger.positions", PositionLine, ("business_date", "account", "instrument"), ("account", "instrument"),
            ("business_date", "day"), "ledger", "Positions at the end of the day",
        ),
        "positions",
        (positions,),
        needs_close=True,
    ),
    BusinessTable(
        TableSpec(
            "ledger.cash", CashLine, ("business_date", "account"), ("account",), ("business_date", "day"), "ledger",
            "Cash at the end of the day",
        ),
        "cash",
        (cash,),
        needs_close=True,
    ),
    BusinessTable(
        TableSpec(
            "ledger.cash_moves", CashMove, ("business_date", "account", "seq", "place"), ("account", "seq", "place"),
            ("business_date", "day"), "ledger", "Cash moves",
        ),
        "cash",
        (cash_moves,),
    ),
)  # fmt: skip
"""The ledger's tables, as `firm.py` hands them to the history room."""
