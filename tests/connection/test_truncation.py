"""A body that stops where it must not: nothing lost before, nothing hidden after."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import ConnectionLostError, StreamError, TruncatedStreamError
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event
from tests.support.wire import Answer, Gate

Connect = Callable[..., PawsConnection]

CUT = CONVERSE[4][:-3]
WHOLE = sum(map(len, CONVERSE))

# What a body cut inside its fifth frame can look like.
ANSWERS = {
    "chunked, clean end": Answer([*CONVERSE[:4], CUT]),
    "chunked, no last chunk": Answer([*CONVERSE[:4], CUT], last_chunk=False, end="fin"),
    "chunked, inside a chunk": Answer(
        CONVERSE[:4], raw=[b"%x\r\n" % len(CONVERSE[4]), CUT], last_chunk=False, end="fin"
    ),
    "length, right": Answer([*CONVERSE[:4], CUT], "length"),
    "length, too short": Answer([*CONVERSE[:4], CUT], "length", length=WHOLE, end="fin"),
    "close": Answer([*CONVERSE[:4], CUT], "close"),
}
CASES = pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())

# The same cut exactly behind a frame: HTTP alone knows that more was to come.
AT_BORDER = {
    "chunked, no last chunk": Answer(CONVERSE[:4], last_chunk=False, end="fin"),
    "chunked, inside a size": Answer(CONVERSE[:4], raw=[b"4"], last_chunk=False, end="fin"),
    "chunked, behind a size": Answer(CONVERSE[:4], raw=[b"40\r\n"], last_chunk=False, end="fin"),
    "length, too short": Answer(CONVERSE[:4], "length", length=WHOLE, end="fin"),
}
BORDER_CASES = pytest.mark.parametrize("answer", AT_BORDER.values(), ids=AT_BORDER.keys())


@CASES
def test_events_before_the_cut_come_and_then_an_error_that_stays(
    connect: Connect, converse: EventParser, answer: Answer
) -> None:
    con = connect(answer, converse)
    assert [con.read_event() for _ in range(4)] == CONVERSE_EVENTS[:4]
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            con.read_event()
    with pytest.raises(EOFError):
        con.read_frame()
    assert not con.is_complete()


@CASES
def test_frames_before_the_cut_come_and_then_an_error_that_stays(
    connect: Connect, answer: Answer
) -> None:
    con = connect(answer)
    assert [con.read_frame().encode() for _ in range(4)] == CONVERSE[:4]
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            con.read_frame()


@CASES
def test_bytes_before_the_cut_come_and_then_an_error_that_stays(
    connect: Connect, answer: Answer
) -> None:
    con = connect(answer)
    expected = b"".join(CONVERSE[:4]) + CUT
    got = b""
    while len(got) < len(expected):
        got += con.read(13)
    assert got == expected
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            con.read(13)
    assert not con.is_complete()


@CASES
def test_readall_raises_and_leaves_the_bytes_to_be_read(connect: Connect, answer: Answer) -> None:
    con = connect(answer)
    got = con.read(5)
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            con.readall()
    got += con.read(10)
    expected = b"".join(CONVERSE[:4]) + CUT
    while len(got) < len(expected):
        got += con.read(1 << 20)
    assert got == expected
    with pytest.raises(TruncatedStreamError):
        con.read(1)


@CASES
def test_what_there_is_of_the_frame_can_be_had(connect: Connect, answer: Answer) -> None:
    con = connect(answer)
    with pytest.raises(TruncatedStreamError):
        list(con)
    got = b""
    while len(got) < len(CUT):
        got += con.read(10)
    assert got == CUT
    with pytest.raises(TruncatedStreamError):
        con.read(10)


@BORDER_CASES
def test_a_cut_behind_a_frame_is_no_clean_end(
    connect: Connect, invoke_model: EventParser, answer: Answer
) -> None:
    con = connect(answer, invoke_model)  # an operation without a terminal event
    for _ in range(4):
        assert con.read_event() is not None
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            con.read_event()
    assert not con.is_complete()


@BORDER_CASES
def test_a_cut_behind_a_frame_goes_before_the_missing_terminal_event(
    connect: Connect, converse: EventParser, answer: Answer
) -> None:
    con = connect(answer, converse)
    assert [con.read_event() for _ in range(4)] == CONVERSE_EVENTS[:4]
    with pytest.raises(TruncatedStreamError):
        con.read_event()


@BORDER_CASES
def test_copying_a_cut_body_fails(connect: Connect, answer: Answer) -> None:
    target = io.BytesIO()
    with pytest.raises(TruncatedStreamError):
        shutil.copyfileobj(connect(answer), target)
    assert target.getvalue() == b"".join(CONVERSE[:4])


def test_how_much_is_missing_is_told(connect: Connect) -> None:
    frame = event("Records", b"x" * 100)
    con = connect(Answer([frame[:50]], "close"))
    with pytest.raises(TruncatedStreamError) as caught:
        con.read_frame()
    assert (caught.value.buffered, caught.value.missing) == (50, len(frame) - 50)
    con = connect(Answer([frame[:50]], "close"))
    got = b""
    while len(got) < 50:
        got += con.read(50)
    with pytest.raises(TruncatedStreamError) as caught:
        con.read(1)
    assert caught.value.missing == len(frame) - 50


def test_a_short_length_tells_how_much_is_missing(connect: Connect) -> None:
    con = connect(Answer(CONVERSE[:1], "length", length=len(CONVERSE[0]) + 77, end="fin"))
    con.read_frame()
    with pytest.raises(TruncatedStreamError) as caught:
        con.read_frame()
    assert caught.value.missing == 77


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_first_frame_cut_in_its_prelude_is_truncated(connect: Connect, cut: int) -> None:
    con = connect(Answer([CONVERSE[0][:cut]], "close"))
    with pytest.raises(TruncatedStreamError):
        con.read_frame()


def test_a_reset_is_a_lost_connection(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    gate = Gate()
    pieces = [*CONVERSE[:2], gate]
    con = connect(Answer(pieces, framing, length=WHOLE, last_chunk=False, end="rst"), converse)
    assert [con.read_event() for _ in range(2)] == CONVERSE_EVENTS[:2]
    gate.open()
    for _ in range(2):
        with pytest.raises(ConnectionLostError):
            con.read_event()
    with pytest.raises(ConnectionError):
        con.read()
    assert not con.is_complete()


@pytest.mark.parametrize("garbage", [b"zz\r\n", b"-5\r\n", b"\r\n\r\n", b"4" * 70_000])
def test_a_broken_chunk_is_a_stream_error(connect: Connect, garbage: bytes) -> None:
    con = connect(Answer(CONVERSE[:2], raw=[garbage], last_chunk=False, end="fin"))
    assert [con.read_frame() is None for _ in range(2)] == [False, False]
    for _ in range(2):
        with pytest.raises(StreamError):
            con.read_frame()


def test_a_broken_encoding_is_a_lost_connection(connect: Connect) -> None:
    con = connect(Answer([b"this is no gzip"], headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ConnectionLostError, match="encoding"):
        con.read_frame()


@pytest.mark.parametrize("length", range(12))
def test_an_event_stream_cut_inside_its_first_prelude_is_truncated_as_bytes_too(
    connect: Connect, length: int
) -> None:
    """No checksum has passed: that the body is an event stream is what its content type says."""
    con = connect(Answer([CONVERSE[0][:length]], "close"))
    assert con.readinto(bytearray(20)) == length
    if length:
        for _ in range(2):
            with pytest.raises(TruncatedStreamError):
                con.read(1)
    else:
        assert con.read(1) == b""


def test_a_few_bytes_of_a_body_of_another_type_are_whole(connect: Connect) -> None:
    con = connect(Answer([b"\0\1\2"], "close", content_type="application/octet-stream"))
    assert con.readall() == b"\0\1\2"
