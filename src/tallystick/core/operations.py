"""One typed operation makes every door: Python, command line, HTTP, MCP and the console's pages.

A room's `operations.py` holds functions from a context and a request record to a reply; this decorator names them.
The doors read the registry; nothing else is written twice.

>>> class HelloRequest(Record, frozen=True, kw_only=True):
...     name: str = "you"
>>> class HelloReply(Record, frozen=True, kw_only=True):
...     greeting: str
>>> @operation("doctest.hello", permission="doctest.read", summary="Greet someone.")
... def hello(context: Context, request: HelloRequest) -> HelloReply:
...     return HelloReply(greeting=f"Hello, {request.name}")
>>> OPERATIONS["doctest.hello"].request is HelloRequest
True
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tallystick.core.context import Context
from tallystick.core.disk import room_for
from tallystick.core.errors import NotFound, TallystickError, suggestion
from tallystick.core.requested import read_request
from tallystick.core.schema import Record

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OPERATIONS", "Operation", "Table", "call", "find_operation", "operation"]

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])
PAGE_FIELDS = ("limit", "offset", "first")


class Table:
    """A reply of rows: an Arrow table, which each door gives in its own way (frame, JSON rows, Arrow stream, grid).

    A reply larger than memory is made of a reader of record batches and the number of its rows: `batches` gives them
    one after the other, once; every other form reads all of them first.
    """

    def __init__(
        self, arrow: pa.Table | pa.RecordBatchReader, *, total_rows: int | None = None, title: str = ""
    ) -> None:
        self._rows: Any = arrow
        self.total_rows = arrow.num_rows if total_rows is None else total_rows
        self.title = title

    @property
    def arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        if self.is_stream:
            self._rows = self._rows.read_all()
        return typing.cast("pa.Table", self._rows)

    @property
    def is_stream(self) -> bool:
        """Whether the rows come batch by batch, once."""
        return hasattr(self._rows, "read_all")

    @property
    def schema(self) -> pa.Schema:
        """The columns, without reading rows."""
        return self._rows.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as record batches; of a reply larger than memory one is held at a time, and once.

        TallystickError when the rows of such a reply are asked for again: they are gone.
        """
        if not self.is_stream:
            yield from self._rows.to_batches()
            return
        rows, self._rows = self._rows, _Gone(self._rows.schema)
        yield from rows

    def __repr__(self) -> str:
        """The first rows as a grid; of a reply larger than memory its columns."""
        if self.is_stream:
            return f"{self.title}\n{self.total_rows} rows of {', '.join(self.schema.names)}".lstrip()
        return f"{self.title}\n{self.to_polars()}".lstrip()

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries of Python values."""
        return typing.cast("list[dict[str, Any]]", self.arrow.to_pylist())

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table, as `arrow`."""
        return self.arrow

    def to_polars(self) -> Any:
        """The rows as a Polars frame, without a copy where types allow."""
        import polars as pl

        return pl.from_arrow(self.arrow)

    def to_pandas(self) -> Any:
        """The rows as a pandas frame."""
        return self.arrow.to_pandas()


class _Gone:
    """Stands for the rows of a stream that were given already."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema

    def read_all(self) -> pa.Table:
        """TallystickError: there is nothing left to read."""
        raise TallystickError(
            "operations.stream_read",
            "The rows of this answer were read already; they come once.",
            "Ask again, or take them all at once as a table.",
        )

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """TallystickError, as `read_all`."""
        return iter(self.read_all().to_batches())


class Operation(msgspec.Struct, frozen=True):
    """One door's worth of work: what it is called, who may, what goes in and out.

    `writes` makes it a POST and asks for a reason in the console; `personal` has the access journaled before the
    reply is shown. `local` takes paths of this machine, so it is offered where the caller already has its files
    (Python, command line), never over the network.
    """

    name: str
    permission: str
    summary: str
    function: Callable[..., Any]
    request: type[Record]
    reply: Any
    writes: bool = False
    personal: bool = False
    local: bool = False

    @property
    def room(self) -> str:
        """The first part of the name: `history` of `history.bars`."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The last part of the name: `bars` of `history.bars`."""
        return self.name.partition(".")[2]

    @property
    def command(self) -> str:
        """What is typed after `tally`: `governance day-report` for `governance.day_report`."""
        return f"{self.room} {self.verb.replace('_', '-')}"


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    *,
    permission: str,
    summary: str,
    writes: bool = False,
    personal: bool = False,
    local: bool = False,
) -> Callable[[AnyFunction], AnyFunction]:
    """Declare `function(context, request: SomeRecord) -> SomeRecord | Table | Rejection` as the operation `name`."""

    def declare(function: AnyFunction) -> AnyFunction:
        hints = typing.get_type_hints(function)
        request = next(hint for key, hint in hints.items() if key not in ("context", "return"))
        OPERATIONS[name] = Operation(
            name=name,
            permission=permission,
            summary=summary,
            function=function,
            request=request,
            reply=hints["return"],
            writes=writes,
            personal=personal,
            local=local,
        )
        return function

    return declare


def find_operation(name: str) -> Operation:
    """The operation of a name; NotFound names the nearest."""
    found = OPERATIONS.get(name)
    if found is None:
        remedy, near = suggestion(name, OPERATIONS)
        raise NotFound("operations.unknown", "There is no operation {name}.", remedy, name=name, **near)
    return found


def call(context: Context, name: str, request: Record | dict[str, Any] | None = None) -> Any:
    """Call an operation as the context's actor: permission first (default deny), then the work.

    A dict (or None) becomes the request record; a field that is missing, unknown or of a wrong type is a
    TallystickError naming it and what would be right, as is a negative `limit` or `offset`. Access to personal data is
    journaled before the reply is made.
    """
    found = find_operation(name)
    context.access.require(context.actor, found.permission)
    if not isinstance(request, found.request):
        request = read_request(found, typing.cast("dict[str, Any]", request or {}))
    _check_page(found, request)
    with room_for(found.name):
        if found.personal:
            context.access.journal_personal(context, found.name, request)
        return found.function(context, request)


def _check_page(found: Operation, request: Record) -> None:
    """Refuse a page that begins or ends before the first row."""
    for field in PAGE_FIELDS:
        if isinstance(value := getattr(request, field, 0), int) and value < 0:
            raise TallystickError(
                "operations.page",
                "{name}: {field} cannot be {value}.",
                "Give 0 or more.",
                name=found.name,
                field=field,
                value=value,
            )
