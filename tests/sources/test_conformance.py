"""Every source that is supported keeps the contract of a connection."""

from __future__ import annotations

import io
import os
import socket
import ssl
import threading
import urllib.request
import zlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import urllib3
from botocore.config import Config

import awsio
from awsio import PawsConnection
from awsio.sources import FileSource
from awsio.testing import StreamPieces, check_stream
from tests.support.bodies import OBJECT
from tests.support.calls import S3_CALL
from tests.support.tls import make_certificate
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

# gzip, and zlib's own form, which HTTP calls deflate: what zlib.compressobj calls them.
WBITS = {"gzip": 31, "deflate": 15}
SCHEMES = pytest.mark.parametrize("scheme", ["plain", "tls"])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def scheme() -> str:
    return "plain"


@pytest.fixture
def server(scheme: str, request: pytest.FixtureRequest) -> Iterator[WireServer]:
    tls = request.getfixturevalue("certificate") if scheme == "tls" else None
    with WireServer(tls) as running:
        yield running


@pytest.fixture
def get(server: WireServer, request: pytest.FixtureRequest) -> Iterator[Callable[[], Any]]:
    """Ask the server for a urllib3 response, as botocore asks."""
    context = None
    if server.url.startswith("https"):
        context = ssl.create_default_context(cafile=request.getfixturevalue("certificate"))
    with urllib3.PoolManager(retries=False, timeout=20.0, ssl_context=context) as pool:
        yield lambda: pool.request(
            "GET",
            server.url,
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,
        )


def compressed(pieces: StreamPieces, encoding: str) -> Iterator[bytes]:
    """Compress pieces, each so that it can be read at once."""
    packer = zlib.compressobj(wbits=WBITS[encoding])
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    if not pieces.cut:
        yield packer.flush()


def serve(
    server: WireServer, pieces: StreamPieces, framing: Any = "chunked", encoding: str | None = None
) -> None:
    """Let the server's next answer give the pieces."""
    body: Iterable[bytes] = pieces if encoding is None else compressed(pieces, encoding)
    if framing == "chunked":
        body = (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in body)
    server.answer(
        Answer(
            raw=body,
            framing=framing,
            length=pieces.length,
            last_chunk=not pieces.cut,
            end="fin" if pieces.cut else "keep",
            headers={} if encoding is None else {"Content-Encoding": encoding},
        )
    )


@SCHEMES
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_response_of_urllib3(server: WireServer, get: Callable[[], Any], framing: str) -> None:
    def response(pieces: StreamPieces) -> Any:
        serve(server, pieces, framing)
        return get()

    report = check_stream(response, announces_end=framing != "close")
    assert set(report.left_out) == ({"cut"} if framing == "close" else set())


@SCHEMES
@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("encoding", WBITS)
def test_a_compressed_response_of_urllib3(
    server: WireServer, get: Callable[[], Any], framing: str, encoding: str
) -> None:
    def response(pieces: StreamPieces) -> Any:
        serve(server, pieces, framing, encoding)
        return get()

    # urllib3 takes an unfinished deflate for a whole one; HTTP's chunks tell.
    announces_end = encoding == "gzip" or framing == "chunked"
    # What goes through urllib3's read1 is waited for inside a chunk's line end.
    timeouts = encoding == "gzip" or framing == "close"
    report = check_stream(response, announces_end=announces_end, timeouts=timeouts)
    lacking = set() if announces_end else {"cut"}
    assert set(report.left_out) == lacking | (set() if timeouts else {"poll", "timeout"})


def test_a_response_of_http_client(server: WireServer) -> None:
    def response(pieces: StreamPieces) -> Any:
        serve(server, pieces)
        return urllib.request.urlopen(server.url)  # noqa: S310 - our server

    assert check_stream(response, announces_end=True).left_out == {}


@pytest.fixture
def s3(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(s3={"addressing_style": "path"}),
    )
    yield client
    client.close()


def test_a_raw_response_of_botocore(server: WireServer, s3: Any) -> None:
    def response(pieces: StreamPieces) -> Any:
        serve(server, pieces)
        return s3.get_object(**OBJECT)["Body"]._raw_stream  # noqa: SLF001 - it has no public name

    assert check_stream(response, announces_end=True).left_out == {}


def test_an_event_stream_of_botocore(server: WireServer, s3: Any) -> None:
    def connection(pieces: StreamPieces) -> PawsConnection:
        serve(server, pieces)
        stream = s3.select_object_content(**S3_CALL)["Payload"]
        return awsio.connect(stream, s3, require_terminal=False)

    assert check_stream(connection, announces_end=True).left_out == {}


def test_the_connection_of_an_attached_client(server: WireServer, s3: Any) -> None:
    awsio.attach(s3, require_terminal=False)

    def connection(pieces: StreamPieces) -> Any:
        serve(server, pieces)
        return s3.select_object_content(**S3_CALL)["Payload"](connection=True)

    assert check_stream(connection, announces_end=True).left_out == {}


AT_REST = {"arrival", "silence", "timeout", "early close", "wake", "cut"}


@pytest.mark.parametrize("buffering", [-1, 0, 16])
def test_a_file_on_disk(tmp_path: Path, buffering: int) -> None:
    def file(pieces: StreamPieces) -> Any:
        path = tmp_path / "wire"
        path.write_bytes(b"".join(pieces))
        return path.open("rb", buffering=buffering)

    assert set(check_stream(file, stalls=False).left_out) == AT_REST


def test_a_file_in_memory() -> None:
    report = check_stream(lambda pieces: io.BytesIO(b"".join(pieces)), stalls=False)
    assert set(report.left_out) == AT_REST


def write_all(
    pieces: StreamPieces, write: Callable[[bytes], object], end: Callable[[], None]
) -> None:
    """Write the pieces in a thread, each at once."""

    def run() -> None:
        with suppress(OSError):  # the reader has gone
            for piece in pieces:
                write(piece)
        end()

    threading.Thread(target=run, daemon=True).start()


@pytest.mark.parametrize("buffering", [-1, 0, 16])
def test_a_pipe(buffering: int) -> None:
    def pipe(pieces: StreamPieces) -> Any:
        reader, writer = os.pipe()
        file = os.fdopen(writer, "wb", buffering=0)
        write_all(pieces, file.write, file.close)
        return os.fdopen(reader, "rb", buffering=buffering)

    assert set(check_stream(pipe, wakes=False).left_out) == {"cut", "wake"}


@pytest.mark.parametrize("buffering", [-1, 16, 0])
def test_a_file_of_a_socket(buffering: int) -> None:
    @contextmanager
    def socket_file(pieces: StreamPieces) -> Iterator[Any]:
        ours, theirs = socket.socketpair()
        with ours:
            write_all(pieces, theirs.sendall, theirs.close)
            yield ours.makefile("rb", buffering=buffering)

    report = check_stream(socket_file, wakes=buffering != 0)
    assert set(report.left_out) == ({"cut", "wake"} if buffering == 0 else {"cut"})


class OnlyRead:
    """Has nothing but ``read``."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int) -> bytes:
        self._rest = self._rest or next(self._pieces, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def test_an_object_that_can_only_be_read() -> None:
    report = check_stream(OnlyRead, timeouts=False, wakes=False)
    assert set(report.left_out) == {"cut", "poll", "timeout", "source closed", "wake"}


def test_a_byte_source_of_awsio() -> None:
    report = check_stream(lambda pieces: FileSource(OnlyRead(pieces)), timeouts=False, wakes=False)
    assert set(report.left_out) == {"cut", "poll", "timeout", "source closed", "wake"}
