"""Why the ledger decided so: the values that a rule reads, in the order of the checks."""

from __future__ import annotations

from typing import Any

from tallystick.core.machine import Explanation, ValueRead
from tallystick.core.money import LIMIT, format_money
from tallystick.core.schema import Record, date_number, number_date, schema_of
from tallystick.ledger import rules
from tallystick.ledger.books import Books
from tallystick.ledger.closing import tariff_of
from tallystick.ledger.events import (
    CloseTrading,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    RecordExecution,
    RecordOpeningTrade,
    RegisterParty,
)
from tallystick.ledger.listing import Listing
from tallystick.ledger.tariffs import CHARGES
from tallystick.market import Charge

__all__ = ["explain"]


def explain(books: Books, listing: Listing, record: type[Record], command: Any) -> Explanation:
    """Values read for one command of the ledger, as the books stand."""
    if record in (RegisterParty, OpenAccount):
        return Explanation(values=_numbering(books, record, command))
    if record is CloseTrading:
        return Explanation(values=_closing(books, listing, command), rule_set=listing.market.rule_set)
    values = _account(books, command.account)
    if hasattr(command, "instrument"):
        values += _instrument(listing, command.instrument)
    if record in (RecordExecution, RecordOpeningTrade):
        values += _trade(books, record, command)
    else:
        size = command.amount if hasattr(command, "amount") else command.quantity
        values.append(_limit("size", abs(size)))
    if isinstance(command, MoveCash | MoveSecurities):
        values.append(_free(books, command))
    return Explanation(values=values)


def _numbering(books: Books, record: type[Record], command: Any) -> list[ValueRead]:
    """The next number, and for accounts the party and the house."""
    name = "party" if record is RegisterParty else "account"
    table = books.register.parties if record is RegisterParty else books.register.accounts
    mask, repeats = rules.mask_of_opening(books, record, schema_of(record).pack([command])[0])
    given = getattr(command, name)
    values = [ValueRead(name, given, len(table), "the next number", given == len(table) or repeats)]
    if record is OpenAccount:
        missing = ", ".join(books.register.missing)
        refused = bool(mask & rules.bits(OpenAccount)["house_incomplete"])
        values.append(ValueRead("missing", missing, "", "house accounts", not refused))
    return values


def _account(books: Books, account: int) -> list[ValueRead]:
    known = 0 <= account < books.account_count
    values = [ValueRead("account", account, books.account_count, "accounts open", known)]
    if known:
        view = books.register.accounts["kind"][account]
        values.append(ValueRead("account_kind", int(view), None, "OpenAccount"))
    return values


def _instrument(listing: Listing, instrument: int) -> list[ValueRead]:
    instruments = listing.market.instruments
    known = 0 <= instrument < len(instruments)
    market = instruments[instrument].market if known else ""
    return [
        ValueRead("instrument", instrument, len(instruments), "instruments registered", known),
        ValueRead("market", market, listing.clears, "instrument", market == listing.clears),
        ValueRead("clears", listing.clears, None, "ledger"),
    ]


def _trade(books: Books, record: type[Record], command: Any) -> list[ValueRead]:
    """Size, id and dates of an execution or an opening trade."""
    price, quantity = command.price, command.quantity
    known = books.trades.knows(command.execution_id)
    values = [
        ValueRead("price", format_money(price), "0", "execution", price > 0),
        ValueRead("quantity", quantity, 0, "execution", quantity > 0),
        _limit("value", price * quantity),
        ValueRead("id", command.execution_id, "taken" if known else "fresh", "trades", not known),
    ]
    if record is RecordExecution:
        closed = date_number(command.trade_date) in books.heads.closed
        return [*values, ValueRead("trade_date", str(command.trade_date), None, "closed dates", not closed)]
    return [*values, *_begun(books, command)]


def _begun(books: Books, command: Any) -> list[ValueRead]:
    begun = books.heads.begun
    passed = date_number(command.settlement_date) > begun
    date = str(number_date(begun)) if begun else "none"
    return [
        ValueRead("settlement_date", str(command.settlement_date), date, "settlement begun", passed),
        ValueRead("begun", date, None, "deadlines reached"),
    ]


def _limit(name: str, amount: int) -> ValueRead:
    return ValueRead(name, amount, LIMIT, "2^61", amount <= LIMIT)


def _free(books: Books, command: MoveCash | MoveSecurities) -> ValueRead:
    """What is free, against what would leave; money as text for the sentence."""
    if not 0 <= command.account < books.account_count:
        return ValueRead("free", 0, None, "books", passed=False)
    free = rules.free_of(books, command)
    amount = command.amount if isinstance(command, MoveCash) else command.quantity
    shown = [format_money(n) if isinstance(command, MoveCash) else n for n in (free, -amount)]
    return ValueRead("free", shown[0], shown[1], "posted less owed", amount >= 0 or free >= -amount)


def _closing(books: Books, listing: Listing, command: CloseTrading) -> list[ValueRead]:
    """Market, dates, and every rate that the close would charge what traded with, with its source."""
    closed = date_number(command.trade_date) in books.heads.closed
    missing = rules.missing_terms(books, listing, command)
    values = [
        ValueRead("market", command.market, listing.clears, "command", command.market == listing.clears),
        ValueRead("clears", listing.clears, None, "ledger"),
        ValueRead("trade_date", str(command.trade_date), None, "closed dates", not closed),
        *_begun(books, command),
        ValueRead("missing", ", ".join(missing), "", "rule tables", not missing),
    ]
    if missing:
        return values
    tariff = tariff_of(books, listing.market, date_number(command.trade_date))
    classes = {f"{key.venue}/{key.board}/{key.product}": terms for key, terms in tariff.terms.items()}
    rates = [(name, place, getattr(classes[place], name)) for name in CHARGES for place in sorted(classes)]
    return values + [_rate(name, place, charge) for name, place, charge in rates if charge is not None]


def _rate(name: str, place: str, charge: Charge) -> ValueRead:
    """A charge of one class of instruments, against its least amount."""
    rate = f"{place}: {charge.numerator}/{charge.denominator}"
    return ValueRead(name, rate, format_money(charge.minimum), charge.source)
