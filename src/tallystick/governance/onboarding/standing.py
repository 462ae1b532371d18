"""The books as they stood at the end of a business day, parted into what is settled and what is still to settle."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from tallystick.core.context import Context
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.events import event_of
from tallystick.core.schema import Record, number_date
from tallystick.ledger import Obligation, Step, TradeState
from tallystick.ledger.events import RecordExecution, RecordOpeningTrade

if TYPE_CHECKING:
    from tallystick.core.engine import Engine
    from tallystick.ledger import LedgerMachine

__all__ = ["Standing", "require_sound", "standing_at"]

TRADES: tuple[type[Record], ...] = (RecordExecution, RecordOpeningTrade)
DONE = (Obligation.SETTLED, Obligation.SETTLED_LATE)


class Standing(NamedTuple):
    """The machines after batch `seq`; `unsettled` trades (`ledger.trades`), `lots` (`ledger.lots`) without them."""

    seq: int
    engine: Engine
    unsettled: Any
    lots: Any

    @property
    def ledger(self) -> LedgerMachine:
        """The ledger at that time."""
        return self.engine.machines["ledger"]  # type: ignore[return-value]


def standing_at(context: Context, date: datetime.date) -> Standing:
    """The books at the end of a day of the journal.

    Errors: NotFound when the journal lacks the day; TallystickError when the journal is damaged, while trading of a
    day is open, or a settlement has begun and is not complete: what is half settled has no place in the files.
    """
    require_sound(context)
    if date not in context.journal.days():
        raise NotFound(
            "report.no_day",
            "The journal has no day {day}.",
            "Days are listed by `tally journal batches`.",
            day=str(date),
        )
    seq = max(batch.seq for batch in context.journal.batches(day=date))
    engine = context.house.engine_at(seq)
    ledger: LedgerMachine = engine.machines["ledger"]  # type: ignore[assignment]
    unsettled = _unsettled(ledger)
    lots = _lots_without(context, unsettled["execution_id"], seq) if len(unsettled) else ledger.lots()
    return Standing(seq=seq, engine=engine, unsettled=unsettled, lots=lots)


def require_sound(context: Context) -> None:
    """Refuse books of a journal in which a damage was met: what lies behind it would be missing.

    TallystickError names day and batch, and how to repair it.
    """
    if context.house.damage is not None:
        raise context.house.damage


def _unsettled(ledger: LedgerMachine) -> Any:
    """The trades of settlement dates that have not begun."""
    import numpy as np

    trades = ledger.trades()
    still_open = trades["trade_date"][trades["state"] == TradeState.OPEN]
    if len(still_open):
        raise TallystickError(
            "onboarding.trading_open",
            "Trading of {date} is not closed.",
            "Export after the close, or an earlier day.",
            date=number_date(still_open[0]),
        )
    waiting = []
    for date in ledger.settlement_dates():
        if ledger.settlement_step(date) == Step.WAITING:
            waiting.append(date)
            continue
        obligations = ledger.obligations(date)
        behind = obligations["account"][~np.isin(obligations["state"], DONE)]
        if len(behind):
            raise TallystickError(
                "onboarding.settlement_open",
                "Settlement of {date} is not complete; open are accounts {accounts}.",
                "Export when they have performed, or an earlier day.",
                date=number_date(date),
                accounts=", ".join(ledger.account(code).number for code in np.unique(behind)[:10].tolist()),
            )
    return trades[np.isin(trades["settlement_date"], waiting)]


def _lots_without(context: Context, trades: Any, seq: int) -> Any:
    """The lots after batch `seq` had these trades not been made: history again, with them refused."""
    import numpy as np

    before = _seq_before(context, trades, seq)
    engine = context.house.engine_at(before) if before else context.house.engine()
    ledger, market = engine.machines["ledger"], engine.machines["market"]
    kinds = {event_of(record).kind for record in (*ledger.decides, *ledger.observes, *market.decides)}
    for batch in context.journal.batches(after=before, until=seq, kinds=sorted(kinds)):
        record, verdicts = batch.event_type.record, batch.verdicts
        if record in TRADES:
            verdicts = verdicts.copy()
            verdicts["mask"][np.isin(batch.records["execution_id"], trades)] = 1
        for machine in (market, ledger):
            if record in (*machine.decides, *machine.observes):
                machine.apply(record, batch.records, verdicts)
    return ledger.lots()  # type: ignore[attr-defined]


def _seq_before(context: Context, trades: Any, seq: int) -> int:
    """The batch before the first that holds one of these trades."""
    import numpy as np

    missing, first = len(trades), seq
    for day in reversed(context.journal.days()):
        for record in TRADES:
            columns = context.journal.columns(record, day=day)
            mine = np.isin(columns.records["execution_id"], trades) & (columns.verdicts["mask"] == 0)
            mine &= columns.verdicts["flags"] == 0
            missing -= int(mine.sum())
            first = min([first, *columns.seqs[mine].tolist()])
        if missing <= 0:
            break
    return first - 1
