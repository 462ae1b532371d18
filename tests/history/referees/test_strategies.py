"""The drawn inputs hold the near misses that they promise, and fit the records of the datasets."""

from __future__ import annotations

import datetime
from collections import Counter

import pytest

from referees import strategies
from referees.adjustment_referee import adjusted_bars
from referees.asof_referee import asof
from referees.retention_referee import FOR_EVER, covers, keep_until, may_purge
from referees.strategies import MINUTE, seeded
from tallystick.history.datasets import find_dataset

SEEDS = range(600)
FEW = 8
"""How many of the seeds must at least show a near miss."""


def seen(case, misses):
    """For each named near miss, in how many seeds it is there."""
    counts = Counter()
    for seed in SEEDS:
        drawn = case(seeded(seed))
        counts.update({name: bool(there(**drawn)) for name, there in misses.items()})
    return {name: count for name, count in counts.items() if count < FEW}


def doubled(rows, *names):
    return max(Counter(tuple(row[name] for name in names) for row in rows).values(), default=0) > 1


def test_asof_cases():
    def tie(left, right, tolerance):
        found = asof(left, right)
        equal = ("symbol", "ts")
        return any(
            at is not None and sum(all(row[n] == right[at][n] for n in equal) for row in right) > 1
            for at in found
        )

    def first_quote_late(left, right, tolerance):
        times = {row["symbol"]: row["ts"] for row in sorted(right, key=lambda row: -row["ts"])}
        return any(row["ts"] < times.get(row["symbol"], 0) for row in left)

    def limit_met(left, right, tolerance):
        pairs = zip(left, asof(left, right), strict=True)
        return tolerance is not None and tolerance in [
            r["ts"] - right[at]["ts"] for r, at in pairs if at is not None
        ]

    def symbols(rows):
        return {row["symbol"] for row in rows}

    misses = {
        "equal ts": tie,
        "equal ts and seq": lambda left, right, tolerance: doubled(right, "symbol", "ts", "seq"),
        "same instant": lambda left, right, tolerance: {r["ts"] for r in left} & {r["ts"] for r in right},
        "first quote late": first_quote_late,
        "tolerance just met": limit_met,
        "too old": lambda left, right, tolerance: asof(left, right) != asof(left, right, tolerance=tolerance),
        "left only": lambda left, right, tolerance: symbols(left) - symbols(right),
        "right only": lambda left, right, tolerance: symbols(right) - symbols(left),
        "empty": lambda left, right, tolerance: not left or not right,
        "doubled left": lambda left, right, tolerance: doubled(left, "symbol", "ts", "seq"),
    }
    assert seen(strategies.asof_case, misses) == {}


def test_adjustment_cases():
    def at(test):
        return lambda bars, actions, known_at: any(
            test(action["ex_date"], sorted({bar["date"] for bar in bars})) for action in actions
        )

    def kinds_on_one_day(*kinds):
        def there(bars, actions, known_at):
            days = [{a["ex_date"] for a in actions if a["kind"] == kind} for kind in kinds]
            return set.intersection(*days)

        return there

    def moved_together(bars, actions, known_at):
        dates = sorted({bar["date"] for bar in bars})
        ex_dates = {action["ex_date"] for action in actions if dates[0] < action["ex_date"] <= dates[-1]}
        return len({next(date for date in dates if date >= day) for day in ex_dates}) < len(ex_dates)

    def known_changes(bars, actions, known_at):
        return adjusted_bars(bars, actions, "total") != adjusted_bars(
            bars, actions, "total", known_at=known_at
        )

    misses = {
        "before the first": at(lambda ex_date, dates: ex_date < dates[0]),
        "on the first": at(lambda ex_date, dates: ex_date == dates[0]),
        "after the last": at(lambda ex_date, dates: ex_date > dates[-1]),
        "no session": at(lambda ex_date, dates: dates[0] < ex_date < dates[-1] and ex_date not in dates),
        "cash and stock": kinds_on_one_day("cash", "stock"),
        "reduction and stock": kinds_on_one_day("reduction", "stock"),
        "moved together": moved_together,
        "known at": known_changes,
        "corrected bar": lambda bars, actions, known_at: doubled(bars, "date"),
        "equal known": lambda bars, actions, known_at: doubled(actions, "ex_date", "kind", "known_time"),
        "no volume": lambda bars, actions, known_at: any(bar["volume"] == 0 for bar in bars),
        **{kind: kinds_on_one_day(kind) for kind in strategies.KINDS},
    }
    assert seen(strategies.adjustment_case, misses) == {}


def test_minutes_cases():
    def at_closing(bars, sessions, minutes):
        return any(
            bar["phase"] == "continuous" and bar["ts_start"] == closing
            for bar in bars
            for _opening, closing in sessions
        )

    def where_two_meet(bars, sessions, minutes):
        meeting = {opening for opening, _closing in sessions} & {closing for _opening, closing in sessions}
        return any(bar["phase"] == "continuous" and bar["ts_start"] in meeting for bar in bars)

    def neighbours(bars, sessions, minutes):
        starts = {(bar["symbol"], bar["ts_start"]) for bar in bars}
        return any((symbol, start + MINUTE) in starts for symbol, start in starts)

    misses = {
        "at the closing": at_closing,
        "where two meet": where_two_meet,
        "neighbours": neighbours,
        "auction at an opening": lambda bars, sessions, minutes: doubled(bars, "symbol", "ts_start"),
        "unknown volume": lambda bars, sessions, minutes: any(bar["volume"] is None for bar in bars),
        "another trade date": lambda bars, sessions, minutes: any(
            bar["ts_start"] < strategies.midnight(bar["date"]) for bar in bars
        ),
    }
    assert seen(strategies.minutes_case, misses) == {}


def test_days_cases():
    def spans(name):
        return lambda bars, freq: len({getattr(bar["date"], name) for bar in bars}) > 1

    misses = {
        "two years": spans("year"),
        "two months": spans("month"),
        "a Saturday": lambda bars, freq: any(bar["date"].weekday() == 5 for bar in bars),
    }
    assert seen(strategies.days_case, misses) == {}


def test_store_cases():
    def late(batches, questions):
        steps = [batch[0]["known_time"] for batch in batches]
        return steps != sorted(steps)

    def rows(batches):
        return [row for batch in batches for row in batch]

    misses = {
        "committed late": late,
        "equal known time": lambda batches, questions: doubled(rows(batches), "symbol", "date", "known_time"),
        "twice in a batch": lambda batches, questions: any(
            doubled(batch, "symbol", "date") for batch in batches
        ),
        "at the moment": lambda batches, questions: {r["known_time"] for r in rows(batches)} & set(questions),
        "just before": lambda batches, questions: (
            {r["known_time"] - 1 for r in rows(batches)} & set(questions)
        ),
        "withdrawn": lambda batches, questions: any(row["withdrawn"] for row in rows(batches)),
    }
    assert seen(strategies.store_case, misses) == {}


def test_retention_cases():
    def ends(days):
        def there(rows, rules, holds, asked):
            until = [keep_until(row, rules, asked) for row in rows]
            return any(end != FOR_EVER and (asked - end).days == days for end in until)

        return there

    def only_held(rows, rules, holds, asked):
        return any(
            may_purge(row, rules, [], asked) and not may_purge(row, rules, holds, asked) for row in rows
        )

    def covered(rows, rules, holds, asked):
        return any(covers(hold, row, asked) for hold in holds for row in rows)

    def longer_later(rows, rules, holds, asked):
        before = asked - datetime.timedelta(days=400)
        return any(keep_until(row, rules, asked) != keep_until(row, rules, before) for row in rows)

    misses = {
        "the last day": ends(0),
        "the day after": ends(1),
        "only held": only_held,
        "covered": covered,
        "purged": lambda rows, rules, holds, asked: any(may_purge(row, rules, holds, asked) for row in rows),
        "rules of another day": longer_later,
        "hold begins": lambda rows, rules, holds, asked: any(hold["opened"] == asked for hold in holds),
        "hold ends": lambda rows, rules, holds, asked: any(hold["released"] == asked for hold in holds),
        "rule begins": lambda rows, rules, holds, asked: any(rule["valid_from"] == asked for rule in rules),
        "rule ended before": lambda rows, rules, holds, asked: any(
            rule["valid_to"] and row["event_date"] and rule["valid_to"] < row["event_date"]
            for rule in rules
            for row in rows
        ),
    }
    assert seen(strategies.retention_case, misses) == {}


@pytest.mark.parametrize(
    ("dataset", "case", "name"),
    [
        ("history.trades", strategies.asof_case, "left"),
        ("history.quotes", strategies.asof_case, "right"),
        ("history.bars_daily", strategies.adjustment_case, "bars"),
        ("history.actions", strategies.adjustment_case, "actions"),
        ("history.bars_minute", strategies.minutes_case, "bars"),
        ("history.bars_daily", strategies.days_case, "bars"),
    ],
)
def test_drawn_rows_fit_the_record(dataset, case, name):
    record = find_dataset(dataset).spec.record
    drawn = [row for seed in range(40) for row in case(seeded(seed))[name]]
    assert drawn
    for row in drawn:
        record(**row)


def test_a_seed_draws_the_same_again():
    assert strategies.adjustment_case(seeded(5)) == strategies.adjustment_case(seeded(5))
