"""An account's standing at the gate for people: its terms, its means, and what would loosen them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tallystick.core.events import verdict_dtype
from tallystick.core.money import format_money
from tallystick.core.schema import schema_of
from tallystick.risk.gate import kernels
from tallystick.risk.gate.events import (
    AccountStatus,
    ChangeAccountTerms,
    SetAccountTerms,
    SetKillSwitch,
    TradingPermission,
)
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import set_terms
from tallystick.risk.requests import AccountTermsReply

if TYPE_CHECKING:
    from tallystick.risk.gate.machine import GateMachine

__all__ = ["compared", "is_own_account", "needs_approval", "standing_of", "status_of"]


def status_of(standing: int) -> AccountStatus:
    """The status that an account's standing bits say."""
    if standing & at.BLOCKED:
        return AccountStatus.BLOCKED
    return AccountStatus.SELL_ONLY if standing & at.SELL_ONLY else AccountStatus.NORMAL


def is_own_account(gate: GateMachine, code: int) -> bool:
    """Whether an account is the firm's own and so trades in proprietary capacity."""
    return bool(gate.tables.accounts[code, at.STANDING] & at.OWN_ACCOUNT)


def standing_of(gate: GateMachine, code: int) -> AccountTermsReply:
    """Terms and means of an open account as they are now."""
    account = gate.tables.accounts[code]
    words = [p.name.lower() for p in TradingPermission if p.name and p & int(account[at.PERMISSIONS])]
    stops = gate.words.stops
    return AccountTermsReply(
        account=code,
        account_number=gate.ledger.account(code).number,
        has_terms=bool(account[at.STANDING] & at.HAS_TERMS),
        status=status_of(int(account[at.STANDING])).name.lower(),
        permissions=words,
        daily_limit=int(account[at.DAILY_LIMIT]),
        order_value_limit=int(account[at.VALUE_LIMIT]),
        cash=int(account[at.CASH]),
        reserved=int(account[at.RESERVED]),
        bought=int(account[at.BOUGHT]),
        sold=int(account[at.SOLD]),
        buying_power=int(kernels.free_amount(account, bool(account[at.PERMISSIONS] & at.PRE_COLLECTION))),
        stop_reason=stops.get("firm", stops.get(f"account:{code}", "")),
    )


def needs_approval(gate: GateMachine, terms: SetAccountTerms) -> bool:
    """Whether the gate would refuse these terms only for want of a second person."""
    verdicts = np.zeros(1, verdict_dtype())
    accounts = gate.tables.accounts.copy()
    set_terms(schema_of(SetAccountTerms).pack([terms]), np.zeros(1, np.bool_), verdicts, True, accounts)
    return int(verdicts["mask"][0]) == at.TERMS_UNAPPROVED


def compared(gate: GateMachine, command: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is in force and what a proposed command would put there: terms in words, limits as amounts."""
    if isinstance(command, SetKillSwitch):
        stop = gate.words.stops.get(command.scope, "")
        after = {"scope": command.scope, "stopped": command.stopped, "reason": command.reason}
        return {"scope": command.scope, "stopped": bool(stop), "reason": stop}, after
    if not isinstance(command, ChangeAccountTerms):
        return {}, msgspec.structs.asdict(command)
    now = standing_of(gate, command.account)
    words = [p.name.lower() for p in TradingPermission if p.name and p & command.permissions]
    status = AccountStatus(command.status).name.lower()
    return _terms(
        now.account_number, now.status, now.daily_limit, now.order_value_limit, now.permissions
    ), _terms(now.account_number, status, command.daily_limit, command.order_value_limit, words)


def _terms(number: str, status: str, daily: int, order: int, permissions: list[str]) -> dict[str, Any]:
    return {
        "account_number": number,
        "status": status,
        "daily_limit": format_money(daily),
        "order_value_limit": format_money(order),
        "permissions": permissions,
    }
