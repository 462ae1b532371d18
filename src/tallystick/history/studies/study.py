"""What a study is: a question, the query that answers it, what may be asked more closely, and how it is drawn.

Studies are data (`data/studies.toml`): an analyst adds one without code. A query is one SELECT over datasets and
the tables of `given.py`; its `$start`, `$end`, … are filled from the request, never by pasting text. What several
queries have in common stands there once, as a part, and so does what the columns of answers are measured in.
"""

from __future__ import annotations

import datetime
import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from tallystick.core.errors import NotFound, suggestion

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Chart", "Study", "find_study", "measured", "studies"]

PLACE = re.compile(r"\$([a-z]+)")
PART = re.compile(r"\{([a-z_]+)\}")


class Chart(msgspec.Struct, frozen=True):
    """How an answer is drawn: `y` columns over `x` as lines or bars; with `by`, one series for each of its values.

    `sums`: the first of `y` may be summed over the values of `by` or `x`, so that small ones can be drawn as one.
    """

    kind: Literal["line", "bar"]
    x: str
    y: tuple[str, ...]
    by: str = ""
    sums: bool = False


class Study(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One study. `asks` are the fields of the request that its query uses; `tables` the datasets that it reads, of
    which those in `optional` may be missing: they count as empty then.
    """

    name: str
    title: str
    question: str
    tables: tuple[str, ...]
    asks: tuple[str, ...]
    chart: Chart
    sql: str
    optional: tuple[str, ...] = ()

    def query(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The SELECT with `?` for its places, and their values in order.

        >>> find_study("client_service").query({"start": 1, "end": 2})[1]
        [1, 1, 2, 2]
        """
        names = PLACE.findall(self.sql)
        return PLACE.sub("?", self.sql), [values[name] for name in names]

    def written(self, values: Mapping[str, Any]) -> str:
        """The SELECT with the values in its places, as one can type it."""
        return PLACE.sub(lambda place: _literal(values[place[1]]), self.sql.strip())


@functools.cache
def studies() -> dict[str, Study]:
    """All studies by name, in the order in which they are kept."""
    kept = _kept()
    found = msgspec.convert(kept["study"], list[Study])
    parts = kept["parts"]
    whole = (
        msgspec.structs.replace(one, sql=PART.sub(lambda part: parts[part[1]], one.sql)) for one in found
    )
    return {study.name: study for study in whole}


def measured(rows: pa.Table) -> pa.Table:
    """An answer whose fields say in their metadata what they are measured in."""
    import pyarrow as pa

    units = {name: unit for unit, names in _kept()["units"].items() for name in names}
    fields = [
        field.with_metadata({"unit": units[field.name]}) if field.name in units else field
        for field in rows.schema
    ]
    return pa.table(rows.columns, pa.schema(fields, rows.schema.metadata))


@functools.cache
def _kept() -> dict[str, Any]:
    """What the file of studies says."""
    text = resources.files("tallystick.history").joinpath("data/studies.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _literal(value: Any) -> str:
    """A value as SQL writes it; what is left out is a date that nobody gave."""
    if value is None:
        return "NULL::DATE"
    if isinstance(value, datetime.date):
        return f"DATE '{value}'"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def find_study(name: str) -> Study:
    """The study of a name. NotFound names the nearest."""
    found = studies().get(name)
    if found is None:
        remedy, near = suggestion(name, studies())
        raise NotFound("history.study_unknown", "There is no study {study}.", remedy, study=name, **near)
    return found
