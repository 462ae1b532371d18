"""Every promised figure of the benchmarks that were run, in one list: met or short, and the peers that were missing.

    python benchmarks/targets.py

It reads benchmarks/results, so it says nothing about a benchmark that has not run; `make bench` empties that folder,
runs all and then this.
"""

from __future__ import annotations

import json
import sys

from measured import FOLDER, Target


def main() -> int:
    every: list[Target] = []
    for path in sorted((FOLDER / "results").glob("*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        targets = [Target(**told) for told in run.get("targets", ())]
        if not targets and not run.get("left_out"):
            continue
        print(f"{path.stem}, {run['at']}, load {run['load']}")
        for target in targets:
            print(f"  {target}")
        for peer in run["left_out"]:
            print(f"  LEFT OUT {peer}")
        every += targets
    print(f"{sum(target.met for target in every)} of {len(every)} targets met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
