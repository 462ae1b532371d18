"""What a study is: a question, the query that answers it, what may be asked more closely, and how it is drawn.

Studies are data (`data/studies.toml`): an analyst adds one without code. A query is one SELECT over datasets and
the tables of `given.py`; its `$start`, `$end`, … are filled from the request, never by pasting text.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal

import msgspec

from tallystick.core.errors import NotFound, suggestion

__all__ = ["Chart", "Study", "find_study", "studies"]

PLACE = re.compile(r"\$([a-z]+)")


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

        >>> find_study("market_turnover").query({"start": 1, "end": 2})[1]
        [1, 1, 2, 2]
        """
        names = PLACE.findall(self.sql)
        return PLACE.sub("?", self.sql), [values[name] for name in names]


@functools.cache
def studies() -> dict[str, Study]:
    """All studies by name, in the order in which they are kept."""
    text = resources.files("tallystick.history").joinpath("data/studies.toml").read_text(encoding="utf-8")
    found = msgspec.convert(tomllib.loads(text)["study"], list[Study])
    return {study.name: study for study in found}


def find_study(name: str) -> Study:
    """The study of a name. NotFound names the nearest."""
    found = studies().get(name)
    if found is None:
        remedy, near = suggestion(name, studies())
        raise NotFound("history.study_unknown", "There is no study {study}.", remedy, study=name, **near)
    return found
