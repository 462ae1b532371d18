"""Asking the same tables on a cluster: Daft on Ray reads the files that the catalog names, where they are.

Each table is given to the query as known at a time, one version of each key, as the local engine gives it: of versions
with the same known time the one that was committed last holds.
"""

from __future__ import annotations

import functools
import logging
import math
import os
import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tallystick.core.errors import TallystickError
from tallystick.core.lake import sums
from tallystick.core.lake.conditions import Conditions
from tallystick.core.lake.dialect import Node, arranged, parsed, refused, translated
from tallystick.core.lake.layout import Layout
from tallystick.core.lake.plan import WITHDRAWN, PlannedFile, Selection, select
from tallystick.core.lake.proven import unproven
from tallystick.core.lake.relation import relation
from tallystick.core.lake.storage import Bucket

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake, State

__all__ = ["ask"]

_lock = threading.Lock()

TERMINAL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Codes by which a terminal is told colours."""


def ask(
    lake: Lake, query: str, parameters: Sequence[Any], known_at: int | None, given: Mapping[str, pa.Table]
) -> pa.Table:
    """The answer to one SELECT over the lake's tables and those that the caller gives, from the cluster.

    TallystickError when the cluster's parts are not installed, no cluster answers, or it cannot answer this query.
    """
    if parameters:
        raise refused("it has places for values")
    named = lake.engine.tables_of(query)
    facts = {name: _facts(lake, name, known_at) for name in sorted(named - set(given))}
    given = {name: rows for name, rows in given.items() if name in named}
    tree = parsed(lake, query)
    asked = translated(tree, query)
    _check(lake, tree, facts, given)
    empty = {name: rows.schema.empty_table() for name, rows in _rows(facts, given).items()}
    schema = lake.engine.ask(query, (), {}, empty).schema
    daft = _connected(lake.settings.cluster)
    tables = {name: daft.from_arrow(rows) for name, rows in given.items()}
    tables |= {name: _frame(daft, lake, one, known_at) for name, one in facts.items()}
    try:
        found = daft.sql(asked, register_globals=False, **tables).to_arrow()
    except Exception as error:
        raise refused(_said(error)) from error
    return arranged(tree, _as_local(found, schema))


class _Facts(NamedTuple):
    """What a table's answer comes from: files, and the rows of days that are in none."""

    layout: Layout
    chosen: Selection
    opened: pa.Table


def _facts(lake: Lake, name: str, known_at: int | None) -> _Facts:
    state, days = lake.open_days.of(lake.state(name))
    chosen = select(state.layout, state.groups, {}, known_at)
    return _Facts(state.layout, chosen, _opened(lake, state, days, known_at))


def _frame(daft: Any, lake: Lake, facts: _Facts, known_at: int | None) -> Any:
    """A table as known at a time: clean files as they are, of the others the latest version of each key."""
    layout, chosen, opened = facts
    frames = []
    if chosen.clean:
        frames.append(_known(daft, layout, _read(daft, lake, layout, chosen.clean), known_at))
    if chosen.mixed:
        frames.append(_latest(daft, lake, layout, chosen.mixed, known_at))
    if opened.num_rows or not frames:
        frames.append(daft.from_arrow(opened.cast(pa.schema(_fields(layout)))))
    return functools.reduce(lambda left, right: left.union_all(right), frames)


def _read(
    daft: Any, lake: Lake, layout: Layout, files: Sequence[PlannedFile], path_column: str | None = None
) -> Any:
    """The rows of data files where the storage has them, read by the cluster's nodes."""
    root = f"{lake.storage.location}/tables/{layout.name.replace('.', '/')}"
    types = {field.name: daft.DataType.from_arrow_type(field.type) for field in _fields(layout)}
    return daft.read_parquet(
        [f"{root}/{file.path}" for file in files],
        infer_schema=False,
        schema=types,
        io_config=_access(daft, lake),
        file_path_column=path_column,
    )


def _known(daft: Any, layout: Layout, rows: Any, known_at: int | None) -> Any:
    """The rows that are known at a time and take no fact back."""
    rows = rows if known_at is None else rows.where(daft.col("known_time") <= known_at)
    return rows.where(_stands(daft)) if layout.kinds.get(WITHDRAWN) == "bool" else rows


def _stands(daft: Any) -> Any:
    return daft.col(WITHDRAWN).fill_null(False) == daft.lit(False)


def _latest(daft: Any, lake: Lake, layout: Layout, files: Sequence[PlannedFile], known_at: int | None) -> Any:
    """The latest version of each key. The order of commits is that of the files and, within one, of its rows."""
    from daft.functions import monotonically_increasing_id, regexp_replace, row_number

    rows = _read(daft, lake, layout, files, "_path")
    if known_at is not None:
        rows = rows.where(daft.col("known_time") <= known_at)
    rows = rows.with_column("_row", monotonically_increasing_id())
    rows = rows.with_column("_file", regexp_replace(daft.col("_path"), "^.*/", ""))
    order = {"_file": [file.path.rpartition("/")[2] for file in files], "_commit": list(range(len(files)))}
    rows = rows.join(daft.from_pydict(order), on="_file")
    versions = daft.Window().partition_by(*layout.key).order_by("known_time", "_commit", "_row", desc=True)
    rows = rows.with_column("_version", row_number().over(versions)).where(daft.col("_version") == 1)
    rows = rows.select(*layout.names)
    return rows.where(_stands(daft)) if layout.kinds.get(WITHDRAWN) == "bool" else rows


def _opened(lake: Lake, state: State, days: Sequence[Any], known_at: int | None) -> pa.Table:
    """The rows of days that are not sealed, which are in no file: from the feeds, or the hot generation."""
    layout, none = state.layout, Conditions({})
    parts = list(lake.open_days.parts(state, days, none))
    generation = lake.generation()
    if generation and layout.name not in lake.feed_days:
        covered = set(generation.opened(layout.name)) - set(state.groups)
        parts += [generation.part(lake.engine, layout, covered, none)] if covered else []
    folder = lake.table_folder(layout.name)
    texts = [relation(layout, folder, (), (), part, none, known_at) for part in parts]
    whole = texts or [relation(layout, folder, (), (), None, none, known_at)]
    return lake.engine.arrow(" UNION ALL ".join(f"({text.sql})" for text in whole))


def _fields(layout: Layout) -> list[pa.Field]:
    return [layout.stored_arrow.field(name) for name in layout.names]


def _access(daft: Any, lake: Lake) -> Any:
    """How the nodes reach a bucket; the keys are those of their own environment."""
    if not isinstance(lake.storage, Bucket):
        return None
    access = daft.io.S3Config(region_name=lake.storage.region, endpoint_url=lake.storage.endpoint or None)
    return daft.io.IOConfig(s3=access)


def _connected(address: str) -> Any:
    """Daft, told to work on the Ray cluster at an address (`auto`: the one that runs here or is in RAY_ADDRESS)."""
    os.environ.setdefault("DAFT_ANALYTICS_ENABLED", "0")  # nothing of a firm's questions is told to anyone
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    try:
        import daft
        import ray
    except ImportError:
        raise TallystickError(
            "lake.no_cluster_parts",
            "Asking on a cluster needs parts that are not installed.",
            "Install them: pip install 'tallystick[cluster]'.",
        ) from None
    with _lock:
        if not ray.is_initialized():
            try:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise TallystickError(
                    "lake.no_cluster",
                    "No Ray cluster answers at {address}: {problem}.",
                    "Start one (docs/how-to/run-the-lake-on-a-cluster.md), or ask with engine='local'.",
                    address=address,
                    problem=str(error).strip().partition("\n")[0].rstrip("."),
                ) from None
        daft.set_runner_ray(noop_if_initialized=True)
        # Daft keeps the first runner of a process for ever.
        if daft.runners.get_or_create_runner().name != "ray":
            raise TallystickError(
                "lake.daft_in_use",
                "Daft runs without a cluster in this process already.",
                "Ask the cluster in a process that has not used Daft by itself.",
            )
    return daft


def _check(lake: Lake, tree: Node, facts: Mapping[str, _Facts], given: Mapping[str, pa.Table]) -> None:
    """Refuse a query of which the cluster may answer a part otherwise, or whose whole numbers may pass 64 bits."""
    kinds: dict[str, list[pa.DataType]] = {}
    for rows in _rows(facts, given).values():
        for field in rows.schema:
            kinds.setdefault(field.name, []).append(field.type)
    problem = unproven(tree, lambda column: all(map(_is_number, kinds.get(column, [pa.null()]))))
    if problem:
        raise refused(problem)

    @functools.cache
    def largest() -> dict[str, float]:
        every = [sums.largest_given(rows) for rows in given.values()]
        every += [sums.largest_given(one.opened) for one in facts.values()]
        every += [sums.largest_values(lake, name) for name in facts]
        return {column: max(one.get(column, 0.0) for one in every) for column in set().union(*every)}

    sizes = [rows.num_rows for rows in given.values()]
    sizes += [
        one.opened.num_rows + sum(file.rows for file in [*one.chosen.clean, *one.chosen.mixed])
        for one in facts.values()
    ]
    most = math.prod(max(size, 1) for size in sizes)
    if which := sums.overflowing(tree, most, lambda column: largest().get(column, sums.UNKNOWN)):
        raise TallystickError(
            "lake.cluster_sum",
            "The cluster takes whole numbers of 64 bits, and what {which} gives in the query may be larger.",
            "Write CAST(column AS DOUBLE) for what it is given; or ask with engine='local'.",
            which=which,
        )


def _rows(facts: Mapping[str, _Facts], given: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Of every table some rows in the types of a query."""
    return {name: one.opened.cast(pa.schema(_fields(one.layout))) for name, one in facts.items()} | dict(
        given
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _said(error: Exception) -> str:
    """The last line of what the cluster said, which is the one about the query."""
    lines = [line.strip() for line in TERMINAL.sub("", str(error)).splitlines()]
    return next((line for line in reversed(lines) if line), type(error).__name__)


def _as_local(found: pa.Table, schema: pa.Schema) -> pa.Table:
    """The answer with the names and types that the local engine gives."""
    if found.num_columns != len(schema):
        raise refused("it says with other words which columns it gives; write SELECT and each column")
    try:
        return found.rename_columns(schema.names).cast(schema)
    except pa.ArrowInvalid as error:
        raise refused(_said(error)) from error
