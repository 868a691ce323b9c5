"""Frames, events and bytes of one connection, mixed."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio import EventParser, PawsConnection
from awsio.errors import PreludeChecksumError, ReaderConflictError, StreamTimeoutError
from awsio.events import operation_model
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event
from tests.support.wire import Answer, Gate

Connect = Callable[..., PawsConnection]
WIRE = b"".join(CONVERSE)


def take(con: PawsConnection, size: int) -> bytes:
    """Read exactly ``size`` bytes: a read may give fewer."""
    return b"".join(con.read(1) for _ in range(size))


def test_bytes_begin_at_the_first_undelivered_frame(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(Answer([WIRE], framing), converse)
    con.read_event()
    con.read_frame()
    assert con.read() == b"".join(CONVERSE[2:])


def test_events_go_on_where_bytes_reached_a_border(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(Answer([WIRE], framing), converse)
    size = len(CONVERSE[0]) + len(CONVERSE[1])
    assert take(con, size) == WIRE[:size]
    assert con.read_event() == CONVERSE_EVENTS[2]
    assert take(con, len(CONVERSE[3])) == CONVERSE[3]
    assert list(con) == CONVERSE_EVENTS[4:]


def test_a_frame_asked_for_inside_a_frame_is_refused_and_nothing_is_lost(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(Answer([WIRE], framing), converse)
    start = take(con, 20)
    missing = len(CONVERSE[0]) - 20
    for read in (con.read_event, con.read_frame, lambda: next(con)):
        with pytest.raises(ReaderConflictError, match=f"{missing} bytes") as caught:
            read()
        assert caught.value.missing == missing
    assert start + take(con, missing) == CONVERSE[0]
    assert list(con) == CONVERSE_EVENTS[1:]


def test_inside_a_length_field_nobody_knows_what_is_missing(
    connect: Connect, converse: EventParser
) -> None:
    con = connect(Answer([WIRE]), converse)
    take(con, len(CONVERSE[0]) + 2)
    with pytest.raises(ReaderConflictError) as caught:
        con.read_event()
    assert caught.value.missing is None


def test_bytes_to_the_end_leave_no_event(connect: Connect, converse: EventParser) -> None:
    con = connect(Answer(CONVERSE), converse)
    con.read_event()
    con.readall()
    assert con.read_event() is None


def test_a_frame_that_was_looked_at_is_among_the_bytes() -> None:
    con = PawsConnection(io.BytesIO(WIRE))
    assert con.is_framed()
    assert con.read() == WIRE


def test_framed_is_known_from_bytes_too() -> None:
    con = PawsConnection(io.BytesIO(WIRE))
    take(con, len(CONVERSE[0]))
    assert con.is_framed()
    con = PawsConnection(io.BytesIO(b"plain text, and more of it"))
    take(con, 14)
    assert not con.is_framed()


def test_text_of_which_a_little_was_read_is_not_framed() -> None:
    con = PawsConnection(io.BytesIO(b'{"message": "no"}\n'))
    take(con, 3)
    assert not con.is_framed()


BINARY = b"\0\1\2\3 binary, of another kind"


@pytest.mark.parametrize("size", [1, 3, 4, 11, 12, 13])
@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_inside_the_first_prelude_what_comes_tells_whether_it_is_one(size: int, piece: int) -> None:
    con = PawsConnection(Trickle(WIRE, piece))
    found = take(con, size)
    assert con.is_framed()
    assert found + con.read() == WIRE
    con = PawsConnection(Trickle(BINARY, piece))
    found = take(con, size)
    assert not con.is_framed()
    assert found + con.read() == BINARY


def test_a_body_that_ends_inside_a_prelude_is_not_framed() -> None:
    con = PawsConnection(io.BytesIO(WIRE[:9]))
    found = take(con, 5)
    assert not con.is_framed()
    assert found + con.read() == WIRE[:9]


def test_bytes_inside_the_first_prelude_are_waited_for_in_bounds(connect: Connect) -> None:
    rest = Gate()
    con = connect(Answer([WIRE[:9], rest, WIRE[9:]]))
    con.idle_timeout = 0.05
    found = take(con, 5)
    with pytest.raises(StreamTimeoutError) as caught:
        con.is_framed()
    assert caught.value.resumable
    rest.open()
    con.idle_timeout = 20
    assert con.is_framed()
    assert found + con.read() == WIRE


def test_damage_behind_frames_read_as_bytes_is_damage() -> None:
    con = PawsConnection(io.BytesIO(CONVERSE[0] + b"{this is no frame}"))
    take(con, len(CONVERSE[0]))
    with pytest.raises(PreludeChecksumError):
        con.read_frame()


PARSER = EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))
LONG = [event("contentBlockDelta", b'{"contentBlockIndex":%d}' % n) for n in range(30)]


@given(st.lists(st.integers(0, 120), max_size=60), st.integers(1, 300))
def test_any_mix_gives_every_byte_once(sizes: list[int], piece: int) -> None:
    """0 asks for an event, another number for so many bytes."""
    wire = b"".join(LONG)
    con = PawsConnection(Trickle(wire, piece), PARSER, require_terminal=False)
    got = b""
    for size in [*sizes, 1 << 20]:
        try:
            frame = con.read_frame() if size == 0 else None
        except ReaderConflictError as conflict:
            if conflict.missing is not None:
                got += con.read(conflict.missing)
            continue
        got += con.read(size) if frame is None else frame.encode()
    assert got + con.readall() == wire


class Trickle:
    """A file that gives at most ``piece`` bytes at a time."""

    def __init__(self, data: bytes, piece: int) -> None:
        self._file = io.BytesIO(data)
        self._piece = piece

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, self._piece))
