"""The consent ledger: silence is no consent, statements come in order, on one day a refusal beats a grant."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.clients import ClientsMachine, ConsentState, RecordConsent
from tallystick.core.events import event_of
from tallystick.core.journal import Journal, Row, encode_payload

MONDAY = datetime.date(2026, 11, 16)
TUESDAY = MONDAY + datetime.timedelta(days=1)
USE = {"recipient": "made-up bank", "purpose": "marketing", "data_class": "contact", "channel": "mail"}
REFUSALS = [ConsentState.WITHDRAWN, ConsentState.EXPIRED, ConsentState.RELATION_ENDED]


def statement(state=ConsentState.GRANTED, day=MONDAY, party=7, **changes) -> RecordConsent:
    return RecordConsent(party=party, state=state, effective_on=day, **(USE | changes))


def decide(machine: ClientsMachine, *commands: RecordConsent) -> list[int]:
    return machine.decide(RecordConsent, list(commands))["mask"].tolist()


def told(*commands: RecordConsent) -> ClientsMachine:
    machine = ClientsMachine()
    assert not any(decide(machine, *commands))
    return machine


def test_silence_is_no_consent() -> None:
    assert not ClientsMachine().allows(7, **USE)


def test_a_grant_allows_what_it_names_and_nothing_else() -> None:
    machine = told(statement())
    assert machine.allows(7, **USE)
    assert not machine.allows(8, **USE)
    for field in USE:
        assert not machine.allows(7, **(USE | {field: "another"})), field


@pytest.mark.parametrize("state", REFUSALS)
def test_a_later_refusal_ends_a_consent_and_a_later_grant_gives_it_again(state) -> None:
    machine = told(statement(), statement(state, TUESDAY))
    assert not machine.allows(7, **USE)
    assert decide(machine, statement(day=TUESDAY + datetime.timedelta(days=1))) == [0]
    assert machine.allows(7, **USE)


@pytest.mark.parametrize("state", REFUSALS)
def test_on_one_day_a_refusal_beats_a_grant_whichever_comes_first(state) -> None:
    assert not told(statement(), statement(state)).allows(7, **USE)
    assert not told(statement(state), statement()).allows(7, **USE)


def test_a_refusal_touches_only_its_own_use() -> None:
    machine = told(statement(), statement(channel="telephone"), statement(ConsentState.WITHDRAWN, TUESDAY))
    assert not machine.allows(7, **USE)
    assert machine.allows(7, **(USE | {"channel": "telephone"}))


def test_a_statement_older_than_the_one_on_record_is_refused() -> None:
    machine = told(statement(ConsentState.WITHDRAWN, TUESDAY))
    before = machine.digest()
    late = statement(day=MONDAY)
    mask = decide(machine, late)[0]
    assert [reason.code for reason in event_of(RecordConsent).reasons_in(mask)] == [
        "clients.consent_backwards"
    ]
    assert not any(value.passed for value in machine.explain(RecordConsent, late).values)
    assert machine.digest() == before
    assert not machine.allows(7, **USE)


def test_the_day_before_of_another_use_is_no_matter() -> None:
    machine = told(statement(day=TUESDAY))
    assert decide(machine, statement(day=MONDAY, purpose="research")) == [0]


def test_the_same_statement_twice_changes_nothing() -> None:
    machine = told(statement(form_version="2026-1"))
    before = machine.digest()
    assert decide(machine, statement(form_version="2026-1")) == [0]
    assert machine.digest() == before


def test_the_form_in_force_is_kept() -> None:
    machine = told(statement(form_version="2025-3"), statement(day=TUESDAY, form_version="2026-1"))
    assert [consent.form_version for consent in machine.state.consents.values()] == ["2026-1"]


def test_words_that_hold_the_keys_mark_are_not_another_consent() -> None:
    machine = told(statement(recipient="made-up bank", purpose="marketing|contact", data_class="accounts"))
    assert not machine.allows(7, "made-up bank", "marketing", "contact|accounts", USE["channel"])


def test_a_statement_comes_back_from_the_journal_as_it_was(tmp_path) -> None:
    commands = [statement(), statement(ConsentState.EXPIRED, TUESDAY, form_version="v", evidence_sha256="ab")]
    verdicts = ClientsMachine().decide(RecordConsent, commands)
    event_type = event_of(RecordConsent)
    with Journal.open(tmp_path) as journal:
        journal.roll(MONDAY)
        payload = encode_payload(event_type, commands, verdicts)
        journal.append([Row(1, "mei", event_type.kind, event_type.version, len(commands), payload)])
        batch = journal.batch(1)
        assert batch.records == commands
        follower = ClientsMachine()
        follower.apply(RecordConsent, batch.records, batch.verdicts)
    assert follower.digest() == told(*commands).digest()


statements = st.lists(
    st.builds(
        statement,
        state=st.sampled_from(ConsentState),
        day=st.integers(0, 3).map(lambda days: MONDAY + datetime.timedelta(days=days)),
        party=st.integers(1, 2),
        channel=st.sampled_from(["mail", "telephone"]),
        form_version=st.sampled_from(["", "2026-1"]),
    ),
    max_size=30,
)


@given(statements, st.lists(st.integers(1, 5)))
def test_neither_batches_nor_replay_nor_a_restored_snapshot_change_anything(commands, sizes) -> None:
    whole = ClientsMachine()
    verdicts = whole.decide(RecordConsent, commands)
    split, left, masks = ClientsMachine(), commands, []
    for size in [*sizes, len(commands) + 1]:
        masks += decide(split, *left[:size])
        left = left[size:]
        resumed = ClientsMachine()
        resumed.restore(split.snapshot())
        assert resumed.digest() == split.digest()
        split = resumed
    follower = ClientsMachine()
    follower.apply(RecordConsent, commands, verdicts)
    assert masks == verdicts["mask"].tolist()
    assert split.digest() == whole.digest() == follower.digest()


@given(statements)
def test_the_last_day_decides_and_a_refusal_of_that_day_wins(commands) -> None:
    machine = ClientsMachine()
    masks = decide(machine, *commands)
    for party in (1, 2):
        for channel in ("mail", "telephone"):
            taken = [
                command
                for command, mask in zip(commands, masks, strict=True)
                if not mask and (command.party, command.channel) == (party, channel)
            ]
            days = [command.effective_on for command in taken]
            assert days == sorted(days)
            states = {command.state for command in taken if command.effective_on == days[-1]}
            assert machine.allows(party, **(USE | {"channel": channel})) == (states == {ConsentState.GRANTED})
