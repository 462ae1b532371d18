"""Threads that first decode one class at the same time all get it whole."""

from __future__ import annotations

import subprocess
import sys

AT_ONCE = """
import sys, threading
import msgspec
from tallystick.core.ready import ready

sys.setswitchinterval(1e-6)
for number in range(60):
    inner = msgspec.defstruct("Inner", [(f"field_{n}", dict[str, list[int]]) for n in range(8)])
    outer = msgspec.defstruct("Outer", [("one", dict[str, inner]), ("two", list[inner])])
    gate = threading.Barrier(4)
    found = []

    def decode():
        gate.wait()
        found.append(msgspec.msgpack.decode(msgspec.msgpack.encode({"one": {}, "two": []}), type=ready(outer)))

    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [outer(one={}, two=[])] * 4
print("whole")
"""


def test_classes_are_worked_out_one_at_a_time():
    """In a process of its own, since without `ready` the process may end."""
    found = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "whole\n"), found.stderr[-2_000:]
