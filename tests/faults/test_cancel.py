"""``close()`` from anywhere wakes a reader that is blocked in the socket, at once."""

from __future__ import annotations

import gc
import io
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import StreamTimeoutError
from awsio.sources.http import DRAIN_BYTES, drain_source
from tests.support.thirty import EVENTS, FRAMES, TERMINAL_AT
from tests.support.waiting import Task, wait_until
from tests.support.wire import Answer, Gate, Pause, Piece, WireServer

OpenStream: TypeAlias = Callable[..., PawsConnection]

# Told is 100 ms; a busy machine may take longer, but nothing here waits for a timeout of 20 s.
SOON = 1.0

READS: dict[str, Callable[[PawsConnection], Any]] = {
    "read_event": lambda con: con.read_event(),
    "read_event with a timeout": lambda con: con.read_event(timeout=15),
    "read": lambda con: con.read(10),
}


def stalled(framing: Any, whole: int = 2) -> Answer:
    return Answer([*FRAMES[:whole], Gate(), FRAMES[whole]], framing)


def blocked_reader(
    con: PawsConnection, read: Callable[[PawsConnection], Any] = READS["read_event"]
) -> Task:
    """Start a reader; wait until it is blocked in the system."""
    for _ in range(2):
        assert con.read_event() is not None

    def wake() -> float:
        with pytest.raises(ValueError, match="closed connection"):
            read(con)
        return time.perf_counter()

    task = Task(wake)
    if read is READS["read_event with a timeout"]:
        task.wait_inside("wait_readable")
    else:
        task.wait_in_recv()
    return task


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_close_in_another_thread_wakes_the_reader(
    open_stream: OpenStream,
    converse: EventParser,
    server: WireServer,
    framing: Any,
    read: Callable[[PawsConnection], Any],
) -> None:
    con = open_stream(stalled(framing), converse)
    task = blocked_reader(con, read)
    began = time.perf_counter()
    con.close()
    returned = time.perf_counter() - began  # the reader had the lock all the while
    woken = task.result() - began
    con.close()
    print(f"close() took {returned * 1000:.2f} ms, the reader woke after {woken * 1000:.2f} ms")
    assert returned < SOON
    assert woken < SOON
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_every_waiting_reader_is_woken(
    open_stream: OpenStream, converse: EventParser, framing: Any
) -> None:
    con = open_stream(stalled(framing), converse)
    tasks = [blocked_reader(con)]
    others = [Task(con.read_event), Task(lambda: con.read_frame(timeout=15))]
    began = time.perf_counter()
    closers = [Task(con.close) for _ in range(4)]
    for task in tasks + closers:
        task.result()
    for task in others:
        with pytest.raises(ValueError, match="closed connection"):
            task.result()
    assert time.perf_counter() - began < SOON


def read_on(con: PawsConnection, wanted: int, enough: threading.Event) -> None:
    """Read for ever; tell when as many events have come."""
    for came, _ in enumerate(con):
        if came == wanted:
            enough.set()


def test_close_at_any_moment_ends_the_reader(
    open_stream: OpenStream, converse: EventParser, server: WireServer, scheme: str, framing: Any
) -> None:
    """Between two reads, inside one, while bytes are parsed: each time it is somewhere else."""
    rng = random.Random(framing)  # noqa: S311 - a test's choice
    server.answer(Answer([*[FRAMES[1] * 7] * 300, Gate(), FRAMES[2]], framing))
    for _ in range(40 if scheme == "plain" else 15):
        con = open_stream(None, converse, keep=False)
        wanted = rng.randrange(300 * 7)
        enough = threading.Event()
        task = Task(partial(read_on, con, wanted, enough))
        assert enough.wait(20)
        began = time.perf_counter()
        con.close()
        with pytest.raises(ValueError, match="closed connection"):
            task.result()
        assert time.perf_counter() - began < SOON
        assert server.connections[-1].closed.wait(20)


class Owner:
    """Has a connection, and closes it when it is dropped."""

    def __init__(self, con: PawsConnection) -> None:
        self.con = con
        self.circle = self

    def __del__(self) -> None:
        self.con.close()


@pytest.fixture
def collected_by_hand() -> Iterator[None]:
    """Let the collector run when the test says so, and not before."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("collected_by_hand")
def test_close_in_a_finalizer_wakes_the_reader(
    open_stream: OpenStream, converse: EventParser, framing: Any
) -> None:
    con = open_stream(stalled(framing), converse)
    Owner(con)  # only the collector will find it
    task = blocked_reader(con)
    began = time.perf_counter()
    gc.collect()
    assert task.result() - began < SOON
    assert con.closed


class Reentrant(io.RawIOBase):
    """A file that closes its reader's connection inside the read, as a finalizer may."""

    def __init__(self) -> None:
        self.connection: PawsConnection | None = None
        self.closes = 0

    def read(self, size: int = -1) -> bytes:
        assert size
        assert self.connection is not None
        self.connection.close()
        return FRAMES[0]

    def close(self) -> None:
        self.closes += not self.closed
        super().close()


def test_close_inside_the_read_itself_does_not_lock_up() -> None:
    source = Reentrant()
    source.connection = con = PawsConnection(source)
    with pytest.raises(ValueError, match="closed connection"):
        con.read_event()
    assert source.closes == 1


SIGNAL_SCRIPT = """
import json, os, signal, ssl, sys, threading, time
import urllib3
from awsio import PawsConnection

url, cafile, frames = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = ssl.create_default_context(cafile=cafile) if cafile else None
pool = urllib3.PoolManager(retries=False, timeout=20.0, ssl_context=context)
signal.signal(signal.SIGUSR1, lambda *_: con.close())
main = threading.main_thread().ident
sent = 0.0

def waits():
    frame = sys._current_frames()[main]
    while frame is not None and frame.f_code.co_name != "wait_readable":
        frame = frame.f_back
    return frame is not None

def kill():
    global sent
    while not waits():
        time.sleep(0.001)
    sent = time.perf_counter()
    os.kill(os.getpid(), signal.SIGUSR1)

for framing in ("chunked", "length", "close"):
    response = pool.request("POST", url + "/" + framing, body=b"{}", preload_content=False)
    con = PawsConnection(response)
    for _ in range(frames):
        assert con.read_event() is not None
    thread = threading.Thread(target=kill)
    thread.start()
    try:
        told = repr(con.read_event())
    except ValueError as error:
        told = str(error)
    took = time.perf_counter() - sent
    thread.join()
    print(json.dumps([framing, told, took, con.closed]))
"""


def test_close_in_a_signal_handler_wakes_the_reader(
    server: WireServer, scheme: str, request: pytest.FixtureRequest
) -> None:
    server.answer(lambda head: stalled(head.split()[1].strip("/")))
    cafile = str(request.getfixturevalue("certificate")) if scheme == "tls" else ""
    command = [sys.executable, "-c", SIGNAL_SCRIPT, server.url, cafile, "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    print(lines)
    assert [line[0] for line in lines] == ["chunked", "length", "close"]
    for _, told, took, closed in lines:
        assert "closed connection" in told
        assert took < SOON
        assert closed


@pytest.mark.parametrize("timeout", [None, 15])
def test_a_reader_of_a_socket_s_file_is_woken_too(
    converse: EventParser, timeout: float | None
) -> None:
    near, far = socket.socketpair()
    file = near.makefile("rb")
    near.close()
    with far, PawsConnection(file, converse) as con:
        far.sendall(FRAMES[0])
        assert con.read_event() == EVENTS[0]
        task = Task(lambda: con.read_event(timeout=timeout))
        if timeout is None:
            task.wait_in_recv()
        else:
            task.wait_inside("wait_readable")
        began = time.perf_counter()
        con.close()
        with pytest.raises(ValueError, match="closed connection"):
            task.result()
        assert time.perf_counter() - began < SOON
        wait_until(lambda: not far.recv(1))


# --- the body's end, which close() reads ---------------------------------------------------


def test_close_reads_the_end_for_no_longer_than_fifty_milliseconds(
    open_stream: OpenStream, converse: EventParser, server: WireServer
) -> None:
    # Never silent and never at its end: only a bound of time can help.
    dribble: list[Piece] = [b"2710\r\n", *([Pause(0.002), b"x"] * 10_000)]
    answer = Answer(FRAMES[: TERMINAL_AT + 1], raw=dribble, last_chunk=False)
    con = open_stream(answer, converse)
    assert [con.read_event() for _ in range(TERMINAL_AT + 1)] == EVENTS[:-1]
    began = time.perf_counter()
    con.close()
    took = time.perf_counter() - began
    print(f"close() took {took * 1000:.1f} ms")
    assert took < SOON
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


class Endless:
    """A byte source that always has more."""

    timeout = None

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - as every source's
        assert deadline is not None
        if time.monotonic() >= deadline:
            msg = "out of time"
            raise StreamTimeoutError(msg, resumable=True)
        self.given += 100
        return bytes(100)

    def wake(self) -> None:
        """Nothing waits."""

    def close(self, *, drain: bool) -> None:
        """Nothing is open."""

    def fileno(self) -> int:
        raise OSError


def test_close_reads_no_more_of_the_end_than_64_kib() -> None:
    source = Endless()
    drain_source(source)
    assert source.given < DRAIN_BYTES + 100
    assert DRAIN_BYTES == 64 * 1024


def test_close_of_a_reader_that_waits_for_the_end_does_not_read_it(
    open_stream: OpenStream, converse: EventParser
) -> None:
    con = open_stream(Answer([*FRAMES[: TERMINAL_AT + 1], Gate(), FRAMES[-1]]), converse)
    assert [con.read_event() for _ in range(TERMINAL_AT + 1)] == EVENTS[:-1]
    task = Task(con.read_event)
    task.wait_in_recv()
    began = time.perf_counter()
    con.close()
    with pytest.raises(ValueError, match="closed connection"):
        task.result()
    assert time.perf_counter() - began < SOON
