"""Access: who holds which role, and what each role may do."""

from __future__ import annotations

from tallystick.console.listing import Action, Column, ListPage
from tallystick.console.lists import list_route
from tallystick.console.words import mark as _

__all__ = ["HANDLERS", "ROLES", "USERS"]

USERS = ListPage(
    name="users",
    address="/access/users",
    title=_("Users"),
    operation="access.users",
    columns=(
        Column("user", width=240, grow=True),
        Column("role", width=240, grow=True),
    ),
    key=("user", "role"),
    record="/do/access.revoke?user={user}&role={role}",
    sort="user",
    empty=_("People and programs that may call operations will be here, each with its roles."),
    command="tally access grant --user … --role …",
    actions=(
        Action(_("Give a role"), "/do/access.grant"),
        Action(_("Take a role away"), "/do/access.revoke"),
        Action(_("Set a password"), "/do/access.set_password"),
    ),
)

ROLES = ListPage(
    name="roles",
    address="/access/roles",
    title=_("Roles"),
    operation="access.roles",
    columns=(
        Column("role", width=240, grow=True),
        Column("permission", width=240, grow=True),
    ),
    key=("role", "permission"),
    record="/do/access.grant?role={role}",
    sort="role",
    empty=_("Roles and the permissions they hold will be here."),
    command="tally init DIR",
)

HANDLERS = [list_route(USERS), list_route(ROLES)]
