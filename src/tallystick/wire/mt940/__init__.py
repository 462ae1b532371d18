"""SWIFT MT940 and MT950 customer statements: tags 20, 21, 25, 28C, 60, 61, 86, 62, 64, 65, with proof of the balance.

>>> import datetime
>>> statement = MT940Statement(
...     reference="20261120-1", account="FIRM-CLIENT-TWD", number=224,
...     opening=MT940Balance(amount=1_000_0000, currency="TWD", date=datetime.date(2026, 11, 19)),
...     closing=MT940Balance(amount=880_0000, currency="TWD", date=datetime.date(2026, 11, 20)),
...     lines=[
...         MT940Line(value_date=datetime.date(2026, 11, 20), amount=-120_0000, reference="X1", bank_reference="B9")
...     ],
... )
>>> data = write_mt940([statement])
>>> data.split()[5]
b':61:2611201120D120,NTRFX1//B9'
>>> read_mt940(data).statements == [statement], read_mt940(data).is_proved
(True, True)
"""

from __future__ import annotations

from tallystick.wire.mt940.receiving import read_mt940
from tallystick.wire.mt940.sending import write_mt940
from tallystick.wire.mt940.statements import MT940Balance, MT940Line, MT940Read, MT940Statement, prove

__all__ = ["MT940Balance", "MT940Line", "MT940Read", "MT940Statement", "prove", "read_mt940", "write_mt940"]
