"""A settlement day in Taiwan: securities in at 10:00, cash in at 11:00, then pay-out, delivery against payment.

Rules (TWSE Operating Rules art. 103, 104, 111): the firm performs towards the clearing house first and may be kept
from its receivables until it has; what it owes at the close of bank hours is in default. A client that lacks cash or
securities at its deadline is late: an account of the firm stands in for it if it can, what the client was to receive
is kept on that account, and late performance brings both back. Payments made are never undone.

Every function changes the books and tells whether anything moved; they run until nothing does.
"""

from __future__ import annotations

import numpy as np

from tallystick.ledger.books import Books
from tallystick.ledger.columns import Array
from tallystick.ledger.obligations import SettlementDay
from tallystick.ledger.states import CASH, OPEN_STATES, Obligation, Step

__all__ = ["concerns", "reach", "settle"]


def reach(books: Books, step: Step, date: int) -> None:
    """A deadline has come: bring all settlement dates up to `date` to this step, missed ones in their order."""
    books.heads.begun = max(books.heads.begun, date)
    for day in _days(books, date):
        while day.step < step:
            day.step = Step(day.step + 1)
            if day.step in (Step.SECURITIES_IN, Step.CASH_IN):
                _collect(books, day)
    settle(books)
    for day in _days(books, date):
        _note_lateness(day)
    books.check()


def settle(books: Books) -> None:
    """Do whatever can be done now on every begun settlement date, oldest first, until nothing moves."""
    moved = True
    while moved:
        moved = False
        for day in _days(books, books.heads.begun):
            if day.step != Step.WAITING and not day.is_complete:
                steps = (_make_good, _stand_in, _perform_as_firm, _pay_out)
                moved = sum(step(books, day) for step in steps) > 0 or moved


def concerns(books: Books, account: int) -> bool:
    """Whether something that came in to this account may settle what is late: it is late itself, or stands in."""
    days = [day for day in _days(books, books.heads.begun) if day.is_late.any()]
    if account in books.register.covers:
        return bool(days)
    return any(account in day.rows["account"][day.is_late] for day in days)


def _days(books: Books, until: int) -> list[SettlementDay]:
    return [books.days[date] for date in sorted(books.days) if date <= until]


def _collect(books: Books, day: SettlementDay) -> None:
    """Take what is due at this step from all who have it; the others are late."""
    is_cash = day.rows["instrument"] == CASH
    mine = is_cash if day.step == Step.CASH_IN else ~is_cash
    due = np.flatnonzero(mine & (day.rows["amount"] < 0) & (day.rows["state"] == Obligation.DUE))
    has = _available(books, day, due) >= -day.rows["amount"][due]
    _perform(books, day, due[has], Obligation.SETTLED)
    day.rows["state"][due[~has]] = Obligation.LATE


def _available(books: Books, day: SettlementDay, places: Array) -> Array:
    """What the accounts of rows have there and then of what they owe: posted, less what is kept for others."""
    rows = day.rows[places]
    is_cash = rows["instrument"] == CASH
    available = np.empty(len(rows), dtype=np.int64)
    accounts = rows["account"][is_cash]
    available[is_cash] = books.cash("posted")[accounts] - books.cash("kept")[accounts]
    holding = books.holdings.rows(rows["account"][~is_cash], rows["instrument"][~is_cash])
    available[~is_cash] = books.holdings["posted"][holding] - books.holdings["kept"][holding]
    return available


def _perform(books: Books, day: SettlementDay, places: Array, state: Obligation) -> None:
    """The accounts of rows below zero pay or deliver to their counters."""
    rows = day.rows[places]
    is_cash = rows["instrument"] == CASH
    paying, giving = rows[is_cash], rows[~is_cash]
    books.pay(paying["account"], paying["counter"], -paying["amount"])
    units = -giving["amount"]
    books.deliver(giving["account"], giving["counter"], giving["instrument"], units)
    holdings = books.holdings
    holdings.add("held_out", holdings.rows(giving["account"], giving["instrument"]), -units)
    counter = holdings.rows(giving["counter"], giving["instrument"])
    holdings.add("incoming", counter, -units)
    stood_in = giving["counter"] != day.clearing
    holdings.add("retained", counter[stood_in], -units[stood_in])
    day.rows["state"][places] = state


def _make_good(books: Books, day: SettlementDay) -> bool:
    """Late accounts that now have what they owe perform; who owes nothing more on this day gets what was kept back."""
    moved = False
    late = np.flatnonzero(day.is_late)
    for place in late[_available(books, day, late) >= -day.rows["amount"][late]]:
        one = np.array([place])
        if _available(books, day, one)[0] >= -day.rows["amount"][place]:
            _perform(books, day, one, Obligation.SETTLED_LATE)
            moved = True
    still = day.rows["account"][day.is_late]
    kept = day.rows["state"] == Obligation.RETAINED
    free = (
        np.flatnonzero(kept & ~np.isin(day.rows["account"], still))
        if kept.any()
        else np.zeros(0, dtype=np.int64)
    )
    _release(books, day, free)
    return moved or bool(len(free))


def _release(books: Books, day: SettlementDay, places: Array) -> None:
    """What was kept back goes from the account that keeps it to the account that it belongs to."""
    rows = day.rows[places]
    is_cash = rows["instrument"] == CASH
    money, securities = rows[is_cash], rows[~is_cash]
    books.pay(money["counter"], money["account"], money["amount"])
    np.subtract.at(books.cash("kept"), money["counter"], money["amount"])
    holdings, units = books.holdings, securities["amount"]
    books.deliver(securities["counter"], securities["account"], securities["instrument"], units)
    holdings.add("kept", holdings.rows(securities["counter"], securities["instrument"]), -units)
    owner = holdings.rows(securities["account"], securities["instrument"])
    for name in ("incoming", "retained"):
        holdings.add(name, owner, -units)
    day.rows["state"][places] = Obligation.SETTLED_LATE


def _stand_in(books: Books, day: SettlementDay) -> bool:
    """For each late row that nobody covers, the first of the firm's accounts that has it whole performs instead."""
    moved = False
    open_rows = np.flatnonzero(day.is_uncovered)
    rows = day.rows[open_rows]
    covers = books.register.covers
    able = np.zeros(len(rows), dtype=np.bool_)
    for cover in covers:
        able |= _free(books, cover, rows) >= -rows["amount"]
    for place in open_rows[able]:
        row = day.rows[place]
        for cover in covers:
            if _free(books, cover, day.rows[[place]])[0] >= -row["amount"]:
                _cover(books, day, int(place), cover)
                moved = True
                break
    return moved


def _free(books: Books, cover: int, rows: Array) -> Array:
    """What an account of the firm has free of each row's instrument or cash."""
    free = np.full(len(rows), books.free_cash(cover), dtype=np.int64)
    securities = rows["instrument"] != CASH
    free[securities] = books.holdings.free(cover, rows["instrument"][securities])
    return free


def _cover(books: Books, day: SettlementDay, place: int, cover: int) -> None:
    """One account performs a late row towards the clearing account and has the claim on the late client instead."""
    rows = day.rows[[place]]
    if rows["instrument"][0] == CASH:
        books.pay(cover, day.clearing, -rows["amount"])
    else:
        instruments, units = rows["instrument"], -rows["amount"]
        books.deliver(cover, day.clearing, instruments, units)
        books.holdings.add("incoming", books.holdings.rows(day.clearing, instruments), -units)
        for name in ("incoming", "retained"):
            books.holdings.add(name, books.holdings.rows(cover, instruments), units)
    day.rows["counter"][place] = cover


def _perform_as_firm(books: Books, day: SettlementDay) -> bool:
    """The firm delivers and pays the clearing house what came in, in each instrument and cash that it has whole."""
    firm, rows = day.firm, day.rows
    reached = np.where(firm["instrument"] == CASH, Step.CASH_IN, Step.SECURITIES_IN) <= day.step
    due = (firm["amount"] < 0) & np.isin(firm["state"], OPEN_STATES) & reached
    if not due.any():
        return False
    owed = rows["amount"] < 0
    came = _by_instrument(firm, rows[owed & ~day.is_uncovered])
    places = np.flatnonzero(due & (came >= -firm["amount"]))
    _with_clearing_house(books, day, places)
    return bool(len(places))


def _by_instrument(firm: Array, rows: Array) -> Array:
    """For each of the firm's rows the sum, without sign, of clients' rows in the same instrument or cash."""
    sums = np.zeros(len(firm), dtype=np.int64)
    places = np.searchsorted(firm["instrument"], rows["instrument"])
    inside = places < len(firm)
    places, rows = places[inside], rows[inside]
    same = firm["instrument"][places] == rows["instrument"]
    np.add.at(sums, places[same], np.abs(rows["amount"][same]))
    return sums


def _with_clearing_house(books: Books, day: SettlementDay, places: Array) -> None:
    """Move the firm's rows between the clearing account and the outside; late ones are then settled late."""
    rows = day.firm[places]
    is_cash = rows["instrument"] == CASH
    books.pay(books.role("bank"), day.clearing, rows["amount"][is_cash])
    securities = rows[~is_cash]
    books.deliver(books.role("depository"), day.clearing, securities["instrument"], securities["amount"])
    on_time = rows["state"] == Obligation.DUE
    day.firm["state"][places] = np.where(on_time, Obligation.SETTLED, Obligation.SETTLED_LATE)


def _pay_out(books: Books, day: SettlementDay) -> bool:
    """Once the firm has performed whole: receive from the clearing house, pass on to those who performed, keep back
    from those who did not. An instrument (or cash) that is late and uncovered waits.
    """
    if day.step < Step.PAY_OUT or day.firm_is_behind:
        return False
    arriving = np.flatnonzero((day.firm["amount"] > 0) & (day.firm["state"] == Obligation.DUE))
    _with_clearing_house(books, day, arriving)
    late = day.rows[day.is_late]
    blocked = day.rows["instrument"][day.is_uncovered]
    due = (day.rows["state"] == Obligation.DUE) & (day.rows["amount"] > 0)
    due &= ~np.isin(day.rows["instrument"], blocked)
    is_late = np.isin(day.rows["account"], late["account"])
    performed = np.flatnonzero(due & ~is_late)
    _hand_over(books, day, performed, day.rows["account"][performed])
    day.rows["state"][performed] = Obligation.SETTLED
    return _keep_back(books, day, np.flatnonzero(due & is_late), late) or bool(len(arriving) + len(performed))


def _keep_back(books: Books, day: SettlementDay, places: Array, late: Array) -> bool:
    """What late accounts were to receive goes to the account that first stood in for each; else it stays due."""
    covered = late[late["counter"] != day.clearing]
    accounts, first = np.unique(covered["account"], return_index=True)
    keepers = dict(zip(accounts.tolist(), covered["counter"][first].tolist(), strict=True))
    places = np.array([p for p in places.tolist() if int(day.rows["account"][p]) in keepers], dtype=np.int64)
    if not len(places):
        return False
    rows = day.rows[places]
    keeper = np.array([keepers[account] for account in rows["account"].tolist()], dtype=np.int32)
    _hand_over(books, day, places, keeper)
    is_cash = rows["instrument"] == CASH
    np.add.at(books.cash("kept"), keeper[is_cash], rows["amount"][is_cash])
    units, instruments = rows["amount"][~is_cash], rows["instrument"][~is_cash]
    holdings = books.holdings
    holdings.add("kept", holdings.rows(keeper[~is_cash], instruments), units)
    owner = holdings.rows(rows["account"][~is_cash], instruments)
    for name in ("incoming", "retained"):
        holdings.add(name, owner, units)
    day.rows["counter"][places] = keeper
    day.rows["state"][places] = Obligation.RETAINED
    return True


def _hand_over(books: Books, day: SettlementDay, places: Array, takers: Array) -> None:
    """The clearing account pays and delivers rows above zero to takers and owes them no more."""
    rows = day.rows[places]
    is_cash = rows["instrument"] == CASH
    books.pay(day.clearing, takers[is_cash], rows["amount"][is_cash])
    securities, units = rows[~is_cash], rows["amount"][~is_cash]
    books.deliver(day.clearing, takers[~is_cash], securities["instrument"], units)
    holdings = books.holdings
    holdings.add("held_out", holdings.rows(day.clearing, securities["instrument"]), -units)
    holdings.add("incoming", holdings.rows(securities["account"], securities["instrument"]), -units)


def _note_lateness(day: SettlementDay) -> None:
    """Mark what the firm still owes after its deadline as late, and all that is late at the close of bank hours as in
    default.
    """
    reached = np.where(day.firm["instrument"] == CASH, Step.CASH_IN, Step.SECURITIES_IN) <= day.step
    behind = (day.firm["amount"] < 0) & (day.firm["state"] == Obligation.DUE) & reached
    day.firm["state"][behind] = Obligation.LATE
    if day.step == Step.BANK_CLOSE:
        for rows in (day.rows, day.firm):
            rows["state"][rows["state"] == Obligation.LATE] = Obligation.DEFAULTED
