"""The market: instruments, dated rules, a day's terms."""

from __future__ import annotations

from tallystick.console.fields.field import MONEY, Field
from tallystick.console.words import mark as _

__all__ = ["MARKET"]

MARKET = {
    "all_dates": Field(_("Past and future rows too"), "flag"),
    "expiring": Field(_("Only rows that end soon"), "flag"),
    "name": Field(_("Name"), width=180),
    "name_zh": Field(_("Chinese name"), width=130),
    "isin": Field(_("ISIN"), width=124),
    "market": Field(_("Market"), width=72),
    "venue": Field(_("Venue"), width=72),
    "board": Field(_("Board"), "code", width=90),
    "product": Field(_("Product"), "code", width=120),
    "currency": Field(_("Currency"), width=80),
    "industry": Field(_("Industry"), "code", width=150),
    "underlying": Field(_("Underlying"), width=110),
    "shares_issued": Field(_("Shares issued"), "known", width=140),
    "listed_on": Field(_("Listed"), "date", width=96),
    "delisted_on": Field(_("Delisted"), "date", width=96),
    "field": Field(_("Rule"), width=220),
    "label": Field(_("Rule"), width=260),
    "warning": Field(_("Warning"), "code", width=96),
    "days_left": Field(_("Days left"), "number", width=80),
    "lower_bound": Field(_("Band from"), width=92, end=True),
    "source_date": Field(_("Text of"), width=110),
    "order_minimum": Field(_("Least order"), "quantity", _("shares"), 100),
    "text": Field(_("Text"), width=320),
    "answer": Field(_("Status"), "code", width=110),
    "unit": Field(_("Unit"), "code", width=120),
    "valid_from": Field(_("Valid from"), "date", width=96),
    "valid_to": Field(_("Valid to"), "date", width=96),
    "source": Field(_("Source"), width=380),
    "reference_price": Field(_("Reference price"), "price", MONEY, 120, 2),
    "limit_up": Field(_("Limit up"), "price", MONEY, 100, 2),
    "limit_down": Field(_("Limit down"), "price", MONEY, 100, 2),
    "lot": Field(_("Lot"), "quantity", _("shares"), 80),
    "tick": Field(_("Tick"), "price", MONEY, 80, 2),
    "tick_table": Field(_("Tick table"), "number", width=90),
}
