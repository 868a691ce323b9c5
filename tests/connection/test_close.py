"""Closing: once, twice, from other threads, by leaving ``with``, and by being dropped."""

from __future__ import annotations

import gc
import io
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import (
    ConnectionLostError,
    MessageChecksumError,
    ServiceStreamError,
    TruncatedStreamError,
)
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event, exception
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

Connect = Callable[..., PawsConnection]
READS: dict[str, Callable[[PawsConnection], Any]] = {
    "read_event": lambda con: con.read_event(),
    "read_event with a timeout": lambda con: con.read_event(timeout=15),
    "read_frame": lambda con: con.read_frame(),
    "read": lambda con: con.read(10),
    "readall": lambda con: con.readall(),
    "next": next,
}
ALL_READS = pytest.mark.parametrize("read", READS.values(), ids=READS.keys())


@ALL_READS
@pytest.mark.parametrize("when", ["at once", "after an event", "at the end"])
def test_reading_after_close_is_a_value_error(
    connect: Connect, converse: EventParser, read: Callable[[PawsConnection], Any], when: str
) -> None:
    con = connect(Answer(CONVERSE), converse)
    if when == "after an event":
        con.read_event()
    elif when == "at the end":
        list(con)
    con.close()
    assert con.closed
    for _ in range(2):
        with pytest.raises(ValueError, match="closed"):
            read(con)


MORE_USES: dict[str, Callable[[PawsConnection], Any]] = {
    "read nothing": lambda con: con.read(0),
    "readinto": lambda con: con.readinto(bytearray(3)),
    "readinto nothing": lambda con: con.readinto(bytearray()),
    "readline": lambda con: con.readline(),
    "readlines": lambda con: con.readlines(),
    "read1": lambda con: con.read1(),
    "read_payload": lambda con: con.read_payload(),
    "payload": lambda con: con.payload().read(),
    "select": lambda con: next(con.select("a")),
    "fileno": lambda con: con.fileno(),
    "with": lambda con: con.__enter__(),
}


@pytest.mark.parametrize("use", MORE_USES.values(), ids=MORE_USES.keys())
def test_everything_that_reads_says_closed(use: Callable[[PawsConnection], Any]) -> None:
    con = PawsConnection(io.BytesIO(CONVERSE[0]))
    con.close()
    with pytest.raises(ValueError, match="closed"):
        use(con)


def test_what_is_known_stays_known_after_close(connect: Connect) -> None:
    con = connect(Answer(CONVERSE, headers={"x-amzn-RequestId": "r"}))
    con.close()
    assert (con.status_code, con.request_id) == (200, "r")
    assert con.initial_response is None
    assert not con.is_complete()


@ALL_READS
def test_close_wakes_a_reader_in_another_thread(
    connect: Connect,
    converse: EventParser,
    framing: str,
    read: Callable[[PawsConnection], Any],
    server: WireServer,
) -> None:
    gate = Gate()
    con = connect(Answer([CONVERSE[0], gate, b"x"], framing), converse)
    assert con.read_event() == CONVERSE_EVENTS[0]
    task = Task(lambda: read(con))
    task.wait_inside("readinto", "wait_readable", "wait_for_file", "wait_for_descriptor")
    began = time.perf_counter()
    con.close()
    with pytest.raises(ValueError, match="closed"):
        task.result()
    assert time.perf_counter() - began < 2  # far from the read timeout of 20 s
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_close_wakes_every_reader_and_frees_the_source_once() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(50):
            source = Blocking()
            con = PawsConnection(source)
            tasks = [Task(con.read_event) for _ in range(6)]
            assert source.entered.wait(20)
            con.close()
            for task in tasks:
                with pytest.raises(ValueError, match="closed"):
                    task.result()
            assert source.closed == 1
    finally:
        sys.setswitchinterval(interval)


class Blocking:
    """A byte source whose read ends when it is woken."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.woken = threading.Event()
        self.closed = 0

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - as every source's
        self.entered.set()
        self.woken.wait(20)
        return b""

    def wait(self, timeout: float) -> bool:  # noqa: ARG002 - as every source's
        return True

    def wake(self) -> None:
        self.woken.set()

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - as every source's
        self.closed += 1

    def fileno(self) -> int:
        raise OSError


def test_close_is_idempotent_and_from_any_thread(connect: Connect, server: WireServer) -> None:
    gate = Gate()
    con = connect(Answer([CONVERSE[0], gate]))
    tasks = [Task(con.close) for _ in range(8)]
    for task in tasks:
        task.result()
    con.close()
    assert con.closed
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_leaving_with_closes_whatever_happened(connect: Connect) -> None:
    with connect(Answer(CONVERSE)) as con:
        con.read_event()
    assert con.closed
    con = connect(Answer(CONVERSE))
    with pytest.raises(ZeroDivisionError), con:
        con.read_event(timeout=1 / 0)
    assert con.closed


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_leaving_with_after_the_terminal_event_keeps_the_http_connection(
    server: WireServer, request_body: Callable[..., Any], converse: EventParser, framing: Any
) -> None:
    server.answer(Answer(CONVERSE, framing))
    for _ in range(20):
        with PawsConnection(request_body(), converse) as con:
            while "messageStop" not in con.read_event():
                pass
    assert server.accepted == 1


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_leaving_with_after_an_exception_frame_keeps_the_http_connection(
    server: WireServer, request_body: Callable[..., Any], converse: EventParser, framing: Any
) -> None:
    server.answer(Answer([exception("ThrottlingException", "slow")], framing))
    for _ in range(5):
        with (
            PawsConnection(request_body(), converse) as con,
            pytest.raises(ServiceStreamError, match="slow"),
        ):
            con.read_event()
    assert server.accepted == 1


def test_close_before_the_terminal_event_breaks_the_http_connection_off(
    server: WireServer, request_body: Callable[..., Any], converse: EventParser, framing: str
) -> None:
    gate = Gate()
    server.answer(Answer([*CONVERSE[:2], gate, *CONVERSE[2:]], framing))
    for number in range(3):
        with PawsConnection(request_body(), converse) as con:
            con.read_event()
        assert server.connections[number].closed.wait(20)
        assert server.connections[number].closed_by_client
    assert server.accepted == 3


def test_close_before_the_terminal_event_does_not_read_what_is_there(
    connect: Connect, converse: EventParser, server: WireServer
) -> None:
    con = connect(Answer(CONVERSE), converse)
    con.read_event()
    con.close()
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


@pytest.mark.parametrize("held", ["the next chunk", "the last chunk", "inside a size line"])
def test_close_does_not_wait_for_a_late_end(
    connect: Connect, converse: EventParser, server: WireServer, held: str
) -> None:
    gate = Gate()
    begin: list[bytes | Gate] = [*CONVERSE[:5]]
    answer = {
        "the next chunk": Answer([*begin, gate, CONVERSE[5]]),
        "the last chunk": Answer(begin, raw=[gate]),
        "inside a size line": Answer(begin, raw=[b"4", gate, b"0\r\n"]),
    }[held]
    con = connect(answer, converse)
    while "messageStop" not in con.read_event():
        pass
    assert gate.reached.wait(20)
    began = time.perf_counter()
    con.close()
    assert time.perf_counter() - began < 2
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_close_does_not_read_a_long_end(
    connect: Connect, converse: EventParser, server: WireServer
) -> None:
    more = [event("noise", bytes(60_000)) for _ in range(200)]
    con = connect(Answer([*CONVERSE, *more]), converse)
    while "messageStop" not in con.read_event():
        pass
    began = time.perf_counter()
    con.close()
    assert time.perf_counter() - began < 2
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_close_hides_an_end_that_breaks(connect: Connect, converse: EventParser) -> None:
    con = connect(Answer(CONVERSE[:5], raw=[b"zz\r\n"], last_chunk=False, end="rst"), converse)
    while "messageStop" not in con.read_event():
        pass
    con.close()
    con = connect(Answer(CONVERSE[:5], last_chunk=False, end="fin"), converse)
    while "messageStop" not in con.read_event():
        pass
    con.close()


@pytest.fixture
def no_gc() -> Iterator[None]:
    """Let nothing but reference counts free objects."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize("events", [0, 1])
def test_a_dropped_connection_closes_its_socket_at_once(
    server: WireServer,
    request_body: Callable[..., Any],
    converse: EventParser,
    framing: str,
    events: int,
) -> None:
    server.answer(Answer([*CONVERSE[:2], Gate(), b"x"], framing))
    con = PawsConnection(request_body(), converse)
    for _ in range(events):
        con.read_event()
    gone = weakref.ref(con)
    del con
    assert gone() is None
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


@pytest.mark.usefixtures("no_gc")
def test_a_connection_dropped_after_an_error_goes_at_once(
    server: WireServer, request_body: Callable[..., Any], converse: EventParser
) -> None:
    damaged = CONVERSE[0][:-1] + b"\0"
    server.answer(Answer([damaged, Gate(), b"x"]))

    def use() -> weakref.ref[PawsConnection]:
        con = PawsConnection(request_body(), converse)
        for _ in range(2):
            with pytest.raises(MessageChecksumError):
                con.read_event()
        return weakref.ref(con)

    assert use()() is None
    assert server.connections[0].closed.wait(20)


@pytest.mark.usefixtures("no_gc")
def test_a_truncated_connection_goes_at_once() -> None:
    def use() -> weakref.ref[PawsConnection]:
        con = PawsConnection(io.BytesIO(CONVERSE[0][:-1]))
        with pytest.raises(TruncatedStreamError):
            con.read()
        with pytest.raises(TruncatedStreamError):
            con.read_event()
        return weakref.ref(con)

    assert use()() is None


def test_a_response_closed_below_is_a_stream_error(connect: Connect) -> None:
    con = connect(Answer([CONVERSE[0], Gate(), CONVERSE[1]]))
    con.read_event()
    con.http.close()
    with pytest.raises(ConnectionLostError):
        con.read_event()


def test_a_source_that_cannot_be_read_is_refused() -> None:
    for source in (None, 5, "text", io.StringIO("text"), object()):
        with pytest.raises(TypeError, match="bytes"):
            PawsConnection(source)
