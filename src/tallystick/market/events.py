"""What the market room writes to the journal: instruments, the rules in force, each day's terms."""

from __future__ import annotations

from tallystick.core.events import Command, Fixed, Reason, event
from tallystick.core.schema import BusinessDate, Int8, Int32, Price, Quantity, Text

__all__ = ["AdoptRules", "RegisterInstrument", "SetDayTerms"]


@event(
    "market.register_instrument",
    reasons=(
        Reason(
            "market.symbol_taken",
            "The symbol {symbol} is registered already.",
            "Use the instrument that is registered.",
        ),
        Reason(
            "market.unknown_venue",
            "The venue {venue} of {symbol} is not in the rule tables.",
            "See `tally market venues`.",
        ),
        Reason(
            "market.bad_isin", "The ISIN {isin} fails its check digit.", "Correct the ISIN or leave it empty."
        ),
        Reason(
            "market.bad_symbol",
            "The symbol {symbol} is not the exchange's code, a dot and the venue.",
            "Write it like 2330.XTAI.",
        ),
        Reason(
            "market.unknown_product",
            "No rule of {venue} speaks of the product {product}.",
            "Write one of {products}.",
        ),
        Reason(
            "market.registration_unapproved",
            "Once the market has opened, a new instrument needs a second person.",
            "Propose it with `tally market register-instrument`.",
        ),
    ),
)
class RegisterInstrument(Command, frozen=True, kw_only=True):
    """A new instrument; it gets the next instrument code (0, 1, 2, … in order of acceptance).

    The list with which a firm begins needs no approval; from the first terms of a day on every addition does.
    """

    symbol: Text
    name: Text
    name_zh: Text = ""
    isin: Text = ""
    market: Text = "TW"
    venue: Text = "XTAI"
    board: Text = "main"
    product: Text = "stock"
    currency: Text = "TWD"
    industry: Text = ""
    underlying: Text = ""
    shares_issued: int = 0
    listed_on: BusinessDate | None = None
    delisted_on: BusinessDate | None = None
    approval: Text = ""


@event(
    "market.adopt_rules",
    reasons=(
        Reason(
            "market.rules_unapproved",
            "The rule change has no approval by a second person.",
            "Propose it first.",
        ),
        Reason(
            "market.rules_malformed",
            "The rule rows do not read: {problem}.",
            "Compare with docs/reference/rules.md.",
        ),
    ),
)
class AdoptRules(Command, frozen=True, kw_only=True):
    """Rule rows put in force: at `tally init` the whole seed, later single approved changes.

    `rows` is msgpack of a list of rule rows; `rule_set` its SHA-256 in hex (first 16 digits), named by decisions.
    """

    rule_set: Text
    rows: bytes
    approval: Text = ""


@event(
    "market.set_day_terms",
    reasons=(
        Reason(
            "market.unknown_instrument", "Instrument {instrument} is not registered.", "Register it first."
        ),
        Reason(
            "market.terms_impossible",
            "Limits {limit_down} to {limit_up} do not hold the reference price.",
            "Check the file.",
        ),
    ),
)
class SetDayTerms(Fixed, frozen=True, kw_only=True):
    """One instrument's terms for one business date, computed from reference price and dated rules before the open.

    `reference_price` is the base of the limits, on tick. `limit_up` and `limit_down` of 0 mean no limit. `status`:
    0 normal, 1 halted, 2 disposition, 3 full delivery. Orders are multiples of `lot`, at least `order_minimum` (STAR:
    200, then by 1); 0 stands for the lot.
    """

    instrument: Int32
    business_date: BusinessDate
    reference_price: Price
    limit_up: Price
    limit_down: Price
    lot: Quantity
    tick_table: Int32
    status: Int8
    order_minimum: Quantity = 0
