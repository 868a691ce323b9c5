"""A socket of the pool: closed, woken and given back by the stream that owns it, and no other."""

from __future__ import annotations

import logging
import os
import random
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from awsio import PawsConnection
from awsio.sources import body_socket
from tests.support.frames import CONVERSE
from tests.support.waiting import Task, wait_until
from tests.support.wire import Answer, Gate, Piece, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from awsio import EventParser

WIRE = b"".join(CONVERSE)
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"
BUFFER = 8192  # of http.client's file


@pytest.fixture
def one_socket(server: WireServer, pool: Any) -> Callable[..., PawsConnection]:
    """Open streams over a pool that keeps one socket."""
    pool.connection_pool_kw["maxsize"] = 1

    def open_one(parser: EventParser | None = None) -> PawsConnection:
        response = pool.request("POST", server.url, body=b"{}", preload_content=False)
        return PawsConnection(response, parser)

    return open_one


def frames_of(con: PawsConnection) -> list[bytes]:
    return [frame.encode() for frame in iter(con.read_frame, None)]


def test_a_close_that_comes_late_never_reaches_the_next_stream(
    one_socket: Callable[..., PawsConnection], server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which it would: the reader comes to the end as the socket is shut down."""
    end, second = Gate(), Gate()
    server.answer(
        Answer(CONVERSE[:-1], last_chunk=False, raw=[end, b"0\r\n\r\n"]),
        Answer([CONVERSE[0], second, *CONVERSE[1:]]),
    )
    con = one_socket()
    reader = Task(lambda: frames_of(con))
    reader.wait_inside("wait_readable")
    shut_down, held, go = body_socket.shut_down, threading.Event(), threading.Event()

    def late(sock: Any, how: int) -> None:
        end.open()  # the body's end comes, and the reader gives the socket back, if it can
        wait_until(lambda: reader.done or reader.is_inside("give_up"))
        held.set()
        go.wait(20)
        shut_down(sock, how)

    monkeypatch.setattr(body_socket, "shut_down", late)
    closer = Task(con.close)
    assert held.wait(20)
    monkeypatch.undo()
    other = Task(one_socket)  # it may have to wait for the socket, or take another one
    if reader.done:
        other.result()
    go.set()
    closer.result()
    with pytest.raises(ValueError, match="closed"):
        reader.result()
    following = other.result()
    rest = Task(lambda: frames_of(following))
    wait_until(lambda: rest.done or rest.is_inside("wait_readable"))
    second.open()
    assert rest.result() == CONVERSE
    following.close()


@pytest.fixture
def quick_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("quick_switches")
def test_closes_at_any_moment_cut_no_stream_but_their_own(
    server: WireServer, pool: Any, *, long: bool
) -> None:
    """Streams share a few sockets; half of them are closed from another thread."""
    workers, count = 3, 4000 if long else 120
    pool.connection_pool_kw["maxsize"] = workers
    server.answer(Answer(CONVERSE))

    def work(seed: int) -> tuple[int, int]:
        choice = random.Random(seed)  # noqa: S311 - a test's choice
        whole = cut = 0
        for _ in range(count):
            response = pool.request("POST", server.url, body=b"{}", preload_content=False)
            con = PawsConnection(response)
            closes = choice.random() < 0.5
            if closes:
                spins = choice.randrange(400)
                closer = Task(lambda con=con, spins=spins: (sum(range(spins)), con.close()))
            try:
                found = frames_of(con)
                assert found == CONVERSE
                whole += 1
            except ValueError:
                assert closes
                cut += 1
            if closes:
                closer.result()
            con.close()
        return whole, cut

    tasks = [Task(lambda seed=seed: work(seed)) for seed in range(workers)]
    outcomes = [task.result(600) for task in tasks]
    print("whole and cut", outcomes, "connections", server.accepted)
    assert sum(whole for whole, _ in outcomes) > count


class OneRecord(Answer):
    """An answer in one write: one record of TLS."""

    def wire(self) -> Iterable[Piece]:
        return [b"".join(piece for piece in super().wire() if isinstance(piece, bytes))]


def padded(answer: Answer, evil: bytes, *, past_buffer: bool) -> Answer:
    """Let the body end where http.client's buffer does, or within it; then comes another answer."""
    answer.raw = [evil]
    if past_buffer:
        length = sum(map(len, answer.wire())) - len(evil) + len("X-Pad: \r\n")  # type: ignore[arg-type]
        answer.headers = {"X-Pad": "p" * (BUFFER - length)}
    return answer


class TwoRecords(Answer):
    """An answer in two writes: the head, and the rest when the gate is opened."""

    gate: Gate

    def wire(self) -> Iterable[Piece]:
        head, *rest = super().wire()
        return [head, self.gate, b"".join(piece for piece in rest if isinstance(piece, bytes))]


def by_one(con: PawsConnection) -> bytes:
    return b"".join(iter(lambda: con.read(1), b""))


READS: dict[str, Callable[[PawsConnection], bytes]] = {
    "frames": lambda con: b"".join(frames_of(con)),
    "all bytes": lambda con: con.readall(),
    "one byte at a time": by_one,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
@pytest.mark.parametrize("where", ["http.client's buffer", "behind it"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_bytes_after_the_end_of_one_answer_are_never_the_next_one(
    one_socket: Callable[..., PawsConnection],
    server: WireServer,
    framing: Any,
    where: str,
    read: Callable[[PawsConnection], bytes],
) -> None:
    # The body's own last chunk stands in raw, for what follows it comes after it.
    last = b"0\r\n\r\n" if framing == "chunked" else b""
    first = OneRecord([WIRE], framing, last_chunk=False)
    server.answer(
        padded(first, last + EVIL, past_buffer=where == "behind it"), OneRecord([WIRE], framing)
    )
    for _ in range(2):
        con = one_socket()
        assert read(con) == WIRE
        con.close()
    assert server.accepted == 2
    server.answer(OneRecord([WIRE], framing))  # where nothing follows, the socket is kept
    for _ in range(3):
        con = one_socket()
        assert read(con) == WIRE
        con.close()
    assert server.accepted == 2


@pytest.mark.parametrize("evil", [b"", EVIL])
def test_bytes_that_tls_has_decrypted_after_the_end_are_seen(
    one_socket: Callable[..., PawsConnection], server: WireServer, evil: bytes
) -> None:
    """Read by one byte after a wait: what follows lies in OpenSSL, in no buffer of Python's."""
    first = TwoRecords([WIRE], "length", raw=[evil])
    first.gate = Gate()
    server.answer(first, OneRecord([WIRE]))
    con = one_socket()
    reader = Task(lambda: by_one(con))
    reader.wait_inside("wait_readable")
    first.gate.open()
    assert reader.result() == WIRE
    again = one_socket()
    assert by_one(again) == WIRE
    assert server.accepted == (2 if evil else 1)


@pytest.mark.parametrize("where", ["http.client's buffer", "behind it"])
def test_bytes_after_an_end_that_close_reads_are_never_the_next_answer(
    one_socket: Callable[..., PawsConnection],
    server: WireServer,
    converse: EventParser,
    where: str,
) -> None:
    first = OneRecord([WIRE], "chunked", last_chunk=False)
    past_buffer = where == "behind it"
    server.answer(padded(first, b"0\r\n\r\n" + EVIL, past_buffer=past_buffer), OneRecord([WIRE]))
    for _ in range(2):
        with one_socket(converse) as con:
            for event in con:
                if "messageStop" in event:
                    break
    assert server.accepted == 2


def test_a_fork_s_close_touches_nothing_that_the_parent_reads(
    one_socket: Callable[..., PawsConnection], server: WireServer, pool: Any
) -> None:
    gate = Gate()
    server.answer(Answer([CONVERSE[0], gate, *CONVERSE[1:]]))
    pool.connection_pool_kw["timeout"] = None  # to which giving it up would set the socket
    con = one_socket()
    assert con.read_frame() is not None
    reader = Task(lambda: frames_of(con))
    reader.wait_inside("wait_readable")
    descriptor = con.fileno()
    pid = os.fork()
    if pid == 0:  # the child: the reader's thread is not here, and its lock is taken
        status = 1
        with suppress(BaseException):
            con.close()
            con.close()
            try:
                os.fstat(descriptor)
            except OSError:  # its own copy of the descriptor is closed
                status = 0
        os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert not os.get_blocking(descriptor)  # which both processes share
    gate.open()
    assert reader.result() == CONVERSE[1:]
    assert con.is_complete()
    con.close()
    # The parent's socket went back to the pool and is in use again.
    server.answer(Answer(CONVERSE))
    again = one_socket()
    assert frames_of(again) == CONVERSE
    assert server.accepted == 1


def test_a_fork_s_wake_touches_nothing(one_socket: Callable[..., PawsConnection]) -> None:
    con = one_socket()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            con._stream.transport.wake()  # noqa: SLF001 - what close() would do to a reader
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert con.read_frame() is None
    con.close()


def test_a_signal_s_read_inside_a_read_is_refused(
    one_socket: Callable[..., PawsConnection], server: WireServer
) -> None:
    """By a source that reads the stream again, as a handler of signals or logs would."""
    server.answer(Answer(CONVERSE))
    con: Any = one_socket()
    source = con._stream.transport._source  # noqa: SLF001 - the place where a handler may run
    refused: list[str] = []
    read = source.read

    def read_and_handle(size: int, deadline: float | None = None) -> bytes:
        for again in (con.read_frame, lambda: con.read(1), con.read_lines, con.is_framed):
            with pytest.raises(RuntimeError, match="a read inside a read") as caught:
                again()
            refused.append(str(caught.value))
        data: bytes = read(size, deadline)
        return data

    source.read = read_and_handle
    assert frames_of(con) == CONVERSE
    assert len(refused) >= 4


def test_a_log_handler_that_reads_is_refused(
    one_socket: Callable[..., PawsConnection], server: WireServer
) -> None:
    server.answer(Answer(CONVERSE))
    con = one_socket()
    refused: list[str] = []

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "from the source" in record.getMessage():  # told in the middle of a read
                with pytest.raises(RuntimeError, match="a read inside a read") as caught:
                    con.read(1)
                refused.append(str(caught.value))

    logger, handler = logging.getLogger("awsio"), Reader()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        con.verbosity = 3
        assert frames_of(con) == CONVERSE
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert refused
