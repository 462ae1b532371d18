"""Access, approvals, work items, the day: default deny, four eyes, deadlines, time only forward."""

from __future__ import annotations

import datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.access import AccessMachine, DefineRole, GrantRole, RevokeRole, seed_roles
from tallystick.core.approvals import (
    ApprovalsMachine,
    ApproveProposal,
    Propose,
    RefuseProposal,
    content_of,
    proposal_for,
)
from tallystick.core.day import DayClosed, DayMachine, DayOpened, TimeReached
from tallystick.core.plain import PlainMachine
from tallystick.core.work import AssignWork, CloseWork, NoteWork, OpenWork, WorkMachine

MONDAY = datetime.date(2026, 11, 16)


def decide(machine: PlainMachine, command: object) -> int:
    return int(machine.decide(type(command), [command])["mask"][0])  # type: ignore[arg-type]


def test_nobody_may_anything_before_a_grant() -> None:
    machine = AccessMachine()
    for role in seed_roles():
        assert decide(machine, role) == 0
    assert not machine.allows("mei", "history.read")
    assert decide(machine, GrantRole(user="mei", role="auditor")) == 0
    assert machine.allows("mei", "history.read")
    assert not machine.allows("mei", "history.manage")


def test_an_unknown_role_and_the_last_administrator_are_refused() -> None:
    machine = AccessMachine()
    decide(machine, DefineRole(role="administrator", permissions=["*"]))
    assert decide(machine, GrantRole(user="mei", role="adminstrator")) == 1
    decide(machine, GrantRole(user="mei", role="administrator"))
    assert decide(machine, RevokeRole(user="mei", role="administrator")) == 2
    decide(machine, GrantRole(user="lin", role="administrator"))
    assert decide(machine, RevokeRole(user="mei", role="administrator")) == 0
    assert not machine.allows("mei", "history.read")


def proposed(machine: ApprovalsMachine, command: GrantRole) -> Propose:
    proposal = msgspec.structs.replace(proposal_for(command, "p1", "grant", "new colleague"), actor="mei")
    assert decide(machine, proposal) == 0
    return proposal


def test_the_maker_is_never_the_checker() -> None:
    machine = ApprovalsMachine()
    proposal = proposed(machine, GrantRole(user="lin", role="trader"))
    assert decide(machine, ApproveProposal(proposal="p1", actor="mei")) == 2
    assert not machine.is_approved("p1", proposal.content)
    assert decide(machine, ApproveProposal(proposal="p1", actor="lin")) == 0
    assert machine.is_approved("p1", proposal.content)
    assert decide(machine, ApproveProposal(proposal="p1", actor="lin")) == 1


def test_an_approval_covers_exactly_the_command_that_was_proposed() -> None:
    machine = ApprovalsMachine()
    proposal = proposed(machine, GrantRole(user="lin", role="trader"))
    decide(machine, ApproveProposal(proposal="p1", actor="lin"))
    sent = msgspec.msgpack.decode(proposal.payload, type=GrantRole)
    stamped = msgspec.structs.replace(sent, actor="lin", received_at=99)
    assert machine.is_approved("p1", content_of(stamped))
    assert not machine.is_approved("p1", content_of(msgspec.structs.replace(sent, role="administrator")))
    assert not machine.is_approved("p1", content_of(msgspec.structs.replace(sent, command_id="again")))


def test_a_refused_proposal_stays_refused() -> None:
    machine = ApprovalsMachine()
    proposal = proposed(machine, GrantRole(user="lin", role="trader"))
    assert decide(machine, RefuseProposal(proposal="p1", reason="not needed", actor="lin")) == 0
    assert decide(machine, ApproveProposal(proposal="p1", actor="lin")) == 1
    assert not machine.is_approved("p1", proposal.content)


def test_work_is_opened_assigned_noted_and_closed_once() -> None:
    machine = WorkMachine()
    assert decide(machine, OpenWork(work="w1", room="risk", title="Look at O20261120-1", due=MONDAY)) == 0
    assert decide(machine, OpenWork(work="w1", room="risk", title="again")) == 1
    assert decide(machine, AssignWork(work="w1", owner="mei")) == 0
    assert decide(machine, NoteWork(work="w1", note="called the client", actor="mei")) == 0
    assert decide(machine, CloseWork(work="w1", outcome="explained")) == 0
    assert decide(machine, NoteWork(work="w1", note="late")) == 1
    assert decide(machine, AssignWork(work="w2", owner="mei")) == 1
    assert machine.state.items["w1"].notes[0].actor == "mei"


def test_days_and_times_only_go_forward() -> None:
    machine = DayMachine()
    tuesday = MONDAY + datetime.timedelta(days=1)
    assert decide(machine, DayOpened(business_date=MONDAY, code_version="a")) == 0
    assert decide(machine, DayOpened(business_date=tuesday, code_version="a")) == 2
    assert decide(machine, DayClosed(business_date=tuesday)) == 1
    assert decide(machine, TimeReached(deadline="TW.close", business_date=MONDAY, at=10)) == 0
    assert decide(machine, TimeReached(deadline="TW.close", business_date=MONDAY, at=9)) == 1
    assert decide(machine, DayClosed(business_date=MONDAY)) == 0
    assert decide(machine, DayOpened(business_date=MONDAY, code_version="a")) == 1


names = st.sampled_from(["mei", "lin", "chen"])
roles = st.sampled_from(["trader", "auditor", "nobody"])
commands = st.one_of(
    st.builds(DefineRole, role=roles, permissions=st.just(["*.read"])),
    st.builds(GrantRole, user=names, role=roles),
    st.builds(RevokeRole, user=names, role=roles),
)


@given(st.lists(commands, max_size=30))
def test_applying_recorded_verdicts_gives_the_state_that_deciding_gave(stream: list[object]) -> None:
    live, follower = AccessMachine(), AccessMachine()
    for command in stream:
        verdict = live.decide(type(command), [command])  # type: ignore[arg-type]
        follower.apply(type(command), [command], verdict)  # type: ignore[arg-type]
    assert live.digest() == follower.digest()
    restored = AccessMachine()
    restored.restore(live.snapshot())
    assert restored.digest() == live.digest()
