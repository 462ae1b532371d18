"""The last day of a demo firm decided again, as recorded and in batches of 1, 7 and 4,096: one digest, records/s.

    python benchmarks/simulation/replay.py [FIRM]

Without a firm, a small one is made first (its making is not in the figures). The baseline is the replay as recorded.
Left out: the first compilation of the kernels.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm
from tallystick.simulation import DemoPlan, build, run_day

RESULT = Path(__file__).parents[1] / "results" / "simulation-replay.json"
BATCH_SIZES = (None, 1, 7, 4_096)


def small_firm(folder: Path) -> Path:
    plan = DemoPlan(clients=300, instruments=20, house_orders=20_000)
    settings = Settings(firm=FirmSettings(clock="commands", seed=plan.seed))
    with Firm.create(folder / "firm", first_day=plan.first_day, settings=settings) as firm:
        build(firm.context(), plan)
        run_day(firm.context(), plan.date)
    return folder / "firm"


def replay(folder: Path) -> int:
    digests, result = set(), {}
    with Firm.open(folder) as firm:
        firm.journal.replay()
        for size in BATCH_SIZES:
            start = time.perf_counter()
            report = firm.journal.replay(batch_size=size)
            took = time.perf_counter() - start
            digests.add(report.digest)
            result[str(size)] = {"seconds": took, "records_s": report.records / took, "same": report.same}
            print(
                f"batches of {size or 'as recorded'}: {report.records:,} records in {took:.1f} s, "
                f"{report.records / took:,.0f}/s, {took / result['None']['seconds']:.1f} times the recorded, "
                f"same {report.same}, digest {report.digest[:12]}"
            )
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    return int(len(digests) != 1 or not all(line["same"] for line in result.values()))


def main() -> int:
    if len(sys.argv) > 1:
        return replay(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="replay-") as name:
        return replay(small_firm(Path(name)))


if __name__ == "__main__":
    sys.exit(main())
