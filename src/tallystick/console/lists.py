"""Pages of kind LIST: one route for each declaration."""

from __future__ import annotations

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.listing import ListPage, grid_config, usable_filters
from tallystick.console.shell import AnyRequest, PageShell, say_in
from tallystick.core.operations import find_operation

__all__ = ["list_route"]


def list_route(page: ListPage, template: str = "list.html") -> HTTPRouteHandler:
    """The route of a list page: the shell with its filters and an empty grid, which asks for rows by itself."""

    @get(page.address, name=f"page {page.name}")
    async def show(request: AnyRequest, shell: PageShell) -> Response[str]:
        found = find_operation(page.operation)
        grid = grid_config(page, found, say_in(shell, request), shell.firm.currency)
        title = shell.say(request, page.title)
        return await show_page(
            request, shell, template, title=title, grid=grid, filters=usable_filters(page, found)
        )

    return show
