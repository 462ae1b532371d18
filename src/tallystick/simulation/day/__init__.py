"""One trading day of a made-up firm, end to end: through the gate, the exchange, the ledger, to files and the lake."""

from __future__ import annotations
