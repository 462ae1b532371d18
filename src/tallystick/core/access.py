"""Who may do what: roles granted in the journal, patterns of permissions, default deny.

A permission is `room.right` (`history.read`, `risk.manage`); a role holds patterns of them (`*.read`).
"""

from __future__ import annotations

import fnmatch
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import Forbidden
from tallystick.core.events import Command, Reason, event
from tallystick.core.plain import PlainMachine
from tallystick.core.schema import Record, Text
from tallystick.core.time import SECOND, Clock, SystemClock

if TYPE_CHECKING:
    from tallystick.core.context import Context, House
    from tallystick.core.vault import Vault

__all__ = [
    "Access",
    "AccessMachine",
    "AccessState",
    "Actor",
    "DefineRole",
    "GrantRole",
    "PersonalDataRead",
    "RevokeRole",
    "seed_roles",
]

SESSION_SECONDS = 12 * 3600
ENTRY_SECONDS = 600
UNKNOWN_ROLE = Reason("core.unknown_role", "There is no role {role}.", "See `tally access roles`.")
LAST_ADMINISTRATOR = Reason(
    "core.last_administrator", "{user} is the last administrator.", "Grant the role to another person first."
)


class Actor(msgspec.Struct, frozen=True):
    """Who calls: a user's name, as it stands in the journal."""

    name: str


@event("core.define_role")
class DefineRole(Command, frozen=True, kw_only=True):
    """A role and the permission patterns it holds; defining it again replaces them."""

    role: Text
    permissions: list[str]


@event("core.grant_role", reasons=(UNKNOWN_ROLE,))
class GrantRole(Command, frozen=True, kw_only=True):
    """Give a user a role."""

    user: Text
    role: Text


@event("core.revoke_role", reasons=(UNKNOWN_ROLE, LAST_ADMINISTRATOR))
class RevokeRole(Command, frozen=True, kw_only=True):
    """Take a role from a user."""

    user: Text
    role: Text


@event("core.personal_data_read")
class PersonalDataRead(Command, frozen=True, kw_only=True):
    """Someone is about to be shown personal data: by which operation, about whom (keyed reference or account)."""

    operation: Text
    subject: Text


class AccessState(msgspec.Struct):
    """Roles with their patterns, users with their roles, and how often personal data was read."""

    roles: dict[str, list[str]] = {}
    grants: dict[str, list[str]] = {}
    personal_reads: int = 0


class AccessMachine(PlainMachine[AccessState]):
    """Holds roles and grants."""

    name = "access"
    decides: tuple[type[Record], ...] = (DefineRole, GrantRole, RevokeRole, PersonalDataRead)

    def __init__(self) -> None:
        super().__init__(AccessState())

    def mask_of(self, command: Any) -> int:
        """Roles must exist; one administrator must stay."""
        if isinstance(command, GrantRole | RevokeRole):
            unknown = int(command.role not in self.state.roles)
            holders = [user for user, roles in self.state.grants.items() if "administrator" in roles]
            last = (
                isinstance(command, RevokeRole)
                and command.role == "administrator"
                and holders == [command.user]
            )
            return unknown | last << 1
        return 0

    def accept(self, command: Any) -> None:
        """Change roles and grants."""
        if isinstance(command, DefineRole):
            self.state.roles[command.role] = command.permissions
        elif isinstance(command, GrantRole):
            roles = self.state.grants.setdefault(command.user, [])
            if command.role not in roles:
                roles.append(command.role)
        elif isinstance(command, RevokeRole):
            self.state.grants[command.user] = [
                r for r in self.state.grants.get(command.user, []) if r != command.role
            ]
        elif isinstance(command, PersonalDataRead):
            self.state.personal_reads += 1

    def allows(self, user: str, permission: str) -> bool:
        """Whether some role of the user holds a pattern that fits the permission."""
        patterns = [p for role in self.state.grants.get(user, []) for p in self.state.roles.get(role, [])]
        return any(fnmatch.fnmatchcase(permission, pattern) for pattern in patterns)


class Access:
    """The service that doors ask: permissions from the journal, passwords and sessions from the vault."""

    def __init__(self, house: House, vault: Vault, clock: Clock | None = None) -> None:
        self._house = house
        self._vault = vault
        self._clock = clock or SystemClock()

    def allows(self, actor: Actor, permission: str) -> bool:
        """Whether the actor may."""
        machine: AccessMachine = self._house.machine("access")
        return machine.allows(actor.name, permission)

    def require(self, actor: Actor, permission: str) -> None:
        """Forbidden, naming the permission, unless the actor has it."""
        if not self.allows(actor, permission):
            raise Forbidden(
                "access.forbidden",
                "{user} lacks the permission {permission}.",
                "Ask an administrator for a role that holds it.",
                user=actor.name,
                permission=permission,
            )

    def journal_personal(self, context: Context, operation: str, request: Record) -> None:
        """Put on record that personal data is about to be shown."""
        subject = msgspec.json.encode(request).decode()
        context.send(PersonalDataRead(operation=operation, subject=subject))

    def authenticate(self, user: str, password: str) -> Actor | None:
        """The actor of a user with this password, or None."""
        return Actor(user) if self._vault.check_password(user, password) else None

    def session(self, actor: Actor) -> str:
        """A token that stands for the actor for twelve hours."""
        return self._vault.open_session(actor.name, self._clock.now() + SESSION_SECONDS * SECOND)

    def entry(self, actor: Actor) -> str:
        """A token for an address that signs the actor in: it opens the door once, within ten minutes."""
        return self._vault.open_entry(actor.name, self._clock.now() + ENTRY_SECONDS * SECOND)

    def enter(self, entry: str) -> Actor | None:
        """The actor that an entry token was made for, or None; the token is used up."""
        user = self._vault.take_entry(entry, self._clock.now())
        return Actor(user) if user else None

    def actor_of(self, token: str) -> Actor | None:
        """The actor that a token stands for, or None."""
        user = self._vault.session_user(token, self._clock.now())
        return Actor(user) if user else None

    def end_session(self, token: str) -> None:
        """Log out."""
        self._vault.close_session(token)

    def set_password(self, user: str, password: str) -> None:
        """Set a user's password."""
        self._vault.set_password(user, password)


def seed_roles() -> list[DefineRole]:
    """The roles a new firm starts with, from the package's data."""
    text = (resources.files("tallystick.core") / "data" / "roles.toml").read_text(encoding="utf-8")
    roles = tomllib.loads(text)["roles"]
    return [
        DefineRole(command_id=f"seed-role-{role}", role=role, permissions=list(held))
        for role, held in roles.items()
    ]
