"""Why was this decided so: find a command in the journal, bring the machines to the moment before it, ask them.

The answer names the journal position, the rule set and code in force, every value read and the threshold it was
compared with, and the reasons in words. Of a proposal it also tells what became of it.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.approvals_steps import ABOUT_PROPOSALS, ProposalStep, find_steps
from tallystick.core.engine import Engine
from tallystick.core.errors import NotFound, Rejection, TallystickError
from tallystick.core.events import EventType, all_events
from tallystick.core.follower import Follower
from tallystick.core.ids import day_of_id, parse_day_id
from tallystick.core.journal.damage import JournalDamaged
from tallystick.core.machine import ValueRead
from tallystick.core.money import format_money
from tallystick.core.proposed import ProposedField
from tallystick.core.schema import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tallystick.core.approvals import Proposal
    from tallystick.core.journal import Batch, JournalReader

__all__ = ["Why", "find_command", "said_fields", "why"]


FIRST_DAY_ID = 10**16
"""No journal reaches this batch number; ids that carry their day begin above it."""


class Why(Record, frozen=True, kw_only=True):
    """A decision with everything it rests on. Of a proposal, or a decision about one, `steps` are all commands about it
    and `changes` what it proposes, field by field.
    """

    id: str
    kind: str
    day: datetime.date
    seq: int
    index: int
    recorded_at: int
    actor: str
    accepted: bool
    repeated: bool
    command: dict[str, Any]
    reasons: list[Rejection]
    values: list[ValueRead]
    reservation: int
    rule_set: str
    batch_hash: str
    steps: list[ProposalStep] = []
    changes: list[ProposedField] = []

    @property
    def passed(self) -> bool:
        """An answer is an answer, also about a refusal."""
        return True


def find_command(journal: JournalReader, identity: str) -> tuple[Batch, int]:
    """The batch and place of a command: by its id (`O20261120-42`, or the bare number of an order or execution) or its
    position (`batch` or `batch.place`).
    """
    kind = next((k for k in all_events() if k.letter and identity.upper().startswith(k.letter)), None)
    if kind is None:
        number, _, place = identity.partition(".")
        if not number.isdigit() or (place and not place.isdigit()):
            raise TallystickError(
                "why.id",
                "{id!r} is no id, no proposal and no journal position.",
                "Write O20261120-42, a proposal of `tally approvals list`, or 1234.5 for command 5 of batch 1234.",
                id=identity,
            )
        if int(number) >= FIRST_DAY_ID:
            return _find_bare(journal, identity)
        batch = journal.batch(int(number))
        if int(place or 0) >= batch.count:
            raise NotFound(
                "why.place",
                "Batch {seq} holds {count} commands.",
                "Count from 0.",
                seq=batch.seq,
                count=batch.count,
            )
        return batch, int(place or 0)
    return _find_by_id(journal, kind, identity)


def _find_bare(journal: JournalReader, identity: str) -> tuple[Batch, int]:
    """A bare day id: the first kind with ids that has it, orders before executions."""
    kinds = sorted((kind for kind in all_events() if kind.letter), key=lambda kind: kind.letter)
    for kind in kinds[:-1]:
        try:
            return _find_by_id(journal, kind, identity)
        except (NotFound, JournalDamaged):
            continue
    return _find_by_id(journal, kinds[-1], identity)


def _find_by_id(journal: JournalReader, kind: EventType, identity: str) -> tuple[Batch, int]:
    import numpy as np

    number = parse_day_id(identity)
    day = day_of_id(number)
    if day in journal.days():
        columns = journal.columns(kind.record, day=day)
        identities = columns.records[list(kind.schema.columns)[1]]
        places = np.flatnonzero(identities == number)
        if len(places):
            seq = int(columns.seqs[places[0]])
            return journal.batch(seq), int(places[0] - np.searchsorted(columns.seqs, seq))
    if journal.damage is not None and journal.damage.day <= day:
        raise journal.damage  # it may stand behind the damage
    raise NotFound(
        "why.not_found",
        "No {kind} with id {id} is in the journal.",
        "Look it up in `tally risk orders`.",
        kind=kind.kind,
        id=identity,
    )


def why(
    journal: JournalReader,
    engine: Engine,
    snapshots: Path,
    identity: str,
    proposals: Mapping[str, Proposal] | None = None,
) -> Why:
    """Explain one decision on a fresh engine; `proposals` are those that can be asked by their numbers.

    Errors: NotFound when the journal does not have the command, JournalDamaged when what came before it is not proven.
    """
    steps = _steps_of(journal, identity, proposals or {})
    batch, index = find_command(journal, f"{steps[0].seq}.{steps[0].index}" if steps else identity)
    if batch.seq > 1:
        reached = Follower(journal, engine, snapshots).catch_up(batch.seq - 1)
        if journal.damage is not None and reached < batch.seq - 1:
            raise journal.damage
    kind = batch.event_type
    if index:
        engine.apply(kind.record, batch.records[:index], batch.verdicts[:index])
    packed = batch.records[index : index + 1]
    command = kind.schema.unpack(packed)[0] if kind.fixed else packed[0]
    if batch.kind in ABOUT_PROPOSALS and not steps:
        steps = _steps_of(journal, command.proposal, proposals or {})
    explanation = engine.decider(kind.record).explain(kind.record, command)
    verdict = batch.verdicts[index]
    fields = {name: getattr(command, name) for name in kind.schema.columns}
    places = _for_people(kind, fields, explanation.values)
    return Why(
        id=identity,
        kind=kind.kind,
        day=batch.day,
        seq=batch.seq,
        index=index,
        recorded_at=batch.recorded_at,
        actor=batch.actor,
        accepted=int(verdict["mask"]) == 0,
        repeated=bool(int(verdict["flags"]) & 1),
        command=said_fields(command),
        reasons=kind.rejections(int(verdict["mask"]), places),
        values=explanation.values,
        reservation=int(verdict["reservation"]),
        rule_set=explanation.rule_set,
        batch_hash=batch.hash.hex(),
        steps=steps,
    )


def said_fields(command: Record) -> dict[str, Any]:
    """A command's fields as a person or JSON reads them: hashes and packed bytes in hex.

    >>> from tallystick.core.approvals import ApproveProposal
    >>> said_fields(ApproveProposal(proposal="p1"))["proposal"]
    'p1'
    """
    return {
        name: _in_hex(value)
        for name, value in msgspec.to_builtins(command, builtin_types=(bytes,), str_keys=True).items()
    }


def _in_hex(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _in_hex(inner) for name, inner in value.items()}
    return [_in_hex(inner) for inner in value] if isinstance(value, list) else value


def _steps_of(journal: JournalReader, number: str, proposals: Mapping[str, Proposal]) -> list[ProposalStep]:
    """What became of a proposal; nothing when the number is none, or is that of a batch."""
    found = proposals.get(number)
    if found is None or (number.isdigit() and int(number) <= journal.head().seq):
        return []
    return find_steps(journal, number, found)


def _for_people(kind: EventType, fields: dict[str, Any], values: list[ValueRead]) -> dict[str, Any]:
    """What fills the places of the reasons' sentences: the command's fields, then the values read, amounts as text."""
    units = {
        name
        for name, column in kind.schema.columns.items()
        if column is not None and column.unit.startswith("1e-4")
    }
    places: dict[str, Any] = {
        name: format_money(value) if name in units else value for name, value in fields.items()
    }
    places.update({value.name: value.value for value in values})
    return places
