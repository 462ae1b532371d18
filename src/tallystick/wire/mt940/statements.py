"""What an MT940 holds: statements of pages, balances and entries; and the proof that they add up."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from tallystick.wire.reading import LineFault, Proof, Unknown

__all__ = ["CENTURY", "MT940Balance", "MT940Line", "MT940Read", "MT940Statement", "prove"]

CENTURY = 2000
"""Years are written with two digits; all of them are of this century."""


class MT940Balance(msgspec.Struct, frozen=True, kw_only=True):
    """A balance: money in 1e-4 (negative = debit), its currency and date; `final` False on a page within (60M, 62M)."""

    amount: int
    currency: str
    date: datetime.date
    final: bool = True


class MT940Line(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `amount` in 1e-4 is what it does to the balance (negative takes away); `reversal` marks RC and RD.

    `kind` is the transaction type (`NTRF`); `information` is field 86, its lines joined by line feeds.
    """

    value_date: datetime.date
    amount: int
    kind: str = "NTRF"
    reference: str = "NONREF"
    bank_reference: str = ""
    entry_date: datetime.date | None = None
    reversal: bool = False
    funds_code: str = ""
    supplement: str = ""
    information: str = ""


class MT940Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One page of an account's statement; `number` and `page` are field 28C, `forward` are the balances of field 65."""

    reference: str
    account: str
    number: int
    opening: MT940Balance
    closing: MT940Balance
    lines: list[MT940Line] = []
    page: int = 1
    related: str = ""
    available: MT940Balance | None = None
    forward: list[MT940Balance] = []
    information: str = ""


class MT940Read(msgspec.Struct, frozen=True):
    """The pages of a file, the fields that do not read, the tags that are not known, and the proofs of each page."""

    statements: list[MT940Statement]
    faults: list[LineFault]
    unknown: list[Unknown]
    proofs: list[Proof]

    @property
    def is_proved(self) -> bool:
        """Whether every page's moves lead from its opening to its closing balance, and pages follow one another."""
        return all(proof.holds for proof in self.proofs)


def prove(statements: Sequence[MT940Statement]) -> list[Proof]:
    """60 + Σ61 = 62 on each page; and 60M of a page = 62M of the page before, same account and number."""
    proofs = []
    for place, page in enumerate(statements):
        moved = page.opening.amount + sum(line.amount for line in page.lines)
        proofs.append(Proof(f"{page.account} {page.number}/{page.page} balance", page.closing.amount, moved))
        before = statements[place - 1] if place else None
        if not page.opening.final:
            follows = before is not None and (before.account, before.number, before.page + 1) == (
                page.account,
                page.number,
                page.page,
            )
            stated = before.closing.amount if before is not None and follows else None
            proofs.append(
                Proof(f"{page.account} {page.number}/{page.page} page", stated, page.opening.amount)
            )
    return proofs
