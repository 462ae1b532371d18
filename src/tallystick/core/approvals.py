"""Four eyes: one person proposes a command, another approves it, and only then do the machines take it.

The proposal holds the command itself; approving sends it with the proposal's number. Its id is fixed by the
proposal, so that an approval serves once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from tallystick.core.errors import fill
from tallystick.core.events import Command, Reason, event, event_of, event_type
from tallystick.core.plain import PlainMachine
from tallystick.core.ready import ready
from tallystick.core.schema import Record, Text
from tallystick.core.text import translate

__all__ = [
    "ApprovalsMachine",
    "ApprovalsState",
    "ApproveProposal",
    "Approved",
    "Proposal",
    "Propose",
    "RefuseProposal",
    "content_of",
    "proposal_for",
    "proposed_command",
    "summary_of",
]

Approved = Callable[[str, bytes], bool]
"""Asks whether a second person approved exactly this content under this proposal's number."""

UNKNOWN = Reason(
    "core.unknown_proposal", "There is no open proposal {proposal}.", "See `tally approvals list`."
)
SAME_PERSON = Reason("core.same_person", "{actor} made this proposal.", "A second person must approve it.")


@event(
    "core.propose",
    reasons=(Reason("core.proposal_taken", "Proposal {proposal} exists.", "Use a new number."),),
)
class Propose(Command, frozen=True, kw_only=True):
    """Propose a command for a second person's approval: kind, version, content hash, bytes, a summary for people."""

    proposal: Text
    kind: Text
    version: int
    content: bytes
    payload: bytes
    summary: Text
    reason: Text


@event("core.approve_proposal", reasons=(UNKNOWN, SAME_PERSON))
class ApproveProposal(Command, frozen=True, kw_only=True):
    """A second person approves."""

    proposal: Text


@event("core.refuse_proposal", reasons=(UNKNOWN,))
class RefuseProposal(Command, frozen=True, kw_only=True):
    """A second person refuses, or the proposer withdraws, saying why."""

    proposal: Text
    reason: Text


class Proposal(msgspec.Struct):
    """A proposal and where it stands: `open`, `approved`, `refused`."""

    maker: str
    kind: str
    version: int
    content: bytes
    payload: bytes
    summary: str
    reason: str
    proposed_at: int
    state: str = "open"
    checker: str = ""
    decided_at: int = 0


class ApprovalsState(msgspec.Struct):
    """All proposals by number."""

    proposals: dict[str, Proposal] = {}


class ApprovalsMachine(PlainMachine[ApprovalsState]):
    """Holds proposals; other machines ask it whether a command was approved."""

    name = "approvals"
    decides: tuple[type[Record], ...] = (Propose, ApproveProposal, RefuseProposal)

    def __init__(self) -> None:
        super().__init__(ApprovalsState())

    def mask_of(self, command: Any) -> int:
        """Numbers are new, proposals open, makers no checkers."""
        found = self.state.proposals.get(command.proposal)
        if isinstance(command, Propose):
            return int(found is not None)
        closed = int(found is None or found.state != "open")
        same = isinstance(command, ApproveProposal) and found is not None and found.maker == command.actor
        return closed | same << 1

    def accept(self, command: Any) -> None:
        """Open or close a proposal."""
        if isinstance(command, Propose):
            self.state.proposals[command.proposal] = Proposal(
                maker=command.actor,
                kind=command.kind,
                version=command.version,
                content=command.content,
                payload=command.payload,
                summary=command.summary,
                reason=command.reason,
                proposed_at=command.received_at,
            )
            return
        found = self.state.proposals[command.proposal]
        found.state = "approved" if isinstance(command, ApproveProposal) else "refused"
        found.checker, found.decided_at = command.actor, command.received_at

    def is_approved(self, proposal: str, content: bytes) -> bool:
        """Whether a proposal of exactly this content was approved by a second person."""
        found = self.state.proposals.get(proposal)
        return found is not None and found.state == "approved" and found.content == content


def content_of(command: Command) -> bytes:
    """What a command says, hashed: everything but who sends it, when, and under which approval."""
    blank = {"actor": "", "received_at": 0} | ({"approval": ""} if hasattr(command, "approval") else {})
    bare = msgspec.structs.replace(command, **blank)
    return hashlib.sha256(
        event_of(type(command)).kind.encode() + b"\0" + msgspec.msgpack.encode(bare)
    ).digest()


def proposal_for(command: Command, proposal: str, summary: str, reason: str) -> Propose:
    """The proposal of a command; the command's id becomes `approved-<proposal>`, so that it is decided once."""
    command = msgspec.structs.replace(command, command_id=f"approved-{proposal}", actor="", received_at=0)
    kind = event_of(type(command))
    return Propose(
        command_id=f"proposal-{proposal}",
        proposal=proposal,
        kind=kind.kind,
        version=kind.version,
        content=content_of(command),
        payload=msgspec.msgpack.encode(command),
        summary=summary,
        reason=reason,
    )


def proposed_command(proposal: Proposal) -> Any:
    """The command that a proposal holds."""
    record = event_type(proposal.kind, proposal.version).record
    return msgspec.msgpack.decode(proposal.payload, type=ready(record))


def summary_of(proposal: Proposal, language: str) -> str:
    """What is proposed, in a language, the sentence's places filled from the command."""
    sentence = translate(proposal.summary, language)
    return fill(sentence, msgspec.structs.asdict(proposed_command(proposal))) if "{" in sentence else sentence
