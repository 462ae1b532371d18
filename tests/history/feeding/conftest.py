"""A small made-up firm whose demo day was traded, closed and sealed; and its business tables asked before sealing."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SIMULATION = Path(__file__).parents[2] / "simulation"


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """The firm after its demo day; never change it."""
    sys.path.insert(0, str(SIMULATION))
    import msgspec
    from demo_firm import PLAN, leave, make

    from tallystick.simulation import run_day

    plan = msgspec.structs.replace(PLAN, clients=90, instruments=12, branches=3, house_orders=260)
    firm = make(tmp_path_factory.mktemp("traded") / "firm", plan)
    with firm:
        run_day(firm.context(), plan.date)
        yield firm
        leave(firm)


@pytest.fixture(scope="session")
def unsealed(traded, tmp_path_factory) -> Iterator:
    """A lake in which nothing of that firm is sealed: every question is answered from the journal."""
    from tallystick.core.lake import Lake
    from tallystick.firm import business_tables
    from tallystick.history import feed_lake

    with Lake(tmp_path_factory.mktemp("unsealed")) as lake:
        feed_lake(lake, traded.house, business_tables())
        yield lake


@pytest.fixture(scope="session")
def day(traded):
    """The demo day."""
    return traded.house.machine("day").state.business_date


@pytest.fixture
def open_firm(firm):
    """An empty firm on its first day, with a client's account."""
    from tallystick.ledger.events import AccountKind, OpenAccount, PartyKind, RegisterParty

    context = firm.context()
    ledger = firm.house.machine("ledger")
    party, account = ledger.party_count, ledger.account_count
    context.writer.decide(
        RegisterParty, [RegisterParty(party=party, kind=PartyKind.CLIENT, reference="made-up")]
    )
    opened = OpenAccount(
        account=account, party=party, branch=3, kind=AccountKind.CLIENT, opened_on=datetime.date(2026, 11, 19),
        number="9901-0000001",
    )  # fmt: skip
    context.writer.decide(OpenAccount, [opened])
    return firm, account
