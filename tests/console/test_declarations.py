"""Pages declare only what the operations really have."""

from __future__ import annotations

import csv
import re

import msgspec
import pytest

from house.source import PACKAGE
from tallystick.console.access import ROLES, USERS
from tallystick.console.codes import CODES, NAMES, word_of
from tallystick.console.codewords import RULE_WORDS
from tallystick.console.fields import KINDS
from tallystick.console.history.catalog import DATASETS, LOADS
from tallystick.console.history.instrument import PRICES
from tallystick.console.history.keeping import ARCHIVES, HOLDS, KEPT, PURGES, QUOTAS, RETENTION
from tallystick.console.history.quality import QUALITY
from tallystick.console.history.quarantine import QUARANTINE
from tallystick.console.history.studies import STUDIES
from tallystick.console.history.verified import SEALED
from tallystick.console.journal import BATCHES
from tallystick.console.ledger import ACCOUNTS, OBLIGATIONS, POSITIONS, TRADES
from tallystick.console.market import INSTRUMENTS, RULES
from tallystick.console.navigation import RAIL
from tallystick.console.orders import ORDERS
from tallystick.console.pages import list_page_of
from tallystick.console.work import APPROVALS, WORK
from tallystick.core.operations import OPERATIONS
from tallystick.core.text import translate
from tallystick.firm import load_operations
from tallystick.history.keeping.retention import shipped_rows
from tallystick.risk.requests import OrderStatus

LISTS = (
    BATCHES,
    ORDERS,
    ACCOUNTS,
    POSITIONS,
    TRADES,
    OBLIGATIONS,
    INSTRUMENTS,
    RULES,
    DATASETS,
    PRICES,
    QUALITY,
    QUARANTINE,
    LOADS,
    SEALED,
    ARCHIVES,
    HOLDS,
    RETENTION,
    PURGES,
    QUOTAS,
    STUDIES,
    WORK,
    APPROVALS,
    USERS,
    ROLES,
)


@pytest.fixture(scope="module", autouse=True)
def operations():
    load_operations()


@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.name)
def test_list_asks_only_for_what_its_operation_takes(page):
    fields = {field.name for field in msgspec.structs.fields(OPERATIONS[page.operation].request)}
    assert {each.name for each in page.filters} | set(page.fixed) <= fields
    assert not page.verifies or not OPERATIONS[page.verifies].writes
    assert {"limit", "offset"} <= fields
    assert not page.sort or "sort" in fields


@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.name)
def test_list_shows_only_columns_that_come(page, ann):
    """Against the served console: the declared columns are those of the reply."""
    reply = ann.ask("/api/" + page.operation.replace(".", "/") + "?limit=1")
    names = {column["name"] for column in reply["columns"]}
    assert set(page.key) <= names
    missing = {column.name for column in page.columns} - names
    assert missing <= OPTIONAL.get(page.name, set())


def test_command_line_prints_the_list_whose_columns_come():
    """One operation may fill two lists: which is told by the columns of the reply."""
    assert list_page_of("history.retention", {*RETENTION.key}) is RETENTION
    assert list_page_of("history.retention", {"partition", "rows"}) is KEPT
    assert list_page_of("history.archive", {"dataset", "partition", "manifest"}) is ARCHIVES
    assert list_page_of("history.quality", {"dataset"}) is None


OPTIONAL = {
    # The stand-in's tables are thinner than the rooms' own.
    "positions": {"retained", "kept"},
}


def test_rail_names_each_room_once_with_its_own_letter():
    assert [section.name for section in RAIL] == [
        "firm", "market", "history", "ledger", "clients", "risk", "quant", "advisory", "governance",
    ]  # fmt: skip
    assert len({section.letter for section in RAIL}) == len(RAIL)
    assert all(section.entries or section.to_come for section in RAIL)


def test_every_status_of_an_order_has_a_word():
    for status in msgspec.json.schema(OrderStatus)["enum"]:
        if status:
            assert status in CODES["status"], status


def test_every_word_in_the_rule_tables_has_a_word_for_people():
    """Names of exchanges and zones are names in every language, formulas are formulas, short codes are codes."""
    names = {"venue_name", "zone", "conversion_factor"}
    missing = set()
    for path in (PACKAGE / "market" / "data").glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                value = row.get("value", "")
                if value and row["field"] not in names and re.search(r"[a-z_]{3}", value):
                    missing |= {(row["field"], value)} if value.lower() not in RULE_WORDS else set()
    assert not missing


def test_every_source_and_note_of_the_law_table_has_a_word_for_people():
    for row in shipped_rows():
        assert not row.source or row.source.lower() in CODES["law_source"], row.source
        assert not row.note or row.note.lower() in CODES["law_note"], row.note
    for words in ("law_source", "law_note"):
        for english, _mark in CODES[words].values():
            told = translate(english, "zh_Hant")
            assert not re.search(r"art\.|[a-z]{3}", told), told


def test_names_lead_to_words():
    for field, names in NAMES.items():
        for name in names:
            assert word_of(field, name)[0] != name
    assert KINDS
