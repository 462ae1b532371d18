"""The gate's state: flat int64 tables, their layout, and how they are found, grown, saved and digested.

Words: a *row* is one thing (account, order), a *column* is named in `kernels`, a *slot* or *place* is a position in an
open-addressing table. Guarantees: the digest and the snapshot do not depend on capacities or on the order of insertion
of positions.
"""

from __future__ import annotations

__all__: list[str] = []
