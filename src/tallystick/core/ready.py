"""Types that msgspec may decode in any thread.

msgspec works out what a record class holds at its first use, and shows it to other threads half done: two threads that
first decode one class at once can end the process. So a class is worked out here, one at a time, before it is used.
"""

from __future__ import annotations

import functools
import threading
from typing import Any, TypeVar, cast

import msgspec

__all__ = ["ready"]

T = TypeVar("T")
_lock = threading.Lock()


def ready(kind: type[T]) -> type[T]:
    """The type itself, worked out.

    >>> ready(int)
    <class 'int'>
    """
    _work_out(cast("Any", kind))
    return kind


@functools.cache
def _work_out(kind: Any) -> None:
    with _lock:
        msgspec.msgpack.Decoder(kind)
