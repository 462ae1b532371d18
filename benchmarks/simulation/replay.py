"""The last day of a demo firm decided again, as recorded and in batches of 1, 7 and 4,096: one digest, records/s.

    python benchmarks/simulation/replay.py [FIRM] [--accept]

Without a firm, a small one is made first (its making is not in the figures). The baseline is the replay as recorded.
Left out: the first compilation of the kernels.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, keep

from tallystick.core.settings import FirmSettings, Settings
from tallystick.firm import Firm
from tallystick.simulation import DemoPlan, build, run_day

BATCH_SIZES = (None, 1, 7, 4_096)


def small_firm(folder: Path) -> Path:
    plan = DemoPlan(clients=300, instruments=20, house_orders=20_000)
    settings = Settings(firm=FirmSettings(clock="commands", seed=plan.seed))
    with Firm.create(folder / "firm", first_day=plan.first_day, settings=settings) as firm:
        build(firm.context(), plan)
        run_day(firm.context(), plan.date)
    return folder / "firm"


def replay(folder: Path, accept: bool) -> int:
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
    recorded = result["None"]["seconds"]
    ratios = {
        f"as recorded / batches of {size}": recorded / result[str(size)]["seconds"]
        for size in BATCH_SIZES[1:]
    }
    status = keep("simulation-replay", result, ratios, accept=accept)
    return status | int(len(digests) != 1 or not all(line["same"] for line in result.values()))


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("firm", type=Path, nargs="?", help="a firm's folder")
    given = parser.parse_args()
    if given.firm:
        return replay(given.firm, given.accept)
    with tempfile.TemporaryDirectory(prefix="replay-") as name:
        return replay(small_firm(Path(name)), given.accept)


if __name__ == "__main__":
    sys.exit(main())
