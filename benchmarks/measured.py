"""What every benchmark does with its figures: they are kept, and ratios are held to a run that was accepted.

    python benchmarks/<room>/<what>.py [--accept]

Figures go to benchmarks/results/<name>.json. `--accept` also keeps them in benchmarks/baseline. A later run fails where
a ratio is more than 20% worse than the accepted one. Ratios say how many times better ours is than the peer in the same
run (its time over ours, our rate over its), since seconds alone say more of the machine; higher is better in all.

A figure that was promised is a `Target`: it is printed beside what was reached, `met` or `SHORT`. A short one fails
nothing, since it is in seconds; `benchmarks/targets.py` lists those of all benchmarks at the end of `make bench`.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import importlib.util
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent
WORST = 0.8
"""A ratio below so much of the accepted one is worse."""

SHOWN = 24
"""Of more ratios than this only the worse ones are printed."""

LEFT_OUT: list[str] = []
"""Peers that this run had to do without."""


class Target(NamedTuple):
    """What a figure is held to: to be no more than the limit, or with `least` no less."""

    what: str
    reached: float
    limit: float
    unit: str
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is within the limit."""
        return self.reached >= self.limit if self.least else self.reached <= self.limit

    def __str__(self) -> str:
        side = "at least" if self.least else "at most"
        told = f"{self.reached:,.0f}" if self.reached >= 10_000 else f"{self.reached:.4g}"
        limit = f"{side} {self.limit:,g} {self.unit}"
        return f"{'met' if self.met else 'SHORT':<6}{self.what:<74}{told:>10} {self.unit:<9} {limit}"


def at_most(what: str, reached: float, limit: float, unit: str) -> Target:
    """A figure that should be small."""
    return Target(what, reached, limit, unit)


def at_least(what: str, reached: float, limit: float, unit: str) -> Target:
    """A figure that should be large."""
    return Target(what, reached, limit, unit, least=True)


def installed(peer: str, *packages: str) -> bool:
    """Whether a peer can be measured; one that cannot is named, here and in the kept figures."""
    absent = [package for package in packages if importlib.util.find_spec(package) is None]
    if absent:
        print(f"LEFT OUT {peer}: not installed: {', '.join(absent)} (make peers)")
        LEFT_OUT.append(peer)
    return not absent


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every benchmark takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accept", action="store_true", help="hold later runs to the ratios of this one")
    return parser


def circumstances(*packages: str) -> str:
    """The load of this machine now, its cores, and the versions of packages."""
    versions = "".join(f", {package} {importlib.metadata.version(package)}" for package in packages)
    return f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores{versions}"


def timed(work: Callable[[], Any], times: int = 9) -> tuple[dict[str, float], Any]:
    """Best, median and first seconds of a piece of work, its least processor seconds, and its last answer."""
    seconds, processor, answer = [], [], None
    for _ in range(times):
        start, busy = time.perf_counter(), time.process_time()
        answer = work()
        processor.append(time.process_time() - busy)
        seconds.append(time.perf_counter() - start)
    found = {"best": min(seconds), "median": statistics.median(seconds), "first": seconds[0]}
    return found | {"processor": min(processor)}, answer


def keep(
    name: str,
    found: Mapping[str, Any],
    ratios: Mapping[str, float],
    *,
    accept: bool,
    targets: Sequence[Target] = (),
) -> int:
    """Keep a run's figures, ratios and targets; gives 1 when a ratio is worse than the accepted one, else 0."""
    ratios = {what: round(ratio, 3) for what, ratio in ratios.items()}
    run = {"ratios": ratios, "found": found, "load": round(os.getloadavg()[0], 2), "cores": os.cpu_count()}
    run |= {"at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "left_out": LEFT_OUT}
    run |= {"targets": [target._asdict() for target in targets]}
    baseline = FOLDER / "baseline" / f"{name}.json"
    for path in (FOLDER / "results" / baseline.name, *((baseline,) if accept else ())):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    accepted = json.loads(baseline.read_text(encoding="utf-8"))["ratios"] if baseline.exists() else {}
    for target in targets:
        print(target)
    for what in sorted(set(accepted) - set(ratios)):
        print(f"NOT MEASURED {what}: accepted ratio {accepted[what]}")
    worse = {what for what in set(ratios) & set(accepted) if ratios[what] < WORST * accepted[what]}
    for what, ratio in ratios.items():
        if len(ratios) > SHOWN and what not in worse:
            continue
        told = f"accepted {accepted[what]}" if what in accepted else "none accepted"
        print(f"{'WORSE ' if what in worse else ''}{what}: ratio {ratio}, {told}")
    return int(bool(worse))
