"""The files that the firm's five sources send at the end of a simulated day, with oddities put in on purpose.

Sources: trading system, finance system, exchange (with its clearing house), depository, bank. Each file is made from
the books, so that without oddities all five agree with them; every oddity is labelled in the truth table.
"""

from __future__ import annotations
