"""Many threads on one connection, and many connections in as many threads."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

import awsio
from awsio import EventParser, PawsConnection
from awsio.errors import StreamTimeoutError
from awsio.eventstream import Frame, FrameDecoder
from tests.support.calls import CONVERSE_CALL
from tests.support.thirty import EVENTS, FRAMES, TERMINAL_AT, encoded, number_of, numbered
from tests.support.waiting import Task
from tests.support.wire import Answer, WireServer

OpenStream: TypeAlias = Callable[..., PawsConnection]

THREADS = 8
COUNT = 10_000
CONNECTIONS = 200


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Let threads change places in the middle of everything."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def read_untimed(con: PawsConnection, _: int) -> list[int]:
    return [number for event in con if (number := number_of(event)) is not None]


def read_timed(con: PawsConnection, seed: int) -> list[int]:
    """Read with timeouts, which the wait for the other threads is a part of."""
    rng = random.Random(seed)  # noqa: S311 - a test's choice
    numbers = []
    while True:
        try:
            event = con.read_event(timeout=rng.choice([0, rng.uniform(0, 0.002)]))
        except StreamTimeoutError:
            continue
        if event is None:
            return numbers
        number = number_of(event)
        if number is not None:
            numbers.append(number)


@pytest.mark.usefixtures("quick_switches")
@pytest.mark.parametrize("read", [read_untimed, read_timed])
def test_each_event_goes_to_exactly_one_of_the_threads(
    open_stream: OpenStream,
    converse: EventParser,
    framing: Any,
    read: Callable[[PawsConnection, int], list[int]],
) -> None:
    events = [EVENTS[0], *map(numbered, range(COUNT)), EVENTS[TERMINAL_AT]]
    body = b"".join(map(encoded, events))
    pieces = [body[at : at + 997] for at in range(0, len(body), 997)]
    con = open_stream(Answer(pieces, framing), converse)
    tasks = [Task(lambda seed=seed: read(con, seed)) for seed in range(THREADS)]
    shares = [task.result(60) for task in tasks]
    print("shares", [len(share) for share in shares])
    for share in shares:
        assert share == sorted(share)
    assert sorted(number for share in shares for number in share) == list(range(COUNT))
    assert con.is_complete()
    assert sum(map(bool, shares)) > 1  # or it was no contest


def test_as_many_connections_as_threads_finish_complete() -> None:
    with WireServer() as server:
        server.answer(Answer(FRAMES))
        key = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}
        place = {"region": "us-east-1", "endpoint": server.url, "credentials": key}
        together = threading.Barrier(CONNECTIONS, timeout=60)
        with awsio.client("bedrock-runtime", **place) as client:

            def one() -> list[Any]:
                con = client.converse_stream(**CONVERSE_CALL).stream(connection=True)
                together.wait()  # all are open at once
                with con:
                    return list(con)

            tasks = [Task(one) for _ in range(CONNECTIONS)]
            for task in tasks:
                assert task.result(60) == EVENTS
        assert server.accepted == CONNECTIONS


@pytest.mark.usefixtures("quick_switches")
def test_one_thread_may_read_bytes_while_another_takes_frames() -> None:
    wire = b"".join(FRAMES)
    for _ in range(300):
        con = PawsConnection(io.BytesIO(wire))
        first = con.read_frame()
        assert first is not None
        begun = threading.Barrier(2)
        taken: list[bytes] = []

        def take(con: PawsConnection, begun: threading.Barrier, taken: list[bytes]) -> None:
            begun.wait()
            frame: Frame | None = Frame()
            while frame is not None:
                with contextlib.suppress(StreamTimeoutError):  # the other thread reads just now
                    frame = con.read_frame(timeout=0)
                    if frame is not None:
                        taken.append(frame.encode())

        taker = threading.Thread(target=take, args=(con, begun, taken))
        taker.start()
        begun.wait()
        read = con.read(len(wire))
        taker.join()
        read += con.readall()
        # Frames that were taken before the bytes and those that were taken behind them.
        rest = b"".join(taken)
        assert len(read) + len(rest) == len(wire) - len(first.encode())
        assert sorted([*taken, *frames_of(read)]) == sorted(FRAMES[1:])


def frames_of(data: bytes) -> list[bytes]:
    decoder = FrameDecoder()
    decoder.feed(data)
    return [frame.encode() for frame in decoder]
