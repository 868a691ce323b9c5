"""Answers that are odd or wrong, plain and over TLS: read to the last frame that is whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import (
    ConnectionLostError,
    HttpHeaderError,
    NotAnEventStreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from tests.support.thirty import BODY, CHUNKED, EVENTS, FRAMES
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, Piece, WireServer

OpenStream: TypeAlias = Callable[..., PawsConnection]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def test_an_answer_one_byte_at_a_time_is_read(
    open_stream: OpenStream, converse: EventParser, framing: Any
) -> None:
    assert list(open_stream(Answer(FRAMES, framing, split=1), converse)) == EVENTS


@pytest.mark.parametrize("seed", range(5))
def test_writes_split_anywhere_are_read(
    open_stream: OpenStream, converse: EventParser, framing: Any, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - a test's choice
    pieces, at = [], 0
    while at < len(BODY):
        size = rng.choice([1, 2, 3, 11, 12, 13, rng.randrange(1, 2000)])
        pieces.append(BODY[at : at + size])
        at += size
    answer = Answer(pieces, framing, split=rng.randrange(2, 300))
    assert list(open_stream(answer, converse)) == EVENTS


def test_a_frame_is_given_before_what_follows_it_is_sent(
    open_stream: OpenStream, converse: EventParser, framing: Any
) -> None:
    gates = [Gate() for _ in FRAMES]
    pieces: list[Piece] = [piece for pair in zip(FRAMES, gates, strict=True) for piece in pair]
    con = open_stream(Answer(pieces, framing), converse)
    for gate, event in zip(gates, EVENTS, strict=True):
        assert con.read_event() == event
        gate.open()
    assert con.read_event() is None


def test_informational_responses_before_the_answer_are_passed_over(
    open_stream: OpenStream, converse: EventParser, server: WireServer
) -> None:
    for _ in range(3):
        con = open_stream(Answer(FRAMES, before=CONTINUE * 2), converse)
        assert con.status_code == 200
        assert list(con) == EVENTS
    assert server.accepted == 1


READS: dict[str, Callable[[PawsConnection], Any]] = {
    "event": lambda con: con.read_event(),
    "frame in time": lambda con: con.read_frame(timeout=15),
    "bytes": lambda con: con.read(10),
    "all bytes": lambda con: con.readall(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_an_early_hint_is_no_empty_stream(
    open_stream: OpenStream,
    invoke_model: EventParser,
    server: WireServer,
    framing: Any,
    read: Callable[[PawsConnection], Any],
) -> None:
    # http.client takes 103 for the response itself, which then has no body.
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    con = open_stream(Answer(FRAMES, framing, before=hint), invoke_model)
    assert con.status_code == 103
    for _ in range(2):
        with pytest.raises(NotAnEventStreamError, match="informational response, 103") as caught:
            read(con)
        assert caught.value.status_code == 103
    assert not con.is_complete()
    con.close()
    con = open_stream(Answer(FRAMES, framing), invoke_model)
    assert [frame.encode() for frame in iter(con.read_frame, None)] == FRAMES
    assert server.accepted == 2  # behind the hint its answer is still to come


@pytest.mark.parametrize("whole", range(0, len(FRAMES), 3))
@pytest.mark.parametrize("garbage", [b"zz\r\n", b"-1\r\n", b"\r\n", b"\0\0\0\0\n", b"5 5\r\n"])
def test_a_garbage_chunk_header_ends_the_stream_behind_the_frames_before_it(
    open_stream: OpenStream, converse: EventParser, garbage: bytes, whole: int
) -> None:
    raw = [garbage, *FRAMES[whole:]]
    con = open_stream(Answer(FRAMES[:whole], raw=raw, end="fin"), converse)
    assert [con.read_event() for _ in range(whole)] == EVENTS[:whole]
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="chunk has no size"):
            con.read_event()


def test_a_chunk_longer_than_it_says_ends_the_stream(
    open_stream: OpenStream, converse: EventParser
) -> None:
    raw = [b"%x\r\n%s" % (len(FRAMES[2]), FRAMES[2] + FRAMES[3])]
    con = open_stream(Answer(FRAMES[:2], raw=raw, end="fin"), converse)
    assert [con.read_event() for _ in range(3)] == EVENTS[:3]
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="longer than it says"):
            con.read_event()


def test_a_break_after_a_frame_is_raised_without_another_byte(
    open_stream: OpenStream, converse: EventParser
) -> None:
    raw = [b"%x\r\n%s\r\nzz" % (len(FRAMES[0]), FRAMES[0]), Gate()]
    con = open_stream(Answer(raw=raw), converse)
    assert con.read_event() == EVENTS[0]
    for timeout in (0, None):
        with pytest.raises(ConnectionLostError, match="chunk has no size"):
            con.read_event(timeout=timeout)


@pytest.mark.parametrize(
    ("header", "value"),
    [("Transfer-Encoding", "gzip"), ("Content-Length", "-1"), ("Content-Encoding", "exi")],
)
def test_a_header_that_is_not_understood_is_named(
    open_stream: OpenStream, converse: EventParser, header: str, value: str
) -> None:
    answer = Answer([FRAMES[0], Gate()], "close", headers={header: value})
    con = open_stream(answer, converse)
    for _ in range(2):
        with pytest.raises(HttpHeaderError, match=f"{header} '{value}'"):
            con.read_event()


def test_a_length_inside_a_frame_is_a_truncation(
    open_stream: OpenStream, converse: EventParser, server: WireServer
) -> None:
    for _ in range(2):
        con = open_stream(Answer([BODY], "length", length=len(BODY) - 5), converse)
        assert [con.read_event() for _ in EVENTS[:-1]] == EVENTS[:-1]
        for _ in range(2):
            with pytest.raises(TruncatedStreamError):
                con.read_event()
        con.close()
    assert server.accepted == 2  # the five bytes would be taken for the next response


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"message": "no"}'),
        ("text/html", b"<html><body>Bad gateway</body></html>"),
        ("text/event-stream", b"data: 1\n\n"),
        ("application/vnd.amazon.eventstream", b"<html>"),
    ],
)
def test_a_body_of_another_kind_says_so_and_can_be_read(
    open_stream: OpenStream, converse: EventParser, framing: Any, content_type: str, body: bytes
) -> None:
    con = open_stream(Answer([body], framing, content_type=content_type, split=2), converse)
    for _ in range(2):
        with pytest.raises(NotAnEventStreamError) as caught:
            con.read_event()
        assert caught.value.status_code == 200
    assert con.read() == body


@pytest.mark.parametrize("at", [0, 1, 5, 11, 12, 40])
def test_a_stalled_stream_runs_into_the_transport_s_timeout(
    open_stream: OpenStream, converse: EventParser, pool: Any, framing: Any, at: int
) -> None:
    pool.connection_pool_kw["timeout"] = 0.05
    pieces: list[Piece] = [FRAMES[0], *([FRAMES[1][:at]] if at else []), Gate(), FRAMES[2]]
    con = open_stream(Answer(pieces, framing), converse)
    assert con.transport_timeout == 0.05
    assert con.read_event() == EVENTS[0]
    for _ in range(2):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_event()
        assert not caught.value.resumable


def test_a_stall_in_front_of_the_last_chunk_holds_back_the_end_alone(
    open_stream: OpenStream, converse: EventParser
) -> None:
    gate = Gate()
    con = open_stream(Answer(raw=[CHUNKED, b"0\r", gate, b"\n\r\n"], last_chunk=False), converse)
    assert [con.read_event() for _ in EVENTS] == EVENTS
    end = Task(con.read_event)
    end.wait_in_recv()
    assert not con.is_complete()
    gate.open()
    assert end.result() is None
    assert con.is_complete()


@pytest.mark.parametrize("scheme", ["tls"])
def test_a_tls_connection_goes_back_to_its_pool_as_it_was(
    open_stream: OpenStream, converse: EventParser, server: WireServer
) -> None:
    for _ in range(2):
        con = open_stream(Answer(FRAMES), converse)
        sock = con.http._fp.fp.raw._sock  # noqa: SLF001 - nothing else tells
        assert list(con) == EVENTS
        assert sock.suppress_ragged_eofs is True
    assert server.accepted == 1
