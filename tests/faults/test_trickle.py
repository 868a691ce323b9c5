"""Thousands of events that trickle in, read with timeouts that run out all the time.

None is lost, none comes twice, all come in order: in every body framing, plain and over
TLS, and from pipes and sockets without HTTP. The pieces are cut anywhere, also in HTTP's
own lines. Ten thousand events come in chunks; two thousand in the other ways, where
``AWSIO_LONG=1`` sends ten thousand too.
"""

from __future__ import annotations

import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from awsio import EventParser, Frame, PawsConnection
from awsio.errors import StreamTimeoutError
from tests.support.thirty import EVENTS, TERMINAL_AT, encoded, number_of, numbered
from tests.support.waiting import Task
from tests.support.wire import Answer, Pause, Piece

OpenStream: TypeAlias = Callable[..., PawsConnection]

MANY, FEWER = 10_000, 2_000
LONGEST_WAIT = 0.005


def body_of(count: int) -> bytes:
    events = [EVENTS[0], *map(numbered, range(count)), EVENTS[TERMINAL_AT]]
    return b"".join(map(encoded, events))


def parts(rng: random.Random, data: bytes, longest: int) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = rng.choice([1, 7, rng.randrange(1, longest)])
        yield data[at : at + size]
        at += size


def trickle(rng: random.Random, data: bytes) -> Iterator[bytes | Pause]:
    """Cut data anywhere, with pauses at about every second cut."""
    for part in parts(rng, data, 2000):
        yield part
        if rng.random() < 0.5:
            yield Pause(rng.uniform(0, 0.002))


def in_chunks(rng: random.Random, body: bytes) -> bytes:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts(rng, body, 1500))
    return chunks + b"0\r\n\r\n"


def read_with_timeouts(con: PawsConnection, rng: random.Random) -> tuple[list[int], int]:
    """Read to the end; gives the numbers that came and how often the time ran out."""
    numbers, timeouts = [], 0
    while True:
        timeout = rng.choice([0, rng.uniform(0, LONGEST_WAIT)])
        began = time.monotonic()
        try:
            event = con.read_event(timeout=timeout, raw=rng.random() < 0.5)
        except StreamTimeoutError as error:
            ran_out = error
        else:
            if event is None:
                return numbers, timeouts
            if isinstance(event, Frame):
                event = {event.event_type: json.loads(event.payload)}
            number = number_of(event)
            if number is not None:
                numbers.append(number)
            continue
        assert time.monotonic() - began >= timeout
        assert (ran_out.resumable, ran_out.timeout) == (True, timeout)
        timeouts += 1


def check(con: PawsConnection, count: int, seed: int) -> None:
    numbers, timeouts = read_with_timeouts(con, random.Random(seed))  # noqa: S311 - a test's choice
    assert numbers == list(range(count))
    assert con.is_complete()
    print(f"{count} events, {timeouts} timeouts")
    assert timeouts > count // 100  # or nothing was tried


def test_timeouts_lose_nothing_over_http(
    open_stream: OpenStream,
    converse: EventParser,
    framing: Any,
    long: bool,  # noqa: FBT001 - a fixture
) -> None:
    count = MANY if long or framing == "chunked" else FEWER
    rng = random.Random(framing)  # noqa: S311 - a test's choice
    body = body_of(count)
    pieces: list[Piece]
    if framing == "chunked":
        pieces = [*trickle(rng, in_chunks(rng, body))]
        answer = Answer(raw=pieces, last_chunk=False)
    else:
        pieces = [*trickle(rng, body)]
        answer = Answer(pieces, framing)
    check(open_stream(answer, converse), count, 1)


def pipe_of(buffering: int) -> tuple[Any, Callable[[bytes], object], Callable[[], object]]:
    near, far = os.pipe()
    return os.fdopen(near, "rb", buffering), lambda data: os.write(far, data), lambda: os.close(far)


def socket_pair() -> tuple[Any, Callable[[bytes], object], Callable[[], object]]:
    near, far = socket.socketpair()
    file = near.makefile("rb")
    near.close()  # the file keeps the socket
    return file, far.sendall, far.close


FILES = {
    "pipe": lambda: pipe_of(-1),
    "unbuffered pipe": lambda: pipe_of(0),
    "socket": socket_pair,
}


@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
def test_timeouts_lose_nothing_over_a_file(
    converse: EventParser,
    make: Callable[[], Any],
    long: bool,  # noqa: FBT001 - a fixture
) -> None:
    count = MANY if long else FEWER
    rng = random.Random(2)  # noqa: S311 - a test's choice
    file, send, end = make()

    def write() -> None:
        for piece in trickle(rng, body_of(count)):
            if isinstance(piece, Pause):
                time.sleep(piece.seconds)
            else:
                send(piece)
        end()

    with PawsConnection(file, converse) as con:
        writer = Task(write)
        check(con, count, 3)
        writer.result()
