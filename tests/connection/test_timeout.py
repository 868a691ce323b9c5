"""Timeouts: the transport's stays, the caller's loses nothing."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import ConnectionLostError, StreamTimeoutError, TruncatedStreamError
from awsio.eventstream import encode_frame
from awsio.sources.waiting import READS_IN_A_POLL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, initial
from tests.support.waiting import Task, wait_until
from tests.support.wire import Answer, Gate

Connect = Callable[..., PawsConnection]


def with_gates() -> tuple[list[bytes | Gate], list[Gate]]:
    """Give the pieces of a Converse stream with a gate before each but the first."""
    gates = [Gate() for _ in CONVERSE[1:]]
    pieces: list[bytes | Gate] = [CONVERSE[0]]
    for gate, frame in zip(gates, CONVERSE[1:], strict=True):
        pieces += [gate, frame]
    return pieces, gates


def poll(con: PawsConnection) -> object:
    """Poll until something comes."""
    found = []

    def came() -> bool:
        try:
            found.append(con.read_event(timeout=0))
        except StreamTimeoutError:
            return False
        return True

    wait_until(came)
    return found[0]


def test_the_transport_s_timeout_stays(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    con = connect(Answer([CONVERSE[0], Gate(), b"x"], framing), converse, timeout=0.2)
    assert con.read_event() == CONVERSE_EVENTS[0]
    for _ in range(2):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_event()
        assert not caught.value.resumable
    with pytest.raises(TimeoutError):
        con.read(1)
    assert not con.is_complete()


def test_a_poll_gives_what_is_there_and_never_waits(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    pieces, gates = with_gates()
    con = connect(Answer(pieces, framing), converse, timeout=15.0)
    assert poll(con) == CONVERSE_EVENTS[0]
    for gate, expected in zip(gates, CONVERSE_EVENTS[1:], strict=True):
        assert gate.reached.wait(20)
        began = time.perf_counter()
        for _ in range(3):
            with pytest.raises(StreamTimeoutError) as caught:
                con.read_event(timeout=0)
            assert caught.value.resumable
        assert time.perf_counter() - began < 2
        gate.open()
        assert poll(con) == expected
    assert poll(con) is None
    assert con.read_event(timeout=0) is None


def test_a_timeout_of_the_call_loses_nothing(
    connect: Connect, converse: EventParser, framing: str
) -> None:
    pieces, gates = with_gates()
    con = connect(Answer(pieces, framing), converse, timeout=15.0)
    got = [con.read_event(timeout=15)]
    for gate in gates:
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_event(timeout=0.01)
        assert caught.value.timeout == 0.01
        with pytest.raises(StreamTimeoutError):
            con.read_frame(timeout=0.01)
        task = Task(lambda: con.read_event(timeout=15))
        gate.open()
        got.append(task.result())
    assert got == CONVERSE_EVENTS


@pytest.mark.parametrize("at", [1, 11, 12, 60, -1])
def test_inside_a_frame_too(connect: Connect, converse: EventParser, framing: str, at: int) -> None:
    gate = Gate()
    first, *others = CONVERSE
    con = connect(Answer([first[:at], gate, first[at:], *others], framing), converse, timeout=15.0)
    assert gate.reached.wait(20)
    for _ in range(3):
        with pytest.raises(StreamTimeoutError):
            con.read_event(timeout=0.01)
    gate.open()
    assert list(con) == CONVERSE_EVENTS


# Where a chunked body can stand still between two pieces of content.
STALLS = {
    "before the line end of a chunk": [b"%x\r\n" % len(CONVERSE[0]), CONVERSE[0]],
    "inside the line end of a chunk": [b"%x\r\n" % len(CONVERSE[0]), CONVERSE[0] + b"\r"],
    "before a size": [b"%x\r\n" % len(CONVERSE[0]), CONVERSE[0] + b"\r\n"],
    "inside a size": [b"%x\r\n" % len(CONVERSE[0]), CONVERSE[0] + b"\r\n2"],
    "behind a size": [b"%x\r\n" % len(CONVERSE[0]), CONVERSE[0] + b"\r\n2\r\n"],
    "inside the last chunk": [b"%x\r\n" % len(CONVERSE[0]), CONVERSE[0] + b"\r\n0\r\n"],
}


@pytest.mark.parametrize("parts", STALLS.values(), ids=STALLS.keys())
def test_a_stall_inside_the_chunk_framing_is_not_waited_for(
    connect: Connect, converse: EventParser, parts: list[bytes]
) -> None:
    gate = Gate()
    con = connect(Answer(raw=[*parts, gate], last_chunk=False), converse, timeout=15.0)
    assert con.read_event() == CONVERSE_EVENTS[0]
    assert gate.reached.wait(20)
    began = time.perf_counter()
    for timeout in (0, 0.01, 0):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_event(timeout=timeout)
        assert caught.value.resumable
    assert time.perf_counter() - began < 2


def test_a_reset_seen_while_waiting_in_time_is_a_lost_connection(
    connect: Connect, invoke_model: EventParser, framing: str
) -> None:
    gate = Gate()
    answer = Answer([CONVERSE[0], gate], framing, length=999, last_chunk=False, end="rst")
    con = connect(answer, invoke_model)
    assert con.read_event(timeout=15) is not None
    task = Task(lambda: con.read_event(timeout=15))
    gate.open()
    with pytest.raises(ConnectionLostError):
        task.result()
    with pytest.raises(ConnectionLostError):
        con.read_event(timeout=0)


def test_a_cut_seen_while_waiting_in_time_is_truncation(
    connect: Connect, invoke_model: EventParser
) -> None:
    for framing in ("chunked", "length"):
        gate = Gate()
        answer = Answer(
            [CONVERSE[0], gate],
            framing,
            length=999,
            last_chunk=False,
            end="fin",
        )
        con = connect(answer, invoke_model)
        assert con.read_event(timeout=15) is not None
        task = Task(lambda con=con: con.read_event(timeout=15))
        gate.open()
        with pytest.raises(TruncatedStreamError):
            task.result()


@pytest.mark.parametrize("timeout", [-1, -0.5, float("-inf")])
def test_a_negative_timeout_is_a_poll(
    connect: Connect, converse: EventParser, timeout: float
) -> None:
    con = connect(Answer([CONVERSE[0], Gate(), b"x"]), converse)
    con.read_event()
    with pytest.raises(StreamTimeoutError):
        con.read_event(timeout=timeout)
    reader = Task(con.read_event)
    reader.wait_inside("readinto", "wait_readable")
    with pytest.raises(StreamTimeoutError):
        con.read_event(timeout=timeout)
    con.close()


@pytest.mark.parametrize("timeout", [1e12, float("inf")])
def test_a_timeout_without_end_waits_as_none_does(
    connect: Connect, converse: EventParser, timeout: float
) -> None:
    gate = Gate()
    con = connect(Answer([CONVERSE[0], gate, *CONVERSE[1:]]), converse)
    assert con.read_event(timeout=timeout) == CONVERSE_EVENTS[0]
    task = Task(lambda: con.read_event(timeout=timeout))
    gate.open()
    assert task.result() == CONVERSE_EVENTS[1]


def test_the_time_includes_the_wait_for_another_reader(
    connect: Connect, converse: EventParser
) -> None:
    con = connect(Answer([Gate(), *CONVERSE]), converse)
    reader = Task(con.read_event)
    reader.wait_inside("readinto", "wait_readable")
    with pytest.raises(StreamTimeoutError, match="another thread") as caught:
        con.read_event(timeout=0.01)
    assert caught.value.resumable
    con.close()


def test_an_initial_response_does_not_start_the_time_anew(
    connect: Connect, kinesis: EventParser
) -> None:
    gate = Gate()
    con = connect(Answer([initial(), gate, b"x"]), kinesis)
    with pytest.raises(StreamTimeoutError):
        con.read_event(timeout=0.05)
    assert con.initial_response == {}


class Drips:
    """A byte source that always has one more byte, and never waits."""

    timeout = None

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)
        self.reads = 0

    def read(self, _size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - a source
        self.reads += 1
        return self._data.read(1)

    def wake(self) -> None:
        """Nobody waits."""

    def close(self, *, drain: bool) -> None:
        """Nothing is held."""

    def fileno(self) -> int:
        raise OSError


def test_a_poll_of_a_frame_in_many_pieces_does_bounded_work() -> None:
    frame = encode_frame({}, bytes(1000))
    source = Drips(frame)
    con = PawsConnection(source)
    for polls in range(1, len(frame) // READS_IN_A_POLL + 1):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_frame(timeout=0)
        assert (caught.value.resumable, caught.value.data_pending) == (True, True)
        assert source.reads == polls * READS_IN_A_POLL
    found = con.read_frame(timeout=0)
    assert found is not None
    assert found.encode() == frame
