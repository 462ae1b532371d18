"""How long a row is kept, and whether it may be purged on a day.

Rule text: keep until the latest of all matching dated rules, each clock start + years and months; an unknown clock
start means keep; any open hold that covers the row means keep; a purge is allowed only strictly after.

A rule is a dict: `market`, `record_class`, `clock` (the name of the event that starts it), `years`, `months`,
`valid_from`, `valid_to`. A row is a dict: `market`, `record_class`, `event_date`, `clocks` (dates by name of clock),
and any columns that holds speak of. A hold is a dict: `opened`, `released` (None while open), `dataset` (None for
all), `within` (column -> ("values", [...]) or ("range", low, high), both ends included).

Where the text is silent:

- P1. A dated rule matches a row when it was in force on any day from the row's `event_date` to the day asked, both
  included. So a rule that ended still holds for rows of its time, a longer one that came later holds for rows still
  there, one that begins tomorrow does not yet match, and one that ended before the row was made never does.
- P2. `valid_from` and `valid_to` are both included; none means no bound, as in the house's rule rows.
- P3. The market `*` in a rule means every market. A row whose market is not known is met by every market's rules, and
  one whose `event_date` is not known by every rule that began by the day asked.
- P4. A row that no rule matches is kept for ever: a missing rule is not a permission.
- P5. One matching rule with an unknown clock start keeps the row for ever, whatever the others say.
- P6. Years and months are added together, to the same day of the month; where the month is shorter, its last day
  (2024-02-29 + 1 year = 2025-02-28).
- P7. `keep_until` is the last day of keeping; the first day of a purge is the day after.
- P8. A hold binds from `opened` to the day before `released`, whatever it was when the row was made. Keeping does not
  become longer by the days of a hold.
- P9. A hold covers a row when its dataset is the row's (or is not named) and every condition of `within` is met. A
  column that the row has not, or has null, counts as met: what may be covered is covered. A hold without conditions
  covers the whole dataset.
- P10. Whether a rule's status is verified or not makes no difference: an unverified rule keeps too.
- P11. Rows that are purged together (a file, a partition) may be purged when each of them may.

>>> from datetime import date
>>> rule = {"market": "TW", "record_class": "vouchers", "clock": "year_end", "years": 5, "months": 0,
...         "valid_from": None, "valid_to": None}
>>> row = {"market": "TW", "record_class": "vouchers", "event_date": date(2020, 3, 1),
...        "clocks": {"year_end": date(2020, 12, 31)}}
>>> keep_until(row, [rule], date(2026, 1, 1))
datetime.date(2025, 12, 31)
>>> may_purge(row, [rule], [], date(2025, 12, 31)), may_purge(row, [rule], [], date(2026, 1, 1))
(False, True)
"""

from __future__ import annotations

import calendar
import datetime

FOR_EVER = datetime.date.max


def keep_until(row, rules, asked):
    """The last day on which the row must be kept, as seen on the day `asked`; FOR_EVER when there is none."""
    matching = [rule for rule in rules if matches(rule, row, asked)]
    if not matching:
        return FOR_EVER
    return max(end_of(rule, row) for rule in matching)


def may_purge(row, rules, holds, asked):
    """Whether the row may be purged on the day `asked`."""
    if any(covers(hold, row, asked) for hold in holds):
        return False
    return asked > keep_until(row, rules, asked)


def may_purge_all(rows, rules, holds, asked):
    """Whether rows that only go together may be purged on the day `asked`."""
    return all(may_purge(row, rules, holds, asked) for row in rows)


def matches(rule, row, asked):
    """Whether the rule is about this row and was in force at some time of its life up to `asked`."""
    if rule["record_class"] != row["record_class"]:
        return False
    if rule["market"] != "*" and row["market"] is not None and rule["market"] != row["market"]:
        return False
    if rule["valid_from"] is not None and rule["valid_from"] > asked:
        return False
    ended_before = rule["valid_to"] is not None and row["event_date"] is not None
    return not (ended_before and rule["valid_to"] < row["event_date"])


def end_of(rule, row):
    """The last day of keeping by one rule."""
    start = row["clocks"].get(rule["clock"])
    if start is None:
        return FOR_EVER
    return later(start, rule["years"], rule["months"])


def later(start, years, months):
    """A date some years and months later.

    >>> later(datetime.date(2024, 2, 29), 1, 0), later(datetime.date(2025, 8, 31), 0, 6)
    (datetime.date(2025, 2, 28), datetime.date(2026, 2, 28))
    """
    number = start.year * 12 + start.month - 1 + 12 * years + months
    year, month = number // 12, number % 12 + 1
    return datetime.date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def covers(hold, row, asked):
    """Whether the hold is open on the day `asked` and the row may be what it speaks of."""
    if asked < hold["opened"]:
        return False
    if hold["released"] is not None and asked >= hold["released"]:
        return False
    if hold["dataset"] is not None and row.get("dataset") not in (None, hold["dataset"]):
        return False
    return all(_met(condition, row.get(column)) for column, condition in hold["within"].items())


def _met(condition, value):
    if value is None:
        return True
    if condition[0] == "values":
        return value in condition[1]
    _range, low, high = condition
    return low <= value <= high
