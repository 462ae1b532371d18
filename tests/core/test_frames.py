"""The writer's wire: messages cut from a stream, each given once however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.access import GrantRole
from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of
from tallystick.core.writer.frames import LENGTH, Frames, Reply, Request, decode_body, encode_body, frame


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_however_the_stream_is_cut_each_message_comes_once(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frame(Reply(number, verdicts=body)) for number, body in enumerate(bodies))
    frames, given_out, start = Frames(), [], 0
    while start < len(stream):
        step = cuts[start % len(cuts)]
        given_out += frames.feed(stream[start : start + step])
        start += step
    expected = [frame(Reply(number, verdicts=body))[LENGTH.size :] for number, body in enumerate(bodies)]
    assert given_out == expected
    assert frames.feed(b"") == []


def test_a_message_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TallystickError, match="passes the limit"):
        Frames().feed(LENGTH.pack(2**31))


def test_a_body_that_does_not_read_names_the_problem() -> None:
    kind = event_of(GrantRole)
    count, body = encode_body(kind, [GrantRole(user="mei", role="auditor")])
    assert decode_body(kind, count, body) == [GrantRole(user="mei", role="auditor")]
    with pytest.raises(TallystickError, match="does not read"):
        decode_body(kind, 1, body[:-3])


def test_a_request_survives_its_frame() -> None:
    import msgspec

    request = Request(7, "mei", "core.grant_role", 1, 2, b"xy")
    assert msgspec.msgpack.decode(Frames().feed(frame(request))[0], type=Request) == request
