"""Headers of a body on real sockets: what is read, what is refused, what is reused."""

from __future__ import annotations

import gzip
import http.client
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config

import awsio
from awsio import PawsConnection
from awsio.errors import (
    ConnectionLostError,
    HttpHeaderError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.eventstream import Frame
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE
from tests.support.wire import EVENT_STREAM, Answer, Gate, Piece, WireServer

WIRE = b"".join(CONVERSE)
CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(frame), frame) for frame in CONVERSE) + b"0\r\n\r\n"
Get = Callable[..., Any]


@dataclass
class Plain(Answer):
    """An answer whose head is given line by line.

    Attributes:
        lines: of the headers, beside the Content-Type.
        version: of HTTP.
        body: what goes out after the head.
    """

    lines: Iterable[str] = ()
    version: str = "1.1"
    body: Iterable[Piece] = ()

    def wire(self) -> Iterable[Piece]:
        head = [f"HTTP/{self.version} {self.status} Answer", f"Content-Type: {EVENT_STREAM}"]
        yield "\r\n".join([*head, *self.lines, "", ""]).encode("latin-1")
        yield from self.body


@pytest.fixture
def get(server: WireServer) -> Iterator[Get]:
    with urllib3.PoolManager(retries=False, timeout=20.0) as pool:
        yield lambda answer, method="GET", **options: (
            server.answer(answer),
            pool.request(method, server.url, **{"preload_content": False, **options}),
        )[1]


def frames_of(con: PawsConnection) -> list[bytes]:
    return [frame.encode() for frame in con]


TRANSFER = [
    ["Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked "],
    ["Transfer-Encoding:\tChunked\t"],
    ["transfer-encoding: , ,chunked,"],
    ["Transfer-Encoding: identity, chunked"],
    ["Transfer-Encoding: identity", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding:", "Transfer-Encoding: chunked"],
]


@pytest.mark.parametrize("lines", TRANSFER, ids=" + ".join)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_chunked_is_read_however_it_is_written(
    get: Get, server: WireServer, lines: list[str], version: str
) -> None:
    lines = [*lines, "Connection: keep-alive"]  # in HTTP/1.0, http.client goes by it
    answer = Plain(lines=lines, version=version, body=[CHUNKED])
    for accepted in (1, 2):
        con = PawsConnection(get(answer))
        assert frames_of(con) == CONVERSE  # the end is the last chunk: the socket stays open
        con.close()
        assert version != "1.0" or server.accepted == accepted  # RFC 9112, section 6.1


@pytest.mark.parametrize("lines", TRANSFER[:1] + TRANSFER[4:6], ids=lambda lines: lines[0])
def test_what_boto3_reads_is_read(server: WireServer, lines: list[str]) -> None:
    server.answer(Plain(lines=lines, body=[CHUNKED]))
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="made up",
        aws_secret_access_key="made up",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
    )
    expected = list(client.converse_stream(**CONVERSE_CALL)["stream"])
    con = awsio.connect(client.converse_stream(**CONVERSE_CALL)["stream"])
    assert list(con) == expected


@pytest.mark.parametrize(
    ("lines", "header"),
    [
        (["Transfer-Encoding: gzip"], "Transfer-Encoding 'gzip'"),
        (["Transfer-Encoding: gzip, chunked"], "Transfer-Encoding 'gzip, chunked'"),
        (["Transfer-Encoding: chunked, chunked"], "Transfer-Encoding"),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: x"], "Transfer-Encoding"),
        (["Transfer-Encoding: chunked", "Content-Length: 5"], "Transfer-Encoding"),
        (["Content-Length: 0", "Transfer-Encoding: chunked "], "Transfer-Encoding"),
        (["Content-Length: 5_0"], "Content-Length '5_0'"),
        (["Content-Length: -1"], "Content-Length '-1'"),
        (["Content-Length: +5"], r"Content-Length '\+5'"),
        (["Content-Length:"], "Content-Length ''"),
        (["Content-Length: " + "9" * 5000], "Content-Length '9"),
    ],
    ids=str,
)
def test_a_header_that_cannot_be_followed_is_an_error_at_once(
    get: Get, server: WireServer, lines: list[str], header: str
) -> None:
    con = PawsConnection(get(Plain(lines=lines, body=[Gate()])))
    assert con.status_code == 200
    for read in (con.read_event, con.read_frame, lambda: con.read_event(timeout=0)):
        with pytest.raises(HttpHeaderError, match=header) as caught:
            read()
        assert header.startswith(caught.value.header)
    con.close()
    assert server.connections[0].closed.wait(20)  # it is not used again
    assert server.connections[0].closed_by_client


def test_lengths_that_differ_are_an_error_of_their_own(get: Get) -> None:
    # urllib3 refuses them itself before there is a response; http.client takes the first.
    raw = raw_response(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
    with pytest.raises(HttpHeaderError, match=r"Content-Length '1, 2' .*differ"):
        PawsConnection(raw).read_frame()
    with pytest.raises(urllib3.exceptions.InvalidHeader):
        get(Plain(lines=["Content-Length: 1", "Content-Length: 2"], body=[b"ab"]))


@pytest.mark.parametrize("line", ["Transfer-Encoding: chunk", "Content-Length: ", "Transfer-E"])
@pytest.mark.filterwarnings("ignore")
def test_a_head_that_is_cut_is_a_truncation(get: Get, server: WireServer, line: str) -> None:
    answer = Plain(end="fin")
    answer.wire = lambda: [f"HTTP/1.1 200 OK\r\n{line}".encode()]  # type: ignore[method-assign]
    con = PawsConnection(get(answer))
    if line == "Transfer-E":  # nothing tells that from a head without it
        assert con.read_frame() is None
        return
    for _ in range(2):
        with pytest.raises(TruncatedStreamError, match="ended with the response's head"):
            con.read_frame()
    assert server.connections[0].closed.wait(20)


class InMemory:
    """What http.client asks of a socket."""

    def __init__(self, wire: bytes) -> None:
        self._wire = wire

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self._wire))  # type: ignore[arg-type]  # it reads


def raw_response(wire: bytes, method: str = "GET") -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(InMemory(wire), method=method)  # type: ignore[arg-type]
    response.begin()
    return response


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: {0}"],
        ["Content-Length: {0} , {0}"],
        ["Content-Length: {0}", "Content-Length: 0{0}"],
        ["Content-Length: ,{0}", "Transfer-Encoding: identity"],
    ],
    ids=str,
)
def test_a_length_is_read_however_it_is_written(get: Get, lines: list[str]) -> None:
    lines = [line.format(len(WIRE)) for line in lines]
    con = PawsConnection(get(Plain(lines=lines, body=[WIRE])))
    assert frames_of(con) == CONVERSE
    response = get(Plain(lines=lines, body=[WIRE]))
    head = response.read1(len(CONVERSE[0]))
    assert head + b"".join(frames_of(PawsConnection(response))) == WIRE
    con = PawsConnection(get(Plain(lines=lines, body=[WIRE[:-1]], end="fin")))
    with pytest.raises(TruncatedStreamError):
        frames_of(con)


def test_a_chunked_body_read_as_if_it_were_not_is_refused(get: Get) -> None:
    response = get(Plain(lines=["Transfer-Encoding: chunked "], body=[CHUNKED, Gate()]))
    assert response.read1(4)
    with pytest.raises(HttpHeaderError, match="as if it were not chunked"):
        PawsConnection(response).read_frame()


@pytest.mark.parametrize("lines", TRANSFER[:1] + TRANSFER[4:6], ids=lambda lines: lines[0])
def test_a_chunked_body_that_was_streamed_in_part_continues(get: Get, lines: list[str]) -> None:
    response = get(Plain(lines=lines, body=[CHUNKED, Gate()]))
    stream = response.stream(10)
    head = next(stream) + next(stream)
    assert head + b"".join(frames_of_bytes(PawsConnection(response))) == WIRE


def frames_of_bytes(con: PawsConnection) -> Iterator[bytes]:
    while data := con.read(100):
        yield data


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (200, "HEAD")])
@pytest.mark.parametrize(
    "lines",
    [["Transfer-Encoding: chunked"], ["Transfer-Encoding: odd"], ["Content-Length: 20"], []],
    ids=str,
)
def test_an_answer_without_a_body_has_none_whatever_its_headers_say(
    get: Get, status: int, method: str, lines: list[str]
) -> None:
    lines = [*lines, "Content-Encoding: odd"]
    con = PawsConnection(get(Plain(status=status, lines=lines, body=[Gate()]), method))
    assert con.read() == b""


# --- content codings --------------------------------------------------------------------------


def deflated(data: bytes, window: int) -> bytes:
    packer = zlib.compressobj(wbits=window)
    return packer.compress(data) + packer.flush()


ENCODED = {
    "gzip": gzip.compress(WIRE),
    " X-GZIP ": gzip.compress(WIRE),
    ",gzip,": gzip.compress(WIRE),
    "identity": WIRE,
    "": WIRE,
    "deflate": deflated(WIRE, 15),
    "Deflate": deflated(WIRE, -15),
    "gzip, gzip": gzip.compress(gzip.compress(WIRE)),
    "deflate\r\nContent-Encoding: gzip": gzip.compress(deflated(WIRE, 15)),
}


@pytest.mark.parametrize(("encoding", "body"), ENCODED.items(), ids=map(repr, ENCODED))
@pytest.mark.parametrize("length", [True, False], ids=["length", "chunked"])
def test_an_encoded_body_is_decoded_however_it_is_announced(
    get: Get, encoding: str, body: bytes, *, length: bool
) -> None:
    how = f"Content-Length: {len(body)}" if length else "Transfer-Encoding: chunked"
    pieces: list[Piece] = [body[:20], body[20:]]
    if not length:
        pieces = [b"14\r\n", body[:20], b"\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body) - 20, body[20:])]
    answer = Plain(lines=[how, f"Content-Encoding: {encoding}"], body=pieces)
    assert frames_of(PawsConnection(get(answer))) == CONVERSE
    con = PawsConnection(get(answer))
    assert b"".join(iter(lambda: con.read(3), b"")) == WIRE


def test_responses_of_http_client_and_over_files_are_decoded() -> None:
    packed = gzip.compress(WIRE)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert frames_of(PawsConnection(raw_response(head + packed))) == CONVERSE
    response = urllib3.HTTPResponse(
        io.BytesIO(packed), headers={"Content-Encoding": "X-gzip"}, preload_content=False
    )
    assert frames_of(PawsConnection(response)) == CONVERSE


@pytest.mark.parametrize("encoding", ["compress", "gzip, exi", "aws-chunked", "gzip," * 6])
def test_a_content_coding_without_a_decoder_is_named(
    get: Get, server: WireServer, encoding: str
) -> None:
    answer = Plain(lines=[f"Content-Encoding: {encoding}"], body=[WIRE, Gate()])
    con = PawsConnection(get(answer))
    for _ in range(2):
        with pytest.raises(HttpHeaderError, match="Content-Encoding") as caught:
            con.read_frame()
        assert caught.value.header == "Content-Encoding"
        assert caught.value.value in encoding + ","
    con.close()
    assert server.connections[0].closed.wait(20)


# --- breaks and floods ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "wire"),
    [
        (["Transfer-Encoding: chunked"], b"%x\r\n%s\r\nzz"),
        (["Transfer-Encoding: chunked"], b"%x\r\n%sX"),
    ],
    ids=["size", "chunk end"],
)
def test_a_break_after_content_is_raised_without_another_byte(
    get: Get, lines: list[str], wire: bytes
) -> None:
    body = wire % (len(CONVERSE[0]), CONVERSE[0])
    con = PawsConnection(get(Plain(lines=lines, body=[body, Gate()])))
    assert con.read_frame().encode() == CONVERSE[0]
    for timeout in (20, None, 0):
        with pytest.raises(ConnectionLostError) as caught:
            con.read_frame(timeout=timeout)
        assert not isinstance(caught.value, StreamTimeoutError)


def test_garbage_after_gzip_is_raised_without_another_byte(get: Get) -> None:
    body = gzip.compress(CONVERSE[0]) + b"x"
    con = PawsConnection(get(Plain(lines=["Content-Encoding: gzip"], body=[body, Gate()])))
    assert con.read_frame().encode() == CONVERSE[0]
    with pytest.raises(ConnectionLostError, match="gzip"):
        con.read_frame(timeout=20)


def extended_chunks() -> bytes:
    """Make a frame in chunks of a byte, each with an extension of 1000."""
    content = Frame({}, bytes(1000)).encode()[:200]
    return b"".join(b"1;%s\r\n%c\r\n" % (b"e" * 1000, byte) for byte in content)


@pytest.mark.parametrize(
    ("line", "flood"),
    [
        ("Content-Encoding: gzip", gzip.compress(b"", mtime=0) * 10_000),
        ("Transfer-Encoding: chunked", extended_chunks()),
    ],
    ids=["gzip members", "chunk extensions"],
)
def test_a_flood_without_content_ends_in_an_error(get: Get, line: str, flood: bytes) -> None:
    con = PawsConnection(get(Plain(lines=[line], body=[flood, Gate()])))
    with pytest.raises(ConnectionLostError, match="bytes without content"):
        con.read_frame(timeout=20)
