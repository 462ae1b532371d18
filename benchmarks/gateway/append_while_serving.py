"""One command through the running writer, alone and while the console serves pages.

    python benchmarks/gateway/append_while_serving.py [--commands 2000] [--accept]

A small demo firm is made in a temporary folder. A client sends single commands (a party each) and waits for the durable
verdict: socket, decision, chain hash, append and sync are in the time. First nobody else asks for anything, then
`tally serve` serves pages and lists to one visitor who asks again as soon as an answer is there. On two cores that
leaves the writer a core. Peer in the same run: the journal's own append of one row in this process (no socket, no
decision). The target of the issue is for the journal's append, p99 at most 1 ms while pages are served; the round trip
is what a caller sees.
"""

from __future__ import annotations

import datetime
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, keep

from tallystick import Firm
from tallystick.core.access import Actor
from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.journal import Journal, Row, encode_payload
from tallystick.core.schema import schema_of
from tallystick.ledger.events import RegisterParty

PAGES = (
    "/", "/risk/orders", "/api/risk/orders?limit=100", "/ledger/accounts", "/api/ledger/positions?limit=100",
    "/journal",
)  # fmt: skip


def party(firm: Firm, number: int) -> np.ndarray:
    rows = np.zeros(1, dtype=schema_of(RegisterParty).dtype)
    rows["party"] = number
    rows["kind"] = 1
    return rows


def commands(firm: Firm, first: int, count: int) -> np.ndarray:
    """Milliseconds from sending a command to its durable verdict."""
    took = np.zeros(count)
    for place in range(count):
        rows = party(firm, first + place)
        started = time.perf_counter()
        decision = firm.house.writer.decide(RegisterParty, rows)
        took[place] = time.perf_counter() - started
        assert decision.accepted, decision.rejections()
    return took * 1e3


def appends(folder: Path, count: int) -> np.ndarray:
    """Milliseconds of one-row appends to a journal of this process."""
    kind = event_of(RegisterParty)
    journal = Journal.open(folder)
    journal.roll(datetime.date(2026, 11, 20))
    verdicts = np.zeros(1, verdict_dtype())
    took = np.zeros(count)
    for place in range(count):
        rows = np.zeros(1, dtype=kind.schema.dtype)
        rows["party"] = place
        started = time.perf_counter()
        journal.append(
            [Row(place + 1, "benchmark", kind.kind, kind.version, 1, encode_payload(kind, rows, verdicts))]
        )
        took[place] = time.perf_counter() - started
    journal.close()
    return took * 1e3


class Visitor(threading.Thread):
    """Asks a served firm for pages, one after the other, in a process of its own."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(daemon=True)
        self.address, self.token = address, token
        self.process: subprocess.Popen[str] | None = None
        self.pages = 0

    def run(self) -> None:
        code = (
            "import sys, urllib.request\n"
            "address, token, pages = sys.argv[1], sys.argv[2], sys.argv[3:]\n"
            "while True:\n"
            "    for page in pages:\n"
            "        ask = urllib.request.Request(address + page, headers={'Authorization': 'Bearer ' + token})\n"
            "        with urllib.request.urlopen(ask) as answer:\n"
            "            answer.read()\n"
            "        print(page, flush=True)\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, self.address, self.token, *PAGES], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        for _ in self.process.stdout:
            self.pages += 1


def told(took: np.ndarray) -> dict[str, float]:
    p50, p99 = np.percentile(took, (50, 99))
    return {
        "p50_ms": round(float(p50), 3),
        "p99_ms": round(float(p99), 3),
        "longest_ms": round(float(took.max()), 3),
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--commands", type=int, default=2_000)
    given = parser.parse_args()
    count = given.commands
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "firm"
        made = [
            sys.executable,
            "-m",
            "tallystick",
            "demo",
            str(folder),
            "--clients",
            "300",
            "--instruments",
            "20",
        ]
        subprocess.run([*made, "--no-serve"], check=True, stderr=subprocess.DEVNULL)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with Firm.open(folder) as firm:
            first = firm.house.machine("ledger").party_count
            commands(firm, first, 200)
            found = {"alone": told(commands(firm, first + 200, count))}
            found["journal alone"] = told(appends(Path(place) / "alone", count))
            token = firm.house.access.session(Actor("demo"))
            serve = [sys.executable, "-m", "tallystick", "serve", str(folder), "--port", str(port)]
            serving = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
            assert serving.stdout is not None
            serving.stdout.readline()
            visitor = Visitor(f"http://127.0.0.1:{port}", token)
            visitor.start()
            while visitor.pages < 2 * len(PAGES):
                time.sleep(0.1)
            pages, started = visitor.pages, time.perf_counter()
            found["while serving"] = told(commands(firm, first + 200 + count, count))
            found["journal while serving"] = told(appends(Path(place) / "serving", count))
            found["pages_per_second"] = round((visitor.pages - pages) / (time.perf_counter() - started), 1)
            for process in (visitor.process, serving):
                if process is not None:
                    process.terminate()
                    process.wait()
        subprocess.run(["pkill", "-f", f"tallystick writer {folder}"], check=False)
    for name, result in found.items():
        print(f"{name:24} {result}")
    ratios = {
        "journal / round trip, alone, p50": found["journal alone"]["p50_ms"] / found["alone"]["p50_ms"],
        "journal / round trip, while serving, p50": (
            found["journal while serving"]["p50_ms"] / found["while serving"]["p50_ms"]
        ),
    }
    return keep("gateway-append-while-serving", found, ratios, accept=given.accept)


if __name__ == "__main__":
    sys.exit(main())
