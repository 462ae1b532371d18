"""How long `tally --help` takes, beside a bare Python start, interleaved in one run.

    python benchmarks/cli/start.py [--accept]

Target: under 0.3 s, without importing Polars, DuckDB, PyArrow or Numba.
Left out: the first start after an installation, which compiles bytecode (told apart).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, keep

ROUNDS = 15
TARGET_SECONDS = 0.3
HEAVY = ("polars", "duckdb", "pyarrow", "numba")
# Bytecode is kept between starts, as in an installation, whatever this shell says.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
HELP = [sys.executable, "-m", "tallystick", "--help"]
BARE = [sys.executable, "-c", "pass"]
IMPORTED = """
import sys
from tallystick.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
sys.stderr.write(" ".join(name for name in sys.argv[1:] if name in sys.modules))
"""


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - start


def main() -> int:
    given = arguments(__doc__).parse_args()
    first = seconds(HELP)
    rounds = [(seconds(HELP), seconds(BARE)) for _ in range(ROUNDS)]
    ours, bare = (statistics.median(column) for column in zip(*rounds, strict=True))
    heavy = subprocess.run(
        [sys.executable, "-c", IMPORTED, *HEAVY],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ).stderr
    print(
        f"tally --help     median {ours:.3f} s of {ROUNDS} (target {TARGET_SECONDS} s); first start {first:.3f} s"
    )
    print(f"python -c pass   median {bare:.3f} s; ratio {ours / bare:.1f}")
    print(f"heavy packages imported: {heavy or 'none'}")
    found = {"help_s": ours, "bare_s": bare, "heavy": heavy}
    status = keep("cli-start", found, {"python -c pass / tally --help": bare / ours}, accept=given.accept)
    return status | int(ours > TARGET_SECONDS or bool(heavy))


if __name__ == "__main__":
    sys.exit(main())
