"""Bodies that are no event streams, read through a connection."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from botocore.exceptions import (
    FlexibleChecksumError,
)
from botocore.response import StreamingBody

import awsio
from awsio.clients.body_handler import BodyHandler
from awsio.errors import (
    BodyChecksumError,
    NotAnEventStreamError,
    ReaderConflictError,
    StreamTimeoutError,
)
from tests.support.bodies import BREAKS, LINES, checksummed, plain
from tests.support.frames import CONVERSE
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

MakeClient: TypeAlias = Callable[..., Any]
Get: TypeAlias = Callable[..., BodyHandler]
GetPlainly: TypeAlias = Callable[[Answer], StreamingBody]


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_the_connection_gives_bytes_as_they_arrive(framing: Any, get: Get) -> None:
    gate = Gate()
    con = get(plain([b"ab", gate, b"c"], framing))(connection=True)
    assert con.read(100) == b"ab"
    gate.open()
    assert con.read() == b"c"
    assert con.is_complete()


def test_the_connection_is_live_with_a_checksum_too(get: Get) -> None:
    gate = Gate()
    con = get(checksummed(b"abc", pieces=[b"ab", gate, b"c"]))(connection=True)
    assert con.read(100) == b"ab"
    gate.open()
    assert con.read() == b"c"


@pytest.mark.parametrize("already", [0, 4])
def test_a_wrong_checksum_is_an_error_at_the_end_of_the_connection(already: int, get: Get) -> None:
    body = get(checksummed(LINES, of=LINES[:-1]))
    assert len(body.read(already)) == already
    con = body(connection=True)
    with pytest.raises(BodyChecksumError, match="checksum") as caught:
        con.read()
    assert isinstance(caught.value.__cause__, FlexibleChecksumError)
    assert con.read(10_000) == LINES[already:]  # what came is not lost
    for _ in range(2):
        with pytest.raises(BodyChecksumError):
            con.read(1)


def test_a_right_checksum_is_none_whatever_read_first(get: Get) -> None:
    body = get(checksummed(LINES))
    assert body.read(10) == LINES[:10]
    assert body(connection=True).read() == LINES[10:]


def test_a_function_finds_a_wrong_checksum_and_closes(get: Get) -> None:
    body = get(checksummed(LINES, of=b""))
    with pytest.raises(BodyChecksumError):
        body(len)
    assert body(connection=True).closed


def test_an_encoding_that_the_object_was_stored_with_stays_as_in_boto3(
    get: Get, get_plainly: GetPlainly
) -> None:
    packed = zlib.compress(LINES)
    answer = plain([packed], headers={"Content-Encoding": "deflate"})
    assert get_plainly(answer).read() == packed
    assert get(answer)(connection=True).read() == packed


def test_the_connection_starts_where_the_body_was_read_up_to(get: Get) -> None:
    for framing in ("length", "chunked", "close"):
        body = get(plain([LINES[:50], LINES[50:]], framing))
        assert body.read(30) == LINES[:30]
        assert body(connection=True).read(10) == LINES[30:40]
        assert body(connection=True).read() == LINES[40:]


def test_once_handed_out_the_body_is_read_there_alone(get: Get) -> None:
    body = get(plain())
    con = body(connection=True)
    for read in (
        body.read,
        body.readlines,
        lambda: next(body),
        lambda: body.readinto(bytearray(3)),
    ):
        with pytest.raises(ReaderConflictError, match="connection"):
            read()
    assert con.read() == LINES
    body.close()
    assert con.closed
    with pytest.raises(ValueError, match="closed"):
        body.read()


def test_the_connection_of_a_closed_body_is_closed(get: Get) -> None:
    body = get(plain())
    body.close()
    con = body(connection=True)
    assert con.closed
    with pytest.raises(ValueError, match="closed"):
        con.read(1)


def test_the_connection_is_a_file(get: Get) -> None:
    with get(plain())(connection=True) as con:
        assert io.TextIOWrapper(io.BufferedReader(con), "latin-1", newline="").read() == (
            LINES.decode("latin-1")
        )
    assert get(plain())(connection=True).readline() == b"line 0\n"


def test_the_connection_mirrors_the_response(get: Get, server: WireServer) -> None:
    con = get(plain(headers={"x-amz-request-id": "r"}))(connection=True)
    assert (con.status_code, con.request_id) == (200, "r")
    assert (con.method, con.url) == ("GET", f"{server.url}/b/k")
    assert con.elapsed is not None
    assert con.content_type == "application/octet-stream"
    assert not con.is_framed()
    assert con.transport_timeout is not None
    assert con.fileno() > 0


def test_readers_read_the_connection(get: Get) -> None:
    con = get(plain())(connection=True)
    assert awsio.resp_stream_lines(con, 2) == ["line 0", "line 1"]
    assert awsio.resp_stream_raw(get(plain())(connection=True), 0.01) == LINES[:10]


def test_a_line_is_there_before_a_frame_could_be(get: Get) -> None:
    gate = Gate()
    con = get(plain([b"a\n", gate], "chunked"))(connection=True)
    assert awsio.resp_stream_lines(con) == ["a"]
    gate.open()
    assert awsio.resp_stream_lines(con) is None
    assert awsio.resp_stream_is_complete(con)


@pytest.mark.parametrize("cut", [40, None])
def test_a_stored_event_stream_is_bytes_and_still_frames(cut: int | None, get: Get) -> None:
    stored = b"".join(CONVERSE)[:cut]  # cut as a range of the object may be
    assert get(plain([stored]))(connection=True).read() == stored
    con = get(plain([stored]))(connection=True)
    assert awsio.resp_stream_raw(con) == stored
    whole = b"".join(CONVERSE)
    assert len(list(get(plain([whole]))(connection=True))) == len(CONVERSE)


def test_a_body_has_no_events(get: Get) -> None:
    with pytest.raises(NotAnEventStreamError):
        get(plain())(connection=True).read_event()


@pytest.mark.parametrize("name", BREAKS)
def test_errors_through_the_connection_are_awsios(name: str, get: Get) -> None:
    options, kind = BREAKS[name]
    gate = Gate()
    con = get(plain(**options, raw=[gate]))(connection=True)
    got = b""
    while len(got) < len(LINES):
        got += con.read(1000)
    assert got == LINES
    gate.open()
    for _ in range(2):
        with pytest.raises(kind):
            con.read(1)


def test_a_timeout_through_the_connection_is_awsios(get: Get) -> None:
    gate = Gate()
    body = get(plain([b"abc", gate], "chunked"))
    body.set_socket_timeout(0.01)
    con = body(connection=True)
    assert con.read(3) == b"abc"
    with pytest.raises(StreamTimeoutError):
        con.read(1)
    gate.open()


def test_close_wakes_a_reader_of_the_connection(get: Get) -> None:
    gate = Gate()
    body = get(plain([b"abc", gate], "chunked"))
    con = body(connection=True)
    assert con.read(3) == b"abc"
    reader = Task(lambda: con.read(1))
    reader.wait_inside("readinto", "wait_readable")
    body.close()
    with pytest.raises(ValueError, match="closed"):
        reader.result()
