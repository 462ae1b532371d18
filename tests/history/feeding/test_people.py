"""What clients did and what was done to them, who read personal data; nothing in any table names a person."""

from __future__ import annotations

import datetime

import pytest

from tallystick.clients import ConsentState, RecordConsent
from tallystick.core.access import PersonalDataRead
from tallystick.core.errors import Forbidden
from tallystick.core.text import catalog
from tallystick.firm import Firm, business_tables
from tallystick.risk.gate.events import SetAccountTerms, SetKillSwitch

DAY = datetime.date(2026, 11, 19)


def consent(party, state, on=DAY):
    return RecordConsent(
        party=party, recipient="made-up insurer", purpose="marketing", data_class="contact", channel="telephone",
        state=state, effective_on=on,
    )  # fmt: skip


def test_consents_terms_and_stops_are_a_clients_events(open_firm):
    firm, account = open_firm
    context, party = firm.context(), firm.house.machine("ledger").account(account).party
    assert context.send(consent(party, ConsentState.GRANTED)).accepted
    assert context.send(consent(party, ConsentState.WITHDRAWN)).accepted
    assert not context.send(consent(party, ConsentState.GRANTED, DAY - datetime.timedelta(1))).accepted
    terms = SetAccountTerms(
        account=account, status=2, daily_limit=5_000_000_0000, order_value_limit=1_000_000_0000, permissions=3
    )
    assert context.writer.decide(SetAccountTerms, [terms]).accepted
    assert context.send(SetKillSwitch(scope=f"account:{account}", stopped=True, reason="made up")).accepted
    assert context.send(SetKillSwitch(scope="firm", stopped=True, reason="made up")).accepted
    found = firm.house.lake.scan(
        "clients.events", within={"party": party}, order=["seq", "place"]
    ).to_pylist()
    assert [line["event"] for line in found] == [
        "party_registered", "account_opened", "consent_granted", "consent_withdrawn", "terms_set", "trading_stopped",
    ]  # fmt: skip
    registered, opened, granted, _, terms_set, stopped = found
    assert (registered["account"], registered["branch"], registered["purpose"]) == (-1, None, None)
    assert (opened["account"], opened["branch"], opened["effective_on"]) == (account, 3, DAY)
    assert (granted["account"], granted["purpose"], granted["channel"]) == (-1, "marketing", "telephone")
    assert (terms_set["account"], terms_set["status"], terms_set["permissions"]) == (account, "sell_only", 3)
    assert (terms_set["daily_limit"], terms_set["order_value_limit"]) == (5_000_000_0000, 1_000_000_0000)
    assert (stopped["account"], stopped["branch"], stopped["daily_limit"]) == (account, 3, None)


def test_reads_of_personal_data_are_there_with_who_and_about_whom(open_firm):
    firm, _ = open_firm
    read = PersonalDataRead(operation="clients.show", subject="keyed-reference")
    assert firm.context().send(read).accepted
    (line,) = firm.house.lake.scan("governance.personal_reads").to_pylist()
    assert (line["actor"], line["operation"], line["subject"]) == ("mei", "clients.show", "keyed-reference")
    (decided,) = firm.house.lake.scan("governance.decisions", within={"seq": line["seq"]}).to_pylist()
    assert (decided["kind"], decided["actor"], decided["accepted"]) == (
        "core.personal_data_read",
        "mei",
        True,
    )


def test_every_table_has_a_title_in_both_languages_and_a_day():
    chinese = catalog("zh_Hant")
    for table in business_tables():
        assert chinese[table.spec.title]
        assert table.spec.partition == ("business_date", "day")
        assert {"event_time", "known_time"} <= set(table.spec.record.__struct_fields__)


def test_a_business_table_asks_for_the_reading_right_of_its_room(open_firm):
    from tallystick.core.access import GrantRole

    firm, _ = open_firm
    assert firm.context().send(GrantRole(user="quentin", role="quant")).accepted
    with Firm.open(firm.path, user="quentin") as other:
        for query in (
            "SELECT * FROM governance.decisions",
            "SELECT 1 FROM (SELECT * FROM ledger.executions)",
        ):
            with pytest.raises(Forbidden):
                other.history.sql(query=query)
        with pytest.raises(Forbidden):
            other.history.stream(dataset="clients.events")
        with pytest.raises(Forbidden):
            other.history.asof(left="ledger.executions", right="ledger.executions", by="symbol")
    assert firm.history.sql(query="SELECT count(*) AS n FROM governance.decisions").rows()[0]["n"] > 0
