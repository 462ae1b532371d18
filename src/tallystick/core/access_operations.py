"""The doors to access, approvals and work items: used by every room alike."""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.access import AccessMachine, GrantRole, RevokeRole
from tallystick.core.approvals import (
    ApprovalsMachine,
    ApproveProposal,
    Proposal,
    RefuseProposal,
    proposal_for,
    proposed_command,
    summary_of,
)
from tallystick.core.context import Context, Decision
from tallystick.core.errors import NotFound, Rejection, TallystickError, suggestion
from tallystick.core.events import Command
from tallystick.core.operations import Table, operation
from tallystick.core.proposed import ProposedField, proposed_fields
from tallystick.core.schema import Record, Timestamp
from tallystick.core.work import AssignWork, CloseWork, NoteWork, OpenWork, WorkMachine

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DoneReply", "propose"]

PASSWORD_LENGTH = 12


class NoFields(Record, frozen=True, kw_only=True):
    """Nothing to say."""


class DoneReply(Record, frozen=True, kw_only=True):
    """Done and on record: what, and the journal batch that holds it."""

    id: str
    position: int


class ProposedReply(DoneReply, frozen=True, kw_only=True):
    """Proposed and on record under its number `id`; nothing changes before a second person approves it."""

    waits: bool = True


class WhoReply(Record, frozen=True, kw_only=True):
    """Who is calling, with which roles and permission patterns."""

    user: str
    roles: list[str]
    permissions: list[str]


class GrantRequest(Record, frozen=True, kw_only=True):
    """A user and a role."""

    user: str
    role: str


class PasswordRequest(Record, frozen=True, kw_only=True):
    """A user and a new password of at least 12 characters; the command line asks for it."""

    user: str
    password: str = ""


class ListRequest(Record, frozen=True, kw_only=True):
    """Which rows: all or only open ones, sorted by a column (`-` before it: descending)."""

    state: str = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


class ProposalRequest(Record, frozen=True, kw_only=True):
    """A proposal's number, and why (asked for when refusing)."""

    proposal: str
    reason: str = ""


class ShowProposalRequest(Record, frozen=True, kw_only=True):
    """A proposal's number."""

    proposal: str


class ProposalReply(Record, frozen=True, kw_only=True):
    """A proposal whole: who proposed what and why, where it stands, and each field of the command that it holds.

    While it is open, `changes` has what is in force now beside what is proposed. `content` is the hash (hex) that an
    approval is bound to.
    """

    proposal: str
    state: str
    kind: str
    summary: str
    reason: str
    maker: str
    proposed_at: Timestamp
    checker: str
    decided_at: Timestamp
    content: str
    changes: list[ProposedField]


class OpenWorkRequest(Record, frozen=True, kw_only=True):
    """Something to be done: the room it belongs to, what about, by whom, until when."""

    room: str
    title: str
    subject: str = ""
    owner: str = ""
    severity: str = "medium"
    due: datetime.date | None = None


class WorkRequest(Record, frozen=True, kw_only=True):
    """A work item's number and a text: the new owner, the note, or the outcome."""

    work: str
    text: str


@operation("access.whoami", permission="journal.read", summary="Who is calling, and what they may do.")
def whoami(context: Context, request: NoFields) -> WhoReply:
    """The actor's roles and permission patterns."""
    state = _access(context).state
    roles = state.grants.get(context.actor.name, [])
    return WhoReply(
        user=context.actor.name,
        roles=roles,
        permissions=sorted({pattern for role in roles for pattern in state.roles.get(role, [])}),
    )


@operation("access.users", permission="access.read", summary="Users and their roles.")
def users(context: Context, request: ListRequest) -> Table:
    """A row for each user and role."""
    grants = _access(context).state.grants
    return _table(
        ({"user": user, "role": role} for user, roles in sorted(grants.items()) for role in roles),
        request,
        ["user", "role"],
    )


@operation("access.roles", permission="access.read", summary="Roles and the permissions they hold.")
def roles(context: Context, request: ListRequest) -> Table:
    """A row for each role and permission pattern."""
    held = _access(context).state.roles
    return _table(
        ({"role": role, "permission": p} for role, patterns in sorted(held.items()) for p in patterns),
        request,
        ["role", "permission"],
    )


@operation("access.grant", permission="access.admin", summary="Give a user a role.", writes=True)
def grant(context: Context, request: GrantRequest) -> DoneReply | Rejection:
    """Effective at once, and on record."""
    return _done(context.send(GrantRole(user=request.user, role=request.role)), request.user, request)


@operation("access.revoke", permission="access.admin", summary="Take a role from a user.", writes=True)
def revoke(context: Context, request: GrantRequest) -> DoneReply | Rejection:
    """Effective at once, and on record; the last administrator stays."""
    return _done(context.send(RevokeRole(user=request.user, role=request.role)), request.user, request)


@operation(
    "access.set_password",
    permission="access.admin",
    summary="Set a user's password for the console.",
    writes=True,
)
def set_password(context: Context, request: PasswordRequest) -> DoneReply:
    """Keeps the argon2 hash in the vault; the journal never sees it."""
    if len(request.password) < PASSWORD_LENGTH:
        raise TallystickError(
            "access.short_password",
            "The password is too short.",
            "Use at least {length} characters.",
            length=PASSWORD_LENGTH,
        )
    context.access.set_password(request.user, request.password)
    return DoneReply(id=request.user, position=context.journal.head().seq)


@operation(
    "approvals.list",
    permission="approvals.read",
    summary="Proposals that wait for a second person, and past ones.",
)
def list_proposals(context: Context, request: ListRequest) -> Table:
    """A row for each proposal: who proposed what, why, and where it stands."""
    columns = [
        "proposal",
        "state",
        "kind",
        "summary",
        "reason",
        "maker",
        "proposed_at",
        "checker",
        "decided_at",
    ]
    rows = (
        {"proposal": number}
        | {name: getattr(found, name) for name in columns[1:]}
        | {"summary": summary_of(found, context.language)}
        for number, found in _approvals(context).state.proposals.items()
        if request.state in ("", found.state)
    )
    return _table(rows, request, columns)


@operation(
    "approvals.show",
    permission="approvals.read",
    summary="Show a proposal whole: the command that it holds, field by field, beside what is in force.",
)
def show_proposal(context: Context, request: ShowProposalRequest) -> ProposalReply:
    """What the second person looks at. NotFound when there is no proposal of that number."""
    found = _proposal_of(context, request.proposal)
    return ProposalReply(
        proposal=request.proposal,
        state=found.state,
        kind=found.kind,
        summary=summary_of(found, context.language),
        reason=found.reason,
        maker=found.maker,
        proposed_at=found.proposed_at,
        checker=found.checker,
        decided_at=found.decided_at,
        content=found.content.hex(),
        changes=proposed_fields(context.house, proposed_command(found), compare=found.state == "open"),
    )


@operation(
    "approvals.approve",
    permission="approvals.approve",
    summary="Approve a proposal as the second person.",
    writes=True,
)
def approve(context: Context, request: ProposalRequest) -> DoneReply | Rejection:
    """The proposed command is then sent; its own machine may still refuse it."""
    proposal = _proposal_of(context, request.proposal)
    decision = context.send(ApproveProposal(proposal=request.proposal))
    if not decision.accepted:
        return _done(decision, request.proposal, request, actor=context.actor.name)
    command = proposed_command(proposal)
    if hasattr(command, "approval"):
        command = msgspec.structs.replace(command, approval=request.proposal)
    return _done(context.send(command), request.proposal, command)


@operation(
    "approvals.refuse", permission="approvals.approve", summary="Refuse or withdraw a proposal.", writes=True
)
def refuse(context: Context, request: ProposalRequest) -> DoneReply | Rejection:
    """The proposal is closed; nothing else changes."""
    if not request.reason:
        raise TallystickError("approvals.no_reason", "A refusal needs a reason.", "Say why in `reason`.")
    return _done(
        context.send(RefuseProposal(proposal=request.proposal, reason=request.reason)),
        request.proposal,
        request,
    )


@operation("work.list", permission="work.read", summary="Work items with owner and deadline.")
def list_work(context: Context, request: ListRequest) -> Table:
    """A row for each work item; `state` is `open` or `closed`."""
    columns = [
        "work",
        "state",
        "severity",
        "room",
        "title",
        "subject",
        "owner",
        "due",
        "opened_at",
        "opened_by",
        "outcome",
    ]
    machine: WorkMachine = context.machine("work")
    rows = (
        {"work": number, "state": "closed" if item.outcome else "open"}
        | {name: getattr(item, name) for name in columns[2:]}
        for number, item in machine.state.items.items()
        if request.state in ("", "closed" if item.outcome else "open")
    )
    return _table(rows, request, columns)


@operation("work.open", permission="work.manage", summary="Open a work item.", writes=True)
def open_work(context: Context, request: OpenWorkRequest) -> DoneReply | Rejection:
    """A new item with a number of its own."""
    number = uuid.uuid4().hex[:10]
    command = OpenWork(work=number, **msgspec.structs.asdict(request))
    return _done(context.send(command), number, request)


@operation("work.assign", permission="work.manage", summary="Give a work item to a person.", writes=True)
def assign_work(context: Context, request: WorkRequest) -> DoneReply | Rejection:
    """`text` names the new owner."""
    return _done(context.send(AssignWork(work=request.work, owner=request.text)), request.work, request)


@operation("work.note", permission="work.manage", summary="Add a note to a work item.", writes=True)
def note_work(context: Context, request: WorkRequest) -> DoneReply | Rejection:
    """Notes are never changed."""
    return _done(context.send(NoteWork(work=request.work, note=request.text)), request.work, request)


@operation("work.close", permission="work.manage", summary="Close a work item with its outcome.", writes=True)
def close_work(context: Context, request: WorkRequest) -> DoneReply | Rejection:
    """`text` says what came of it."""
    return _done(context.send(CloseWork(work=request.work, outcome=request.text)), request.work, request)


def propose(context: Context, command: Command, summary: str, reason: str) -> ProposedReply | Rejection:
    """Propose a command that needs a second person; rooms call this from the operations that change rules.

    `summary` is an English sentence whose `{name}` places are fields of the command, the key of its translations.
    """
    number = uuid.uuid4().hex[:10]
    made = _done(context.send(proposal_for(command, number, summary, reason)), number, command)
    return ProposedReply(id=made.id, position=made.position) if isinstance(made, DoneReply) else made


def _done(decision: Decision, identity: str, said: Record, **more: Any) -> DoneReply | Rejection:
    """The reply of a durable decision, or the first reason against it."""
    if decision.accepted:
        return DoneReply(id=identity, position=decision.position)
    return decision.rejections(msgspec.structs.asdict(said) | more)[0]


def _proposal_of(context: Context, number: str) -> Proposal:
    """The proposal of a number, open or not."""
    found = _approvals(context).state.proposals.get(number)
    if found is None:
        raise NotFound(
            "core.unknown_proposal",
            "There is no open proposal {proposal}.",
            "See `tally approvals list`.",
            proposal=number,
        )
    return found


def _access(context: Context) -> AccessMachine:
    machine: AccessMachine = context.machine("access")
    return machine


def _approvals(context: Context) -> ApprovalsMachine:
    machine: ApprovalsMachine = context.machine("approvals")
    return machine


def _table(rows: Iterable[dict[str, Any]], request: ListRequest, columns: list[str]) -> Table:
    """Rows as a table: sorted by a known column, paged."""
    import pyarrow as pa

    found = list(rows)
    column = request.sort.lstrip("-")
    if column:
        if column not in columns:
            remedy, near = suggestion(column, columns)
            raise NotFound("operations.column", "There is no column {column}.", remedy, column=column, **near)
        found.sort(key=lambda row: (row[column] is None, row[column]), reverse=request.sort.startswith("-"))
    page = found[request.offset : request.offset + request.limit]
    arrays = {name: pa.array([row[name] for row in page]) for name in columns}
    return Table(pa.table(arrays), total_rows=len(found))
