"""The market machine: verdicts, approvals, digest, snapshot, replay, and no effect of the size of batches."""

from __future__ import annotations

import datetime
import hashlib

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_rooms import DAY, registration, seeded

from tallystick.core.approvals import ApprovalsMachine, ApproveProposal, Propose, proposal_for
from tallystick.core.errors import NotFound
from tallystick.core.events import event_of
from tallystick.core.schema import schema_of
from tallystick.market import MarketMachine, RuleRow, day_terms, seed_command
from tallystick.market.events import AdoptRules, RegisterInstrument, SetDayTerms
from tallystick.market.rule_rows import encode_rows

CLOSURE = RuleRow(
    market="TW", venue="XTAI", field="session_day", value="closed", unit="day", valid_from=datetime.date(2026, 11, 24),
    valid_to=datetime.date(2026, 11, 24), source="made-up notice", status="verified", note="typhoon",
)  # fmt: skip


def adoption(*rows, **changes):
    payload = encode_rows(rows)
    fields = {"rule_set": hashlib.sha256(payload).hexdigest()[:16], "rows": payload}
    return AdoptRules(**(fields | changes))


def masks(machine, record, commands):
    return machine.decide(record, commands)["mask"].tolist()


# registrations


def test_instruments_get_codes_in_order_of_acceptance():
    machine = seeded()
    commands = [registration(1), registration(2, isin="TW0002330009"), registration(3, isin="TW0002330008")]
    assert masks(machine, RegisterInstrument, commands) == [0, 4, 0]
    assert [found.symbol for found in machine.instruments] == ["9001.XTAI", "9003.XTAI"]
    assert machine.code_of("9003.XTAI") == 1
    assert machine.instrument("9003.XTAI").isin == "TW0002330008"


@pytest.mark.parametrize(
    ("changes", "mask"),
    [
        ({"symbol": "9000.XTAI"}, 1),
        ({"venue": "XLON", "symbol": "9001.XLON"}, 2),
        ({"market": "CN"}, 2),
        ({"isin": "no"}, 4),
        ({"symbol": "9001.ROCO"}, 8),
        ({"symbol": "9001"}, 8),
        ({"product": "stok"}, 16),
        ({"product": "etf_weird"}, 0),
        ({"product": "future_index"}, 16),
        ({"symbol": "9001.XNYS", "venue": "XNYS", "market": "US"}, 0),
        ({"symbol": "9001.XNYS", "venue": "XNYS", "market": "US", "product": "stok"}, 16),
        ({"symbol": "9001.XLON", "venue": "XLON", "isin": "no"}, 6),
    ],
)
def test_registration_is_judged(changes, mask):
    machine = seeded(registration(0))
    assert masks(machine, RegisterInstrument, [registration(1, **changes)]) == [mask]
    assert len(machine.instruments) == 1 + (mask == 0)
    assert len(event_of(RegisterInstrument).reasons_in(mask)) == mask.bit_count()


def test_once_days_have_terms_a_new_instrument_needs_approval():
    machine = seeded(registration(0), approved=lambda proposal, content: proposal == "P1")
    assert masks(machine, SetDayTerms, packed()) == [0]
    commands = [registration(1), registration(1, approval="P2"), registration(1, approval="P1")]
    assert masks(machine, RegisterInstrument, commands) == [32, 32, 0]
    assert machine.faults_of(registration(2)) == 0
    assert not machine.is_approved(registration(2))


def test_same_symbol_twice_in_one_batch():
    assert masks(seeded(), RegisterInstrument, [registration(1), registration(1)]) == [0, 1]


def test_unknown_symbol_names_the_nearest():
    with pytest.raises(NotFound, match=r"9001\.XTAI"):
        seeded(registration(1)).code_of("9001.XTAL")


def test_without_rules_no_venue_is_known():
    assert masks(MarketMachine(), RegisterInstrument, [registration(1)]) == [2]


# rules


def test_seed_needs_no_approval_and_a_change_does():
    machine = seeded(registration(0))
    assert machine.rule_set == seed_command().rule_set
    assert machine.rule_set_number == 1
    assert machine.calendar("XTAI").is_session(CLOSURE.valid_from)
    for command in (adoption(CLOSURE), adoption(CLOSURE, approval="P1"), seed_command()):
        assert masks(machine, AdoptRules, [command]) == [1]
    assert machine.rule_set_number == 1


def test_approved_change_is_in_force_at_once():
    asked = []

    def approved(proposal, content):
        asked.append((proposal, content))
        return proposal == "P1"

    machine = seeded(registration(0), approved=approved)
    verdicts = machine.decide(
        AdoptRules, [adoption(CLOSURE, approval="P2"), adoption(CLOSURE, approval="P1")]
    )
    assert verdicts["mask"].tolist() == [1, 0]
    assert verdicts["rule_set"].tolist() == [1, 2]
    assert not machine.calendar("XTAI").is_session(CLOSURE.valid_from)
    assert asked[0][1] == asked[1][1]


def test_approval_by_the_approvals_machine_holds_for_its_content_only():
    approvals = ApprovalsMachine()
    machine = seeded(approved=approvals.is_approved)
    command = msgspec.structs.replace(adoption(CLOSURE), command_id="approved-P1", approval="P1")
    assert masks(machine, AdoptRules, [command]) == [1]
    proposal = proposal_for(adoption(CLOSURE), "P1", "close a day", "typhoon")
    assert masks(approvals, Propose, [msgspec.structs.replace(proposal, actor="ann")]) == [0]
    assert masks(approvals, ApproveProposal, [ApproveProposal(proposal="P1", actor="ben")]) == [0]
    other = msgspec.structs.replace(CLOSURE, note="another day")
    assert masks(machine, AdoptRules, [adoption(other, command_id="approved-P1", approval="P1")]) == [1]
    assert masks(machine, AdoptRules, [command]) == [0]


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (adoption(CLOSURE, rule_set="0" * 16), "not the hash"),
        (adoption(), "no rows"),
        (adoption(msgspec.structs.replace(CLOSURE, source="")), "no source"),
        (
            adoption(msgspec.structs.replace(CLOSURE, valid_to=datetime.date(2026, 11, 25)), CLOSURE),
            "twice",
        ),
        (
            adoption(msgspec.structs.replace(CLOSURE, valid_from=datetime.date(2026, 11, 23)), CLOSURE),
            "overlap",
        ),
        (adoption(msgspec.structs.replace(CLOSURE, field="weather")), "no field weather"),
    ],
)
def test_malformed_change_is_refused_and_explained(command, problem):
    machine = seeded(approved=lambda proposal, content: True)
    approved = msgspec.structs.replace(command, approval="P1")
    before = machine.digest()
    values = {value.name: value for value in machine.explain(AdoptRules, approved).values}
    assert problem in values["problem"].value
    assert masks(machine, AdoptRules, [approved]) == [2]
    assert machine.digest() == before


@pytest.mark.parametrize(
    "payload", [b"\xff", msgspec.msgpack.encode([[1, 2]]), msgspec.msgpack.encode({"a": 1})]
)
def test_rows_that_do_not_decode_are_refused(payload):
    command = AdoptRules(rule_set=hashlib.sha256(payload).hexdigest()[:16], rows=payload)
    assert masks(MarketMachine(), AdoptRules, [command]) == [2]


def test_tick_tables_keep_their_numbers_when_rules_change():
    machine = seeded(approved=lambda proposal, content: True)
    before = machine.tick_tables
    band = {"field": "tick", "unit": "price", "market": "TW", "venue": "XTAI", "product": "made_up"}
    rows = [
        RuleRow(**band, lower_bound=bound, value=value, source="made up", status="unverified")
        for bound, value in ((0, "0.02"), (300_000, "0.03"))
    ]
    assert masks(machine, AdoptRules, [adoption(*rows, approval="P1")]) == [0]
    after = machine.tick_tables
    assert {number: after[number] for number in before} == before
    assert set(after.values()) - set(before.values()) == {((0, 200), (300_000, 300))}
    assert machine.tick_arrays[len(before)].tolist() == [0, 200, 300_000, 300]


# day terms


def packed(**changes):
    fields = {
        "instrument": 0, "business_date": DAY, "reference_price": 1_000_000, "limit_up": 1_100_000,
        "limit_down": 900_000, "lot": 1_000, "tick_table": 0, "status": 0,
    }  # fmt: skip
    return schema_of(SetDayTerms).pack([SetDayTerms(**(fields | changes))])


@pytest.mark.parametrize(
    ("changes", "mask"),
    [
        ({}, 0),
        ({"limit_up": 0, "limit_down": 0}, 0),
        ({"limit_down": 1_000_000}, 0),
        ({"instrument": 1}, 1),
        ({"instrument": -1}, 1),
        ({"reference_price": 0}, 2),
        ({"limit_up": 999_999}, 2),
        ({"limit_down": 1_000_001}, 2),
        ({"limit_down": 0}, 2),
        ({"lot": 0}, 2),
        ({"tick_table": 99}, 2),
        ({"tick_table": -1}, 2),
        ({"status": 4}, 2),
        ({"order_minimum": -1}, 2),
        ({"instrument": 7, "lot": 0}, 3),
    ],
)
def test_terms_are_judged(changes, mask):
    machine = seeded(registration(0))
    assert masks(machine, SetDayTerms, packed(**changes)) == [mask]
    assert (machine.day_terms["business_date"][0] > 0) == (mask == 0)
    [values] = [
        machine.explain(SetDayTerms, found) for found in schema_of(SetDayTerms).unpack(packed(**changes))
    ]
    assert all(value.passed for value in values.values) == (mask == 0)


def test_last_terms_of_a_batch_stand():
    machine = seeded(registration(0))
    assert masks(machine, SetDayTerms, np.concatenate([packed(), packed(lot=1), packed(lot=0)])) == [0, 0, 2]
    assert machine.day_terms["lot"].tolist() == [1]


def test_terms_cannot_be_changed_from_outside():
    with pytest.raises(ValueError, match="read-only"):
        seeded(registration(0)).day_terms["lot"][0] = 5


def test_fee_terms_are_those_of_the_instruments_class():
    machine = seeded(registration(0, product="etf_leveraged_2"))
    terms = machine.fee_terms(machine.instruments[0], DAY)
    assert terms.transaction_tax.denominator == 1_000
    assert terms.commission.minimum == 200_000


# saving, replaying, batches


def story():
    """A day's commands of all kinds, some refused."""
    machine = seeded()
    registrations = [registration(number, product="etf" if number % 3 else "stock") for number in range(130)]
    registrations[7] = registrations[3]
    machine.decide(RegisterInstrument, registrations)
    codes = np.arange(len(machine.instruments))
    terms = day_terms(machine, codes, 100_000 + codes * 7_300, DAY)
    terms["lot"][5] = 0
    other = day_terms(machine, codes[:40], 200_000 + codes[:40] * 100, DAY + datetime.timedelta(days=3))
    return [
        (AdoptRules, [seed_command(), seed_command()]),
        (RegisterInstrument, registrations),
        (SetDayTerms, np.concatenate([terms, other])),
        (RegisterInstrument, [registration(899), registration(900, approval="P1")]),
    ]


STORY = story()


def approves(proposal, content):
    return proposal == "P1"


def run(size):
    machine, verdicts = MarketMachine(approved=approves), []
    for record, commands in STORY:
        for first in range(0, len(commands), size):
            verdicts.append(machine.decide(record, commands[first : first + size]))
    return machine, np.concatenate(verdicts)


WHOLE, VERDICTS = run(4096)


@given(st.integers(1, 200))
@settings(max_examples=12, deadline=None)
def test_size_of_batches_changes_nothing(size):
    machine, verdicts = run(size)
    assert machine.digest() == WHOLE.digest()
    assert (verdicts == VERDICTS).all()


def test_story_has_accepted_and_refused():
    assert 0 < (VERDICTS["mask"] > 0).sum() < len(VERDICTS)


def test_replay_by_verdicts_gives_the_same_state():
    machine, at = MarketMachine(), 0
    for record, commands in STORY:
        machine.apply(record, commands, VERDICTS[at : at + len(commands)])
        at += len(commands)
    assert machine.digest() == WHOLE.digest()


def test_snapshot_restores_the_whole_state():
    machine = MarketMachine(approved=approves)
    machine.restore(WHOLE.snapshot())
    assert machine.digest() == WHOLE.digest()
    assert list(machine.instruments) == list(WHOLE.instruments)
    assert machine.code_of("9900.XTAI") == WHOLE.code_of("9900.XTAI")
    assert machine.tick_tables == WHOLE.tick_tables
    assert (machine.day_terms == WHOLE.day_terms).all()
    assert machine.rule_set == WHOLE.rule_set
    for each in (machine, run(4096)[0]):
        masks(each, RegisterInstrument, [registration(901, approval="P1")])
        masks(each, SetDayTerms, packed(instrument=len(each.instruments) - 1))
        assert each.day_terms["lot"][-1] == 1_000
    assert machine.digest() != WHOLE.digest()


def test_snapshot_is_not_a_view_of_the_state():
    machine, _ = run(4096)
    state = machine.snapshot()
    masks(machine, SetDayTerms, packed(lot=77))
    copy = MarketMachine()
    copy.restore(state)
    assert copy.digest() == WHOLE.digest()


def test_digest_ignores_capacity_and_sees_every_part():
    small, large = MarketMachine(), MarketMachine()
    small.restore(WHOLE.snapshot())
    large.restore(WHOLE.snapshot())
    large._terms = np.concatenate([large._terms, np.zeros(1000, large._terms.dtype)])
    assert small.digest() == large.digest()
    digests = {WHOLE.digest()}
    for column in ("lot", "status", "tick_table", "limit_up", "order_minimum"):
        changed = MarketMachine()
        changed.restore(WHOLE.snapshot())
        changed._terms[column][3] += 1
        digests.add(changed.digest())
    assert len(digests) == 6


def test_explanation_of_a_registration_names_what_failed():
    machine = seeded(registration(0))
    values = machine.explain(RegisterInstrument, registration(0, isin="no")).values
    failed = {value.name for value in values if not value.passed}
    assert failed == {"symbol", "isin"}
    assert "etf, " in next(value.value for value in values if value.name == "products")
    assert machine.explain(RegisterInstrument, registration(1)).rule_set == machine.rule_set
