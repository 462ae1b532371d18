"""The order gate: accepts or refuses every order before the exchange sees it, by all rules at once.

Words: an order *reserves* (圈存) what it may cost until it is filled or ended; *buying power* (可用額度) is cash,
today's sales and the daily limit, less what is reserved and bought; *terms* are an account's limits and permissions.
Guarantees: a refusal names every rule that failed; the size of a batch cannot change a verdict; what is reserved is
never negative and is released whole; the same order id with the same content gets the same answer.
"""

from __future__ import annotations

__all__: list[str] = []
