"""Following a day of the old system: its files are read and tried whole, and only then sent.

The trial runs on machines of its own, as the books stood before the day. What they would refuse is told by file, line
and reason, and nothing is journaled. What was sent before a stop is not sent again: fixed commands are counted in the
journal, others carry ids made of the files' own.
"""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.context import Context
from tallystick.core.day import DayOpened
from tallystick.core.errors import Rejection
from tallystick.core.events import event_of
from tallystick.core.follower import Follower
from tallystick.core.money import format_money
from tallystick.core.schema import Record, date_number, schema_of
from tallystick.core.text import translate
from tallystick.governance.onboarding.day_files import DayFiles, Known, hashes_of, read_day
from tallystick.governance.onboarding.day_plan import Part, plan
from tallystick.governance.onboarding.events import FollowDay
from tallystick.governance.onboarding.loading import keep_persons, send_commands
from tallystick.governance.onboarding.reasons import Fault
from tallystick.governance.onboarding.steps import places
from tallystick.history import seal_days

if TYPE_CHECKING:
    from tallystick.core.engine import Engine
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["Followed", "follow_day"]


class Followed(msgspec.Struct):
    """What came of a day: rows by file, what is wrong (then nothing was sent), fees and taxes of its trades (1e-4)."""

    rows: dict[str, int]
    bad: list[Fault]
    fees: int = 0
    taxes: int = 0
    late: list[str] = []


def follow_day(context: Context, folder: Path, date: datetime.date) -> Followed | Rejection:
    """Bring the books over one business day from the old system's files, or go on with a day that was stopped.

    The day, and any closed one before it that is not sealed yet, becomes business history in the lake.
    """
    command = FollowDay(business_date=date, files=hashes_of(folder))
    machine = context.machine("onboarding")
    begun = _begun(context, command)
    if not begun and machine.mask_of(command):
        return context.send(command).rejections(places(machine, command))[0]
    before = begun - 1 if begun else context.journal.head().seq
    engine = _engine_at(context, before)
    reference = context.house.vault.reference
    known = Known.of(engine, reference)
    files = read_day(folder, date, known)
    followed = Followed(_counts(files), files.intake.bad)
    if followed.bad:
        return followed
    parts = plan(engine, files, known, date, reference)
    refused = _try(engine, parts)
    if refused:
        if isinstance(refused[0], Rejection):
            return refused[0]
        followed.bad = [fault for fault in refused if isinstance(fault, Fault)]
        return followed
    if not begun:
        decision = context.send(command)
        if not decision.accepted:
            return decision.rejections(places(machine, command))[0]
        begun = decision.position
    keep_persons(context, files.intake)
    _send(context, date, begun, parts)
    seal_days(context)
    return _finish(context, date, followed)


def _begun(context: Context, command: FollowDay) -> int:
    """The batch in which this day was begun from the same files; 0 when it was not."""
    for batch in context.journal.batches(kinds=[event_of(FollowDay).kind]):
        for earlier, mask in zip(batch.records, batch.verdicts["mask"].tolist(), strict=True):
            if not mask and (earlier.business_date, earlier.files) == (command.business_date, command.files):
                return int(batch.seq)
    return 0


def _engine_at(context: Context, seq: int) -> Engine:
    """Machines of one's own, as they stood after a batch."""
    follower = Follower(context.journal, context.house.engine(), context.house.snapshots)
    follower.catch_up(until=seq)
    return follower.engine


def _counts(files: DayFiles) -> dict[str, int]:
    """Good rows by file, of the files that are there."""
    rows = {name: len(found) for name, found in files.intake.rows.items() if found}
    return rows | {"executions": files.executions.num_rows}


def _try(engine: Engine, parts: list[Part]) -> list[Fault | Rejection]:
    """What the machines refuse of the day; a Rejection goes first when it is of no row."""
    found: list[Fault | Rejection] = []
    for part in parts:
        commands = part.commands if isinstance(part.commands, list) else part.commands.copy()
        for place, mask in enumerate(engine.decide(part.record, commands)["mask"].tolist()):
            if mask:
                found.append(_refusal(engine, part, place, mask))
                if isinstance(found[-1], Rejection):
                    return found[-1:]
    return found


def _refusal(engine: Engine, part: Part, place: int, mask: int) -> Fault | Rejection:
    """Why a command is refused, by its row if it has one."""
    command = part.commands[place]
    if not isinstance(command, Record):
        (command,) = schema_of(part.record).unpack(part.commands[place : place + 1])
    reason = event_of(part.record).reasons_in(mask)[0]
    values = msgspec.structs.asdict(command)
    values |= {
        read.name: read.value for read in engine.decider(part.record).explain(part.record, command).values
    }
    values |= _names(engine, values)
    if not len(part.lines):
        return Rejection(code=reason.code, text=reason.text, remedy=reason.remedy, values=values)
    return Fault(part.file, int(part.lines[place]), "", reason, places=values)


def _names(engine: Engine, values: dict[str, Any]) -> dict[str, str]:
    """What people call the account and instrument of a command, and its amount of money."""
    ledger: LedgerMachine = engine.machines["ledger"]  # type: ignore[assignment]
    market: MarketMachine = engine.machines["market"]  # type: ignore[assignment]
    names = {}
    if 0 <= values.get("account", -1) < ledger.account_count:
        names["account"] = ledger.account(values["account"]).number
    if 0 <= values.get("instrument", -1) < len(market.instruments):
        names["instrument"] = market.instruments[values["instrument"]].symbol
    if "amount" in values:
        names["amount"] = format_money(abs(values["amount"]))
    return names


def _send(context: Context, date: datetime.date, begun: int, parts: list[Part]) -> None:
    """Send what the journal does not hold since the day was begun."""
    held = _held(context, date, begun, {part.record for part in parts if event_of(part.record).fixed})
    is_opened = context.machine("day").state.business_date >= date
    context.progress.start(
        translate("Following the day", context.language), sum(len(part.commands) for part in parts)
    )
    for part in parts:
        if part.record is DayOpened and is_opened:
            continue
        sent = min(held[part.record], len(part.commands))
        held[part.record] -= sent
        context.progress.step(sent)
        send_commands(context, part.record, part.commands, sent)
    context.progress.finish()


def _held(
    context: Context, date: datetime.date, begun: int, records: set[type[Record]]
) -> Counter[type[Record]]:
    """How many commands of each fixed kind the journal holds of the day."""
    held: Counter[type[Record]] = Counter()
    if date in context.journal.days():
        for record in records:
            held[record] = int((context.journal.columns(record, day=date).seqs > begun).sum())
    return held


def _finish(context: Context, date: datetime.date, followed: Followed) -> Followed:
    """Add the fees and taxes of the day's trades, and who is late."""
    ledger: LedgerMachine = context.machine("ledger")
    trades = ledger.trades(date_number(date))
    followed.fees, followed.taxes = int(trades["fee"].sum()), int(trades["tax"].sum())
    followed.late = [ledger.account(code).number for code in ledger.late_accounts()]
    return followed
