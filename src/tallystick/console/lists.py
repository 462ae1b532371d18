"""Pages of kind LIST: one route for each declaration."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.listing import Filter, ListPage, grid_config, usable_filters
from tallystick.console.proposals import open_proposals
from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, PageShell, Shell, say_in
from tallystick.core.operations import find_operation

__all__ = ["list_route"]

EVERY = 10_000
"""Values that a filter lists at most."""


def list_route(page: ListPage, template: str = "list.html") -> HTTPRouteHandler:
    """The route of a list page: the shell with its filters and an empty grid, which asks for rows by itself."""

    @get(page.address, name=f"page {page.name}")
    async def show(request: AnyRequest, shell: PageShell) -> Response[str]:
        found = find_operation(page.operation)
        grid = grid_config(page, found, say_in(shell, request), shell.firm.currency)
        title = shell.say(request, page.title)
        return await show_page(
            request,
            shell,
            template,
            title=title,
            grid=grid,
            filters=[await _with_choices(request, shell, each) for each in usable_filters(page, found)],
            actions=page.actions,
            proposals=await open_proposals(request, shell, page.proposals),
            verifies=page.verifies,
        )

    return show


async def _with_choices(request: AnyRequest, shell: Shell, each: Filter) -> Filter:
    """The filter with the values that an operation lists for it; any text goes for who may not ask it."""
    if each.listed is None:
        return each
    operation, column = each.listed
    answer = await shell.attempt(request, operation, {"limit": EVERY})
    if answer.value is None:
        return msgspec.structs.replace(each, listed=None)
    names = sorted({str(row[column]) for row in rows_of(answer.value)})
    return msgspec.structs.replace(each, choices=tuple(names))
