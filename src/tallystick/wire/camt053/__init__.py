"""ISO 20022 camt.053 bank statements: balances, entries and their summary, with proof; entities are refused.

>>> import datetime
>>> statement = CamtStatement(
...     identity="S1", number=224, account="FIRM-CLIENT-TWD", currency="TWD", created_at="2026-11-20T18:00:00+08:00",
...     opening=1_000_0000, opening_date=datetime.date(2026, 11, 19),
...     closing=880_0000, closing_date=datetime.date(2026, 11, 20),
...     entries=[CamtEntry(reference="B9", amount=-120_0000, booked_on=datetime.date(2026, 11, 20))],
... )
>>> read = read_camt053(write_camt053([statement]))
>>> read.statements == [statement], read.is_proved
(True, True)
"""

from __future__ import annotations

from tallystick.wire.camt053.receiving import read_camt053
from tallystick.wire.camt053.sending import write_camt053
from tallystick.wire.camt053.statements import CamtEntry, CamtRead, CamtStatement

__all__ = ["CamtEntry", "CamtRead", "CamtStatement", "read_camt053", "write_camt053"]
