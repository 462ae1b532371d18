"""Pages and doors together, over a real firm: a damaged journal, names instead of codes, signing in by an address."""

from __future__ import annotations

import contextlib
import re
import sqlite3

import pytest
from litestar.testing import TestClient

from tallystick.console import create_pages
from tallystick.core.access import Actor
from tallystick.core.context import Context
from tallystick.firm import Firm
from tallystick.gateway import create_api
from tallystick.history import DATASETS
from tallystick.market.events import RegisterInstrument


@contextlib.contextmanager
def doors(firm, language="en"):
    """A client of the firm's doors and pages, signed in as its administrator."""
    with TestClient(create_api(firm.house, pages=create_pages(firm.house))) as client:
        client.headers["Authorization"] = f"Bearer {firm.house.access.session(Actor('mei'))}"
        client.cookies.set("tally_language", language)
        yield client


@pytest.fixture
def damaged(firm, kill_writer):
    """The firm with one letter of its third batch changed behind its back, opened anew."""
    kill_writer(firm.path)
    day = firm.house.journal.head().day
    firm.close()
    with contextlib.closing(sqlite3.connect(firm.path / "journal" / str(day) / "0.sqlite")) as file:
        file.execute("UPDATE batches SET actor = 'eve' WHERE seq = 3")
        file.commit()
    with Firm.open(firm.path, user="mei") as opened:
        yield opened


@pytest.mark.parametrize(("language", "words"), [("en", "read-only"), ("zh_Hant", "唯讀")])
def test_every_page_tells_that_the_journal_is_damaged(damaged, language, words):
    assert damaged.house.damage is not None
    with doors(damaged, language) as client:
        for address in ("/", "/risk/orders", "/journal/batches", "/no/such/page"):
            text = client.get(address).text
            banner = text.partition('id="damage"')[2].partition("</div></div>")[0]
            assert words in banner, address
            assert "tally repair" in banner
            assert damaged.house.damage.code in banner
            assert re.search(r"3\b", banner)
        status = client.get("/parts/status").text
        assert "chip-severe" in status
        assert 'id="damage"' in status
        known = client.get("/parts/status", params={"damage": damaged.house.damage.code}).text
        assert 'id="damage"' not in known


def test_sound_journal_has_no_banner(firm):
    with doors(firm) as client:
        text = client.get("/").text
        assert 'class="banner lost"' in text
        assert "damaged" not in text.partition("<main")[2].partition("</main>")[0]
        assert "chip-severe" not in client.get("/parts/status").text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ["/api/nope/x", "/api/history/load"])
def test_address_of_no_operation_is_answered_as_programs_are(firm, method, address):
    with doors(firm) as client:
        reply = getattr(client, method)(address)
        assert reply.headers["content-type"].startswith("application/json")
        assert (reply.status_code, reply.json()["code"]) == (404, "gateway.no_route")


@pytest.mark.parametrize(
    "address",
    [
        "/foo",
        "/history",
        "/history/foo",
        "/history/datasets/history.bars_daily/2026",
        "/do/history.purge/x/y",
        "/parts",
    ],
)
def test_address_of_no_page_is_answered_with_a_page(firm, address):
    with doors(firm) as client:
        reply = client.get(address)
        assert (reply.status_code, reply.headers["content-type"].partition(";")[0]) == (404, "text/html")
        assert "There is no page at this address." in reply.text
        client.headers.pop("Authorization")
        assert client.get(address, follow_redirects=False).headers["location"].startswith("/login?next=")


def test_hold_may_be_named_by_the_number_of_a_case(firm):
    firm.history.place_hold(hold="114/金上訴/12", reason="A made-up order")
    with doors(firm) as client:
        reply = client.get("/history/holds/114%2F%E9%87%91%E4%B8%8A%E8%A8%B4%2F12")
        assert reply.status_code == 200
        assert "A made-up order" in reply.text


def test_batch_names_accounts_and_instruments(firm):
    context = Context(firm.house, Actor("mei"))
    made_up = RegisterInstrument(symbol="M0001.XTAI", name="Made-up Company", venue="XTAI")
    position = context.send(made_up).position
    with doors(firm) as client:
        text = client.get(f"/journal/batches/{position}").text
        assert f"<h1>Batch {position}</h1>" in text
        from tallystick.console.journal import named

        row = named(
            {"account": 7, "instrument": 0, "reasons": ["gate.off_tick"]},
            {7: "981200000071"},
            {0: "M0001.XTAI"},
            {"gate.off_tick": "Price off the tick"},
        )
        assert row == {
            "account_number": "981200000071",
            "symbol": "M0001.XTAI",
            "reasons": ["Price off the tick"],
            "account": 7,
            "instrument": 0,
        }


def test_entry_token_opens_the_console_once(firm):
    entry = firm.house.access.entry(Actor("mei"))
    with doors(firm) as client:
        client.headers.pop("Authorization")
        assert (
            client.get("/api/access/whoami", headers={"Authorization": f"Bearer {entry}"}).status_code == 401
        )
        first = client.get("/enter", params={"token": entry}, follow_redirects=False)
        assert (first.headers["location"], entry in first.headers["set-cookie"]) == ("/", False)
        assert client.get("/access/users").status_code == 200
        second = client.get("/enter", params={"token": entry}, follow_redirects=False)
        assert second.headers["location"] == "/"
        client.cookies.clear()
        again = client.get("/enter", params={"token": entry})
        assert again.url.path == "/login"
        assert "This address has signed somebody in already" in again.text
        assert "signed somebody in" not in client.get("/login").text


def test_users_and_roles_have_pages(firm):
    with doors(firm) as client:
        for address in ("/access/users", "/access/roles"):
            assert client.get(address).status_code == 200
            assert f'href="{address}"' in client.get("/").text
        page = client.get("/access/users").text
    for operation in ("access.grant", "access.revoke", "access.set_password"):
        assert f"/do/{operation}" in page


@pytest.mark.parametrize(("language", "steps"), [("en", "Steps"), ("zh_Hant", "步驟")])
def test_why_of_a_proposal_shows_what_it_asks_and_each_step(firm, language, steps):
    firm.history.set_quota(role="auditor", rows_per_day=10, reason="a first one is in force at once")
    proposal = firm.history.set_quota(role="auditor", rows_per_day=1_000, reason="a test").id
    with doors(firm, language) as client:
        text = client.get(f"/parts/why/{proposal}").text
        assert "core.propose" in text
        assert "1,000" in text
        assert steps in text
        bare = client.get(f"/parts/why/{proposal}", params={"steps": "1"}).text
        assert "core.propose" in bare
        assert "1,000" not in bare
        assert f"/parts/why/{proposal}?steps=1" in client.get(f"/approvals/{proposal}").text


def test_corrections_are_offered_only_for_what_comes_from_files(firm):
    with doors(firm) as client:
        for operation in ("history.correct_rows", "history.withdraw_rows", "history.release_rows"):
            text = client.get(f"/do/{operation}").text
            assert '"history.bars_daily"' in text
            assert "history.quarantine" not in text
            assert "ledger.cash" not in text


@pytest.mark.parametrize("name", ["client_contacts", "past_trades", "product_terms", "bars_daily"])
def test_dataset_that_files_fill_offers_corrections_with_its_own_columns(firm, name):
    with doors(firm) as client:
        text = client.get(f"/history/datasets/history.{name}").text
        found = re.search(r'href="/do/history.correct_rows\?dataset=history.\w+&amp;rows=([^"]*)"', text)
        assert found, name
        given = found[1].removesuffix("%0A").split(",")
        assert set(given) == {*DATASETS[f"history.{name}"].given} - {"event_time"}
        assert "/do/history.correct_rows" not in client.get("/history/datasets/ledger.cash").text


def test_quarantined_rows_of_an_instrument_are_found_however_many_wait(firm, tmp_path):
    bars = tmp_path / "bars.csv"
    others = "".join(f"006205.XTAI,2026-11-18,1,1,1,x{n}\n" for n in range(1_200))
    sound = "6205.XTAI,2026-11-17,1,1,1,1\n006205.XTAI,2026-11-17,1,1,1,1\n"
    bars.write_text(f"symbol,date,open,high,low,close\n{sound}6205.XTAI,2026-11-18,1,1,1,y\n{others}")
    firm.history.load(files=[str(bars)], dataset="bars_daily")
    assert firm.history.quarantine(text="6205.XTAI").total_rows == 1
    assert firm.history.quarantine(text="006205.XTAI").total_rows == 1_200
    assert firm.history.quarantine(text="6205").total_rows == 0
    with doors(firm) as client:
        text = client.get("/history/instruments/6205.XTAI").text
        assert "6205.XTAI,2026-11-18,1,1,1,y" in text
        assert "006205.XTAI" not in text
        assert "The newest 100 of 1,200" in client.get("/history/instruments/006205.XTAI").text


def test_law_table_is_narrowed_to_every_class_that_stands_in_it(firm):
    classes = {row["record_class"] for row in firm.history.retention(limit=0).rows()}
    assert {"contracts", "recordings", "statements", "application_trail"} <= classes
    with doors(firm) as client:
        choices = (
            client.get("/history/retention")
            .text.partition('name="record_class"')[2]
            .partition("</select>")[0]
        )
        assert set(re.findall(r'value="([^"]+)"', choices)) == classes


def test_hold_tells_only_what_it_keeps(firm, tmp_path):
    bars = tmp_path / "bars.csv"
    rows = "".join(f"9901.XTAI,{year}-11-18,1,1,1,1\n" for year in (2014, 2015, 2016, 2025))
    bars.write_text(f"symbol,date,open,high,low,close\n{rows}")
    firm.history.load(files=[str(bars)], dataset="bars_daily", known_at="2025-12-31")
    firm.history.place_hold(hold="until-2015", reason="A made-up order", last="2015-12-31")
    firm.history.place_hold(hold="2030", reason="A made-up order", first="2030-01-01")
    assert {row["hold"] for row in firm.history.holds(hold="2030").rows()} == {"2030"}
    with doors(firm) as client:
        text = client.get("/history/holds/until-2015").text.partition("What it keeps")[2]
        assert "2014-01-01" in text
        assert "2015-12-31" in text
        assert "2016" not in text
        assert "history.trades" not in text
        empty = client.get("/history/holds/2030").text
        assert "Nothing of its names and dates is in the lake yet" in empty


def test_page_of_an_unheard_of_instrument_is_not_found(firm):
    with doors(firm) as client:
        assert client.get("/history/instruments/NOPE.XTAI").status_code == 404


def test_overview_counts_what_history_keeps_aside(firm, tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("symbol,date,open,high,low,close\nA,2026-11-18,1,1,1,x\nA,2026-11-17,1,1,1,1\n")
    assert firm.history.load(files=[str(path)], known_at="2026-11-19").quarantined == 1
    firm.history.place_hold(hold="case-1", reason="made up")
    with doors(firm) as client:
        assert 'hx-get="/parts/keeping"' in client.get("/").text
        text = client.get("/parts/keeping").text
    counts = re.findall(r'<a href="(/history/\w+)">(\d+)</a>', text)
    assert counts == [("/history/quarantine", "1"), ("/history/archives", "0"), ("/history/holds", "1")]
