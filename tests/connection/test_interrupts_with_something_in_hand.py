"""An interrupt where a read has its result in hand, at places that a signal seldom meets.

The signals of tests/faults/test_interrupts.py sweep every instruction; these are the places by
name.
"""

# ruff: noqa: SLF001 - the places are inside

from __future__ import annotations

import io
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import ConnectionLostError
from tests.support.frames import CONVERSE, event, exception
from tests.support.wire import Answer, Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = [event("Records", b"one"), event("Records", b"two"), event("End", b"")]


class InterruptedLock:
    """A lock whose owner is interrupted once, just after it has released it."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._due = True

    def acquire(self, **options: Any) -> bool:
        taken: bool = self._lock.acquire(**options)
        return taken

    def release(self) -> None:
        self._lock.release()
        if self._due:
            self._due = False
            raise KeyboardInterrupt

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def rows(parser: EventParser | None = None) -> PawsConnection:
    return PawsConnection(io.BytesIO(b"".join(ROWS)), parser)


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Interrupt the first call of a function, before it does anything."""
    due = [True]

    def interrupted(*args: Any) -> Any:
        if due:
            due.clear()
            raise KeyboardInterrupt
        return function(*args)

    return interrupted


def test_a_frame_that_is_being_logged_stays() -> None:
    handler = logging.Handler()
    handler.emit = once(lambda _record: None)  # type: ignore[method-assign]
    log = logging.getLogger("awsio")
    before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        con = PawsConnection(io.BytesIO(b"".join(CONVERSE)), verbosity=2)
        with pytest.raises(KeyboardInterrupt):
            con.read_frame()
        assert [frame.encode() for frame in iter(con.read_frame, None)] == CONVERSE
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def test_bytes_in_hand_are_lost_and_every_later_read_says_so() -> None:
    con = PawsConnection(io.BytesIO(b"".join(CONVERSE)))
    stream = con._stream
    stream._lock = InterruptedLock(stream._lock)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        con.read(10)
    for read in (con.read, con.read_frame, con.read):
        with pytest.raises(ConnectionLostError, match="interrupted by KeyboardInterrupt"):
            read()


FAILING = {
    "an exception": exception("InternalError", "broken"),
    "a broken event": event("Stats", b"<Stats>"),
}


@pytest.mark.parametrize("frame", FAILING.values(), ids=FAILING.keys())
def test_an_error_in_hand_that_stands_for_a_frame_is_lost_and_every_later_read_says_so(
    select_rows: EventParser, frame: bytes
) -> None:
    con = PawsConnection(io.BytesIO(frame + b"".join(ROWS)), select_rows)
    stream = con._stream
    stream._lock = InterruptedLock(stream._lock)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        con.read_lines()
    for read in (con.read_lines, con.read_event):
        with pytest.raises(ConnectionLostError, match="interrupted by KeyboardInterrupt"):
            read()


def test_an_error_in_hand_that_stands_for_nothing_costs_nothing(
    select_rows: EventParser, connect: Callable[..., PawsConnection]
) -> None:
    rest = Gate()
    con = connect(Answer([ROWS[0][:5], rest, ROWS[0][5:], *ROWS[1:]]), select_rows)
    stream = con._stream

    def interrupted(read: Callable[[], Any]) -> None:
        lock = stream._lock
        stream._lock = InterruptedLock(lock)  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            read()
        stream._lock = lock

    interrupted(lambda: con.read_event(timeout=0.01))  # a timeout
    assert con.read(2) == ROWS[0][:2]
    interrupted(con.read_event)  # inside a frame
    rest.open()
    left = b"".join(ROWS)[2:]
    assert con.readall() == left


@pytest.mark.parametrize("place", ["_is_harmless", "_is_raised_once"])
def test_an_interrupt_while_an_error_is_judged_is_told(
    select_rows: EventParser, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    con = PawsConnection(io.BytesIO(FAILING["an exception"] + b"".join(ROWS)), select_rows)
    monkeypatch.setattr(con._stream, place, once(getattr(con._stream, place)))
    with pytest.raises(KeyboardInterrupt):
        con.read_lines()
    for read in (con.read_lines, con.read_event):
        with pytest.raises(ConnectionLostError, match="interrupted by"):
            read()


def test_an_event_whose_bytes_are_looked_for_is_lost(
    select_rows: EventParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    con = rows(select_rows)
    monkeypatch.setattr(con._pieces, "piece_of", once(con._pieces.piece_of))
    with pytest.raises(KeyboardInterrupt):
        con.read_payload()
    for read in (con.read_payload, con.read_event):
        with pytest.raises(ConnectionLostError, match="interrupted by KeyboardInterrupt"):
            read()


def test_bytes_of_the_payload_s_file_too(select_rows: EventParser) -> None:
    file: Any = rows(select_rows).payload()
    file._lock = InterruptedLock(file._lock)
    with pytest.raises(KeyboardInterrupt):
        file.read(4)
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="with bytes in hand"):
            file.read(2)


def test_the_first_interrupt_is_the_one_that_is_told() -> None:
    con = PawsConnection(io.BytesIO(b"".join(CONVERSE)))
    con._stream.lose(KeyboardInterrupt())
    con._stream.lose(SystemExit())
    with pytest.raises(ConnectionLostError, match="interrupted by KeyboardInterrupt"):
        con._stream.transport.receive(1, None)


def test_a_frame_that_another_thread_took_is_not_waited_for_in_vain() -> None:
    con = PawsConnection(io.BytesIO(b"".join(CONVERSE)), idle_timeout=5)
    take, taken = con._stream.frames.take, []

    def beaten() -> Any:
        if not taken:
            taken.append(take())  # the other thread's
            return None
        return take()

    con._stream.frames.take = beaten  # type: ignore[method-assign]
    deadline = time.monotonic() + 5
    frame = con._stream.exclusively(con._stream.take_frame, 5, deadline)
    assert frame is not None
    assert [found.encode() for found in (*taken, frame)] == CONVERSE[:2]


def test_nothing_is_in_hand_before_a_frame_is_taken() -> None:
    con = PawsConnection(io.BytesIO(b"".join(CONVERSE)))
    assert con.read_frame().encode() == CONVERSE[0]

    def interrupted() -> Iterator[Any]:
        raise KeyboardInterrupt
        yield

    popped, con._stream._popped = con._stream._popped, interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        con.read_frame()
    con._stream._popped = popped
    assert [frame.encode() for frame in iter(con.read_frame, None)] == CONVERSE[1:]


def test_a_frame_that_a_watcher_looks_at_stays(select_rows: EventParser) -> None:
    class Watcher:
        def event(self, event: Any, _frame: Any) -> Any:
            return event

        def ended(self, error: Exception | None) -> None:
            """Not of interest."""

        def closed(self) -> None:
            """Not of interest."""

    watcher = Watcher()
    watcher.event = once(watcher.event)  # type: ignore[method-assign]
    con = rows(select_rows)
    con.watch(watcher)
    with pytest.raises(KeyboardInterrupt):
        con.read_frame()
    assert [frame.encode() for frame in iter(con.read_frame, None)] == ROWS
