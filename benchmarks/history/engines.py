"""Our hot and warm tiers beside the stores that others would take, on the same minute bars, back to back in one run.

    python benchmarks/history/engines.py [--days 6] [--full] [--accept]

All stores get the same days of 1,000 instruments, five days at a time, then one day more (`bar_stores.py` says how they
are not alike). Each is asked for one instrument's four weeks, one minute of all instruments and daily bars of
everything (the best of several; the answers must be the same), gets a day replaced and 1,200 rows changed, and is
asked for the four weeks of the version before. `--full` is the whole set: 60 days, 14.4 million bars.

A peer that is not installed is left out and named; benchmarks/requirements.txt says how to install them.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bar_stores import STORES, OursHot, OursLake, Store
from measured import arguments, circumstances, keep, timed
from minute_bars import MINUTES, day_of, days_of_bars, moment_of, symbol_of

FULL_DAYS, WEEKS_DAYS, DAYS_AT_ONCE = 60, 20, 5
CHANGED_ROWS = 1_200
TIMES, LONG_TIMES = 9, 3


def signature(answer: Any) -> tuple[int, int]:
    """Rows of an answer and the sum of its volumes."""
    if isinstance(answer, pa.Table):
        return answer.num_rows, int(pc.sum(answer["volume"]).as_py())
    return len(answer), int(answer["volume"].sum())


def stores(folder: Path) -> list[Store]:
    """Every store that is installed; those that are not are named."""
    found = []
    for made in STORES:
        if importlib.util.find_spec(made.package) is None:
            print(f"LEFT OUT {made.name}: the package {made.package} is not installed")
            continue
        found.append(made(folder / made.__name__))
    return found


class Figures:
    """Seconds by store and work."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, float]] = {}

    def note(self, store: str, work: str, seconds: float) -> None:
        self.seconds.setdefault(store, {})[work] = round(seconds, 5)

    def clock(self, store: Store, work: str, do: Callable[[], None]) -> None:
        start = time.perf_counter()
        do()
        self.note(
            store.name, work, self.seconds.get(store.name, {}).get(work, 0.0) + time.perf_counter() - start
        )

    def show(self) -> None:
        works = list(dict.fromkeys(work for found in self.seconds.values() for work in found))
        print(f"{'':<26}" + "".join(f"{name:>16}" for name in self.seconds))
        for work in works:
            cells = (found.get(work) for found in self.seconds.values())
            print(f"{work:<26}" + "".join(f"{'-' if cell is None else f'{cell:.4f}':>16}" for cell in cells))

    def ratios(self) -> dict[str, float]:
        """A peer's seconds over ours, of our hot tier where it answers."""
        found = {}
        for ours in ("ours, files", "ours, hot"):
            for peer, seconds in self.seconds.items():
                if not peer.startswith("ours"):
                    both = (set(seconds) & set(self.seconds[ours])) - {"settle"}
                    found |= {
                        f"{work}: {peer} / {ours}": seconds[work] / max(self.seconds[ours][work], 1e-6)
                        for work in sorted(both)
                    }
        return found


def fill(figures: Figures, every: list[Store], days: int) -> pa.Table:
    """Give all stores the same days; gives the last."""
    bars, waiting = days_of_bars(1_000), []
    for number in range(days - 1):
        waiting.append(next(bars))
        if len(waiting) == DAYS_AT_ONCE or number == days - 2:
            rows = pa.concat_tables(waiting).combine_chunks()
            for store in every:
                figures.clock(store, "ingest", lambda store=store, rows=rows: store.ingest(rows))
            waiting = []
    last = next(bars)
    for store in every:
        figures.clock(store, "settle", store.settle)
        figures.clock(store, "append a day", lambda store=store: store.ingest(last))
        store.settle()
    return last


def ask(figures: Figures, store: Store, days: int, expected: dict[str, tuple[int, int]]) -> None:
    """The three questions; their answers must be those of the first store."""
    weeks = (symbol_of(500), day_of(max(0, days - WEEKS_DAYS)), day_of(days - 1))
    minute = (day_of(days // 2), moment_of(days // 2, 60))
    for work, question, times in (
        ("1 symbol, 4 weeks", lambda: store.one_symbol(*weeks), TIMES),
        ("1 minute, all symbols", lambda: store.one_minute(*minute), TIMES),
        ("daily aggregate", store.aggregate, LONG_TIMES),
    ):
        seconds, answer = timed(question, times)
        figures.note(store.name, work, seconds["best"])
        found = signature(answer)
        assert expected.setdefault(work, found) == found, (
            f"{store.name}: {work} gave {found}, not {expected[work]}"
        )


def change(
    figures: Figures, store: Store, days: int, last: pa.Table, expected: dict[str, tuple[int, int]]
) -> None:
    """A day replaced, rows changed, and the version from before asked."""
    date, late = day_of(days - 1), last.slice(0, CHANGED_ROWS)
    known, close = pc.add(late["known_time"], 1), pc.add(late["close"], 500)
    late = late.set_column(late.column_names.index("known_time"), "known_time", known)
    late = late.set_column(late.column_names.index("close"), "close", close)
    store.mark()
    figures.clock(store, "replace a day", lambda: store.replace(date, last))
    figures.clock(store, f"upsert {CHANGED_ROWS:,}", lambda: store.upsert(date, late))
    weeks = (symbol_of(500), day_of(max(0, days - WEEKS_DAYS)), date)
    seconds, answer = timed(lambda: store.old(*weeks), TIMES)
    if answer is not None:
        figures.note(store.name, "old version", seconds["best"])
        assert signature(answer) == expected["1 symbol, 4 weeks"], store.name


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--days", type=int, default=6)
    parser.add_argument("--full", action="store_true", help=f"{FULL_DAYS} days")
    given = parser.parse_args()
    days = FULL_DAYS if given.full else max(given.days, 2)
    warnings.simplefilter("ignore")
    print(f"{circumstances('tallystick', 'duckdb', 'polars', 'pyarrow')}; {days * MINUTES / 1e3:.2f} M bars")
    figures, expected = Figures(), {}
    with tempfile.TemporaryDirectory() as name:
        every = stores(Path(name))
        last = fill(figures, every, days)
        megabytes = {store.name: store.size() / 1e6 for store in every}
        for store in every:
            ask(figures, store, days, expected)
            if isinstance(store, OursLake):
                hot = OursHot(Path(name), store)
                figures.clock(hot, "settle", hot.settle)
                ask(figures, hot, days, expected)
                megabytes[hot.name] = hot.size() / 1e6
        for store in every:
            change(figures, store, days, last, expected)
            store.close()
    figures.show()
    print("MB: " + ", ".join(f"{store} {size:.1f}" for store, size in megabytes.items()))
    print(circumstances())
    found = {"days": days, "seconds": figures.seconds, "MB": megabytes}
    parquet = megabytes["Polars, Parquet"] / megabytes["ours, files"]
    ratios = figures.ratios() | {"MB: Polars, Parquet / ours, files": parquet}
    name = "history-engines-full" if days == FULL_DAYS else "history-engines"
    return keep(name, found, ratios, accept=given.accept)


if __name__ == "__main__":
    sys.exit(main())
