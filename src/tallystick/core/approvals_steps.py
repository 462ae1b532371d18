"""What became of a proposal: the commands on the journal that are about it, from the proposing to what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.core.approvals import ApproveProposal, Proposal, Propose, RefuseProposal
from tallystick.core.events import event_of
from tallystick.core.schema import Record

if TYPE_CHECKING:
    from tallystick.core.journal import Batch, JournalReader

__all__ = ["ABOUT_PROPOSALS", "ProposalStep", "find_steps"]

ABOUT_PROPOSALS = tuple(event_of(record).kind for record in (Propose, ApproveProposal, RefuseProposal))
"""The kinds of command that name a proposal in `proposal`."""


class ProposalStep(Record, frozen=True, kw_only=True):
    """One command about a proposal: what it was, where it stands on the journal, who sent it and why, whether it was
    accepted and, if not, the codes of the reasons. The last one may be the proposed command itself.
    """

    kind: str
    seq: int
    index: int
    recorded_at: int
    actor: str
    accepted: bool
    reason: str
    reasons: list[str]


def find_steps(journal: JournalReader, number: str, proposal: Proposal) -> list[ProposalStep]:
    """The commands about a proposal in order, those that were refused too.

    Days are read from the newest back to the one that has the proposal. JournalDamaged as by the reader.
    """
    kinds = {*ABOUT_PROPOSALS, proposal.kind}
    steps: list[ProposalStep] = []
    for day in reversed(journal.days()):
        found = [
            _step(batch, index, command)
            for batch in journal.batches(day=day, kinds=kinds)
            if not batch.event_type.fixed
            for index, command in enumerate(batch.records)
            if _is_about(batch.kind, command, number)
        ]
        steps = found + steps
        if any(step.kind == ABOUT_PROPOSALS[0] and step.accepted for step in found):
            break
    return steps


def _is_about(kind: str, command: Any, number: str) -> bool:
    """Whether a command names a proposal, or is the proposed one, whose id says so."""
    if kind in ABOUT_PROPOSALS:
        return bool(command.proposal == number)
    return bool(command.command_id == f"approved-{number}")


def _step(batch: Batch, index: int, command: Any) -> ProposalStep:
    mask = int(batch.verdicts[index]["mask"])
    return ProposalStep(
        kind=batch.kind,
        seq=batch.seq,
        index=index,
        recorded_at=batch.recorded_at,
        actor=batch.actor,
        accepted=mask == 0,
        reason=command.reason if batch.kind in ABOUT_PROPOSALS and hasattr(command, "reason") else "",
        reasons=[reason.code for reason in batch.event_type.reasons_in(mask)],
    )
