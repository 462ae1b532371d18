"""One whole day of order flow and exchange, without gate, journal and ledger: 200 instruments, 5,000 clients.

    python benchmarks/simulation/order_flow.py [--slot 5] [--accept]

Prints wall and processor time of the flow, the exchange and the telling of results back, and the messages they made:
at least 210,000 of our clients and 600,000 in all. The limit is 5 s of processor time without compiling (a first day
of a few hundred orders compiles and is told apart); beyond it the run ends with status 1. Nothing is compared: no
peer makes order flow by Taiwan's rules.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "simulation"))

import small_day
from measured import arguments, circumstances, keep

from tallystick.core.time import SECOND
from tallystick.simulation.exchange import Exchange
from tallystick.simulation.flow import FlowSettings, OrderFlow

LIMIT_SECONDS = 5.0
INSTRUMENTS, CLIENTS = 200, 5_000


class Stopwatch:
    """Adds up the wall and processor time of named pieces of work."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    def time(self, name, work, *given):
        wall, processor = time.perf_counter(), time.process_time()
        answer = work(*given)
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
        self.processor[name] = self.processor.get(name, 0.0) + time.process_time() - processor
        return answer


def run(settings: FlowSettings, slot: int) -> tuple[Stopwatch, dict[str, int]]:
    rng = np.random.default_rng(5)
    prices = [int(price) for price in rng.lognormal(4.2, 1.0, INSTRUMENTS).clip(5, 1_500) * 20]
    rows = small_day.terms(
        [price * 500 // small_day.tick_of(price * 500) * small_day.tick_of(price * 500) for price in prices]
    )
    clients = small_day.clients(CLIENTS, rows, holdings=8)
    day, watch, counts = small_day.trading_day(rows), Stopwatch(), dict.fromkeys(("ours", "all", "fills"), 0)
    venue = watch.time("prepare", lambda: Exchange(day, largest_lots=499, salt=7))
    targets = rng.normal(0, 0.018, INSTRUMENTS).clip(-0.1, 0.1)
    flow = watch.time("prepare", lambda: OrderFlow(day, clients, targets, seed=7, settings=settings))
    while flow.now <= flow.ends:
        until = min(flow.now + slot * SECOND, flow.ends + 1)
        best = watch.time("exchange", venue.top)
        batch = watch.time("flow", flow.slot, until, *best)
        wrong = np.isin(batch.orders["order_id"], flow.truth()["order_id"])
        report = watch.time("exchange", venue.run, until, batch.orders[~wrong], batch.cancels, batch.street)
        watch.time("observe", flow.observe, report.executions, report.ends, batch.orders["order_id"][wrong])
        counts["ours"] += len(batch.orders) + len(batch.cancels)
        counts["all"] += len(batch.orders) + len(batch.cancels) + len(batch.street)
        counts["fills"] += report.fills
    return watch, counts


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--slot", type=int, default=5, help="seconds")
    given = parser.parse_args()
    warm, _ = run(FlowSettings(house_orders=300), 60)
    watch, counts = run(FlowSettings(), given.slot)
    spent = sum(watch.processor.values())
    print(f"{circumstances()}; first small day {sum(warm.wall.values()):.1f} s")
    for name, seconds in watch.wall.items():
        print(f"{name:<9} {seconds:6.2f} s wall  {watch.processor[name]:6.2f} s processor")
    print(f"messages: {counts['ours']:,} ours, {counts['all']:,} in all; {counts['fills']:,} fills")
    print(
        f"total {spent:.2f} s of processor time (limit {LIMIT_SECONDS}), {counts['all'] / spent:,.0f} messages a second"
    )
    found = {"processor_s": spent, "wall_s": sum(watch.wall.values()), **counts}
    status = keep("simulation-order-flow", found, {}, accept=given.accept)
    enough = counts["ours"] >= 210_000 and counts["all"] >= 600_000
    return status | int(spent > LIMIT_SECONDS or not enough)


if __name__ == "__main__":
    sys.exit(main())
