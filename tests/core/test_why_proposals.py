"""`journal why` of a proposal: what was proposed, by whom, who decided, what came of it; hashes as people read them."""

from __future__ import annotations

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.schema import Hash32, Record
from tallystick.core.why import said_fields
from tallystick.firm import Firm

ROWS = (
    "market,venue,board,product,field,side,lower_bound,value,unit,valid_from,valid_to,source,source_date,status,note\n"
    "TW,ROCO,*,stock,price_limit,up,,6.5,percent,1989-01-01,2015-05-31,made up,,verified,\n"
)


@pytest.fixture
def proposal(firm):
    firm.access.grant(user="lin", role="administrator")
    return firm.market.propose_rules(rows=ROWS, reason="a made-up reason").id


def steps_of(told):
    return [(step.kind, step.actor, step.accepted) for step in told.steps]


def test_an_open_proposal_tells_what_is_proposed_and_by_whom(firm, proposal):
    told = firm.journal.why(id=proposal)
    assert (told.kind, told.actor, told.accepted) == ("core.propose", "mei", True)
    assert told.command["reason"] == "a made-up reason"
    assert len(told.command["content"]) == 64
    assert "payload" not in told.command
    assert {(line.name, line.proposed) for line in told.changes} >= {
        ("field", "price_limit"),
        ("value", "6.5"),
    }
    assert steps_of(told) == [("core.propose", "mei", True)]


def test_an_approved_proposal_tells_who_decided_and_what_came_of_it(firm, proposal):
    assert firm.approvals.approve(proposal=proposal).code == "core.same_person"
    with Firm.open(firm.path, user="lin") as second:
        second.approvals.approve(proposal=proposal)
    told = firm.journal.why(id=proposal)
    kind = told.steps[-1].kind
    assert kind not in ("core.propose", "core.approve_proposal")
    assert steps_of(told) == [
        ("core.propose", "mei", True),
        ("core.approve_proposal", "mei", False),
        ("core.approve_proposal", "lin", True),
        (kind, "lin", True),
    ]
    assert told.steps[1].reasons == ["core.same_person"]
    for step in told.steps[:3]:  # every decision about it leads to the others
        assert firm.journal.why(id=f"{step.seq}.{step.index}").steps == told.steps


def test_a_refused_proposal_tells_why(firm, proposal):
    firm.approvals.refuse(proposal=proposal, reason="not needed")
    told = firm.journal.why(id=proposal)
    assert steps_of(told)[1:] == [("core.refuse_proposal", "mei", True)]
    assert [step.reason for step in told.steps] == ["a made-up reason", "not needed"]


def test_what_is_no_id_no_proposal_and_no_position_is_told_so(firm):
    with pytest.raises(TallystickError, match="no id, no proposal and no journal position"):
        firm.journal.why(id="abcdef0123")


def test_hashes_are_shown_in_hex(firm, proposal):
    class Sealed(Record, frozen=True, kw_only=True):
        proof: Hash32
        parts: list[bytes]

    assert said_fields(Sealed(proof=b"\x0f" * 32, parts=[b"\xff"])) == {"proof": "0f" * 32, "parts": ["ff"]}
    told, content = firm.journal.why(id=proposal), firm.approvals.show(proposal=proposal).content
    (shown,) = firm.journal.batch(seq=told.seq).commands
    assert shown["command"]["content"] == content
    read = {value.name: value.value for value in told.values}
    assert read["content"] == content
    assert read["payload"].endswith(" B)")
