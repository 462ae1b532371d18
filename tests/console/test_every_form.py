"""Every form of every change is sent to the real doors of a real firm: what it offers is never a malformed request."""

from __future__ import annotations

import html.parser

import pytest
from litestar.testing import TestClient

from tallystick.console import create_pages
from tallystick.core.access import Actor
from tallystick.core.operations import OPERATIONS
from tallystick.firm import load_operations
from tallystick.gateway import create_api

load_operations()
CHANGES = sorted(name for name, found in OPERATIONS.items() if found.writes and not found.local)
LOCAL = sorted(name for name, found in OPERATIONS.items() if found.local)
MALFORMED = {"operations.request", "operations.field", "gateway.not_json", "gateway.bad_request"}
TYPED = {
    "account": "OWN",
    "bank": "made-up bank",
    "branches": "1",
    "clients": "5",
    "daily_limit": "1000000",
    "date": "2026-11-20",
    "due": "2026-12-01",
    "house_orders": "10",
    "instruments": "3",
    "isin": "",
    "listed_on": "2026-11-19",
    "name": "Made-up Company",
    "rows": "2",
    "oddities": "0",
    "order_id": "O20261119-1",
    "order_value_limit": "1000",
    "password": "a made-up password",
    "price": "100",
    "proposal": "none",
    "quantity": "1000",
    "reason": "a test",
    "role": "auditor",
    "scope": "firm",
    "seed": "7",
    "shares_issued": "1000000",
    "before": "2020-01-01",
    "bytes_per_day": "1000000",
    "first": "2026-01-01",
    "grace_hours": "1",
    "keep_days": "7",
    "last": "2026-01-31",
    "rows_per_day": "1000",
    "source_revision": "1",
    "symbol": "M0001.XTAI",
    "user": "mei",
    "year": "2025",
    "row": "2",
}
"""What a person types where there is no choice; a field that is not here gets a word."""


CHOICES_TRIED = 3
"""Datasets that a form is sent for; each of them takes the same way."""


class Form(html.parser.HTMLParser):
    """Reads a page's form: address, typed fields with their first value, choices, boxes to tick."""

    def __init__(self, text):
        super().__init__()
        self.address, self.typed, self.choices, self.boxes, self.required = "", {}, {}, {}, set()
        self.separated = set()
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        name = given.get("name", "")
        self.required |= {name} if "required" in given else set()
        if tag == "form" and "data-operation" in given:
            self.address = given["data-operation"]
        elif not self.address:
            return
        elif tag == "select":
            self._select = name
            self.choices[name] = []
        elif tag == "option":
            self.choices[self._select].append(given["value"])
        elif tag == "input" and given.get("type") == "checkbox":
            self.boxes.setdefault(name, []).append(given["value"])
        elif tag in ("input", "textarea") and name:
            self.typed[name] = given.get("value", "")
            self.separated |= {name} if "data-separated" in given else set()

    def fillings(self):
        """What the page's script would send: with each choice taken once, and once with no box ticked."""
        base = {name: TYPED.get(name, value or "word") for name, value in self.typed.items()}
        base |= {name: next(filter(None, values)) for name, values in self.choices.items()}
        yield self._sent(base)
        yield self._sent(base | self.boxes)
        for name, values in self.choices.items():
            for value in values[:CHOICES_TRIED] if name == "dataset" else values:
                if value or name not in self.required:
                    yield self._sent(base | {name: value})

    def _sent(self, fields):
        sent = {name: value for name, value in fields.items() if value not in ("", [])}
        return sent | {name: sent[name].split(", ") for name in self.separated & set(sent)}


@pytest.fixture
def client(firm):
    token = firm.house.access.session(Actor("mei"))
    with TestClient(create_api(firm.house, pages=create_pages(firm.house))) as opened:
        opened.cookies.set("tally_session", token)
        opened.bearer = {"Authorization": f"Bearer {token}"}
        yield opened


def test_what_a_form_offers_is_taken_or_refused_by_rule(client):
    problems = []
    for operation in CHANGES:
        page = client.get(f"/do/{operation}")
        assert page.status_code == 200, operation
        form = Form(page.text)
        for fields in {str(fields): fields for fields in form.fillings()}.values():
            reply = client.post(form.address, json=fields, headers=client.bearer)
            body = reply.json()
            if reply.status_code not in (200, 400, 404, 422) or body.get("code") in MALFORMED:
                problems.append((operation, fields, body))
    assert len(CHANGES) > 15
    assert not problems


def test_order_form_speaks_the_words_of_its_operation(client):
    form = Form(client.get("/do/risk.submit_order").text)
    assert form.choices["side"] == ["", "buy", "sell"]
    assert form.choices["lot"] == ["board", "odd", "fixed_price"]
    assert form.choices["time_in_force"] == ["rod", "ioc", "fok"]
    assert "session" not in form.typed


def test_forms_offer_what_the_type_or_the_firm_knows(client):
    terms = Form(client.get("/do/risk.set_account_terms").text)
    assert terms.choices["status"] == ["", "normal", "blocked", "sell_only"]
    assert "day_trade" in terms.boxes["permissions"]
    grant = Form(client.get("/do/access.grant").text)
    assert {"administrator", "auditor"} <= set(grant.choices["role"])
    assert (
        "shares"
        not in client.get("/do/risk.submit_order").text.partition('name="lot"')[0].rpartition("<label>")[2]
    )


def test_local_operation_has_no_form_and_says_where_it_is(client):
    for operation in LOCAL:
        page = client.get(f"/do/{operation}")
        assert page.status_code == 200
        assert Form(page.text).address == ""
        assert "Python and command line only" in page.text
        assert f"tally {OPERATIONS[operation].command}" in page.text


def test_interfaces_offer_no_route_and_no_form_of_local_operations(client):
    text = client.get("/interfaces").text
    for operation in LOCAL:
        row = text.partition(f'id="{operation}"')[2].partition("</tr>")[0]
        assert "Python and command line only" in row
        assert "/api/" not in row
        assert "/do/" not in row
    assert "POST /api/risk/submit_order" in text
