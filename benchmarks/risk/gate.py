"""The order gate on 100,000 accounts: batches, single orders, a peer, and the tests' plain-Python referee.

    python benchmarks/risk/gate.py [--orders 400000] [--accept]

Every order is judged by all checks and accepted ones reserve; accounts and instruments are drawn at random, half buy,
half sell. Single orders are told in three ways: the kernel alone (timed inside compiled code), a call of the kernel
from Python, and the whole `GateMachine.decide`. Peers get the first 30,000 of the same orders, one at a time:

- `openpit` (Apache-2.0, Rust with Python bindings), if it can be imported: its built-in validation, size limit and
  spot funds policies, which reserve cash and shares. It has no bands, ticks, lots, order types, repeated ids, switch or
  explanations; its order objects are made before the clock starts.
- the referee of tests/risk: the same rules as the gate, in plain Python.

Rates are told by the clock and by the process's own time; ratios are of the latter. Left out: the journal, the socket
and the decoding of messages (benchmarks/core/journal.py has those). Compile time is told apart.
"""

from __future__ import annotations

import ctypes
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "risk"))

from gate_referee import Account, Referee
from gate_rooms import DAY, HOLDINGS, TERMS, PlainMarket, account_terms, at_clock, charge, money
from measured import arguments, circumstances, installed, keep

from tallystick.core.day import DayOpened
from tallystick.core.events import verdict_dtype
from tallystick.core.ids import day_id
from tallystick.core.schema import date_number, schema_of
from tallystick.ledger.events import AccountKind, OpenAccount
from tallystick.market.events import AdoptRules
from tallystick.risk.gate import kernels
from tallystick.risk.gate.events import SetAccountTerms, SubmitOrder
from tallystick.risk.gate.machine import GateMachine

ACCOUNTS, INSTRUMENTS, HOLDINGS_EACH = 100_000, 2_000, 4
CASH, DAILY_LIMIT, ORDER_LIMIT, SHARES = money(5_000_000), money(4_990_000), money(50_000_000), 50_000
PEER_ORDERS = 30_000


class PlainBooks:
    """A ledger's opening books: the same cash for all, a few holdings each."""

    account_count = ACCOUNTS

    def __init__(self, random):
        rows = np.zeros(ACCOUNTS * HOLDINGS_EACH, HOLDINGS)
        rows["account"] = np.repeat(np.arange(ACCOUNTS), HOLDINGS_EACH)
        part = INSTRUMENTS // HOLDINGS_EACH
        rows["instrument"] = np.tile(np.arange(HOLDINGS_EACH) * part, ACCOUNTS)
        rows["instrument"] += random.integers(0, part, len(rows), dtype=np.int32)
        rows["sellable"] = SHARES
        self.holdings = rows

    def gate_cash(self):
        return np.full(ACCOUNTS, CASH)

    def gate_holdings(self):
        return self.holdings


def open_gate(random):
    """A gate with its day open; every account has terms, every instrument trades around 100."""
    books = PlainBooks(random)
    market = PlainMarket([f"{1000 + n}.XTAI" for n in range(INSTRUMENTS)])
    market.day_terms = np.zeros(INSTRUMENTS, TERMS)
    for name, value in (
        ("business_date", date_number(DAY)), ("reference_price", money(100)), ("limit_up", money(110)),
        ("limit_down", money(90)), ("lot", 1_000),
    ):  # fmt: skip
        market.day_terms[name] = value
    gate = GateMachine(market, books, lambda proposal, content: False)
    gate.apply(AdoptRules, [AdoptRules(rule_set="benchmark", rows=b"")], np.zeros(1, verdict_dtype()))
    opened = np.zeros(ACCOUNTS, schema_of(OpenAccount).dtype)
    opened["account"], opened["kind"] = np.arange(ACCOUNTS), AccountKind.CLIENT
    gate.apply(OpenAccount, opened, np.zeros(ACCOUNTS, verdict_dtype()))
    terms = np.zeros(ACCOUNTS, schema_of(SetAccountTerms).dtype)
    terms["account"], terms["permissions"] = np.arange(ACCOUNTS), 15
    terms["daily_limit"], terms["order_value_limit"] = DAILY_LIMIT, ORDER_LIMIT
    assert not gate.decide(SetAccountTerms, terms)["mask"].any()
    gate.apply(DayOpened, [DayOpened(business_date=DAY, code_version="")], np.zeros(1, verdict_dtype()))
    return gate, books


def draw(random, books, count, first):
    """Limit orders for the day: buys anywhere, sales of what is held."""
    rows = np.zeros(count, schema_of(SubmitOrder).dtype)
    buys = random.random(count) < 0.5
    held = books.holdings[random.integers(0, len(books.holdings), count)]
    rows["order_id"] = day_id(DAY, first) + np.arange(count)
    rows["account"] = np.where(buys, random.integers(0, ACCOUNTS, count), held["account"])
    rows["instrument"] = np.where(buys, random.integers(0, INSTRUMENTS, count), held["instrument"])
    rows["price"] = money(100) + random.integers(-9, 10, count) * money(0.5)
    rows["quantity"] = random.integers(1, 6, count) * 1_000
    rows["side"] = np.where(buys, 1, 2)
    rows["received_at"] = at_clock("10:00")
    for name in ("order_type", "time_in_force", "lot_type", "capacity"):
        rows[name] = 1
    return rows


class Rate(NamedTuple):
    """Orders a second of the clock, and a second of this process's own time, which other work does not lengthen."""

    wall: float
    own: float
    refused: int


def rate_of(count, work):
    """Run `work`, which returns how many orders it refused, and time it."""
    wall, own = time.perf_counter(), time.process_time()
    refused = work()
    return Rate(count / (time.perf_counter() - wall), count / (time.process_time() - own), refused)


def batches(gate, rows, size):
    """The rate in batches of a size."""

    def work():
        parts = [gate.decide(SubmitOrder, rows[n : n + size]) for n in range(0, len(rows), size)]
        return sum(int(np.count_nonzero(verdicts["mask"])) for verdicts in parts[:1_000])

    return rate_of(len(rows), work)


clock_gettime = ctypes.CDLL(None).clock_gettime
clock_gettime.argtypes, clock_gettime.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_int
submit = kernels.submit_orders


@njit
def timed_inside(
    commands, verdicts, spent, now, firm, accounts, instruments, ticks, positions, orders, slots
):
    """Nanoseconds of one kernel call for each order, read from the monotonic clock inside compiled code."""
    for index in range(len(commands)):
        command, verdict = commands[index : index + 1], verdicts[index : index + 1]
        clock_gettime(1, now[0:].ctypes)
        submit(command, verdict, True, firm, accounts, instruments, ticks, positions, orders, slots)
        clock_gettime(1, now[2:].ctypes)
        spent[index] = (now[2] - now[0]) * 1_000_000_000 + now[3] - now[1]


def tables_of(gate):
    t = gate.tables
    return t.firm, t.accounts, t.instruments, t.ticks, t.positions, t.orders, t.slots


def single_kernel(gate, rows):
    spent = np.zeros(len(rows), np.int64)
    timed_inside(rows, np.zeros(len(rows), verdict_dtype()), spent, np.zeros(4, np.int64), *tables_of(gate))
    return spent


def single_calls(rows, call):
    spent = np.zeros(len(rows), np.int64)
    for index in range(len(rows)):
        command = rows[index : index + 1]
        start = time.perf_counter_ns()
        call(command)
        spent[index] = time.perf_counter_ns() - start
    return spent


def referee_rate(books, rows):
    """The rate of the plain-Python referee."""
    referee = Referee()
    terms = account_terms(0, daily_limit=DAILY_LIMIT, order_value_limit=ORDER_LIMIT, permissions=15)
    referee.accounts = {code: Account(AccountKind.CLIENT, terms=terms) for code in range(ACCOUNTS)}
    holdings = {(int(r["account"]), int(r["instrument"])): SHARES for r in books.holdings}
    day = type("Terms", (), {"limit_up": money(110), "limit_down": money(90), "lot": 1_000, "order_minimum": 0,
                             "tick_table": 0, "status": 0})()  # fmt: skip
    cash = dict.fromkeys(range(ACCOUNTS), CASH)
    steps = [[(0, 100), (100_000, 500), (500_000, 1_000), (1_000_000, 5_000)]]
    referee.open_day(
        DAY,
        cash,
        holdings,
        dict.fromkeys(range(INSTRUMENTS), day),
        steps,
        dict.fromkeys(range(INSTRUMENTS), charge(1_425, 10**6, money(20))),
        dict.fromkeys(range(INSTRUMENTS), charge(3, 1_000)),
    )
    referee.order_types["continuous"], referee.hours = {"limit ROD"}, (at_clock("09:00"), at_clock("13:25"))
    orders = schema_of(SubmitOrder).unpack(rows)
    return rate_of(len(orders), lambda: sum(referee.submit(order)[0] != 0 for order in orders))


def peer_rate(books, rows):
    """The rate of openpit, None if it is not there."""
    if not installed("openpit", "openpit"):
        return None
    import openpit
    from openpit import param
    from openpit.pretrade import policies

    size = policies.OrderSizeLimit(max_quantity=param.Quantity(10**6), max_notional=param.Volume(50_000_000))
    engine = (
        openpit.Engine.builder().no_sync().builtin(policies.build_order_validation())
        .builtin(policies.build_order_size_limit().broker_barrier(policies.OrderSizeBrokerBarrier(limit=size)))
        .builtin(policies.build_spot_funds()).build()
    )  # fmt: skip
    accounts = [param.AccountId.from_int(code) for code in range(ACCOUNTS)]

    def balance(asset, amount):
        return openpit.AccountAdjustment(
            operation=openpit.AccountAdjustmentBalanceOperation(asset=asset),
            amount=openpit.AccountAdjustmentAmount(
                balance=openpit.AdjustmentAmount.absolute(param.PositionSize(amount))
            ),
        )

    held = books.holdings["instrument"].reshape(ACCOUNTS, HOLDINGS_EACH).tolist()
    means = (CASH + DAILY_LIMIT) // 10_000
    for account, codes in zip(accounts, held, strict=True):
        engine.apply_account_adjustment(
            account, [balance("TWD", means), *(balance(str(1000 + c), SHARES) for c in codes)]
        )
    papers = [openpit.Instrument(str(1000 + code), "TWD") for code in range(INSTRUMENTS)]
    orders = [
        openpit.Order(
            operation=openpit.OrderOperation(
                instrument=papers[row["instrument"]], account_id=accounts[row["account"]],
                side=param.Side.BUY if row["side"] == 1 else param.Side.SELL,
                trade_amount=param.TradeAmount.quantity(int(row["quantity"])),
                price=param.Price(int(row["price"]) / 10_000),
            )
        )
        for row in rows
    ]  # fmt: skip

    def work():
        refused = 0
        for order in orders:
            result = engine.execute_pre_trade(order=order)
            if result:
                result.reservation.commit()
            else:
                refused += 1
        return refused

    return rate_of(len(orders), work)


def tell(name, rate):
    print(f"{name:<34} {rate.wall / 1e6:7.3f} M orders/s  {rate.own / 1e6:7.3f} M a second of own time")


def show(name, spent):
    p50, p99, p9999 = np.percentile(spent, [50, 99, 99.99]) / 1_000
    print(f"{name:<34} p50 {p50:7.2f} µs  p99 {p99:7.2f} µs  p99.99 {p9999:7.2f} µs")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--orders", type=int, default=400_000)
    given = parser.parse_args()
    print(circumstances("numpy", "numba"))
    random = np.random.default_rng(7)
    start = time.perf_counter()
    gate, books = open_gate(random)
    gate.decide(SubmitOrder, draw(random, books, 10, 0))
    single_kernel(gate, draw(random, books, 10, 100))
    print(f"{'compile or load, open the day':<34} {time.perf_counter() - start:7.2f} s")
    gate.tables.make_room_for_orders(6 * given.orders)
    gate.tables.orders[int(gate.tables.firm[4]) :] = 0
    peer_rows, rates, first = draw(random, books, PEER_ORDERS, 1_000), {}, 1_000_000
    for size in (8_192, 4_096, 32, 1):
        rows = draw(random, books, given.orders if size > 1 else given.orders // 10, first)
        first += 1_000_000
        rates[size] = batches(gate, rows, size)
        tell(f"batches of {size:,}", rates[size])
    show("one order, kernel alone", single_kernel(gate, draw(random, books, 50_000, 90_000_000)))
    verdict, tables = np.zeros(1, verdict_dtype()), tables_of(gate)
    rows = draw(random, books, 20_000, 91_000_000)
    show(
        "one order, kernel called by Python", single_calls(rows, lambda c: submit(c, verdict, True, *tables))
    )
    rows = draw(random, books, 20_000, 92_000_000)
    show("one order, GateMachine.decide", single_calls(rows, lambda c: gate.decide(SubmitOrder, c)))
    results = {"referee": referee_rate(books, peer_rows), "openpit": peer_rate(books, peer_rows)}
    ratios = {}
    for name, result in results.items():
        if result is None:
            continue
        tell(f"{name}, {result.refused} refused", result)
        for size in (4_096, 1):
            ratios[f"batches of {size:,} / {name}"] = rates[size].own / result.own
    found = {f"batches of {size:,}, orders/s": rate.wall for size, rate in rates.items()}
    return keep("risk-gate", found, ratios, accept=given.accept)


if __name__ == "__main__":
    sys.exit(main())
