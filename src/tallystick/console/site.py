"""All pages of the console as one router, for the gateway to take in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Router
from litestar.di import Provide

from tallystick.console import (
    access,
    entrance,
    forms,
    governance,
    history,
    interfaces,
    journal,
    ledger,
    market,
    orders,
    overview,
    work,
)
from tallystick.console.assets import Assets
from tallystick.console.problems import problem_handlers
from tallystick.console.shell import Shell

if TYPE_CHECKING:
    from tallystick.core.context import House

__all__ = ["create_pages"]

FAMILIES = (
    overview, journal, work, history, market, ledger, orders, governance, access, interfaces, forms, entrance,
)  # fmt: skip


def create_pages(house: House) -> list[Router]:
    """The router of all pages over an opened house.

    TallystickError when the scripts were not built (`make assets`).
    """
    shell = Shell(house, Assets())

    def give_shell() -> Shell:
        return shell

    return [
        Router(
            path="/",
            route_handlers=[handler for family in FAMILIES for handler in family.HANDLERS],
            dependencies={"shell": Provide(give_shell, sync_to_thread=False)},
            exception_handlers=problem_handlers(shell),
        )
    ]
