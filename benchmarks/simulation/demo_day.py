"""How long the demo firm's build and its first trading day take, beside the same market without a firm.

    python benchmarks/simulation/demo_day.py [--clients 5000] [--orders 165000] [--folder DIR] [--accept]

A small firm is made and run first, so that no kernel is compiled in what is measured (that time is told apart). Then
the demo firm is built, and its day run: gate, exchange, ledger, settlement, files, bars. Beside it the order flow and
the exchange alone, with a gate that accepts everything and nothing written down: what the firm's own part costs over
it is the ratio. CPU seconds are of this process and of the writer; wall seconds depend on what else the machine does,
so the load is told.

Target: under 60 s of compute for the day, with at least 200,000 order messages.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, keep

from tallystick.core.events import verdict_dtype
from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm
from tallystick.simulation import DemoPlan, build, run_day
from tallystick.simulation.day import run as day_run

TARGET_SECONDS, TARGET_MESSAGES = 60, 200_000
SMALL = DemoPlan(clients=300, instruments=20, house_orders=2_000, slot_seconds=60, real_shares=False)


class YesWriter:
    """Accepts everything and keeps nothing."""

    resumed = 0

    def decide(self, record: type, rows: Any) -> Any:
        return np.zeros(len(rows), verdict_dtype())

    def send(self, record: type, commands: list[Any]) -> Any:
        return type("Accepted", (), {"accepted": True, "verdicts": np.zeros(len(commands), verdict_dtype())})


def writer_cpu(folder: Path) -> float:
    """CPU seconds of the firm's writer process so far."""
    pid = (folder / "journal" / "0.lock").read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(folder: Path, plan: DemoPlan) -> dict[str, Any]:
    settings = Settings(firm=FirmSettings(clock="commands", seed=plan.seed))
    with Firm.create(folder, first_day=plan.first_day, settings=settings, user="benchmark") as firm:
        start, cpu = time.perf_counter(), time.process_time()
        build(firm.context(), plan)
        built = time.perf_counter() - start
        alone = market_alone(firm, plan)
        start, cpu, writer = time.perf_counter(), time.process_time(), writer_cpu(folder)
        summary = run_day(firm.context(), plan.date)
        wall, here, there = (
            time.perf_counter() - start, time.process_time() - cpu, writer_cpu(folder) - writer,
        )  # fmt: skip
    found = {"build_wall_s": built, "day_wall_s": wall, "runner_cpu_s": here, "writer_cpu_s": there}
    found |= {"day_cpu_s": here + there, "market_alone_cpu_s": alone, "ratio": (here + there) / alone}
    counts = {"messages": summary.orders + summary.cancels, "executions": summary.executions}
    return found | counts | {"load": os.getloadavg()[0]}


def market_alone(firm: Firm, plan: DemoPlan) -> float:
    """CPU seconds of the day's order flow and exchange without a firm behind them."""
    before = day_run._before(firm.context(), plan.date)
    day = day_run._Day(firm.context(), plan, plan.date, before)
    day.writer = YesWriter()  # type: ignore[assignment]
    start = time.process_time()
    day._trade()
    return time.process_time() - start


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--clients", type=int, default=5_000)
    parser.add_argument("--orders", type=int, default=165_000)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        start = time.perf_counter()
        measured(folder / "small", SMALL)
        warm_up = time.perf_counter() - start
        found = measured(folder / "firm", DemoPlan(clients=given.clients, house_orders=given.orders))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found |= {"warm_up_wall_s": warm_up, "clients": given.clients}
    print(f"warm-up (a small firm, compiling what is not cached)  {warm_up:6.1f} s wall")
    print(
        f"build of {given.clients:,} clients                            {found['build_wall_s']:6.1f} s wall"
    )
    print(
        f"day: {found['messages']:,} order messages, {found['executions']:,} executions, load {found['load']:.1f}"
    )
    print(f"    {found['day_wall_s']:.1f} s wall, {found['day_cpu_s']:.1f} s CPU", end=" ")
    print(f"(runner {found['runner_cpu_s']:.1f}, writer {found['writer_cpu_s']:.1f})")
    print(f"    flow and exchange alone {found['market_alone_cpu_s']:.1f} s CPU; ratio {found['ratio']:.1f}")
    ratios = {"flow and exchange alone / the firm's day, CPU": 1 / found["ratio"]}
    status = keep("simulation-demo-day", found, ratios, accept=given.accept)
    return status | int(found["day_cpu_s"] > TARGET_SECONDS or found["messages"] < TARGET_MESSAGES)


if __name__ == "__main__":
    raise SystemExit(main())
