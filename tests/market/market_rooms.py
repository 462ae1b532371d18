"""A market with made-up instruments under the shipped rules, for the tests beside it."""

from __future__ import annotations

import datetime

from tallystick.market import MarketMachine, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument

DAY = datetime.date(2026, 11, 20)


def registration(number, **changes):
    fields = {"symbol": f"{9000 + number}.XTAI", "name": f"Made Up {number}"}
    return RegisterInstrument(**(fields | changes))


def seeded(*registrations, **ports):
    machine = MarketMachine(**ports)
    assert not machine.decide(AdoptRules, [seed_command()])["mask"].any()
    if registrations:
        assert not machine.decide(RegisterInstrument, list(registrations))["mask"].any()
    return machine
