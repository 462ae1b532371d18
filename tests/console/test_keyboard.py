"""The console works by keyboard alone."""

from __future__ import annotations

ROOMS = {
    "f": "/",
    "m": "/market/instruments",
    "h": "/history/datasets",
    "l": "/ledger/accounts",
    "c": "/rooms/clients",
    "r": "/risk/orders",
    "q": "/rooms/quant",
    "a": "/rooms/advisory",
    "v": "/governance/day-report",
}


def test_g_and_a_letter_go_to_a_room(ann):
    for letter, path in ROOMS.items():
        ann.page.keyboard.press("g")
        ann.page.keyboard.press(letter)
        ann.page.wait_for_url(ann.address + path)


def test_rows_are_walked_opened_and_closed(ann):
    ann.open("/risk/orders")
    for key in "jjjk":
        ann.page.keyboard.press(key)
    chosen = ann.page.locator(".ag-row-selected").first
    assert chosen.get_attribute("row-index") == "1"
    wanted = ann.rows("order_id")[1]
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_selector(".drawer h1")
    assert wanted in ann.page.inner_text(".drawer h1")
    assert "row=" in ann.page.url
    ann.page.keyboard.press("Escape")
    assert ann.page.locator(".drawer").count() == 0
    assert "row=" not in ann.page.url


def test_enter_twice_opens_the_page_of_the_row(ann):
    ann.open("/risk/orders")
    ann.page.keyboard.press("j")
    wanted = ann.rows("order_id")[0]
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_selector(".drawer h1")
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_url(f"**/risk/orders/{wanted}")


def test_slash_goes_to_the_filter_and_escape_leaves_it(ann):
    ann.open("/risk/orders")
    ann.page.keyboard.press("/")
    assert ann.page.evaluate("document.activeElement.form?.id") == "filters"
    ann.page.keyboard.press("Escape")
    assert ann.page.evaluate("document.activeElement === document.body")


def test_space_freezes_and_follows(ann):
    ann.open("/risk/orders")
    ann.page.keyboard.press(" ")
    assert ann.page.get_attribute('[data-do="freeze"]', "aria-pressed") == "true"
    ann.page.keyboard.press(" ")
    assert ann.page.get_attribute('[data-do="freeze"]', "aria-pressed") == "false"


def test_question_mark_lists_the_keys(ann):
    ann.open("/work")
    ann.page.keyboard.press("?")
    assert "Ctrl K" in ann.page.inner_text("#help[open]")
    ann.page.keyboard.press("Escape")
    assert ann.page.locator("#help[open]").count() == 0


def test_palette_finds_pages_and_commands_at_once(ann):
    ann.open("/work")
    ann.page.keyboard.press("Control+k")
    ann.page.keyboard.type("rules")
    assert "Rules in force" in ann.page.inner_text("#palette-options [aria-selected=true]")
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_url("**/market/rules")


def test_palette_finds_instruments_and_accounts(ann):
    symbol = ann.ask("/api/market/instruments?limit=1")["rows"][0][1]
    ann.page.keyboard.press("Control+k")
    ann.page.keyboard.type(symbol)
    ann.page.wait_for_selector(f'#palette-options [role=option]:has-text("{symbol}")')
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_url(f"**/market/instruments/{symbol}")
    number = ann.ask("/api/ledger/accounts?limit=20")["rows"][19][1]
    ann.page.keyboard.press("Control+k")
    ann.page.keyboard.type(number)
    ann.page.wait_for_selector(f'#palette-options [role=option]:has-text("{number}")')
    ann.page.keyboard.press("Enter")
    ann.page.wait_for_url("**/ledger/accounts/*")


def test_tab_reaches_the_skip_link_first(ann):
    ann.open("/work")
    ann.page.keyboard.press("Tab")
    assert ann.page.evaluate("document.activeElement.className") == "skip"
