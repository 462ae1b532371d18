"""Who is shown which quarantined rows, at every door, how many, and what of it counts against the day's quota."""

from __future__ import annotations

import pytest

from tallystick.core.access import DefineRole
from tallystick.core.errors import Forbidden, TallystickError
from tallystick.firm import Firm

CONTACTS = (
    "contact,client,channel,ts,satisfaction\n"
    "C1,K1,phone,2026-11-16 09:10:00,9\n"
    "C2,K2,phone,2026-11-16 09:10:00,8\n"
)
PRICES = "symbol,date,open,high,low,close\nA,2026-11-18,1,1,1,x\nA,2026-11-17,1,1,1,y\n"
TRADES = "trade,account,symbol,date,side,quantity,amount\nT1,98,A,2025-11-18,buy,-5,100\n"
SQL = "SELECT dataset, text FROM history.quarantine ORDER BY dataset, row"


@pytest.fixture
def filled(firm, tmp_path):
    """A firm with broken rows of clients, of the ledger and of prices."""
    for name, text in {"client_contacts": CONTACTS, "past_trades": TRADES, "bars_daily": PRICES}.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        report = firm.history.load(files=[str(path)], dataset=name, known_at="2026-11-19")
        assert (report.loaded, report.quarantined) == (0, text.count("\n") - 1)
    return firm


@pytest.fixture
def quant(filled):
    """The firm as seen by somebody without the right to read clients or the ledger."""
    filled.access.grant(user="quentin", role="quant")
    with Firm.open(filled.path, user="quentin") as opened:
        yield opened


def texts(table):
    return sorted(row["text"] for row in table.rows())


def test_rows_of_a_dataset_that_one_may_not_read_are_not_shown(filled, quant):
    prices = PRICES.splitlines()[1:]
    everything = sorted([*prices, *CONTACTS.splitlines()[1:], *TRADES.splitlines()[1:]])
    assert texts(filled.history.quarantine()) == texts(filled.history.sql(query=SQL)) == everything
    assert texts(quant.history.quarantine()) == texts(quant.history.sql(query=SQL)) == sorted(prices)
    assert quant.history.quarantine().total_rows == 2
    assert texts(quant.history.quarantine(file="client_contacts.csv")) == []


def test_naming_a_dataset_that_one_may_not_read_is_refused(filled, quant):
    for dataset, needed in (("client_contacts", "clients.read"), ("history.past_trades", "ledger.read")):
        file = f"{dataset.removeprefix('history.')}.csv"
        assert filled.history.quarantined(dataset=dataset, file=file, row=2).text
        with pytest.raises(Forbidden, match=needed):
            quant.history.quarantine(dataset=dataset)
        with pytest.raises(Forbidden, match=needed):
            quant.history.quarantined(dataset=dataset, file=file, row=2)
    assert quant.history.quarantined(dataset="bars_daily", file="bars_daily.csv", row=2).column == "close"


def test_release_of_a_dataset_that_one_may_not_read_is_refused(filled):
    assert filled.context().send(DefineRole(role="loader", permissions=["history.*"])).accepted
    filled.access.grant(user="lou", role="loader")
    asked = {"dataset": "past_trades", "file": "past_trades.csv"}
    with Firm.open(filled.path, user="lou") as loader:
        with pytest.raises(Forbidden, match=r"ledger\.read"):
            loader.history.release_rows(rows="row,symbol\n2,B\n", **asked)
        with pytest.raises(Forbidden, match=r"ledger\.read"):
            loader.history.release(files=[[{"row": 2, "symbol": "B"}]], **asked)


@pytest.mark.parametrize(
    "query",
    [
        "WITH q AS (SELECT * FROM history.quarantine) SELECT text FROM q WHERE dataset LIKE '%contacts'",
        "SELECT text FROM (FROM history.quarantine) WHERE file LIKE 'client%'",
        "SELECT a.text FROM history.quarantine a JOIN history.quarantine b USING (sha256) WHERE a.file LIKE 'past%'",
    ],
)
def test_no_way_of_asking_in_sql_goes_around_it(filled, quant, query):
    assert filled.history.sql(query=query).total_rows > 0
    assert quant.history.sql(query=query).total_rows == 0


def test_sql_tells_the_rows_as_known_then_with_the_times_and_types_of_the_table(filled, quant):
    query = "SELECT * FROM history.quarantine WHERE dataset LIKE '%bars%' ORDER BY row"
    assert quant.history.sql(query=query).arrow == filled.history.sql(query=query).arrow
    assert quant.history.sql(query=query, known_at="2026-11-18").total_rows == 0


def test_quarantined_rows_count_against_the_quota(filled, quant):
    filled.history.set_quota(role="quant", rows_per_day=3, reason="made up")
    assert quant.history.quarantine().total_rows == 2
    quant.history.quarantined(dataset="bars_daily", file="bars_daily.csv", row=2)
    with pytest.raises(TallystickError, match="are 0 rows"):
        quant.history.quarantined(dataset="bars_daily", file="bars_daily.csv", row=3)
    with pytest.raises(TallystickError, match="are 0 rows"):
        quant.history.quarantine(limit=1)


def test_limit_0_means_all(filled, tmp_path):
    path = tmp_path / "good.csv"
    path.write_text(
        CONTACTS.replace(",9\n", ",5\n").replace(",8\n", ",4\n").replace("2026-11-16", "2026-10-16", 1)
    )
    filled.history.load(files=[str(path)], dataset="client_contacts", known_at="2026-11-19")
    doors = {
        "quarantine": {},
        "studies": {},
        "study": {"study": "client_service"},
        "datasets": {},
    }
    for verb, asked in doors.items():
        some, every = (getattr(filled.history, verb)(**asked, limit=limit) for limit in (1, 0))
        assert every.arrow.num_rows == every.total_rows == some.total_rows > some.arrow.num_rows == 1, verb
