"""Purging through the firm's doors: rules, two people, grace, holds, tombstone; stopped and gone on."""

from __future__ import annotations

import datetime
import fcntl

import pytest

from tallystick.core.errors import NotFound, Rejection, TallystickError
from tallystick.history import append_bars
from tallystick.history.keeping import hold_operations, purging
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


def test_wrong_hold_is_told(firm):
    with pytest.raises(TallystickError, match="friendly"):
        firm.history.place_hold(hold="x", reason="why", kind="friendly")
    with pytest.raises(TallystickError, match="before it begins"):
        firm.history.place_hold(hold="x", reason="why", first="2026-02-01", last="2026-01-01")
    for name in ("", "  ", "\u200b", "a\nb"):
        with pytest.raises(TallystickError, match="name that can be read"):
            firm.history.place_hold(hold=name, reason="why")
    with pytest.raises(TallystickError, match="reason is empty"):
        firm.history.place_hold(hold="x", reason=" ")
    assert firm.history.holds(every=True).total_rows == 0
    assert firm.history.place_hold(hold=" 114/金上訴/12 ", reason="why").id == "114/金上訴/12"
    with pytest.raises(TallystickError, match="reason is empty"):
        firm.history.release_hold(hold="114/金上訴/12", reason="")


def test_year_is_closed_by_two_and_corrected_by_two(firm, approve):
    close = firm.history.close_year
    for year, date in ((2026, "2027-01-01"), (99999, "2026-01-01"), (-5, "2026-01-01"), (1, "2026-01-01")):
        assert close(year=year, date=date, reason="done").code == "history.year_not_over"
    for date in ("2025-12-31", "2026-11-20", "9999-12-31"):
        assert close(year=2025, date=date, reason="done").code == "history.clock_date", date
    with pytest.raises(TallystickError, match="reason is empty"):
        close(year=2025, date="2026-03-31", reason="")
    first = close(year=2025, date="2026-03-13", reason="done")
    assert started(firm) == {""}, "proposed, not yet done"
    assert not isinstance(approve(first), Rejection)
    assert started(firm) == {"2025: 2026-03-13"}
    slip = close(year=2025, date="2026-03-31", reason="a slip of the pen")
    told = {
        line.name: (line.in_force, line.proposed) for line in firm.approvals.show(proposal=slip.id).changes
    }
    assert told["date"] == ("2026-03-13", "2026-03-31")
    approve(slip)
    assert started(firm) == {"2025: 2026-03-31"}
    assert firm.journal.verify().passed


def started(firm):
    return {row["started"] for row in firm.history.retention(limit=0).rows() if row["clock"] == "year_closed"}


def test_proposal_of_retention_is_looked_at_before_it_is_made(firm):
    with pytest.raises(TallystickError, match="no line below the header"):
        firm.history.propose_retention(rows=HEADER, reason="nothing")
    with pytest.raises(NotFound, match="no class of record ordres"):
        firm.history.propose_retention(rows=HEADER + RULE.replace("market_data", "ordres"), reason="a slip")
    for known in ("contracts", "*", "orders"):
        rows = HEADER + RULE.replace("market_data", known)
        assert firm.history.propose_retention(rows=rows, reason="a rule").id


def test_shorter_rule_lets_nothing_go_that_the_longer_one_kept(ruled, approve):
    """The longest rule that ever held for a record counts; what is dated after the change goes by the new one."""
    approve(ruled.history.propose_retention(rows=HEADER + RULE.replace(",5,", ",1,"), reason="shorter"))
    kept = ruled.history.retention(dataset="bars_daily").rows()
    assert [str(part["keep_until"]) for part in kept] == ["2021-12-31", "2030-12-31"]
    ends = {
        (row["value"], str(row["valid_to"]))
        for row in ruled.history.retention(record_class="market_data").rows()
    }
    assert {value for value, _ in ends} == {1, 5}
    assert (1, "None") in ends
    withdrawn = RULE.replace(",5,", ",1,").replace(",house,", ",withdrawn,")
    proposal = ruled.history.propose_retention(rows=HEADER + withdrawn, reason="entered wrongly")
    assert "as if they had never held" in ruled.approvals.show(proposal=proposal.id).summary
    approve(proposal)
    assert {part["keep_until"] for part in ruled.history.retention(dataset="bars_daily").rows()} == {None}


def test_refusal_names_the_hold_and_what_it_keeps(marked):
    marked.history.place_hold(hold="case 9", reason="a case", last="2016-12-31")
    (line,) = marked.history.purges().rows()
    assert line["holds"] == "case 9"
    marked.history.unmark_purge(dataset="bars_daily", partition="2016", reason="stays")
    refused = marked.history.propose_purge(
        dataset="bars_daily", before=datetime.date(2020, 1, 1), reason="old"
    )
    assert refused.message == f"A hold is open on {NAME}, partition 2016: case 9."
    assert marked.history.purges().rows()[0]["holds"] == "", "it is on its way out no more"


def test_what_came_after_a_purge_is_not_called_deleted(marked, bars):
    marked.history.purge()
    append_bars(marked.context(), bars(datetime.date(2016, 3, 1), 1))
    assert [part["purge"] for part in marked.history.retention(dataset="bars_daily").rows()] == ["", ""]
    (gone,) = marked.house.machine("history").purged_since(NAME)
    assert gone.part.partition == "2016"


def test_what_was_purged_does_not_come_back_by_a_load(ruled, approve):
    prices = dict.fromkeys(("open", "high", "low", "close"), 10)
    rows = [{"symbol": "9903.XTAI", "date": date, **prices} for date in ("2016-03-01", "2025-03-03")]
    ruled.history.load(files=[rows], dataset="bars_daily")
    approve(ruled.history.propose_purge(dataset="bars_daily", before=datetime.date(2020, 1, 1), reason="old"))
    assert ruled.history.purge().rows()[0]["state"] == "purged"
    same = ruled.history.load(files=[rows], dataset="bars_daily")
    assert same.files[0].repeated
    again = ruled.history.load(files=[[*rows, {**rows[0], "symbol": "9904.XTAI"}]], dataset="bars_daily")
    assert (again.loaded, again.duplicates, again.quarantined) == (0, 1, 0)
    for report, count in ((same, 0), (again, 2)):
        (told,) = [one for one in report.warnings if one.code == "history.purged_before"]
        assert (told.rows, "2016 was purged on" in told.warning) == (count, True)
    assert dates(ruled) == [2025]
    ruled.history.correct(files=[rows[:1]], dataset="bars_daily", reason="asked for by the court")
    assert dates(ruled) == [2016, 2025]


def test_dates_are_those_of_the_firms_zone(marked, monkeypatch):
    """22 hours UTC are the next day in Taipei."""
    (one,) = marked.house.machine("history").purges()
    one.marked_at = int(datetime.datetime(2026, 11, 23, 22, tzinfo=datetime.UTC).timestamp()) * 1_000_000_000
    (line,) = marked.history.purges().rows()
    assert line["marked_on"] == datetime.date(2026, 11, 24)


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
    placing = monkeypatch.undo() or hold_operations.undisturbed
    entered = []

    def noted(context):
        entered.append(True)
        return placing(context)

    monkeypatch.setattr(hold_operations, "undisturbed", noted)
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
    told = marked.history.dataset(dataset="bars_daily")
    assert (told.archived_partitions, told.archived_rows) == (1, 2), "not those of the purged archive"
    assert marked.history.verify_archive().passed
