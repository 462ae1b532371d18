"""Branches, clients and their accounts, numbered without gaps behind the house's own.

A party's reference is keyed by the vault, so that the journal tells nobody's name. An account number has twelve digits:
branch, serial number, check digit (ISO/IEC 7812, as on cards).

>>> account_numbers(np.array([9801]), np.array([7])).tolist()
[b'980100000077']
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tallystick.core.schema import date_number, schema_of
from tallystick.core.vault import Vault
from tallystick.ledger.events import AccountKind, OpenAccount, PartyKind, RegisterParty
from tallystick.simulation.genesis.names import branch_name, identity_of, person
from tallystick.simulation.genesis.plan import DemoPlan

__all__ = [
    "FIRST_BRANCH",
    "People",
    "account_numbers",
    "branch_people",
    "client_people",
]

Array = np.ndarray[Any, np.dtype[Any]]
Person = tuple[str, dict[str, str]]

FIRST_BRANCH = 9801
SECOND_ACCOUNT_EVERY = 25
"""Every so many clients one has a second account, at another branch."""
HEAD_SHARE, ONLINE_SHARE = 0.2, 0.25


class People(NamedTuple):
    """Parties (packed `RegisterParty`), their accounts (packed `OpenAccount`), and what the vault keeps of them."""

    parties: Array
    accounts: Array
    persons: list[Person]


def branch_people(plan: DemoPlan, vault: Vault, first_party: int) -> People:
    """The firm's branches, as parties without accounts."""
    persons = []
    for number in range(plan.branches):
        name, name_en = branch_name(number)
        fields = {"name": name, "name_en": name_en, "branch": str(FIRST_BRANCH + number)}
        persons.append((vault.reference(f"branch/{FIRST_BRANCH + number}"), fields))
    parties = _parties(first_party + np.arange(plan.branches), [reference for reference, _ in persons])
    parties["kind"] = PartyKind.FIRM
    return People(parties, np.zeros(0, schema_of(OpenAccount).dtype), persons)


def client_people(
    plan: DemoPlan, vault: Vault, day: datetime.date, first_party: int, first_account: int
) -> Iterator[People]:
    """The clients with their accounts, in batches of `plan.accounts_at_once`; second accounts come last."""
    second = np.arange(SECOND_ACCOUNT_EVERY - 1, plan.clients, SECOND_ACCOUNT_EVERY)
    clients = np.concatenate([np.arange(plan.clients), second])
    for batch, start in enumerate(range(0, len(clients), plan.accounts_at_once)):
        owners = clients[start : start + plan.accounts_at_once]
        new = owners[np.arange(start, start + len(owners)) < plan.clients]
        random = np.random.default_rng([plan.seed, 20, batch])
        codes = first_account + start + np.arange(len(owners))
        persons = [(vault.reference(identity_of(n)), person(n, seed=plan.seed)) for n in new.tolist()]
        yield People(
            _parties(first_party + new, [reference for reference, _ in persons]),
            _accounts(codes, first_party + owners, plan, random, day),
            persons,
        )


def account_numbers(branches: Array, serials: Array) -> Array:
    """Numbers of twelve digits (S12): branch in four, serial in seven, a check digit."""
    body = branches.astype(np.int64) * 10_000_000 + serials
    digits = body[:, None] // 10 ** np.arange(10, -1, -1) % 10
    doubled = digits * np.where(np.arange(11) % 2 == 0, 2, 1)
    check = -(doubled // 10 + doubled % 10).sum(axis=1) % 10
    text = np.concatenate([digits, check[:, None]], axis=1).astype(np.uint8) + ord("0")
    numbers: Array = np.ascontiguousarray(text).view("S12").reshape(-1)
    return numbers


def _parties(numbers: Array, references: list[str]) -> Array:
    rows = np.zeros(len(numbers), schema_of(RegisterParty).dtype)
    rows["party"], rows["kind"] = numbers, PartyKind.CLIENT
    rows["reference"] = [reference.encode() for reference in references]
    return rows


def _accounts(
    codes: Array, parties: Array, plan: DemoPlan, random: np.random.Generator, day: datetime.date
) -> Array:
    """Clients' accounts: the head office and the online branch have more than the others; opened over 25 years."""
    shares = np.full(plan.branches, max(1 - HEAD_SHARE - ONLINE_SHARE, 0.05) / max(plan.branches - 2, 1))
    shares[0] = HEAD_SHARE
    shares[-1] = ONLINE_SHARE if plan.branches > 1 else 1.0
    rows = np.zeros(len(codes), schema_of(OpenAccount).dtype)
    rows["account"], rows["party"], rows["kind"] = codes, parties, AccountKind.CLIENT
    rows["branch"] = FIRST_BRANCH + random.choice(plan.branches, len(codes), p=shares / shares.sum())
    rows["opened_on"] = date_number(day) - 30 - random.integers(0, 9_000, len(codes))
    rows["number"] = account_numbers(rows["branch"], codes)
    return rows
