"""Short names of the reasons for which the gate refuses orders: what a count stands under, without values.

The gate's own sentences have places (`The price {price} is above …`), which a sum over many orders cannot fill.
"""

from __future__ import annotations

from tallystick.core.text import translate

__all__ = ["NAMES", "refusal_name"]


def _(sentence: str) -> str:
    """Mark a text for translation."""
    return sentence


NAMES = {
    "gate.kill_switch": _("Order taking stopped"),
    "gate.unknown_account": _("Account unknown"),
    "gate.account_blocked": _("Account may not trade"),
    "gate.unknown_instrument": _("No terms for the day"),
    "gate.halted": _("Trading halted"),
    "gate.id_reused": _("Order id used before"),
    "gate.price_above_limit": _("Price above the up-limit"),
    "gate.price_below_limit": _("Price below the down-limit"),
    "gate.off_tick": _("Price off the tick"),
    "gate.bad_lot": _("Quantity does not fit the lot"),
    "gate.bad_order_type": _("Order type not allowed"),
    "gate.short_of_buying_power": _("Short of buying power"),
    "gate.short_of_sellable": _("Short of sellable shares"),
    "gate.value_above_limit": _("Value above the limit of one order"),
    "gate.malformed": _("Field out of range"),
    "gate.day_not_open": _("Day not open"),
    "gate.no_charge_rule": _("No rule for the charges"),
}
"""Reason's code → name. A test holds it to the gate's reasons."""


def refusal_name(code: str, language: str = "en") -> str:
    """The short name of a reason in a language; the code itself when it has none.

    >>> refusal_name("gate.off_tick")
    'Price off the tick'
    """
    return translate(NAMES.get(code, code), language)
