"""The risk room's business table: orders. It also adds the trading terms to the clients' events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tallystick.clients import event_rows
from tallystick.core.business import (
    REPEATED,
    BusinessDay,
    BusinessTable,
    codes_as_text,
    enum_words,
    is_taken,
    places_of,
)
from tallystick.core.events import event_of
from tallystick.core.lake import TableSpec
from tallystick.core.schema import (
    BusinessDate,
    Flag,
    Int16,
    Int32,
    Int64,
    Money,
    Price,
    Quantity,
    Record,
    Text,
    Timestamp,
)
from tallystick.ledger.events import Capacity, LotType, RecordExecution, Side
from tallystick.risk.gate.events import (
    AccountStatus,
    CancelOrder,
    ChangeAccountTerms,
    DoneReason,
    EndOrder,
    OrderType,
    SetAccountTerms,
    SetKillSwitch,
    SubmitOrder,
    TimeInForce,
)

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["TABLES", "OrderState", "order_versions", "terms_events"]

ACCOUNT_SCOPE = "account:"
STATUSES = ("refused", "new", "partly_filled", "filled", "cancelled", "expired", "refused_by_exchange")
REFUSED, NEW, PARTLY_FILLED, FILLED, CANCELLED, EXPIRED, REFUSED_BY_EXCHANGE = range(7)
ENDS = {
    DoneReason.CANCELLED: CANCELLED,
    DoneReason.EXPIRED: EXPIRED,
    DoneReason.REFUSED_BY_EXCHANGE: REFUSED_BY_EXCHANGE,
}
"""What an order is after the exchange reported its end."""


class OrderState(Record, frozen=True, kw_only=True):
    """An order, sent at journal batch `seq`, place `place`, and what became of it as far as it was known.

    Each change of an order (a fill, a cancel asked for, its end) is a later version of its row, so that the state as
    known at any time can be asked; the last one is the state at the end of the day. `reasons` are the codes of the
    rules that refused it, parted by commas; `filled_value` is price × quantity of its fills; `reservation` what the
    gate held for it. `party` and `branch` are -1 and `symbol` is empty where the order named what does not exist.
    """

    business_date: BusinessDate
    account: Int32
    order_id: Int64
    seq: Int64
    place: Int32
    party: Int32
    branch: Int16
    instrument: Int32
    symbol: Text
    side: Text
    order_type: Text
    time_in_force: Text
    lot_type: Text
    capacity: Text
    session: Int32
    price: Price
    quantity: Quantity
    status: Text
    filled: Quantity
    filled_value: Money
    cancel_asked: Flag
    reasons: Text
    reservation: Money
    event_time: Timestamp
    known_time: Timestamp


class Changes(NamedTuple):
    """What happened to orders, in journal order: which order (its row), in which batch and place, and the change."""

    row: Array
    seq: Array
    place: Array
    filled: Array
    value: Array
    cancel_asked: Array
    end: Array
    """The status that the order ended with, 0 for a change that is no end."""


def order_versions(day: BusinessDay) -> pa.Table:
    """Every order of the day, in a version for each batch that changed it."""
    import numpy as np

    records, verdicts, seqs = day.columns(SubmitOrder)
    new = (verdicts["flags"] & REPEATED) == 0
    places = places_of(seqs)[new]
    records, verdicts, seqs = records[new], verdicts[new], seqs[new]
    accepted = np.flatnonzero(verdicts["mask"] == 0)
    accepted = accepted[np.argsort(records["order_id"][accepted], kind="stable")]
    parts = [_sent(seqs, places), *_happened(day, records["order_id"][accepted], accepted)]
    if day.is_closed:
        parts.append(_closed(day, accepted))
    changes = Changes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.lexsort((changes.place, changes.seq, changes.row))
    changes = Changes(*(column[order] for column in changes))
    filled, value = _running(changes.filled, changes.row), _running(changes.value, changes.row)
    asked = _running(changes.cancel_asked, changes.row) > 0
    status = _status(changes, verdicts["mask"], records["quantity"], filled)
    known = day.known(changes.seq)
    last = np.append((changes.row[1:] != changes.row[:-1]) | (known[1:] != known[:-1]), True)[: len(known)]
    last &= _is_change(changes.row, last, status, filled, asked)
    rows = changes.row[last]
    state = {"filled": filled, "filled_value": value, "cancel_asked": asked}
    return _table(
        day, records[rows], verdicts[rows], seqs[rows], places[rows],
        {name: column[last] for name, column in state.items()} | {"known_time": known[last]}, status[last],
    )  # fmt: skip


def _sent(seqs: Array, places: Array) -> Changes:
    import numpy as np

    nothing = np.zeros(len(seqs), np.int64)
    return Changes(np.arange(len(seqs)), seqs, places, nothing, nothing, nothing, nothing)


def _happened(day: BusinessDay, order_ids: Array, rows: Array) -> list[Changes]:
    """Fills, cancels and ends of the accepted orders with these ids (in order) and rows."""
    import numpy as np

    parts = []
    for record in (RecordExecution, CancelOrder, EndOrder):
        found, verdicts, seqs = day.columns(record)
        at = np.searchsorted(order_ids, found["order_id"])
        hit = is_taken(verdicts) & (np.append(order_ids, -1)[at] == found["order_id"])
        found, nothing = found[hit], np.zeros(int(hit.sum()), np.int64)
        filled = value = asked = end = nothing
        if record is RecordExecution:
            filled, value = found["quantity"], found["quantity"] * found["price"]
        elif record is CancelOrder:
            asked = nothing + 1
        else:
            by_reason = np.full(int(max(DoneReason)) + 1, CANCELLED, np.int64)
            by_reason[list(ENDS)] = list(ENDS.values())
            reasons = found["done_reason"]
            end = by_reason[np.where(np.isin(reasons, list(ENDS)), reasons, DoneReason.CANCELLED)]
        parts.append(Changes(rows[at[hit]], seqs[hit], places_of(seqs)[hit], filled, value, asked, end))
    return parts


def _closed(day: BusinessDay, rows: Array) -> Changes:
    """The close of the day ends every order that is still open."""
    import numpy as np

    nothing = np.zeros(len(rows), np.int64)
    return Changes(rows, nothing + day.until, nothing, nothing, nothing, nothing, nothing)


def _running(amounts: Array, rows: Array) -> Array:
    """Sums of the amounts of each row up to and with each change."""
    import numpy as np

    sums = np.cumsum(amounts)
    first = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])[: len(rows)])
    before = sums[first] - amounts[first]
    counts = np.diff(np.append(first, len(rows)))
    found: Array = sums - np.repeat(before, counts)
    return found


def _status(changes: Changes, masks: Array, quantities: Array, filled: Array) -> Array:
    """The status after each change: the exchange's end if there was one, else by what is filled and the day's close."""
    import numpy as np

    ended = _running(changes.end, changes.row)
    status = np.where(filled > 0, PARTLY_FILLED, NEW)
    # The close is the only change that neither sends nor fills, cancels or ends: the last of its order.
    sent = np.append(True, changes.row[1:] != changes.row[:-1])[: len(changes.row)]
    closes = ~sent & (changes.filled == 0) & (changes.cancel_asked == 0) & (changes.end == 0)
    status = np.where(closes, EXPIRED, status)
    status = np.where(filled >= quantities[changes.row], FILLED, status)
    status = np.where(ended > 0, ended, status)
    found: Array = np.where(masks[changes.row] != 0, REFUSED, status)
    return found


def _is_change(rows: Array, last: Array, *states: Array) -> Array:
    """Which of the chosen versions say something else than the version of the same order before."""
    import numpy as np

    kept = np.flatnonzero(last)
    before, now = kept[:-1], kept[1:]
    same = np.zeros(len(rows), np.bool_)
    same[now] = np.logical_and.reduce([column[before] == column[now] for column in (rows, *states)])
    found: Array = ~same
    return found


PLAIN = ("order_id", "instrument", "session", "price", "quantity")


def _table(
    day: BusinessDay,
    records: Array,
    verdicts: Array,
    seqs: Array,
    places: Array,
    state: dict[str, Array],
    status: Array,
) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    from tallystick.ledger import accounts_as_columns, symbols_as_text

    words = {
        "side": Side,
        "order_type": OrderType,
        "time_in_force": TimeInForce,
        "lot_type": LotType,
        "capacity": Capacity,
    }
    masks, which = np.unique(verdicts["mask"], return_inverse=True)
    kind = event_of(SubmitOrder)
    said = {
        n: ",".join(reason.code for reason in kind.reasons_in(mask)) for n, mask in enumerate(masks.tolist())
    }
    return pa.table({
        "business_date": pa.repeat(pa.scalar(day.date), len(records)),
        **accounts_as_columns(day, records["account"]),
        **{name: np.ascontiguousarray(records[name]) for name in PLAIN},
        "seq": seqs, "place": places.astype(np.int32), "symbol": symbols_as_text(day, records["instrument"]),
        **{name: enum_words(records[name], members) for name, members in words.items()},
        "status": codes_as_text(status, dict(enumerate(STATUSES))), "reasons": codes_as_text(which, said),
        "reservation": np.ascontiguousarray(verdicts["reservation"]),
        "event_time": np.ascontiguousarray(records["received_at"]), **state,
    })  # fmt: skip


def terms_events(day: BusinessDay) -> pa.Table:
    """Trading terms that were set, and trading of one account stopped and resumed, as clients' events."""
    import numpy as np
    import pyarrow as pa

    from tallystick.ledger import accounts_as_columns

    records, verdicts, seqs = day.columns(SetAccountTerms)
    taken = is_taken(verdicts)
    rows = records[taken]
    statuses = enum_words(rows["status"], AccountStatus)
    names = ("daily_limit", "order_value_limit", "permissions")
    first = event_rows(day, {
        **accounts_as_columns(day, rows["account"]), "seq": seqs[taken], "place": places_of(seqs)[taken],
        "event": ["terms_set"] * len(rows), "event_time": np.ascontiguousarray(rows["received_at"]),
        "known_time": day.known(seqs[taken]), "status": statuses,
        **{name: np.ascontiguousarray(rows[name]) for name in names},
    })  # fmt: skip
    lines = [line for batch in day.batches(ChangeAccountTerms, SetKillSwitch) for line in _changes_of(batch)]
    if not lines:
        return first
    columns: dict[str, Any] = {name: [line.get(name) for line in lines] for name in {**lines[0], **lines[-1]}}
    columns |= accounts_as_columns(day, np.array(columns["account"], np.int64))
    return pa.concat_tables([first, event_rows(day, columns)])


def _changes_of(batch: Any) -> list[dict[str, Any]]:
    """The accepted changes of terms and stops of single accounts in a batch."""
    lines = []
    for place, command in enumerate(batch.records):
        if batch.verdicts["mask"][place]:
            continue
        line = {
            "seq": batch.seq, "place": place, "event_time": command.received_at, "known_time": batch.recorded_at
        }  # fmt: skip
        if isinstance(command, ChangeAccountTerms):
            status = AccountStatus(command.status).name.lower()
            names = ("account", "daily_limit", "order_value_limit", "permissions")
            lines.append(
                line
                | {name: getattr(command, name) for name in names}
                | {"event": "terms_set", "status": status}
            )
        elif command.scope.startswith(ACCOUNT_SCOPE):
            account = int(command.scope.removeprefix(ACCOUNT_SCOPE))
            event = "trading_stopped" if command.stopped else "trading_resumed"
            lines.append(line | {"account": account, "event": event})
    return lines


ORDER = ("account", "order_id", "seq", "place")

TABLES = (
    BusinessTable(
        TableSpec(
            "risk.orders", OrderState, ("business_date", *ORDER), ORDER, ("business_date", "day"), "risk", "Orders"
        ),
        "orders",
        (order_versions,),
    ),
)  # fmt: skip
"""The risk room's tables, as `firm.py` hands them to the history room."""
