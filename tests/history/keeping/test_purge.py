"""Purging through the firm's doors: rules, two people, grace, holds, tombstone; stopped and gone on."""

from __future__ import annotations

import datetime
import fcntl

import pytest

from tallystick.core.errors import NotFound, Rejection, TallystickError
from tallystick.history import append_bars
from tallystick.history.keeping import purging, retention_operations
from tallystick.history.keeping.holds import holds_of

NAME = "history.bars_daily"
HEADER = (
    "jurisdiction,record_class,rule,value,unit,clock,valid_from,valid_to,source,source_date,status,note\n"
)
RULE = "*,market_data,house_keeping,5,years,year_end,,,house rule,,house,\n"
NO_GRACE = "*,*,purge_grace,0,days,mark,,,house rule,,house,\n"
BEFORE = datetime.date(2026, 1, 1)


@pytest.fixture
def ruled(filled, approve):
    proposal = filled.history.propose_retention(rows=HEADER + RULE + NO_GRACE, reason="made up")
    assert not isinstance(approve(proposal), Rejection)
    return filled


@pytest.fixture
def marked(ruled, approve):
    proposal = ruled.history.propose_purge(
        dataset="bars_daily", before=datetime.date(2020, 1, 1), reason="old"
    )
    assert not isinstance(approve(proposal), Rejection)
    return ruled


def dates(firm):
    return sorted({row["date"].year for row in firm.history.bars(start="2000-01-01").rows()})


def test_without_a_rule_nothing_can_go(filled):
    refused = filled.history.propose_purge(dataset="bars_daily", before=BEFORE, reason="old")
    assert refused.code == "history.no_keep_until"
    kept = filled.history.retention(dataset="bars_daily").rows()
    assert [(part["partition"], part["keep_until"], part["rows"]) for part in kept] == [
        ("2016", None, 20),
        ("2025", None, 20),
    ]
    rules = filled.history.retention(limit=0).rows()
    assert {row["jurisdiction"] for row in rules} == {"*", "TW"}, "those of the firm's home"
    (none,) = [row for row in rules if row["record_class"] == "market_data"]
    assert (none["rule"], none["value"]) == ("", None)
    assert "kept for ever" in none["note"] == kept[0]["kept_why"]
    assert filled.history.retention(record_class="market_data").rows() == [none]


def test_purge_leaves_a_tombstone_and_the_rest(marked):
    assert [(line["partition"], line["state"]) for line in marked.history.purges().rows()] == [
        ("2016", "marked")
    ]
    assert dates(marked) == [2016, 2025]
    (line,) = marked.history.purges().rows()
    assert (line["proposed_by"], line["marked_by"]) == ("maker", "checker")
    assert "market_data" in {row["record_class"] for row in marked.history.retention().rows() if row["rule"]}
    (done,) = marked.history.purge().rows()
    assert (done["partition"], done["state"], done["problem"], done["rows"]) == ("2016", "purged", "", 20)
    assert dates(marked) == [2025]
    assert done["proposed_by"] == "maker"
    (stone,) = marked.history.purges(state="purged").rows()
    assert (stone["proposed_by"], stone["marked_by"]) == ("maker", "checker")
    (line,) = marked.history.loads(what="purged").rows()
    assert stone["contents"] == line["sha256"]
    assert marked.history.purge().total_rows == 0
    with pytest.raises(NotFound, match="is not marked already"):
        marked.history.propose_purge(dataset="bars_daily", before=datetime.date(2020, 1, 1), reason="old")
    assert marked.journal.verify().passed, "the firm decides the same again"
    told = marked.history.dataset(dataset="bars_daily")
    assert (told.purged_partitions, told.partitions, told.keep_until) == (1, 1, datetime.date(2030, 12, 31))


def test_young_partition_is_kept_until_its_year(ruled):
    refused = ruled.history.propose_purge(dataset="bars_daily", before=BEFORE, reason="old")
    assert refused.code == "history.kept_until"
    kept = ruled.history.retention(dataset="bars_daily").rows()
    assert [str(part["keep_until"]) for part in kept] == ["2021-12-31", "2030-12-31"]
    assert kept[0]["rule"] == "house_keeping"


def test_hold_stops_purge_and_sweep_until_two_have_released_it(marked, approve):
    marked.history.archive(dataset="bars_daily", before=datetime.date(2020, 1, 1))
    marked.history.place_hold(hold="case 1", reason="a case", datasets=["history.*"], last="2016-12-31")
    assert marked.history.place_hold(hold="case 1", reason="again").code == "history.hold_taken"
    (stopped,) = marked.history.purge().rows()
    assert (stopped["state"], stopped["problem"]) == ("marked", "held")
    folder = marked.context().lake.table_folder(NAME) / "data"
    swept = marked.history.expire(keep_days=0)
    assert (swept.snapshots_dropped, swept.files_held) == (0, 0), "the snapshots stay that name held files"
    assert list((folder / "2016").iterdir())
    assert marked.history.dataset(dataset="bars_daily").holds == "case 1"
    release = marked.history.release_hold(hold="case 1", reason="over")
    assert marked.history.holds().total_rows == 1
    approve(release)
    assert marked.history.holds().total_rows == 0
    assert marked.history.holds(every=True).rows()[0]["state"] == "released"
    assert marked.history.release_hold(hold="case 1", reason="over").code == "history.hold_unknown"
    (done,) = marked.history.purge().rows()
    assert done["state"] == "purged"
    assert not list((folder / "2016").iterdir())
    assert marked.history.archives().rows()[0]["state"] == "purged"
    assert marked.history.verify_archive().passed


def test_partition_that_changed_since_its_mark_is_not_deleted(marked, bars):
    append_bars(marked.context(), bars(datetime.date(2016, 5, 1), 1))
    (stopped,) = marked.history.purge().rows()
    assert (stopped["state"], stopped["problem"]) == ("marked", "changed")
    marked.history.unmark_purge(dataset="bars_daily", partition="2016", reason="late rows")
    assert marked.history.purge().total_rows == 0
    assert marked.history.purges().rows()[0]["state"] == "unmarked"
    assert dates(marked) == [2016, 2025]


@pytest.mark.parametrize("step", ["begin", "deleted"])
def test_purge_that_stopped_goes_on_unless_a_hold_came(marked, monkeypatch, step):
    def stop(*arguments, **named):
        if step == "deleted":
            purge(*arguments, **named)
        raise KeyboardInterrupt

    purge = purging.purge
    with monkeypatch.context() as patch:
        patch.setattr(purging, "purge", stop)
        with pytest.raises(KeyboardInterrupt):
            marked.history.purge()
    marked.history.place_hold(hold="case 2", reason="a case")
    if step == "deleted":
        with pytest.raises(TallystickError, match="are gone already"):
            marked.history.unmark_purge(dataset="bars_daily", partition="2016", reason="stay")
    (line,) = marked.history.purge().rows()
    gone = step == "deleted"
    assert (line["state"], line["problem"]) == (("purged", "") if gone else ("begun", "held"))
    assert dates(marked) == ([2025] if gone else [2016, 2025])


def test_wrong_hold_and_year_are_told(firm):
    with pytest.raises(TallystickError, match="friendly"):
        firm.history.place_hold(hold="x", reason="why", kind="friendly")
    with pytest.raises(TallystickError, match="before it begins"):
        firm.history.place_hold(hold="x", reason="why", first="2026-02-01", last="2026-01-01")
    with pytest.raises(TallystickError, match="was not over"):
        firm.history.close_year(year=2025, date="2025-12-31")
    assert firm.history.close_year(year=2025, date="2026-03-31").id == "2025"
    assert firm.history.close_year(year=2025, date="2026-04-01").code == "history.clock_started_before"


def test_hold_names_what_there_is_or_is_refused(filled):
    """A hold on a name that nothing has would keep nothing, and nobody would know."""
    place = filled.history.place_hold
    for name, datasets in {
        "short": ["bars_daily"],
        "whole": [NAME],
        "many": ["history.*", "ledger.c*"],
    }.items():
        assert place(hold=name, reason="a case", datasets=datasets).id == name
    assert filled.history.dataset(dataset="bars_daily").holds == "short, whole, many"
    assert [hold["hold"] for hold in filled.history.holds(dataset="bars_daily").rows()] == [
        "short",
        "whole",
        "many",
    ]
    with pytest.raises(NotFound, match="keep nothing"):
        place(hold="x", reason="a case", datasets=["history.bars_weekly*"])
    with pytest.raises(NotFound, match="no dataset bars_dayly"):
        place(hold="x", reason="a case", datasets=["bars_dayly"])
    with pytest.raises(NotFound, match="no class of record order"):
        place(hold="x", reason="a case", record_classes=["order"])


def test_hold_on_a_class_keeps_it_from_purge_and_sweep(marked, bars):
    append_bars(marked.context(), bars(datetime.date(2016, 3, 1), 1, price=1))
    marked.history.unmark_purge(dataset="bars_daily", partition="2016", reason="late rows")
    for record_class, code in (("orders", None), ("market_data", "history.held")):
        marked.history.place_hold(hold=record_class, reason="a case", record_classes=[record_class])
        said = marked.history.propose_purge(
            dataset="bars_daily", before=datetime.date(2020, 1, 1), reason="old"
        )
        assert getattr(said, "code", None) == code
    assert marked.history.dataset(dataset="bars_daily").holds == "market_data"
    assert {hold["record_classes"] for hold in marked.history.holds().rows()} == {"orders", "market_data"}
    marked.history.compact()
    held = holds_of(marked.context())
    assert held(NAME, "data/2016/x.parquet")
    assert held("history.made_up", "data/2016/x.parquet"), "a class that is not known is held"
    swept = marked.context().lake.maintain(keep_days=0, grace_seconds=-60, holds=held)
    assert swept.snapshots == 0


def test_hold_waits_for_a_deletion_that_is_under_way(marked, monkeypatch):
    """What a hold finds when it is answered is not still being deleted."""
    purge, waited = purging.purge, []

    def deleting(*arguments, **named):
        with (marked.path / "archive" / "purging").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited.append(True)
        return purge(*arguments, **named)

    monkeypatch.setattr(purging, "purge", deleting)
    (done,) = marked.history.purge().rows()
    assert (done["state"], waited) == ("purged", [True])
    placing = monkeypatch.undo() or retention_operations.undisturbed
    entered = []

    def noted(context):
        entered.append(True)
        return placing(context)

    monkeypatch.setattr(retention_operations, "undisturbed", noted)
    marked.history.place_hold(hold="case 3", reason="a case")
    assert entered


def test_archive_of_a_purged_partition_stays_purged_when_the_partition_comes_again(marked, bars, approve):
    before = datetime.date(2020, 1, 1)
    marked.history.archive(dataset="bars_daily", before=before)
    marked.history.purge()
    append_bars(marked.context(), bars(datetime.date(2016, 3, 1), 1))
    marked.history.archive(dataset="bars_daily", before=before)
    approve(marked.history.propose_purge(dataset="bars_daily", before=before, reason="old again"))
    assert [line["state"] for line in marked.history.archives().rows()] == ["purged", "archived"]
    assert marked.history.verify_archive().passed
