"""A run that was begun before: what the journal holds is compared and answered, only the rest is sent."""

from __future__ import annotations

import numpy as np
import pytest

from tallystick.core.access import GrantRole
from tallystick.core.errors import TallystickError
from tallystick.core.schema import schema_of
from tallystick.firm import Firm
from tallystick.ledger import house_parties
from tallystick.ledger.events import PartyKind, RegisterParty
from tallystick.simulation.resuming import ACTOR, ResumingWriter

HOUSE = len(house_parties())


def parties(*numbers: int, kind: PartyKind = PartyKind.CLIENT, received_at: int = 0):
    rows = schema_of(RegisterParty).pack(
        [RegisterParty(party=HOUSE + number, kind=kind, reference=f"made-up-{number}") for number in numbers]
    )
    rows["received_at"] = received_at
    return rows


def begun(firm: Firm) -> ResumingWriter:
    day = firm.house.journal.head().day
    assert day is not None
    return ResumingWriter(firm.context(), day)


def count(firm: Firm) -> int:
    return sum(batch.count for batch in firm.house.journal.batches(kinds=["ledger.register_party"]))


def test_what_is_recorded_is_answered_from_the_journal_and_the_rest_is_sent(firm: Firm) -> None:
    first = begun(firm)
    verdicts = first.decide(RegisterParty, parties(0, 1, 5))
    assert verdicts["mask"].tolist() == [0, 0, 1]
    before = count(firm)
    again = begun(firm)
    assert np.array_equal(again.decide(RegisterParty, parties(0, received_at=99)), verdicts[:1])
    rest = again.decide(RegisterParty, parties(1, 5, 2, received_at=99))
    assert rest["mask"].tolist() == [0, 1, 0]
    assert (first.resumed, again.resumed) == (0, 3)
    assert count(firm) == before + 1


def test_other_commands_than_those_recorded_stop_the_run(firm: Firm) -> None:
    begun(firm).decide(RegisterParty, parties(0, 1))
    before = count(firm)
    for other in (parties(0, 2), parties(0, 1, kind=PartyKind.ISSUER)):
        with pytest.raises(TallystickError, match="another plan"):
            begun(firm).decide(RegisterParty, other)
    assert count(firm) == before


def test_commands_of_other_actors_are_no_part_of_the_run(firm: Firm) -> None:
    firm.house.writer.decide(RegisterParty, parties(0), actor="mei")
    writer = begun(firm)
    assert writer.decide(RegisterParty, parties(1))["mask"].tolist() == [0]
    assert writer.resumed == 0
    assert [batch.actor for batch in firm.house.journal.batches(kinds=["ledger.register_party"])][-1] == ACTOR


def test_general_commands_need_an_id(firm: Firm) -> None:
    with pytest.raises(AssertionError, match="safe to send again"):
        begun(firm).send(GrantRole, [GrantRole(user="lin", role="auditor")])
