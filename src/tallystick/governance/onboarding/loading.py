"""Turns the rows of an onboarding into commands and sends them, so that a stopped load goes on where it was.

The order of commands follows the files, so what was sent of a kind is told by how many of it the journal holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.clients.events import ConsentState, RecordConsent
from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of
from tallystick.core.money import parse_money
from tallystick.core.schema import Record
from tallystick.governance.onboarding.reading import Intake
from tallystick.ledger import HOUSE_ACCOUNT_COUNT, house_parties
from tallystick.ledger.events import (
    AccountKind,
    Capacity,
    OpenAccount,
    PartyKind,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    RegisterParty,
    Side,
)
from tallystick.risk.gate.events import SetAccountTerms
from tallystick.risk.margin.events import ContractKind, RecordMarginContract

if TYPE_CHECKING:
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["load", "loaded_commands"]

COMMANDS_A_MESSAGE = 8_192
ACCOUNT_STATUS = {"normal": 0, "blocked": 1, "sell_only": 2}
CONTRACT_KIND = {"financing": ContractKind.FINANCING, "short": ContractKind.SHORT}


class Numbers:
    """The numbers that parties, accounts and instruments have inside the house."""

    def __init__(self, context: Context, intake: Intake) -> None:
        market: MarketMachine = context.machine("market")
        ledger: LedgerMachine = context.machine("ledger")
        first_party = len(house_parties())
        self.party = {row.party: first_party + i for i, (_, row) in enumerate(intake.rows["parties"])}
        self.account = {
            row.account: HOUSE_ACCOUNT_COUNT + i for i, (_, row) in enumerate(intake.rows["accounts"])
        }
        self.account |= {name: ledger.find_account(name) for name in ("OWN", "ERROR")}
        self.instrument = {found.symbol: code for code, found in enumerate(market.instruments)}


def load(context: Context, intake: Intake) -> None:
    """Keep personal data in the vault, then send every command that the journal does not hold yet."""
    persons = []
    for _, row in intake.rows["parties"]:
        fields = {
            "name": row.name,
            "identity_number": row.identity_number,
            "phone": row.phone,
            "email": row.email,
        }
        persons.append((context.house.vault.reference(row.party), fields))
    context.house.vault.keep_persons(persons)
    for record, commands in loaded_commands(context, intake):
        _send(context, record, commands)


def loaded_commands(context: Context, intake: Intake) -> Iterator[tuple[type[Record], list[Any]]]:
    """Every kind with its commands, in the order in which they are sent."""
    numbers = Numbers(context, intake)
    rows = {name: [row for _, row in found] for name, found in intake.rows.items()}
    vault = context.house.vault
    yield (
        RegisterParty,
        [
            RegisterParty(
                party=numbers.party[r.party],
                kind=PartyKind[r.kind.upper()],
                reference=vault.reference(r.party),
            )
            for r in rows["parties"]
        ],
    )
    yield (
        OpenAccount,
        [
            OpenAccount(
                account=numbers.account[r.account],
                party=numbers.party[r.party],
                branch=r.branch,
                kind=AccountKind[r.kind.upper()],
                opened_on=r.opened_on,
                number=r.account,
            )
            for r in rows["accounts"]
        ],
    )
    yield (
        RecordOpeningCash,
        [
            RecordOpeningCash(account=numbers.account[r.account], amount=parse_money(r.amount))
            for r in rows["cash"]
        ],
    )
    yield (
        RecordOpeningHolding,
        [
            RecordOpeningHolding(
                account=numbers.account[r.account],
                instrument=numbers.instrument[r.symbol],
                quantity=r.quantity,
                cost=parse_money(r.cost),
                acquired_on=r.acquired_on,
            )
            for r in rows["holdings"]
        ],
    )
    yield RecordMarginContract, [_contract(r, numbers) for r in rows["margin_contracts"]]
    yield RecordOpeningTrade, [_trade(r, numbers) for r in rows["unsettled_trades"] + rows["error_trades"]]
    yield (
        SetAccountTerms,
        [
            SetAccountTerms(
                account=numbers.account[r.account],
                status=ACCOUNT_STATUS[r.status],
                daily_limit=parse_money(r.daily_limit),
                order_value_limit=parse_money(r.order_value_limit),
                permissions=r.permissions,
            )
            for r in rows["limits"]
        ],
    )
    yield RecordConsent, [_consent(r, numbers) for r in rows["consents"]]


def _contract(row: Any, numbers: Numbers) -> RecordMarginContract:
    return RecordMarginContract(
        contract=row.contract,
        account=numbers.account[row.account],
        instrument=numbers.instrument[row.symbol],
        kind=CONTRACT_KIND[row.kind],
        quantity=row.quantity,
        amount=parse_money(row.amount),
        deposit=parse_money(row.deposit),
        ratio=parse_money(row.ratio),
        opened_on=row.opened_on,
        due_on=row.due_on,
    )


def _trade(row: Any, numbers: Numbers) -> RecordOpeningTrade:
    return RecordOpeningTrade(
        execution_id=row.trade,
        account=numbers.account[row.account],
        instrument=numbers.instrument[row.symbol],
        trade_date=row.trade_date,
        settlement_date=row.settlement_date,
        price=parse_money(row.price),
        quantity=row.quantity,
        fee=parse_money(row.fee),
        tax=parse_money(row.tax),
        side=Side[row.side.upper()],
        capacity=Capacity.PROPRIETARY if row.account in ("OWN", "ERROR") else Capacity.CASH,
    )


def _consent(row: Any, numbers: Numbers) -> RecordConsent:
    where = (row.party, row.recipient, row.purpose, row.data_class, row.channel)
    return RecordConsent(
        command_id="onboarding-consent|" + "|".join(where),
        party=numbers.party[row.party],
        recipient=row.recipient,
        purpose=row.purpose,
        data_class=row.data_class,
        channel=row.channel,
        state=ConsentState(row.state),
        effective_on=row.effective_on,
        form_version=row.form_version,
        evidence_sha256=row.evidence_sha256,
    )


def _send(context: Context, record: type[Record], commands: list[Any]) -> None:
    """Send the commands that are not in the journal yet; the start of the house's own records is passed over."""
    own = {RegisterParty: len(house_parties()), OpenAccount: HOUSE_ACCOUNT_COUNT}.get(record, 0)
    sent = 0
    if record is not RecordConsent:
        sent = (
            sum(len(context.journal.columns(record, day=day).records) for day in context.journal.days()) - own
        )
    context.progress.start(record.__name__, len(commands))
    context.progress.step(sent)
    for first in range(sent, len(commands), COMMANDS_A_MESSAGE):
        part = commands[first : first + COMMANDS_A_MESSAGE]
        decision = context.writer.decide(record, part, actor=context.actor.name)
        refused = [index for index, accepted in enumerate(decision.accepted_each) if not accepted]
        if refused:
            raise TallystickError(
                "onboarding.command_refused",
                "{count} commands {kind} were refused, the first at place {place}: {reason}",
                "Correct the file and take the firm over into an empty folder.",
                count=len(refused),
                kind=event_of(record).kind,
                place=first + refused[0],
                reason=decision.rejections(msgspec.structs.asdict(part[refused[0]]))[0].message,
            )
        context.progress.step(len(part))
    context.progress.finish()
