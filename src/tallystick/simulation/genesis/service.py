"""What the firm's other systems know of its clients: whom they asked what, and how
their contracts ended.

Branches differ: some answer late, and their clients complain more and leave more often. What was known when is kept: a
contact is told when it comes and again when it is dealt with, a contract when it begins and when it ends.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.core.money import SCALE

__all__ = ["CONTACTS", "TERMS", "client_contacts", "product_terms"]

Array = np.ndarray[Any, np.dtype[Any]]

CONTACTS, TERMS = "history.client_contacts", "history.product_terms"
HOUR, DAY = 3_600_000_000_000, 86_400_000_000_000
CONTACTS_A_CLIENT = 1.6
"""How often a client gets in touch in a year, in the mean."""

CHANNELS = ("phone", "app", "counter", "email")
CHANNEL_SHARES = (0.4, 0.3, 0.18, 0.12)
CHANNEL_HOURS = (0.5, 4.0, 0.3, 18.0)
"""How long it takes until half of a channel's contacts are dealt with."""
TOPICS = ("trading", "settlement", "fees", "account", "platform")
COMPLAINTS, ASKED = 0.05, 0.45
"""Share of contacts that complain, and of those dealt with that are marked."""
LATE_HOURS = 8.0


class Kind(NamedTuple):
    """A kind of product with an end: its products, days to the end, usual amount, how many hold it and stay, and what
    it pays a year with the spread of it (0: nothing is paid).
    """

    name: str
    products: tuple[str, ...]
    days: int
    dollars: int
    held: float
    stays: float
    called: float
    pays: float
    spread: float


KINDS = (
    Kind("structured_note", ("SN-A", "SN-B", "SN-C"), 91, 800_000, 0.06, 0.58, 0.15, 0.06, 0.03),
    Kind("margin", ("MG-6M",), 182, 600_000, 0.08, 0.82, 0.0, 0.0, 0.0),
    Kind("advice", ("AD-Y", "AD-PLUS"), 365, 12_000, 0.05, 0.66, 0.0, 0.0, 0.0),
)
ROUNDS = 5


def client_contacts(
    random: np.random.Generator, accounts: Array, first: int, last: int, now: int
) -> pa.Table:
    """Contacts of the clients of some accounts from one date (number) to another, as they were known until `now`.

    `accounts` has the columns account, party and branch; each account's client calls its own branch.
    """
    count = int(random.poisson(CONTACTS_A_CLIENT * len(accounts)))
    owner = random.integers(0, len(accounts), count)
    channel = random.choice(len(CHANNELS), count, p=CHANNEL_SHARES)
    days = random.integers(first, last + 1, count)
    opened = days.astype(np.int64) * DAY + (HOUR + random.random(count) * 8 * HOUR).astype(np.int64)
    complaint = random.random(count) < COMPLAINTS * (1 + _slow(accounts["branch"])[owner])
    hours = np.array(CHANNEL_HOURS)[channel] * np.exp(random.normal(0, 0.9, count))
    hours *= (1 + _slow(accounts["branch"])[owner]) * np.where(complaint, 6, 1)
    closed = opened + (hours * HOUR).astype(np.int64)
    mark = 4.4 - 1.6 * complaint - 0.5 * np.log1p(hours / LATE_HOURS) + random.normal(0, 0.7, count)
    kind = np.where(complaint, 0, 1 + (random.random(count) < 0.4))
    told = opened < now
    columns = {
        "contact": pa.array(
            [f"C{account:07d}-{n:06d}" for n, account in enumerate(accounts["account"][owner].tolist())]
        ),
        "client": pa.array([f"K{party:07d}" for party in accounts["party"][owner].tolist()]),
        "branch": pa.array([str(branch) for branch in accounts["branch"][owner].tolist()]),
        "channel": pa.array(CHANNELS).take(pa.array(channel)),
        "topic": pa.array(TOPICS).take(pa.array(random.integers(0, len(TOPICS), count))),
        "kind": pa.array(("complaint", "request", "question")).take(pa.array(kind)),
        "date": pa.array(days.astype(np.int32)).cast(pa.date32()),
        "ts": pa.array(opened),
    }
    marked = random.random(count) < ASKED
    score = pa.array(np.clip(np.rint(mark), 1, 5).astype(np.int32), mask=~marked)
    at_first = {"closed": pa.nulls(count, pa.int64()), "satisfaction": pa.nulls(count, pa.int32())}
    since = {"closed": pa.array(closed), "satisfaction": score}
    come = pa.table(columns | at_first | {"known_time": pa.array(opened)}).filter(pa.array(told))
    done = pa.table(columns | since | {"known_time": pa.array(closed)}).filter(pa.array(closed < now))
    return pa.concat_tables([come, done])


def product_terms(random: np.random.Generator, accounts: Array, first: int, last: int) -> pa.Table:
    """Contracts of the clients of some accounts that began from one date (number) to another, and how they ended until
    the last one; a renewed contract goes on as a new one.
    """
    parts = []
    for kind in KINDS:
        holds = np.flatnonzero(random.random(len(accounts)) < kind.held)
        product = random.integers(0, len(kind.products), len(holds))
        start = random.integers(first - kind.days // 2, last + 1, len(holds))
        dollars = np.exp(random.normal(np.log(kind.dollars), 0.5, len(holds)))
        amount = np.maximum(np.rint(dollars / 1_000), 1).astype(np.int64) * 1_000 * SCALE
        for turn in range(ROUNDS):
            rows = _contracts(random, kind, accounts[holds], product, start, amount, turn, last)
            parts.append(rows)
            stays = np.asarray(rows["stays"])
            holds, product, amount = holds[stays], product[stays], amount[stays]
            start = start[stays] + kind.days
    return pa.concat_tables([told for rows in parts for told in _as_known(rows)])


def _contracts(
    random: np.random.Generator, kind: Kind, clients: Array, product: Array, start: Array, amount: Array, turn: int,
    last: int,
) -> pa.Table:  # fmt: skip
    """One round of contracts with how they will end: `over` tells those that have by the last date."""
    count = len(clients)
    end = start + kind.days
    draw = random.random(count)
    stays = draw < kind.stays - 0.15 * _slow(clients["branch"])
    called = draw > 1 - kind.called
    ended = np.where(called, start + kind.days // 2, end)
    over = ended <= last
    paid = amount + np.rint(
        amount * random.normal(kind.pays, kind.spread, count) * (ended - start) / 365
    ).astype(np.int64)
    outcome = pa.array(("renewed", "left", "called")).take(
        pa.array(np.where(called, 2, np.where(stays, 0, 1)))
    )
    names = [f"{kind.name[0].upper()}{account:07d}-{turn}" for account in clients["account"].tolist()]
    return pa.table({
        "contract": pa.array(names, pa.string()),
        "product": pa.array(kind.products).take(pa.array(product)),
        "kind": pa.array([kind.name] * count, pa.string()),
        "client": pa.array([f"K{party:07d}" for party in clients["party"].tolist()], pa.string()),
        "branch": pa.array([str(branch) for branch in clients["branch"].tolist()], pa.string()),
        "start": _dates(start), "end": _dates(end), "amount": pa.array(amount),
        "currency": pa.array(["TWD"] * count, pa.string()),
        "outcome": outcome, "ended_on": _dates(ended),
        "paid_back": pa.array(paid // 100 * 100, mask=np.full(count, kind.pays == 0)),
        "over": pa.array(over), "stays": pa.array(stays & ~called & over),
    })  # fmt: skip


def _as_known(rows: pa.Table) -> list[pa.Table]:
    """Each contract as it was known when it began, and those that are over as known since they ended."""
    over = rows["over"]
    rows = rows.drop_columns(["over", "stays"])
    begun = rows
    for name in ("outcome", "ended_on", "paid_back"):
        place = begun.column_names.index(name)
        begun = begun.set_column(place, name, pa.nulls(rows.num_rows, rows.schema.field(name).type))
    told = ((begun, "start"), (rows.filter(over), "ended_on"))
    return [part.append_column("known_time", pa.array(_day_ends(part[name]))) for part, name in told]


def _slow(branches: Array) -> Array:
    """How slow each branch is, from 0 to 1: a matter of its number."""
    slow: Array = (branches.astype(np.int64) * 7 % 12) / 11
    return slow


def _dates(numbers: Array) -> pa.Array:
    return pa.array(numbers.astype(np.int32)).cast(pa.date32())


def _day_ends(dates: pa.ChunkedArray) -> Array:
    numbers: Array = dates.cast(pa.int32()).to_numpy().astype(np.int64)
    ends: Array = (numbers + 1) * DAY
    return ends
