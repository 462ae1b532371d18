"""Operations run one after the other; long work runs beside them when it has an opening of its own."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

from tallystick.core.access import Actor
from tallystick.core.operations import operation
from tallystick.core.schema import Record
from tallystick.gateway.desk import Desk


class Ask(Record, frozen=True, kw_only=True):
    """Nothing."""


def house(name):
    access = SimpleNamespace(require=lambda actor, permission: None)
    return SimpleNamespace(name=name, access=access, machine=lambda name: None)


def declare(shop, name, work):
    def run(context, request):
        return work(context)

    run.__annotations__ = {"context": object, "request": Ask, "return": object}
    operation(name, permission="shop.read", summary="Work.")(run)


async def both(desk, first, second):
    ann = Actor("ann")
    return await asyncio.wait_for(asyncio.gather(desk.call(ann, first), desk.call(ann, second)), 10)


def test_long_work_with_its_own_opening_does_not_hold_up_the_daily(shop):
    done = threading.Event()
    declare(shop, "journal.check", lambda context: (done.wait(10), context.house.name)[1])
    declare(shop, "shop.quick", lambda context: (done.set(), context.house.name)[1])
    desk = Desk(house("daily"), house("aside"))
    assert asyncio.run(both(desk, "journal.check", "shop.quick")) == ["aside", "daily"]
    desk.close()


def test_without_an_opening_of_its_own_it_waits_its_turn(shop):
    running, threads = threading.Lock(), set()

    def work(context):
        assert running.acquire(blocking=False), "two operations at once in one house"
        threads.add(threading.get_ident())
        running.release()
        return context.house.name

    declare(shop, "journal.check", work)
    declare(shop, "shop.quick", work)
    desk = Desk(house("daily"))
    assert asyncio.run(both(desk, "journal.check", "shop.quick")) == ["daily", "daily"]
    assert len(threads) == 1
    desk.close()
