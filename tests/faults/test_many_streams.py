"""Thousands of streams, ended and broken off in every way: nothing stays open behind them.

Two thousand over plain HTTP and five hundred over TLS; ten thousand each with
``AWSIO_LONG=1``.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import awsio
from awsio import EventParser, PawsConnection
from awsio.errors import (
    ConnectionLostError,
    MessageChecksumError,
    ServiceStreamError,
    TruncatedStreamError,
)
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import exception
from tests.support.thirty import CHUNKED, EVENTS, FRAMES
from tests.support.waiting import wait_until
from tests.support.wire import Answer, Gate, WireServer

OpenStream: TypeAlias = Callable[..., PawsConnection]

DESCRIPTORS = Path("/proc/self/fd")
DAMAGED = FRAMES[3][:-1] + bytes([FRAMES[3][-1] ^ 1])
THROTTLED = exception("throttlingException", "slow down")
NEVER = Gate()

# One write each: what is left behind the terminal event is there when close() looks for it.
WHOLE = Answer(raw=[CHUNKED + b"0\r\n\r\n"], last_chunk=False)
ANSWERS = {
    "whole": WHOLE,
    "length": Answer([b"".join(FRAMES)], "length"),
    "unfinished": Answer([*FRAMES[:5], NEVER]),
    "throttled": Answer(
        raw=[b"%x\r\n%s\r\n0\r\n\r\n" % (len(THROTTLED), THROTTLED)],
        last_chunk=False,
    ),
    "damaged": Answer([*FRAMES[:3], DAMAGED, *FRAMES[4:]]),
    "cut": Answer(FRAMES, cut=300, end="fin"),
    "reset": Answer(FRAMES, cut=300, end="rst"),
}


def answer_of(head: str) -> Answer:
    """Give the answer that a request's path names."""
    return ANSWERS[head.split(" ", 2)[1].strip("/")]


def ended(con: PawsConnection) -> None:
    assert list(con) == EVENTS


def left_at_the_terminal_event(con: PawsConnection) -> None:
    with con:
        while "messageStop" not in con.read_event():
            pass


def abandoned(con: PawsConnection) -> None:
    assert con.read_event() == EVENTS[0]


def left(con: PawsConnection) -> None:
    with con:
        assert con.read_event() == EVENTS[0]


def in_a_circle(con: PawsConnection) -> None:
    circle: list[Any] = [con]
    circle.append(circle)


def fails(kind: type[Exception]) -> Callable[[PawsConnection], None]:
    def read(con: PawsConnection) -> None:
        failed = None
        try:
            list(con)
        except kind as error:
            failed = type(error)
        assert failed is not None

    return read


USES: list[tuple[str, Callable[[PawsConnection], None]]] = [
    ("whole", ended),
    ("length", ended),
    ("whole", left_at_the_terminal_event),
    ("length", left_at_the_terminal_event),
    ("whole", abandoned),
    ("unfinished", abandoned),
    ("unfinished", left),
    ("unfinished", in_a_circle),
    ("whole", in_a_circle),
    ("throttled", fails(ServiceStreamError)),
    ("damaged", fails(MessageChecksumError)),
    ("cut", fails(TruncatedStreamError)),
    ("reset", fails(ConnectionLostError)),
]


def open_files() -> int:
    return sum(1 for _ in DESCRIPTORS.iterdir())


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Compare the open descriptors and the threads after the test with those before."""
    if not DESCRIPTORS.is_dir():
        pytest.skip("no /proc/self/fd tells which descriptors are open")
    gc.collect()
    files, threads = open_files(), threading.active_count()
    yield
    gc.collect()
    wait_until(lambda: open_files() <= files and threading.active_count() <= threads)


# What the collector finds, it may take apart from the socket upwards, which warns.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_streams_that_end_in_every_way_leave_nothing_open(
    nothing_left: None,  # noqa: ARG001 - it looks before the server is there
    scheme: str,
    server: WireServer,
    pool: Any,
    open_stream: OpenStream,
    converse: EventParser,
    long: bool,  # noqa: FBT001 - a fixture
) -> None:
    count = 10_000 if long else 2_000 if scheme == "plain" else 500
    server.answer(answer_of)
    idle = open_files()
    most = 0
    for number in range(count):
        path, use = USES[number % len(USES)]
        use(open_stream(None, converse, path=f"/{path}", keep=False))
        if number % 100 == 0:
            gc.collect()
            most = max(most, open_files())
    gc.collect()
    pool.clear()
    wait_until(lambda: all(one.closed.is_set() for one in server.connections))
    wait_until(lambda: open_files() <= idle)
    print(f"{count} streams, {server.accepted} connections, at most {most - idle} files open")
    # Both ends of each are in this process: none piles up on the way either.
    assert most - idle < 100


@pytest.mark.parametrize("path", ["whole", "length"])
def test_streams_read_to_their_terminal_event_share_one_connection(
    server: WireServer, open_stream: OpenStream, converse: EventParser, path: str
) -> None:
    server.answer(answer_of)
    for number in range(400):
        use = (ended, left_at_the_terminal_event)[number % 2]
        use(open_stream(None, converse, path=f"/{path}", keep=False))
    assert len(server.requests) == 400
    assert server.accepted == 1


def test_streams_of_a_client_share_one_connection_and_leave_nothing_open(
    nothing_left: None,  # noqa: ARG001 - it looks before the server is there
) -> None:
    with WireServer() as server:
        server.answer(WHOLE)
        key = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}
        place = {"region": "us-east-1", "endpoint": server.url, "credentials": key}
        with awsio.client("bedrock-runtime", **place) as client:
            for number in range(100):
                stream = client.converse_stream(**CONVERSE_CALL).stream
                if number % 2:
                    assert len(stream(lambda event: event)) == len(EVENTS)
                else:
                    left_at_the_terminal_event(stream(connection=True))
            assert server.accepted == 1
            for _ in range(20):  # and here each has its own, which goes with the stream
                abandoned(client.converse_stream(**CONVERSE_CALL).stream(connection=True))
            assert 1 < server.accepted <= 21
