"""The History room driven as an officer does: quarantine and release, quality, prices of an instrument, holds."""

from __future__ import annotations

import json
import re

ROW = "/history/quarantine/row?dataset=history.bars_daily&file=made-up.csv&row={row}"


def fill(page, **cells):
    for name, value in cells.items():
        page.fill(f'[data-cell="{name}"]', value)


def test_quarantined_row_is_found_opened_and_tells_its_reason(ann):
    ann.open("/history/quarantine?dataset=history.bars_daily")
    assert "made-up.csv" in ann.rows("file")
    ann.page.keyboard.press("j")
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_selector(".drawer form[data-release][data-ready]")
    assert "The row as it came" in ann.page.inner_text(".drawer")
    ann.page.keyboard.press("Escape")
    assert ann.page.locator(".drawer").count() == 0
    ann.open(ROW.format(row=2))
    text = ann.page.inner_text("main")
    assert "The high is below the low" in text
    assert "7701.XTAI,2026-11-18,21,20,21.5,21,1000" in text
    assert ann.page.input_value('[data-cell="symbol"]') == "7701.XTAI"
    assert ann.page.input_value('[data-cell="high"]') == ""
    assert "was 20" in ann.page.inner_text(".faulty")


def test_corrected_row_is_released_and_stays_visible(ann):
    ann.open(ROW.format(row=4))
    fill(ann.page, open="21", high="22", low="20.5", close="21", volume="500")
    ann.page.click("text=Check and release")
    ann.page.wait_for_selector(".result:not([hidden])")
    assert "Released: the row is loaded." in ann.page.inner_text(".result")
    ann.page.click(".result a")
    ann.page.wait_for_selector("text=Released from quarantine")
    assert ann.page.locator("form[data-release]").count() == 0
    assert "Corrected values came in" in ann.page.inner_text(".timeline")
    bars = ann.ask("/api/history/bars?instruments=7701.XTAI&start=2026-11-20")
    names = [column["name"] for column in bars["columns"]]
    assert dict(zip(names, bars["rows"][0], strict=True))["volume"] == 500
    ann.open("/history/quarantine?released=true")
    assert ann.rows("row") == ["4"]
    ann.open("/history/quarantine")
    assert "4" not in ann.rows("row")


def test_row_that_is_still_wrong_is_not_released(ann):
    ann.open(ROW.format(row=2))
    fill(ann.page, open="21", high="19", low="20.5", close="21")
    ann.page.click("text=Check and release")
    ann.page.wait_for_selector(".result.refused")
    text = ann.page.inner_text(".result")
    assert "Not released" in text
    assert "The high is below the low" in text
    assert (
        ann.ask("/api/history/bars?instruments=7701.XTAI&start=2026-11-18&end=2026-11-18")["total_rows"] == 0
    )


def test_quality_says_what_a_score_is_made_of(ann):
    ann.open("/history/quality")
    ann.page.click('.grid [col-id="dataset"] a >> text=history.bars_daily')
    ann.page.wait_for_url("**/history/quality/history.bars_daily")
    ann.settle()
    asked = ann.ask("/api/history/quality?dataset=bars_daily&by=day&sort=-part")
    place = [column["name"] for column in asked["columns"]].index("quality")
    assert ann.rows("quality") == [f"{row[place]:.2f}" for row in asked["rows"]]
    page = ann.page.evaluate("fetch(location.href).then((reply) => reply.text())")
    drawn = json.loads(re.search(r'data-series.*?application/json">(.*?)</script>', page, re.DOTALL)[1])
    assert drawn["series"][0]["values"] == [row[place] for row in asked["rows"]][::-1]
    assert ann.page.locator("[data-series] canvas").count() == 1
    ann.page.click("#tab-quality-reason")
    ann.page.wait_for_selector("#panel-quality-reason .ag-row:has-text('is')")
    assert "close is no number" not in ann.page.inner_text("#panel-quality-reason")
    assert "open is no number" in ann.page.inner_text("#panel-quality-reason")


def test_keys_walk_the_rows_of_a_tab(ann):
    ann.open("/history/quality/history.bars_daily?tab=quality-source")
    ann.page.keyboard.press("j")
    assert ann.page.locator("#panel-quality-source .ag-row-selected").count() >= 1
    with ann.page.expect_download() as waiting:
        ann.page.click('[data-do="csv"]')
    assert "made-up.csv" in waiting.value.path().read_text(encoding="utf-8-sig")


def test_prices_are_candles_with_their_actions_and_the_same_as_a_table(ann):
    ann.open("/history/instruments/2330.XTAI")
    ann.page.wait_for_selector("#chart canvas")
    data = json.loads(ann.page.locator("#chart script").text_content())
    assert data["marks"] == [{"time": "2026-06-24", "text": "Cash dividend"}]
    ann.page.click("#tab-bars")
    asked = ann.ask("/api/history/bars?instruments=2330.XTAI&limit=500&sort=-date")
    assert ann.page.locator("#panel-bars tbody tr").count() == len(asked["rows"]) == len(data["bars"])
    ann.page.click("#tab-actions")
    assert "2.50" in ann.page.inner_text("#panel-actions")


def test_prices_are_adjusted_to_either_end_and_asked_by_week(ann):
    closes = {}
    for anchor in ("latest_bar", "series_start"):
        ann.open(f"/history/instruments/2330.XTAI?adjust=total&anchor={anchor}")
        bars = json.loads(ann.page.locator("#chart script").text_content())["bars"]
        closes[anchor] = [bar["close"] for bar in bars]
        assert ann.page.input_value("select[name=anchor]") == anchor
    raw = ann.ask("/api/history/bars?instruments=2330.XTAI&limit=500&sort=date")
    place = [column["name"] for column in raw["columns"]].index("close")
    traded = [row[place] / 10_000 for row in raw["rows"]]
    assert closes["latest_bar"][-1] == traded[-1] != closes["series_start"][-1]
    assert closes["series_start"][0] == traded[0] != closes["latest_bar"][0]
    ann.page.select_option("select[name=freq]", "1w")
    ann.page.click("form.filters button")
    ann.page.wait_for_url("**freq=1w**")
    weeks = json.loads(ann.page.locator("#chart script").text_content())["bars"]
    assert len(traded) / 6 < len(weeks) < len(traded) / 4


def test_bar_leads_to_where_it_is_from(ann):
    ann.open("/history/instruments/7702.XTAI?tab=bars")
    ann.page.click("#panel-bars tbody tr:first-child a")
    ann.page.wait_for_url("**tab=versions**")
    text = ann.page.inner_text("#panel-versions")
    assert "Every version of the bars of 2026-11-19" in text
    assert ann.page.locator("#panel-versions tbody tr").count() == 1


def test_gaps_and_quarantined_rows_of_an_instrument_stand_on_its_page(ann):
    ann.open("/history/instruments/7702.XTAI?tab=quality")
    text = ann.page.inner_text("#panel-quality")
    assert "2026-11-17" in text
    assert "2026-11-18" in text
    assert "open is no number" in text


def test_bad_time_of_knowing_is_told_in_the_place_of_the_chart(ann):
    ann.open("/history/instruments/2330.XTAI?known_at=yesterday")
    assert ann.page.locator("#panel-chart .state[role=alert]").is_visible()


def test_hold_is_placed_shown_and_its_release_waits_for_a_second_person(visit):
    ann = visit()
    ann.open("/do/history.place_hold")
    assert ann.page.locator("select[name=kind] option").all_inner_texts() == ["Legal hold", "Dispute"]
    ann.page.fill("input[name=hold]", "CLIENT-7")
    ann.page.select_option("select[name=kind]", "dispute")
    ann.page.fill("textarea[name=reason]", "A made-up dispute")
    ann.page.fill("input[name=datasets]", "history.actions")
    ann.page.fill("[data-confirm]", "Place a hold")
    ann.page.click("form[data-operation] button")
    ann.page.click(".result >> text=Show it")
    ann.page.wait_for_url("**/history/holds/CLIENT-7")
    text = ann.page.inner_text("main")
    assert "Dispute" in text
    assert "history.actions" in ann.page.inner_text("main table")
    ann.page.click("text=Propose its release")
    assert ann.page.input_value("input[name=hold]") == "CLIENT-7"
    ann.page.fill("textarea[name=reason]", "Settled")
    ann.page.fill("[data-confirm]", "Propose its release")
    ann.page.click("form[data-operation] button")
    ann.page.click(".result >> text=Show it")
    ann.page.wait_for_url("**/approvals/*")
    assert "history.actions" in ann.page.inner_text(".proposed")
    ann.open("/history/holds/CLIENT-7")
    waits = ann.page.inner_text(".waits")
    assert "Waits for a second person: Release the hold CLIENT-7" in waits
    assert "proposed by ann" in waits


def test_hold_on_everything_says_all(ann):
    ann.open("/do/history.place_hold?hold=EVERY-1")
    ann.page.fill("textarea[name=reason]", "An inspection")
    ann.page.fill("[data-confirm]", "place a HOLD")
    ann.page.click("form[data-operation] button")
    ann.page.wait_for_selector(".result:not(.refused) >> text=Show it")
    ann.open("/history/holds")
    place = ann.rows("hold").index("EVERY-1")
    assert (ann.rows("datasets")[place], ann.rows("record_classes")[place]) == ("all", "all")


def test_open_proposals_stand_above_the_list_that_they_would_change(ann):
    ann.open("/history/holds")
    assert "Release the hold CASE-1" in ann.page.inner_text(".waits >> nth=0") + ann.page.inner_text("main")
    ann.open("/history/quotas")
    assert ann.page.locator(".waits").count() == 0


def test_dataset_offers_what_an_officer_does_with_it(ann):
    ann.open("/history/datasets/history.bars_daily")
    links = ann.page.locator(".pagebar .actions a").evaluate_all("links => links.map((each) => each.href)")
    done = [link.split("/do/")[1].split("?")[0] for link in links]
    assert done == [
        "history.correct_rows",
        "history.withdraw_rows",
        "history.place_hold",
        "history.archive",
        "history.propose_purge",
        "history.compact",
    ]
    ann.page.click(".pagebar .actions >> text=Correct")
    ann.page.wait_for_selector("textarea[name=rows]")
    assert ann.page.input_value("textarea[name=rows]").startswith("symbol,date,open,high,low,close")
    assert ann.page.input_value("select[name=dataset]") == "history.bars_daily"


def test_correction_typed_as_text_is_a_later_version(ann):
    ann.open("/do/history.correct_rows?dataset=history.bars_daily")
    rows = "symbol,date,open,high,low,close\n7702.XTAI,2026-11-16,21,22,20,20.5"
    ann.page.fill("textarea[name=rows]", rows)
    ann.page.fill("textarea[name=reason]", "The source printed it anew")
    ann.page.fill("[data-confirm]", "Correct")
    ann.page.click("form[data-operation] button")
    ann.page.wait_for_selector(".result:not([hidden])")
    assert "Rows: 1" in ann.page.inner_text(".result")
    ann.open("/history/instruments/7702.XTAI?tab=versions&date=2026-11-16")
    closes = ann.page.locator("#panel-versions tbody tr").all_inner_texts()
    assert len(closes) == 2
    assert "20.50" in closes[0]
    assert "21.00" in closes[1]


def test_work_on_the_firms_own_machine_gives_its_command(ann):
    ann.open("/history/archives")
    ann.page.click("text=Bring back")
    ann.page.wait_for_url("**/do/history.restore")
    assert "tally history restore --source SOURCE" in ann.page.inner_text("main code >> nth=0")


def test_who_may_not_read_history_is_told_the_permission(visit):
    cat = visit(user="cat")
    for path in ("/history/quality/history.bars_daily", "/history/holds/CASE-1", ROW.format(row=2)):
        cat.page.goto(cat.address + path)
        text = cat.page.inner_text("main")
        assert "You may not see this" in text, path
        assert "history.read" in text, path


def test_row_that_need_not_be_loaded_is_dismissed_with_a_reason(ann):
    ann.open(ROW.format(row=5))
    ann.page.click('main a.button:has-text("Dismiss rows")')
    ann.page.fill("textarea[name=reason]", "came right in another file")
    ann.page.fill("[data-confirm]", "Dismiss rows")
    ann.page.click('form button:has-text("Dismiss rows")')
    ann.page.wait_for_selector('.result:has-text("Dismissed rows: 1")')
    ann.open(ROW.format(row=5))
    assert "came right in another file" in ann.page.inner_text("[data-now=facts]")
    assert "Released" not in ann.page.inner_text("main")
    assert ann.page.locator("form[data-release]").count() == 0
    ann.open("/history/quarantine")
    assert "5" not in ann.rows("row")
