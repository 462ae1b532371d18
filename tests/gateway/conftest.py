"""A firm's front desk: four sample operations of a shop, three people, and the real HTTP application over them."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest
from litestar.testing import TestClient

from tallystick.core import operations as registry
from tallystick.core.access import Actor
from tallystick.core.context import Context
from tallystick.core.errors import Forbidden, NotFound, Rejection
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Hash32, Int64, Money, Record, Text, Timestamp, schema_of
from tallystick.core.settings import Settings
from tallystick.gateway import create_api

BIG = 20261120000000042


class Bar(Record, frozen=True, kw_only=True):
    """One day of one instrument."""

    instrument: Text
    order_id: Int64
    close: Money
    at: Timestamp


class BarsRequest(Record, frozen=True, kw_only=True):
    """Which bars."""

    instruments: list[str] = []
    start: datetime.date | None = None
    minimum: Money = 0
    note: str = "none"
    limit: int = 100
    offset: int = 0
    sort: str = ""


class CountRequest(Record, frozen=True, kw_only=True):
    """How many shares."""

    quantity: int
    reason: str = ""


class CountReply(Record, frozen=True, kw_only=True):
    """What was counted."""

    order_id: Int64
    hash: Hash32
    on: datetime.date
    language: str
    actor: str
    note: str = ""


def bars(context: Context, request: BarsRequest) -> Table:
    """The bars asked for."""
    schema = schema_of(Bar)
    names = request.instruments or ["2330.XTAI", "2317.XTAI"]
    rows = [
        Bar(instrument=name, order_id=BIG + i, close=5_805_000 + i, at=1_795_136_400_000_000_123)
        for i, name in enumerate(names)
    ]
    records = [
        {name: getattr(row, name) for name in schema.columns}
        for row in rows[request.offset :][: request.limit]
    ]
    import pyarrow as pa

    return Table(pa.Table.from_pylist(records, schema=schema.arrow), total_rows=len(rows))


def count(context: Context, request: CountRequest) -> CountReply | Rejection:
    """Count whole lots."""
    if request.quantity % 1000:
        return Rejection(
            code="shop.lot",
            text="Quantity {quantity} is no multiple of {lot}.",
            remedy="Send whole lots.",
            values={"quantity": request.quantity, "lot": 1000},
        )
    return CountReply(
        order_id=BIG,
        hash=b"\x0f" * 32,
        on=datetime.date(2026, 11, 20),
        language=context.language,
        actor=context.actor.name,
        note=request.reason,
    )


def find(context: Context, request: CountRequest) -> CountReply:
    """Find what is not there."""
    raise NotFound("shop.not_found", "There is no {thing}.", "See the list.", thing="shelf")


def stumble(context: Context, request: BarsRequest) -> CountReply:
    """Fail by a fault of the program."""
    raise ZeroDivisionError("the secret inside")


class Access:
    """Three people: one trades, one reads, one may do nothing."""

    people = {"trader": {"shop.read", "shop.trade"}, "reader": {"shop.read"}, "guest": set()}

    def __init__(self):
        self.ended = set()
        self.entries = ["entry-trader"]

    def authenticate(self, user, password):
        return Actor(user) if user in self.people and password == f"{user}-pass" else None

    def session(self, actor):
        return f"token-{actor.name}"

    def actor_of(self, token):
        name = token.removeprefix("token-")
        known = token.startswith("token-") and name in self.people and token not in self.ended
        return Actor(name) if known else None

    def enter(self, entry):
        return Actor("trader") if entry in self.entries and not self.entries.remove(entry) else None

    def end_session(self, token):
        self.ended.add(token)

    def require(self, actor, permission):
        if permission not in self.people[actor.name]:
            raise Forbidden(
                "access.forbidden",
                "{user} lacks {permission}.",
                "Ask.",
                user=actor.name,
                permission=permission,
            )


@pytest.fixture(scope="module")
def shop():
    """The sample operations, in the registry while this module's tests run."""
    before = dict(registry.OPERATIONS)
    registry.OPERATIONS.clear()
    operation("shop.bars", permission="shop.read", summary="Show bars.")(bars)
    operation("shop.count", permission="shop.trade", summary="Count lots.", writes=True)(count)
    operation("shop.find", permission="shop.read", summary="Find a shelf.", writes=True)(find)
    operation("shop.stumble", permission="shop.read", summary="Fail.")(stumble)
    yield dict(registry.OPERATIONS)
    registry.OPERATIONS.clear()
    registry.OPERATIONS.update(before)


@pytest.fixture
def client(shop):
    """Nobody's client; exceptions become replies, as in production."""
    house = SimpleNamespace(access=Access(), settings=Settings(), machine=lambda name: None)
    with TestClient(create_api(house), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def trader(client):
    """The client of someone who holds all permissions, by bearer token."""
    client.headers["Authorization"] = "Bearer token-trader"
    return client
