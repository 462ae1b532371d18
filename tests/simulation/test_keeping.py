"""The demo shows keeping at work: rows that wait, an archived year, a hold, a quota; once, however often it is made."""

from __future__ import annotations

import datetime

import pyarrow as pa
from demo_firm import PLAN

from tallystick.core.access import Actor, GrantRole
from tallystick.core.context import Context
from tallystick.history import append_bars
from tallystick.simulation import show_keeping

FILES = ("vendor", "contacts")
OLD = datetime.date(1990, 1, 2)


def kept(firm):
    """What a visitor sees, without hashes of files whose names are drawn."""
    lists = {
        name: getattr(firm.history, name)(limit=0).rows()
        for name in ("quarantine", "holds", "quotas", "archives")
    }
    return {
        name: [{key: value for key, value in row.items() if "manifest" not in key} for row in rows]
        for name, rows in lists.items()
    }


def test_keeping_is_shown_once_and_adds_nothing_to_what_is_known(built):
    old = {
        "symbol": ["A.XNYS"],
        "date": [OLD],
        **{name: [10_000] for name in ("open", "high", "low", "close")},
    }
    append_bars(built.context(), pa.table(old))
    assert built.context().send(GrantRole(user="lin", role="administrator")).accepted
    day, second = PLAN.first_day, Context(built.house, Actor("lin"))
    bars = built.history.bars(start=day, limit=0).arrow
    show_keeping(built.context(), second, day)
    first, head = kept(built), built.journal.head().seq
    codes = {name: [row["code"] for row in first["quarantine"] if name in row["file"]] for name in FILES}
    assert codes["contacts"] == ["history.outside_marks", "history.word_unknown"]
    assert codes["vendor"] == [
        "history.high_below_low", "history.not_a_date", "history.not_whole", "history.empty", "history.negative",
        "history.future",
    ]  # fmt: skip
    assert [(row["hold"], row["released_at"]) for row in first["holds"]] == [("made-up-case-1", None)]
    limits = [(row["name"], row["rows_per_day"], row["bytes_per_day"]) for row in first["quotas"]]
    assert limits == [("quant", 2_000_000, 250_000_000)]
    assert [(row["partition"], row["rows"]) for row in first["archives"]] == [("1990", 1)]
    assert built.history.bars(start=day, limit=0).arrow == bars
    (loaded,) = [row for row in built.history.loads(limit=0).rows() if row["source"] == "made-up-vendor.csv"]
    assert (loaded["rows"], loaded["quarantined"]) == (0, 6)
    show_keeping(built.context(), second, day)
    assert (kept(built), built.journal.head().seq) == (first, head)
