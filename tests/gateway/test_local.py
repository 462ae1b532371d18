"""An operation that takes paths of the server is offered at no network door."""

from __future__ import annotations

from types import SimpleNamespace

from tallystick.core.operations import OPERATIONS
from tallystick.core.settings import Settings
from tallystick.firm import load_operations
from tallystick.gateway import create_api


def test_local_operations_have_no_route_and_no_tool() -> None:
    load_operations()
    local = {name for name, operation in OPERATIONS.items() if operation.local}
    assert {"history.load", "governance.onboard", "governance.onboard_compare"} <= local
    house = SimpleNamespace(settings=Settings(), access=None)
    app = create_api(house)  # type: ignore[arg-type]
    paths = {route.path for route in app.routes}
    assert "/api/history/bars" in paths
    for name in local:
        assert f"/api/{name.replace('.', '/')}" not in paths
