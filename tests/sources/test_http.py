"""urllib3 responses as sources, beyond what the tests of connections cover."""

from __future__ import annotations

import gzip
import http.client
import io
import signal
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from awsio import PawsConnection
from awsio.errors import ConnectionLostError, StreamTimeoutError, TruncatedStreamError
from awsio.sources import make_source
from awsio.sources.http import Urllib3Source
from awsio.sources.waiting import READS_IN_A_POLL
from tests.support.frames import CONVERSE
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

WIRE = b"".join(CONVERSE)
GZIP = {"Content-Encoding": "gzip"}
ENCODINGS = pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress)],
    ids=["gzip", "deflate"],
)
Pack = Callable[[bytes], bytes]
Get = Callable[..., Any]


@pytest.fixture
def get(server: WireServer) -> Iterator[Get]:
    with urllib3.PoolManager(retries=False, timeout=20.0) as pool:
        yield lambda answer, **options: (
            server.answer(answer),
            pool.request("GET", server.url, **{"preload_content": False, **options}),
        )[1]


def encoded(encoding: str, pieces: list[bytes | Gate], **options: Any) -> Answer:
    return Answer(pieces, headers={"Content-Encoding": encoding}, **options)


def frames_of(con: PawsConnection) -> list[bytes]:
    return [frame.encode() for frame in con]


def test_a_response_that_was_loaded_is_read_from_memory(get: Get) -> None:
    con = PawsConnection(get(Answer(CONVERSE), preload_content=True))
    assert con.status_code == 200
    assert frames_of(con) == CONVERSE


def test_a_response_that_was_read_in_part_goes_on(get: Get) -> None:
    for framing in ("chunked", "length", "close"):
        response = get(Answer([WIRE], framing))
        size = len(CONVERSE[0])
        head = b""
        while len(head) < size:
            head += response.read1(size - len(head))
        assert head == CONVERSE[0]
        assert frames_of(PawsConnection(response)) == CONVERSE[1:]


def test_a_response_that_was_read_to_its_end_is_at_its_end(get: Get) -> None:
    response = get(Answer(CONVERSE))
    while response.read1(1 << 16):
        pass
    assert frames_of(PawsConnection(response)) == []


def test_a_response_over_a_file_in_memory() -> None:
    response = urllib3.HTTPResponse(io.BytesIO(WIRE), preload_content=False)
    con = PawsConnection(response)
    assert con.read_frame(timeout=0).encode() == CONVERSE[0]
    with pytest.raises(OSError):  # noqa: PT011 - the words are urllib3's
        con.fileno()
    assert frames_of(con) == CONVERSE[1:]
    con.close()
    Urllib3Source(response).wake()  # no reader can wait here


def test_an_encoded_body_is_as_live_as_a_plain_one(get: Get) -> None:
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(frame) + packer.flush(zlib.Z_SYNC_FLUSH) for frame in CONVERSE]
    gate = Gate()
    pieces = [parts[0], gate, *parts[1:], packer.flush()]
    con = PawsConnection(get(Answer(pieces, headers=GZIP)))
    assert Task(con.read_frame).result().encode() == CONVERSE[0]
    with pytest.raises(StreamTimeoutError):
        con.read_frame(timeout=-1)
    gate.open()
    assert frames_of(con) == CONVERSE[1:]


def test_an_encoded_body_without_chunks_is_waited_for_in_time(get: Get) -> None:
    packed = gzip.compress(WIRE)
    gate = Gate()
    con = PawsConnection(get(Answer([packed[:20], gate, packed[20:]], "close", headers=GZIP)))
    assert gate.reached.wait(20)
    for _ in range(2):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_frame(timeout=0.01)
        assert caught.value.resumable
    gate.open()
    assert frames_of(con) == CONVERSE


@ENCODINGS
def test_an_encoded_body_closed_below_is_a_lost_connection(
    get: Get, encoding: str, pack: Pack
) -> None:
    con = PawsConnection(get(Answer([pack(WIRE), Gate()], headers={"Content-Encoding": encoding})))
    con.http._fp.fp.close()  # noqa: SLF001 - as another thread would
    with pytest.raises(ConnectionLostError):
        con.read_frame()


@ENCODINGS
def test_an_encoded_body_is_closed_and_woken_like_a_plain_one(
    get: Get, server: WireServer, encoding: str, pack: Pack
) -> None:
    con = PawsConnection(get(encoded(encoding, [pack(WIRE)[:20], Gate()])))
    assert con.fileno() > 0
    task = Task(con.read_frame)
    task.wait_inside("readinto", "wait_readable")
    con.close()
    with pytest.raises(ValueError, match="closed"):
        task.result()
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


@ENCODINGS
def test_an_encoded_body_that_is_cut_is_an_error(get: Get, encoding: str, pack: Pack) -> None:
    packed = pack(WIRE * 5)
    answer = Answer(
        [packed[:-20]],
        "length",
        headers={"Content-Encoding": encoding},
        length=len(packed),
        end="fin",
    )
    con = PawsConnection(get(answer, enforce_content_length=False))
    with pytest.raises(TruncatedStreamError):
        frames_of(con)
    answer = Answer(
        [packed[:-20]], headers={"Content-Encoding": encoding}, last_chunk=False, end="fin"
    )
    con = PawsConnection(get(answer))
    with pytest.raises(TruncatedStreamError):
        frames_of(con)


def test_a_short_length_is_seen_where_the_encoding_does_not_show_it(get: Get) -> None:
    packer = zlib.compressobj()
    packed = packer.compress(WIRE) + packer.flush(zlib.Z_SYNC_FLUSH)
    answer = encoded("deflate", [packed], framing="length", length=len(packed) + 10, end="fin")
    con = PawsConnection(get(answer, enforce_content_length=False))
    assert [con.read_frame().encode() for _ in CONVERSE] == CONVERSE
    with pytest.raises(TruncatedStreamError, match="10 bytes shorter") as caught:
        con.read_frame()
    assert caught.value.missing == 10


@ENCODINGS
def test_an_encoded_body_s_reset_and_timeout_are_said_in_awsio_s_terms(
    get: Get, encoding: str, pack: Pack
) -> None:
    gate = Gate()
    pieces = [pack(WIRE)[:20], gate]
    con = PawsConnection(get(encoded(encoding, pieces, last_chunk=False, end="rst")))
    task = Task(con.read_frame)
    task.wait_inside("readinto", "wait_readable")
    gate.open()
    with pytest.raises(ConnectionLostError):
        task.result()
    con = PawsConnection(get(encoded(encoding, [b"", Gate()], framing="close"), timeout=0.1))
    with pytest.raises(StreamTimeoutError) as caught:
        con.read_frame()
    assert not caught.value.resumable


def test_bytes_behind_the_body_cost_the_http_connection(get: Get, server: WireServer) -> None:
    for answer in (
        Answer([WIRE + b"more"], "length", length=len(WIRE)),
        Answer([WIRE], raw=[b"0\r\n\r\nmore"], last_chunk=False),
    ):
        con = PawsConnection(get(answer))
        assert con.readall() == WIRE
        con.close()
        before = server.accepted
        with PawsConnection(get(Answer([WIRE]))) as con:
            assert con.readall() == WIRE
        assert server.accepted == before + 1


@ENCODINGS
def test_the_descriptor_is_gone_with_the_body(get: Get, encoding: str, pack: Pack) -> None:
    con = PawsConnection(get(Answer([pack(WIRE)], headers={"Content-Encoding": encoding})))
    con.readall()
    with pytest.raises(OSError):  # noqa: PT011 - the words are urllib3's
        con.fileno()


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@ENCODINGS
def test_an_encoded_body_is_read_and_polled(
    get: Get, framing: Any, encoding: str, pack: Pack
) -> None:
    headers = {"Content-Encoding": encoding}
    packed = pack(WIRE)
    con = PawsConnection(get(Answer([packed[:40], packed[40:]], framing, headers=headers)))
    assert con.read_frame().encode() == CONVERSE[0]
    assert con.read_frame(timeout=15).encode() == CONVERSE[1]
    assert frames_of(con) == CONVERSE[2:]
    assert con.read_frame(timeout=15) is None
    con.close()


@ENCODINGS
def test_what_is_badly_encoded_is_a_lost_connection(get: Get, encoding: str, pack: Pack) -> None:
    assert pack(b"")
    con = PawsConnection(get(Answer([WIRE], headers={"Content-Encoding": encoding})))
    with pytest.raises(ConnectionLostError, match="encoding is broken"):
        con.read_frame()


def test_a_timed_read_of_any_encoded_body_can_be_tried_again(get: Get) -> None:
    packed = zlib.compress(WIRE)
    gate = Gate()
    con = PawsConnection(
        get(encoded("deflate", [gate, packed], framing="length", length=len(packed)))
    )
    with pytest.raises(StreamTimeoutError) as caught:
        con.read_frame(timeout=0.01)
    assert caught.value.resumable
    gate.open()
    assert frames_of(con) == CONVERSE


# --- responses over files ---------------------------------------------------------------------


@pytest.fixture
def over_socket() -> Iterator[tuple[socket.socket, urllib3.HTTPResponse]]:
    """A response over a socket's file, as a library that replays responses makes them."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(20)
    with ours, theirs, theirs.makefile("rb") as file:
        yield (
            ours,
            urllib3.HTTPResponse(
                file, headers={"Content-Length": str(len(WIRE))}, preload_content=False
            ),
        )


def test_a_response_over_a_socket_s_file_is_read_and_polled(over_socket: Any) -> None:
    ours, response = over_socket
    con = PawsConnection(response)
    assert con.transport_timeout == 20
    assert con.fileno() == response.fileno()
    with pytest.raises(StreamTimeoutError) as caught:
        con.read_frame(timeout=0)
    assert caught.value.resumable
    ours.sendall(WIRE)
    assert con.read_frame(timeout=0).encode() == CONVERSE[0]
    assert frames_of(con) == CONVERSE[1:]
    con.close()


def test_a_response_over_a_socket_s_file_is_woken(over_socket: Any) -> None:
    _, response = over_socket
    con = PawsConnection(response)
    task = Task(con.read_frame)
    task.wait_inside("readinto")
    con.close()
    with pytest.raises(ValueError, match="closed"):
        task.result()


def test_a_response_over_a_file_that_is_cut_is_a_truncation(over_socket: Any) -> None:
    ours, response = over_socket
    response.enforce_content_length = False
    ours.sendall(WIRE[:-5])
    ours.close()
    con = PawsConnection(response)
    assert [con.read_frame().encode() for _ in CONVERSE[:-1]] == CONVERSE[:-1]
    with pytest.raises(TruncatedStreamError, match="5 bytes shorter") as caught:
        con.read_frame()
    assert caught.value.missing == 5


class Raising(io.BytesIO):
    """A file that cannot be read.

    Args:
        error: says why.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def read1(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 - as BytesIO's
        raise self._error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("too late"), StreamTimeoutError),
        (ConnectionResetError("reset"), ConnectionLostError),
        (http.client.IncompleteRead(b"", 3), TruncatedStreamError),
        (ValueError("closed"), ConnectionLostError),
        (TruncatedStreamError("a source's own"), TruncatedStreamError),
    ],
)
def test_the_errors_of_a_response_over_a_file_are_in_awsio_s_terms(
    error: Exception, kind: type[Exception]
) -> None:
    con = PawsConnection(urllib3.HTTPResponse(Raising(error), preload_content=False))
    with pytest.raises(kind) as caught:
        con.read_frame()
    assert not getattr(caught.value, "resumable", False)


def test_a_poll_of_framing_without_content_does_bounded_work(get: Get) -> None:
    """The size line of a chunk, read a byte at a time."""
    line, rest = b"5;" + b"x" * 198 + b"\r\n", Gate()
    source = make_source(get(Answer(raw=[line, rest, b"hello\r\n0\r\n\r\n"], last_chunk=False)))
    rest.reached.wait(20)
    for _ in range(len(line) // READS_IN_A_POLL):
        with pytest.raises(StreamTimeoutError) as caught:
            source.read(1, time.monotonic())
        assert (caught.value.resumable, caught.value.data_pending) == (True, True)
    with pytest.raises(StreamTimeoutError) as caught:
        source.read(1, time.monotonic())
    assert not caught.value.data_pending  # nothing is there
    rest.open()
    assert source.read(1) == b"h"
    source.close(drain=False)


def test_a_read_in_time_goes_on_with_framing_without_content(get: Get) -> None:
    line = b"5;" + b"x" * 2 * READS_IN_A_POLL + b"\r\n"
    source = make_source(get(Answer(raw=[line, b"hello\r\n0\r\n\r\n"], last_chunk=False)))
    assert source.read(1, time.monotonic() + 20) == b"h"
    source.close(drain=False)


class HandlerError(OSError):
    """What a signal handler raises."""


def test_what_a_signal_handler_raises_while_waiting_passes_as_it_is(get: Get) -> None:
    rest = Gate()
    con = PawsConnection(get(Answer([CONVERSE[0], rest, *CONVERSE[1:]])))
    assert con.read_frame().encode() == CONVERSE[0]

    def handle(*_: object) -> None:
        raise HandlerError

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(HandlerError):
            con.read_frame()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    rest.open()
    assert frames_of(con) == CONVERSE[1:]
