"""Lists sort and filter on the server, keep their state in the address, and give their rows away."""

from __future__ import annotations

import csv
import io
import re

import pytest


def test_list_shows_32_rows_at_900_pixels(ann):
    ann.open("/risk/orders")
    room = ann.page.evaluate(
        "document.querySelector('.grid').clientHeight - document.querySelector('.ag-header').offsetHeight"
    )
    assert room / 24 >= 32
    assert ann.page.evaluate("document.querySelector('.ag-row').offsetHeight") == 24


def test_filter_narrows_on_the_server_and_is_in_the_address(ann):
    ann.open("/risk/orders")
    whole = ann.ask("/api/risk/orders?limit=1")["total_rows"]
    refused = ann.ask("/api/risk/orders?limit=1&status=refused")["total_rows"]
    assert 0 < refused < whole
    assert ann.page.inner_text("#row-count") == f"{whole:,} rows"
    ann.page.select_option("select[name=status]", "refused")
    ann.until(f"document.getElementById('row-count').textContent === '{refused:,} rows'")
    assert "status=refused" in ann.page.url
    ann.settle()
    assert set(ann.rows("status")) == {"✕Refused"} or {text.split()[-1] for text in ann.rows("status")} == {
        "Refused"
    }
    ann.page.reload()
    ann.settle()
    assert ann.page.inner_text("#row-count") == f"{refused:,} rows"


def test_sort_is_done_by_the_server(ann):
    ann.open("/risk/orders")
    ann.page.click('.ag-header-cell[col-id="price"] .head')
    ann.page.wait_for_url("**sort=-price**")
    ann.settle()
    largest = ann.ask("/api/risk/orders?limit=5&sort=-price")
    place = [column["name"] for column in largest["columns"]].index("price")
    wanted = [f"{row[place] / 10_000:,.2f}" for row in largest["rows"]]
    ann.until(
        f"""document.querySelector('.ag-row[row-index="0"] [col-id="price"]').innerText === '{wanted[0]}'"""
    )
    assert ann.rows("price")[:5] == wanted


def test_scrolling_asks_for_more_rows(ann):
    ann.open("/risk/orders")
    total = ann.ask("/api/risk/orders?limit=1")["total_rows"]
    last = ann.ask(f"/api/risk/orders?limit=1&offset={total - 1}&sort=-received_at")
    ann.page.evaluate(
        """() => {
             const tall = [...document.querySelectorAll('.grid *')].find((e) => e.scrollHeight > e.clientHeight + 1000);
             tall.scrollTop = tall.scrollHeight;
           }"""
    )
    number = str(int(last["rows"][0][0]) % 10**9)
    ann.page.wait_for_selector(f'.grid [col-id="order_id"] a:text-is("O20261120-{number}")')


def test_units_are_in_headers_and_numbers_are_right_aligned(ann):
    ann.open("/risk/orders")
    assert ann.page.inner_text('.ag-header-cell[col-id="price"]').split() == ["Price", "TWD"]
    assert ann.page.evaluate(
        """getComputedStyle(document.querySelector('.ag-row [col-id="price"]')).textAlign"""
    ) in ("right", "end")
    assert "TWD" not in "".join(ann.rows("price"))


def test_empty_list_says_what_would_be_here_and_the_command(ann):
    ann.open("/history/purges")
    text = ann.page.inner_text(".overlay")
    assert "What is marked for deletion" in text
    assert "tally history propose-purge" in text


def test_filter_without_a_match_says_so(ann):
    ann.open("/ledger/accounts")
    ann.page.fill("input[name=search]", "nothing like it")
    ann.page.wait_for_selector('.overlay:not([hidden]) >> text="Nothing fits these filters."')


def test_filter_that_the_server_refuses_shows_why(ann):
    ann.open("/risk/orders")
    ann.page.fill("input[name=business_date]", "yesterday")
    ann.page.wait_for_selector(".overlay:not([hidden]) .code")
    assert "operations.request" in ann.page.inner_text(".overlay")


def test_rows_are_copied_as_text(ann):
    ann.open("/ledger/accounts")
    ann.page.click('[data-do="copy"]')
    ann.page.wait_for_selector("#notice:not([hidden])")
    lines = ann.page.evaluate("navigator.clipboard.readText()").split("\n")
    assert lines[0].split("\t")[0] == "Number"
    assert lines[1].split("\t")[0] == ann.rows("number")[0]


def test_export_gives_all_rows_that_fit(ann):
    ann.open("/risk/orders?status=refused")
    total = ann.ask("/api/risk/orders?limit=1&status=refused")["total_rows"]
    with ann.page.expect_download() as waiting:
        ann.page.click('[data-do="csv"]')
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert waiting.value.suggested_filename == "orders.csv"
    assert len(rows) == total
    assert {row["status"] for row in rows} == {"refused"}
    assert "." in rows[0]["price"]


def test_hidden_column_stays_hidden(ann):
    ann.open("/ledger/accounts")
    ann.page.click('[data-do="columns"]')
    ann.page.click('.columns-menu label:has-text("Branch") input')
    ann.page.keyboard.press("Escape")
    assert ann.page.locator('.ag-header-cell[col-id="branch"]').count() == 0
    ann.page.reload()
    ann.settle()
    assert ann.page.locator('.ag-header-cell[col-id="branch"]').count() == 0


def test_row_in_the_address_opens_its_drawer(ann):
    ann.open("/ledger/accounts?row=/ledger/accounts/17")
    ann.page.wait_for_selector(".drawer h1")
    assert "17" in ann.page.inner_text(".drawer .facts")


def test_choice_that_is_none_is_told_instead_of_dropped(ann):
    ann.open("/risk/orders?status=nonsense")
    ann.page.wait_for_selector(".overlay:not([hidden]) .code")
    assert "operations.request" in ann.page.inner_text(".overlay")
    assert ann.page.input_value("select[name=status]") == "nonsense"


def test_positions_begin_with_those_of_clients(ann):
    asked = []
    ann.page.on("request", lambda request: asked.append(request.url))
    ann.open("/ledger/positions")
    assert any("/api/ledger/positions?kind=client" in url for url in asked)
    ann.page.select_option("select[name=kind]", "all")
    ann.page.wait_for_url("**kind=all**")
    ann.settle()
    assert "kind=" not in [url for url in asked if "/api/ledger/positions" in url][-1]
    ann.page.reload()
    ann.settle()
    assert ann.page.input_value("select[name=kind]") == "all"


CUT = """() => [...document.querySelectorAll('.ag-cell:not([col-id="reasons"]) *, .ag-header-cell .name')]
  .filter((part) => part.clientWidth && part.scrollWidth > part.clientWidth)
  .filter((part) => getComputedStyle(part).overflowX !== 'visible')
  .map((part) => part.innerText)"""


BEYOND = """() => {
  const edge = document.querySelector('.ag-body-vertical-scroll').getBoundingClientRect().left;
  return [...document.querySelectorAll('.ag-row[row-index="0"] .ag-cell')]
    .filter((cell) => cell.getBoundingClientRect().right > edge + 1)
    .map((cell) => `beyond the edge: ${cell.getAttribute('col-id')}`);
}"""


@pytest.mark.parametrize("language", ["en", "zh_Hant"])
def test_nothing_is_cut_at_1440_pixels(visit, language):
    visitor = visit(language=language)
    cut = {}
    for path in ("/risk/orders", "/ledger/trades", "/ledger/accounts", "/ledger/positions", "/ledger/obligations",
                 "/market/instruments", "/access/users", "/access/roles"):  # fmt: skip
        visitor.open(path)
        cut[path] = visitor.page.evaluate(CUT) + visitor.page.evaluate(BEYOND)
    assert not {path: found for path, found in cut.items() if found}


NEEDED = {
    "/history/datasets": (
        "dataset", "title", "owner", "record_class", "rows", "bytes", "quality", "last", "known_time", "holds",
    ),
    "/history/holds": ("hold", "state", "datasets", "reason", "placed_by", "placed_at"),
    "/history/retention": ("record_class", "rule", "clock", "status", "source", "note"),
    "/history/purges": ("state", "proposed_by", "marked_by", "reason", "problem"),
    "/history/archives": ("state", "verified_at", "manifest", "manifest_file"),
}  # fmt: skip
"""What people look for first: it stands in a window of 1280 pixels."""


@pytest.mark.parametrize("language", ["en", "zh_Hant"])
def test_what_counts_stands_in_a_small_window(visit, language):
    visitor = visit(language=language)
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    for path, needed in NEEDED.items():
        visitor.open(path)
        beyond = visitor.page.evaluate(
            """() => {
              const edge = document.querySelector('.ag-body-vertical-scroll').getBoundingClientRect().left;
              return [...document.querySelectorAll('.ag-header-cell')]
                .filter((cell) => cell.getBoundingClientRect().right > edge + 1)
                .map((cell) => cell.getAttribute('col-id'));
            }"""
        )
        assert not set(beyond) & set(needed), (path, beyond)
    visitor.open("/history/datasets/history.bars_daily?tab=kept")
    visitor.page.wait_for_selector("#panel-kept .ag-row")
    assert not visitor.page.evaluate(CUT.replace(".ag-cell:not", '.ag-cell[col-id="kept_why"]:not'))
    right = "cell => cell.getBoundingClientRect().right"
    assert visitor.page.eval_on_selector('#panel-kept .ag-header-cell[col-id="purge"]', right) <= 1280
    visitor.open("/history/datasets")
    for column in ("dataset", "title", "owner", "record_class", "last", "known_time"):
        assert not any("…" in text for text in visitor.rows(column))
        assert not visitor.page.evaluate(CUT.replace(".ag-cell:not", f'.ag-cell[col-id="{column}"]:not')), (
            column
        )


def test_amount_with_a_fraction_gives_its_column_two_decimals(ann):
    ann.open("/ledger/trades")
    ann.page.route(
        "**/api/ledger/trades*",
        lambda route: route.fulfill(json=with_fraction(route.fetch().json())),
    )
    ann.page.reload()
    ann.settle()
    ann.until("""document.querySelector('.ag-row[row-index="0"] [col-id="fee"]').innerText.endsWith('.50')""")
    assert all(re.search(r"\.\d\d$", text) for text in ann.rows("fee"))
    assert not any("." in text for text in ann.rows("quantity"))


def with_fraction(table):
    """The table with half a dollar in its first fee."""
    place = [column["name"] for column in table["columns"]].index("fee")
    table["rows"][0][place] = 205_000
    return table
