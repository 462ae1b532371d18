"""Records: an order's life and where its decision comes from, an account, an instrument, the journal."""

from __future__ import annotations

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
    for page in pages:
        assert ann.page.request.get(ann.address + page).status == 200, page
