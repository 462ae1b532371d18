"""What the ledger refuses: pure decisions from the books and a command to a mask of reasons.

Masks of fixed kinds come for a whole array; what depends on the commands before in the same array (an id taken, a
total reached) is judged by the kernels in order.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tallystick.core.events import event_of
from tallystick.core.money import LIMIT
from tallystick.core.schema import Record, date_number
from tallystick.ledger.events import (
    AccountKind,
    CloseTrading,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    PartyKind,
    RecordOpeningCash,
    RecordOpeningTrade,
    RegisterParty,
    Side,
)

if TYPE_CHECKING:
    from tallystick.ledger.books import Books
    from tallystick.ledger.columns import Array
    from tallystick.ledger.listing import Listing

__all__ = [
    "all_in_order",
    "bits",
    "free_of",
    "mask_of_closing",
    "mask_of_move",
    "mask_of_opening",
    "masks_of_openings",
    "masks_of_trades",
    "missing_terms",
]


@functools.cache
def bits(record: type[Record]) -> dict[str, int]:
    """The mask bit of each reason of a kind, by the last part of its code.

    >>> bits(RegisterParty)["party_out_of_order"]
    1
    """
    return {
        reason.code.partition(".")[2]: 1 << place for place, reason in enumerate(event_of(record).reasons)
    }


def mask_of_opening(books: Books, record: type[Record], row: Any) -> tuple[int, bool]:
    """Mask of one `RegisterParty` or `OpenAccount` row, and whether it repeats an earlier one whole."""
    register = books.register
    table, number, order = {
        RegisterParty: (register.parties, "party", "party_out_of_order"),
        OpenAccount: (register.accounts, "account", "account_out_of_order"),
    }[record]
    place = int(row[number])
    if 0 <= place < len(table):
        same = all(table[name][place] == row[name] for name in table.names)
        return (0, True) if same else (bits(record)[order], False)
    mask = bits(record)[order] if place != len(table) else 0
    kinds = PartyKind if record is RegisterParty else AccountKind
    if int(row["kind"]) not in set(kinds):
        return mask | bits(record)["malformed"], False
    return (mask if record is RegisterParty else mask | _mask_of_account(books, row)), False


def all_in_order(books: Books, record: type[Record], rows: Array) -> bool:
    """Whether a whole array of parties or clients' accounts is plainly good, so that none need be looked at alone."""
    import numpy as np

    if record is RegisterParty:
        kinds, first, number = [int(kind) for kind in PartyKind], len(books.register.parties), "party"
    else:
        kinds, first, number = [int(AccountKind.CLIENT)], books.account_count, "account"
        party = rows["party"]
        known = (party >= 0) & (party < len(books.register.parties))
        if books.register.missing or not known.all():
            return False
    in_order = np.array_equal(rows[number], np.arange(first, first + len(rows)))
    return bool(in_order and np.isin(rows["kind"], kinds).all())


def _mask_of_account(books: Books, row: Any) -> int:
    register, bit = books.register, bits(OpenAccount)
    if not 0 <= int(row["party"]) < len(register.parties):
        return bit["unknown_party"]
    kind = AccountKind(int(row["kind"]))
    if kind == AccountKind.CONTROL and not register.role_of(
        kind, int(register.parties["kind"][row["party"]])
    ):
        return bit["control_of_whom"]
    trades = kind in (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR)
    return bit["house_incomplete"] if trades and register.missing else 0


def _flag(masks: Array, wrong: Array, bit: int) -> None:
    import numpy as np

    masks[wrong] |= np.uint64(bit)


def _flag_accounts(books: Books, record: type[Record], rows: Array, masks: Array) -> None:
    """Unknown accounts, and known ones that do not trade."""
    import numpy as np

    account = rows["account"]
    known = (account >= 0) & (account < books.account_count)
    _flag(masks, ~known, bits(record)["unknown_account"])
    trading = books.register.trades(np.where(known, account, 0)) if known.any() else known
    _flag(masks, known & ~trading, bits(record)["house_account"])


def _flag_instruments(listing: Listing, record: type[Record], rows: Array, masks: Array) -> None:
    """Unknown instruments, and those of a market that is not cleared here."""
    import numpy as np

    instrument, cleared = rows["instrument"], listing.cleared()
    known = (instrument >= 0) & (instrument < len(cleared))
    _flag(masks, ~known, bits(record)["unknown_instrument"])
    here = cleared[np.where(known, instrument, 0)] if known.any() else known
    _flag(masks, known & ~here, bits(record)["market_not_cleared"])


def masks_of_trades(books: Books, listing: Listing, record: type[Record], rows: Array) -> tuple[Array, Array]:
    """Masks of executions or opening trades, and what each would add to the gross totals (money, units)."""
    import numpy as np

    masks = np.zeros(len(rows), dtype=np.uint64)
    _flag_accounts(books, record, rows, masks)
    _flag_instruments(listing, record, rows, masks)
    price, quantity = rows["price"], rows["quantity"]
    wrong = (price <= 0) | (quantity <= 0)
    fees = np.zeros(len(rows), dtype=np.int64)
    large = price > LIMIT // np.maximum(quantity, 1)
    if record is RecordOpeningTrade:
        wrong |= (rows["fee"] < 0) | (rows["tax"] < 0)
        large |= (rows["fee"] > LIMIT // 4) | (rows["tax"] > LIMIT // 4)
        fees = rows["fee"] + rows["tax"]
        _flag(masks, rows["settlement_date"] <= books.heads.begun, bits(record)["settlement_begun"])
    else:
        _flag(masks, _closed(books, rows["trade_date"]), bits(record)["trade_date_closed"])
    _flag(masks, wrong, bits(record)["not_positive"])
    _flag(masks, large & ~wrong, bits(record)["too_large"])
    side = rows["side"]
    _flag(masks, (side != Side.BUY) & (side != Side.SELL), bits(record)["malformed"])
    fine = masks == 0
    amounts = np.zeros((len(rows), 2), dtype=np.int64)
    amounts[:, 0] = np.where(fine, np.where(fine, price, 0) * np.where(fine, quantity, 0) + fees, 0)
    amounts[:, 1] = np.where(fine, quantity, 0)
    return masks, amounts


def _closed(books: Books, dates: Array) -> Array:
    """Whether each trade date is closed; nearly always all rows have one date."""
    import numpy as np

    if len(dates) and (dates == dates[0]).all():
        return np.full(len(dates), int(dates[0]) in books.heads.closed)
    return np.isin(dates, list(books.heads.closed))


def masks_of_openings(
    books: Books, listing: Listing, record: type[Record], rows: Array
) -> tuple[Array, Array]:
    """Masks of opening cash or holdings, and what each would add to the gross totals (money, units)."""
    import numpy as np

    masks = np.zeros(len(rows), dtype=np.uint64)
    bit = bits(record)
    amounts = np.zeros((len(rows), 2), dtype=np.int64)
    if record is RecordOpeningCash:
        account, amount = rows["account"], rows["amount"]
        known = (account >= 0) & (account < books.account_count)
        _flag(masks, ~known, bit["unknown_account"])
        _flag(masks, known & np.isin(account, _without_cash(books)), bit["house_account"])
        _flag(masks, (amount > LIMIT) | (amount < -LIMIT), bit["too_large"])
        amounts[:, 0] = np.where(masks == 0, np.abs(amount), 0)
        return masks, amounts
    _flag_accounts(books, record, rows, masks)
    _flag_instruments(listing, record, rows, masks)
    quantity, cost = rows["quantity"], rows["cost"]
    _flag(masks, (quantity <= 0) | (cost < 0), bit["not_positive"])
    _flag(masks, (quantity > LIMIT) | (cost > LIMIT), bit["too_large"])
    amounts[:, 0] = np.where(masks == 0, cost, 0)
    amounts[:, 1] = np.where(masks == 0, quantity, 0)
    return masks, amounts


def _without_cash(books: Books) -> list[int]:
    """Accounts that cash is not brought to: mirrors of the outside, and all while there is no bank's mirror yet."""
    if books.register.missing:
        return list(range(books.account_count))
    return [books.role(name) for name in ("clearing", "bank", "depository")]


def mask_of_move(books: Books, listing: Listing, command: MoveCash | MoveSecurities) -> int:
    """Mask of one movement of cash or securities over the outside."""
    record, account = type(command), command.account
    bit = bits(record)
    if not 0 <= account < books.account_count:
        return bit["unknown_account"]
    if isinstance(command, MoveCash):
        house = account in _without_cash(books)
        amount, total, short = command.amount, int(books.gross[0]), "overdrawn"
    else:
        kind = int(books.register.accounts["kind"][account])
        house = kind not in (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR)
        amount, total, short = command.quantity, int(books.gross[1]), "short_of_securities"
        if not 0 <= command.instrument < len(listing.cleared()):
            return bit["unknown_instrument"]
        if not listing.cleared()[command.instrument]:
            return bit["market_not_cleared"]
    if house:
        return bit["house_account"]
    if total + abs(amount) > LIMIT:
        return bit["too_large"]
    return bit[short] if amount < 0 and free_of(books, command) < -amount else 0


def free_of(books: Books, command: MoveCash | MoveSecurities) -> int:
    """What the account of a movement has free of it."""
    if isinstance(command, MoveCash):
        return books.free_cash(command.account)
    import numpy as np

    return int(books.holdings.free(command.account, np.array([command.instrument]))[0])


def mask_of_closing(books: Books, listing: Listing, command: CloseTrading) -> int:
    """Mask of the close of a trade date."""
    bit = bits(CloseTrading)
    if command.market != listing.clears:
        return bit["other_market"]
    if date_number(command.trade_date) in books.heads.closed:
        return bit["trading_closed"]
    if date_number(command.settlement_date) <= books.heads.begun:
        return bit["settlement_begun"]
    return bit["no_fee_terms"] if missing_terms(books, listing, command) else 0


def missing_terms(books: Books, listing: Listing, command: CloseTrading) -> list[str]:
    """What the close needs and does not find: rules for the classes of instruments that traded, or house accounts."""
    from tallystick.ledger.closing import missing_charges, tariff_of

    if books.register.missing:
        return ["house accounts"]
    trade_date = date_number(command.trade_date)
    tariff = tariff_of(books, listing.market, trade_date)
    return missing_charges(books, books.trades.open_on(trade_date), tariff)
