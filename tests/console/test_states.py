"""The states that a page can be in besides fine: stale, disconnected, missing, failed."""

from __future__ import annotations

from tallystick.core.operations import find_operation
from tallystick.gateway.routes import path_of


def test_page_that_does_not_exist(ann):
    ann.page.goto(f"{ann.address}/no/such/page")
    text = ann.page.inner_text("main")
    assert "Not found" in text
    assert "console.no_page" in text


def test_thing_that_does_not_exist_is_told_with_a_trace(ann):
    ann.page.goto(f"{ann.address}/risk/orders/O20261120-999999")
    text = ann.page.inner_text("main")
    assert "There is no order" in text
    trace = ann.page.locator("[data-copy]").first
    trace.click()
    assert ann.page.evaluate("navigator.clipboard.readText()") == trace.inner_text()


def test_room_to_come_says_what_will_be_there(ann):
    ann.open("/rooms/clients")
    text = ann.page.inner_text("main")
    assert "Still to come" in text
    assert "suitability" in text


def test_lost_connection_is_shown_and_mends_by_itself(ann):
    ann.open("/risk/orders")
    ann.context.set_offline(True)
    ann.page.wait_for_selector("html[data-connection=lost]")
    assert ann.page.is_visible(".banner.lost")
    ann.context.set_offline(False)
    ann.page.wait_for_selector("html[data-connection=live]")
    assert not ann.page.is_visible(".banner.lost")


def test_silent_server_makes_the_page_stale(ann):
    ann.open("/risk/orders")
    ann.page.route("**/parts/status*", lambda route: None)
    ann.page.wait_for_selector("html[data-connection=stale]")
    assert ann.page.inner_text("#connection") == "Stale"
    ann.page.unroute_all(behavior="ignoreErrors")


def test_journal_that_moves_is_followed(ann):
    ann.open("/work")
    before = int(ann.page.get_attribute("#journal-seq", "data-seq"))
    rows = len(ann.rows("work"))
    key = ann.page.get_attribute("meta[name=form-key]", "content")
    body = {"room": "risk", "title": "Look again"}
    door = ann.address + path_of(find_operation("work.open"))
    sent = ann.page.request.post(door, data=body, headers={"X-Form-Key": key})
    assert sent.status == 200
    ann.until(f"Number(document.getElementById('journal-seq').dataset.seq) > {before}")
    ann.until(f"document.querySelectorAll('.grid .ag-row').length === {rows + 1}")
