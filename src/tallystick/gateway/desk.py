"""Where operations run: away from the event loop, one after the other.

The machines that a house follows are for one thread at a time, so the daily work has one worker. Work that reads a
whole day's journal or a large file has a second worker if it is given an opened house of its own, so that pages go
on meanwhile; else it waits its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from tallystick.core.context import Context
from tallystick.core.operations import call

if TYPE_CHECKING:
    from tallystick.core.access import Actor
    from tallystick.core.context import House

__all__ = ["LONG_WORK", "Desk"]

LONG_WORK = frozenset(
    {
        "governance.day_report", "governance.onboard", "governance.onboard_compare", "history.asof", "history.factors",
        "history.load", "history.panel", "history.resample", "history.sql", "history.stream", "journal.check",
        "history.verify_archive", "history.verify_sealed", "journal.repair", "journal.replay", "journal.verify",
        "journal.why", "simulation.run",
    }
)  # fmt: skip
"""Operations that may take seconds to minutes."""

Result = TypeVar("Result")


class Desk:
    """Runs operations of one firm for the doors of this process; `aside` is a second opening of it, for long work."""

    def __init__(self, house: House, aside: House | None = None) -> None:
        self.house = house
        self._aside = aside or house
        self._daily = ThreadPoolExecutor(1, "operations")
        self._long = ThreadPoolExecutor(1, "long-work") if aside else self._daily

    async def call(self, actor: Actor, name: str, fields: Any = None, *, language: str = "en") -> Any:
        """The reply of an operation called by an actor: a record, a Table or a Rejection.

        Forbidden, NotFound and other TallystickErrors are raised as the operation raised them.
        """
        long = name in LONG_WORK
        context = Context(self._aside if long else self.house, actor, language=language)
        worker = self._long if long else self._daily
        return await asyncio.get_running_loop().run_in_executor(worker, call, context, name, fields)

    async def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do other work that touches the house (a login, a session) in the operations' thread."""
        return await asyncio.get_running_loop().run_in_executor(self._daily, work, *arguments)

    def warm(self) -> None:
        """Begin to bring the machines to the journal's head, so that the first caller waits less."""
        self._daily.submit(self.house.machine, "day")
        if self._long is not self._daily:
            self._long.submit(self._aside.machine, "day")

    def close(self) -> None:
        """Let running work end and take no more."""
        self._daily.shutdown()
        self._long.shutdown(cancel_futures=True)
