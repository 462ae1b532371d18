"""What holds of the ledger on any history: books balance, verdicts replay, batches do not matter, states save."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_firm import ANNA, BO, ERROR, STOCK, Firm, execution, money
from ledger_histories import CLIENTS, FACTS, history, play, runs

from tallystick.core.events import event_of
from tallystick.core.schema import schema_of
from tallystick.core.snapshots import SnapshotHead, read_snapshot, write_snapshot
from tallystick.ledger import LedgerMachine
from tallystick.ledger.events import RecordExecution, RecordOpeningCash, RecordOpeningHolding, Side

several = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
randoms = st.randoms(use_true_random=False)


def told_to(rng, size=1):
    """A firm that a history was told to, the history, and what it answered."""
    firm, told = Firm(clients=CLIENTS), history(rng, days=4)
    return firm, told, play(firm.ledger, told, size)


def sums(ledger):
    """Cash over all accounts; securities by instrument, there and promised."""
    rows = ledger.positions()
    promised = rows["due_in"] - rows["due_out"] - rows["kept"]
    by_instrument = {
        int(i): (
            int(rows["posted"][rows["instrument"] == i].sum()),
            int(promised[rows["instrument"] == i].sum()),
        )
        for i in np.unique(rows["instrument"])
    }
    return int(ledger.accounts()["posted"].sum()), set(by_instrument.values())


@several
@given(randoms)
def test_every_book_sums_to_zero_after_every_record(rng):
    firm = Firm(clients=CLIENTS)
    for said in history(rng, days=4):
        play(firm.ledger, [said])
        cash, securities = sums(firm.ledger)
        assert cash == 0
        assert securities <= {(0, 0)}


@several
@given(randoms)
def test_obligations_of_both_tiers_agree(rng):
    firm, _, _ = told_to(rng)
    for date in firm.ledger.settlement_dates():
        rows = firm.ledger.obligations(date)
        for instrument in np.unique(rows["instrument"]):
            mine = rows[rows["instrument"] == instrument]
            tiers = [int(mine["amount"][mine["tier"] == tier].sum()) for tier in (1, 2)]
            assert tiers[0] == tiers[1]


@several
@given(randoms, st.sampled_from([2, 7, 4_096]))
def test_size_of_batches_changes_no_verdict_and_no_state(rng, size):
    firm, told, played = told_to(rng)
    other = Firm(clients=CLIENTS)
    again = play(other.ledger, told, size)
    verdicts, verdicts_again = (np.concatenate([v for _, _, v in answers]) for answers in (played, again))
    assert verdicts.tobytes() == verdicts_again.tobytes()
    assert other.ledger.digest() == firm.ledger.digest()


@several
@given(randoms)
def test_recorded_verdicts_give_the_same_state(rng):
    firm, _, played = told_to(rng, size=5)
    follower = Firm(clients=CLIENTS).ledger
    for record, records, verdicts in played:
        follower.apply(record, records, verdicts)
    assert follower.digest() == firm.ledger.digest()


@several
@given(randoms, st.floats(0, 1))
def test_saved_state_goes_on_as_if_never_saved(tmp_path_factory, rng, share):
    firm, told, _ = told_to(rng)
    first = Firm(clients=CLIENTS)
    cut = int(share * len(told))
    play(first.ledger, told[:cut])
    path = write_snapshot(
        tmp_path_factory.mktemp("s"), SnapshotHead(1, b"", "test"), {"ledger": first.ledger.snapshot()}
    )
    second = LedgerMachine(first.market)
    second.restore(read_snapshot(path)[1]["ledger"])
    assert second.digest() == first.ledger.digest()
    play(second, told[cut:])
    assert second.digest() == firm.ledger.digest()


@several
@given(randoms)
def test_trades_told_again_change_nothing(rng):
    firm, told, _ = told_to(rng)
    before = firm.ledger.digest()
    taken = set(firm.ledger.trades()["execution_id"].tolist())
    again = [said for said in told if getattr(said, "execution_id", 0) in taken]
    verdicts = [verdict for _, _, verdicts in play(firm.ledger, again) for verdict in verdicts]
    assert firm.ledger.digest() == before
    assert sum(bool(verdict["flags"]) for verdict in verdicts) >= len(taken)
    assert all(verdict["flags"] or verdict["mask"] for verdict in verdicts)


def test_equal_books_have_equal_digests_whatever_the_order():
    cash = [RecordOpeningCash(account=a, amount=money(a)) for a in (ANNA, BO, ERROR)]
    held = [
        RecordOpeningHolding(
            account=a, instrument=i, quantity=10 * a + i, cost=money(3), acquired_on=execution(1, 1, 1, 1, 1).trade_date
        )
        for a in (ANNA, BO) for i in (0, 1)
    ]  # fmt: skip
    digests = set()
    for order in (1, -1):
        firm = Firm()
        firm.accept(*cash[::order])
        firm.accept(*held[::order])
        digests.add(firm.ledger.digest())
    assert len(digests) == 1


def test_any_difference_shows_in_the_digest():
    first, second = Firm(), Firm()
    assert first.ledger.digest() == second.ledger.digest()
    second.accept(RecordOpeningCash(account=ANNA, amount=1))
    assert first.ledger.digest() != second.ledger.digest()
    first.accept(RecordOpeningCash(account=BO, amount=1))
    assert first.ledger.digest() != second.ledger.digest()


def test_lots_have_a_digest_of_their_own():
    first, second = Firm(), Firm()
    first.holds(ANNA, 1_000, cost=10)
    second.holds(ANNA, 1_000, cost=11)
    assert first.ledger.books.lots.digest() != second.ledger.books.lots.digest()
    assert (first.ledger.positions()["posted"] == second.ledger.positions()["posted"]).all()


def test_machine_names_every_event_of_the_room_as_decided():
    decided = {event_of(record).kind for record in LedgerMachine.decides}
    assert decided == {
        kind.kind for kind in map(event_of, LedgerMachine.decides) if kind.kind.startswith("ledger.")
    }
    assert len(decided) == 9


def test_verdict_of_a_close_names_the_rule_set():
    from ledger_firm import MONDAY, WEDNESDAY

    from tallystick.ledger.events import CloseTrading

    verdict = Firm().decide(CloseTrading(trade_date=MONDAY, settlement_date=WEDNESDAY))[0]
    assert verdict["rule_set"] == 3


def test_empty_batch_gives_no_verdict():
    ledger = Firm().ledger
    for record in (RecordExecution, RecordOpeningCash, RecordOpeningHolding):
        assert len(ledger.decide(record, schema_of(record).pack([]))) == 0


def test_read_only_records_are_taken():
    firm = Firm()
    packed = schema_of(RecordExecution).pack([execution(1, ANNA, Side.BUY, 1_000, 10)])
    packed.flags.writeable = False
    assert not firm.ledger.decide(RecordExecution, packed)["mask"].any()
    assert firm.position(ANNA, STOCK)["due_in"] == 1_000


@pytest.mark.lab
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(randoms, st.integers(1, 50))
def test_many_histories_in_many_batch_sizes(rng, size):
    firm, told, _ = told_to(rng)
    other = Firm(clients=CLIENTS)
    for record, records in runs(told, size):
        if record in FACTS:
            other.ledger.apply(record, records, np.zeros(len(records), [("mask", "<u8"), ("flags", "<u4")]))
        else:
            other.ledger.decide(record, records)
    assert other.ledger.digest() == firm.ledger.digest()
