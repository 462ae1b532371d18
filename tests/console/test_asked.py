"""Forms and commands call each field of a request by the right name."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from tallystick.cli.commands import make_app
from tallystick.console.asked import OWN, asked_field
from tallystick.console.choices import is_several, parts_of
from tallystick.console.doings import DOINGS, doing_of
from tallystick.console.fields import FIELDS
from tallystick.core.operations import OPERATIONS
from tallystick.firm import load_operations

load_operations()
PAGING = {"limit", "offset", "sort"}
ASKED = [
    (name, field.name, field.type)
    for name, found in sorted(OPERATIONS.items())
    for field in msgspec.structs.fields(found.request)
    if field.name not in PAGING
]
AMOUNTS = {"price", "money", "quantity", "percent", "share"}
LONGEST_DOING = 24


@pytest.mark.parametrize(("operation", "name", "kind"), ASKED, ids=lambda part: str(part).replace(" ", ""))
def test_title_of_a_request_field_fits_its_type(operation, name, kind):
    field, parts = asked_field(operation, name, kind), parts_of(kind)
    assert field in FIELDS.values() or (operation, name) in OWN, "it has a title of its own"
    if datetime.date in parts:
        assert field.kind == "date"
    if is_several(kind):
        assert field.kind in ("text", "list")
    if parts == [str]:
        assert field.kind not in ("count", "bytes", "number")
    if field.kind in AMOUNTS:
        assert {str, int} & set(parts)


def test_first_and_last_of_a_span_are_dates():
    for operation in ("history.place_hold", "market.calendar"):
        fields = {f.name: f.type for f in msgspec.structs.fields(OPERATIONS[operation].request)}
        titles = [asked_field(operation, name, fields[name]).title for name in ("first", "last")]
        assert titles == ["First date", "Last date"]


@pytest.mark.parametrize(
    ("locale", "first", "last"), [("C", "First date", "Last date"), ("zh_TW", "首日", "末日")]
)
def test_help_of_a_command_says_what_an_option_is(monkeypatch, capsys, locale, first, last):
    monkeypatch.setenv("LC_ALL", f"{locale}.UTF-8")
    words = ["history", "place-hold", "--help"]
    make_app(words)(words, exit_on_error=False)
    told = capsys.readouterr().out
    assert first in told
    assert last in told
    assert "Last price" not in told


def test_help_of_verify_leads_to_what_it_does_not_cover(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    make_app(["verify", "--help"])(["verify", "--help"], exit_on_error=False)
    assert "verify-sealed" in " ".join(capsys.readouterr().out.split())


def test_every_change_has_a_short_name():
    for name, found in OPERATIONS.items():
        if found.writes or found.local:
            assert len(doing_of(found)) <= LONGEST_DOING, name
    assert set(DOINGS) <= set(OPERATIONS)
