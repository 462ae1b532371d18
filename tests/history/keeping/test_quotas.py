"""Reading quotas: set by two, counted a day and user, refused in clear words."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core import time as time_module
from tallystick.core.errors import Rejection, TallystickError
from tallystick.firm import Firm
from tallystick.gateway.failures import status_of
from tallystick.history.keeping import quotas

DAY_NS = 86_400 * time_module.SECOND


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands at noon in Taipei until it is moved."""

    class Standing:
        at = time_module.parse_time("2026-11-23 12:00:00", "Asia/Taipei")

        def now(self):
            return Standing.at

    monkeypatch.setattr(quotas, "SystemClock", Standing)
    return Standing


@pytest.fixture
def reader(filled, near):
    filled.access.grant(user="reader", role="quant")
    with Firm.open(filled.path, user="reader") as opened:
        yield opened


@pytest.fixture
def limited(filled, approve, clock):
    """Give a holder a quota, with a second person's approval where it needs one."""

    def limit(rows, size=None, **holder):
        said = filled.history.set_quota(reason="made up", rows_per_day=rows, bytes_per_day=size, **holder)
        assert not isinstance(approve(said) if hasattr(said, "waits") else said, Rejection)

    return limit


def test_without_a_quota_nothing_is_counted(filled, reader):
    assert reader.history.bars().total_rows == 40
    assert not (filled.path / quotas.FILE).exists()


def test_rows_are_counted_and_the_refusal_says_what_is_left_until_when(filled, reader, limited, clock):
    limited(50, role="quant")
    assert reader.history.bars().total_rows == 40
    with pytest.raises(TallystickError, match=r"40 rows.*are 10 rows, ∞ bytes.*2026-11-24T00:00\+08:00"):
        reader.history.bars()
    assert reader.history.bars(limit=10).arrow.num_rows == 10
    with pytest.raises(TallystickError, match="are 0 rows"):
        reader.history.bars(limit=1)
    assert filled.history.bars().total_rows == 40, "another role is not limited"
    clock.at += DAY_NS
    assert reader.history.bars().total_rows == 40


def test_own_quota_counts_instead_of_the_roles_and_the_widest_role_wins(filled, reader, limited):
    limited(1, role="quant")
    with pytest.raises(TallystickError):
        reader.history.bars(limit=2)
    filled.access.grant(user="reader", role="trader")
    limited(5, role="trader")
    assert reader.history.bars(limit=2).arrow.num_rows == 2
    limited(None, 10, user="reader")
    with pytest.raises(TallystickError, match="∞ rows, 0 bytes"):
        reader.history.bars(limit=1)
    (line,) = [line for line in filled.history.quotas().rows() if line["holder"] == "user"]
    assert (line["name"], line["rows_per_day"], line["bytes_per_day"]) == ("reader", None, 10)
    assert line["rows_used"] == 2, "what was read today counts, whichever quota held"


def test_panel_counts_dates_times_instruments(filled, reader, limited):
    limited(50, role="quant")
    assert reader.history.panel(limit=5).arrow.num_rows == 5, "five dates of two instruments"
    (read,) = [line["rows_used"] for line in filled.history.quotas().rows() if line["name"] == "reader"]
    assert read == 10
    assert reader.history.panel().arrow.num_rows == 20
    with pytest.raises(TallystickError, match=r"has 2 rows.*are 0 rows"):
        reader.history.panel(limit=1)


def test_column_in_one_row_is_held_by_the_bytes(reader, limited):
    """A list of 40 closes is one row, of 320 bytes and more."""
    limited(1, 300, role="quant")
    with pytest.raises(TallystickError, match=r"has 1 rows.*are 1 rows, 300 bytes"):
        reader.history.sql(query="SELECT list(close) FROM history.bars_daily")


def test_used_quota_is_too_much_asked_over_http(reader, limited):
    limited(1, role="quant")
    with pytest.raises(TallystickError) as refused:
        reader.history.bars()
    assert status_of(refused.value) == 429


def test_stream_of_more_rows_than_are_left_is_refused_before_its_first(reader, limited):
    limited(30, role="quant")
    with pytest.raises(TallystickError, match="left of today's quota are 30 rows"):
        reader.history.stream(dataset="bars_daily")
    assert reader.history.bars(limit=30).arrow.num_rows == 30, "nothing was counted"


def test_stream_ends_where_the_bytes_of_the_quota_do(reader, limited):
    size = next(reader.history.stream(dataset="bars_daily").batches()).nbytes
    limited(None, size + 1, role="quant")
    batches = reader.history.stream(dataset="bars_daily").batches()
    read = []
    with pytest.raises(TallystickError, match="left of today's quota"):
        read.extend(batch.num_rows for batch in batches)
    assert sum(read) == 20, "one year of two"


def test_narrowing_is_done_at_once_and_wrong_quotas_are_refused(filled, limited):
    limited(50, role="quant")
    assert filled.history.set_quota(reason="less", role="quant", rows_per_day=40).id == "quant"
    assert filled.history.quotas().rows()[0]["rows_per_day"] == 40
    assert filled.approvals.list(state="open").total_rows == 0
    assert filled.history.set_quota(reason="x", rows_per_day=1).code == "history.quota_holder"
    assert (
        filled.history.set_quota(reason="x", role="quant", rows_per_day=-1).code == "history.quota_negative"
    )


def test_day_is_of_the_firm_zone(filled, reader, limited, clock):
    limited(40, role="quant")
    reader.history.bars()
    clock.at = time_module.parse_time("2026-11-23 23:59:59", "Asia/Taipei")
    with pytest.raises(TallystickError):
        reader.history.bars()
    clock.at += 2 * time_module.SECOND
    assert reader.history.bars().total_rows == 40
    assert datetime.datetime.fromtimestamp(clock.at / time_module.SECOND, datetime.UTC).day == 23


def test_quota_of_a_role_that_is_not_there_is_refused(filled):
    with pytest.raises(TallystickError, match="no role nosuch"):
        filled.history.set_quota(role="nosuch", rows_per_day=5, reason="a slip")


def test_what_a_role_quota_lets_a_person_read_is_seen(filled, reader, limited):
    limited(50, role="quant")
    reader.history.bars(limit=7)
    lines = {(line["holder"], line["name"]): line for line in filled.history.quotas().rows()}
    assert lines["role", "quant"]["rows_used"] is None
    read = lines["user", "reader"]
    assert (read["rows_per_day"], read["rows_used"]) == (50, 7)
    assert (lines["role", "quant"]["readers"], read["by_roles"]) == ("reader 7", "quant")


def test_readers_under_a_role_are_told_the_greatest_first(filled, reader, near, limited):
    filled.access.grant(user="other", role="quant")
    limited(50, role="quant")
    limited(5, role="trader")
    reader.history.bars(limit=3)
    with Firm.open(filled.path, user="other") as second:
        second.history.bars(limit=9)
    lines = {(line["holder"], line["name"]): line for line in filled.history.quotas().rows()}
    assert lines["role", "quant"]["readers"] == "other 9; reader 3"
    assert lines["role", "trader"]["readers"] == ""
    limited(40, user="reader")
    lines = {(line["holder"], line["name"]): line for line in filled.history.quotas().rows()}
    assert lines["role", "quant"]["readers"] == "other 9", "a quota of one's own counts instead"
    assert (lines["user", "reader"]["rows_used"], lines["user", "reader"]["by_roles"]) == (3, "")
