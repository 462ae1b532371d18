"""Our hot and warm tiers beside the stores that others would take, on the same minute bars, back to back in one run.

    python benchmarks/history/engines.py [--days 60] [--accept]

All stores get the same days of 1,000 instruments, five days at a time, then one day more (60 days are 14.4 million
bars). Each is asked for one instrument's four weeks, one minute of all instruments and daily bars of everything (the
best of several; the answers must be the same), gets a day replaced and 1,200 rows changed, and is asked for the four
weeks of the version before. Our hot tier is asked with its file in the page cache, our files with the plan cached.
`bar_stores.py` says how the stores are not alike; it is printed with the figures. The targets are those of 60 days.

A peer that is not installed is left out and named; `make peers` installs them.
"""

from __future__ import annotations

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

from bar_stores import NOT_ALIKE, STORES, OursHot, OursLake, Store
from measured import Target, arguments, at_least, at_most, circumstances, installed, keep, timed
from minute_bars import MINUTES, day_of, days_of_bars, moment_of, symbol_of

FULL_DAYS, WEEKS_DAYS, DAYS_AT_ONCE = 60, 20, 5
INSTRUMENTS = 1_000
BARS_A_DAY = INSTRUMENTS * MINUTES
CHANGED_ROWS = 1_200
TIMES, LONG_TIMES = 9, 3
QUESTIONS = {
    "1 symbol, 4 weeks": {"ours, hot": 5.0, "ours, files": 15.0},
    "1 minute, all symbols": {"ours, hot": 2.0, "ours, files": 10.0},
    "daily aggregate": {"ours, hot": 300.0, "ours, files": 550.0},
}
"""The longest that each may take, milliseconds."""

DUCKDB_TIMES = 1.5
"""The hot tier takes no more than so many times a bare DuckDB file."""


def signature(answer: Any) -> tuple[int, int]:
    """Rows of an answer and the sum of its volumes."""
    if isinstance(answer, pa.Table):
        return answer.num_rows, int(pc.sum(answer["volume"]).as_py())
    return len(answer), int(answer["volume"].sum())


def stores(folder: Path) -> list[Store]:
    """Every store that is installed; those that are not are named."""
    return [made(folder / made.__name__) for made in STORES if installed(made.name, made.package)]


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
    bars, waiting = days_of_bars(INSTRUMENTS), []
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


def targets(figures: Figures, megabytes: dict[str, float], bars: int) -> list[Target]:
    """What the figures of the whole set are held to."""
    seconds = figures.seconds
    found = [
        at_most(f"{work}: {tier}", seconds[tier][work] * 1e3, limit, "ms")
        for work, limits in QUESTIONS.items()
        for tier, limit in limits.items()
    ]
    for work in QUESTIONS:
        times = seconds["ours, hot"][work] / seconds["DuckDB file"][work]
        found.append(at_most(f"{work}: hot over a bare DuckDB file", times, DUCKDB_TIMES, "times"))
    late = f"upsert {CHANGED_ROWS:,}"
    filled = bars / (seconds["ours, files"]["ingest"] + seconds["ours, files"]["append a day"]) / 1e6
    return [
        *found,
        at_least("bars into the lake, five days at a time", filled, 2.0, "M rows/s"),
        at_most(f"{late} rows as a further version", seconds["ours, files"][late] * 1e3, 300, "ms"),
        at_most("bytes a bar", megabytes["ours, files"] * 1e6 / bars, 8, "bytes"),
        at_most(
            "storage over plain sorted zstd-3 Parquet, one version kept",
            megabytes["ours, files"] / megabytes["Polars, Parquet"],
            1.05,
            "times",
        ),
    ]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--days", type=int, default=FULL_DAYS)
    given = parser.parse_args()
    days = max(given.days, 2)
    warnings.simplefilter("ignore")
    print(
        f"{circumstances('tallystick', 'duckdb', 'polars', 'pyarrow')}; {days * BARS_A_DAY / 1e6:.2f} M bars"
    )
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
    print(f"Not alike: {NOT_ALIKE}")
    print(circumstances())
    found = {"days": days, "seconds": figures.seconds, "MB": megabytes, "not alike": NOT_ALIKE}
    parquet = megabytes["Polars, Parquet"] / megabytes["ours, files"]
    ratios = figures.ratios() | {"MB: Polars, Parquet / ours, files": parquet}
    name = "history-engines" if days == FULL_DAYS else f"history-engines-{days}-days"
    held = targets(figures, megabytes, days * BARS_A_DAY)
    return keep(name, found, ratios, accept=given.accept, targets=held)


if __name__ == "__main__":
    sys.exit(main())
