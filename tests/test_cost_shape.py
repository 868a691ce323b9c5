"""What an event costs does not grow with its stream: steps are counted, nothing is timed.

Counted are the Python functions entered, those of the codec among them, the functions of C
called, and the reads of the source. A stream of ten times the events may take ten times of
each.
"""

from __future__ import annotations

import gc
import io
import queue
import select
import socket
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from awsio import PawsConnection
from awsio.events import EventParser, operation_model
from awsio.eventstream import FrameDecoder
from tests.support.frames import event, text

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW, MANY = 1_000, 10_000
# A frame in two pieces takes a step more, and there is not always one of them in each tenth.
SLACK = 1.02
READS = [pytest.param(200, id="200 B"), pytest.param(65536, id="64 KiB"), None]

CONVERSE = EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))
SELECT = EventParser.for_operation(operation_model("s3", "SelectObjectContent"))
TOKEN = text(" world")
TOKENS_END = event("messageStop", {"stopReason": "end_turn"})
RECORD = event("Records", b"1043,Bergen,6.25\n" * 5, "application/octet-stream")
RECORDS_END = event("End", b"")

Steps = Counter[str]


class Body:
    """A file whose reads give pieces of one size, None: everything at once.

    Attributes:
        reads: how many there were.
    """

    def __init__(self, data: bytes, size: int | None) -> None:
        self._file = io.BytesIO(data)
        self._size = size or len(data)
        self.reads = 0

    def read(self, _size: int) -> bytes:
        self.reads += 1
        return self._file.read(self._size)


@contextmanager
def counted() -> Iterator[Steps]:
    """Count the steps of this thread."""
    steps: Steps = Counter()

    def count(frame: Any, kind: str, argument: Any) -> None:
        steps[kind] += 1
        if kind == "c_call":
            steps["of the socket"] += argument.__name__ in {"recv", "recv_into"}
            steps["waits"] += argument.__name__ == "poll"
        if kind == "call":
            file = frame.f_code.co_filename
            steps["of the codec"] += "eventstream" in file

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield steps
    finally:
        sys.setprofile(before)


def check(few: Steps, many: Steps, times: float = MANY / FEW) -> None:
    """Compare the steps of two streams, one of them so many times as long."""
    assert few["call"]
    grown = {
        kind: (few[kind], many[kind]) for kind in many if many[kind] > few[kind] * times * SLACK
    }
    assert grown == {}


def frame_steps(count: int, size: int | None) -> Steps:
    body = Body(TOKEN * count, size)
    decoder = FrameDecoder()
    found = 0
    with counted() as steps:
        while data := body.read(0):
            decoder.feed(data)
            for _frame in decoder:
                found += 1
    assert found == count
    return steps


def event_steps(count: int, size: int | None) -> Steps:
    body = Body(TOKEN * (count - 1) + TOKENS_END, size)
    with counted() as steps:
        con = PawsConnection(body, CONVERSE)
        found = sum(1 for _event in con)
    assert found == count
    steps["reads"] = body.reads
    return steps


def payload_steps(count: int, size: int | None) -> Steps:
    body = Body(RECORD * (count - 1) + RECORDS_END, size)
    buffer = bytearray(4096)
    found = 0
    with counted() as steps:
        file = PawsConnection(body, SELECT).payload()
        while got := file.readinto(buffer):
            found += got
    assert found == 17 * 5 * (count - 1)
    steps["reads"] = body.reads
    return steps


@pytest.mark.parametrize("size", READS)
def test_a_frame_takes_as_many_steps_in_a_long_stream_as_in_a_short_one(size: int | None) -> None:
    check(frame_steps(FEW, size), frame_steps(MANY, size))


@pytest.mark.parametrize("size", READS)
def test_an_event_takes_as_many_steps_and_reads_in_a_long_stream_as_in_a_short_one(
    size: int | None,
) -> None:
    check(event_steps(FEW, size), event_steps(MANY, size))


@pytest.mark.parametrize("size", READS)
def test_a_payload_takes_as_many_steps_and_reads_in_a_long_stream_as_in_a_short_one(
    size: int | None,
) -> None:
    check(payload_steps(FEW, size), payload_steps(MANY, size))


class ChunkServer:
    """Sends one event in each HTTP chunk, and the next one when the one before was taken.

    So every chunk is read by itself, whatever the machine is busy with.

    Args:
        events: what is sent.

    Attributes:
        url: where it answers, once.
        taken: put something in for each event that was taken.
    """

    def __init__(self, events: list[bytes]) -> None:
        self.taken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._events = events
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait until everything was sent."""
        self._thread.join(20)
        self._listener.close()

    def _serve(self) -> None:
        sock, _ = self._listener.accept()
        with sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = b""
            while b"\r\n\r\n" not in request:
                request += sock.recv(65536)
            sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for data in self._events:
                sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))
                self.taken.get(timeout=20)
            sock.sendall(b"0\r\n\r\n")


def loopback_steps(count: int) -> Steps:
    server = ChunkServer([TOKEN] * (count - 1) + [TOKENS_END])
    found = 0
    with urllib3.PoolManager() as pool, counted() as steps:
        response = pool.request("GET", server.url, preload_content=False, retries=False)
        with PawsConnection(response, CONVERSE) as con:
            for _event in con:
                found += 1
                server.taken.put(None)
                # With bytes there, no read has to be tried twice.
                assert select.select([con.fileno()], [], [], 20)[0]
    server.close()
    assert found == count
    return steps


def test_an_event_in_a_chunk_of_its_own_takes_as_many_steps_and_socket_reads_late_as_early() -> (
    None
):
    few, many = loopback_steps(FEW // 5), loopback_steps(MANY // 5)
    assert max(few.pop("waits", 0), many.pop("waits", 0)) <= 3  # for the head and what follows it
    for steps in (few, many):
        del steps["c_exception"]  # the same waits, and the locks that are tried
    check(few, many)
    # A read for each chunk, and a few for the head and the end.
    assert MANY // 5 <= many["of the socket"] <= MANY // 5 + 5


def big_buffers(decoder: FrameDecoder, least: int) -> list[bytes | bytearray]:
    """Find the big buffers that a decoder holds, under whatever names."""
    held = gc.get_referents(decoder)
    held += gc.get_referents(*(one for one in held if type(one) is dict))
    held = [one.obj if isinstance(one, memoryview) else one for one in held]
    return [one for one in held if isinstance(one, (bytes, bytearray)) and len(one) >= least]


@pytest.mark.parametrize("begun", [b"", TOKEN[:20]], ids=["at a border", "inside a frame"])
def test_the_bytes_of_one_big_feed_are_copied_twice_at_most_whatever_number_of_frames_they_hold(
    begun: bytes,
) -> None:
    wire = TOKEN * MANY
    decoder = FrameDecoder()
    decoder.feed(begun)
    assert decoder.next_frame() is None
    decoder.feed(wire[len(begun) :])
    # Kept, so that a new buffer never has the place of an old one.
    seen: dict[int, bytes | bytearray] = {}
    for taken, _frame in enumerate(decoder, 1):
        if taken <= MANY // 2:
            for buffer in big_buffers(decoder, len(wire) // 2 - len(TOKEN)):
                seen[id(buffer)] = buffer
        assert len(seen) <= 2
    assert taken == MANY
