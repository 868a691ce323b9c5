"""A connection that is given twice, and a read inside a read, over sockets."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING

import pytest

import awsio
from awsio import PawsConnection
from awsio.eventstream import encode_frame
from tests.support.waiting import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAME = encode_frame({":event-type": "A"}, b"x")


@pytest.fixture
def pair() -> Iterator[tuple[PawsConnection, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs, PawsConnection(ours.makefile("rb")) as con:
        yield con, theirs


def test_a_live_connection_that_is_passed_twice_counts_once(
    pair: tuple[PawsConnection, socket.socket],
) -> None:
    con, theirs = pair
    theirs.sendall(FRAME * 3)
    theirs.shutdown(socket.SHUT_WR)
    found = Task(lambda: list(awsio.merge(con, con))).result()
    assert [one for one, _ in found] == [con] * 3


def test_a_read_inside_a_read_is_a_runtime_error_and_harms_nothing(
    pair: tuple[PawsConnection, socket.socket],
) -> None:
    con, theirs = pair
    merged = awsio.merge(con)
    errors = []

    def handle(*_: object) -> None:
        try:
            next(merged)
        except RuntimeError as error:
            errors.append(str(error))
        theirs.sendall(FRAME)

    before = signal.signal(signal.SIGUSR1, handle)
    kill = threading.Timer(
        0.1, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    )
    try:
        kill.start()
        assert next(merged)[0] is con
    finally:
        signal.signal(signal.SIGUSR1, before)
        kill.join()
        merged.close()
    assert ["a read inside a read" in text for text in errors] == [True]
