"""Writes the books in the files that onboarding reads, so that a firm can go back to another system or move on.

Everything but the totals of outside bodies, which only those bodies can give. Personal data comes from the vault.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.clients.events import RecordConsent
from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of
from tallystick.core.schema import Record, number_date
from tallystick.core.text import translate
from tallystick.governance.onboarding.layout import (
    FILES,
    AccountRow,
    CashRow,
    ConsentRow,
    HoldingRow,
    LimitRow,
    MarginContractRow,
    PartyRow,
    Row,
    TradeRow,
)
from tallystick.governance.onboarding.proof import client_kinds
from tallystick.governance.onboarding.standing import Standing, require_sound
from tallystick.ledger import HOUSE_ACCOUNT_COUNT, house_parties
from tallystick.ledger.events import AccountKind, PartyKind, Side
from tallystick.risk.gate.events import AccountStatus, ChangeAccountTerms, SetAccountTerms
from tallystick.risk.margin.events import ContractKind

if TYPE_CHECKING:
    from tallystick.clients import ClientsMachine
    from tallystick.core.vault import Vault
    from tallystick.market import MarketMachine
    from tallystick.risk import MarginMachine

__all__ = ["BookFile", "write_books"]

PARTY_KINDS = (PartyKind.CLIENT, PartyKind.ISSUER, PartyKind.FIRM)
ACCOUNT_KINDS = (AccountKind.CLIENT, AccountKind.PROPRIETARY)
STATEMENTS: tuple[type[Record], ...] = (SetAccountTerms, ChangeAccountTerms, RecordConsent)


class BookFile(Record, frozen=True, kw_only=True):
    """One file that was written: its name, rows without the header, SHA-256."""

    file: str
    rows: int
    sha256: str


def write_books(context: Context, standing: Standing, folder: Path) -> list[BookFile]:
    """Write every file into an empty or new folder that only its owner may read.

    TallystickError when the folder holds something already, an account has no place in the files, or a damage was met
    in the journal: nothing is written then.
    """
    if folder.exists() and any(folder.iterdir()):
        raise TallystickError(
            "onboarding.folder_taken",
            "The folder {folder} is not empty.",
            "Name a new folder.",
            folder=str(folder),
        )
    rows = _Rows(context, standing).by_file()
    require_sound(context)  # the damage of an older day is met only when the day is read
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    context.progress.start(translate("Writing the books", context.language), len(rows))
    written = []
    for file in FILES:
        if file.name in rows:
            written.append(_write(folder / f"{file.name}.csv", file.row, rows[file.name]))
            context.progress.step()
    context.progress.finish()
    return written


def _write(path: Path, row: type[Row], rows: Iterable[Row]) -> BookFile:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as target:
        path.chmod(0o600)
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(row.__struct_fields__)
        for each in rows:
            writer.writerow(msgspec.structs.astuple(each))
            count += 1
    return BookFile(file=path.name, rows=count, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


class _Rows:
    """The rows of every file, made from the machines in order of their numbers."""

    def __init__(self, context: Context, standing: Standing) -> None:
        machines = standing.engine.machines
        self._standing = standing
        self._vault: Vault = context.house.vault
        self._margin: MarginMachine = machines["margin"]  # type: ignore[assignment]
        market: MarketMachine = machines["market"]  # type: ignore[assignment]
        self._symbols = [found.symbol for found in market.instruments]
        self._accounts = standing.ledger.accounts()
        self._numbers = [number.decode() for number in self._accounts["number"].tolist()]
        self._persons = self._read_persons()
        self._terms, self._consents = _statements(context, standing)
        self._check()

    def by_file(self) -> dict[str, Iterator[Row]]:
        """The rows by the file that they go into."""
        errors = self._accounts["kind"][self._standing.unsettled["account"]] == AccountKind.ERROR
        return {
            "parties": self._parties(),
            "accounts": self._own_accounts(),
            "cash": self._cash(),
            "holdings": self._holdings(),
            "margin_contracts": self._contracts(),
            "unsettled_trades": self._trades(self._standing.unsettled[~errors]),
            "error_trades": self._trades(self._standing.unsettled[errors]),
            "limits": self._limits(),
            "consents": self._consent_rows(),
        }

    def _read_persons(self) -> dict[int, tuple[PartyKind, str, dict[str, str]]]:
        """Kind, key and personal fields of each party that the files hold, by number: not of banks and the like.

        The key is that of the system the party came from, else the vault's reference.
        """
        found = {}
        for party, kind, reference in self._standing.ledger.parties()[len(house_parties()) :].tolist():
            if kind not in PARTY_KINDS:
                continue
            fields = self._vault.person(reference.decode())
            found[party] = (PartyKind(kind), fields.get("party") or reference.decode(), fields)
        return found

    def _check(self) -> None:
        """Refuse accounts that the layout has no place for."""
        for account, party, kind in self._accounts[["account", "party", "kind"]][
            HOUSE_ACCOUNT_COUNT:
        ].tolist():
            if kind not in ACCOUNT_KINDS or party not in self._persons:
                raise TallystickError(
                    "onboarding.no_place",
                    "Account {account} has no place in the files.",
                    "They hold accounts of clients and of own trading, of parties that are not the house's.",
                    account=self._numbers[account],
                )

    def _parties(self) -> Iterator[PartyRow]:
        for kind, key, fields in self._persons.values():
            yield PartyRow(
                party=key,
                kind=kind.name.lower(),  # type: ignore[arg-type]
                name=fields.get("name") or key,
                identity_number=fields.get("identity_number", ""),
                phone=fields.get("phone", ""),
                email=fields.get("email", ""),
            )

    def _own_accounts(self) -> Iterator[AccountRow]:
        columns = ["number", "party", "branch", "kind", "opened_on"]
        for number, party, branch, kind, opened_on in self._accounts[columns][HOUSE_ACCOUNT_COUNT:].tolist():
            yield AccountRow(
                account=number.decode(),
                party=self._persons[party][1],
                branch=branch,
                kind="client" if kind == AccountKind.CLIENT else "proprietary",
                opened_on=number_date(opened_on),
            )

    def _cash(self) -> Iterator[CashRow]:
        mine = self._accounts[client_kinds(self._accounts) & (self._accounts["posted"] != 0)]
        for number, posted in mine[["number", "posted"]].tolist():
            yield CashRow(account=number.decode(), amount=_decimal(posted))

    def _holdings(self) -> Iterator[HoldingRow]:
        """One row for each day on which an account bought: lots of one day are one."""
        merged: dict[tuple[int, int, int], tuple[int, int]] = {}
        for account, instrument, acquired_on, quantity, cost in self._standing.lots.tolist():
            key = (account, instrument, acquired_on)
            earlier = merged.get(key, (0, 0))
            merged[key] = (earlier[0] + quantity, earlier[1] + cost)
        self._check_holdings(merged)
        for (account, instrument, acquired_on), (quantity, cost) in merged.items():
            yield HoldingRow(
                account=self._numbers[account],
                symbol=self._symbols[instrument],
                quantity=quantity,
                cost=_decimal(cost),
                acquired_on=number_date(acquired_on),
            )

    def _check_holdings(self, lots: dict[tuple[int, int, int], tuple[int, int]]) -> None:
        """Assert that the lots explain every settled holding."""
        sums: dict[tuple[int, int], int] = {}
        for (account, instrument, _), (quantity, _) in lots.items():
            sums[account, instrument] = sums.get((account, instrument), 0) + quantity
        positions = self._standing.ledger.positions()
        mine = client_kinds(self._accounts)[positions["account"]] & (positions["posted"] != 0)
        held = {
            (a, i): posted for a, i, posted in positions[mine][["account", "instrument", "posted"]].tolist()
        }
        assert sums == held, "lots and holdings differ"

    def _contracts(self) -> Iterator[MarginContractRow]:
        for row in self._margin.contracts:
            yield MarginContractRow(
                contract=int(row["contract"]),
                account=self._numbers[row["account"]],
                symbol=self._symbols[row["instrument"]],
                kind="financing" if row["kind"] == ContractKind.FINANCING else "short",
                quantity=int(row["quantity"]),
                amount=_decimal(row["amount"]),
                deposit=_decimal(row["deposit"]),
                ratio=_decimal(row["ratio"]),
                opened_on=number_date(row["opened_on"]),
                due_on=number_date(row["due_on"]),
            )

    def _trades(self, trades: Any) -> Iterator[TradeRow]:
        for row in trades:
            yield TradeRow(
                trade=int(row["execution_id"]),
                account=self._numbers[row["account"]],
                symbol=self._symbols[row["instrument"]],
                side="buy" if row["side"] == Side.BUY else "sell",
                price=_decimal(row["price"]),
                quantity=int(row["quantity"]),
                trade_date=number_date(row["trade_date"]),
                settlement_date=number_date(row["settlement_date"]),
                fee=_decimal(row["fee"]),
                tax=_decimal(row["tax"]),
            )

    def _limits(self) -> Iterator[LimitRow]:
        for account, terms in sorted(self._terms.items()):
            yield LimitRow(
                account=self._numbers[account],
                status=AccountStatus(int(terms["status"])).name.lower(),  # type: ignore[arg-type]
                daily_limit=_decimal(terms["daily_limit"]),
                order_value_limit=_decimal(terms["order_value_limit"]),
                permissions=int(terms["permissions"]),
            )

    def _consent_rows(self) -> Iterator[ConsentRow]:
        for said in self._consents:
            yield ConsentRow(
                party=self._persons[said.party][1],
                recipient=said.recipient,
                purpose=said.purpose,
                data_class=said.data_class,
                channel=said.channel,
                state=said.state.value,
                effective_on=said.effective_on,
                form_version=said.form_version,
                evidence_sha256=said.evidence_sha256,
            )


def _statements(context: Context, standing: Standing) -> tuple[dict[int, Any], list[RecordConsent]]:
    """Each account's last accepted trading terms, and the consents in force with their evidence, from the journal."""
    terms: dict[int, Any] = {}
    consents: dict[tuple[Any, ...], RecordConsent] = {}
    clients: ClientsMachine = standing.engine.machines["clients"]  # type: ignore[assignment]
    kinds = [event_of(record).kind for record in STATEMENTS]
    for batch in context.journal.batches(until=standing.seq, kinds=kinds):
        for record, verdict in zip(batch.records, batch.verdicts, strict=True):
            if verdict["mask"]:
                continue
            if isinstance(record, RecordConsent):
                key = (record.party, record.recipient, record.purpose, record.data_class, record.channel)
                now = clients.consent(*key)
                assert now is not None, "an accepted statement is in force or was replaced"
                if (now.state, now.effective_on) == (record.state, record.effective_on):
                    consents[key] = record
            else:
                fields = msgspec.structs.asdict(record) if isinstance(record, Record) else record
                terms[int(fields["account"])] = fields
    return terms, list(consents.values())


def _decimal(amount: Any) -> str:
    """An amount in 1e-4 as plain decimal text.

    >>> _decimal(1000005000), _decimal(-20000), _decimal(0)
    ('100000.5', '-2', '0')
    """
    return format(Decimal(int(amount)).scaleb(-4).normalize(), "f")
