"""What two sets of rows have in common when they are the same: their number, their keys, the sums of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.lake.conditions import quoted
from tallystick.core.lake.layout import Layout

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from tallystick.core.lake.engine import Engine

__all__ = ["Proof", "prove", "prove_rows", "require_equal"]


class Proof(msgspec.Struct, frozen=True):
    """Row count, a checksum over the keys, one over whole rows, and the exact sum of every numeric column.

    Equal proofs mean the same rows in any order. Checksums are DuckDB's hashes, so they compare within one version.
    """

    rows: int
    keys: str
    contents: str
    sums: dict[str, str]
    engine: str


def prove(engine: Engine, layout: Layout, source: str) -> Proof:
    """The proof of a source of stored rows (what follows FROM)."""
    return _proof(layout, engine.rows(_query(layout, source))[0])


def prove_rows(layout: Layout, rows: pa.Table) -> Proof:
    """The proof of stored rows in memory."""
    import duckdb

    connection: duckdb.DuckDBPyConnection
    with duckdb.connect() as connection:
        connection.register("given", rows)
        found = connection.execute(_query(layout, "given")).fetchone()
    assert found is not None
    return _proof(layout, found)


def require_equal(layout: Layout, before: Proof, after: Proof) -> None:
    """TallystickError `lake.proof` when rows would be lost, doubled or changed; nothing was committed then."""
    if before == after:
        return
    differing = [name for name, total in before.sums.items() if after.sums.get(name) != total]
    if before.rows != after.rows:
        differing.insert(0, f"rows {before.rows} and {after.rows}")
    raise TallystickError(
        "lake.proof",
        "Rewriting {table} would change its contents ({parts}); nothing was done.",
        "Check the disk, then try again; the rows as they were are untouched.",
        table=layout.name,
        parts=", ".join(differing) or "checksums",
    )


def _query(layout: Layout, source: str) -> str:
    key = ", ".join(quoted(name) for name in layout.key)
    every = ", ".join(quoted(name) for name in layout.names)
    sums = [f"sum({quoted(name)}::HUGEINT)::VARCHAR" for name in _numeric(layout)]
    parts = [
        "count(*)",
        f"sum(hash({key})::HUGEINT)::VARCHAR",
        f"sum(hash({every})::HUGEINT)::VARCHAR",
        "version()",
    ]
    return f"SELECT {', '.join([*parts, *sums])} FROM {source}"


def _numeric(layout: Layout) -> list[str]:
    kinds = {"int8", "int16", "int32", "int64", "uint64", "timestamp"}
    return [column.name for column in layout.columns if column.kind in kinds]


def _proof(layout: Layout, found: tuple[object, ...]) -> Proof:
    rows, keys, contents, engine, *sums = found
    texts = {name: str(total or 0) for name, total in zip(_numeric(layout), sums, strict=True)}
    return Proof(int(str(rows)), str(keys or 0), str(contents or 0), texts, str(engine))
