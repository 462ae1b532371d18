"""Register the example's two instruments: python register.py FIRM."""

import sys

from tallystick import Firm
from tallystick.market.events import RegisterInstrument

with Firm.open(sys.argv[1]) as firm:
    for symbol in ("9901.XTAI", "9902.XTAI"):
        decision = firm.context().send(RegisterInstrument(symbol=symbol, name=f"Made-up {symbol[:4]}"))
        print(symbol, "registered" if decision.accepted else decision.rejections())
