"""Files, pipes and sockets as sources."""

from __future__ import annotations

import gzip
import http.client
import io
import os
import socket
import ssl
import time
import urllib.request
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from awsio import PawsConnection
from awsio.errors import ConnectionLostError, StreamTimeoutError, TruncatedStreamError
from awsio.sources import FileSource, make_source
from awsio.sources.waiting import FileReadiness
from tests.support.frames import CONVERSE, SELECT
from tests.support.tls import TlsServer, make_certificate
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIRE = b"".join(CONVERSE)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    a, b = socket.socketpair()
    with a, b:
        yield a, b


def frames_of(con: PawsConnection) -> list[bytes]:
    return [frame.encode() for frame in con]


def test_files_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "wire"
    path.write_bytes(WIRE)
    for file in (
        io.BytesIO(WIRE),
        path.open("rb"),
        path.open("rb", buffering=0),
        io.BufferedReader(path.open("rb", buffering=0), 16),
        OnlyRead(WIRE),
    ):
        with PawsConnection(file) as con:
            assert frames_of(con) == CONVERSE
        assert getattr(file, "closed", True)


class OnlyRead:
    """An object with nothing but ``read``, whose bytes are of another type."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytearray:
        return bytearray(self._file.read(min(size, 7)))


def test_an_object_with_nothing_but_read_has_no_descriptor_and_never_waits() -> None:
    con = PawsConnection(OnlyRead(WIRE))
    with pytest.raises(OSError, match="descriptor"):
        con.fileno()
    assert con.read_frame(timeout=0) is not None


def test_a_source_is_taken_as_it_is() -> None:
    source = FileSource(io.BytesIO(WIRE))
    assert make_source(source) is source
    assert frames_of(PawsConnection(source)) == CONVERSE


def test_a_file_on_disk_never_waits(tmp_path: Path) -> None:
    path = tmp_path / "wire"
    path.write_bytes(CONVERSE[0])
    with PawsConnection(path.open("rb")) as con:
        assert con.fileno() > 0
        assert con.read_frame(timeout=0) is not None
        assert con.read_frame(timeout=0) is None


def test_a_pipe_gives_what_is_there_and_waits_in_time() -> None:
    reader, writer = os.pipe()
    try:
        with PawsConnection(os.fdopen(reader, "rb")) as con:
            for frame in CONVERSE[:2]:
                for _ in range(2):
                    with pytest.raises(StreamTimeoutError):
                        con.read_frame(timeout=0)
                with pytest.raises(StreamTimeoutError):
                    con.read_frame(timeout=0.01)
                os.write(writer, frame)
                assert con.read_frame(timeout=0).encode() == frame
            os.write(writer, CONVERSE[2][:20])
            with pytest.raises(StreamTimeoutError):
                con.read_frame(timeout=0)
            os.write(writer, CONVERSE[2][20:])
            assert Task(con.read_frame).result().encode() == CONVERSE[2]
            assert os.get_blocking(reader)
    finally:
        os.close(writer)


@pytest.mark.parametrize("buffering", [-1, 0])
@pytest.mark.parametrize("sock_timeout", [None, 15.0])
def test_a_socket_file_too(
    pair: tuple[socket.socket, socket.socket], buffering: int, sock_timeout: float | None
) -> None:
    ours, theirs = pair
    ours.settimeout(sock_timeout)
    with PawsConnection(ours.makefile("rb", buffering=buffering)) as con:
        with pytest.raises(StreamTimeoutError):
            con.read_frame(timeout=0)
        theirs.sendall(b"".join(CONVERSE[:3]))
        assert [con.read_frame(timeout=0).encode() for _ in range(3)] == CONVERSE[:3]
        with pytest.raises(StreamTimeoutError):
            con.read_frame(timeout=0)
        assert ours.gettimeout() == sock_timeout
        theirs.close()
        assert con.read_frame(timeout=0) is None


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_file_that_does_not_block_is_waited_for(buffering: int) -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    con = PawsConnection(os.fdopen(reader, "rb", buffering=buffering))
    with pytest.raises(StreamTimeoutError):
        con.read_frame(timeout=0.01)
    os.write(writer, CONVERSE[0] + CONVERSE[1][:20])
    assert con.read_frame(timeout=15).encode() == CONVERSE[0]
    rest = Task(con.read_frame)
    rest.wait_inside("wait_readable")
    os.write(writer, CONVERSE[1][20:])
    assert rest.result().encode() == CONVERSE[1]
    end = Task(con.read_frame)
    end.wait_inside("wait_readable")
    os.close(writer)
    assert end.result() is None
    assert con.is_complete()


@pytest.mark.parametrize("buffering", [-1, 0])
def test_the_file_of_a_socket_that_does_not_block_too(
    pair: tuple[socket.socket, socket.socket], buffering: int
) -> None:
    ours, theirs = pair
    ours.settimeout(0)
    con = PawsConnection(ours.makefile("rb", buffering=buffering))
    first = Task(con.read_frame)
    first.wait_inside("wait_readable")
    theirs.sendall(CONVERSE[0])
    assert first.result().encode() == CONVERSE[0]
    theirs.close()
    assert con.read_frame(timeout=15) is None


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_reader_of_a_socket_file_is_woken(
    pair: tuple[socket.socket, socket.socket], buffering: int
) -> None:
    source = FileSource(pair[0].makefile("rb", buffering=buffering))
    reader = Task(lambda: source.read(20))
    reader.wait_in_recv()
    source.wake()
    assert reader.result() == b""


@pytest.mark.parametrize("buffering", [-1, 0])
@pytest.mark.parametrize("sock_timeout", [15.0, 0.0])
def test_a_part_of_a_record_of_tls_is_nothing_yet(
    tmp_path: Path, buffering: int, sock_timeout: float
) -> None:
    certificate, rest = make_certificate(tmp_path), Gate()
    context = ssl.create_default_context(cafile=str(certificate))
    with TlsServer(certificate, [(b"hello", rest)]) as server:
        host, port = server.url.removeprefix("https://").split(":")
        plain = socket.create_connection((host, int(port)), 15)
        sock = context.wrap_socket(plain, server_hostname=host)
        with sock, sock.makefile("rb", buffering=buffering) as file:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += file.read(1)
            rest.reached.wait(15)
            sock.settimeout(sock_timeout)
            source = FileSource(file)
            with pytest.raises(StreamTimeoutError):
                source.read(20, time.monotonic() + 0.05)
            reader = Task(lambda: source.read(20, time.monotonic() + 15))
            reader.wait_inside("wait_until")
            rest.open()
            assert reader.result() == b"5\r\nhello\r\n"
            assert sock.gettimeout() == sock_timeout


def test_a_part_of_a_record_that_comes_during_the_wait_is_waited_on(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    looks = iter([False, None, False, True])
    monkeypatch.setattr(FileReadiness, "_look", lambda *_: next(looks))
    theirs.sendall(b"hello")  # the descriptor can be read, whatever the looks say
    assert FileSource(ours.makefile("rb")).read(20, time.monotonic() + 15) == b"hello"
    assert next(looks, "no more") == "no more"


def test_bytes_in_the_buffer_of_a_file_are_not_waited_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.sendall(b"a header line\r\n" + CONVERSE[0] + CONVERSE[1])
    file = ours.makefile("rb")
    assert file.readline() == b"a header line\r\n"
    with PawsConnection(file) as con:
        assert con.read_frame(timeout=0).encode() == CONVERSE[0]
        got = con.read(3)
        while len(got) < len(CONVERSE[1]):
            got += con.read(len(CONVERSE[1]) - len(got))
        with pytest.raises(StreamTimeoutError):
            con.read_frame(timeout=0)


def test_after_a_small_byte_read_nothing_buffered_is_waited_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.sendall(WIRE)
    with PawsConnection(ours.makefile("rb")) as con:
        got = b""
        while len(got) < len(CONVERSE[0]):
            got += con.read(min(7, len(CONVERSE[0]) - len(got)))
        rest = [con.read_frame(timeout=0) for _ in CONVERSE[1:]]
        assert [frame.encode() for frame in rest] == CONVERSE[1:]


def test_a_raw_pipe_in_non_blocking_mode_is_waited_for() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    try:
        with PawsConnection(os.fdopen(reader, "rb", buffering=0)) as con:
            task = Task(con.read_frame)
            task.wait_inside("wait_readable")
            os.write(writer, CONVERSE[0])
            assert task.result().encode() == CONVERSE[0]
            with pytest.raises(StreamTimeoutError) as caught:
                con.read_frame(timeout=0.01)
            assert caught.value.resumable
    finally:
        os.close(writer)


def test_a_socket_s_own_timeout_stays(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    ours.settimeout(0.05)
    con = PawsConnection(ours.makefile("rb"))
    for _ in range(2):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_frame()
        assert not caught.value.resumable


class Failing:
    """A file that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, size: int) -> bytes:  # noqa: ARG002 - as every file's
        raise self._error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError("slow"), StreamTimeoutError),
        (OSError("disk"), ConnectionLostError),
        (ConnectionResetError("reset"), ConnectionLostError),
        (EOFError("cut"), TruncatedStreamError),
        (zlib.error("bad"), ConnectionLostError),
        (http.client.IncompleteRead(b"", 3), TruncatedStreamError),
        (http.client.LineTooLong("chunk size"), ConnectionLostError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__ + "()",
)
def test_errors_below_are_said_in_awsio_s_terms(
    error: Exception, expected: type[Exception]
) -> None:
    con = PawsConnection(Failing(error))
    for _ in range(2):
        with pytest.raises(expected):
            con.read_frame()


def test_another_error_below_passes_as_it_is_and_then_bytes_count_as_lost() -> None:
    con = PawsConnection(Failing(ZeroDivisionError("theirs")))
    with pytest.raises(ZeroDivisionError):
        con.read_frame()
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="interrupted by ZeroDivisionError"):
            con.read_frame()


def test_a_compressed_file_that_is_cut_is_truncated() -> None:
    packed = gzip.compress(WIRE)
    assert frames_of(PawsConnection(gzip.GzipFile(fileobj=io.BytesIO(packed)))) == CONVERSE
    con = PawsConnection(gzip.GzipFile(fileobj=io.BytesIO(packed[:-9])))
    with pytest.raises(TruncatedStreamError):
        frames_of(con)
    con = PawsConnection(gzip.GzipFile(fileobj=io.BytesIO(b"no gzip at all")))
    with pytest.raises(ConnectionLostError):
        frames_of(con)


def test_a_response_of_the_standard_library(server: WireServer) -> None:
    server.answer(Answer(SELECT))
    with PawsConnection(urllib.request.urlopen(server.url)) as con:  # noqa: S310 - our server
        assert frames_of(con) == SELECT
    server.answer(Answer(SELECT[:2], last_chunk=False, end="fin"))
    con = PawsConnection(urllib.request.urlopen(server.url))  # noqa: S310 - our server
    assert [con.read_frame().encode() for _ in range(2)] == SELECT[:2]
    with pytest.raises(TruncatedStreamError):
        con.read_frame()
    con.close()


def test_a_response_of_the_standard_library_is_polled_and_woken(server: WireServer) -> None:
    server.answer(Answer([SELECT[0], Gate(), SELECT[1]]))
    con = PawsConnection(urllib.request.urlopen(server.url))  # noqa: S310 - our server
    assert con.read_frame(timeout=15).encode() == SELECT[0]
    for timeout in (0, 0.01):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_frame(timeout=timeout)
        assert caught.value.resumable
    task = Task(con.read_frame)
    task.wait_inside("readinto", "wait_readable")
    con.close()
    with pytest.raises(ValueError, match="closed"):
        task.result()
    assert server.connections[0].closed.wait(20)


def test_a_file_closed_below_is_a_value_error() -> None:
    file = io.BytesIO(WIRE)
    con = PawsConnection(file)
    file.close()
    with pytest.raises(ValueError, match="closed"):
        con.read_frame()


def test_a_timed_read_of_a_file_closed_below_does_not_hang(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    file = ours.makefile("rb")
    con = PawsConnection(file)
    file.close()
    began = time.perf_counter()
    with pytest.raises(ValueError, match="closed"):
        con.read_frame(timeout=15)
    assert time.perf_counter() - began < 5


class Gives:
    """A file whose reads give one thing."""

    def __init__(self, given: object) -> None:
        self._given = given

    def read(self, _size: int) -> object:
        return self._given


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("text", "returned str, not bytes"),
        (3, "returned int, not bytes"),
        ([1], "returned list, not bytes"),
        (None, "returned None, and there is nothing to wait for"),
    ],
)
def test_a_read_that_gives_no_bytes_is_a_type_error(given: object, told: str) -> None:
    with (
        PawsConnection(Gives(given)) as con,
        pytest.raises(TypeError, match=rf"^read\(\) of a Gives {told}$"),
    ):
        con.read_frame()


class GivesAsSource(FileSource):
    """A byte source whose reads give one thing."""

    def read(self, size: int, deadline: float | None = None) -> Any:  # noqa: ARG002 - as all
        return self.file.read(size)


@pytest.mark.parametrize("given", [None, "text", bytearray(b"bytes"), memoryview(b"bytes")])
def test_a_byte_source_gives_bytes_and_nothing_else(given: object) -> None:
    kind = type(given).__name__
    with (
        PawsConnection(GivesAsSource(Gives(given))) as con,
        pytest.raises(
            TypeError, match=rf"^read\(\) of a GivesAsSource returned {kind}, not bytes$"
        ),
    ):
        con.read(1)
