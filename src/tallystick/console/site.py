"""All pages of the console as one router, for the gateway to take in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from litestar import Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

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


def _beside(handlers: Iterable[HTTPRouteHandler]) -> list[str]:
    """Every address that begins like a page and is none, so that it is answered with a page too: the router goes as far
    as an address's parts are known, and does not turn back.

    >>> _beside([HTTPRouteHandler("/a/b/{name:str}", http_method="GET")])
    ['/a', '/a/b', '/a/b/{name:str}/{address:path}', '/a/{address:path}', '/{address:path}']
    """
    there = {path for handler in handlers for path in handler.paths}
    parts = [path.strip("/").split("/") for path in there]
    begun = {"/" + "/".join(each[:end]) for each in parts for end in range(len(each) + 1)}
    last = {address for address in begun if not address.endswith(":path}")}
    turned = {address.rpartition("/")[0] for address in begun if address.endswith("}")}
    onward = {
        f"{address.rstrip('/')}/{{address:path}}" for address in last if address.rstrip("/") not in turned
    }
    return sorted((last - there - {"/"}) | onward)


def create_pages(house: House) -> list[Router]:
    """The router of all pages over an opened house.

    TallystickError when the scripts were not built (`make assets`).
    """
    shell = Shell(house, Assets())

    def give_shell() -> Shell:
        return shell

    handlers = [handler for family in FAMILIES for handler in family.HANDLERS]
    return [
        Router(
            path="/",
            route_handlers=[*handlers, entrance.nowhere(_beside(handlers))],
            dependencies={"shell": Provide(give_shell, sync_to_thread=False)},
            exception_handlers=problem_handlers(shell),
        )
    ]
