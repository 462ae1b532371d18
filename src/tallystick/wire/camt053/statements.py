"""What a camt.053 holds: statements, balances and entries, and where in the message each field stands."""

from __future__ import annotations

import datetime

import msgspec

from tallystick.wire.reading import LineFault, Proof, Unknown

__all__ = [
    "BALANCE_PATHS", "ENTRY_PATHS", "STATEMENT_PATHS", "SUMMARY_PATHS",
    "CamtEntry", "CamtRead", "CamtStatement", "summary",
]  # fmt: skip

STATEMENT_PATHS = {
    "Id": "identity",
    "ElctrncSeqNb": "number",
    "CreDtTm": "created_at",
    "Acct/Id/Othr/Id": "account",
    "Acct/Ccy": "currency",
}
ENTRY_PATHS = {
    "NtryRef": "entry_number",
    "Amt": "amount",
    "CdtDbtInd": "side",
    "RvslInd": "reversal",
    "Sts/Cd": "status",
    "BookgDt/Dt": "booked_on",
    "ValDt/Dt": "value_date",
    "AcctSvcrRef": "reference",
    "NtryDtls/TxDtls/Refs/EndToEndId": "end_to_end",
    "AddtlNtryInf": "information",
}
SUMMARY_PATHS = {
    "TxsSummry/TtlNtries/NbOfNtries": "count",
    "TxsSummry/TtlNtries/Sum": "sum",
    "TxsSummry/TtlCdtNtries/NbOfNtries": "credits",
    "TxsSummry/TtlCdtNtries/Sum": "credit_sum",
    "TxsSummry/TtlDbtNtries/NbOfNtries": "debits",
    "TxsSummry/TtlDbtNtries/Sum": "debit_sum",
}
BALANCE_PATHS = {"Tp/CdOrPrtry/Cd": "code", "Amt": "amount", "CdtDbtInd": "side", "Dt/Dt": "date"}


class CamtEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry (`Ntry`). `amount` in 1e-4 is what it does to the balance; the message writes it positive with a side.

    `reference` is the bank's (`AcctSvcrRef`), `end_to_end` the sender's (`EndToEndId`); `status` BOOK or PDNG.
    """

    reference: str
    amount: int
    booked_on: datetime.date
    value_date: datetime.date | None = None
    end_to_end: str = ""
    entry_number: str = ""
    reversal: bool = False
    status: str = "BOOK"
    information: str = ""


class CamtStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement (`Stmt`) with its opening (OPBD) and closing (CLBD) booked balances, 1e-4, negative = debit."""

    identity: str
    account: str
    currency: str
    opening: int
    opening_date: datetime.date
    closing: int
    closing_date: datetime.date
    number: int = 0
    created_at: str = ""
    entries: list[CamtEntry] = []


class CamtRead(msgspec.Struct, frozen=True):
    """The statements of a message, the statements and entries that do not read, unknown elements, and the proofs."""

    statements: list[CamtStatement]
    faults: list[LineFault]
    unknown: list[Unknown]
    proofs: list[Proof]

    @property
    def is_proved(self) -> bool:
        """Whether counts and sums are as stated, and the entries lead from opening to closing balance."""
        return all(proof.holds for proof in self.proofs)


def summary(statement: CamtStatement) -> dict[str, int]:
    """Counts and sums of a statement's entries, all, credits and debits, as `TxsSummry` has them."""
    amounts = [entry.amount for entry in statement.entries]
    credit, debit = [a for a in amounts if a >= 0], [-a for a in amounts if a < 0]
    return {
        "count": len(amounts), "sum": sum(credit) + sum(debit), "credits": len(credit), "credit_sum": sum(credit),
        "debits": len(debit), "debit_sum": sum(debit),
    }  # fmt: skip
