"""Records: an order's life and where its decision comes from, an account, an instrument, the journal."""

from __future__ import annotations

import json
import re

from tallystick.console.charts import candles, without_unknown
from tallystick.console.codewords import READ_WORDS
from tallystick.console.fields import field_of
from tallystick.console.saying import said_in
from tallystick.console.writing import with_cents, written
from tallystick.core.money import format_money


def refused_order(visitor):
    visitor.open("/risk/orders?status=refused")
    return visitor.rows("order_id")[0]


def test_order_shows_its_reasons_and_its_life(ann):
    identity = refused_order(ann)
    ann.open(f"/risk/orders/{identity}")
    text = ann.page.inner_text("main")
    assert "Refused" in text
    assert "gate." in text
    assert "Order submitted" in ann.page.inner_text(".timeline")
    ann.page.click(".timeline a")
    ann.page.wait_for_url("**/journal/batches/*")


def test_order_tells_where_its_decision_comes_from(ann):
    ann.open(f"/risk/orders/{refused_order(ann)}")
    ann.page.click("#tab-why")
    ann.page.wait_for_selector("#panel-why table")
    text = ann.page.inner_text("#panel-why")
    assert "Rule set" in text
    assert "Compared with" in text
    assert "tally why DIR" in text
    assert "tab=why" in ann.page.url
    ann.page.reload()
    ann.page.wait_for_selector("#panel-why table")


def test_tabs_move_by_arrows(ann):
    ann.open(f"/risk/orders/{refused_order(ann)}")
    ann.page.focus("#tab-timeline")
    ann.page.keyboard.press("ArrowRight")
    assert ann.page.get_attribute("#tab-why", "aria-selected") == "true"
    assert ann.page.evaluate("document.activeElement.id") == "tab-why"


def test_account_shows_cash_holdings_and_orders(ann):
    account = ann.ask("/api/ledger/positions?limit=1&sort=-account")["rows"][0][0]
    ann.open(f"/ledger/accounts/{account}")
    assert "Daily trading limit" in ann.page.inner_text(".facts")
    assert "By settlement date" in ann.page.inner_text("main")
    held = ann.ask(f"/api/ledger/positions?account={account}")
    assert len(ann.rows("symbol")) == held["total_rows"]
    ann.page.click("#tab-orders")
    ann.page.wait_for_selector("#panel-orders .ag-row, #panel-orders .overlay:not([hidden])")


def test_instrument_has_candles_and_the_same_as_a_table(ann):
    ann.open("/market/instruments")
    symbol = ann.rows("symbol")[0]
    ann.open(f"/market/instruments/{symbol}")
    ann.page.wait_for_selector("#chart canvas")
    assert ann.page.inner_text("#chart-legend").startswith("20")
    assert "TradingView" in ann.page.inner_text(".credit")
    ann.page.click("#tab-bars")
    bars = ann.ask(f"/api/history/bars?instruments={symbol}&limit=500&sort=-date")
    rows = ann.page.locator("#panel-bars tbody tr")
    assert rows.count() == min(bars["total_rows"], 500)
    names = [column["name"] for column in bars["columns"]]
    first = dict(zip(names, bars["rows"][0], strict=True))
    cells = rows.first.locator("td").all_inner_texts()
    assert cells[0] == first["date"]
    assert cells[4] == f"{first['close'] / 10_000:,.2f}"


def test_instrument_shows_the_rules_in_force_with_source_and_status(ann):
    ann.open("/market/instruments")
    ann.open(f"/market/instruments/{ann.rows('symbol')[0]}?tab=rules")
    text = ann.page.inner_text("#panel-rules")
    assert "Status" in text
    assert any(word in text for word in ("Verified", "Secondary", "Unverified"))
    assert "Source" in text


def test_journal_checks_its_chain(ann):
    ann.open("/journal/batches")
    ann.page.click("text=Check the hash chain")
    ann.page.wait_for_selector("#chain .chip")
    assert "Sound" in ann.page.inner_text("#chain")


def test_batch_shows_its_commands_with_verdicts(ann):
    ann.open("/journal/batches")
    seq = int(ann.rows("seq")[3].replace(",", ""))
    ann.open(f"/journal/batches/{seq}")
    reply = ann.ask(f"/api/journal/batch?seq={seq}")
    assert reply["hash"][:12] in ann.page.inner_text(".facts")
    assert ann.page.locator("main tbody tr").count() == min(len(reply["commands"]), 100)


def test_board_sums_the_day_up(ann):
    ann.open("/")
    report = ann.ask("/api/governance/day_report")
    text = ann.page.inner_text(".board")
    assert f"{report['orders']:,}" in text
    assert f"{report['refused']:,}" in text
    assert format_money(int(report["turnover"]), 0) in text
    ann.page.wait_for_selector(".movers .rise, .movers .fall")


def test_day_report_prints_without_the_shell(ann):
    ann.open("/governance/day-report")
    ann.page.emulate_media(media="print")
    assert not ann.page.is_visible(".rail")
    assert not ann.page.is_visible(".topbar")
    assert ann.page.is_visible(".report h1")


def test_tour_follows_every_link(ann):
    ann.open("/governance/tour")
    links = ann.page.eval_on_selector_all(
        ".tour a", "links => links.map((link) => link.getAttribute('href'))"
    )
    pages = sorted({link for link in links if not link.startswith("/interfaces#")})
    assert pages
    typed = ann.page.locator('.tour a[href="/interfaces#journal.check"]').first.inner_text()
    assert typed == "tally journal check"
    for page in pages:
        assert ann.page.request.get(ann.address + page).status == 200, page


LATIN = re.compile(r"[A-Za-z]{3,}")


def test_where_from_and_timeline_speak_chinese(visit):
    visitor = visit(language="zh_Hant")
    identity = refused_order(visitor)
    visitor.open(f"/risk/orders/{identity}")
    said = visitor.page.locator(".timeline .detail").all_inner_texts()
    assert said
    assert not [text for text in said if LATIN.search(text)]


def test_what_a_decision_reads_is_said_in_words_of_the_language():
    for text in (
        "account terms", "day terms", "dated rules", "open, with terms", "board lots, odd lots, day trade",
        "normal, no odd lots", "not used today", "cash, today's sales and daily limit", "no limit", "not halted",
        "limit, rod, board", "limit ROD, market FOK", "1 to 999", "cancelled: 1,000", "accepted", "refused",
        "side 1, order_type 2, price 100, id of 20261120", "ledger and today's moves",
    ):  # fmt: skip
        said = said_in("zh_Hant", text)
        assert not LATIN.search(said.replace("ROD", "").replace("FOK", "")), said
        assert said_in("en", text)
    for word in READ_WORDS:
        assert said_in("zh_Hant", word) != word or word in ("rod", "ioc", "fok"), word
    assert said_in("zh_Hant", "M2310.XTAI") == "M2310.XTAI"
    assert said_in("en", 1_165_000) == "1,165,000"


def test_instrument_with_closes_only_is_a_line_without_volume():
    flat = [
        {"date": f"2026-11-{n}", "open": n, "high": n, "low": n, "close": n, "volume": 0, "amount": 0}
        for n in (19, 20)
    ]
    rows = without_unknown(flat)
    chart = candles(rows, "USD")
    assert chart["line"]
    assert chart["volumes"] == []
    assert written(rows[0]["volume"], field_of("volume"), zone="UTC") == "–"
    assert written(0, field_of("shares_issued"), zone="UTC") == "–"
    real = [row | {"high": row["high"] + 1, "volume": 5} for row in flat]
    assert not candles(without_unknown(real), "USD")["line"]


def test_chart_of_closes_is_drawn_without_a_volume_pane(ann):
    ann.open("/market/instruments")
    symbol = ann.rows("symbol")[0]

    def flattened(route):
        chart = re.search(
            r'(?s)(data-chart.*?application/json">)(.*?)(</script>)', text := route.fetch().text()
        )
        data = json.loads(chart[2])
        data |= {"line": True, "volumes": []}
        route.fulfill(body=text.replace(chart[2], json.dumps(data)), content_type="text/html")

    ann.page.route(f"**/market/instruments/{symbol}", flattened)
    ann.complaints.clear()
    ann.open(f"/market/instruments/{symbol}")
    ann.page.wait_for_selector("#chart canvas")
    assert ann.page.inner_text("#chart-legend").endswith("V –")
    assert ann.complaints == []


def test_sequence_numbers_have_no_separators(ann):
    ann.open("/journal/batches")
    newest = ann.rows("seq")[0]
    assert newest.isdigit()
    ann.open(f"/journal/batches/{newest}")
    assert ann.page.inner_text("h1") == f"Batch {newest}"
    assert "," not in ann.page.inner_text("#journal-seq")
    assert written(14_147, field_of("seq"), zone="UTC") == "14147"


def test_settlement_shows_cents_where_there_are_some():
    cash = [270_923_022_4400, 201_247_897_7700]
    field = with_cents(field_of("cash_due_in"), cash)
    assert [written(amount, field, zone="UTC") for amount in cash] == ["270,923,022.44", "201,247,897.77"]
    whole = with_cents(field_of("cash_due_in"), [10_000, 20_000])
    assert written(10_000, whole, zone="UTC") == "1"
