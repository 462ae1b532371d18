"""Random histories of a small firm over several days: little cash, few shares, much that goes wrong."""

from __future__ import annotations

import datetime

import msgspec
import numpy as np
from ledger_firm import ANNA, ERROR, FOUNDED, MONDAY, OWN, execution

from tallystick.core.day import DayClosed, DayOpened, TimeReached
from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.schema import schema_of
from tallystick.ledger.events import (
    CloseTrading,
    MoveCash,
    MoveSecurities,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    Side,
)

CLIENTS = 4
ACCOUNT_COUNT = ANNA + CLIENTS
FACTS = (DayOpened, DayClosed, TimeReached)
STEPS = ("securities_in", "cash_in", "pay_out", "bank_close")


def history(rng, days=5):
    """Records in the order in which they reach the ledger, after the house and the clients are there."""
    told = _opening(rng)
    number = 100
    earlier = []
    for n in range(days):
        day = MONDAY + datetime.timedelta(days=n)
        told.append(DayOpened(business_date=day, code_version="test"))
        waiting = [s for s in STEPS if rng.random() < 0.93]
        for _ in range(rng.randrange(8, 22)):
            what = rng.random()
            if what < 0.22 and waiting:
                told.append(TimeReached(deadline=f"TW.settlement.{waiting.pop(0)}", business_date=day, at=0))
            elif what < 0.40:
                told.append(_move(rng))
            elif what < 0.48 and earlier:
                told.append(_again(rng, rng.choice(earlier)))
            else:
                for _ in range(rng.randrange(1, 4)):
                    number += 1
                    told.append(_fill(rng, number, day))
                    earlier.append(told[-1])
        told += [TimeReached(deadline=f"TW.settlement.{step}", business_date=day, at=0) for step in waiting]
        if rng.random() < 0.95:
            after = day + datetime.timedelta(days=rng.choice((2, 2, 2, 3)))
            told.append(CloseTrading(trade_date=day, settlement_date=after))
        told.append(
            DayClosed(business_date=day if rng.random() < 0.97 else day + datetime.timedelta(days=40))
        )
    return told


def _opening(rng):
    told = [
        RecordOpeningCash(
            account=rng.choice((ANNA, ANNA + 1, ANNA + 2, OWN, ERROR)), amount=rng.randrange(4_000_000)
        )
        for _ in range(rng.randrange(2, 8))
    ]
    for account in (OWN, ERROR, ERROR):
        if rng.random() < 0.7:
            told.append(RecordOpeningCash(account=account, amount=rng.randrange(40_000_000)))
            told.append(
                RecordOpeningHolding(
                    account=account, instrument=rng.randrange(3), quantity=rng.randrange(1, 300), cost=0,
                    acquired_on=FOUNDED,
                )
            )  # fmt: skip
    for _ in range(rng.randrange(1, 8)):
        told.append(
            RecordOpeningHolding(
                account=rng.choice((*range(ANNA, ANNA + CLIENTS), OWN, ERROR)), instrument=rng.randrange(3),
                quantity=rng.randrange(1, 60), cost=rng.randrange(1_000_000),
                acquired_on=FOUNDED + datetime.timedelta(days=rng.randrange(5)),
            )
        )  # fmt: skip
    for n in range(rng.randrange(0, 5)):
        told.append(
            RecordOpeningTrade(
                execution_id=10 + n, account=ANNA + rng.randrange(CLIENTS), instrument=rng.randrange(3),
                trade_date=MONDAY - datetime.timedelta(days=rng.randrange(1, 3)),
                settlement_date=MONDAY + datetime.timedelta(days=rng.randrange(2)), price=rng.randrange(1, 90_000),
                quantity=rng.randrange(1, 60), fee=rng.randrange(300_000), tax=rng.randrange(50_000),
                side=rng.choice(tuple(Side)), capacity=1,
            )
        )  # fmt: skip
    rng.shuffle(told)
    return told


def _move(rng):
    account = rng.choice((*range(ANNA, ANNA + CLIENTS), OWN, ERROR, rng.randrange(-1, ACCOUNT_COUNT + 1)))
    if rng.random() < 0.5:
        return MoveCash(account=account, amount=rng.randrange(-2_000_000, 5_000_000), bank_reference="r")
    instrument = rng.choice((0, 1, 2, 0, 1, 2, 3, 4))
    quantity = rng.randrange(-40, 80)
    return MoveSecurities(account=account, instrument=instrument, quantity=quantity, depository_reference="r")


def _fill(rng, number, day):
    changes = {
        "order_id": number - rng.randrange(3),
        "trade_date": day,
        "capacity": rng.choice((1, 1, 1, 2, 4)),
    }
    changes["instrument"] = rng.choice((0, 0, 1, 2)) if rng.random() < 0.96 else rng.randrange(-1, 5)
    changes["lot_type"] = rng.choice((1, 1, 1, 2, 3))
    account = ANNA + rng.randrange(CLIENTS) if rng.random() < 0.9 else rng.randrange(-1, ACCOUNT_COUNT + 1)
    price = rng.choice((rng.randrange(1, 4_000_000), 40_000 * rng.randrange(1, 100))) / 10_000
    quantity = rng.randrange(1, 60) if rng.random() < 0.97 else rng.choice((0, -1, 2**62))
    return execution(number, account, rng.choice(tuple(Side)), quantity, price, **changes)


def _again(rng, fill):
    """The same fill once more: whole, a little other, or with another id after its day."""
    changes = rng.choice(
        ({}, {}, {"price": fill.price + 1}, {"received_at": 7}, {"execution_id": fill.execution_id + 50_000})
    )
    return msgspec.structs.replace(fill, **changes)


def runs(told, size):
    """Neighbouring records of one class, at most `size` together: (record class, records for the machine)."""
    start = 0
    while start < len(told):
        record = type(told[start])
        end = start + 1
        fixed = record not in FACTS and event_of(record).fixed
        while end < len(told) and type(told[end]) is record and end - start < size and fixed:
            end += 1
        yield record, schema_of(record).pack(told[start:end]) if fixed else told[start:end]
        start = end


def play(ledger, told, size=1):
    """Tell a ledger a history in batches; the batches with their verdicts."""
    played = []
    for record, records in runs(told, size):
        if record in FACTS:
            verdicts = np.zeros(len(records), verdict_dtype())
            ledger.apply(record, records, verdicts)
        else:
            verdicts = ledger.decide(record, records)
        played.append((record, records, verdicts))
    return played
