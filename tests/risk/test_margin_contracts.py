"""The record of margin contracts: numbers once, accounts that are open, amounts above zero."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.events import event_of
from tallystick.core.schema import schema_of
from tallystick.risk.margin import ContractKind, MarginMachine, RecordMarginContract

OPENED, DUE = datetime.date(2026, 8, 3), datetime.date(2027, 2, 3)
ACCOUNTS = SimpleNamespace(account_count=9)
MARKET = SimpleNamespace(instruments=["M9901", "M9902"])
TAKEN, UNKNOWN, IMPOSSIBLE = "contract_taken", "unknown_account", "impossible_contract"
ABSENT = "unknown_instrument"


def contract(number=1, **changes) -> RecordMarginContract:
    fields = {
        "contract": number, "account": 7, "instrument": 0, "kind": ContractKind.FINANCING, "quantity": 2_000,
        "amount": 60_000_0000, "deposit": 0, "ratio": 6_000, "opened_on": OPENED, "due_on": DUE,
    }  # fmt: skip
    return RecordMarginContract(**(fields | changes))


def rows(commands):
    return schema_of(RecordMarginContract).pack(commands)


def decide(machine: MarginMachine, *commands: RecordMarginContract) -> list[int]:
    return machine.decide(RecordMarginContract, rows(commands))["mask"].tolist()


def reasons(mask: int) -> list[str]:
    return [reason.code.partition(".")[2] for reason in event_of(RecordMarginContract).reasons_in(mask)]


def test_contracts_are_kept_as_they_were_in_the_order_they_came() -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    short = contract(3, kind=ContractKind.SHORT, deposit=54_000_0000, ratio=9_000)
    assert decide(machine, contract(5), short) == [0, 0]
    assert machine.contracts.tobytes() == rows([contract(5), short]).tobytes()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account": -1}, UNKNOWN),
        ({"account": 9}, UNKNOWN),
        ({"quantity": 0}, IMPOSSIBLE),
        ({"amount": 0}, IMPOSSIBLE),
        ({"ratio": 0}, IMPOSSIBLE),
        ({"quantity": -1}, IMPOSSIBLE),
        ({"amount": -1}, IMPOSSIBLE),
        ({"ratio": -1}, IMPOSSIBLE),
        ({"deposit": -1}, IMPOSSIBLE),
        ({"due_on": OPENED}, IMPOSSIBLE),
        ({"instrument": -1}, ABSENT),
        ({"instrument": 2}, ABSENT),
    ],
)
def test_a_contract_is_refused_with_its_reason_and_nothing_is_kept(changes, reason) -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    before = machine.digest()
    assert reasons(decide(machine, contract(**changes))[0]) == [reason]
    assert len(machine.contracts) == 0
    assert machine.digest() == before


@pytest.mark.parametrize(
    "changes", [{"account": 0}, {"account": 8}, {"quantity": 1, "amount": 1, "ratio": 1}]
)
def test_the_smallest_and_the_last_are_taken(changes) -> None:
    assert decide(MarginMachine(MARKET, ACCOUNTS), contract(**changes)) == [0]


def test_every_reason_is_told() -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    decide(machine, contract(1))
    assert reasons(decide(machine, contract(1, account=9, ratio=0))[0]) == [TAKEN, UNKNOWN, IMPOSSIBLE]


@pytest.mark.parametrize("together", [True, False])
def test_a_number_counts_once_even_with_the_same_content(together) -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    first, again, other = contract(1), contract(1), contract(1, quantity=5)
    if together:
        masks = decide(machine, first, again, other)
    else:
        masks = [mask for each in (first, again, other) for mask in decide(machine, each)]
    assert [reasons(mask) for mask in masks] == [[], [TAKEN], [TAKEN]]
    assert machine.contracts["quantity"].tolist() == [2_000]


def test_the_number_of_a_refused_contract_stays_free() -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    assert [reasons(mask) for mask in decide(machine, contract(1, account=9), contract(1))] == [[UNKNOWN], []]


def failing(machine: MarginMachine, command: RecordMarginContract) -> list[str]:
    return [value.name for value in machine.explain(RecordMarginContract, command).values if not value.passed]


def test_explanation_names_what_failed() -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    decide(machine, contract(1))
    assert failing(machine, contract(2)) == []
    assert failing(machine, contract(1)) == ["contract"]
    assert failing(machine, contract(2, account=9)) == ["account"]
    assert failing(machine, contract(2, amount=0)) == ["amount"]


@pytest.mark.parametrize("field", ["quantity", "ratio", "amount"])
def test_explanation_names_quantity_and_ratio(field) -> None:
    assert failing(MarginMachine(MARKET, ACCOUNTS), contract(1, **{field: 0})) == [field]


contracts = st.lists(
    st.builds(
        contract,
        st.integers(1, 8),
        account=st.sampled_from([-1, 0, 7, 8, 9]),
        quantity=st.sampled_from([0, 1, 2_000]),
        kind=st.sampled_from(ContractKind),
        ratio=st.sampled_from([0, 6_000, 9_000]),
    ),
    max_size=25,
)


@given(contracts, st.lists(st.integers(1, 5)))
def test_neither_batches_nor_replay_nor_a_restored_snapshot_change_anything(commands, sizes) -> None:
    whole = MarginMachine(MARKET, ACCOUNTS)
    verdicts = whole.decide(RecordMarginContract, rows(commands))
    split, left, masks = MarginMachine(MARKET, ACCOUNTS), commands, []
    for size in [*sizes, len(commands) + 1]:
        masks += decide(split, *left[:size])
        left = left[size:]
        resumed = MarginMachine(MARKET, ACCOUNTS)
        resumed.restore(split.snapshot())
        assert resumed.digest() == split.digest()
        split = resumed
    follower = MarginMachine(MARKET, ACCOUNTS)
    follower.apply(RecordMarginContract, rows(commands), verdicts)
    assert masks == verdicts["mask"].tolist()
    assert split.digest() == whole.digest() == follower.digest()


@given(contracts)
def test_no_number_is_kept_twice_and_each_first_good_one_is(commands) -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    decide(machine, *commands)
    good: dict[int, RecordMarginContract] = {}
    for command in commands:
        if 0 <= command.account < 9 and command.quantity > 0 and command.ratio > 0:
            good.setdefault(command.contract, command)
    assert machine.contracts.tobytes() == rows(list(good.values())).tobytes()


def test_what_a_snapshot_gave_does_not_follow_the_machine() -> None:
    machine = MarginMachine(MARKET, ACCOUNTS)
    decide(machine, contract(1))
    saved, before = machine.snapshot(), machine.digest()
    decide(machine, contract(2))
    machine.restore(saved)
    assert machine.digest() == before
