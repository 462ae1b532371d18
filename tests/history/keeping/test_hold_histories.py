"""Random histories of everything that changes, rewrites or deletes, under random holds and rules.

Whatever was done before and is stopped half-way: what an open hold found stays, file by file and row by row, and what
is purged was past the longest rule. The scopes and the ends are reckoned here, not by the code that is asked.
"""

from __future__ import annotations

import datetime
import random
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

import msgspec
import pyarrow.parquet as pq
import pytest

from tallystick.core.errors import NotFound, Rejection
from tallystick.core.lake.archiving import hash_file
from tallystick.core.lake.maintenance import named_files
from tallystick.history import DATASETS, append_bars
from tallystick.history.keeping import purging
from tallystick.history.keeping.holds import holds_of

BARS, ORDERS = "history.bars_daily", "history.made_up_orders"
CLASSES = {BARS: "market_data", ORDERS: "orders"}
YEARS = range(2010, 2015)
TODAY = datetime.datetime.now(datetime.UTC).date()
HEADER = (
    "jurisdiction,record_class,rule,value,unit,clock,valid_from,valid_to,source,source_date,status,note\n"
)
NO_GRACE = "*,*,purge_grace,0,days,mark,,,house rule,,house,\n"


class Found(NamedTuple):
    """What a hold found when it was placed: each file with its hash, and the rows of each partition."""

    files: dict
    rows: dict


class History:
    """A firm with two tables, what is held there, and the rules in force."""

    def __init__(self, firm, approve, monkeypatch, bars, seed):
        self.firm, self.approve, self.patch, self.bars = firm, approve, monkeypatch, bars
        self.chance = random.Random(seed)
        self.lake = firm.context().lake
        self.holds, self.rules, self.number = {}, {}, 0
        self.done = Counter()
        twin = msgspec.structs.replace(DATASETS[BARS].spec, name=ORDERS)
        given = msgspec.structs.replace(DATASETS[BARS], spec=twin, record_class="orders")
        monkeypatch.setitem(DATASETS, ORDERS, given)
        append_bars(firm.context(), bars(datetime.date(2024, 1, 1), 1))
        self.lake.create(twin)
        self.rule(HEADER + NO_GRACE)
        for record_class in CLASSES.values():
            self.adopt(record_class, "law", 5)

    # Steps

    def append(self):
        """New facts and later versions of known ones, one in three taken back."""
        day = datetime.date(self.chance.choice(YEARS), 1 + self.chance.randrange(12), 1)
        rows = self.bars(day, self.chance.randint(1, 3), price=self.chance.randint(1, 9))
        self.number += 1
        given = {"known_time": self.number, "event_time": 1, "instrument": 0, "source": "made up"}
        for name, value in given.items():
            rows = rows.append_column(name, [[value] * rows.num_rows])
        if self.chance.random() < 0.33:
            rows = rows.append_column("withdrawn", [[True] * rows.num_rows])
        self.lake.append(self.chance.choice(list(CLASSES)), rows)

    def compact(self):
        self.firm.history.compact()

    def expire(self):
        self.lake.maintain(keep_days=0, grace_seconds=-60, holds=holds_of(self.firm.context()))

    def hot(self):
        self.lake.publish_hot()

    def archive(self):
        before = datetime.date(self.chance.choice(YEARS) + 1, 1, 1)
        self.firm.history.archive(dataset=self.chance.choice(list(CLASSES)), before=before)

    def mark(self):
        before = datetime.date(self.chance.choice(YEARS) + 1, 1, 1)
        with suppress(NotFound):
            proposal = self.firm.history.propose_purge(
                dataset=self.chance.choice(list(CLASSES)), before=before, reason="old"
            )
            if not isinstance(proposal, Rejection):
                self.approve(proposal)

    def purge(self):
        there = self.partitions()
        stop, deleting = self.chance.choice(["", "", "begun", "deleted"]), purging.purge

        def stopped(*arguments, **named):
            if stop == "deleted":
                deleting(*arguments, **named)
            raise KeyboardInterrupt

        with self.patch.context() as patch:
            if stop:
                patch.setattr(purging, "purge", stopped)
            with suppress(KeyboardInterrupt):
                self.firm.history.purge()
        for name, year in there - self.partitions():
            self.done["purged"] += 1
            values = [
                value for (record_class, _), value in self.rules.items() if record_class == CLASSES[name]
            ]
            assert datetime.date(year + max(values), 12, 31) < TODAY

    def adopt_one(self):
        self.adopt(
            self.chance.choice(list(CLASSES.values())), self.chance.choice(["law", "other"]),
            self.chance.choice([0, 3, 5, 10, 13, 14, 15]),
        )  # fmt: skip

    def adopt(self, record_class, rule, value):
        self.rule(f"{HEADER}*,{record_class},{rule},{value},years,year_end,,,an act,,house,\n")
        longest = self.rules.get((record_class, rule), 0)
        # What was replaced still holds for what is older.
        self.rules[record_class, rule] = max(value, longest)

    def rule(self, rows):
        proposal = self.firm.history.propose_retention(rows=rows, reason="made up")
        assert not isinstance(self.approve(proposal), Rejection)

    def hold(self):
        """A hold by dataset, class, dates, whom it is about; with what it finds in its scope."""
        name = f"case {len(self.holds) + self.done['released']}"
        patterns = {"bars_daily": {BARS}, BARS: {BARS}, "history.made*": {ORDERS}, "history.*": set(CLASSES)}
        pattern = self.chance.choice([None, *patterns])
        tables = patterns.get(pattern, set(CLASSES))
        scope = {"datasets": [pattern]} if pattern else {}
        if self.chance.random() < 0.6:
            record_class = self.chance.choice(list(CLASSES.values()))
            scope["record_classes"] = [record_class]
            tables = {table for table in tables if CLASSES[table] == record_class}
        first, last = sorted(self.chance.choices(YEARS, k=2))
        if self.chance.random() < 0.7:
            scope["first"] = datetime.date(first, self.chance.randint(1, 11), self.chance.randint(1, 28))
        if self.chance.random() < 0.7:
            scope["last"] = datetime.date(last, 12, self.chance.randint(1, 31))
        for whom in ("instruments", "parties", "accounts"):
            if self.chance.random() < 0.3:
                scope[whom] = ["9901.XTAI"]
        said = self.firm.history.place_hold(hold=name, reason="a case", **scope)
        assert not isinstance(said, Rejection)
        low = first if "first" in scope else min(YEARS)
        high = last if "last" in scope else 2024
        held = {(table, year) for table, year in self.partitions() if table in tables and low <= year <= high}
        self.holds[name] = self.found(held)

    def held_after_its_mark(self):
        """What is marked is held before it is deleted."""
        self.mark()
        self.hold()
        self.purge()
        self.done["hold"] += 1

    def release(self):
        if self.holds:
            name = self.chance.choice(list(self.holds))
            self.approve(self.firm.history.release_hold(hold=name, reason="over"))
            del self.holds[name]
            self.done["released"] += 1

    # What must be true

    def partitions(self):
        return {
            (name, 1970 + number)
            for name in CLASSES
            for number, files in self.lake.state(name).groups.items()
            if files
        }

    def found(self, held):
        files = {
            path: hash_file(path)
            for name in CLASSES
            for path in named_files(self.lake, name)
            if (name, int(path.parent.name)) in held
        }
        return Found(files, {part: self.rows(*part) for part in held})

    def rows(self, name, year):
        """Every row of a partition, all versions, however often rewritten."""
        state, found = self.lake.state(name), Counter()
        for file in state.groups.get(year - 1970, ()):
            table = pq.read_table(self.lake.table_folder(name) / file.path, partitioning=None)
            columns = [column for column in state.layout.stored_arrow.names if column in table.column_names]
            for row in table.select(columns).to_pylist():
                found[tuple(sorted((key, value) for key, value in row.items() if value is not None))] += 1
        return found

    def check(self, *, every_byte=False):
        now = {
            part: self.rows(*part) for part in {part for hold in self.holds.values() for part in hold.rows}
        }
        for name, hold in self.holds.items():
            for path, digest in hold.files.items():
                assert path.exists(), f"{name} lost {path}"
                assert not every_byte or hash_file(path) == digest
            for part, rows in hold.rows.items():
                assert rows <= now[part], f"{name} lost rows of {part}"

    def live(self, steps):
        kinds = [self.append] * 5 + [self.compact, self.expire, self.hot, self.archive] * 2
        kinds += [self.mark] * 4 + [self.purge] * 4 + [self.adopt_one] * 2
        kinds += [self.hold, self.held_after_its_mark, self.held_after_its_mark] + [self.release] * 6
        for _ in range(6):
            self.append()
        for _ in range(steps):
            step = self.chance.choice(kinds)
            step()
            self.done[step.__name__] += 1
            self.check()
        self.firm.history.purge()  # the tombstones of deletions that were stopped
        self.check(every_byte=True)
        assert self.firm.history.verify_archive().passed


@pytest.mark.parametrize(
    ("seed", "steps"),
    [(3, 60), (8, 60), (21, 60), *(pytest.param(n, 120, marks=pytest.mark.lab) for n in range(100, 140))],
)
def test_no_held_row_or_file_is_ever_lost(firm, approve, monkeypatch, bars, seed, steps):
    history = History(firm, approve, monkeypatch, bars, seed)
    history.live(steps)
    assert history.done["hold"], "nothing was held"
    assert history.done["purged"], "nothing was purged"
    assert firm.journal.verify().passed
