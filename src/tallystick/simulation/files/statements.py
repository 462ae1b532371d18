"""Oddities of the bank's statement of the clients' money: entries late, twice, of a wrong amount or value date."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from tallystick.simulation.files.bank import BankDay
from tallystick.simulation.files.oddities import DOLLAR, STRENGTHS
from tallystick.simulation.truth import TruthRow
from tallystick.wire import CamtEntry

__all__ = ["SpoiltBank", "spoil_bank"]

KINDS = ("timing_difference", "duplicate_entry", "wrong_amount", "wrong_value_date")
FILE = "clients.camt053.xml"


class SpoiltBank(NamedTuple):
    """The bank's day with oddities, the entries that it books on the next day only, and the labels."""

    day: BankDay
    carried: list[CamtEntry]
    truth: list[TruthRow]


def spoil_bank(day: BankDay, each: int, next_day: datetime.date, random: np.random.Generator) -> SpoiltBank:
    """Put `each` oddities of every kind and strength into the clients' statement; its balance stays proved.

    The bank's closing balance is that of its own entries, so that what is late or wrong shows as a difference of the
    balances too.
    """
    entries = list(day.clients.entries)
    order = sorted(range(len(entries)), key=lambda place: (-abs(entries[place].amount), place))
    able = [place for place in order if day.accounts[place] >= 0]
    dropped: set[int] = set()
    added: list[CamtEntry] = []
    truth: list[TruthRow] = []
    carried: list[CamtEntry] = []
    third = max(len(able) // len(STRENGTHS), 1)
    for kind in KINDS:
        for strength in STRENGTHS:
            group = [
                place for place in able[(strength - 1) * third : strength * third] if place not in dropped
            ]
            for place in random.permutation(len(group))[:each].tolist():
                row = group[place]
                right = entries[row]
                wrong = _wrong(kind, strength, right, next_day)
                dropped.add(row)
                truth.append(_label(kind, strength, right, wrong, day.accounts[row]))
                if kind == "timing_difference":
                    carried.append(wrong)
                else:
                    added += [right, wrong] if kind == "duplicate_entry" else [wrong]
    kept = [entry for place, entry in enumerate(entries) if place not in dropped] + added
    closing = day.clients.opening + sum(entry.amount for entry in kept)
    clients = msgspec.structs.replace(day.clients, entries=kept, closing=closing)
    return SpoiltBank(BankDay(clients, day.firm, []), carried, truth)


def _wrong(kind: str, strength: int, right: CamtEntry, next_day: datetime.date) -> CamtEntry:
    replace = msgspec.structs.replace
    if kind == "timing_difference":
        return replace(right, booked_on=next_day, value_date=next_day if strength == 1 else right.value_date)
    if kind == "duplicate_entry":
        return (
            right
            if strength == 1
            else replace(right, reference=right.reference + ("R" if strength == 2 else "9"))
        )
    if kind == "wrong_value_date":
        days = {1: 7, 2: 2, 3: 1}[strength]
        return replace(
            right, value_date=(right.value_date or right.booked_on) + datetime.timedelta(days=days)
        )
    sign = 1 if right.amount >= 0 else -1
    amounts = {1: right.amount * 10, 2: right.amount + sign * 900 * DOLLAR, 3: right.amount + sign * DOLLAR}
    return replace(right, amount=amounts[strength])


def _label(kind: str, strength: int, right: CamtEntry, wrong: CamtEntry, account: int) -> TruthRow:
    fields = {
        "timing_difference": "booked_on", "duplicate_entry": "reference", "wrong_amount": "amount",
        "wrong_value_date": "value_date",
    }  # fmt: skip
    field = fields[kind]
    return TruthRow(
        kind=kind, source="bank", file=FILE, key=right.reference, account=account, field=field, strength=strength,
        right=str(getattr(right, field)), wrong=str(getattr(wrong, field)),
    )  # fmt: skip
