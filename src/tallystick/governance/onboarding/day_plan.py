"""What following a day sends: every command of the old system's day in order of time, made from its files.

The plan depends on the files and on the books before the day alone, so that a day that was stopped is planned the same
again.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tallystick.core.day import DayClosed, DayOpened, TimeReached
from tallystick.core.money import parse_money
from tallystick.core.schema import Record, date_number, schema_of
from tallystick.core.snapshots import code_version
from tallystick.core.time import market_time
from tallystick.governance.onboarding.loading import (
    Numbers,
    account_command,
    party_command,
    terms_command,
)
from tallystick.governance.onboarding.machine import HOME_VENUE
from tallystick.ledger import settlement_deadlines
from tallystick.ledger.events import (
    CloseTrading,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    RecordExecution,
    RegisterParty,
)
from tallystick.market.events import SetDayTerms
from tallystick.risk.gate.events import SetAccountTerms

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.core.engine import Engine
    from tallystick.governance.onboarding.day_files import DayFiles, Known
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["Part", "plan"]

STATUSES = {"normal": 0, "halted": 1, "disposition": 2, "full_delivery": 3}


class Part(NamedTuple):
    """Commands of one kind that are sent together: packed rows of a fixed kind, or one command of another.

    `file` and `lines` say which row each comes from; none when no row does.
    """

    record: type[Record]
    commands: Any
    file: str = ""
    lines: Any = ()


class Moment(NamedTuple):
    """One command that is no execution, at its time (UTC ns); among equal times the lower `rank` goes first."""

    time: int
    rank: int
    part: Part


def plan(
    engine: Engine, files: DayFiles, known: Known, date: datetime.date, reference: Callable[[str], str]
) -> list[Part]:
    """Every part of the day in order: the day opens, new parties and accounts, terms, trading, deadlines, its end."""
    market: MarketMachine = engine.machines["market"]  # type: ignore[assignment]
    numbers = _numbers(engine, files, known, reference)
    executions, lines = _executions(files, known, numbers, market, date)
    moments = sorted(_moments(files, numbers, market, date, executions), key=lambda one: one[:2])
    return [
        *_opening(engine, date),
        *_static(files, numbers, market, date),
        *_in_time(executions, lines, moments),
        _one(DayClosed(command_id=f"close-{date}", business_date=date)),
    ]


def _one(command: Record, file: str = "", line: int = 0) -> Part:
    return Part(type(command), [command], file, [line] if file else [])


def _opening(engine: Engine, date: datetime.date) -> Iterator[Part]:
    """Close the day before, if it is open, and open this one, if it is not."""
    state = engine.machines["day"].state  # type: ignore[attr-defined]
    market: MarketMachine = engine.machines["market"]  # type: ignore[assignment]
    if state.business_date >= date:
        return
    if state.is_open:
        last = state.business_date
        yield _one(DayClosed(command_id=f"close-{last}", business_date=last))
    yield _one(
        DayOpened(
            command_id=f"open-{date}",
            business_date=date,
            code_version=code_version(),
            rule_set=market.rule_set,
        )
    )


def _numbers(engine: Engine, files: DayFiles, known: Known, reference: Callable[[str], str]) -> Numbers:
    """The numbers of what the books hold and of what the day brings."""
    ledger: LedgerMachine = engine.machines["ledger"]  # type: ignore[assignment]
    registered = {row.decode(): number for number, row in enumerate(ledger.parties()["reference"].tolist())}
    rows = files.intake.rows
    parties = {row.party: ledger.party_count + i for i, (_, row) in enumerate(rows["parties"])}
    for _, row in rows["accounts"]:
        if row.party not in parties:
            parties[row.party] = registered[reference(row.party)]
    accounts = {number: ledger.find_account(number) for number in known.branches}
    accounts |= {row.account: ledger.account_count + i for i, (_, row) in enumerate(rows["accounts"])}
    return Numbers(reference, parties, accounts, known.symbols)


def _static(files: DayFiles, numbers: Numbers, market: MarketMachine, date: datetime.date) -> Iterator[Part]:
    """New parties and accounts, limits, and the day's terms of the instruments."""
    rows = files.intake.rows
    makers: tuple[tuple[str, type[Record], Any], ...] = (
        ("parties", RegisterParty, party_command),
        ("accounts", OpenAccount, account_command),
        ("limits", SetAccountTerms, terms_command),
    )
    for name, record, make in makers:
        if rows[name]:
            packed = schema_of(record).pack([make(row, numbers) for _, row in rows[name]])
            yield Part(record, packed, name, [line for line, _ in rows[name]])
    if rows["reference_prices"]:
        from tallystick.market import day_terms

        terms = day_terms(
            market,
            [numbers.instrument[row.symbol] for _, row in rows["reference_prices"]],
            [parse_money(row.price) for _, row in rows["reference_prices"]],
            date,
            [STATUSES[row.status] for _, row in rows["reference_prices"]],
        )
        yield Part(SetDayTerms, terms, "reference_prices", [line for line, _ in rows["reference_prices"]])


def _executions(
    files: DayFiles, known: Known, numbers: Numbers, market: MarketMachine, date: datetime.date
) -> tuple[Any, Any]:
    """Packed executions by time, those of one moment in the file's order, and their lines."""
    import numpy as np

    table = files.executions
    packed = np.zeros(table.num_rows, schema_of(RecordExecution).dtype)
    for name in ("execution_id", "order_id", "side", "lot_type", "capacity", "quantity", "price"):
        packed[name] = table.column(name).to_numpy()
    midnight = market_time(date, datetime.time(), market.calendar(HOME_VENUE).zone)
    packed["executed_at"] = midnight + table.column("executed_at").to_numpy()
    packed["received_at"] = packed["executed_at"]
    packed["trade_date"] = date_number(date)
    packed["account"] = [numbers.account[number] for number in table.column("account").to_pylist()]
    packed["instrument"] = [known.securities[code] for code in table.column("security").to_pylist()]
    order = np.argsort(packed["executed_at"], kind="stable")
    return packed[order], np.array(files.lines, np.int64)[order]


def _moments(
    files: DayFiles, numbers: Numbers, market: MarketMachine, date: datetime.date, executions: Any
) -> Iterator[Moment]:
    """Movements, the close of trading, and the deadlines of the settlement."""
    calendar = market.calendar(HOME_VENUE)
    for line, row in files.intake.rows["cash_movements"]:
        time = market_time(date, row.at, calendar.zone)
        cash = MoveCash(
            command_id=f"onboarding-cash-{date}-{row.reference}",
            received_at=time,
            account=numbers.account[row.account],
            amount=parse_money(row.amount),
            bank_reference=row.reference,
        )
        yield Moment(time, 1, _one(cash, "cash_movements", line))
    for line, row in files.intake.rows["securities_movements"]:
        time = market_time(date, row.at, calendar.zone)
        shares = MoveSecurities(
            command_id=f"onboarding-securities-{date}-{row.reference}",
            received_at=time,
            account=numbers.account[row.account],
            instrument=numbers.instrument[row.symbol],
            quantity=row.quantity,
            depository_reference=row.reference,
        )
        yield Moment(time, 1, _one(shares, "securities_movements", line))
    ends = [market_time(date, phase.closes, calendar.zone) for phase in calendar.phases(date)]
    closed = max([*ends, int(executions["executed_at"].max(initial=0))])
    yield Moment(
        closed,
        2,
        _one(
            CloseTrading(
                command_id=f"close-trading-{date}",
                received_at=closed,
                trade_date=date,
                settlement_date=calendar.settlement_date(date),
            )
        ),
    )
    for name, at in settlement_deadlines(market, date, HOME_VENUE):
        reached = TimeReached(
            command_id=f"{name}-{date}", received_at=at, deadline=name, business_date=date, at=at
        )
        yield Moment(at, 3, _one(reached))


def _in_time(executions: Any, lines: Any, moments: list[Moment]) -> Iterator[Part]:
    """Executions and everything else in order of time; an execution goes before what has its moment."""
    import numpy as np

    done = 0
    for moment in moments:
        until = int(np.searchsorted(executions["executed_at"], moment.time, side="right"))
        if until > done:
            yield Part(RecordExecution, executions[done:until], "executions", lines[done:until])
            done = until
        yield moment.part
    assert done == len(executions), "trading closes after the last execution"
