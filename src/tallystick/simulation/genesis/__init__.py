"""A firm by seed: instruments and their history, branches, clients, accounts, cash, holdings, unsettled trades.

Everything comes in by commands to the writer, as an onboarding would bring it; names live in the vault only.
"""

from __future__ import annotations
