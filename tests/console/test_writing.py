"""Values are written the same way by the server and in the browser."""

from __future__ import annotations

import json

import pytest

from tallystick.console.fields import FIELDS, KINDS, Field, field_of
from tallystick.console.writing import written

ZONE = "Asia/Taipei"
SAMPLES = [
    (Field("", "money"), [0, 1, 4_999, 5_000, 12_345_678_900_000, -12_345_000, -1, 2**61, str(2**61)]),
    (Field("", "price", decimals=2), [5_805_000, 50, 49, -5_805_000, 0]),
    (Field("", "quantity"), [0, 1_000, -63_871, 30_165_317]),
    (Field("", "count"), [51_623, "9007199254740993"]),
    (Field("", "percent", decimals=2), [0, 1, -415, 1_000]),
    (Field("", "share", decimals=2), [0, 1, -415, 1_000]),
    (Field("", "share", decimals=4), [0.025, 0.0001, -0.5, 37, 1234.5678]),
    (Field("", "number"), [-3, 7]),
    (Field("", "number", decimals=2), [99.9, 100.0, -3]),
    (Field("", "ratio"), [0, 10_000_000, -150_000_000, 300_000_000_000, 1]),
    (Field("", "minute"), [1_795_136_400_000_000_123]),
    (Field("", "id", letter="O"), [20261120000000042, "20261120000000042", "O20261120-42", 17]),
    (Field("", "hash"), ["59849c737eca0011"]),
    (Field("", "time"), [1_795_136_400_000_000_123, 1_795_136_399_999_999_999, 0]),
    (Field("", "stamp"), [1_795_136_400_000_000_123, 1_735_660_799_123_000_000]),
    (Field("", "date"), ["2026-11-20"]),
    (Field("", "list"), [["one", "two"], []]),
    (Field("", "text"), ["", None, "words"]),
    (Field("", "count"), ["no number"]),
    (
        Field("", "bytes"),
        [0, 999, 1_000, 1_049, 1_050, 99_949, 99_950, 999_499, 999_500, 4_700_123_456, 2**61, -1_500],
    ),
]


def test_server_and_browser_write_the_same(ann):
    ann.open("/work")
    module = ann.page.evaluate(
        "document.querySelector('script[src*=\"js/shell.js\"]').src.replace('shell', 'written')"
    )
    for field, values in SAMPLES:
        # As the doors send them: whole numbers past 2^53 as text.
        sent = [str(v) if isinstance(v, int) and abs(v) > 2**53 - 1 else v for v in values]
        described = {"kind": field.kind, "decimals": field.decimals, "letter": field.letter}
        shown = ann.page.evaluate(
            "async ([module, values, field]) => { const { written } = await import(module);"
            " return values.map((value) => written(value, field)); }",
            [module, json.loads(json.dumps(sent)), described],
        )
        assert shown == [written(value, field, zone=ZONE) for value in values], field.kind


def test_minus_is_a_true_minus_and_thousands_are_apart():
    assert written(-12_345_670_000, Field("", "money"), zone=ZONE) == "−1,234,567"


def test_time_is_the_markets():
    assert written(1_795_136_400_000_000_123, Field("", "stamp"), zone=ZONE) == "2026-11-20 09:00:00.000"


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_field_has_a_known_form(name):
    assert field_of(name).kind in KINDS
