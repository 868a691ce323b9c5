"""A signal handler that raises, at every moment of a read: nothing is lost in silence."""

from __future__ import annotations

import http.client
import io
import socket
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import StreamError, StreamTimeoutError
from awsio.events import operation_model
from awsio.sources.http import HttpSource
from tests.support.frames import event
from tests.support.interrupts import SignalAt, Sweep, raising
from tests.support.waiting import Task

Take: TypeAlias = Callable[[], Any]
MakeTake: TypeAlias = Callable[[PawsConnection], Take]

BYTES = "application/octet-stream"
ROWS = EventParser.for_operation(operation_model("s3", "SelectObjectContent"))
FRAMES = [event("Records", b"%d\n" % number, BYTES) for number in range(3)]
FRAMES += [event("Stats", b"<Stats/>", "text/xml"), event("Records", b"last\n", BYTES)]
FRAMES += [event("End", b"")]
PARTS = [b"0\n", b"1\n", b"2\n", b"last\n"]
TEXT = b"".join(PARTS)
SSE = [event("Records", b"data: %d\n\n" % number, BYTES) for number in range(3)] + FRAMES[-1:]
JSON = [event("Records", part, BYTES) for part in (b'{"a":1}0 ', b"nu", b'll [""]')] + FRAMES[-1:]


class Pipe:
    """A connection to a peer in this process, whose answer comes in two pieces.

    Args:
        frames: the body.
    """

    def __init__(self, frames: list[bytes]) -> None:
        near, self.far = socket.socketpair()
        body = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in frames) + b"0\r\n\r\n"
        half = len(body) // 2
        self._rest = [body[half:]]
        self.far.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body[:half])
        response = http.client.HTTPResponse(near)
        response.begin()
        near.close()  # the response's file keeps it open
        self.con = PawsConnection(HttpSource(response), ROWS)

    def send_rest(self) -> None:
        """Send the second piece; harmless after that."""
        while self._rest:
            self.far.sendall(self._rest.pop())

    def close(self) -> None:
        """Close both ends."""
        self.con.close()
        self.far.close()


def bytes_by_readinto(con: Any, size: int) -> Take:
    def take() -> bytes:
        buffer = bytearray(size)
        return bytes(buffer[: con.readinto(buffer)])

    return take


def documents(con: PawsConnection) -> Take:
    found = con.iter_json()
    return lambda: [next(found)]


def of_payload(name: str, *args: Any) -> MakeTake:
    def make(con: PawsConnection) -> Take:
        read = getattr(con.payload(), name)
        return lambda: read(*args)

    return make


WIRE = b"".join(FRAMES)
# What is read in which way of which body, and what comes of it, joined.
READS: dict[str, tuple[list[bytes], MakeTake, Any]] = {
    "read_frame": (FRAMES, lambda con: lambda: listed(con.read_frame()), None),
    "read_frame with a timeout": (
        FRAMES,
        lambda con: lambda: listed(con.read_frame(timeout=0)),
        None,
    ),
    "read_event": (FRAMES, lambda con: lambda: listed(con.read_event()), None),
    "next": (FRAMES, lambda con: lambda: listed(next(con, None)), None),
    "read_payload": (FRAMES, lambda con: lambda: con.read_payload() or b"", TEXT),
    "read": (FRAMES, lambda con: lambda: con.read(50), WIRE),
    "readinto": (FRAMES, lambda con: bytes_by_readinto(con, 50), WIRE),
    "readall": (FRAMES, lambda con: con.readall, WIRE),
    "readline": (FRAMES, lambda con: con.readline, WIRE),
    "readlines": (FRAMES, lambda con: con.readlines, io.BytesIO(WIRE).readlines()),
    "readlines hint": (FRAMES, lambda con: lambda: con.readlines(9), None),
    "read_lines": (FRAMES, lambda con: lambda: con.read_lines(2) or [], ["0", "1", "2", "last"]),
    "server-sent events": (
        SSE,
        lambda con: lambda: listed(con.read_server_sent_event()),
        None,
    ),
    "iter_json": (JSON, documents, [{"a": 1}, 0, None, [""]]),
    "payload read": (FRAMES, of_payload("read", 3), TEXT),
    "payload read long": (FRAMES, of_payload("read", 100_000), TEXT),
    "payload read1": (FRAMES, of_payload("read1"), TEXT),
    "payload readline": (FRAMES, of_payload("readline"), TEXT),
    "payload readlines": (FRAMES, of_payload("readlines"), TEXT.splitlines(keepends=True)),
    "payload readinto": (FRAMES, lambda con: bytes_by_readinto(con.payload(), 5), TEXT),
}


def listed(found: Any) -> list[Any]:
    return [] if found is None else [found]


class Reading:
    """What a reader gets, in one thread and then in another.

    Attributes:
        got: what came.
        error: what ended it, None for the end of the stream.
    """

    def __init__(self, pipe: Pipe, make: MakeTake) -> None:
        self.got: list[Any] = []
        self.error: StreamError | None = None
        self._pipe = pipe
        self._con = pipe.con
        self._take = make(pipe.con)

    def read(self) -> None:
        """Read to the end or to an error."""
        self._con.idle_timeout = 0  # only what is there
        while True:
            try:
                found = self._take()
            except StopIteration:
                return
            except StreamTimeoutError as error:
                if not error.resumable:
                    self.error = error
                    return
                self._pipe.send_rest()
                self._con.idle_timeout = 10
                continue
            except StreamError as error:
                self.error = error
                return
            if not found:
                return
            self.got.append(found)

    @property
    def joined(self) -> Any:
        """What came, joined."""
        return join(self.got)


def join(parts: list[Any]) -> Any:
    if parts and isinstance(parts[0], bytes):
        return b"".join(parts)
    return [one for part in parts for one in part]


def interrupted(frames: list[bytes], make: MakeTake, trace: SignalAt) -> Reading:
    """Read with a signal at some instruction; then read on in another thread."""
    pipe = Pipe(frames)
    reading = Reading(pipe, make)
    before = sys.gettrace()  # that of coverage, which goes on after the test
    try:
        sys.settrace(trace)
        reading.read()
    except (KeyboardInterrupt, TimeoutError):
        sys.settrace(before)
        pipe.send_rest()
        Task(reading.read).result()
    finally:
        sys.settrace(before)
        Task(pipe.close).result()
    return reading


@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError])
@pytest.mark.parametrize("name", READS)
def test_a_signal_at_any_instruction_loses_nothing_in_silence(
    name: str, error: type[BaseException], *, long: bool
) -> None:
    frames, make, expected = READS[name]
    whole = interrupted(frames, make, SignalAt(1 << 30))
    if expected is not None:
        assert whole.joined == expected
    expected = whole.joined
    lossless = lossy = 0
    with raising(error):
        for trace in Sweep(1 if long else 7):
            reading = interrupted(frames, make, trace)
            if reading.error is None:
                assert reading.joined == expected, trace.place
                lossless += 1
            else:  # nothing that follows a gap was delivered before the error
                assert not reading.got or reading.joined == expected[: len(reading.joined)]
                lossy += 1
    print(name, "without loss", lossless, "with an error", lossy)
    assert lossless >= 5
    assert lossy


def test_a_signal_at_any_instruction_of_close_leaves_what_a_second_close_finishes() -> None:
    sweep = Sweep()
    with raising(KeyboardInterrupt):
        for trace in sweep:
            pipe = Pipe(FRAMES)
            assert pipe.con.read_event()
            before = sys.gettrace()
            try:
                sys.settrace(trace)
                pipe.con.close()
            except KeyboardInterrupt:
                pass
            finally:
                sys.settrace(before)
            Task(pipe.con.close).result()
            pipe.far.settimeout(5)
            assert pipe.far.recv(1) == b"", trace.place  # the descriptor is closed
            pipe.far.close()
    assert sweep.signals > 10
