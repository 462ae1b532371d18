"""Every order, trade and decision of the journal is in the business tables once; sums tie to the ledger."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tallystick.core.schema import date_number
from tallystick.ledger.events import RecordExecution, RecordOpeningCash, RecordOpeningTrade
from tallystick.risk.gate.book.orders import STATUSES, read_orders
from tallystick.risk.gate.events import SUBMIT_REASONS, SubmitOrder


def columns(table, *names):
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def known_closes(firm, day):
    """When the day was closed, as the journal recorded it, and the batch."""
    (closed,) = firm.house.journal.batches(day=day, kinds=["core.day_closed"])
    return closed.recorded_at, closed.seq


def test_every_order_is_there_once_with_its_last_state(traded, day):
    found = traded.house.lake.scan("risk.orders", within={"business_date": day})
    orders = read_orders(traded.house.journal, day)
    numbers = orders.records["order_id"].tolist()
    wanted = Counter(
        zip(
            numbers, orders.seqs.tolist(), (STATUSES[status] for status in orders.status.tolist()),
            orders.filled.tolist(), orders.filled_value.tolist(), orders.cancel_asked.tolist(), strict=True,
        )
    )  # fmt: skip
    assert len(numbers) > 200
    assert (
        Counter(columns(found, "order_id", "seq", "status", "filled", "filled_value", "cancel_asked"))
        == wanted
    )
    assert {"filled", "refused", "cancelled", "expired"} <= set(found["status"].to_pylist())


def test_a_refused_order_names_its_reasons_and_an_accepted_one_none(traded, day):
    found = traded.house.lake.scan("risk.orders", within={"business_date": day})
    orders = traded.house.journal.columns(SubmitOrder, day=day)
    masks = dict(zip(orders.records["order_id"].tolist(), orders.verdicts["mask"].tolist(), strict=True))
    for number, status, reasons in columns(found, "order_id", "status", "reasons"):
        codes = [reason.code for bit, reason in enumerate(SUBMIT_REASONS) if masks[number] >> bit & 1]
        assert reasons.split(",") == (codes or [""])
        assert (status == "refused") == bool(codes)


def test_a_row_says_who_and_what_by_codes_and_words(traded, day):
    found = traded.house.lake.scan("risk.orders", within={"business_date": day})
    ledger, market = traded.house.machine("ledger"), traded.house.machine("market")
    accounts = ledger.accounts()
    for account, party, branch, instrument, symbol in columns(
        found, "account", "party", "branch", "instrument", "symbol"
    ):
        if 0 <= account < len(accounts):
            assert (party, branch) == (accounts["party"][account], accounts["branch"][account])
        else:
            assert (party, branch) == (-1, -1)
        known = 0 <= instrument < len(market.instruments)
        assert symbol == (market.instruments[instrument].symbol if known else "")
    assert set(found["side"].to_pylist()) == {"buy", "sell"}
    assert {"rod", "ioc", "fok"} & set(found["time_in_force"].to_pylist())


def test_every_execution_is_there_once_and_ties_to_the_ledger_to_the_cent(traded, day):
    found = traded.house.lake.scan("ledger.executions", within={"business_date": day})
    recorded = traded.house.journal.columns(RecordExecution, day=day)
    numbers = recorded.records["execution_id"][recorded.verdicts["mask"] == 0].tolist()
    assert Counter(found["execution_id"].to_pylist()) == Counter(numbers)
    fees = traded.house.machine("ledger").fees(date_number(day))
    for name, column in (("quantity", "quantity"), ("value", "value"), ("fee", "fee"), ("tax", "tax")):
        assert sum(found[name].to_pylist()) == int(fees[column].sum()) > 0
    trades = traded.house.machine("ledger").trades(date_number(day))
    wanted = {
        row["execution_id"]: (
            row["order_id"],
            row["price"],
            row["value"],
            row["fee"],
            row["tax"],
            row["settlement_date"],
        )
        for row in trades
    }
    names = ("execution_id", "order_id", "price", "value", "fee", "tax", "settlement_date")
    for number, *rest, settled in columns(found, *names):
        assert (*rest, date_number(settled)) == wanted[number]


def test_fees_are_unknown_until_trading_is_closed(traded, day):
    lake = traded.house.lake
    (closing,) = traded.house.journal.batches(day=day, kinds=["ledger.close_trading"])
    before = lake.scan("ledger.executions", within={"business_date": day}, known_at=closing.recorded_at - 1)
    after = lake.scan("ledger.executions", within={"business_date": day}, known_at=closing.recorded_at)
    assert before.num_rows == after.num_rows > 0
    assert before["fee"].null_count == before.num_rows
    assert after["fee"].null_count == 0


def test_trades_and_cash_taken_over_are_history_of_the_first_day(traded, day):
    first = traded.house.journal.days()[0]
    assert first < day
    trades = traded.house.lake.scan("ledger.executions", within={"business_date": first})
    brought = traded.house.journal.columns(RecordOpeningTrade, day=first).records
    assert Counter(columns(trades, "execution_id", "value", "fee", "tax")) == Counter(
        zip(
            brought["execution_id"].tolist(), (brought["price"] * brought["quantity"]).tolist(),
            brought["fee"].tolist(), brought["tax"].tolist(), strict=True,
        )
    )  # fmt: skip
    assert set(trades["origin"].to_pylist()) == {"opening"}
    moves = traded.house.lake.scan("ledger.cash_moves", within={"business_date": first})
    opening = traded.house.journal.columns(RecordOpeningCash, day=first).records
    assert Counter(columns(moves, "account", "amount")) == Counter(
        zip(opening["account"].tolist(), opening["amount"].tolist(), strict=True)
    )


def test_cash_of_two_days_ties_by_moves_and_settlement(traded, day):
    lake, ledger = traded.house.lake, traded.house.machine("ledger")
    first = traded.house.journal.days()[0]

    def posted(date):
        found = lake.scan("ledger.cash", within={"business_date": date}, order=["account"])
        return np.array(found["posted"].to_pylist())

    before, after = posted(first), posted(day)
    assert len(before) == len(after) == ledger.account_count
    assert before.sum() == after.sum() == 0
    expected = before.copy()
    moves = lake.scan("ledger.cash_moves", within={"business_date": day})
    np.add.at(expected, moves["account"].to_numpy(), moves["amount"].to_numpy())
    settled = ledger.obligations(date_number(day))
    settled = settled[
        (settled["tier"] == 1) & (settled["instrument"] == -1) & np.isin(settled["state"], (2, 3))
    ]
    assert len(settled)
    assert moves.num_rows
    np.add.at(expected, settled["account"], settled["amount"])
    clients = ledger.accounts()["kind"] == 1
    assert (after[clients] == expected[clients]).all()
    assert (after == ledger.accounts()["posted"]).all()


def test_positions_are_those_of_the_ledger_and_each_instrument_sums_to_zero(traded, day):
    found = traded.house.lake.scan(
        "ledger.positions", within={"business_date": day}, order=["account", "instrument"]
    )
    positions = traded.house.machine("ledger").positions()
    for name in (
        "account",
        "instrument",
        "posted",
        "due_in",
        "due_out",
        "retained",
        "kept",
        "sellable",
        "cost",
    ):
        assert found[name].to_pylist() == positions[name].tolist()
    sums: Counter = Counter()
    for symbol, posted in columns(found, "symbol", "posted"):
        sums[symbol] += posted
    assert not any(sums.values())


def test_bought_and_sold_shares_tie_to_what_the_books_owe(traded, day):
    lake = traded.house.lake
    trades = lake.scan("ledger.executions", within={"business_date": day})
    bought: Counter = Counter()
    for account, symbol, side, quantity in columns(trades, "account", "symbol", "side", "quantity"):
        bought[account, symbol] += quantity if side == "buy" else -quantity
    ledger, market = traded.house.machine("ledger"), traded.house.machine("market")
    (settlement,) = set(trades["settlement_date"].to_pylist())
    due = ledger.obligations(date_number(settlement))
    due = due[(due["tier"] == 1) & (due["instrument"] >= 0)]
    owed = {
        (account, market.instruments[instrument].symbol): amount
        for account, instrument, amount in due[["account", "instrument", "amount"]].tolist()
    }
    assert {key: net for key, net in bought.items() if net} == {key: net for key, net in owed.items() if net}


def test_every_command_up_to_the_close_is_a_decision(traded, day):
    found = traded.house.lake.scan("governance.decisions", order=["seq", "place"])
    _, last = known_closes(traded, day)
    wanted = [
        (batch.seq, place, batch.kind, batch.actor, not mask, batch.recorded_at)
        for batch in traded.house.journal.batches(until=last)
        for place, mask in enumerate(batch.verdicts["mask"].tolist())
    ]
    sealed = [row for row in columns(found, "seq", "place", "kind", "actor", "accepted") if row[0] <= last]
    assert sealed == [row[:5] for row in wanted]
    refused = [
        (kind, reasons) for kind, ok, reasons in columns(found, "kind", "accepted", "reasons") if not ok
    ]
    assert refused
    assert all(reasons for _, reasons in refused)
    orders = traded.house.lake.scan("governance.decisions", where="kind = 'gate.submit_order'")
    sent = traded.house.journal.columns(SubmitOrder, day=day).records
    assert sorted(orders["identity"].to_pylist()) == sorted(sent["order_id"].tolist())


def test_client_events_tell_every_opening_and_all_terms(traded, day):
    found = traded.house.lake.scan("clients.events")
    ledger = traded.house.machine("ledger")
    counts = Counter(found["event"].to_pylist())
    assert counts["account_opened"] == ledger.account_count
    assert counts["party_registered"] == ledger.party_count
    terms = {account for event, account in columns(found, "event", "account") if event == "terms_set"}
    assert len(terms) > 80
    opened = {
        account: (party, branch)
        for event, account, party, branch in columns(found, "event", "account", "party", "branch")
        if event == "account_opened"
    }
    accounts = ledger.accounts()
    assert opened == {code: (row["party"], row["branch"]) for code, row in enumerate(accounts)}


def test_an_order_as_known_at_any_time_is_what_a_replay_to_then_gives(traded, day):
    """A naive reading of the journal, batch by batch."""
    lake, journal = traded.house.lake, traded.house.journal
    state: dict[int, list] = {}
    checked = 0
    batches = list(journal.batches(day=day))
    times = sorted({batch.recorded_at for batch in batches})
    asked = set(times[:: max(len(times) // 12, 1)])
    closes, _ = known_closes(traded, day)
    for batch, following in zip(batches, [*batches[1:], None], strict=True):
        records = batch.records
        for place, mask in enumerate(batch.verdicts["mask"].tolist()):
            if batch.kind == "gate.submit_order":
                row = records[place]
                state[int(row["order_id"])] = ["refused" if mask else "new", 0, int(row["quantity"])]
            elif batch.kind == "ledger.record_execution" and not mask:
                order = state[int(records[place]["order_id"])]
                order[1] += int(records[place]["quantity"])
                order[0] = "filled" if order[1] >= order[2] else "partly_filled"
            elif batch.kind == "gate.end_order" and not mask:
                reason = int(records[place]["done_reason"])
                state[int(records[place]["order_id"])][0] = (
                    "",
                    "cancelled",
                    "expired",
                    "refused_by_exchange",
                )[reason]
        last_of_its_time = following is None or following.recorded_at > batch.recorded_at
        if batch.recorded_at in asked and last_of_its_time and batch.recorded_at < closes:
            found = lake.scan("risk.orders", within={"business_date": day}, known_at=batch.recorded_at)
            assert {
                row[0]: [*row[1:]] for row in columns(found, "order_id", "status", "filled", "quantity")
            } == state
            checked += 1
    assert checked > 5
