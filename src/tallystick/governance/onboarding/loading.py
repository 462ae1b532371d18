"""Turns the rows of an onboarding into commands and sends them, so that a stopped load goes on where it was.

The order of commands follows the files, so what was sent of a kind is told by how many of it the journal holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tallystick.clients.events import ConsentState, RecordConsent
from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of
from tallystick.core.money import parse_money
from tallystick.core.schema import Record
from tallystick.core.text import render, translate
from tallystick.governance.onboarding.reading import HOUSE_ACCOUNTS, Intake
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
from tallystick.risk.gate.events import AccountStatus, SetAccountTerms
from tallystick.risk.margin.events import ContractKind, RecordMarginContract

if TYPE_CHECKING:
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = [
    "Numbers", "Step", "account_command", "keep_persons", "load", "party_command", "send_commands", "steps_of",
    "terms_command",
]  # fmt: skip

COMMANDS_A_MESSAGE = 8_192
PERSONAL = ("party", "name", "identity_number", "phone", "email")
"""What the vault keeps of a row of `parties.csv`: with the old system's key, so that the books can go back to it."""


class Numbers(NamedTuple):
    """The numbers that parties, accounts and instruments have inside the house; `reference` is the vault's."""

    reference: Callable[[str], str]
    party: Mapping[str, int]
    account: Mapping[str, int]
    instrument: Mapping[str, int]

    @classmethod
    def opening(cls, context: Context, intake: Intake) -> Numbers:
        """Those of an empty house that takes a firm over."""
        market: MarketMachine = context.machine("market")
        ledger: LedgerMachine = context.machine("ledger")
        accounts = {
            row.account: HOUSE_ACCOUNT_COUNT + i for i, (_, row) in enumerate(intake.rows["accounts"])
        }
        first_party = len(house_parties())
        return cls(
            reference=context.house.vault.reference,
            party={row.party: first_party + i for i, (_, row) in enumerate(intake.rows["parties"])},
            account=accounts | {name: ledger.find_account(name) for name in HOUSE_ACCOUNTS},
            instrument={found.symbol: code for code, found in enumerate(market.instruments)},
        )


class Step(NamedTuple):
    """One kind of commands: what is going on, in words, the kind, and its commands in the order of the file."""

    text: str
    record: type[Record]
    commands: list[Any]


def load(context: Context, intake: Intake) -> None:
    """Keep personal data in the vault, then send every command that the journal does not hold yet."""
    keep_persons(context, intake)
    for step in steps_of(context, intake):
        _send(context, step)


def keep_persons(context: Context, intake: Intake) -> None:
    """Keep what tells who a party is in the vault."""
    vault = context.house.vault
    vault.keep_persons(
        (vault.reference(row.party), {name: getattr(row, name) for name in PERSONAL})
        for _, row in intake.rows["parties"]
    )


def steps_of(context: Context, intake: Intake) -> list[Step]:
    """Every kind with its commands, in the order in which they are sent."""
    numbers = Numbers.opening(context, intake)

    def made(make: Callable[[Any, Numbers], Any], *files: str) -> list[Any]:
        return [make(row, numbers) for file in files for _, row in intake.rows[file]]

    return [
        Step(text="Registering parties", record=RegisterParty, commands=made(party_command, "parties")),
        Step(text="Opening accounts", record=OpenAccount, commands=made(account_command, "accounts")),
        Step(text="Taking over cash", record=RecordOpeningCash, commands=made(_cash, "cash")),
        Step(text="Taking over holdings", record=RecordOpeningHolding, commands=made(_holding, "holdings")),
        Step(
            text="Taking over margin contracts",
            record=RecordMarginContract,
            commands=made(_contract, "margin_contracts"),
        ),
        Step(
            text="Taking over unsettled trades",
            record=RecordOpeningTrade,
            commands=made(_trade, "unsettled_trades", "error_trades"),
        ),
        Step(text="Setting limits", record=SetAccountTerms, commands=made(terms_command, "limits")),
        Step(text="Recording consents", record=RecordConsent, commands=made(_consent, "consents")),
    ]


def party_command(row: Any, numbers: Numbers) -> RegisterParty:
    """The command of a row of `parties.csv`."""
    return RegisterParty(
        party=numbers.party[row.party],
        kind=PartyKind[row.kind.upper()],
        reference=numbers.reference(row.party),
    )


def account_command(row: Any, numbers: Numbers) -> OpenAccount:
    """The command of a row of `accounts.csv`."""
    return OpenAccount(
        account=numbers.account[row.account],
        party=numbers.party[row.party],
        branch=row.branch,
        kind=AccountKind[row.kind.upper()],
        opened_on=row.opened_on,
        number=row.account,
    )


def _cash(row: Any, numbers: Numbers) -> RecordOpeningCash:
    return RecordOpeningCash(account=numbers.account[row.account], amount=parse_money(row.amount))


def _holding(row: Any, numbers: Numbers) -> RecordOpeningHolding:
    return RecordOpeningHolding(
        account=numbers.account[row.account],
        instrument=numbers.instrument[row.symbol],
        quantity=row.quantity,
        cost=parse_money(row.cost),
        acquired_on=row.acquired_on,
    )


def _contract(row: Any, numbers: Numbers) -> RecordMarginContract:
    return RecordMarginContract(
        contract=row.contract,
        account=numbers.account[row.account],
        instrument=numbers.instrument[row.symbol],
        kind=ContractKind[row.kind.upper()],
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
        capacity=Capacity.PROPRIETARY if row.account in HOUSE_ACCOUNTS else Capacity.CASH,
    )


def terms_command(row: Any, numbers: Numbers) -> SetAccountTerms:
    """The command of a row of `limits.csv`."""
    return SetAccountTerms(
        account=numbers.account[row.account],
        status=AccountStatus[row.status.upper()],
        daily_limit=parse_money(row.daily_limit),
        order_value_limit=parse_money(row.order_value_limit),
        permissions=row.permissions,
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


def _send(context: Context, step: Step) -> None:
    """Send the commands that are not in the journal yet, a few thousand at a time."""
    sent = 0 if step.record is RecordConsent else _already_sent(context, step.record)
    context.progress.start(translate(step.text, context.language), len(step.commands))
    context.progress.step(sent)
    send_commands(context, step.record, step.commands, sent)
    context.progress.finish()


def send_commands(context: Context, record: type[Record], commands: Any, first: int = 0) -> None:
    """Send commands of one kind from place `first` on. TallystickError when one is refused."""
    for start in range(first, len(commands), COMMANDS_A_MESSAGE):
        part = commands[start : start + COMMANDS_A_MESSAGE]
        decision = context.writer.decide(record, part, actor=context.actor.name)
        refused = [index for index, accepted in enumerate(decision.accepted_each) if not accepted]
        if refused:
            command = part[refused[0]]
            values = msgspec.structs.asdict(command) if isinstance(command, Record) else {}
            raise TallystickError(
                "onboarding.command_refused",
                "{count} commands {kind} were refused, the first at place {place}: {reason}",
                "Correct the file and take the firm over into an empty folder.",
                count=len(refused),
                kind=event_of(record).kind,
                place=start + refused[0],
                reason=render(decision.rejections(values)[0], context.language)[0],
            )
        context.progress.step(len(part))


def _already_sent(context: Context, record: type[Record]) -> int:
    """How many commands of a fixed kind the journal holds, without those that founded the house."""
    founding = {RegisterParty: len(house_parties()), OpenAccount: HOUSE_ACCOUNT_COUNT}.get(record, 0)
    held = sum(len(context.journal.columns(record, day=day).records) for day in context.journal.days())
    return held - founding
